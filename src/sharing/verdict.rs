//! What to think of an account.

use super::AccountActivity;
use super::estimate::Estimate;

pub use crate::stream::Verdict;

/// Nearer to two people than to one.
const SEVERAL: f64 = 1.5;
/// What was more than one person stays so until it is well below.
const ONE_AGAIN: f64 = 1.35;
/// Almost two whole people need no further proof than that it lasted:
const SURELY: f64 = 1.85;
/// for so many moments, two hours and a half.
const SURELY_MOMENTS: u32 = 15;
/// Returns that prove that there was no traveller: one can be, two rarely are.
const RETURNS_MIN: u32 = 3;
/// So often less must be thought in turn before it is said: each time is a moment of use, so that
/// is an hour of it.
const CALM_MIN: u8 = 6;
/// Below an hour of use nothing is said.
const LIVE_MIN: u32 = 6;

impl Verdict {
    /// What to think now, after this was thought.
    #[must_use]
    pub fn after(self, seen: &Estimate) -> Self {
        let at_once = seen.at_once();
        // Home, work, and a third home: or to and fro as no traveller goes.
        let is_proven = (seen.returns >= RETURNS_MIN || seen.places > 0) && at_once >= SEVERAL;
        let is_sure = at_once >= SURELY && seen.beyond_one >= SURELY_MOMENTS;
        let was_more = self >= Self::Watch;
        if is_proven || is_sure || seen.is_crowd {
            Self::Sharing
        } else if was_more && at_once >= ONE_AGAIN {
            self
        } else if at_once >= SEVERAL {
            Self::Watch
        } else if seen.live >= LIVE_MIN || self != Self::Unknown {
            Self::Clear
        } else {
            Self::Unknown
        }
    }
}

impl AccountActivity {
    /// Thinks again. Gives what was thought before, if that has changed.
    pub fn judge(&mut self, seen: &Estimate) -> Option<Verdict> {
        let now = self.verdict.after(seen);
        self.calm = if now < self.verdict { self.calm.saturating_add(1) } else { 0 };
        if (1..CALM_MIN).contains(&self.calm) {
            return None;
        }
        self.calm = 0;
        let was = std::mem::replace(&mut self.verdict, now);
        (was != now).then_some(was)
    }
}
