//! Decides from an estimate, with hysteresis.

use serde::{Deserialize, Serialize};

use super::estimate::Estimate;
use crate::stream::Verdict;

/// From this estimate on it is nearer to two people than to one.
const SEVERAL: f64 = 1.5;
/// A verdict of several people stays until the estimate is below this.
const ONE_AGAIN: f64 = 1.35;
/// Almost two people need no further proof than that it lasted
const ALMOST_TWO: f64 = 1.85;
/// for so many slots: two hours and a half.
const ALMOST_TWO_SLOTS: u32 = 15;
/// So many returns prove that there was no traveller: one can happen, two seldom do.
const RETURNS_MIN: u32 = 3;
/// A lower verdict must be confirmed so many times in a row: once for each slot of use, an hour.
const DOWNGRADE_STREAK_MIN: u8 = 6;
/// Below an hour of use the verdict is unknown.
const ACTIVE_SLOTS_MIN: u32 = 6;

/// Decides on an estimate, given the verdict before.
#[must_use]
pub fn next_verdict(previous: Verdict, estimate: &Estimate) -> Verdict {
    let at_once = estimate.at_once();
    // A third home besides home and work, or alternation that no traveller does.
    let is_proven = (estimate.returns >= RETURNS_MIN || estimate.places > 0) && at_once >= SEVERAL;
    let is_lasting = at_once >= ALMOST_TWO && estimate.excess >= ALMOST_TWO_SLOTS;
    let was_several = previous >= Verdict::Watch;
    if is_proven || is_lasting || estimate.is_many_networks {
        Verdict::Sharing
    } else if was_several && at_once >= ONE_AGAIN {
        previous
    } else if at_once >= SEVERAL {
        Verdict::Watch
    } else if estimate.active >= ACTIVE_SLOTS_MIN || previous != Verdict::Unknown {
        Verdict::Clear
    } else {
        Verdict::Unknown
    }
}

/// The verdict on an account, which falls only after an hour of use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictState {
    verdict: Verdict,
    /// Number of estimates in a row that gave a lower verdict.
    downgrade_streak: u8,
}

impl VerdictState {
    pub fn verdict(self) -> Verdict {
        self.verdict
    }

    /// Applies an estimate. Returns the previous verdict if it changed.
    pub fn update(&mut self, estimate: &Estimate) -> Option<Verdict> {
        let next = next_verdict(self.verdict, estimate);
        let is_lower = next < self.verdict;
        self.downgrade_streak = if is_lower { self.downgrade_streak.saturating_add(1) } else { 0 };
        if (1..DOWNGRADE_STREAK_MIN).contains(&self.downgrade_streak) {
            return None;
        }
        self.downgrade_streak = 0;
        let previous = std::mem::replace(&mut self.verdict, next);
        (previous != next).then_some(previous)
    }
}
