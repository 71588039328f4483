//! An index of the window of a user with many connections or addresses, where a linear search would
//! cost too much: addresses by hash, connections of each address by time.

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::ops::Range;

use hashbrown::HashTable;

use super::address_table::{AddressIndex, AddressTable};
use super::sorted_queue::{NearEnd, insert, rank};

/// It is built from the window when it is missing, so it is not part of a saved state.
#[derive(Clone, Debug, Default)]
pub(super) struct WindowIndex {
    by_ip: HashTable<AddressIndex>,
    /// Starts of the connections of each address, in order, as offsets.
    times: Vec<VecDeque<u32>>,
}

impl WindowIndex {
    pub(super) fn of(times: &VecDeque<(u32, AddressIndex)>, addresses: &AddressTable) -> Self {
        let mut index = Self::default();
        for address in 0..AddressIndex::try_from(addresses.entries()).unwrap_or(0) {
            if let Some(ip) = addresses.ip(address) {
                index.insert_address(address, ip, addresses);
            }
        }
        for (offset, address) in times {
            index.insert_connection(*address, *offset);
        }
        index
    }

    pub(super) fn find(&self, ip: IpAddr, addresses: &AddressTable) -> Option<AddressIndex> {
        self.by_ip.find(hash(ip), |address| addresses.ip(*address) == Some(ip)).copied()
    }

    pub(super) fn insert_address(
        &mut self,
        address: AddressIndex,
        ip: IpAddr,
        addresses: &AddressTable,
    ) {
        let rehash = |address: &AddressIndex| addresses.ip(*address).map_or(0, hash);
        self.by_ip.insert_unique(hash(ip), address, rehash);
    }

    pub(super) fn insert_connection(&mut self, address: AddressIndex, offset: u32) {
        let at = address as usize;
        if self.times.len() <= at {
            self.times.resize_with(at + 1, VecDeque::new);
        }
        if let Some(times) = self.times.get_mut(at) {
            insert(times, offset, |time| *time);
        }
    }

    pub(super) fn remove_oldest_connection(&mut self, address: AddressIndex) {
        if let Some(times) = self.times.get_mut(address as usize) {
            times.pop_front();
        }
    }

    pub(super) fn remove_address(&mut self, address: AddressIndex, ip: IpAddr) {
        if let Ok(entry) = self.by_ip.find_entry(hash(ip), |own| *own == address) {
            entry.remove();
        }
        if let Some(times) = self.times.get_mut(address as usize) {
            *times = VecDeque::new();
        }
    }

    /// Number of connections of an address that began within a range of offsets.
    pub(super) fn count(&self, address: AddressIndex, end: NearEnd, range: Range<u32>) -> usize {
        self.times.get(address as usize).map_or(0, |times| {
            let rank = |bound| rank(times, end, bound, |time| *time);
            rank(range.end) - rank(range.start)
        })
    }
}

/// The same in every process.
fn hash(ip: IpAddr) -> u64 {
    foldhash::fast::FixedState::default().hash_one(ip)
}
