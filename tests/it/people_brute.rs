//! The number of people against its definitions, read word by word over all connections there were:
//! what is in use beyond one network, returns between two places, and a verdict that holds on.

use std::collections::BTreeSet;

use mtp::sharing::presence::{NEAR, NEAR_MS};
use mtp::sharing::{AccountActivity, Estimate, Network, Prefixes, Verdict};

use crate::harness::Random;

const DAY: i64 = 86_400_000;
const HOUR: i64 = 3_600_000;
/// A midnight at which three days of the window begin.
const START: i64 = 20_781 * DAY;
/// An address is new for its first two connections.
const NEW: usize = 2;

/// Networks of different regions.
fn network(n: u64) -> Network {
    Network::of([u8::try_from(60 + n).unwrap(), 1, 2, 3].into(), Prefixes::default())
}

fn below(random: &mut Random, most: i64) -> i64 {
    i64::try_from(random.below(u64::try_from(most).unwrap())).unwrap()
}

/// Visits of three connections each, never two networks within seconds; everybody once at first.
fn visits(random: &mut Random, networks: u64) -> Vec<(i64, u64)> {
    let (mut ts, mut events, mut first) = (START + HOUR, Vec::new(), 0..networks);
    let longest = 60_000 + below(random, 3 * HOUR);
    while ts < START + 3 * DAY - HOUR {
        let of = first.next().unwrap_or_else(|| random.below(networks));
        for _ in 0..3 {
            events.push((ts, of));
            ts += 1 + below(random, 900);
        }
        ts += 20_000 + below(random, longest);
    }
    events
}

fn people(events: &[(i64, u64)]) -> AccountActivity {
    let mut people = AccountActivity::default();
    for (ts, of) in events {
        people.connect(*ts, network(*of));
    }
    people
}

/// The moments between connections at these times that are no further apart than an hour.
fn in_use(times: &[i64]) -> BTreeSet<i64> {
    let pairs = times.windows(2).filter(|pair| pair[1] - pair[0] <= NEAR_MS);
    pairs.flat_map(|pair| NEAR.slot(pair[0]) + 1..=NEAR.slot(pair[1])).collect()
}

/// How much more than one of these is in use, summed over all moments.
fn beyond_one(used: &[BTreeSet<i64>]) -> usize {
    let any: BTreeSet<_> = used.iter().flatten().collect();
    used.iter().map(BTreeSet::len).sum::<usize>() - any.len()
}

/// The same of one day, once the networks that are most in use beside others are away.
fn day_beyond_one(used: &[BTreeSet<i64>], day: i64, devices: usize) -> usize {
    let is_on_day = |slot: &&i64| NEAR.slot(START + day * DAY) == *slot - *slot % 144;
    let mut used: Vec<BTreeSet<i64>> =
        used.iter().map(|all| all.iter().filter(is_on_day).copied().collect()).collect();
    for _ in 1..devices {
        let twice = |slot: &&i64| used.iter().filter(|all| all.contains(slot)).count() > 1;
        let together: Vec<_> = used.iter().map(|all| all.iter().filter(twice).count()).collect();
        let most = together.iter().max().unwrap();
        used[together.iter().position(|count| count == most).unwrap()].clear();
    }
    beyond_one(&used)
}

#[test]
fn what_is_in_use_beyond_one_network_is_what_its_definition_says() {
    let mut found = 0;
    for seed in 1..=60 {
        let random = &mut Random(seed);
        let networks = 2 + random.below(4);
        let events = visits(random, networks);
        let of = |n| events.iter().filter(move |(_, of)| *of == n).map(|(ts, _)| *ts);
        let mut used: Vec<_> = (0..networks).map(|n| in_use(&of(n).collect::<Vec<_>>())).collect();
        // What is new counts as one network more: a phone on the move.
        let new: BTreeSet<i64> = (0..networks).flat_map(|n| of(n).take(NEW)).collect();
        used.push(in_use(&new.into_iter().collect::<Vec<_>>()));
        let people = people(&events);
        for devices in 1..=3 {
            let days = (0..3).map(|day| day_beyond_one(&used, day, devices));
            let expected = days.sum::<usize>();
            let seen = people.estimate(devices);
            assert_eq!(seen.beyond_one as usize, expected, "seed {seed}, {devices} devices");
            found += expected;
        }
        let any: BTreeSet<_> = used.iter().flatten().collect();
        assert_eq!(people.estimate(1).live as usize, any.len(), "seed {seed}");
    }
    assert!(found > 1000, "the examples show nothing");
}

