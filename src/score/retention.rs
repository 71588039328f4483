//! Erases users: one by name, and those that were not seen for a long time.

use super::state::ScoreState;
use super::users::UserState;

const DAY_MS: i64 = 86_400_000;

impl ScoreState {
    /// Erases a user. Returns whether there was one.
    pub fn forget(&mut self, name: &str) -> bool {
        self.gate.forget(name);
        self.erase(|user| *user.name == *name) > 0
    }

    /// Erases the users that were last seen this long before the beginning of the day, of UTC.
    /// Returns their number. That a day is the unit makes a result independent of when this is
    /// called within it.
    pub fn retain(&mut self, now: i64, retain_ms: i64) -> usize {
        let oldest = (now.div_euclid(DAY_MS) * DAY_MS).saturating_sub(retain_ms);
        self.erase(|user| user.last.max(user.mentioned) < oldest)
    }

    fn erase(&mut self, is_erased: impl Fn(&UserState) -> bool) -> usize {
        let numbers = self.users.retain(|user| !is_erased(user));
        let erased = numbers.removed();
        if erased > 0 {
            self.buffer.renumber(&numbers);
            self.gateways.renumber(&numbers);
            self.shared_networks.renumber(&numbers);
        }
        erased
    }
}

/// The first moment of the day after this one, in milliseconds.
pub fn next_day(ts: i64) -> i64 {
    (ts.div_euclid(DAY_MS) + 1).saturating_mul(DAY_MS)
}
