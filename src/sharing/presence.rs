//! The time slots of the last three days in which a network was in use.
//!
//! A network is in use at a moment if it opened connections both before and after it, not too far
//! apart ([`Scale::between`]). A socket that roaming left open opens nothing, so the dead sockets
//! that a proxy keeps for minutes never count. A slot is one bit: it is in the window or out of it,
//! and nothing has to decay.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// Length of the window. Three days hold a weekend or the habits of a working week; an account that
/// is no longer shared is clear again after them.
pub const DAYS: usize = 3;
/// A day, in milliseconds.
pub const DAY_MS: i64 = 86_400_000;

/// Slot length, and the longest gap between connections over which a network counts as in use.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    pub slot_ms: i64,
    /// Number of slots in the window.
    pub slots: usize,
    pub gap_ms: i64,
}

/// Gaps of up to an hour. A client in use connects every few minutes, and an idle phone wakes for
/// its messages within the hour. A slot is a sixth of the gap.
pub const SHORT_GAP: Scale = Scale { slot_ms: 600_000, slots: DAYS * 144, gap_ms: 3_600_000 };
/// Gaps of up to four hours, the longest that an awake person leaves a messenger alone. A round
/// trip fits into it too, so it has a lower weight. A slot is a twelfth of the gap.
pub const LONG_GAP: Scale = Scale { slot_ms: 1_200_000, slots: DAYS * 72, gap_ms: 4 * 3_600_000 };

impl Scale {
    /// The slot of a time.
    pub fn slot(self, ts: i64) -> i64 {
        ts.div_euclid(self.slot_ms)
    }

    /// The slots in which a network was in use that opened connections at two times and none in
    /// between. This is the only definition of "in use". Empty where the gap is too long.
    pub fn between(self, previous: i64, next: i64) -> RangeInclusive<i64> {
        if next.saturating_sub(previous) > self.gap_ms {
            return RangeInclusive::new(1, 0);
        }
        self.slot(previous) + 1..=self.slot(next)
    }

    /// The bit of a slot.
    pub fn bit(self, slot: i64) -> usize {
        let slots = i64::try_from(self.slots).unwrap_or(i64::MAX);
        usize::try_from(slot.rem_euclid(slots)).unwrap_or(0)
    }

    /// The bits of one word that are slots of a day of the window.
    pub fn day_mask(self, day: usize, word: usize) -> u64 {
        let per_day = self.slots / DAYS;
        let (from, to) = (day * per_day, (day + 1) * per_day);
        let start = from.saturating_sub(word * 64).min(64);
        let end = to.saturating_sub(word * 64).min(64);
        let below = |bits: usize| if bits >= 64 { u64::MAX } else { (1 << bits) - 1 };
        below(end) & !below(start)
    }

    /// Sets the bits of these slots.
    fn set(self, bits: &mut [u64], slots: RangeInclusive<i64>) {
        for slot in slots {
            let bit = self.bit(slot);
            if let Some(word) = bits.get_mut(bit / 64) {
                *word |= 1 << (bit % 64);
            }
        }
    }

    /// Clears the bits of the slots after one time and up to another.
    fn clear(self, bits: &mut [u64], after: i64, upto: i64) {
        let (after, upto) = (self.slot(after), self.slot(upto));
        if usize::try_from(upto - after).is_ok_and(|count| count >= self.slots) {
            bits.fill(0);
            return;
        }
        for slot in after + 1..=upto {
            let bit = self.bit(slot);
            if let Some(word) = bits.get_mut(bit / 64) {
                *word &= !(1 << (bit % 64));
            }
        }
    }
}

/// The third of the window in which a time lies. Days are calendar days in UTC.
pub fn day(ts: i64) -> usize {
    usize::try_from(ts.div_euclid(DAY_MS).rem_euclid(3)).unwrap_or(0)
}

