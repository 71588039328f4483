//! How often connections went back and forth between two places in a way no traveller goes.
//!
//! At A, at B, at A again and at B again within half a day: a commuter does that in two days. Of
//! one person with a second device every such return has the device's network in it. So here too
//! the network with most of them is taken away.

use super::AccountActivity;
use super::group::Groups;
use super::presence::{DAYS, FAR_MS};
use super::source::Source;

/// A place is one that was known for half a day,
const KNOWN_MS: i64 = 12 * 3_600_000;

/// and was left and come back to, or has been known for a whole day. An address that a carrier
/// gave for a few hours is none.
fn is_place(source: &Source) -> bool {
    let known = source.known_ms();
    known >= KNOWN_MS && (source.stays > 1 || known >= 2 * KNOWN_MS)
}

/// A place that lasts: known for a whole day, and left and come back to.
fn is_lasting(source: &Source) -> bool {
    source.known_ms() >= 2 * KNOWN_MS && source.stays > 1
}

/// Two groups, and how often connections returned from one to the other, by day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// The groups.
    pub(super) ends: [u8; 2],
    /// Returns.
    pub(super) days: [u8; DAYS],
}

impl Way {
    /// Returns of these days.
    pub(super) fn count(&self, days: &[usize]) -> u32 {
        days.iter().filter_map(|day| self.days.get(*day)).copied().map(u32::from).sum()
    }
}

impl AccountActivity {
    /// The groups that are lasting places, in order. Where an address has a neighbour, both are a
    /// carrier's more often than two homes: it gave the one again that it had given before.
    pub(super) fn places(&self, groups: &Groups) -> Vec<u8> {
        let has_neighbour = |source: &Source| {
            let block = source.network.block();
            self.sources.iter().filter(|other| other.network.block() == block).count() > 1
        };
        let all = self.sources.iter().zip(&groups.of);
        let lasting = all.filter(|(source, _)| is_lasting(source) && !has_neighbour(source));
        let lasting = lasting.map(|(_, group)| *group);
        let mut places: Vec<u8> = lasting.filter(|group| *group != groups.moving).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// All ways between places. Of a group's several addresses the busiest pair speaks for it.
    pub(super) fn ways(&self, groups: &Groups) -> Vec<Way> {
        let mut ways: Vec<Way> = Vec::new();
        let end = |place: u8| groups.of.get(usize::from(place)).copied();
        for pair in self.pairs.iter().filter(|pair| pair.returns != [0; DAYS]) {
            let is_between_places =
                [pair.a, pair.b].into_iter().all(|place| self.at(place).is_some_and(is_place));
            let (Some(a), Some(b)) = (end(pair.a), end(pair.b)) else { continue };
            if !is_between_places || a == b || a == groups.moving || b == groups.moving {
                continue;
            }
            let ends = [a.min(b), a.max(b)];
            match ways.iter_mut().find(|way| way.ends == ends) {
                Some(way) => {
                    for (own, other) in way.days.iter_mut().zip(pair.returns) {
                        *own = (*own).max(other);
                    }
                }
                None => ways.push(Way { ends, days: pair.returns }),
            }
        }
        ways
    }
}

/// Returns of these days that are left when the second devices are away.
pub(super) fn returns(all: &[Way], groups: usize, days: &[usize], devices: usize) -> u32 {
    ways(all.to_vec(), groups, days, devices).iter().map(|way| way.count(days)).sum()
}

/// The ways that are left when the second devices are away.
pub(super) fn ways(mut all: Vec<Way>, groups: usize, days: &[usize], devices: usize) -> Vec<Way> {
    all.retain(|way| way.count(days) > 0);
    for _ in 1..devices {
        let mut at = vec![0_u32; groups];
        for way in &all {
            for end in way.ends {
                if let Some(sum) = at.get_mut(usize::from(end)) {
                    *sum += way.count(days);
                }
            }
        }
        // The first of those that are alike.
        let most = at.iter().enumerate().rev().max_by_key(|(_, count)| **count);
        let Some((away, _)) = most else { break };
        all.retain(|way| way.ends.iter().all(|end| usize::from(*end) != away));
    }
    all
}

const _: () = assert!(FAR_MS < KNOWN_MS, "a stay is shorter than what makes a place");
