//! Laws of the sharing estimate: the intervals that are shown are those that are counted; a stream
//! of months keeps no more state than one of days; one person stays one, two are found.

use std::collections::BTreeSet;

use mtp::sharing::presence::{DAY_MS, slot};
use mtp::sharing::{
    AccountActivity, BLOCKS_MAX, Estimate, Network, Prefixes, Thresholds, VerdictState, decide,
    estimate, group_networks, in_use,
};
use mtp::stream::Verdict;

use crate::harness::SeededRng;

/// A midnight, and one of those at which counts are halved.
const START: i64 = 20_781 * DAY_MS;
const HOUR_MS: i64 = 3_600_000;

/// Networks of different blocks.
fn network(n: u64) -> Network {
    let n = u8::try_from(n).unwrap();
    Network::of([203, n, 0, 7].into(), Prefixes::default())
}

fn below(random: &mut SeededRng, limit: i64) -> i64 {
    i64::try_from(random.below(u64::try_from(limit).unwrap())).unwrap()
}

fn estimate_of(activity: &AccountActivity) -> Estimate {
    estimate(activity, &group_networks(activity), 2)
}

/// An account with its verdict, as a stream keeps them.
#[derive(Default)]
struct Account {
    activity: AccountActivity,
    verdict: VerdictState,
    changes: Vec<Verdict>,
}

impl Account {
    fn connect(&mut self, ts: i64, network: Network) {
        self.activity.set_has_ends();
        if self.activity.connect(ts, network, 2) {
            let estimate = estimate_of(&self.activity);
            let was = self.verdict.update(&estimate, ts, &Thresholds::default());
            self.changes.extend(was.map(|_| self.verdict.verdict()));
        }
    }
}

/// Bursts of connections of some networks over some days.
fn events(random: &mut SeededRng, networks: u64, days: i64) -> Vec<(i64, Network)> {
    let (mut ts, mut events) = (START, Vec::new());
    let longest = 1 + below(random, 5 * HOUR_MS);
    while ts < START + days * DAY_MS {
        ts += below(random, longest);
        let of = network(random.below(networks));
        for _ in 0..=random.below(3) {
            events.push((ts, of));
            ts += below(random, 3_000);
        }
    }
    events
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
            activity.connect(ts, network, 2);
        }
        let groups = group_networks(&activity);
        let in_use = in_use(&activity, &groups);
        let slots: BTreeSet<i64> = in_use
            .iter()
            .flat_map(|group| &group.intervals)
            .flat_map(|(from, to)| slot(*from)..slot(*to))
            .collect();
        assert_eq!(slots.len(), estimate_of(&activity).active as usize, "seed {seed}");
        for group in &in_use {
            assert!(group.intervals.windows(2).all(|two| two[0].1 < two[1].0), "seed {seed}");
        }
        total += slots.len();
    }
    assert!(total > 1000, "the examples are empty");
}

/// Connections of one phone on a day: at home, on the way, at work, and back.
fn commute(random: &mut SeededRng, day: i64, home: Network, work: Network) -> Vec<(i64, Network)> {
    let midnight = START + day * DAY_MS;
    let (mut ts, mut all) = (midnight + 7 * HOUR_MS, Vec::new());
    while ts < midnight + 23 * HOUR_MS {
        let of = match (ts - midnight) / HOUR_MS {
            9 | 18 => network(100 + random.below(50)),
            10..18 => work,
            _ => home,
        };
        for _ in 0..3 {
            all.push((ts, of));
            ts += 1 + below(random, 400);
        }
        ts += 60_000 + below(random, 1_200_000);
    }
    all
}

#[test]
fn one_person_stays_clear_for_a_year_and_through_a_move() {
    let random = &mut SeededRng::new(7);
    let mut account = Account::default();
    let mut most = 0;
    for day in 0..365 {
        let home = network(1 + u64::from(day >= 180));
        for (ts, of) in commute(random, day, home, network(3)) {
            account.connect(ts, of);
        }
        assert_eq!(account.verdict.verdict(), Verdict::Clear, "day {day}");
        assert!(estimate_of(&account.activity).people < 1.5, "day {day}");
        most = most.max(account.activity.networks());
    }
    assert_eq!(account.changes, [Verdict::Clear]);
    // Of fifty networks on the way, those of the last four days are kept.
    assert!((10..60).contains(&most), "{most} networks");
    assert_eq!(account.activity.networks_evicted, 0);
}

#[test]
fn two_people_are_sharing_within_days_and_clear_again_within_two_weeks() {
    let random = &mut SeededRng::new(8);
    let mut account = Account::default();
    let mut verdicts = Vec::new();
    for day in 0..20 {
        let mut events = commute(random, day, network(1), network(4));
        if day < 6 {
            events.extend(commute(random, day, network(11), network(14)));
        }
        events.sort_unstable();
        for (ts, of) in events {
            account.connect(ts, of);
        }
        verdicts.push(account.verdict.verdict());
    }
    assert_eq!((verdicts[2], verdicts[19]), (Verdict::Sharing, Verdict::Clear), "{verdicts:?}");
    // Up and down once, without flapping.
    let falls = account.changes.windows(2).filter(|two| two[1] < two[0]).count();
    assert!(account.changes.len() <= 5 && falls <= 2, "{:?}", account.changes);
}

