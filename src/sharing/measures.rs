//! Measures how much of the use of an account is more than one person's.

use super::activity::AccountActivity;
use super::groups::{Group, Groups};

/// Number of measures.
pub(super) const MEASURES: usize = 4;

/// Sums over some days, in slots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Measures {
    /// Groups in use beyond one at the same time, without those held by computers, and without the
    /// fixed devices but one.
    pub(super) overlap: u32,
    /// The same without all fixed devices: what is left has no place in one person's day.
    pub(super) unexplained: u32,
    /// Groups in use beyond one, computers too, when one network more than there are devices is
    /// left out.
    pub(super) crowd: u32,
    /// Slots with alternation.
    pub(super) alternation: u32,
}

impl Measures {
    pub(super) fn values(self) -> [f32; MEASURES] {
        let value = |count: u32| f32::from(u16::try_from(count).unwrap_or(u16::MAX));
        [self.overlap, self.unexplained, self.crowd, self.alternation].map(value)
    }
}

/// Computes the measures of some days of the window.
///
/// A fixed device may be on another network tomorrow, so it is looked for day by day: the group
/// that is most often in use together with another one is left out, and then the next.
pub(super) fn measure_days(
    activity: &AccountActivity,
    groups: &Groups,
    days: &[usize],
    devices: usize,
) -> Measures {
    let mut sum = Measures::default();
    for day in days {
        let of_family = |is_in: fn(&Group) -> bool| {
            let all: Vec<_> = groups.0.iter().filter(|group| is_in(group)).collect();
            let bits = |of: fn(&Group) -> &[u128]| -> Vec<u128> {
                all.iter().filter_map(|group| of(group).get(*day).copied()).collect()
            };
            let unheld = bits(|group| &group.unheld);
            let used = bits(|group| &group.used);
            let fixed = devices.saturating_sub(1);
            [
                excess(unheld.clone(), fixed.saturating_sub(1)),
                excess(unheld, fixed),
                excess(used, devices),
            ]
        };
        let (four, six) = (of_family(|group| group.is_v4), of_family(|group| group.is_v6));
        let [overlap, unexplained, crowd] = [0, 1, 2].map(|at| pick(four, at).max(pick(six, at)));
        sum.overlap += overlap;
        sum.unexplained += unexplained;
        sum.crowd += crowd;
        sum.alternation += u32::from(activity.alternating(*day));
    }
    sum
}

fn pick(values: [u32; 3], at: usize) -> u32 {
    values.get(at).copied().unwrap_or(0)
}

/// Rows set beyond one, summed over all slots, after this number of rows is left out.
fn excess(rows: Vec<u128>, left_out: usize) -> u32 {
    let Some(rows) = without_most_shared(rows, left_out) else { return 0 };
    let all: u32 = rows.iter().map(|row| row.count_ones()).sum();
    all - rows.iter().fold(0, |any, row| any | row).count_ones()
}

/// The slots in which two rows at least are set, after this number of rows is left out.
pub(super) fn together(rows: Vec<u128>, left_out: usize) -> u128 {
    let rows = without_most_shared(rows, left_out).unwrap_or_default();
    rows.iter().fold((0, 0), |(one, two), row| (one | row, two | (one & row))).1
}

/// `None` where no two rows share a slot before so many are left out.
fn without_most_shared(mut rows: Vec<u128>, left_out: usize) -> Option<Vec<u128>> {
    rows.retain(|row| *row != 0);
    for _ in 0..left_out {
        rows.remove(most_shared(&rows)?);
    }
    Some(rows)
}

/// The row that shares the most slots with others: the first of equal ones. `None` where no two
/// rows share a slot.
pub(super) fn most_shared(rows: &[u128]) -> Option<usize> {
    let (mut one, mut two) = (0, 0);
    for row in rows {
        two |= one & row;
        one |= row;
    }
    if two == 0 {
        return None;
    }
    let shared = rows.iter().map(|row| (row & two).count_ones());
    shared.enumerate().rev().max_by_key(|(_, count)| *count).map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shares_a_slot_with_one_row_is_explained_by_it() {
        // One row over all, two that follow each other.
        let rows = vec![0b1111, 0b0011, 0b1100];
        assert_eq!(excess(rows.clone(), 0), 4);
        assert_eq!(excess(rows, 1), 0);
        // Four rows in two pairs.
        let rows = vec![0b11, 0b11, 0b1100, 0b1100];
        assert_eq!((0..4).map(|n| excess(rows.clone(), n)).collect::<Vec<_>>(), [4, 2, 0, 0]);
    }
}
