//! Sorted queues, searched from the end near which the answer is: additions are nearly always the
//! newest and removals the oldest, so the cost of a search depends on the distance from that end.

use std::collections::VecDeque;

/// The end from which a search starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NearEnd {
    /// The oldest.
    Front,
    /// The newest.
    Back,
}

/// Number of items below the bound: `partition_point` by an exponential search from one end.
pub(super) fn rank<T>(
    sorted: &VecDeque<T>,
    near: NearEnd,
    bound: u32,
    at: impl Fn(&T) -> u32,
) -> usize {
    let is_below = |at_index: usize| sorted.get(at_index).is_some_and(|item| at(item) < bound);
    let length = sorted.len();
    let (mut low, mut high, mut step) = (0, length, 1);
    match near {
        NearEnd::Back => {
            while step <= length && !is_below(length - step) {
                high = length - step;
                step *= 2;
            }
            low = length.saturating_sub(step).max(low);
        }
        NearEnd::Front => {
            while step <= length && is_below(step - 1) {
                low = step;
                step *= 2;
            }
            high = step.min(high);
        }
    }
    while low < high {
        let middle = low.midpoint(high);
        if is_below(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// Inserts in order, after equals.
pub(super) fn insert<T>(sorted: &mut VecDeque<T>, item: T, at: impl Fn(&T) -> u32) {
    if sorted.back().is_none_or(|last| at(last) <= at(&item)) {
        sorted.push_back(item);
    } else {
        let after_equals = at(&item).saturating_add(1);
        let index = rank(sorted, NearEnd::Back, after_equals, at);
        sorted.insert(index, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_either_end_the_rank_is_the_partition_point() {
        for length in 0..40_u32 {
            let sorted: VecDeque<u32> = (0..length).map(|n| n / 3 * 2).collect();
            for bound in 0..30 {
                let want = sorted.partition_point(|item| *item < bound);
                assert_eq!(rank(&sorted, NearEnd::Front, bound, |item| *item), want);
                assert_eq!(rank(&sorted, NearEnd::Back, bound, |item| *item), want);
            }
        }
    }
}
