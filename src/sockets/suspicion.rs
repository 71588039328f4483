//! The two suspicions of `monitor.py`: many connections of one address at once, and an address seen
//! in many different minutes. Most phones do the first and every regular user the second, so they
//! are reported and have no effect.

use std::collections::HashMap;

use super::{Address, AddressCount};
use crate::timestamp::Timestamp;

/// More connections at once than this are suspicious.
const CONNECTIONS: u32 = 3;
/// More different minutes than this are suspicious.
const MINUTES: u32 = 10;
/// How long a suspicion is reported.
const RECENT_MS: i64 = 5 * 60_000;
/// How long the minutes of an absent address are kept.
const EXPIRY_MS: i64 = 24 * 3_600_000;
/// Addresses whose minutes are counted. At about 50 bytes each, 50 MB.
const ADDRESSES_MAX: usize = 1_000_000;

/// The kinds of suspicion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SuspicionKind {
    /// More than 3 connections at once.
    Multiple,
    /// Seen in more than 10 different minutes.
    Frequent,
}

impl SuspicionKind {
    /// The row's `reason`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Multiple => "multiple_connections",
            Self::Frequent => "frequent_connections",
        }
    }
}

/// A suspicious address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suspicion {
    pub peer: Address,
    pub kind: SuspicionKind,
    /// Connections or minutes, at `last`.
    pub count: u32,
    /// When the limit was last exceeded.
    pub last: Timestamp,
}

/// A count and its time.
#[derive(Clone, Copy, Debug)]
struct Count {
    count: u32,
    last: Timestamp,
}

/// The suspicions of one port, over time.
#[derive(Debug, Default)]
pub struct SuspicionTracker {
    minutes: HashMap<Address, Count>,
    multiple: HashMap<Address, Count>,
    /// Whether there is only one sample, which needs no minutes.
    is_single: bool,
    /// The minute of the previous sample.
    minute: i64,
    /// Addresses over [`ADDRESSES_MAX`].
    pub untracked: u64,
}

fn minute_of(at: Timestamp) -> i64 {
    at.0.div_euclid(60_000)
}

impl SuspicionTracker {
    pub fn new(is_single: bool) -> Self {
        Self { is_single, ..Self::default() }
    }

    /// Ingests a sample. In the first sample of a minute every address counts; in later ones only
    /// addresses with a new connection can be new to the minute.
    pub fn ingest(&mut self, counts: &[AddressCount], opened: &[Address], now: Timestamp) {
        let is_recent = |count: &Count| now.0 - count.last.0 < RECENT_MS;
        self.multiple.retain(|_, count| is_recent(count));
        for of in counts.iter().take_while(|of| of.connections > CONNECTIONS) {
            self.multiple.insert(of.peer, Count { count: of.connections, last: now });
        }
        if self.is_single {
            return;
        }
        let minute = minute_of(now);
        if minute == self.minute {
            for peer in opened {
                self.count_minute(*peer, now);
            }
        } else {
            if minute.div_euclid(60) != self.minute.div_euclid(60) {
                self.minutes.retain(|_, count| now.0 - count.last.0 < EXPIRY_MS);
            }
            self.minute = minute;
            for of in counts {
                self.count_minute(of.peer, now);
            }
        }
    }

    fn count_minute(&mut self, peer: Address, now: Timestamp) {
        let is_full = self.minutes.len() >= ADDRESSES_MAX;
        if let Some(known) = self.minutes.get_mut(&peer) {
            known.count += u32::from(minute_of(known.last) != minute_of(now));
            known.last = now;
        } else if is_full {
            self.untracked += 1;
        } else {
            self.minutes.insert(peer, Count { count: 1, last: now });
        }
    }

    /// The suspicions of the last five minutes: most connections first, then most minutes.
    pub fn recent(&self, now: Timestamp) -> Vec<Suspicion> {
        let suspicion = |kind| {
            move |(peer, count): (&Address, &Count)| Suspicion {
                peer: *peer,
                kind,
                count: count.count,
                last: count.last,
            }
        };
        let is_frequent = |(_, count): &(&Address, &Count)| {
            count.count > MINUTES && now.0 - count.last.0 < RECENT_MS
        };
        let frequent =
            self.minutes.iter().filter(is_frequent).map(suspicion(SuspicionKind::Frequent));
        let mut all: Vec<_> =
            self.multiple.iter().map(suspicion(SuspicionKind::Multiple)).chain(frequent).collect();
        all.sort_unstable_by_key(|of| (of.kind, std::cmp::Reverse(of.count), of.peer));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sockets::{ConnectionTracker, PortSnapshot, Prefix, Socket, State};

    fn counts(connections: u16) -> Vec<AddressCount> {
        let mut tracker = ConnectionTracker::default();
        for peer_port in 1..=connections {
            let (state, peer) = (State::Established, Address::v4([203, 0, 113, 7]));
            let id = u64::from(peer_port);
            let (local, port) = (peer, 443);
            let socket = Socket { state, local, port, peer, peer_port, id, inode: 0, info: None };
            tracker.insert(&socket, Timestamp(0), None);
        }
        let mut snapshot = PortSnapshot::new(Prefix::WHOLE);
        snapshot.add_tracked(tracker.connections(), 443);
        snapshot.count(tracker.connections(), Timestamp(0));
        snapshot.counts().to_vec()
    }

    fn recent(suspicions: &SuspicionTracker, now: i64) -> Vec<(SuspicionKind, u32)> {
        suspicions.recent(Timestamp(now)).iter().map(|at| (at.kind, at.count)).collect()
    }

    #[test]
    fn four_connections_at_once_are_reported_for_five_minutes() {
        let mut suspicions = SuspicionTracker::default();
        suspicions.ingest(&counts(3), &[], Timestamp(0));
        assert_eq!(recent(&suspicions, 0), []);
        suspicions.ingest(&counts(4), &[], Timestamp(1000));
        assert_eq!(recent(&suspicions, 1000), [(SuspicionKind::Multiple, 4)]);
        suspicions.ingest(&counts(1), &[], Timestamp(1000 + RECENT_MS - 1));
        assert_eq!(recent(&suspicions, 1000 + RECENT_MS - 1), [(SuspicionKind::Multiple, 4)]);
        suspicions.ingest(&counts(1), &[], Timestamp(1000 + RECENT_MS));
        assert_eq!(recent(&suspicions, 1000 + RECENT_MS), []);
    }

    #[test]
    fn eleven_different_minutes_are_reported() {
        let mut suspicions = SuspicionTracker::default();
        for minute in 1..=10 {
            for second in 0..3 {
                suspicions.ingest(&counts(1), &[], Timestamp(minute * 60_000 + second * 1000));
            }
        }
        assert_eq!(recent(&suspicions, 10 * 60_000), []);
        let now = 17 * 60_000;
        suspicions.ingest(&[], &[], Timestamp(now));
        assert_eq!(recent(&suspicions, now), []);
        suspicions.ingest(&counts(1), &[Address::v4([203, 0, 113, 7])], Timestamp(now + 1));
        assert_eq!(recent(&suspicions, now + 1), [(SuspicionKind::Frequent, 11)]);
    }
}
