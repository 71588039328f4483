//! What is kept besides for a user with many connections or addresses, where looking at all of
//! them would cost too much: an address's place by its hash, its connections by their moments.

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::ops::Range;

use hashbrown::HashTable;

use super::addresses::{Addresses, Slot};
use super::sorted::{Near, below, insert};

/// The index of one busy user. It is made from the window whenever it is missing, so it is in no
/// saved state.
#[derive(Clone, Debug, Default)]
pub(super) struct Busy {
    places: HashTable<Slot>,
    /// For each slot, when its connections began, in order, as offsets.
    times: Vec<VecDeque<u32>>,
}

impl Busy {
    /// The index of a window.
    pub(super) fn of(times: &VecDeque<(u32, Slot)>, addresses: &Addresses) -> Self {
        let mut index = Self::default();
        for slot in 0..Slot::try_from(addresses.slots()).unwrap_or(0) {
            if let Some(ip) = addresses.ip(slot) {
                index.open(slot, ip, addresses);
            }
        }
        for (offset, slot) in times {
            index.add(*slot, *offset);
        }
        index
    }

    /// Finds an address.
    pub(super) fn find(&self, ip: IpAddr, addresses: &Addresses) -> Option<Slot> {
        self.places.find(hash(ip), |slot| addresses.ip(*slot) == Some(ip)).copied()
    }

    /// Learns of a slot.
    pub(super) fn open(&mut self, slot: Slot, ip: IpAddr, addresses: &Addresses) {
        let again = |slot: &Slot| addresses.ip(*slot).map_or(0, hash);
        self.places.insert_unique(hash(ip), slot, again);
    }

    /// Learns of a connection.
    pub(super) fn add(&mut self, slot: Slot, offset: u32) {
        let at = slot as usize;
        if self.times.len() <= at {
            self.times.resize_with(at + 1, VecDeque::new);
        }
        if let Some(times) = self.times.get_mut(at) {
            insert(times, offset, |time| *time);
        }
    }

    /// Forgets the oldest connection of a slot.
    pub(super) fn remove_oldest(&mut self, slot: Slot) {
        if let Some(times) = self.times.get_mut(slot as usize) {
            times.pop_front();
        }
    }

    /// Forgets a slot.
    pub(super) fn close(&mut self, slot: Slot, ip: IpAddr) {
        if let Ok(entry) = self.places.find_entry(hash(ip), |held| *held == slot) {
            entry.remove();
        }
        if let Some(times) = self.times.get_mut(slot as usize) {
            *times = VecDeque::new();
        }
    }

    /// How many connections of a slot began in this span.
    pub(super) fn between(&self, slot: Slot, near: Near, span: Range<u32>) -> usize {
        self.times.get(slot as usize).map_or(0, |times| {
            let rank = |bound| below(times, near, bound, |time| *time);
            rank(span.end) - rank(span.start)
        })
    }
}

/// The same in every run, so that nothing depends on the process.
fn hash(ip: IpAddr) -> u64 {
    foldhash::fast::FixedState::default().hash_one(ip)
}
