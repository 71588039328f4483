//! What is kept of the connections of one account.

use serde::{Deserialize, Serialize};

use super::block::BlockActivity;
use super::groups::group_networks;
use super::measures::{MEASURES, measure_days};
use super::network::{Family, Network};
use super::presence::{
    DAY_MS, HELD_MS, LazyPresence, SLOT_MS, day_number, day_of_window, decay_steps, slot,
};
use crate::timestamp::OptMillis;

/// A phone, and a device that stays at home or at the office.
pub const DEVICES: usize = 2;
/// Blocks of one account. Beyond it the one with the least use is removed and counted, so that a
/// client that walks through its IPv6 prefix takes no more memory.
pub const BLOCKS_MAX: usize = 64;
/// Blocks for which memory is reserved at first, and each time it is full.
const BLOCKS_USUAL: usize = 3;
/// The index of a block that was removed.
const NO_BLOCK: u8 = u8::MAX;
/// Connections that a client opens together begin within this time.
const BURST_MS: i64 = 1_500;
/// On a busy account a burst is shorter, but never shorter than this: a client opens its downloads
/// within a tenth of a second of each other.
const BURST_MIN_MS: i64 = 200;
/// The share of connections that may fall into another client's burst by chance.
const BURST_CHANCE: i64 = 5;
/// So many changes between blocks within a slot are alternation: there, back, and there again. A
/// person on the way has one change, a VPN switched on and off has two.
const ALTERNATION_CHANGES: u8 = 3;
/// The weight of a day in the mean, once it is out of the window, falls by this factor every day:
/// the half-life is two days.
const PAST_DECAY: f32 = 0.7;
/// A silence of so many days leaves nothing of the past.
const PAST_DAYS_MAX: i64 = 30;
/// [`SLOT_MS`].
const SLOT_LENGTH: f32 = 1_200_000.0;
/// Newest connections of each family against which a burst is looked for.
const RECENT: usize = 4;

/// The newest connections of one address family in this slot, the newest first: index of the block
/// and the low bits of the time in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Recent {
    blocks: [u8; RECENT],
    times: [u32; RECENT],
}

impl Default for Recent {
    fn default() -> Self {
        Self { blocks: [NO_BLOCK; RECENT], times: [0; RECENT] }
    }
}

impl Recent {
    fn push(&mut self, block: u8, at: u32) {
        self.blocks.rotate_right(1);
        self.times.rotate_right(1);
        if let (Some(newest), Some(time)) = (self.blocks.first_mut(), self.times.first_mut()) {
            (*newest, *time) = (block, at);
        }
    }

    fn iter(self) -> impl Iterator<Item = (u8, u32)> {
        self.blocks.into_iter().zip(self.times).filter(|(block, _)| *block != NO_BLOCK)
    }

    fn newest(self) -> Option<(u8, u32)> {
        let newest = self.blocks.first().copied().zip(self.times.first().copied());
        newest.filter(|(block, _)| *block != NO_BLOCK)
    }
}

/// The measures of the days before the window: their sums, and the number of days, both decayed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Past {
    pub(super) sums: [f32; MEASURES],
    pub(super) days: f32,
}

/// The blocks of addresses of one account and how they were used.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct AccountActivity {
    pub(super) blocks: Vec<BlockActivity>,
    /// Time of the newest connection, in milliseconds.
    newest: OptMillis,
    /// Time up to which the window was moved on.
    now: i64,
    /// Start of the first connection, in milliseconds.
    first: i64,
    recent: [Recent; 2],
    /// Changes between blocks in this slot, by family.
    changes: [u8; 2],
    /// Slots with alternation, by day of the window.
    alternating: [u8; 3],
    /// Connections of the slot before and of this one.
    slot_connections: [u16; 2],
    pub(super) past: Past,
    /// Whether the log has the ends of this account's connections.
    has_ends: bool,
    /// Blocks that were removed to make room for others.
    pub networks_evicted: u32,
}

impl AccountActivity {
    /// Records a connection of a user with this number of devices. Connections and ends must come
    /// in order of time. Returns whether a new estimate is due: a new slot has begun.
    pub fn connect(&mut self, ts: i64, network: Network, devices: usize) -> bool {
        let is_first = self.newest.get().is_none();
        let ts = ts.max(if is_first { ts } else { self.now });
        let is_new_slot = self.newest.get().is_none_or(|newest| slot(ts) > slot(newest));
        if is_first {
            (self.first, self.now) = (ts, ts);
        } else {
            self.advance(ts, devices);
        }
        if is_new_slot {
            self.begin_slot(ts);
        }
        let index = self.index_of_network(network, ts);
        self.record_burst(index, network.family, ts);
        self.block_mut(index, |own| own.connect(ts));
        self.newest = Some(ts).into();
        is_new_slot
    }

