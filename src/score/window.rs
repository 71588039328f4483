//! The connections of one user within the window, with the counts of the rule kept up to date: each
//! addition and removal costs a few binary searches, in any order of arrival.

use std::collections::VecDeque;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::address_table::{ADDRESSES_MAX, AddressIndex, AddressTable};
use super::rule::Counts;
use super::sorted_queue::{NearEnd, insert, rank};
use super::window_index::WindowIndex;

/// Connections of one user, of twelve bytes each: three megabytes. The score has long been at its
/// maximum then; beyond it the oldest are removed early and counted.
const CONNECTIONS_MAX: usize = 1 << 18;

/// Connections for which memory is reserved at first.
const CONNECTIONS_USUAL: usize = 3;

/// Up to so many connections and addresses a linear search is faster and smaller than an index.
const CONNECTIONS_FEW: usize = 256;
const ADDRESSES_FEW: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowConfig {
    /// Time for which a connection counts, in milliseconds; `None`: always.
    pub window_ms: Option<i64>,
    /// Connections from two addresses are simultaneous if they began less than this apart.
    pub together_ms: i64,
    /// How far out of order connections may be.
    pub late_ms: i64,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Window {
    /// The time from which offsets are counted.
    base: i64,
    /// Start of each connection as an offset, in order, and its address.
    times: VecDeque<(u32, AddressIndex)>,
    addresses: AddressTable,
    #[serde(skip)]
    index: Option<Box<WindowIndex>>,
    /// Connections that were removed but still count, as the window has no end.
    before: u64,
    pairs: u64,
    /// Connections that were removed early.
    evicted: u32,
}

impl Window {
    /// Adds a connection. It may be older than others, by up to `late_ms`.
    pub fn add(&mut self, ts: i64, ip: IpAddr, config: &WindowConfig) {
        if self.times.is_empty() {
            self.base = ts - config.late_ms;
            self.times.reserve_exact(CONNECTIONS_USUAL);
        }
        let Some(offset) = self.offset(ts) else { return };
        if self.times.len() >= CONNECTIONS_MAX {
            self.remove_oldest(config);
            self.evicted = self.evicted.saturating_add(1);
        }
        self.update_index();
        let address = self.address_index(ip);
        self.pairs += self.others_around(offset, address, config, NearEnd::Back);
        insert(&mut self.times, (offset, address), |time| time.0);
        self.addresses.connect(address, offset);
        if let Some(index) = &mut self.index {
            index.insert_connection(address, offset);
        }
    }

    /// Builds or drops the index as the window grows or shrinks.
    fn update_index(&mut self) {
        let is_few = |times: usize, addresses: usize, ratio: usize| {
            times * ratio <= CONNECTIONS_FEW && addresses * ratio <= ADDRESSES_FEW
        };
        let (times, addresses) = (self.times.len(), self.addresses.entries());
        if is_few(times, addresses, 2) {
            self.index = None;
        } else if self.index.is_none() && !is_few(times, addresses, 1) {
            self.index = Some(Box::new(WindowIndex::of(&self.times, &self.addresses)));
        }
    }

    /// The index of an address, which is added if it is new.
    fn address_index(&mut self, ip: IpAddr) -> AddressIndex {
        let found = match &self.index {
            Some(index) => index.find(ip, &self.addresses),
            None => self.addresses.find(ip),
        };
        found.unwrap_or_else(|| {
            let is_new = self.addresses.len() < ADDRESSES_MAX;
            let address = self.addresses.insert(ip);
            if let (Some(index), true) = (&mut self.index, is_new) {
                index.insert_address(address, ip, &self.addresses);
            }
            address
        })
    }

    /// Number of connections of other addresses that began close to this time.
    fn others_around(
        &self,
        offset: u32,
        address: AddressIndex,
        config: &WindowConfig,
        near: NearEnd,
    ) -> u64 {
        // Closer than `together_ms`: in whole milliseconds, at most one less.
        let reach = u32::try_from((config.together_ms - 1).max(0)).unwrap_or(u32::MAX);
        let (from, to) =
            (offset.saturating_sub(reach), offset.saturating_add(reach).saturating_add(1));
        let first = rank(&self.times, near, from, |time| time.0);
        let beyond = rank(&self.times, near, to, |time| time.0);
        let own = match &self.index {
            Some(index) => index.count(address, near, from..to),
            None => self.times.range(first..beyond).filter(|time| time.1 == address).count(),
        };
        (beyond - first - own) as u64
    }

    /// Removes what is out of the window now.
    pub fn advance(&mut self, now: i64, config: &WindowConfig) {
        let keep_ms = config.window_ms.unwrap_or(config.together_ms + config.late_ms);
        let Some(bound) = self.offset_clamped(now - keep_ms) else { return };
        while self.times.front().is_some_and(|oldest| oldest.0 <= bound) {
            self.remove_oldest(config);
        }
    }

    /// The counts of the rule.
    pub fn counts(&self) -> Counts {
        Counts {
            connections: self.times.len() as u64 + self.before,
            addresses: self.addresses.len() as u64,
            pairs: self.pairs,
        }
    }

    /// Starts of the first and the last connection in the window.
    pub fn ends(&self) -> Option<(i64, i64)> {
        let (first, last) = (self.times.front()?, self.times.back()?);
        Some((self.base + i64::from(first.0), self.base + i64::from(last.0)))
    }

    /// At most this many addresses, the most recent first.
    pub fn recent(&self, max: usize) -> Vec<IpAddr> {
        self.addresses.recent(max)
    }

    /// Number of connections, at least, that the rule did not count in full: removed early, or of
    /// addresses beyond the maximum. Most connections of a flood are both.
    pub fn truncated(&self) -> u64 {
        self.evicted.max(self.addresses.too_many).into()
    }

    fn remove_oldest(&mut self, config: &WindowConfig) {
        self.update_index();
        let Some((offset, address)) = self.times.pop_front() else { return };
        if let Some(index) = &mut self.index {
            index.remove_oldest_connection(address);
        }
        if config.window_ms.is_none() {
            self.before += 1;
            return;
        }
        self.pairs =
            self.pairs.saturating_sub(self.others_around(offset, address, config, NearEnd::Front));
        if let (Some(ip), Some(index)) = (self.addresses.disconnect(address), &mut self.index) {
            index.remove_address(address, ip);
        }
    }

    /// Milliseconds since the base. The base is moved where they do not fit.
    fn offset(&mut self, ts: i64) -> Option<u32> {
        if let Ok(offset) = u32::try_from(ts - self.base) {
            return Some(offset);
        }
        let first = self.times.front().map_or(0, |time| i64::from(time.0)) + self.base;
        let base = first.min(ts);
        let shift = base - self.base;
        let rebased = |offset: u32| u32::try_from(i64::from(offset) - shift).ok();
        let last = self.times.back().map_or(Some(0), |time| rebased(time.0));
        last?;
        for time in &mut self.times {
            time.0 = rebased(time.0).unwrap_or(0);
        }
        self.addresses.rebase(&rebased);
        self.index = None;
        self.base = base;
        u32::try_from(ts - self.base).ok()
    }

    /// The same for a bound. `None` before the base: then nothing is out of the window.
    fn offset_clamped(&self, ts: i64) -> Option<u32> {
        let offset = ts - self.base;
        (offset >= 0).then(|| u32::try_from(offset).unwrap_or(u32::MAX))
    }
}
