//! One user's connections of the last hours, with what the rule counts of them kept up to date:
//! each arrival and each departure from the window costs a few binary searches, whatever the
//! order of arrival.

use std::collections::VecDeque;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::addresses::{ADDRESSES_MAX, Addresses, Slot};
use super::busy::Busy;
use super::rule::Counts;
use super::sorted::{Near, below, insert};

/// How many connections of one user are kept. Twelve bytes each: three megabytes. The score is at
/// its top long before; past this the oldest are let go early, and that is told.
pub const CONNECTIONS_MAX: usize = 1 << 18;

/// Up to so many connections and addresses, looking at all of them is faster and smaller than an
/// index: most users never have more.
const CONNECTIONS_FEW: usize = 256;
const ADDRESSES_FEW: usize = 16;

/// What the window spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// How long a connection counts, in milliseconds; `None`: always.
    pub window_ms: Option<i64>,
    /// Connections from two addresses are simultaneous if they began less than this apart.
    pub together_ms: i64,
    /// How much older than the newest an event may be, so how long the past must be kept whole.
    pub late_ms: i64,
}

/// The connections of one user.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Window {
    /// The moment offsets are counted from.
    base: i64,
    /// When each connection began, in order, as an offset, and whose it is.
    times: VecDeque<(u32, Slot)>,
    addresses: Addresses,
    #[serde(skip)]
    busy: Option<Box<Busy>>,
    /// Connections that were let go but still count, as the window has no end.
    before: u64,
    pairs: u64,
    /// Connections that were let go too early.
    crowded_out: u64,
}

impl Window {
    /// Takes a connection in. It may be older than others, by up to `late_ms`.
    pub fn add(&mut self, ts: i64, ip: IpAddr, span: &Span) {
        if self.times.is_empty() {
            self.base = ts - span.late_ms;
        }
        let Some(offset) = self.offset(ts) else { return };
        if self.times.len() >= CONNECTIONS_MAX {
            self.let_go_oldest(span);
            self.crowded_out += 1;
        }
        self.keep_index();
        let slot = self.slot(ip);
        self.pairs += self.others_around(offset, slot, span, Near::Back);
        insert(&mut self.times, (offset, slot), |time| time.0);
        self.addresses.add(slot, offset);
        if let Some(busy) = &mut self.busy {
            busy.add(slot, offset);
        }
    }

    /// Has an index where one is worth its room.
    fn keep_index(&mut self) {
        let is_few = |times: usize, slots: usize, fold: usize| {
            times * fold <= CONNECTIONS_FEW && slots * fold <= ADDRESSES_FEW
        };
        let (times, slots) = (self.times.len(), self.addresses.slots());
        if is_few(times, slots, 2) {
            self.busy = None;
        } else if self.busy.is_none() && !is_few(times, slots, 1) {
            self.busy = Some(Box::new(Busy::of(&self.times, &self.addresses)));
        }
    }

    /// The slot of an address, a new one if need be.
    fn slot(&mut self, ip: IpAddr) -> Slot {
        let found = match &self.busy {
            Some(busy) => busy.find(ip, &self.addresses),
            None => self.addresses.find(ip),
        };
        found.unwrap_or_else(|| {
            let is_new = self.addresses.len() < ADDRESSES_MAX;
            let slot = self.addresses.open(ip);
            if let (Some(busy), true) = (&mut self.busy, is_new) {
                busy.open(slot, ip, &self.addresses);
            }
            slot
        })
    }

    /// How many connections from other addresses began close to this moment.
    fn others_around(&self, offset: u32, slot: Slot, span: &Span, near: Near) -> u64 {
        // Closer than `together_ms`: in whole milliseconds, at most one less.
        let reach = u32::try_from((span.together_ms - 1).max(0)).unwrap_or(u32::MAX);
        let (from, to) =
            (offset.saturating_sub(reach), offset.saturating_add(reach).saturating_add(1));
        let first = below(&self.times, near, from, |time| time.0);
        let beyond = below(&self.times, near, to, |time| time.0);
        let own = match &self.busy {
            Some(busy) => busy.between(slot, near, from..to),
            None => self.times.range(first..beyond).filter(|time| time.1 == slot).count(),
        };
        (beyond - first - own) as u64
    }

    /// Lets go of what is out of the window at this moment.
    pub fn pass(&mut self, now: i64, span: &Span) {
        let keep_ms = span.window_ms.unwrap_or(span.together_ms + span.late_ms);
        let Some(bound) = self.offset_clamped(now - keep_ms) else { return };
        while self.times.front().is_some_and(|oldest| oldest.0 <= bound) {
            self.let_go_oldest(span);
        }
    }

    /// What the rule counts.
    pub fn counts(&self) -> Counts {
        Counts {
            connections: self.times.len() as u64 + self.before,
            addresses: self.addresses.len() as u64,
            pairs: self.pairs,
        }
    }

    /// When the first and last connection of the window began.
    pub fn ends(&self) -> Option<(i64, i64)> {
        let (first, last) = (self.times.front()?, self.times.back()?);
        Some((self.base + i64::from(first.0), self.base + i64::from(last.0)))
    }

    /// The addresses, the most recent first, at most this many.
    pub fn recent(&self, most: usize) -> Vec<IpAddr> {
        self.addresses.recent(most)
    }

    /// Connections that the rule did not count in full, at least: let go early, or from addresses
    /// that were too many to be told apart, and most of a flood are both.
    pub fn truncated(&self) -> u64 {
        self.crowded_out.max(self.addresses.unremembered)
    }

    fn let_go_oldest(&mut self, span: &Span) {
        self.keep_index();
        let Some((offset, slot)) = self.times.pop_front() else { return };
        if let Some(busy) = &mut self.busy {
            busy.remove_oldest(slot);
        }
        if span.window_ms.is_none() {
            self.before += 1;
            return;
        }
        self.pairs = self.pairs.saturating_sub(self.others_around(offset, slot, span, Near::Front));
        if let (Some(ip), Some(busy)) = (self.addresses.remove(slot), &mut self.busy) {
            busy.close(slot, ip);
        }
    }

    /// Milliseconds since the base, moving the base where they no longer fit.
    fn offset(&mut self, ts: i64) -> Option<u32> {
        if let Ok(offset) = u32::try_from(ts - self.base) {
            return Some(offset);
        }
        let first = self.times.front().map_or(0, |time| i64::from(time.0)) + self.base;
        let base = first.min(ts);
        let shift = base - self.base;
        let moved = |offset: u32| u32::try_from(i64::from(offset) - shift).ok();
        let last = self.times.back().map_or(Some(0), |time| moved(time.0));
        last?;
        for time in &mut self.times {
            time.0 = moved(time.0).unwrap_or(0);
        }
        self.addresses.shift(&moved);
        self.busy = None;
        self.base = base;
        u32::try_from(ts - self.base).ok()
    }

    /// The same for a bound, which may be before the base: then nothing is out of the window.
    fn offset_clamped(&self, ts: i64) -> Option<u32> {
        let offset = ts - self.base;
        (offset >= 0).then(|| u32::try_from(offset).unwrap_or(u32::MAX))
    }
}