    /// Records that the log has the ends of connections.
    pub fn set_has_ends(&mut self) {
        self.has_ends = true;
    }

    pub fn has_ends(&self) -> bool {
        self.has_ends
    }

    /// Records the end of a connection that lasted [`HELD_MS`] or more.
    pub fn end(&mut self, ts: i64, network: Network, duration_ms: i64, devices: usize) {
        if self.newest.get().is_none() || duration_ms < HELD_MS {
            return;
        }
        let ts = ts.max(self.now);
        self.advance(ts, devices);
        let window = (day_number(ts) - 2) * (DAY_MS / SLOT_MS);
        let from = slot(ts.saturating_sub(duration_ms)).max(window);
        let position = |block: Network, is_subnet: bool| {
            let is_it = |own: &BlockActivity| own.block == block && own.is_subnet == is_subnet;
            self.blocks.iter().position(is_it)
        };
        let index = position(network.subnet(), true).or_else(|| position(network.block(), false));
        if let Some(own) = index.and_then(|index| self.blocks.get_mut(index)) {
            own.presence.hold(from..=slot(ts));
        }
    }

    /// The time of the newest connection.
    pub fn newest(&self) -> Option<i64> {
        self.newest.get()
    }

    /// The time up to which the window was moved on.
    pub(super) fn now(&self) -> i64 {
        self.now
    }

    /// Number of blocks kept, at most [`BLOCKS_MAX`].
    pub fn networks(&self) -> usize {
        self.blocks.len()
    }

    /// Slots with alternation on a day of the window.
    pub(super) fn alternating(&self, day: usize) -> u8 {
        self.alternating.get(day).copied().unwrap_or(0)
    }

    /// Whether a whole day was seen.
    pub(super) fn is_day_seen(&self) -> bool {
        self.now - self.first >= DAY_MS
    }

    /// The days over which the measures are a mean: those of the window since the first
    /// connection, and the decayed ones before it. A first day that is not over counts in full.
    pub(super) fn days(&self) -> f64 {
        let today = self.now.rem_euclid(DAY_MS);
        let window = (self.now - self.first).min(2 * DAY_MS + today);
        // Both are below a month.
        let window = f64::from(u32::try_from(window / 1000).unwrap_or(u32::MAX)) / 86_400.0;
        (window + f64::from(self.past.days)).max(1.0)
    }

    /// Moves the window on.
    fn advance(&mut self, ts: i64, devices: usize) {
        let from = std::mem::replace(&mut self.now, ts);
        let (last, today) = (day_number(from), day_number(ts));
        if today - last > PAST_DAYS_MAX {
            self.past = Past::default();
        }
        for day in (last + 1..=today).take(usize::try_from(PAST_DAYS_MAX).unwrap_or(0)) {
            self.begin_day(day, devices);
        }
        if today > last {
            let steps = decay_steps(from, ts);
            self.blocks.iter_mut().for_each(|own| own.decay(steps));
            self.remove_idle();
        }
    }

    /// Adds the day that leaves the window to the past.
    fn begin_day(&mut self, day: i64, devices: usize) {
        let leaving = day_of_window(day);
        let sums = measure_days(self, &group_networks(self), &[leaving], devices);
        for (past, day) in self.past.sums.iter_mut().zip(sums.values()) {
            *past = *past * PAST_DECAY + day;
        }
        let is_known = day - 3 >= day_number(self.first);
        self.past.days = self.past.days * PAST_DECAY + f32::from(u8::from(is_known));
        self.blocks.iter_mut().for_each(|own| own.presence.clear(leaving));
        if let Some(count) = self.alternating.get_mut(leaving) {
            *count = 0;
        }
    }

    fn begin_slot(&mut self, ts: i64) {
        let [_, now] = self.slot_connections;
        let is_next = self.newest.get().is_some_and(|newest| slot(ts) == slot(newest) + 1);
        self.slot_connections = [if is_next { now } else { 0 }, 0];
        self.recent = Default::default();
        self.changes = [0; 2];
    }

