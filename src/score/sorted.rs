//! Sorted queues, searched from the end where the answer is: arrivals are nearly always the newest
//! and departures the oldest, so a search costs what lies between, not what lies in store.

use std::collections::VecDeque;

/// The end of the queue that the answer is near.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Near {
    /// The oldest.
    Front,
    /// The newest.
    Back,
}

/// How many items are below the bound: `partition_point`, from the near end outwards.
pub(super) fn below<T>(
    sorted: &VecDeque<T>,
    near: Near,
    bound: u32,
    at: impl Fn(&T) -> u32,
) -> usize {
    let is_below = |place: usize| sorted.get(place).is_some_and(|item| at(item) < bound);
    let length = sorted.len();
    let (mut low, mut high, mut step) = (0, length, 1);
    match near {
        Near::Back => {
            while step <= length && !is_below(length - step) {
                high = length - step;
                step *= 2;
            }
            low = length.saturating_sub(step).max(low);
        }
        Near::Front => {
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
        let place = below(sorted, Near::Back, after_equals, at);
        sorted.insert(place, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_either_end_it_is_the_partition_point() {
        for length in 0..40_u32 {
            let sorted: VecDeque<u32> = (0..length).map(|n| n / 3 * 2).collect();
            for bound in 0..30 {
                let want = sorted.partition_point(|item| *item < bound);
                assert_eq!(below(&sorted, Near::Front, bound, |item| *item), want);
                assert_eq!(below(&sorted, Near::Back, bound, |item| *item), want);
            }
        }
    }
}
