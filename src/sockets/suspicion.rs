//! What `monitor.py` called suspicious: many connections of an address at once, and an address
//! seen in many different minutes. Every phone does the first, and every regular the second: it is
//! said, and nothing follows from it.

use std::collections::HashMap;

use super::{Address, Tally};
use crate::timestamp::Timestamp;

/// More connections at once than this are suspicious.
const CONNECTIONS: u32 = 3;
/// More different minutes than this are suspicious.
const MINUTES: u32 = 10;
/// How long a suspicion is repeated.
const RECENT_MS: i64 = 5 * 60_000;
/// How long the minutes of an address that stays away are remembered.
const FORGET_MS: i64 = 24 * 3_600_000;
/// How many addresses are remembered. At some 50 bytes each, 50 MB.
pub const ADDRESSES_MAX: usize = 1_000_000;

/// Why an address is suspicious.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// More than 3 connections at once.
    Multiple,
    /// Seen in more than 10 different minutes.
    Frequent,
}

impl Reason {
    /// The row's `reason`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Multiple => "multiple_connections",
            Self::Frequent => "frequent_connections",
        }
    }

    /// The key of what was counted.
    pub fn counted(self) -> &'static str {
        match self {
            Self::Multiple => "connections",
            Self::Frequent => "minutes",
        }
    }
}

/// A suspicion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suspicion {
    /// Whom.
    pub peer: Address,
    /// Why.
    pub reason: Reason,
    /// How many connections or minutes, when it was last so.
    pub count: u32,
    /// When it was last so.
    pub last: Timestamp,
}

/// A number, and when it was last so.
#[derive(Clone, Copy, Debug)]
struct Count {
    count: u32,
    last: Timestamp,
}

/// The minutes of addresses, and who had many connections of late.
#[derive(Debug, Default)]
pub struct Suspicions {
    minutes: HashMap<Address, Count>,
    multiple: HashMap<Address, Count>,
    /// Whether there will be one look only, whose minute nobody asks for again.
    is_single: bool,
    /// The minute that is being counted.
    minute: i64,
    /// Addresses whose minutes were not counted, because there were too many.
    pub unremembered: u64,
}

fn minute_of(at: Timestamp) -> i64 {
    at.0.div_euclid(60_000)
}

impl Suspicions {
    /// Those of one look, or of many.
    pub fn new(is_single: bool) -> Self {
        Self { is_single, ..Self::default() }
    }

    /// Takes a sample in. In a minute's first look every address counts; in the others only those
    /// can be new to the minute that opened a connection since: their oldest may be older.
    pub fn look(&mut self, tallies: &[Tally], opened: &[Address], now: Timestamp) {
        let is_recent = |count: &Count| now.0 - count.last.0 < RECENT_MS;
        self.multiple.retain(|_, count| is_recent(count));
        for tally in tallies.iter().take_while(|tally| tally.connections > CONNECTIONS) {
            self.multiple.insert(tally.peer, Count { count: tally.connections, last: now });
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
                self.minutes.retain(|_, count| now.0 - count.last.0 < FORGET_MS);
            }
            self.minute = minute;
            for tally in tallies {
                self.count_minute(tally.peer, now);
            }
        }
    }

    fn count_minute(&mut self, peer: Address, now: Timestamp) {
        let is_full = self.minutes.len() >= ADDRESSES_MAX;
        if let Some(known) = self.minutes.get_mut(&peer) {
            known.count += u32::from(minute_of(known.last) != minute_of(now));
            known.last = now;
        } else if is_full {
            self.unremembered += 1;
        } else {
            self.minutes.insert(peer, Count { count: 1, last: now });
        }
    }

    /// The suspicions of the last five minutes: most connections first, then most minutes.
    pub fn recent(&self, now: Timestamp) -> Vec<Suspicion> {
        let said = |reason| {
            move |(peer, count): (&Address, &Count)| Suspicion {
                peer: *peer,
                reason,
                count: count.count,
                last: count.last,
            }
        };
        let is_frequent = |(_, count): &(&Address, &Count)| {
            count.count > MINUTES && now.0 - count.last.0 < RECENT_MS
        };
        let frequent = self.minutes.iter().filter(is_frequent).map(said(Reason::Frequent));
        let mut all: Vec<_> =
            self.multiple.iter().map(said(Reason::Multiple)).chain(frequent).collect();
        all.sort_unstable_by_key(|of| (of.reason, std::cmp::Reverse(of.count), of.peer));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sockets::census::Census;
    use crate::sockets::memory::Memory;
    use crate::sockets::{Prefix, Socket, State};

    fn tallies(connections: u16) -> Vec<Tally> {
        let mut memory = Memory::default();
        for peer_port in 1..=connections {
            let (state, peer) = (State::Established, Address::v4([203, 0, 113, 7]));
            let id = u64::from(peer_port);
            let (local, port) = (peer, 443);
            let socket = Socket { state, local, port, peer, peer_port, id, inode: 0, info: None };
            memory.see(&socket, Timestamp(0), None);
        }
        let mut census = Census::new(Prefix::WHOLE);
        census.take(memory.found(), 443);
        census.count(memory.found(), Timestamp(0));
        census.tallies().to_vec()
    }

    fn said(suspicions: &Suspicions, now: i64) -> Vec<(Reason, u32)> {
        suspicions.recent(Timestamp(now)).iter().map(|at| (at.reason, at.count)).collect()
    }

    #[test]
    fn more_than_three_at_once_for_five_minutes() {
        let mut suspicions = Suspicions::default();
        suspicions.look(&tallies(3), &[], Timestamp(0));
        assert_eq!(said(&suspicions, 0), []);
        suspicions.look(&tallies(4), &[], Timestamp(1000));
        assert_eq!(said(&suspicions, 1000), [(Reason::Multiple, 4)]);
        suspicions.look(&tallies(1), &[], Timestamp(1000 + RECENT_MS - 1));
        assert_eq!(said(&suspicions, 1000 + RECENT_MS - 1), [(Reason::Multiple, 4)]);
        suspicions.look(&tallies(1), &[], Timestamp(1000 + RECENT_MS));
        assert_eq!(said(&suspicions, 1000 + RECENT_MS), []);
    }

    #[test]
    fn in_more_than_ten_different_minutes() {
        let mut suspicions = Suspicions::default();
        for minute in 1..=10 {
            for second in 0..3 {
                suspicions.look(&tallies(1), &[], Timestamp(minute * 60_000 + second * 1000));
            }
        }
        assert_eq!(said(&suspicions, 10 * 60_000), []);
        let now = 17 * 60_000;
        suspicions.look(&[], &[], Timestamp(now));
        assert_eq!(said(&suspicions, now), []);
        suspicions.look(&tallies(1), &[Address::v4([203, 0, 113, 7])], Timestamp(now + 1));
        assert_eq!(said(&suspicions, now + 1), [(Reason::Frequent, 11)]);
    }
}
