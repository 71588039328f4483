//! The highest count of each day of the window, with the slot in which it was reached.

use serde::{Deserialize, Serialize};

use super::presence::{DAY_MS, DAYS, SHORT_GAP, day, days_between};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct DailyPeaks([Peak; DAYS]);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Peak {
    count: u8,
    /// Slot of its day.
    slot: u8,
}

impl DailyPeaks {
    /// Records a count. Returns whether it is the highest of its day.
    pub(super) fn raise(&mut self, ts: i64, count: usize) -> bool {
        let count = u8::try_from(count).unwrap_or(u8::MAX);
        let Some(peak) = self.0.get_mut(day(ts)).filter(|peak| count > peak.count) else {
            return false;
        };
        let slot = u8::try_from(ts.rem_euclid(DAY_MS) / SHORT_GAP.slot_ms).unwrap_or(0);
        *peak = Peak { count, slot };
        true
    }

    /// Moves the window on.
    pub(super) fn advance(&mut self, from: i64, to: i64) {
        for back in 0..days_between(from, to).min(3) {
            if let Some(peak) = self.0.get_mut(day(to - back * DAY_MS)) {
                *peak = Peak::default();
            }
        }
    }

    /// The highest count of the window.
    pub(super) fn max(self) -> u32 {
        self.0.iter().map(|peak| peak.count).max().map_or(0, u32::from)
    }

    /// The highest count of the window that ends now, and the start of its slot; the newest of
    /// equal ones.
    pub(super) fn latest_max(self, now: i64) -> (u32, i64) {
        let days = (0..3).map(|back| now - back * DAY_MS);
        let at = |time: i64| {
            let peak = self.0.get(day(time)).copied().unwrap_or_default();
            let midnight = time.div_euclid(DAY_MS) * DAY_MS;
            (u32::from(peak.count), midnight + i64::from(peak.slot) * SHORT_GAP.slot_ms)
        };
        days.map(at).max().unwrap_or_default()
    }
}

const _: () = assert!(SHORT_GAP.slots / DAYS <= 256, "a slot of a day is one byte");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_keep_their_slots_until_they_are_out_of_the_window() {
        let (mut peaks, midnight) = (DailyPeaks::default(), 20_781 * DAY_MS);
        assert!(peaks.raise(midnight + 3_600_000, 5));
        assert!(!peaks.raise(midnight + 7_200_000, 5));
        let next = midnight + DAY_MS + 60_000;
        peaks.advance(midnight + 7_200_000, next);
        assert!(peaks.raise(next, 3));
        assert_eq!((peaks.max(), peaks.latest_max(next)), (5, (5, midnight + 3_600_000)));
        let later = midnight + 3 * DAY_MS;
        peaks.advance(next, later);
        assert_eq!(peaks.latest_max(later), (3, midnight + DAY_MS));
    }
}
