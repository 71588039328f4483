//! Counts the time in which more groups of networks were in use than one person accounts for.

use super::groups::Groups;
use super::presence::{DAYS, LONG_GAP, Presence, SHORT_GAP, Scale};

/// All days of the window.
pub(super) const ALL_DAYS: [usize; DAYS] = [0, 1, 2];

/// The gap between connections over which a group counts as in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    Short,
    Long,
}

impl Gap {
    pub(super) fn scale(self) -> Scale {
        match self {
            Self::Short => SHORT_GAP,
            Self::Long => LONG_GAP,
        }
    }

    pub(super) fn bits(self, presence: &Presence) -> &[u64] {
        match self {
            Self::Short => &presence.short,
            Self::Long => &presence.long,
        }
    }
}

/// What was in use at the same time, in slots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Overlap {
    /// Slots in which any group was in use.
    pub(super) active: u32,
    /// Groups in use beyond one, summed over all slots, without the second devices.
    pub(super) excess: u32,
    /// The groups that were taken for second devices.
    pub(super) second_devices: Vec<usize>,
}

/// Computes the overlap over some of the days.
///
/// The second devices are found one by one: the group that is most often in use together with
/// another one is left out, and then the next.
pub(super) fn overlap(groups: &Groups, gap: Gap, days: &[usize], devices: usize) -> Overlap {
    let mut rows = rows(groups, gap, days);
    let any = in_one_and_two(&rows).0;
    let mut found =
        Overlap { active: count(&any), excess: excess(&rows), second_devices: Vec::new() };
    for _ in 1..devices {
        if found.excess == 0 {
            break;
        }
        let (_, two) = in_one_and_two(&rows);
        let together = |row: &Vec<u64>| -> u32 {
            row.iter().zip(&two).map(|(row, two)| (row & two).count_ones()).sum()
        };
        // The first of equal ones.
        let most = rows.iter().map(together).enumerate().rev().max_by_key(|(_, count)| *count);
        let Some((group, _)) = most else { break };
        if let Some(row) = rows.get_mut(group) {
            row.fill(0);
        }
        found.second_devices.push(group);
        found.excess = excess(&rows);
    }
    found
}

/// The bits of each group on these days.
fn rows(groups: &Groups, gap: Gap, days: &[usize]) -> Vec<Vec<u64>> {
    let scale = gap.scale();
    let words = scale.slots.div_ceil(64);
    let mask = |word| days.iter().fold(0, |mask, day| mask | scale.day_mask(*day, word));
    let masks: Vec<u64> = (0..words).map(mask).collect();
    let masked =
        |presence| gap.bits(presence).iter().zip(&masks).map(|(bits, mask)| bits & mask).collect();
    groups.presence.iter().map(masked).collect()
}

/// The slots in which at least one group, and at least two groups, were in use.
fn in_one_and_two(rows: &[Vec<u64>]) -> (Vec<u64>, Vec<u64>) {
    let words = rows.first().map_or(0, Vec::len);
    let (mut one, mut two) = (vec![0; words], vec![0; words]);
    for row in rows {
        for ((one, two), row) in one.iter_mut().zip(&mut two).zip(row) {
            *two |= *one & row;
            *one |= row;
        }
    }
    (one, two)
}

fn count(bits: &[u64]) -> u32 {
    bits.iter().map(|word| word.count_ones()).sum()
}

fn excess(rows: &[Vec<u64>]) -> u32 {
    let all: u32 = rows.iter().map(|row| count(row)).sum();
    all - count(&in_one_and_two(rows).0)
}
