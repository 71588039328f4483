//! Why: what a person can check against the log.

use super::AccountActivity;
use super::chorus::is_chorus;
use super::estimate::{is_crowd, usual_places};
use super::group::Groups;
use super::network::Network;
use super::overlap::{ALL_DAYS, overlap};
use super::presence::{DAYS, FAR, FAR_MS, NEAR, NEAR_MS, Presence, Scale};
use super::returns::ways;

/// Some networks that count as one.
pub type Place = Vec<Network>;

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Two places were in use at once, neither of them the second device's.
    Overlap {
        /// The places.
        ends: [Place; 2],
        /// For how long in all, in milliseconds.
        lasted_ms: i64,
        /// How far apart connections were at most, in milliseconds.
        gap_ms: i64,
        /// When it began first.
        from: i64,
        /// When it ended last.
        to: i64,
    },
    /// Connections came from both of two places again and again.
    Returns {
        /// The places.
        ends: [Place; 2],
        /// How often.
        times: u32,
    },
    /// More networks in one hour, or in turn within minutes, than a person meets.
    Crowd {
        /// How many.
        networks: u32,
        /// From when, in milliseconds.
        from: i64,
        /// Until when.
        to: i64,
    },
    /// More places were left and come back to for days than home and work.
    Places {
        /// The places.
        places: Vec<Place>,
    },
    /// A place was taken for a second device's, and what it shares with others for nothing.
    SecondDevice {
        /// The place.
        place: Place,
        /// How long it was in use together with others, in milliseconds.
        lasted_ms: i64,
    },
    /// Several networks, never two of them in use at once.
    InTurn {
        /// How many.
        networks: u32,
    },
    /// When a place was in use.
    InUse {
        /// The place.
        place: Place,
        /// From when until when.
        spans: Vec<(i64, i64)>,
    },
}

impl AccountActivity {
    /// The facts that carry what is thought, the strongest first; all of them, or the chief ones.
    pub fn facts(&self, devices: usize, is_full: bool) -> Vec<Fact> {
        let groups = self.groups();
        let most = if is_full { usize::MAX } else { CHIEF };
        let mut facts = Vec::new();
        facts.extend(self.crowds(devices));
        let near = self.overlaps(&groups, Bridge::Near, devices, most);
        if near.is_empty() {
            facts.extend(self.overlaps(&groups, Bridge::Far, devices, most));
        } else {
            facts.extend(near);
        }
        facts.extend(self.returns(&groups, devices, most));
        let places = self.places(&groups);
        if places.len() > usual_places(devices) {
            let place = |group: &u8| self.place_of(&groups, usize::from(*group));
            facts.push(Fact::Places { places: places.iter().map(place).collect() });
        }
        facts.extend(self.second_device(&groups, devices));
        let used = groups.presence.iter().filter(|used| used.moments() > 0).count();
        if facts.is_empty() && used > 1 {
            facts.push(Fact::InTurn { networks: u32::try_from(used).unwrap_or(u32::MAX) });
        }
        if is_full {
            facts.extend(self.in_use(&groups));
        }
        facts
    }

    /// More networks within an hour, or in turn within minutes, than a person meets.
    fn crowds(&self, devices: usize) -> Vec<Fact> {
        let newest = self.newest().unwrap_or(0);
        let (crowd, crowd_at) = self.crowd.highest(newest);
        let (chorus, chorus_at) = self.chorus.most.highest(newest);
        // An hour back from the moment's end; the moment and the one before it.
        let found = [
            (is_crowd(crowd, devices), crowd, crowd_at, NEAR_MS),
            (is_chorus(chorus, devices), chorus, chorus_at, 2 * NEAR.slot_ms),
        ];
        let found = found.into_iter().filter(|(is_one, ..)| *is_one);
        let fact = |(_, networks, at, within_ms)| {
            let to = at + NEAR.slot_ms;
            Fact::Crowd { networks, from: to - within_ms, to }
        };
        found.map(fact).collect()
    }

    /// The pairs of places that were in use at once when the second devices are away.
    fn overlaps(&self, groups: &Groups, bridge: Bridge, devices: usize, most: usize) -> Vec<Fact> {
        let scale = bridge.scale();
        let mut found: Vec<(i64, usize, usize, Vec<i64>)> = Vec::new();
        let days: &[&[usize]] = match bridge {
            Bridge::Near => &[&[0], &[1], &[2]],
            Bridge::Far => &[&ALL_DAYS],
        };
        for days in days {
            let away = overlap(groups, bridge == Bridge::Far, days, devices).anchors;
            for (a, one) in groups.presence.iter().enumerate() {
                for (b, other) in groups.presence.iter().enumerate().skip(a + 1) {
                    if away.contains(&a) || away.contains(&b) {
                        continue;
                    }
                    let both = bridge.both(one, other);
                    let moments = self.moments(&both, scale, days);
                    if moments.is_empty() {
                        continue;
                    }
                    match found.iter_mut().find(|(_, x, y, _)| (*x, *y) == (a, b)) {
                        Some((_, _, _, all)) => all.extend(moments),
                        None => found.push((0, a, b, moments)),
                    }
                }
            }
        }
        for (order, _, _, moments) in &mut found {
            moments.sort_unstable();
            *order = -i64::try_from(moments.len()).unwrap_or(i64::MAX);
        }
        found.sort();
        found.truncate(most);
        let fact = |(order, a, b, moments): (i64, usize, usize, Vec<i64>)| Fact::Overlap {
            ends: [self.place_of(groups, a), self.place_of(groups, b)],
            lasted_ms: -order * scale.slot_ms,
            gap_ms: bridge.gap_ms(),
            from: moments.first().map_or(0, |slot| slot * scale.slot_ms),
            to: moments.last().map_or(0, |slot| (slot + 1) * scale.slot_ms),
        };
        found.into_iter().map(fact).collect()
    }

