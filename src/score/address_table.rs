//! The addresses in one user's window, with the number of connections of each.

use std::net::{IpAddr, Ipv6Addr};

use serde::{Deserialize, Serialize};

/// Addresses of one user. Further ones share the first entry: the score has been at its maximum
/// since ten, and a client that walks through its IPv6 prefix takes no more memory.
pub(super) const ADDRESSES_MAX: usize = 1 << 14;

/// The index of an address of one user.
pub(super) type AddressIndex = u32;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct AddressTable {
    entries: Vec<AddressEntry>,
    /// Number of entries without connections, to be reused. No more than [`ADDRESSES_MAX`].
    free: u16,
    /// The one freed last, plus one; 0 if there is none. Its `last` has the one before.
    last_free: u16,
    /// Connections of addresses beyond [`ADDRESSES_MAX`].
    pub(super) too_many: u32,
}

/// Addresses for which memory is reserved at first.
const ADDRESSES_USUAL: usize = 3;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct AddressEntry {
    key: AddressKey,
    /// Start of the newest connection, as an offset.
    last: u32,
    /// Connections in the window; an entry with none is free.
    connections: u32,
}

/// An address as IPv6, which is shorter and compared faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct AddressKey([u8; 16]);

impl AddressKey {
    fn of(ip: IpAddr) -> Self {
        Self(match ip {
            IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
            IpAddr::V6(ip) => ip.octets(),
        })
    }

    fn ip(self) -> IpAddr {
        Ipv6Addr::from(self.0).to_canonical()
    }
}

impl AddressTable {
    /// Number of addresses in use.
    pub(super) fn len(&self) -> usize {
        self.entries.len().saturating_sub(usize::from(self.free))
    }

    /// Number of entries, in use or free.
    pub(super) fn entries(&self) -> usize {
        self.entries.len()
    }

    /// Finds an address by a linear search.
    pub(super) fn find(&self, ip: IpAddr) -> Option<AddressIndex> {
        let key = AddressKey::of(ip);
        let is_same = |entry: &AddressEntry| entry.key == key && entry.connections > 0;
        self.entries.iter().position(is_same).and_then(|at| AddressIndex::try_from(at).ok())
    }

    pub(super) fn ip(&self, index: AddressIndex) -> Option<IpAddr> {
        let entry = self.entries.get(index as usize).filter(|entry| entry.connections > 0);
        entry.map(|entry| entry.key.ip())
    }

    /// Adds an address that is not in the table.
    pub(super) fn insert(&mut self, ip: IpAddr) -> AddressIndex {
        if self.len() >= ADDRESSES_MAX {
            self.too_many = self.too_many.saturating_add(1);
            return 0;
        }
        let new = AddressEntry { key: AddressKey::of(ip), last: 0, connections: 0 };
        let reused = self.last_free.checked_sub(1);
        let free = reused.and_then(|at| Some((at, self.entries.get_mut(usize::from(at))?)));
        if let Some((index, entry)) = free {
            self.last_free = u16::try_from(entry.last).unwrap_or(0);
            self.free = self.free.saturating_sub(1);
            *entry = new;
            return index.into();
        }
        if self.entries.is_empty() {
            self.entries.reserve_exact(ADDRESSES_USUAL);
        }
        self.entries.push(new);
        AddressIndex::try_from(self.entries.len() - 1).unwrap_or(0)
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
        if entry.connections > 0 {
            return None;
        }
        let next = u16::try_from(index + 1).unwrap_or(0);
        entry.last = std::mem::replace(&mut self.last_free, next).into();
        self.free = self.free.saturating_add(1);
        Some(entry.key.ip())
    }

    /// Converts all offsets to another base; those before it become 0.
    pub(super) fn rebase(&mut self, rebased: &dyn Fn(u32) -> Option<u32>) {
        for entry in self.entries.iter_mut().filter(|entry| entry.connections > 0) {
            entry.last = rebased(entry.last).unwrap_or(0);
        }
    }

    /// At most this many addresses, the most recent first; those of equal times in their own order.
    pub(super) fn recent(&self, max: usize) -> Vec<IpAddr> {
        let used = self.entries.iter().filter(|entry| entry.connections > 0);
        let mut all: Vec<_> =
            used.map(|entry| (std::cmp::Reverse(entry.last), entry.key.ip())).collect();
        if all.len() > max && max > 0 {
            all.select_nth_unstable(max - 1);
        }
        all.truncate(max);
        all.sort_unstable();
        all.into_iter().map(|(_, ip)| ip).collect()
    }
}