/// Number of midnights between two times.
pub fn days_between(from: i64, to: i64) -> i64 {
    to.div_euclid(DAY_MS) - from.div_euclid(DAY_MS)
}

/// Number of times that counts are halved between two times: once every third midnight.
pub fn decay_steps(from: i64, to: i64) -> i64 {
    to.div_euclid(3 * DAY_MS) - from.div_euclid(3 * DAY_MS)
}

/// The slots in which one network was in use, at both scales.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    pub short: [u64; (SHORT_GAP.slots).div_ceil(64)],
    pub long: [u64; (LONG_GAP.slots).div_ceil(64)],
}

impl Presence {
    /// Records connections at two times and none in between.
    pub fn record(&mut self, previous: i64, next: i64) {
        SHORT_GAP.set(&mut self.short, SHORT_GAP.between(previous, next));
        LONG_GAP.set(&mut self.long, LONG_GAP.between(previous, next));
    }

    /// Moves the window on.
    pub fn advance(&mut self, from: i64, to: i64) {
        SHORT_GAP.clear(&mut self.short, from, to);
        LONG_GAP.clear(&mut self.long, from, to);
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds the slots of another.
    pub fn merge(&mut self, other: &Self) {
        for (own, other) in self.short.iter_mut().zip(other.short) {
            *own |= other;
        }
        for (own, other) in self.long.iter_mut().zip(other.long) {
            *own |= other;
        }
    }

    /// Number of slots in use, at [`SHORT_GAP`].
    pub fn slots(&self) -> u32 {
        self.short.iter().map(|word| word.count_ones()).sum()
    }
}

/// A [`Presence`] that takes memory only once a bit is set. With a million users, most networks
/// connect too seldom to be in use in any slot.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct LazyPresence(Option<Box<Presence>>);

impl LazyPresence {
    pub(super) fn record(&mut self, previous: i64, next: i64) {
        // Every slot of the long gap begins with one of the short gap.
        let is_any = next.saturating_sub(previous) <= LONG_GAP.gap_ms
            && SHORT_GAP.slot(next) > SHORT_GAP.slot(previous);
        if is_any {
            self.0.get_or_insert_default().record(previous, next);
        }
    }

    pub(super) fn advance(&mut self, from: i64, to: i64) {
        if let Some(presence) = &mut self.0 {
            presence.advance(from, to);
            if presence.is_empty() {
                self.0 = None;
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        if let Some(other) = &other.0 {
            self.0.get_or_insert_default().merge(other);
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
    fn the_days_partition_the_window() {
        for scale in [SHORT_GAP, LONG_GAP] {
            for word in 0..scale.slots.div_ceil(64) {
                let days = (0..DAYS).map(|day| scale.day_mask(day, word));
                assert_eq!(
                    days.clone().fold(0, |all, mask| all ^ mask),
                    days.fold(0, |a, m| a | m)
                );
            }
            let bits = |day| (0..7).map(|word| scale.day_mask(day, word).count_ones()).sum::<u32>();
            assert_eq!((0..DAYS).map(bits).sum::<u32>() as usize, scale.slots);
        }
    }

    #[test]
    fn a_lazy_presence_equals_a_plain_one() {
        let (mut lazy, mut plain, mut last) = (LazyPresence::default(), Presence::default(), 0_i64);
        // Steps of seconds, of minutes, of hours and of days.
        let limits = [3000, 900_000, 20_000_000, 3000, 300_000].into_iter().cycle();
        for step in (0_i64..4000).zip(limits).map(|(n, limit)| n * n * 7919 % limit) {
            let ts = last + step + if step % 97 == 0 { 4 * DAY_MS } else { 0 };
            lazy.advance(last, ts);
            plain.advance(last, ts);
            lazy.record(last, ts);
            plain.record(last, ts);
            assert_eq!(lazy.get(), plain);
            assert_eq!(lazy.0.is_none(), plain.is_empty());
            last = ts;
        }
    }
}