    /// Compares a connection with the ones just before it: a client opens several at once, so those
    /// within a burst are one client's, and a later one from elsewhere is a change.
    fn record_burst(&mut self, index: u8, family: Family, ts: i64) {
        let [before, now] = &mut self.slot_connections;
        *now = now.saturating_add(1);
        let busy = (*before).max(*now);
        let burst_ms = (SLOT_MS / BURST_CHANCE / i64::from(busy)).clamp(BURST_MIN_MS, BURST_MS);
        let (at, family) = (low_bits(ts), usize::from(family == Family::V6));
        let Some(recent) = self.recent.get_mut(family) else { return };
        let before = *recent;
        recent.push(index, at);
        for (other, then) in before.iter() {
            if i64::from(at.wrapping_sub(then)) > burst_ms {
                continue;
            }
            if other == index {
                self.block_mut(index, BlockActivity::add_own_burst);
            } else {
                self.block_mut(index, |own| own.add_mixed_bursts(1.0));
                self.block_mut(other, |own| own.add_mixed_bursts(1.0));
            }
        }
        // What independent clients would add: once for this connection, once for one it meets.
        let burst = f32::from(u16::try_from(burst_ms).unwrap_or(u16::MAX));
        let chance = 2.0 * burst * f32::from(busy) / SLOT_LENGTH;
        self.block_mut(index, |own| own.add_mixed_bursts(-chance));
        if let Some((other, then)) = before.newest() {
            let is_change = other != index && i64::from(at.wrapping_sub(then)) > burst_ms;
            if is_change && !self.is_pool(other) && !self.is_pool(index) {
                self.record_change(index, family, ts);
            }
        }
    }

    /// Counts a change to another block. Both families of one home change alike: the first to
    /// alternate counts.
    fn record_change(&mut self, index: u8, family: usize, ts: i64) {
        let was = self.changes;
        if let Some(count) = self.changes.get_mut(family) {
            *count = count.saturating_add(1);
        }
        let most = |changes: [u8; 2]| changes.into_iter().max().unwrap_or(0);
        let is_alternating = most(self.changes) >= ALTERNATION_CHANGES;
        if is_alternating {
            self.block_mut(index, |own| own.changes = own.changes.saturating_add(1));
        }
        if is_alternating
            && most(was) < ALTERNATION_CHANGES
            && let Some(count) = self.alternating.get_mut(day_of_window(day_number(ts)))
        {
            *count = count.saturating_add(1);
        }
    }

    fn is_pool(&self, index: u8) -> bool {
        self.blocks.get(usize::from(index)).is_some_and(BlockActivity::is_pool)
    }

    fn block_mut(&mut self, index: u8, change: impl FnOnce(&mut BlockActivity)) {
        if let Some(own) = self.blocks.get_mut(usize::from(index)) {
            change(own);
        }
    }

    /// The index of the block of a network, or of its subnet where the addresses of the block are
    /// lines of their own. The use of the block until then becomes that of the first subnet, so that
    /// no address stands in two groups.
    fn index_of_network(&mut self, network: Network, ts: i64) -> u8 {
        let index = self.index_of(network.block(), false);
        let (mut is_split, mut before) = (false, LazyPresence::default());
        self.block_mut(index, |own| {
            is_split = own.split_into_lines();
            own.keep(ts, network);
            if is_split {
                before = std::mem::take(&mut own.presence);
            }
        });
        if !is_split {
            return index;
        }
        let index = self.index_of(network.subnet(), true);
        self.block_mut(index, |own| {
            own.keep(ts, network);
            own.presence.merge(before);
        });
        index
    }

    /// The index of a block or subnet, which is added if it is new.
    fn index_of(&mut self, block: Network, is_subnet: bool) -> u8 {
        let is_it = |own: &BlockActivity| own.block == block && own.is_subnet == is_subnet;
        let found = self.blocks.iter().position(is_it);
        let index = found.unwrap_or_else(|| {
            if self.blocks.len() >= BLOCKS_MAX {
                let least = self.blocks.iter().enumerate().min_by_key(|(_, own)| own.weight());
                let least = least.map_or(0, |(index, _)| index);
                self.networks_evicted = self.networks_evicted.saturating_add(1);
                self.remove(least);
            }
            if self.blocks.len() == self.blocks.capacity() {
                self.blocks.reserve_exact(BLOCKS_USUAL.max(self.blocks.len() / 4));
            }
            self.blocks.push(BlockActivity::new(block, is_subnet));
            self.blocks.len() - 1
        });
        u8::try_from(index).unwrap_or(NO_BLOCK)
    }

    /// Removes blocks without a connection in the window.
    fn remove_idle(&mut self) {
        for index in (0..self.blocks.len()).rev() {
            if self.blocks.get(index).is_some_and(|own| self.now - own.newest() > 3 * DAY_MS) {
                self.remove(index);
            }
        }
    }

    /// Removes a block. The last one takes its index.
    fn remove(&mut self, index: usize) {
        self.blocks.swap_remove(index);
        let moved = u8::try_from(self.blocks.len()).unwrap_or(NO_BLOCK);
        let gone = u8::try_from(index).unwrap_or(NO_BLOCK);
        for own in self.recent.iter_mut().flat_map(|recent| &mut recent.blocks) {
            *own = if *own == gone {
                NO_BLOCK
            } else if *own == moved {
                gone
            } else {
                *own
            };
        }
    }
}

/// The time within 49 days, which is enough to compare times within a slot.
fn low_bits(ts: i64) -> u32 {
    u32::try_from(ts.rem_euclid(1 << 32)).unwrap_or(0)
}
