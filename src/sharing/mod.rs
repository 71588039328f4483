//! How many people use an account at once, from when and whence connections began alone.
//!
//! A person has one phone, and the phone is on one network at a time. A second device (a desktop
//! at home, a computer at the office) adds one network that does not move. So, of the networks of
//! one person, whatever is in use at once has that one network in common: take it away, and what is
//! left is never in use at once. Of two people, whichever network is taken away, others remain that
//! are: his home and her home in the evening, his office and her office by day.
//!
//! * [`presence`]: a network is in use between two of its own connections; bits of three days.
//! * [`group`]: addresses of one device are one network: IPv4 and IPv6 of a home, the many
//!   addresses of a carrier. What tells them is that they mix within one burst of connections.
//! * [`overlap`]: how much is in use at once after the second device is taken away.
//! * [`returns`]: who is at A, at B, at A again and at B again within hours is not one traveller.
//! * [`estimate`]: the number of people; [`verdict`]: what to think of it; [`facts`]: why.
//!
//! What this does not see: people under one roof, people who take turns by the day, and two people
//! of whom neither ever leaves home, for they look like one with two devices.

mod chorus;
pub mod estimate;
pub mod facts;
mod group;
mod keep;
pub mod network;
mod overlap;
mod peaks;
pub mod presence;
mod returns;
mod source;
mod used;
pub mod verdict;

use serde::{Deserialize, Serialize};

pub use estimate::Estimate;
pub use network::{Family, Network, Prefixes};
pub use verdict::Verdict;

use chorus::Chorus;
use peaks::Peaks;
use presence::{NEAR, NEAR_MS, Presence, halvings, midnights};
use source::{NEW_MAX, Pair, RETURN_MS, Source, halved};
use used::Used;

/// How many networks of a user are told apart. The least telling goes first: a client that walks
/// through its IPv6 network grows nothing.
pub const SOURCES_MAX: usize = 64;
/// How many pairs of them are remembered; the least telling goes first.
pub const PAIRS_MAX: usize = 192;
/// Connections that a client opens at once begin within this time.
const BURST_MS: i64 = 5_000;
/// On a busy account the burst is cut shorter, so that strangers come into it once in five times
/// at most; but never below this.
const BURST_LEAST_MS: i64 = 500;

/// What is kept of a user.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AccountActivity {
    sources: Vec<Source>,
    pairs: Vec<Pair>,
    /// Addresses that were used once or twice: a carrier's, as one network.
    moving: Moving,
    /// The newest connection: its network's place, and when.
    newest: Option<(u8, i64)>,
    /// Connections of the moment before and of this one.
    busy: [u16; 2],
    /// The most networks of one hour, by day of the window.
    crowd: Peaks,
    /// Networks that take turns within minutes.
    chorus: Chorus,
    /// What was thought last.
    verdict: Verdict,
    /// How often less was thought since.
    calm: u8,
    /// Networks that had to go for want of room.
    pub crowded_out: u32,
}

/// The new addresses of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Moving {
    last: i64,
    /// How often two of them followed each other within seconds.
    own: u16,
    presence: Used,
}

/// What the place of a network that is gone is called.
const NOWHERE: u8 = u8::MAX;

impl AccountActivity {
    /// A connection begins. Connections come in the order of time. Says whether a new moment has
    /// begun, or too many have come in turn, so that it is time to think again.
    pub fn connect(&mut self, ts: i64, network: Network) -> bool {
        let last = self.newest.map(|(_, last)| last);
        let ts = last.map_or(ts, |last| ts.max(last));
        let is_new_moment = last.is_none_or(|last| NEAR.slot(ts) > NEAR.slot(last));
        if is_new_moment {
            self.pass(ts);
        }
        let place = self.place(network, ts);
        self.mix(place, ts);
        self.change(place, ts);
        let is_time = self.hear(place, ts) || is_new_moment;
        let Some(source) = self.sources.get_mut(usize::from(place)) else { return is_time };
        source.connect(ts);
        if source.connections <= NEW_MAX {
            self.move_on(ts);
        }
        self.newest = Some((place, ts));
        is_time
    }

    /// When the newest connection began.
    pub fn newest(&self) -> Option<i64> {
        self.newest.map(|(_, ts)| ts)
    }

    /// What was thought last.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// When a network was in use, where it is remembered.
    pub fn presence(&self, network: Network) -> Option<Presence> {
        let own = self.sources.iter().find(|source| source.network == network);
        own.map(|source| source.presence.get())
    }