/// There, back, there and back again within twelve hours is a return; one counts in half an hour.
fn returns(events: &[(i64, u64)], a: u64, b: u64) -> u32 {
    let both: Vec<_> = events.iter().filter(|(_, of)| *of == a || *of == b).collect();
    let changes = both.windows(2).filter(|two| two[0].1 != two[1].1);
    let near = changes.filter(|two| two[1].0 - two[0].0 <= 12 * HOUR);
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
fn returns_are_what_their_definition_says() {
    let mut found = 0;
    for seed in 1..=60 {
        let random = &mut Random(seed);
        let networks = 2 + random.below(3);
        let mut events = visits(random, networks);
        // All are known for days: they are places.
        let last = START + 3 * DAY - HOUR / 2;
        events.extend((0..networks).zip(0..).map(|(n, place)| (last + place * 60_000, n)));
        let pairs = (0..networks).flat_map(|a| (0..a).map(move |b| (a, b)));
        let expected = pairs.map(|(a, b)| returns(&events, a, b)).sum::<u32>();
        // Each counts for its day and for the window.
        assert_eq!(people(&events).estimate(1).returns, 2 * expected, "seed {seed}");
        found += expected;
    }
    assert!(found > 1000, "the examples show nothing");
}

/// Once it was thought that there are several, that stays so until there is clearly one again.
#[test]
fn a_verdict_holds_on_as_its_history_says() {
    let random = &mut Random(9);
    let (mut verdict, mut history) = (Verdict::Unknown, Vec::new());
    let mut seen_verdicts = BTreeSet::new();
    for _ in 0..20_000 {
        let people = 1.0 + f64::from(u32::try_from(random.below(120)).unwrap()) / 100.0;
        let small = |random: &mut Random| {
            let most = 1 + random.below(40);
            u32::try_from(random.below(most)).unwrap()
        };
        // A tenth of the places adds three hundredths of a person each, and no proof of more.
        let places = if random.below(10) == 0 { small(random) % 3 } else { 0 };
        let seen = Estimate {
            people: people + 0.03 * f64::from(places),
            live: small(random),
            beyond_one: small(random) / 2,
            returns: small(random) / 3,
            places,
            is_crowd: random.below(60) == 0,
        };
        verdict = verdict.after(&seen);
        history.push(seen);
        assert_eq!(verdict, of_history(&history), "after {}", history.len());
        seen_verdicts.insert(verdict);
        if random.below(40) == 0 {
            (verdict, history) = (Verdict::Unknown, Vec::new());
        }
    }
    assert_eq!(seen_verdicts.len(), 4);
}

fn of_history(history: &[Estimate]) -> Verdict {
    let people = |seen: &Estimate| seen.people - 0.03 * f64::from(seen.places);
    let is_proof = |seen: &&Estimate| {
        seen.is_crowd
            || (people(seen) >= 1.5 && (seen.returns >= 3 || seen.places > 0))
            || (people(seen) >= 1.85 && seen.beyond_one >= 15)
    };
    let is_one = |seen: &Estimate| people(seen) < 1.35 && !is_proof(&seen);
    let since = history.iter().rposition(is_one).map_or(0, |at| at + 1);
    let since = &history[since..];
    if since.iter().any(|seen| is_proof(&seen)) {
        Verdict::Sharing
    } else if since.iter().any(|seen| people(seen) >= 1.5) {
        Verdict::Watch
    } else if history.iter().any(|seen| seen.live >= 6 || people(seen) >= 1.5 || is_proof(&seen)) {
        Verdict::Clear
    } else {
        Verdict::Unknown
    }
}

#[test]
fn less_is_said_when_less_was_thought_for_an_hour_of_use() {
    let seen = |people| Estimate { people, live: 20, ..Estimate::default() };
    let mut account = AccountActivity::default();
    assert_eq!(account.judge(&seen(1.6)), Some(Verdict::Unknown));
    let mut told = Vec::new();
    for people in [1.0, 1.1, 1.0, 1.2, 1.0, 1.4, 1.0, 1.1, 1.0, 1.2, 1.0, 1.1, 1.0] {
        told.push((account.judge(&seen(people)), account.verdict()));
    }
    // 1.4 is not yet one person: five times less do not count with what comes after.
    let (last, before) = told[..12].split_last().unwrap();
    assert!(before.iter().all(|told| *told == (None, Verdict::Watch)), "{before:?}");
    assert_eq!(*last, (Some(Verdict::Watch), Verdict::Clear));
    assert_eq!(told[12], (None, Verdict::Clear));
}
