//! Gives the facts behind an estimate, for a person to check against the log.

use super::activity::AccountActivity;
use super::alternation::{recurring_places, routes, without_second_devices};
use super::estimate::{is_many, usual_places};
use super::groups::Groups;
use super::in_use::{in_use, slots};
use super::network::{Network, Prefixes};
use super::overlap::{ALL_DAYS, Gap, overlap};
use super::presence::{DAYS, SHORT_GAP};
use super::rotation::is_rotation;
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
    devices: usize,
    detail: Detail,
    prefixes: Prefixes,
) -> Vec<Evidence<'static>> {
    let limit = if detail == Detail::Full { usize::MAX } else { SHORT_FACTS };
    let facts = Facts { activity, groups, devices, limit, prefixes };
    let mut all = facts.many_networks();
    let overlaps = facts.overlaps(Gap::Short);
    if overlaps.is_empty() {
        all.extend(facts.overlaps(Gap::Long));
    } else {
        all.extend(overlaps);
    }
    all.extend(facts.alternations());
    let places = recurring_places(activity, groups);
    if places.len() > usual_places(devices) {
        let networks = places.iter().map(|group| facts.origin(usize::from(*group))).collect();
        all.push(Evidence::RecurringNetworks { networks });
    }
    all.extend(facts.second_device());
    let count = groups.presence.iter().filter(|presence| presence.slots() > 0).count();
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
    fn origin(&self, group: usize) -> Origin<'static> {
        let networks = self.groups.networks(self.activity, group);
        let origin = networks.first().map(|network: &Network| network.origin(self.prefixes));
        origin.unwrap_or(Origin::Name("a carrier".into()))
    }

    /// More networks within an hour, or in turn within minutes, than a person has.
    fn many_networks(&self) -> Vec<Evidence<'static>> {
        let newest = self.activity.newest().unwrap_or(0);
        let (hourly, hourly_at) = self.activity.hourly_networks.latest_max(newest);
        let (rotating, rotating_at) = self.activity.rotation.peaks.latest_max(newest);
        // An hour back from the end of the slot; the slot and the one before it.
        let found = [
            (is_many(hourly, self.devices), hourly, hourly_at, SHORT_GAP.gap_ms),
            (is_rotation(rotating, self.devices), rotating, rotating_at, 2 * SHORT_GAP.slot_ms),
        ];
        let found = found.into_iter().filter(|(is_one, ..)| *is_one);
        let fact = |(_, networks, at, within_ms)| {
            let to = at + SHORT_GAP.slot_ms;
            Evidence::ManyNetworks {
                count: u64::from(networks),
                seconds: seconds(within_ms),
                from: Some(Timestamp(to - within_ms)),
                to: Some(Timestamp(to)),
            }
        };
        found.map(fact).collect()
    }

    /// The pairs of groups that were in use at the same time, without the second devices.
    fn overlaps(&self, gap: Gap) -> Vec<Evidence<'static>> {
        let scale = gap.scale();
        let mut found: Vec<(i64, usize, usize, Vec<i64>)> = Vec::new();
        let days: &[&[usize]] = match gap {
            Gap::Short => &[&[0], &[1], &[2]],
            Gap::Long => &[&ALL_DAYS],
        };
        for days in days {
            let left_out = overlap(self.groups, gap, days, self.devices).second_devices;
            for (a, one) in self.groups.presence.iter().enumerate() {
                for (b, other) in self.groups.presence.iter().enumerate().skip(a + 1) {
                    if left_out.contains(&a) || left_out.contains(&b) {
                        continue;
                    }
                    let both = gap.bits(one).iter().zip(gap.bits(other));
                    let both: Vec<u64> = both.map(|(one, other)| one & other).collect();
                    let slots = slots(self.activity, &both, scale, days);
                    if slots.is_empty() {
                        continue;
                    }
                    match found.iter_mut().find(|(_, x, y, _)| (*x, *y) == (a, b)) {
                        Some((_, _, _, all)) => all.extend(slots),
                        None => found.push((0, a, b, slots)),
                    }
                }
            }
        }
        for (order, _, _, slots) in &mut found {
            slots.sort_unstable();
            *order = -i64::try_from(slots.len()).unwrap_or(i64::MAX);
        }
        found.sort();
        found.truncate(self.limit);
        let fact = |(order, a, b, slots): (i64, usize, usize, Vec<i64>)| Evidence::Overlap {
            networks: vec![self.origin(a), self.origin(b)],
            seconds: seconds(-order * scale.slot_ms),
            gap: seconds(scale.gap_ms),
            from: slots.first().map(|slot| Timestamp(slot * scale.slot_ms)),
            to: slots.last().map(|slot| Timestamp((slot + 1) * scale.slot_ms)),
        };
        found.into_iter().map(fact).collect()
    }

    /// The routes with the most returns, without the second devices.
    fn alternations(&self) -> Vec<Evidence<'static>> {
        let routes = routes(self.activity, self.groups);
        let routes = without_second_devices(routes, self.groups.count, &ALL_DAYS, self.devices);
        let mut found: Vec<_> =
            routes.iter().map(|route| (route.returns(&ALL_DAYS), route.ends)).collect();
        found.sort_by_key(|(times, ends)| (std::cmp::Reverse(*times), *ends));
        found.truncate(self.limit);
        let fact = |(times, ends): (u32, [u8; 2])| Evidence::Alternation {
            networks: ends.map(|end| self.origin(usize::from(end))).to_vec(),
            times: u64::from(times),
        };
        found.into_iter().map(fact).collect()
    }

    /// The group that was most often taken for a second device.
    fn second_device(&self) -> Option<Evidence<'static>> {
        let mut ignored = vec![0_u32; self.groups.count];
        for day in ALL_DAYS {
            let with = overlap(self.groups, Gap::Short, &[day], 1);
            let without = overlap(self.groups, Gap::Short, &[day], self.devices);
            if let Some(first) = without.second_devices.first()
                && let Some(sum) = ignored.get_mut(*first)
            {
                *sum += with.excess - without.excess;
            }
        }
        let most = ignored.iter().enumerate().rev().max_by_key(|(_, count)| **count);
        let (group, count) = most.filter(|(_, count)| **count > 0)?;
        Some(Evidence::SecondDevice {
            networks: vec![self.origin(group)],
            seconds: seconds(i64::from(*count) * SHORT_GAP.slot_ms),
        })
    }
}

fn seconds(ms: i64) -> u64 {
    u64::try_from(ms / 1000).unwrap_or(0)
}

const _: () = assert!(DAYS == 3, "overlaps are computed by thirds of the window");
