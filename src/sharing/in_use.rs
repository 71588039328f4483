//! The intervals in which each group of networks was in use. The verdict, its evidence, the page
//! and the texts all show these.

use super::activity::AccountActivity;
use super::estimate::ALL_DAYS;
use super::groups::Groups;
use super::network::Network;
use super::presence::{DAY_SLOTS, DAYS, SLOT_MS, day_number, day_of_window};

/// One group of networks with the intervals in which it was in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InUse {
    /// The networks, the most used first.
    pub networks: Vec<Network>,
    /// Start and end in milliseconds, in order of time, not touching.
    pub intervals: Vec<(i64, i64)>,
}

/// Gives the in-use intervals of the groups that were in use at all within the window.
pub fn in_use(activity: &AccountActivity, groups: &Groups) -> Vec<InUse> {
    let mut all = Vec::new();
    for group in &groups.0 {
        let slots = slots(activity, &group.used);
        let runs = slots.chunk_by(|one, next| next - one == 1);
        let interval = |run: &[i64]| {
            let (first, last) = (run.first()?, run.last()?);
            Some((first * SLOT_MS, (last + 1) * SLOT_MS))
        };
        let intervals: Vec<_> = runs.filter_map(interval).collect();
        if !intervals.is_empty() {
            all.push(InUse { networks: group.networks(activity), intervals });
        }
    }
    all
}

/// The slots whose bits are set, in order of time.
pub(super) fn slots(activity: &AccountActivity, days: &[u128; DAYS]) -> Vec<i64> {
    let today = day_number(activity.now());
    let mut slots = Vec::new();
    for back in ALL_DAYS.into_iter().rev() {
        let day = today - i64::try_from(back).unwrap_or(0);
        let mut left = days.get(day_of_window(day)).copied().unwrap_or(0);
        while left != 0 {
            slots.push(day * DAY_SLOTS + i64::from(left.trailing_zeros()));
            left &= left - 1;
        }
    }
    slots
}
