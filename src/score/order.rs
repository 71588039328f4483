//! Order: events come a little out of it, from several proxies, and after a restart some come
//! again. What is younger than the horizon is held, sorted, and known by its identity; what is
//! older than the horizon has been judged and is closed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::IpAddr;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// How many events are held at once, at some 100 bytes each. Past this the oldest go early.
pub const HELD_MAX: usize = 1 << 20;
/// How many sources have a clock of their own; further ones share the last.
pub const SOURCES_MAX: usize = 256;
/// A source that is silent for so long no longer holds the others up.
const SILENCE_MS: i64 = 600_000;

/// A connection, waiting for its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Held {
    /// When it began.
    pub ts: i64,
    /// From where.
    pub ip: IpAddr,
    /// The client's port; 0 where it is not known.
    pub port: u16,
    /// Whose.
    pub user: u32,
    /// What tells it from all others.
    pub identity: u64,
}

/// What becomes of an arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It is new.
    New,
    /// It is older than the horizon.
    Late,
    /// It was taken before, by this run or the one that saved the state.
    Again,
}

/// What an identity is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// A connection id: the same id is the same connection.
    ById,
    /// User, address, port and time: two connections may share them.
    ByLooks,
}

/// The events that are held.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    late_ms: i64,
    /// Events before this moment are closed.
    horizon: i64,
    /// The horizon of the state that was loaded: what is older was seen, or was too late then.
    loaded: i64,
    newest: i64,
    clocks: BTreeMap<String, i64>,
    held: BinaryHeap<Reverse<Held>>,
    /// How many of each identity are held.
    #[serde(skip)]
    known: HashMap<u64, u32, FixedState>,
    /// Of these, how many the loaded state held: each of them may come once again.
    #[serde(skip)]
    again: HashMap<u64, u32, FixedState>,
    /// Events that had to go before their time, for want of room.
    pub hurried: u64,
}

impl Order {
    /// Nothing yet.
    pub fn new(late_ms: i64) -> Self {
        Self {
            late_ms,
            horizon: i64::MIN,
            loaded: i64::MIN,
            newest: i64::MIN,
            clocks: BTreeMap::new(),
            held: BinaryHeap::new(),
            known: HashMap::default(),
            again: HashMap::default(),
            hurried: 0,
        }
    }

    /// Goes on from a saved state: what it held may come again.
    pub fn resume(&mut self, late_ms: i64) {
        self.late_ms = late_ms;
        self.loaded = self.horizon;
        for Reverse(held) in &self.held {
            *self.known.entry(held.identity).or_insert(0) += 1;
            *self.again.entry(held.identity).or_insert(0) += 1;
        }
    }

    /// The newest moment there was.
    pub fn newest(&self) -> Option<i64> {
        (self.newest > i64::MIN).then_some(self.newest)
    }

    /// Whether an event is new. If it is, [`Order::hold`] it.
    pub fn arrival(&mut self, ts: i64, identity: u64, known: Known) -> Arrival {
        if ts < self.horizon {
            return if ts < self.loaded { Arrival::Again } else { Arrival::Late };
        }
        if let Some(left) = self.again.get_mut(&identity) {
            *left -= 1;
            if *left == 0 {
                self.again.remove(&identity);
            }
            return Arrival::Again;
        }
        if known == Known::ById && self.known.contains_key(&identity) {
            return Arrival::Again;
        }
        Arrival::New
    }

    /// Holds a new event until its turn.
    pub fn hold(&mut self, held: Held) {
        *self.known.entry(held.identity).or_insert(0) += 1;
        self.held.push(Reverse(held));
    }

    /// The stream has come as far as this moment, by a row that is no connection.
    pub fn reach(&mut self, ts: i64) {
        self.newest = self.newest.max(ts);
    }

    /// A source has come as far as this moment.
    pub fn advance(&mut self, source: &str, ts: i64) {
        self.newest = self.newest.max(ts);
        if let Some(clock) = self.clocks.get_mut(source) {
            *clock = (*clock).max(ts);
        } else if self.clocks.len() < SOURCES_MAX {
            self.clocks.insert(source.to_owned(), ts);
        }
        let awake = self.newest - SILENCE_MS;
        let slowest = self.clocks.values().filter(|clock| **clock >= awake).min();
        let reached = slowest.copied().unwrap_or(self.newest) - self.late_ms;
        self.horizon = self.horizon.max(reached);
    }

    /// The next event whose turn has come.
    pub fn release(&mut self) -> Option<Held> {
        let due = self.held.peek()?.0.ts < self.horizon;
        if !due && self.held.len() <= HELD_MAX {
            return None;
        }
        if !due {
            self.hurried += 1;
        }
        let held = self.take()?;
        self.horizon = self.horizon.max(held.ts);
        Some(held)
    }

    /// The next event, whether its turn has come or not: at the end.
    pub fn take(&mut self) -> Option<Held> {
        let Reverse(held) = self.held.pop()?;
        if let Some(count) = self.known.get_mut(&held.identity) {
            *count -= 1;
            if *count == 0 {
                self.known.remove(&held.identity);
            }
        }
        self.again.remove(&held.identity);
        Some(held)
    }
}
