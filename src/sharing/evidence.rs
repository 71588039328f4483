//! Gives the facts behind an estimate, for a person to check against the log.

use super::activity::AccountActivity;
use super::estimate::Estimate;
use super::groups::{Group, Groups};
use super::in_use::{in_use, slots};
use super::measures::most_shared;
use super::network::{Network, Prefixes};
use super::presence::{DAYS, GAP_MS, SLOT_MS};
use crate::stream::{Evidence, Origin};
use crate::timestamp::Timestamp;

/// How much evidence is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// The two strongest facts of each kind.
    #[default]
    Short,
    /// The same, and the intervals in which each group was in use.
    Intervals,
    /// All facts, and the intervals.
    Full,
}

/// Facts of each kind in [`Detail::Short`].
const SHORT_FACTS: usize = 2;

/// Gives the facts behind the estimate for these groups, the strongest first.
pub fn evidence(
    activity: &AccountActivity,
    groups: &Groups,
    estimate: &Estimate,
    devices: usize,
    detail: Detail,
    prefixes: Prefixes,
) -> Vec<Evidence<'static>> {
    let limit = if detail == Detail::Full { usize::MAX } else { SHORT_FACTS };
    let facts = Facts { activity, groups, devices, limit, prefixes };
    let mut all = facts.overlaps();
    all.extend(facts.alternation());
    all.extend(facts.second_device());
    if estimate.is_common_home() && !all.is_empty() {
        all.extend(facts.common_home());
    }
    let count = groups.0.iter().filter(|group| group.slots() > 0).count();
    if all.is_empty() && count > 1 {
        all.push(Evidence::SequentialNetworks { count: count as u64 });
    }
    if detail != Detail::Short {
        all.extend(in_use(activity, groups).into_iter().map(|in_use| {
            Evidence::InUse {
                networks: in_use.networks.iter().map(|network| network.origin(prefixes)).collect(),
                intervals: in_use
                    .intervals
                    .iter()
                    .map(|(from, to)| (Timestamp(*from), Timestamp(*to)))
                    .collect(),
            }
        }));
    }
    all
}

/// What the facts are taken from.
#[derive(Clone, Copy)]
struct Facts<'a> {
    activity: &'a AccountActivity,
    groups: &'a Groups,
    devices: usize,
    /// Facts of a kind.
    limit: usize,
    prefixes: Prefixes,
}

impl Facts<'_> {
    /// The most used network of a group.
    fn origin(&self, group: &Group) -> Origin<'static> {
        let networks = group.networks(self.activity);
        let origin = networks.first().map(|network: &Network| network.origin(self.prefixes));
        origin.unwrap_or(Origin::Name("unknown".into()))
    }

    /// The pairs of groups that were in use at the same time, without those held by computers, and
    /// without the fixed devices but one: what the measure of that name counts.
    fn overlaps(&self) -> Vec<Evidence<'static>> {
        let rows = self.rows();
        let mut found: Vec<(u32, usize, usize, [u128; DAYS])> = Vec::new();
        for (a, one) in rows.iter().enumerate() {
            for (b, other) in rows.iter().enumerate().skip(a + 1) {
                let is_family = |of: fn(&Group) -> bool| {
                    [a, b].iter().all(|at| self.groups.0.get(*at).is_some_and(of))
                };
                if !is_family(|group| group.is_v4) && !is_family(|group| group.is_v6) {
                    continue;
                }
                let mut both = *one;
                both.iter_mut().zip(other).for_each(|(both, other)| *both &= other);
                let count = both.iter().map(|day| day.count_ones()).sum();
                if count > 0 {
                    found.push((count, a, b, both));
                }
            }
        }
        found.sort_by_key(|(count, a, b, _)| (std::cmp::Reverse(*count), *a, *b));
        found.truncate(self.limit);
        let fact = |(count, a, b, both): (u32, usize, usize, [u128; DAYS])| {
            let slots = slots(self.activity, &both);
            let ends = [a, b].into_iter().filter_map(|at| self.groups.0.get(at));
            Evidence::Overlap {
                networks: ends.map(|group| self.origin(group)).collect(),
                seconds: seconds(i64::from(count) * SLOT_MS),
                gap: seconds(GAP_MS),
                from: slots.first().map(|slot| Timestamp(slot * SLOT_MS)),
                to: slots.last().map(|slot| Timestamp((slot + 1) * SLOT_MS)),
            }
        };
        found.into_iter().map(fact).collect()
    }

    /// The slots of each group that count for the overlap.
    fn rows(&self) -> Vec<[u128; DAYS]> {
        let mut rows: Vec<_> = self.groups.0.iter().map(|group| group.unheld).collect();
        for day in 0..DAYS {
            for _ in 2..self.devices {
                let bits: Vec<u128> = rows.iter().filter_map(|row| row.get(day).copied()).collect();
                let Some(at) = most_shared(&bits) else { break };
                if let Some(bits) = rows.get_mut(at).and_then(|row| row.get_mut(day)) {
                    *bits = 0;
                }
            }
        }
        rows
    }

    /// The two groups with the most changes in slots with alternation.
    fn alternation(&self) -> Option<Evidence<'static>> {
        let mut found: Vec<_> =
            self.groups.0.iter().map(|group| (group.changes(self.activity), group)).collect();
        found.sort_by_key(|(changes, _)| std::cmp::Reverse(*changes));
        found.truncate(2);
        let times = found.iter().map(|(changes, _)| *changes).min().unwrap_or(0);
        let is_pair = found.len() == 2 && times > 0;
        is_pair.then(|| Evidence::Alternation {
            networks: found.iter().map(|(_, group)| self.origin(group)).collect(),
            times: u64::from(times),
        })
    }

    /// The group that a computer held while others were in use the longest.
    fn second_device(&self) -> Option<Evidence<'static>> {
        let ignored = |group: &Group| -> u32 {
            let others = |day: usize| {
                let all = self.groups.0.iter().filter(|other| {
                    !std::ptr::eq(*other, group)
                        && (other.is_v4 && group.is_v4 || other.is_v6 && group.is_v6)
                });
                all.filter_map(|other| other.used.get(day)).fold(0, |any, row| any | row)
            };
            let days = group.used.iter().zip(&group.unheld).enumerate();
            days.map(|(day, (used, unheld))| (used & !unheld & others(day)).count_ones()).sum()
        };
        let all = self.groups.0.iter().map(|group| (ignored(group), group));
        let (count, group) = all.rev().max_by_key(|(count, _)| *count).filter(|(n, _)| *n > 0)?;
        Some(Evidence::SecondDevice {
            networks: vec![self.origin(group)],
            seconds: seconds(i64::from(count) * SLOT_MS),
        })
    }

    /// The most used group.
    fn common_home(&self) -> Option<Evidence<'static>> {
        let home = self.groups.0.iter().rev().max_by_key(|group| group.slots())?;
        Some(Evidence::CommonHome { networks: vec![self.origin(home)] })
    }
}

fn seconds(ms: i64) -> u64 {
    u64::try_from(ms / 1000).unwrap_or(0)
}
