//! How much of the time more networks were in use than one person accounts for.

use super::group::Groups;
use super::presence::{DAYS, FAR, NEAR, Scale};

/// What is in use at once, and for how long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Overlap {
    /// Moments at which any network was in use.
    pub(super) live: u32,
    /// Networks in use beyond one, summed over all moments, when the second devices are away.
    pub(super) beyond_one: u32,
    /// The groups that were taken for second devices.
    pub(super) anchors: Vec<usize>,
}

/// The overlap over some of the days.
///
/// The second devices are found one after the other: the network that is most often in use together
/// with another is taken away, and then the next.
pub(super) fn overlap(groups: &Groups, is_far: bool, days: &[usize], devices: usize) -> Overlap {
    let scale = if is_far { FAR } else { NEAR };
    let mut bits = rows(groups, is_far, scale, days);
    let any = fold(&bits).0;
    let mut found =
        Overlap { live: count(&any), beyond_one: beyond_one(&bits), anchors: Vec::new() };
    for _ in 1..devices {
        if found.beyond_one == 0 {
            break;
        }
        let (_, twice) = fold(&bits);
        let together = |row: &Vec<u64>| -> u32 {
            row.iter().zip(&twice).map(|(row, twice)| (row & twice).count_ones()).sum()
        };
        // The first of those that are alike.
        let most = bits.iter().map(together).enumerate().rev().max_by_key(|(_, count)| *count);
        let Some((anchor, _)) = most else { break };
        if let Some(row) = bits.get_mut(anchor) {
            row.fill(0);
        }
        found.anchors.push(anchor);
        found.beyond_one = beyond_one(&bits);
    }
    found
}

/// The bits of each group, those of other days left out.
fn rows(groups: &Groups, is_far: bool, scale: Scale, days: &[usize]) -> Vec<Vec<u64>> {
    let words = scale.slots.div_ceil(64);
    let mask = |word| days.iter().fold(0, |mask, day| mask | scale.mask(*day, word));
    let masks: Vec<u64> = (0..words).map(mask).collect();
    let cut = |bits: &[u64]| bits.iter().zip(&masks).map(|(bits, mask)| bits & mask).collect();
    let of = groups.presence.iter();
    of.map(|used| if is_far { cut(&used.far) } else { cut(&used.near) }).collect()
}

/// The moments at which any is in use, and those at which two are.
fn fold(bits: &[Vec<u64>]) -> (Vec<u64>, Vec<u64>) {
    let words = bits.first().map_or(0, Vec::len);
    let (mut any, mut twice) = (vec![0; words], vec![0; words]);
    for row in bits {
        for ((any, twice), row) in any.iter_mut().zip(&mut twice).zip(row) {
            *twice |= *any & row;
            *any |= row;
        }
    }
    (any, twice)
}

fn count(bits: &[u64]) -> u32 {
    bits.iter().map(|word| word.count_ones()).sum()
}

fn beyond_one(bits: &[Vec<u64>]) -> u32 {
    let all: u32 = bits.iter().map(|row| count(row)).sum();
    all - count(&fold(bits).0)
}

/// All days of the window.
pub(super) const ALL_DAYS: [usize; DAYS] = [0, 1, 2];
