//! The addresses of one user's window: a slot each, with how many connections came from it.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// How many addresses of one user are told apart; beyond it they share one slot. A client that
/// walks through its IPv6 network grows nothing, and its score has been at the top since ten.
pub(super) const ADDRESSES_MAX: usize = 1 << 14;

/// Which address of its user a connection came from.
pub(super) type Slot = u32;

/// The addresses of one user.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Addresses {
    slots: Vec<Address>,
    /// Slots without connections, to be used again.
    free: Vec<Slot>,
    /// Connections from addresses that came when there was no slot left.
    pub(super) unremembered: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Address {
    ip: IpAddr,
    /// When the newest of its connections began, as an offset.
    last: u32,
    /// Its connections in the window; without any the slot is free.
    connections: u32,
}

impl Addresses {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// How many slots there ever were.
    pub(super) fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Finds an address by looking at all of them.
    pub(super) fn find(&self, ip: IpAddr) -> Option<Slot> {
        let held = |address: &Address| address.connections > 0 && address.ip == ip;
        self.slots.iter().position(held).and_then(|at| Slot::try_from(at).ok())
    }

    /// The address of a slot.
    pub(super) fn ip(&self, slot: Slot) -> Option<IpAddr> {
        self.slots.get(slot as usize).filter(|held| held.connections > 0).map(|held| held.ip)
    }

    /// A slot for an address that has none; the shared one when there are too many.
    pub(super) fn open(&mut self, ip: IpAddr) -> Slot {
        if self.len() >= ADDRESSES_MAX {
            self.unremembered += 1;
            return 0;
        }
        let fresh = Address { ip, last: 0, connections: 0 };
        let slot = self.free.pop();
        let slot = slot.unwrap_or_else(|| Slot::try_from(self.slots.len()).unwrap_or(0));
        match self.slots.get_mut(slot as usize) {
            Some(place) => *place = fresh,
            None => self.slots.push(fresh),
        }
        slot
    }

    /// Adds a connection to a slot.
    pub(super) fn add(&mut self, slot: Slot, offset: u32) {
        if let Some(address) = self.slots.get_mut(slot as usize) {
            address.connections = address.connections.saturating_add(1);
            address.last = address.last.max(offset);
        }
    }

    /// Takes a connection out of a slot. Gives the address if this was its last.
    pub(super) fn remove(&mut self, slot: Slot) -> Option<IpAddr> {
        let address = self.slots.get_mut(slot as usize)?;
        address.connections = address.connections.saturating_sub(1);
        let gone = (address.connections == 0).then_some(address.ip)?;
        self.free.push(slot);
        Some(gone)
    }

    /// Moves all offsets; those that no longer fit are of old.
    pub(super) fn shift(&mut self, moved: &dyn Fn(u32) -> Option<u32>) {
        for address in &mut self.slots {
            address.last = moved(address.last).unwrap_or(0);
        }
    }

    /// The addresses, the most recent first; those of one moment in their own order.
    pub(super) fn recent(&self, most: usize) -> Vec<IpAddr> {
        let used = self.slots.iter().filter(|address| address.connections > 0);
        let mut all: Vec<_> =
            used.map(|address| (std::cmp::Reverse(address.last), address.ip)).collect();
        if all.len() > most && most > 0 {
            all.select_nth_unstable(most - 1);
        }
        all.truncate(most);
        all.sort_unstable();
        all.into_iter().map(|(_, ip)| ip).collect()
    }
}
