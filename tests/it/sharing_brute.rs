//! The estimate against its definitions, computed over all connections: excess use beyond one
//! network, returns between two places, and a verdict with hysteresis.

use std::collections::BTreeSet;

use mtp::sharing::presence::{DAY_MS, SHORT_GAP};
use mtp::sharing::{
    AccountActivity, Estimate, Network, Prefixes, VerdictState, group_networks, next_verdict,
};
use mtp::stream::Verdict;

use crate::harness::SeededRng;

const HOUR_MS: i64 = 3_600_000;
/// A midnight at which three days of the window begin.
const START: i64 = 20_781 * DAY_MS;
/// The first connections of a network, during which it is transient.
const NEW: usize = 2;

/// Networks of different providers.
fn network(n: u64) -> Network {
    Network::of([u8::try_from(60 + n).unwrap(), 1, 2, 3].into(), Prefixes::default())
}

fn below(random: &mut SeededRng, limit: i64) -> i64 {
    i64::try_from(random.below(u64::try_from(limit).unwrap())).unwrap()
}

/// Visits of three connections each, never two networks within seconds; each network once at first.
fn visits(random: &mut SeededRng, networks: u64) -> Vec<(i64, u64)> {
    let (mut ts, mut events, mut first) = (START + HOUR_MS, Vec::new(), 0..networks);
    let longest = 60_000 + below(random, 3 * HOUR_MS);
    while ts < START + 3 * DAY_MS - HOUR_MS {
        let of = first.next().unwrap_or_else(|| random.below(networks));
        for _ in 0..3 {
            events.push((ts, of));
            ts += 1 + below(random, 900);
        }
        ts += 20_000 + below(random, longest);
    }
    events
}

fn activity(events: &[(i64, u64)]) -> AccountActivity {
    let mut activity = AccountActivity::default();
    for (ts, of) in events {
        activity.connect(*ts, network(*of));
    }
    activity
}

fn estimate(activity: &AccountActivity, devices: usize) -> Estimate {
    mtp::sharing::estimate(activity, &group_networks(activity), devices)
}

/// The slots between connections that are no further apart than an hour.
fn in_use(times: &[i64]) -> BTreeSet<i64> {
    let pairs = times.windows(2).filter(|pair| pair[1] - pair[0] <= HOUR_MS);
    pairs.flat_map(|pair| SHORT_GAP.slot(pair[0]) + 1..=SHORT_GAP.slot(pair[1])).collect()
}

/// Networks in use beyond one, summed over all slots.
fn excess(used: &[BTreeSet<i64>]) -> usize {
    let any: BTreeSet<_> = used.iter().flatten().collect();
    used.iter().map(BTreeSet::len).sum::<usize>() - any.len()
}

/// The same of one day, without the networks that are most in use beside others.
fn day_excess(used: &[BTreeSet<i64>], day: i64, devices: usize) -> usize {
    let is_on_day = |slot: &&i64| SHORT_GAP.slot(START + day * DAY_MS) == *slot - *slot % 144;
    let mut used: Vec<BTreeSet<i64>> =
        used.iter().map(|all| all.iter().filter(is_on_day).copied().collect()).collect();
    for _ in 1..devices {
        let is_twice = |slot: &&i64| used.iter().filter(|all| all.contains(slot)).count() > 1;
        let together: Vec<_> = used.iter().map(|all| all.iter().filter(is_twice).count()).collect();
        let most = together.iter().max().unwrap();
        used[together.iter().position(|count| count == most).unwrap()].clear();
    }
    excess(&used)
}

#[test]
fn excess_use_equals_its_definition() {
    let mut found = 0;
    for seed in 1..=60 {
        let random = &mut SeededRng::new(seed);
        let networks = 2 + random.below(4);
        let events = visits(random, networks);
        let of = |n| events.iter().filter(move |(_, of)| *of == n).map(|(ts, _)| *ts);
        let mut used: Vec<_> = (0..networks).map(|n| in_use(&of(n).collect::<Vec<_>>())).collect();
        // New addresses count as one network more: a phone on the move.
        let new: BTreeSet<i64> = (0..networks).flat_map(|n| of(n).take(NEW)).collect();
        used.push(in_use(&new.into_iter().collect::<Vec<_>>()));
        let activity = activity(&events);
        for devices in 1..=3 {
            let days = (0..3).map(|day| day_excess(&used, day, devices));
            let expected = days.sum::<usize>();
            let estimate = estimate(&activity, devices);
            assert_eq!(estimate.excess as usize, expected, "seed {seed}, {devices} devices");
            found += expected;
        }
        let any: BTreeSet<_> = used.iter().flatten().collect();
        assert_eq!(estimate(&activity, 1).active as usize, any.len(), "seed {seed}");
    }
    assert!(found > 1000, "the examples have no excess");
}

