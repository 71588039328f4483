//! The most that was counted on each day of the window, and when: a moment of ten minutes.

use serde::{Deserialize, Serialize};

use super::presence::{DAYS, NEAR, day, midnights};

const DAY_MS: i64 = 86_400_000;

/// The peaks of the days of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Peaks([Peak; DAYS]);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Peak {
    most: u8,
    /// Which moment of its day.
    moment: u8,
}

impl Peaks {
    /// So much was counted at this time. Says whether it is more than ever on its day.
    pub(super) fn raise(&mut self, ts: i64, count: usize) -> bool {
        let most = u8::try_from(count).unwrap_or(u8::MAX);
        let Some(peak) = self.0.get_mut(day(ts)).filter(|peak| most > peak.most) else {
            return false;
        };
        let moment = u8::try_from(ts.rem_euclid(DAY_MS) / NEAR.slot_ms).unwrap_or(0);
        *peak = Peak { most, moment };
        true
    }

    /// The window moves on.
    pub(super) fn pass(&mut self, from: i64, to: i64) {
        for back in 0..midnights(from, to).min(3) {
            if let Some(peak) = self.0.get_mut(day(to - back * DAY_MS)) {
                *peak = Peak::default();
            }
        }
    }

    /// The most of the window.
    pub(super) fn most(self) -> u32 {
        self.0.iter().map(|peak| peak.most).max().map_or(0, u32::from)
    }

    /// The most of the window, and when its moment began: the newest of those that are alike. The
    /// window ends at this time.
    pub(super) fn highest(self, now: i64) -> (u32, i64) {
        let days = (0..3).map(|back| now - back * DAY_MS);
        let at = |time: i64| {
            let peak = self.0.get(day(time)).copied().unwrap_or_default();
            let midnight = time.div_euclid(DAY_MS) * DAY_MS;
            (u32::from(peak.most), midnight + i64::from(peak.moment) * NEAR.slot_ms)
        };
        days.map(at).max().unwrap_or_default()
    }
}

const _: () = assert!(NEAR.slots / DAYS <= 256, "a moment of a day is one byte");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_are_known_with_their_moments_until_they_are_out_of_the_window() {
        let (mut peaks, midnight) = (Peaks::default(), 20_781 * DAY_MS);
        assert!(peaks.raise(midnight + 3_600_000, 5));
        assert!(!peaks.raise(midnight + 7_200_000, 5));
        let next = midnight + DAY_MS + 60_000;
        peaks.pass(midnight + 7_200_000, next);
        assert!(peaks.raise(next, 3));
        assert_eq!((peaks.most(), peaks.highest(next)), (5, (5, midnight + 3_600_000)));
        let later = midnight + 3 * DAY_MS;
        peaks.pass(next, later);
        assert_eq!(peaks.highest(later), (3, midnight + DAY_MS));
    }
}
