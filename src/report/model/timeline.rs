//! When a user's networks were in use: the intervals that the verdict is computed from.
//!
//! They come from the `in-use` evidence of a summary, or else from the events, by the functions of
//! [`crate::sharing`] that compute the verdict.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::sharing::{AccountActivity, DEVICES, Network, Prefixes, group_networks, in_use};
use crate::stream::{Evidence, Origin};
use crate::timestamp::Timestamp;

/// Networks of a user whose connections are counted one by one; beyond, they are counted together.
const NETWORKS_MAX: usize = 64;
/// Connections that wait to be put in order of time: logs of several sources are interleaved.
const PENDING_MAX: usize = 64;

/// An interval, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval {
    pub from: u32,
    pub to: u32,
}

impl Interval {
    pub fn seconds(self) -> u64 {
        u64::from(self.to - self.from)
    }
}

/// A group of networks that counts as one, with the intervals in which it was in use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceTimeline {
    /// The most used first.
    pub networks: Vec<Origin<'static>>,
    /// In order of time, not touching.
    pub intervals: Vec<Interval>,
    pub counts: SourceCounts,
}

impl SourceTimeline {
    /// Seconds in use.
    pub fn seconds(&self) -> u64 {
        self.intervals.iter().map(|interval| interval.seconds()).sum()
    }
}

/// The connections of a network or of several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceCounts {
    pub connections: u64,
    /// The first and the last, in seconds since 1970.
    pub ends: Option<(u32, u32)>,
}

impl SourceCounts {
    fn add(&mut self, at: u32) {
        self.connections += 1;
        let (first, last) = self.ends.unwrap_or((at, at));
        self.ends = Some((first.min(at), last.max(at)));
    }

    fn merge(&mut self, other: Self) {
        self.connections += other.connections;
        self.ends = match (self.ends, other.ends) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (ends, None) | (None, ends) => ends,
        };
    }
}

/// The connections of one user.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    activity: AccountActivity,
    /// Connections in order of time, which may yet be overtaken.
    pending: Vec<(i64, IpAddr)>,
    counts: BTreeMap<Network, SourceCounts>,
    others: SourceCounts,
}

impl Sources {
    /// Adds a connection.
    pub fn add(&mut self, at: Timestamp, ip: IpAddr) {
        let network = Network::of(ip, Prefixes::default());
        let is_full = self.counts.len() >= NETWORKS_MAX;
        let counts = match self.counts.get_mut(&network) {
            Some(counts) => counts,
            None if is_full => &mut self.others,
            None => self.counts.entry(network).or_default(),
        };
        counts.add(seconds(at));
        let place = self.pending.partition_point(|(before, _)| *before <= at.0);
        self.pending.insert(place, (at.0, ip));
        if self.pending.len() > PENDING_MAX {
            for (at, ip) in self.pending.drain(..PENDING_MAX / 2) {
                self.activity.connect(at, Network::of(ip, Prefixes::default()), DEVICES);
            }
        }
    }

    /// Networks, or the least number of them.
    pub fn networks(&self) -> u64 {
        self.counts.len() as u64
    }

    /// The timelines as the verdict on these events counts them, the most used first.
    pub fn timelines(&self) -> Vec<SourceTimeline> {
        let mut activity = self.activity.clone();
        for (at, ip) in &self.pending {
            activity.connect(*at, Network::of(*ip, Prefixes::default()), DEVICES);
        }
        let groups = group_networks(&activity);
        let all = in_use(&activity, &groups).into_iter().map(|group| {
            let interval = |(from, to): &(i64, i64)| Interval {
                from: seconds(Timestamp(*from)),
                to: seconds(Timestamp(*to)),
            };
            let mut counts = SourceCounts::default();
            for network in &group.networks {
                counts.merge(self.counts.get(network).copied().unwrap_or_default());
            }
            let origin = |network: &Network| network.origin(Prefixes::default());
            SourceTimeline {
                networks: group.networks.iter().map(origin).collect(),
                intervals: group.intervals.iter().map(interval).collect(),
                counts,
            }
        });
        sorted(all.collect())
    }

    /// The timelines of `in-use` evidence, with the connections counted here; empty without any.
    pub fn timelines_of(&self, evidence: &[Evidence<'_>]) -> Vec<SourceTimeline> {
        let of = |fact: &Evidence<'_>| {
            let Evidence::InUse { networks, intervals } = fact else { return None };
            let mut counts = SourceCounts::default();
            for network in networks {
                let network = match network {
                    Origin::Ip(ip) | Origin::Net(ip, _) => Network::of(*ip, Prefixes::default()),
                    Origin::Name(_) => continue,
                };
                counts.merge(self.counts.get(&network).copied().unwrap_or_default());
            }
            Some(SourceTimeline {
                networks: networks.iter().map(|network| network.clone().into_owned()).collect(),
                intervals: intervals
                    .iter()
                    .map(|(from, to)| Interval { from: seconds(*from), to: seconds(*to) })
                    .filter(|interval| interval.from <= interval.to)
                    .collect(),
                counts,
            })
        };
        sorted(evidence.iter().filter_map(of).collect())
    }
}

