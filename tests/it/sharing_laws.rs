//! Laws of the sharing estimate: presence kept connection by connection equals its definition over
//! all connections; a stream of months keeps no more state than one of days; one person stays one.

use std::collections::BTreeSet;

use mtp::sharing::presence::{DAY_MS, LONG_GAP, SHORT_GAP, Scale};
use mtp::sharing::{
    AccountActivity, NETWORKS_MAX, Network, Prefixes, VerdictState, estimate, group_networks,
    in_use,
};
use mtp::stream::Verdict;

use crate::harness::SeededRng;

/// A midnight, and one of those at which counts are halved.
const START: i64 = 20_781 * DAY_MS;
const HOUR_MS: i64 = 3_600_000;

fn network(n: u64) -> Network {
    let n = u8::try_from(n).unwrap();
    Network::of([203, 0, n, 7].into(), Prefixes::default())
}

fn below(random: &mut SeededRng, limit: i64) -> i64 {
    i64::try_from(random.below(u64::try_from(limit).unwrap())).unwrap()
}

/// In use at a slot: connections before its start and at or after it, not too far apart.
fn is_in_use(times: &[i64], slot_start: i64, gap_ms: i64) -> bool {
    let before = times.iter().filter(|ts| **ts < slot_start).max();
    let after = times.iter().filter(|ts| **ts >= slot_start).min();
    matches!((before, after), (Some(before), Some(after)) if after - before <= gap_ms)
}

/// Bursts of connections of some networks over some days. Network 0 is used on the first day only.
fn events(random: &mut SeededRng, networks: u64, days: i64) -> Vec<(i64, Network)> {
    let (mut ts, mut events) = (START, Vec::new());
    let longest = 1 + below(random, 5 * HOUR_MS);
    while ts < START + days * DAY_MS {
        ts += below(random, longest);
        let first = u64::from(ts >= START + DAY_MS);
        let of = network(first + random.below(networks - first));
        for _ in 0..=random.below(3) {
            events.push((ts, of));
            ts += below(random, 3_000);
        }
    }
    events
}

fn check_bits(times: &[i64], newest: i64, scale: Scale, bits: &[u64]) -> usize {
    let last = scale.slot(newest);
    let kept = i64::try_from(scale.slots).unwrap();
    let mut set = 0;
    for slot in last - kept + 1..=last {
        let bit = scale.bit(slot);
        let is_set = bits[bit / 64] >> (bit % 64) & 1 == 1;
        let expected = is_in_use(times, slot * scale.slot_ms, scale.gap_ms);
        assert_eq!(is_set, expected, "{} slots before the newest", last - slot);
        set += usize::from(is_set);
    }
    set
}

#[test]
fn presence_equals_its_definition() {
    let (mut set, mut removed) = (0, 0);
    for seed in 1..=40 {
        let random = &mut SeededRng::new(seed);
        let networks = 2 + random.below(5);
        let events = events(random, networks, 6);
        let mut activity = AccountActivity::default();
        for (ts, network) in &events {
            activity.connect(*ts, *network);
        }
        let newest = events.last().unwrap().0;
        for network in (0..networks).map(network) {
            let own = events.iter().filter(|(_, of)| *of == network);
            let times: Vec<i64> = own.map(|(ts, _)| *ts).collect();
            let Some(presence) = activity.presence(network) else {
                let is_old = times.last().is_none_or(|last| newest - last > 3 * DAY_MS);
                assert!(is_old, "seed {seed}: {network:?} was removed");
                removed += usize::from(!times.is_empty());
                continue;
            };
            assert!(newest - times.last().unwrap() <= 4 * DAY_MS, "seed {seed}: kept too long");
            set += check_bits(&times, newest, SHORT_GAP, &presence.short);
            set += check_bits(&times, newest, LONG_GAP, &presence.long);
        }
    }
    assert!(set > 10_000 && removed > 20, "{set} slots, {removed} networks removed");
}

