//! Laws of the number of people: what is kept connection by connection is what its definition says
//! of all of them; a stream of months keeps no more than one of days, and a person stays one.

use std::collections::BTreeSet;

use mtp::sharing::presence::{FAR_MS, NEAR, NEAR_MS};
use mtp::sharing::{AccountActivity, Network, Prefixes, SOURCES_MAX, Verdict};

use crate::harness::Random;

const DAY: i64 = 86_400_000;
/// A midnight, and one of those at which counts halve.
const START: i64 = 20_781 * DAY;

fn network(n: u64) -> Network {
    let n = u8::try_from(n).unwrap();
    Network::of([203, 0, n, 7].into(), Prefixes::default())
}

fn below(random: &mut Random, most: i64) -> i64 {
    i64::try_from(random.below(u64::try_from(most).unwrap())).unwrap()
}

/// In use at a moment: opened connections before it and at or after it, not too far apart.
fn in_use(events: &[(i64, Network)], network: Network, moment: i64, gap_ms: i64) -> bool {
    let own = || events.iter().filter(|(_, of)| *of == network).map(|(ts, _)| *ts);
    let before = own().filter(|ts| *ts < moment).max();
    let after = own().filter(|ts| *ts >= moment).min();
    matches!((before, after), (Some(before), Some(after)) if after - before <= gap_ms)
}

/// Events of some networks, in bursts, over some days.
fn events(random: &mut Random, networks: u64, days: i64) -> Vec<(i64, Network)> {
    let (mut ts, mut events) = (START, Vec::new());
    let longest = 1 + below(random, 5 * 3_600_000);
    while ts < START + days * DAY {
        ts += below(random, longest);
        let of = network(random.below(networks));
        for _ in 0..=random.below(3) {
            events.push((ts, of));
            ts += below(random, 3_000);
        }
    }
    events
}

#[test]
fn presence_is_what_its_definition_says() {
    for seed in 1..=40 {
        let random = &mut Random(seed);
        let networks = 1 + random.below(6);
        let events = events(random, networks, 5);
        let mut people = AccountActivity::default();
        for (ts, network) in &events {
            people.connect(*ts, *network);
        }
        let newest = events.last().unwrap().0;
        let slots = i64::try_from(NEAR.slots).unwrap();
        for network in (0..networks).map(network) {
            let Some(presence) = people.presence(network) else {
                let is_old = |(ts, of): &(i64, Network)| *of != network || newest - ts > 2 * DAY;
                assert!(events.iter().all(is_old), "seed {seed}: {network} is forgotten");
                continue;
            };
            for (scale, bits, gap) in [
                (NEAR, presence.near.to_vec(), NEAR_MS),
                (mtp::sharing::presence::FAR, presence.far.to_vec(), FAR_MS),
            ] {
                let last = scale.slot(newest);
                let kept = i64::try_from(scale.slots).unwrap();
                for slot in last - kept + 1..=last {
                    let place = scale.place(slot);
                    let is_set = bits[place / 64] >> (place % 64) & 1 == 1;
                    // A moment is past once it is at or before a connection: that is, `>= moment`.
                    let should = in_use(&events, network, slot * scale.slot_ms, gap);
                    assert_eq!(is_set, should, "seed {seed}: {network} at {}", last - slot);
                }
            }
        }
        assert!(slots > 0);
    }
}

/// A day of a phone: at home, on the way, at work, and back.
fn commute(
    random: &mut Random,
    people: &mut AccountActivity,
    day: i64,
    home: Network,
    work: Network,
) {
    let midnight = START + day * DAY;
    let mut ts = midnight + 7 * 3_600_000;
    while ts < midnight + 23 * 3_600_000 {
        let hour = (ts - midnight) / 3_600_000;
        let of = match hour {
            9 | 18 => network(100 + random.below(50)),
            10..18 => work,
            _ => home,
        };
        for _ in 0..3 {
            people.connect(ts, of);
            ts += 1 + below(random, 1_000);
        }
        ts += 60_000 + below(random, 1_200_000);
    }
}

/// What is thought after an hour of the same.
fn think(people: &mut AccountActivity) -> Verdict {
    let seen = people.estimate(2);
    for _ in 0..6 {
        people.judge(&seen);
    }
    people.verdict()
}

#[test]
fn a_person_stays_one_for_a_year_and_through_a_move() {
    let random = &mut Random(7);
    let mut people = AccountActivity::default();
    for day in 0..365 {
        let home = network(1 + u64::from(day >= 180));
        commute(random, &mut people, day, home, network(3));
        assert_eq!(think(&mut people), Verdict::Clear, "day {day}");
        assert!(people.estimate(2).people < 1.5, "day {day}");
    }
    assert!(people.networks() <= 64);
}

#[test]
fn two_people_are_told_within_days_and_clear_again_within_days() {
    let random = &mut Random(8);
    let mut people = AccountActivity::default();
    let mut verdicts = Vec::new();
    for day in 0..12 {
        let mut both = [AccountActivity::default(), AccountActivity::default()];
        if day < 6 {
            // Two commuters: their connections in the order of time.
            let mut events: BTreeSet<(i64, Network)> = BTreeSet::new();
            for (n, _) in both.iter_mut().enumerate() {
                let n = u64::try_from(n).unwrap() * 10;
                let midnight = START + day * DAY;
                let mut ts = midnight + 7 * 3_600_000;
                while ts < midnight + 23 * 3_600_000 {
                    let place = if (ts - midnight) / 3_600_000 % 24 < 17 { 4 } else { 1 };
                    let of = network(n + place);
                    events.extend((0..3).map(|k| (ts + k * 400, of)));
                    ts += 300_000 + below(random, 900_000);
                }
            }
            for (ts, of) in events {
                people.connect(ts, of);
            }
        } else {
            commute(random, &mut people, day, network(1), network(4));
        }
        verdicts.push(think(&mut people));
    }
    assert_eq!(verdicts[2], Verdict::Sharing);
    assert_eq!(verdicts[11], Verdict::Clear);
}

#[test]
fn a_client_that_walks_through_networks_grows_nothing() {
    let mut people = AccountActivity::default();
    for n in 0..200_000_u32 {
        let ip = std::net::Ipv6Addr::from((0x2001_0db8_u128 << 96) | u128::from(n) << 64);
        people.connect(START + i64::from(n) * 997, Network::of(ip.into(), Prefixes::default()));
    }
    assert!(people.networks() <= SOURCES_MAX);
    assert!(people.crowded_out > 100_000);
}
