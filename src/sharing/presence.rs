//! The time slots of the last three days in which a block of addresses was in use.
//!
//! A block is in use at a moment if it opened connections both before and after it, at most
//! [`GAP_MS`] apart ([`between`]). A socket that roaming left open opens nothing, so the dead
//! sockets that a proxy keeps for minutes never count. A slot is one bit: it is in the window or
//! out of it.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// Length of the window. Three days hold a weekend or the habits of a working week.
pub const DAYS: usize = 3;
/// A day, in milliseconds.
pub const DAY_MS: i64 = 86_400_000;
/// Length of a slot.
pub const SLOT_MS: i64 = 1_200_000;
/// The longest gap between connections over which a block counts as in use. A phone in the
/// background connects for messages alone, a few times in an hour by day and in hours by night.
pub const GAP_MS: i64 = 4 * 3_600_000;
/// A connection that lasted so long is a computer's, which holds its sockets without being used.
/// A phone closes its sockets seconds after the program is left.
pub const HELD_MS: i64 = 70 * 60_000;
/// Slots in a day.
pub const DAY_SLOTS: i64 = DAY_MS / SLOT_MS;

/// The slot of a time.
pub fn slot(ts: i64) -> i64 {
    ts.div_euclid(SLOT_MS)
}

/// The slots in which a block was in use that opened connections at two times and none in between.
/// This is the only definition of "in use". Empty where the gap is too long.
pub fn between(previous: i64, next: i64) -> RangeInclusive<i64> {
    if next.saturating_sub(previous) > GAP_MS {
        return RangeInclusive::new(1, 0);
    }
    slot(previous) + 1..=slot(next)
}

/// The number of a calendar day in UTC.
pub fn day_number(ts: i64) -> i64 {
    ts.div_euclid(DAY_MS)
}

/// The third of the window in which a day lies.
pub fn day_of_window(day_number: i64) -> usize {
    usize::try_from(day_number.rem_euclid(3)).unwrap_or(0)
}

/// Number of times that counts are halved between two times: once every third midnight.
pub fn decay_steps(from: i64, to: i64) -> i64 {
    day_number(to).div_euclid(3) - day_number(from).div_euclid(3)
}

/// One bit for each slot of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct DaySlots([u8; 9]);

impl DaySlots {
    fn bits(self) -> u128 {
        self.0.iter().rev().fold(0, |bits, byte| bits << 8 | u128::from(*byte))
    }

    fn add(&mut self, bits: u128) {
        for (own, byte) in self.0.iter_mut().zip(bits.to_le_bytes()) {
            *own |= byte;
        }
    }
}

/// The slots of the window, by day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slots([DaySlots; DAYS]);

impl Slots {
    /// The bits of a day of the window.
    pub fn day(&self, day: usize) -> u128 {
        self.0.get(day).copied().unwrap_or_default().bits()
    }

    fn add(&mut self, slots: RangeInclusive<i64>) {
        let (mut from, to) = slots.into_inner();
        while from <= to {
            let day = from.div_euclid(DAY_SLOTS);
            let (first, last) = (from - day * DAY_SLOTS, (to - day * DAY_SLOTS).min(DAY_SLOTS - 1));
            if let Some(own) = self.0.get_mut(day_of_window(day)) {
                own.add(low_bits(last + 1) & !low_bits(first));
            }
            from = (day + 1) * DAY_SLOTS;
        }
    }

    fn merge(&mut self, other: &Self) {
        for (day, own) in self.0.iter_mut().enumerate() {
            own.add(other.day(day));
        }
    }

    fn clear(&mut self, day: usize) {
        if let Some(own) = self.0.get_mut(day) {
            *own = DaySlots::default();
        }
    }

    /// Number of slots.
    pub fn count(&self) -> u32 {
        (0..DAYS).map(|day| self.day(day).count_ones()).sum()
    }
}

fn low_bits(count: i64) -> u128 {
    u32::try_from(count)
        .ok()
        .and_then(|count| 1_u128.checked_shl(count))
        .unwrap_or(0)
        .wrapping_sub(1)
}

/// The slots of one block of addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// In use.
    pub used: Slots,
    /// Covered by a connection of [`HELD_MS`] or more.
    pub held: Slots,
}

/// A [`Presence`] that takes memory only once a bit is set. With a million users, most blocks
/// connect too seldom to be in use in any slot.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct LazyPresence(Option<Box<Presence>>);

impl LazyPresence {
    /// Records connections at two times and none in between.
    pub(super) fn record(&mut self, previous: i64, next: i64) {
        let slots = between(previous, next);
        if !slots.is_empty() {
            self.0.get_or_insert_default().used.add(slots);
        }
    }

    /// Records a long connection.
    pub(super) fn hold(&mut self, slots: RangeInclusive<i64>) {
        if !slots.is_empty() {
            self.0.get_or_insert_default().held.add(slots);
        }
    }

    /// Adds the slots of another block.
    pub(super) fn merge(&mut self, other: Self) {
        let Some(other) = other.0 else { return };
        let own = self.0.get_or_insert_default();
        own.used.merge(&other.used);
        own.held.merge(&other.held);
    }

    /// Forgets a day of the window.
    pub(super) fn clear(&mut self, day: usize) {
        if let Some(presence) = &mut self.0 {
            presence.used.clear(day);
            presence.held.clear(day);
            if **presence == Presence::default() {
                self.0 = None;
            }
        }
    }

    pub(super) fn get(&self) -> Presence {
        self.0.as_deref().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_across_midnights_are_those_of_their_days() {
        for (from, length) in [(0, 1), (70, 4), (71, 1), (5, 0), (3, 140), (0, 216)] {
            let mut slots = Slots::default();
            slots.add(from..=from + length - 1);
            let bits = |slot: i64| {
                slots.day(day_of_window(slot.div_euclid(72))) >> slot.rem_euclid(72) & 1
            };
            assert_eq!(i64::from(slots.count()), length);
            assert!((from..from + length).all(|slot| bits(slot) == 1));
        }
    }

    #[test]
    fn a_block_is_in_use_between_two_of_its_connections_up_to_the_gap() {
        assert_eq!(between(0, GAP_MS).count(), 12);
        assert!(between(0, GAP_MS + 1).is_empty());
        assert!(between(SLOT_MS, SLOT_MS + 5).is_empty());
        let mut presence = LazyPresence::default();
        presence.record(0, 5);
        assert_eq!(presence, LazyPresence::default());
        presence.record(0, GAP_MS);
        presence.clear(0);
        assert_eq!(presence, LazyPresence::default());
    }
}
