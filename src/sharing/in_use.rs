//! The intervals in which each group of networks was in use. The verdict, its evidence, the page
//! and the texts all show these.

use super::activity::AccountActivity;
use super::groups::Groups;
use super::network::Network;
use super::overlap::ALL_DAYS;
use super::presence::{SHORT_GAP, Scale};

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
    for (group, presence) in groups.presence.iter().enumerate() {
        let mut slots = slots(activity, &presence.short, SHORT_GAP, &ALL_DAYS);
        slots.sort_unstable();
        let runs = slots.chunk_by(|one, next| next - one == 1);
        let interval = |run: &[i64]| {
            let (first, last) = (run.first()?, run.last()?);
            Some((first * SHORT_GAP.slot_ms, (last + 1) * SHORT_GAP.slot_ms))
        };
        let intervals: Vec<_> = runs.filter_map(interval).collect();
        if !intervals.is_empty() {
            all.push(InUse { networks: groups.networks(activity, group), intervals });
        }
    }
    all
}

/// The slots whose bits are set, on these days of the window; not in order of time.
pub(super) fn slots(
    activity: &AccountActivity,
    bits: &[u64],
    scale: Scale,
    days: &[usize],
) -> Vec<i64> {
    let newest = scale.slot(activity.newest().unwrap_or(0));
    let count = i64::try_from(scale.slots).unwrap_or(i64::MAX);
    let mut slots = Vec::new();
    for (at, word) in bits.iter().enumerate() {
        let mut left = days.iter().fold(0, |mask, day| mask | scale.day_mask(*day, at)) & word;
        while left != 0 {
            let bit = at * 64 + usize::try_from(left.trailing_zeros()).unwrap_or(0);
            let behind = (newest - i64::try_from(bit).unwrap_or(0)).rem_euclid(count);
            slots.push(newest - behind);
            left &= left - 1;
        }
    }
    slots
}
