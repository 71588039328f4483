//! The addresses in one user's window, with the number of connections of each.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Addresses of one user. Further ones share the first entry: the score has been at its maximum
/// since ten, and a client that walks through its IPv6 prefix takes no more memory.
pub(super) const ADDRESSES_MAX: usize = 1 << 14;

/// The index of an address of one user.
pub(super) type AddressIndex = u32;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct AddressTable {
    entries: Vec<AddressEntry>,
    /// Entries without connections, to be reused.
    free: Vec<AddressIndex>,
    /// Connections of addresses beyond [`ADDRESSES_MAX`].
    pub(super) too_many: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct AddressEntry {
    ip: IpAddr,
    /// Start of the newest connection, as an offset.
    last: u32,
    /// Connections in the window; an entry with none is free.
    connections: u32,
}

impl AddressTable {
    /// Number of addresses in use.
    pub(super) fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    /// Number of entries, in use or free.
    pub(super) fn entries(&self) -> usize {
        self.entries.len()
    }

    /// Finds an address by a linear search.
    pub(super) fn find(&self, ip: IpAddr) -> Option<AddressIndex> {
        let is_same = |entry: &AddressEntry| entry.connections > 0 && entry.ip == ip;
        self.entries.iter().position(is_same).and_then(|at| AddressIndex::try_from(at).ok())
    }

    pub(super) fn ip(&self, index: AddressIndex) -> Option<IpAddr> {
        let entry = self.entries.get(index as usize).filter(|entry| entry.connections > 0);
        entry.map(|entry| entry.ip)
    }

    /// Adds an address that is not in the table.
    pub(super) fn insert(&mut self, ip: IpAddr) -> AddressIndex {
        if self.len() >= ADDRESSES_MAX {
            self.too_many += 1;
            return 0;
        }
        let new = AddressEntry { ip, last: 0, connections: 0 };
        let index = self.free.pop();
        let index =
            index.unwrap_or_else(|| AddressIndex::try_from(self.entries.len()).unwrap_or(0));
        match self.entries.get_mut(index as usize) {
            Some(entry) => *entry = new,
            None => self.entries.push(new),
        }
        index
    }

    /// Adds a connection.
    pub(super) fn connect(&mut self, index: AddressIndex, offset: u32) {
        if let Some(entry) = self.entries.get_mut(index as usize) {
            entry.connections = entry.connections.saturating_add(1);
            entry.last = entry.last.max(offset);
        }
    }

    /// Removes a connection. Returns the address if it has no more.
    pub(super) fn disconnect(&mut self, index: AddressIndex) -> Option<IpAddr> {
        let entry = self.entries.get_mut(index as usize)?;
        entry.connections = entry.connections.saturating_sub(1);
        let gone = (entry.connections == 0).then_some(entry.ip)?;
        self.free.push(index);
        Some(gone)
    }

    /// Converts all offsets to another base; those before it become 0.
    pub(super) fn rebase(&mut self, rebased: &dyn Fn(u32) -> Option<u32>) {
        for entry in &mut self.entries {
            entry.last = rebased(entry.last).unwrap_or(0);
        }
    }

    /// At most this many addresses, the most recent first; those of equal times in their own order.
    pub(super) fn recent(&self, max: usize) -> Vec<IpAddr> {
        let used = self.entries.iter().filter(|entry| entry.connections > 0);
        let mut all: Vec<_> = used.map(|entry| (std::cmp::Reverse(entry.last), entry.ip)).collect();
        if all.len() > max && max > 0 {
            all.select_nth_unstable(max - 1);
        }
        all.truncate(max);
        all.sort_unstable();
        all.into_iter().map(|(_, ip)| ip).collect()
    }
}