/// There, back, there and back again within twelve hours is a return; one counts in half an hour.
fn returns(events: &[(i64, u64)], a: u64, b: u64) -> u32 {
    let both: Vec<_> = events.iter().filter(|(_, of)| *of == a || *of == b).collect();
    let changes = both.windows(2).filter(|two| two[0].1 != two[1].1);
    let near = changes.filter(|two| two[1].0 - two[0].0 <= 12 * HOUR_MS);
    let changes: Vec<i64> = near.map(|two| two[1].0.div_euclid(1000)).collect();
    let (mut count, mut counted) = (0, i64::MIN / 2);
    for three in changes.windows(3) {
        if three[2] - three[0] <= 12 * 3600 && three[2] - counted >= 1800 {
            (count, counted) = (count + 1, three[2]);
        }
    }
    count
}

#[test]
fn returns_equal_their_definition() {
    let mut found = 0;
    for seed in 1..=60 {
        let random = &mut SeededRng::new(seed);
        let networks = 2 + random.below(3);
        let mut events = visits(random, networks);
        // All networks are used for days, so they are places.
        let last = START + 3 * DAY_MS - HOUR_MS / 2;
        events.extend((0..networks).zip(0..).map(|(n, place)| (last + place * 60_000, n)));
        let pairs = (0..networks).flat_map(|a| (0..a).map(move |b| (a, b)));
        let expected = pairs.map(|(a, b)| returns(&events, a, b)).sum::<u32>();
        // Each counts for its day and for the window.
        let estimate = estimate(&activity(&events), 1);
        assert_eq!(estimate.returns, 2 * expected, "seed {seed}");
        found += expected;
    }
    assert!(found > 1000, "the examples have no returns");
}

/// A verdict of several people stays until the estimate is clearly one.
#[test]
fn a_verdict_follows_from_the_history_of_estimates() {
    let random = &mut SeededRng::new(9);
    let (mut verdict, mut history) = (Verdict::Unknown, Vec::new());
    let mut verdicts = BTreeSet::new();
    for _ in 0..20_000 {
        let people = 1.0 + f64::from(u32::try_from(random.below(120)).unwrap()) / 100.0;
        let small = |random: &mut SeededRng| {
            let limit = 1 + random.below(40);
            u32::try_from(random.below(limit)).unwrap()
        };
        // A place adds three hundredths of a person, and no proof of more.
        let places = if random.below(10) == 0 { small(random) % 3 } else { 0 };
        let estimate = Estimate {
            people: people + 0.03 * f64::from(places),
            active: small(random),
            excess: small(random) / 2,
            returns: small(random) / 3,
            places,
            is_many_networks: random.below(60) == 0,
        };
        verdict = next_verdict(verdict, &estimate);
        history.push(estimate);
        assert_eq!(verdict, of_history(&history), "after {}", history.len());
        verdicts.insert(verdict);
        if random.below(40) == 0 {
            (verdict, history) = (Verdict::Unknown, Vec::new());
        }
    }
    assert_eq!(verdicts.len(), 4);
}

fn of_history(history: &[Estimate]) -> Verdict {
    let people = |of: &Estimate| of.people - 0.03 * f64::from(of.places);
    let is_proof = |of: &&Estimate| {
        of.is_many_networks
            || (people(of) >= 1.5 && (of.returns >= 3 || of.places > 0))
            || (people(of) >= 1.85 && of.excess >= 15)
    };
    let is_one = |of: &Estimate| people(of) < 1.35 && !is_proof(&of);
    let since = history.iter().rposition(is_one).map_or(0, |at| at + 1);
    let since = &history[since..];
    if since.iter().any(|of| is_proof(&of)) {
        Verdict::Sharing
    } else if since.iter().any(|of| people(of) >= 1.5) {
        Verdict::Watch
    } else if history.iter().any(|of| of.active >= 6 || people(of) >= 1.5 || is_proof(&of)) {
        Verdict::Clear
    } else {
        Verdict::Unknown
    }
}

#[test]
fn a_verdict_falls_after_an_hour_of_lower_estimates() {
    let estimate = |people| Estimate { people, active: 20, ..Estimate::default() };
    let mut state = VerdictState::default();
    assert_eq!(state.update(&estimate(1.6)), Some(Verdict::Unknown));
    let mut updates = Vec::new();
    for people in [1.0, 1.1, 1.0, 1.2, 1.0, 1.4, 1.0, 1.1, 1.0, 1.2, 1.0, 1.1, 1.0] {
        updates.push((state.update(&estimate(people)), state.verdict()));
    }
    // 1.4 is not yet one person: it ends the streak of five lower estimates.
    let (last, before) = updates[..12].split_last().unwrap();
    assert!(before.iter().all(|update| *update == (None, Verdict::Watch)), "{before:?}");
    assert_eq!(*last, (Some(Verdict::Watch), Verdict::Clear));
    assert_eq!(updates[12], (None, Verdict::Clear));
}