/// The intervals that the page and the texts show are the slots that the estimate counts.
#[test]
fn the_intervals_are_the_slots_that_the_estimate_counts() {
    let mut total = 0;
    for seed in 1..=40 {
        let random = &mut SeededRng::new(seed);
        let networks = 2 + random.below(5);
        let mut activity = AccountActivity::default();
        for (ts, network) in events(random, networks, 6) {
            activity.connect(ts, network);
        }
        let groups = group_networks(&activity);
        let in_use = in_use(&activity, &groups);
        let slots: BTreeSet<i64> = in_use
            .iter()
            .flat_map(|group| &group.intervals)
            .flat_map(|(from, to)| SHORT_GAP.slot(*from)..SHORT_GAP.slot(*to))
            .collect();
        assert_eq!(slots.len(), estimate(&activity, &groups, 1).active as usize, "seed {seed}");
        for group in &in_use {
            assert!(group.intervals.windows(2).all(|two| two[0].1 < two[1].0), "seed {seed}");
        }
        total += slots.len();
    }
    assert!(total > 1000, "the examples are empty");
}

/// A day of a phone: at home, on the way, at work, and back.
fn commute(
    random: &mut SeededRng,
    activity: &mut AccountActivity,
    day: i64,
    home: Network,
    work: Network,
) {
    let midnight = START + day * DAY_MS;
    let mut ts = midnight + 7 * HOUR_MS;
    while ts < midnight + 23 * HOUR_MS {
        let of = match (ts - midnight) / HOUR_MS {
            9 | 18 => network(100 + random.below(50)),
            10..18 => work,
            _ => home,
        };
        for _ in 0..3 {
            activity.connect(ts, of);
            ts += 1 + below(random, 1_000);
        }
        ts += 60_000 + below(random, 1_200_000);
    }
}

/// The verdict after an hour of the same estimate.
fn settled(activity: &AccountActivity, verdict: &mut VerdictState) -> Verdict {
    let estimate = estimate(activity, &group_networks(activity), 2);
    for _ in 0..6 {
        verdict.update(&estimate);
    }
    verdict.verdict()
}

#[test]
fn one_person_stays_clear_for_a_year_and_through_a_move() {
    let random = &mut SeededRng::new(7);
    let (mut activity, mut verdict) = (AccountActivity::default(), VerdictState::default());
    let mut most = 0;
    for day in 0..365 {
        let home = network(1 + u64::from(day >= 180));
        commute(random, &mut activity, day, home, network(3));
        assert_eq!(settled(&activity, &mut verdict), Verdict::Clear, "day {day}");
        let estimate = estimate(&activity, &group_networks(&activity), 2);
        assert!(estimate.people < 1.5, "day {day}");
        most = most.max(activity.networks());
    }
    // Of fifty networks on the way, those of the last four days are kept.
    assert!((10..60).contains(&most), "{most} networks");
    assert_eq!(activity.networks_evicted, 0);
}

#[test]
fn two_people_are_sharing_within_days_and_clear_again_within_days() {
    let random = &mut SeededRng::new(8);
    let (mut activity, mut verdict) = (AccountActivity::default(), VerdictState::default());
    let mut verdicts = Vec::new();
    for day in 0..12 {
        if day < 6 {
            // Two commuters: their connections in order of time.
            let mut events: BTreeSet<(i64, Network)> = BTreeSet::new();
            for first in [0, 10] {
                let midnight = START + day * DAY_MS;
                let mut ts = midnight + 7 * HOUR_MS;
                while ts < midnight + 23 * HOUR_MS {
                    let place = if ts - midnight < 17 * HOUR_MS { 4 } else { 1 };
                    let of = network(first + place);
                    events.extend((0..3).map(|k| (ts + k * 400, of)));
                    ts += 300_000 + below(random, 900_000);
                }
            }
            for (ts, of) in events {
                activity.connect(ts, of);
            }
        } else {
            commute(random, &mut activity, day, network(1), network(4));
        }
        verdicts.push(settled(&activity, &mut verdict));
    }
    assert_eq!((verdicts[2], verdicts[11]), (Verdict::Sharing, Verdict::Clear));
}

#[test]
fn a_client_that_walks_through_networks_takes_no_more_memory() {
    let mut activity = AccountActivity::default();
    for n in 0..200_000_u32 {
        let ip = std::net::Ipv6Addr::from((0x2001_0db8_u128 << 96) | u128::from(n) << 64);
        activity.connect(START + i64::from(n) * 997, Network::of(ip.into(), Prefixes::default()));
    }
    assert_eq!(activity.networks(), NETWORKS_MAX);
    assert!(activity.networks_evicted > 100_000);
}