/// Several people who are at home in one place from the evening to the morning are a household.
#[test]
fn a_household_is_watched_at_most() {
    let random = &mut SeededRng::new(9);
    let mut account = Account::default();
    for day in 0..5 {
        let mut events = Vec::new();
        for person in 0..4 {
            for (ts, of) in commute(random, day, network(1), network(20 + person)) {
                let hour = (ts - START - day * DAY_MS) / HOUR_MS;
                events.push((ts, if (9..=18).contains(&hour) { network(20 + person) } else { of }));
            }
        }
        // Messages come at night too.
        events.extend((0..20).map(|n| (START + day * DAY_MS + n * HOUR_MS / 3, network(1))));
        events.sort_unstable();
        for (ts, of) in events {
            account.connect(ts, of);
        }
    }
    let estimate = estimate_of(&account.activity);
    assert!(estimate.is_common_home() && estimate.home.apart < 0.05, "{estimate:?}");
    assert_eq!(account.verdict.verdict(), Verdict::Watch);
    assert!(!account.changes.contains(&Verdict::Sharing));
    assert_eq!(decide(&estimate, &Thresholds::new(10.0, true)), Verdict::Sharing);
}

/// Whoever uses a carrier at night is not seen to have a home elsewhere: a member of a household
/// without its Wi-Fi looks like that. With a place of their own, night after night, they are two.
#[test]
fn a_second_home_is_a_place_that_is_used_again_at_night() {
    let verdicts = |place: &dyn Fn(i64) -> Network| {
        let random = &mut SeededRng::new(10);
        let mut account = Account::default();
        for day in 0..6 {
            let mut events = commute(random, day, network(1), network(4));
            let other = commute(random, day, network(11), network(14));
            events.extend(other.into_iter().map(|(ts, _)| (ts, place(ts))));
            let night = (0..24).map(|n| START + day * DAY_MS + n * HOUR_MS / 3);
            events.extend(night.flat_map(|ts| [(ts, network(1)), (ts + 700_000, place(ts))]));
            events.sort_unstable();
            for (ts, of) in events {
                account.connect(ts, of);
            }
        }
        account.changes
    };
    // A carrier gives another address every nine hours.
    let attach = |ts: i64| u64::try_from((ts - START) / (9 * HOUR_MS)).unwrap();
    let carried = verdicts(&|ts| network(30 + attach(ts)));
    assert!(carried.contains(&Verdict::Watch), "{carried:?}");
    assert!(!carried.contains(&Verdict::Sharing), "{carried:?}");
    assert!(verdicts(&|_| network(11)).contains(&Verdict::Sharing));
}

/// Fewer alarms mean that no account is accused that was not with more.
#[test]
fn verdicts_fall_with_the_number_of_alarms() {
    let mut sharing = 0;
    for seed in 1..=40 {
        let random = &mut SeededRng::new(seed);
        let networks = 1 + random.below(6);
        let mut activity = AccountActivity::default();
        for (ts, network) in events(random, networks, 4) {
            activity.connect(ts, network, 2);
        }
        let estimate = estimate_of(&activity);
        let verdicts = [100.0, 30.0, 10.0, 3.0, 1.0]
            .map(|alarms| decide(&estimate, &Thresholds::new(alarms, true)));
        assert!(verdicts.is_sorted_by(|more, fewer| more >= fewer), "seed {seed}: {verdicts:?}");
        sharing += verdicts.iter().filter(|verdict| **verdict == Verdict::Sharing).count();
    }
    assert!((10..190).contains(&sharing), "{sharing} of 200");
}

/// A phone behind a pool from which each connection draws an address: two blocks or more.
#[test]
fn a_pool_of_addresses_is_one_network() {
    for blocks in [2, 4, 8] {
        let random = &mut SeededRng::new(blocks);
        let (mut account, mut ts) = (Account::default(), START + 8 * HOUR_MS);
        while ts < START + 3 * DAY_MS {
            for _ in 0..3 {
                account.connect(ts, network(random.below(blocks)));
                ts += below(random, 400);
            }
            ts += 30_000 + below(random, 600_000);
        }
        let estimate = estimate_of(&account.activity);
        assert!(estimate.people < 1.2, "{blocks} blocks: {estimate:?}");
        assert_eq!(account.verdict.verdict(), Verdict::Clear, "{blocks} blocks");
    }
}

#[test]
fn a_client_that_walks_through_networks_takes_no_more_memory() {
    let mut activity = AccountActivity::default();
    for n in 0..200_000_u32 {
        let ip = std::net::Ipv6Addr::from((0x2001_0db8_u128 << 96) | u128::from(n) << 80);
        let network = Network::of(ip.into(), Prefixes::default());
        activity.connect(START + i64::from(n) * 997, network, 2);
    }
    assert_eq!(activity.networks(), BLOCKS_MAX);
    assert!(activity.networks_evicted > 100_000);
}