fn sorted(mut all: Vec<SourceTimeline>) -> Vec<SourceTimeline> {
    all.sort_by_cached_key(|timeline| {
        (std::cmp::Reverse(timeline.seconds()), timeline.networks.first().cloned())
    });
    all
}

/// Seconds since 1970, as charts count.
pub fn seconds(at: Timestamp) -> u32 {
    u32::try_from((at.0 / 1000).max(0)).unwrap_or(u32::MAX)
}

/// A time in which at least two timelines were in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverlapInterval {
    pub interval: Interval,
    /// How many.
    pub depth: u32,
}

/// All such times, in order. One ends wherever an interval begins or ends.
pub fn overlaps(timelines: &[SourceTimeline]) -> Vec<OverlapInterval> {
    let mut steps: Vec<(u32, i32)> = Vec::new();
    for interval in timelines.iter().flat_map(|timeline| &timeline.intervals) {
        if interval.to > interval.from {
            steps.extend([(interval.from, 1), (interval.to, -1)]);
        }
    }
    steps.sort_unstable();
    let (mut all, mut depth, mut since) = (Vec::<OverlapInterval>::new(), 0_i32, 0);
    for (at, step) in steps {
        if depth >= 2 && at > since {
            let interval = Interval { from: since, to: at };
            all.push(OverlapInterval { interval, depth: depth.unsigned_abs() });
        }
        depth += step;
        since = at;
    }
    all
}

/// Seconds with exactly two in use, and with more.
pub fn overlap_seconds(all: &[OverlapInterval]) -> (u64, u64) {
    all.iter().fold((0, 0), |(two, more), part| {
        let length = part.interval.seconds();
        if part.depth == 2 { (two + length, more) } else { (two, more + length) }
    })
}

/// The parts of intervals that fall into these others; both are in order.
pub fn within(intervals: &[Interval], others: impl Iterator<Item = Interval>) -> Vec<Interval> {
    let mut intervals = intervals.iter().peekable();
    let mut parts = Vec::new();
    for other in others {
        while intervals.peek().is_some_and(|interval| interval.to <= other.from) {
            intervals.next();
        }
        // One interval covers all of an overlap, or none does.
        if let Some(interval) = intervals.peek().filter(|interval| interval.from < other.to) {
            let (from, to) = (interval.from.max(other.from), interval.to.min(other.to));
            parts.push(Interval { from, to });
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline(intervals: &[(u32, u32)]) -> SourceTimeline {
        let intervals = intervals.iter().map(|(from, to)| Interval { from: *from, to: *to });
        SourceTimeline { intervals: intervals.collect(), ..SourceTimeline::default() }
    }

    #[test]
    fn depths_and_their_lengths() {
        let all = [
            timeline(&[(0, 1000)]),
            timeline(&[(400, 1400)]),
            timeline(&[(800, 950)]),
            timeline(&[(850, 850)]),
        ];
        let overlaps = overlaps(&all);
        assert_eq!(overlap_seconds(&overlaps), (450, 150));
        let parts = within(&all[0].intervals, overlaps.iter().map(|part| part.interval));
        assert_eq!(parts.iter().map(|part| part.seconds()).sum::<u64>(), 600);
    }

    /// The timelines of events in any order within the pending ones are those of the verdict.
    #[test]
    fn timelines_are_those_of_the_verdict() {
        let (mut sources, mut activity) = (Sources::default(), AccountActivity::default());
        let start = 1_795_448_400_000;
        let at = |n: i64| start + n * 300_000;
        let ip = |n: i64| IpAddr::from([203, 0, 113, u8::try_from(n % 3).unwrap()]);
        for n in 0..400 {
            activity.connect(at(n), Network::of(ip(n), Prefixes::default()), DEVICES);
            let swapped = if n % 2 == 0 { n + 1 } else { n - 1 };
            sources.add(Timestamp(at(swapped)), ip(swapped));
        }
        let groups = group_networks(&activity);
        let expected = in_use(&activity, &groups);
        let timelines = sources.timelines();
        assert!(!expected.is_empty());
        assert_eq!(timelines.len(), expected.len());
        for group in expected {
            let networks: Vec<_> =
                group.networks.iter().map(|network| network.origin(Prefixes::default())).collect();
            let same = timelines.iter().find(|timeline| timeline.networks == networks).unwrap();
            let intervals: Vec<_> = same
                .intervals
                .iter()
                .map(|part| (i64::from(part.from) * 1000, i64::from(part.to) * 1000))
                .collect();
            assert_eq!(intervals, group.intervals);
        }
        let counted: u64 = timelines.iter().map(|timeline| timeline.counts.connections).sum();
        assert_eq!(counted, 400);
        let evidence = Evidence::InUse {
            networks: vec![Origin::Ip(ip(0))],
            intervals: vec![(Timestamp(start), Timestamp(start + 1000))],
        };
        let given = sources.timelines_of(&[evidence]);
        assert_eq!((given.len(), given[0].counts.connections), (1, 134));
    }
}