    /// The moments whose bits are set, on these days.
    fn moments(&self, bits: &[u64], scale: Scale, days: &[usize]) -> Vec<i64> {
        let newest = scale.slot(self.newest().unwrap_or(0));
        let slots = i64::try_from(scale.slots).unwrap_or(i64::MAX);
        let mut moments = Vec::new();
        for (at, word) in bits.iter().enumerate() {
            let mut left = days.iter().fold(0, |mask, day| mask | scale.mask(*day, at)) & word;
            while left != 0 {
                let place = at * 64 + usize::try_from(left.trailing_zeros()).unwrap_or(0);
                let behind = (newest - i64::try_from(place).unwrap_or(0)).rem_euclid(slots);
                moments.push(newest - behind);
                left &= left - 1;
            }
        }
        moments
    }

    fn returns(&self, groups: &Groups, devices: usize, most: usize) -> Vec<Fact> {
        let ways = ways(self.ways(groups), groups.count, &ALL_DAYS, devices);
        let mut found: Vec<_> = ways.iter().map(|way| (way.count(&ALL_DAYS), way.ends)).collect();
        found.sort_by_key(|(times, ends)| (std::cmp::Reverse(*times), *ends));
        found.truncate(most);
        let place = |end: u8| self.place_of(groups, usize::from(end));
        let fact =
            |(times, [a, b]): (u32, [u8; 2])| Fact::Returns { ends: [place(a), place(b)], times };
        found.into_iter().map(fact).collect()
    }

    /// The place that was most often taken for a second device's.
    fn second_device(&self, groups: &Groups, devices: usize) -> Option<Fact> {
        let mut lasted = vec![0_u32; groups.count];
        for day in ALL_DAYS {
            let alone = overlap(groups, false, &[day], 1);
            let with = overlap(groups, false, &[day], devices);
            for anchor in with.anchors.iter().take(1) {
                if let Some(sum) = lasted.get_mut(*anchor) {
                    *sum += alone.beyond_one - with.beyond_one;
                }
            }
        }
        let most = lasted.iter().enumerate().rev().max_by_key(|(_, count)| **count);
        let (group, count) = most.filter(|(_, count)| **count > 0)?;
        let lasted_ms = i64::from(*count) * NEAR.slot_ms;
        Some(Fact::SecondDevice { place: self.place_of(groups, group), lasted_ms })
    }

    /// When each place was in use.
    fn in_use(&self, groups: &Groups) -> Vec<Fact> {
        let mut facts = Vec::new();
        for (group, used) in groups.presence.iter().enumerate() {
            let mut moments = self.moments(&used.near, NEAR, &ALL_DAYS);
            moments.sort_unstable();
            let runs = moments.chunk_by(|one, next| next - one == 1);
            let span = |run: &[i64]| {
                let (first, last) = (run.first()?, run.last()?);
                Some((first * NEAR.slot_ms, (last + 1) * NEAR.slot_ms))
            };
            let spans: Vec<_> = runs.filter_map(span).collect();
            if !spans.is_empty() {
                facts.push(Fact::InUse { place: self.place_of(groups, group), spans });
            }
        }
        facts
    }

    /// The networks of a group, the most used first.
    fn place_of(&self, groups: &Groups, group: usize) -> Place {
        let all = self.sources.iter().zip(&groups.of);
        let mut members: Vec<_> = all
            .filter(|(_, of)| usize::from(**of) == group)
            .map(|(source, _)| (std::cmp::Reverse(source.presence.get().moments()), source.network))
            .collect();
        members.sort();
        members.into_iter().map(|(_, network)| network).collect()
    }
}

/// So many facts of a kind are told, unless all are asked for.
const CHIEF: usize = 2;

/// Over what gap between connections a network counts as in use.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bridge {
    Near,
    Far,
}

impl Bridge {
    fn scale(self) -> Scale {
        match self {
            Self::Near => NEAR,
            Self::Far => FAR,
        }
    }

    fn gap_ms(self) -> i64 {
        match self {
            Self::Near => NEAR_MS,
            Self::Far => FAR_MS,
        }
    }

    /// When both were in use.
    fn both(self, one: &Presence, other: &Presence) -> Vec<u64> {
        let and = |(one, other): (&u64, &u64)| one & other;
        match self {
            Self::Near => one.near.iter().zip(&other.near).map(and).collect(),
            Self::Far => one.far.iter().zip(&other.far).map(and).collect(),
        }
    }
}

const _: () = assert!(DAYS == 3, "overlaps are looked at by thirds of the window");
