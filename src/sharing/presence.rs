//! When a network was in use: a bit for each moment of the last three days at which it was.
//!
//! In use at a moment is what opened connections both before and after it, not long apart. A socket
//! that roaming left behind opens nothing, so the dead ones that a proxy keeps for minutes never
//! count. Bits need no decay and no sum that drifts: a moment is in the window or out of it.

use serde::{Deserialize, Serialize};

/// How far back is looked. Three days hold a weekend or a working week's habit, and an account that
/// is no longer shared is clear again after them.
pub const DAYS: usize = 3;
const DAY_MS: i64 = 86_400_000;

/// A client in use opens a connection at least every few minutes, and a phone that lies on a table
/// wakes for its messages within the hour: what connects on both sides of an hour stayed there.
pub const NEAR_MS: i64 = 3_600_000;
/// Nobody who is awake leaves a messenger alone for much longer than four hours. A trip there and
/// back fits in it too: so this weighs less.
pub const FAR_MS: i64 = 4 * 3_600_000;

/// How finely time is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// The time between two moments.
    pub slot_ms: i64,
    /// How many there are in the window.
    pub slots: usize,
}

/// Six moments an hour: a sixth of the gap that is bridged.
pub const NEAR: Scale = Scale { slot_ms: 600_000, slots: DAYS * 144 };
/// Three an hour: a twelfth of the gap that is bridged.
pub const FAR: Scale = Scale { slot_ms: 1_200_000, slots: DAYS * 72 };

impl Scale {
    /// The moment at or before this time.
    pub fn slot(self, ts: i64) -> i64 {
        ts.div_euclid(self.slot_ms)
    }

    /// Where a moment's bit is.
    pub fn place(self, slot: i64) -> usize {
        let slots = i64::try_from(self.slots).unwrap_or(i64::MAX);
        usize::try_from(slot.rem_euclid(slots)).unwrap_or(0)
    }

    /// Which of the bits of a word are moments of a day of the window.
    pub fn mask(self, day: usize, word: usize) -> u64 {
        let a_day = self.slots / DAYS;
        let (from, to) = (day * a_day, (day + 1) * a_day);
        let start = from.saturating_sub(word * 64).min(64);
        let end = to.saturating_sub(word * 64).min(64);
        let below = |bits: usize| if bits >= 64 { u64::MAX } else { (1 << bits) - 1 };
        below(end) & !below(start)
    }

    /// Sets the bits of the moments after one time and up to another.
    fn mark(self, bits: &mut [u64], after: i64, upto: i64) {
        for slot in self.slot(after) + 1..=self.slot(upto) {
            let place = self.place(slot);
            if let Some(word) = bits.get_mut(place / 64) {
                *word |= 1 << (place % 64);
            }
        }
    }

    /// Makes room for the moments after one time and up to another.
    fn clear(self, bits: &mut [u64], after: i64, upto: i64) {
        let (after, upto) = (self.slot(after), self.slot(upto));
        if usize::try_from(upto - after).is_ok_and(|gone| gone >= self.slots) {
            bits.fill(0);
            return;
        }
        for slot in after + 1..=upto {
            let place = self.place(slot);
            if let Some(word) = bits.get_mut(place / 64) {
                *word &= !(1 << (place % 64));
            }
        }
    }
}

/// Which third of the window a time is in: days are those of the calendar, in UTC.
pub fn day(ts: i64) -> usize {
    usize::try_from(ts.div_euclid(DAY_MS).rem_euclid(3)).unwrap_or(0)
}

/// How many midnights lie between two times.
pub fn midnights(from: i64, to: i64) -> i64 {
    to.div_euclid(DAY_MS) - from.div_euclid(DAY_MS)
}

/// How often counts halve between two times: every third midnight.
pub fn halvings(from: i64, to: i64) -> i64 {
    to.div_euclid(3 * DAY_MS) - from.div_euclid(3 * DAY_MS)
}

/// The bits of one network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// At the scale of [`NEAR`].
    pub near: [u64; (NEAR.slots).div_ceil(64)],
    /// At the scale of [`FAR`].
    pub far: [u64; (FAR.slots).div_ceil(64)],
}

impl Presence {
    /// It opened a connection at each of these times and none between.
    pub fn between(&mut self, last: i64, ts: i64) {
        let gap = ts.saturating_sub(last);
        if gap <= NEAR_MS {
            NEAR.mark(&mut self.near, last, ts);
        }
        if gap <= FAR_MS {
            FAR.mark(&mut self.far, last, ts);
        }
    }

    /// The window moves on.
    pub fn pass(&mut self, from: i64, to: i64) {
        NEAR.clear(&mut self.near, from, to);
        FAR.clear(&mut self.far, from, to);
    }

    /// Whether it was never in use.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whatever the other was in use, this was.
    pub fn join(&mut self, other: &Self) {
        for (own, other) in self.near.iter_mut().zip(other.near) {
            *own |= other;
        }
        for (own, other) in self.far.iter_mut().zip(other.far) {
            *own |= other;
        }
    }

    /// Moments in use, at the scale of [`NEAR`].
    pub fn moments(&self) -> u32 {
        self.near.iter().map(|word| word.count_ones()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_of_a_window_are_all_of_it() {
        for scale in [NEAR, FAR] {
            for word in 0..scale.slots.div_ceil(64) {
                let days = (0..DAYS).map(|day| scale.mask(day, word));
                assert_eq!(
                    days.clone().fold(0, |all, mask| all ^ mask),
                    days.fold(0, |a, m| a | m)
                );
            }
            let bits = |day| (0..7).map(|word| scale.mask(day, word).count_ones()).sum::<u32>();
            assert_eq!((0..DAYS).map(bits).sum::<u32>() as usize, scale.slots);
        }
    }
}