    /// How many networks are remembered.
    pub fn networks(&self) -> usize {
        self.sources.len()
    }

    /// The window moves on to this moment.
    fn pass(&mut self, ts: i64) {
        let Some((_, last)) = self.newest else { return };
        self.count_crowd(last);
        let [_, now] = self.busy;
        self.busy = [if NEAR.slot(ts) == NEAR.slot(last) + 1 { now } else { 0 }, 0];
        for source in &mut self.sources {
            source.presence.pass(last, ts);
        }
        self.moving.presence.pass(last, ts);
        if midnights(last, ts) > 0 {
            self.age(last, ts);
        }
    }

    /// Days have passed: what was learnt fades, what says nothing any more goes.
    fn age(&mut self, last: i64, ts: i64) {
        let halvings = halvings(last, ts);
        self.sources.iter_mut().for_each(|source| source.fade(halvings));
        self.pairs.iter_mut().for_each(|pair| pair.pass(last, ts));
        self.pairs.retain(|pair| pair.is_alive(ts));
        self.crowd.pass(last, ts);
        self.chorus.most.pass(last, ts);
        self.moving.own = halved(self.moving.own, halvings);
        let window_ms = NEAR.slot_ms * i64::try_from(NEAR.slots).unwrap_or(0);
        for place in (0..self.sources.len()).rev() {
            if self.sources.get(place).is_some_and(|source| ts - source.last > window_ms) {
                self.remove(place);
            }
        }
    }

    /// A new address is in use: some phone is on the move.
    fn move_on(&mut self, ts: i64) {
        let last = std::mem::replace(&mut self.moving.last, ts);
        self.moving.presence.between(last, ts);
    }

    /// What begins within seconds was opened by one client, mostly.
    fn mix(&mut self, place: u8, ts: i64) {
        let [before, now] = &mut self.busy;
        *now = now.saturating_add(1);
        let burst =
            (NEAR.slot_ms / 5 / i64::from((*before).max(*now))).clamp(BURST_LEAST_MS, BURST_MS);
        let Some((previous, last)) = self.newest else { return };
        if previous == NOWHERE || ts - last > burst {
            return;
        }
        let (here, there) = (usize::from(place), usize::from(previous));
        if here == there {
            if let Some(source) = self.sources.get_mut(here) {
                source.own = source.own.saturating_add(1);
            }
            return;
        }
        let connections = |at: usize| self.sources.get(at).map_or(0, |source| source.connections);
        let (is_new, was_new) = (connections(here) < NEW_MAX, connections(there) <= NEW_MAX);
        if is_new && was_new {
            self.moving.own = self.moving.own.saturating_add(1);
        }
        for (at, is_beside_new) in [(here, was_new && !is_new), (there, is_new && !was_new)] {
            if let Some(source) = self.sources.get_mut(at) {
                source.other = source.other.saturating_add(1);
                source.beside_new = source.beside_new.saturating_add(u16::from(is_beside_new));
            }
        }
        if let Some(pair) = self.pair(place, previous) {
            pair.close = pair.close.saturating_add(1);
        }
    }

    /// Connections come from here now: a change from all that were in use since they last did.
    fn change(&mut self, place: u8, ts: i64) {
        if self.newest.is_none_or(|(previous, _)| previous == place) {
            return;
        }
        let here = self.sources.get(usize::from(place)).map_or(i64::MIN, |source| source.last);
        for other in 0..self.sources.len() {
            let Some(source) = self.sources.get(other) else { continue };
            let is_since = source.last > here && ts - source.last <= RETURN_MS;
            let other = u8::try_from(other).unwrap_or(NOWHERE);
            if is_since
                && source.is_steady()
                && other != place
                && let Some(pair) = self.pair(place, other)
            {
                pair.change(ts);
            }
        }
    }

    /// How many networks had connections of their own within the last hour: one of each region, for
    /// a phone on a train is given addresses of its carrier's other blocks; and of each family, for
    /// homes have both.
    fn count_crowd(&mut self, ts: i64) {
        let is_fresh = |source: &&Source| ts - source.last <= NEAR_MS && source.is_steady();
        let fresh = self.sources.iter().filter(is_fresh);
        let mut regions: Vec<Network> = fresh.map(|source| source.network.region()).collect();
        if regions.len() < estimate::CROWD {
            return;
        }
        regions.sort_unstable();
        regions.dedup();
        let six = regions.iter().filter(|region| region.family == Family::V6).count();
        self.crowd.raise(ts, six.max(regions.len() - six));
    }
}
