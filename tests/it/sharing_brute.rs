//! The estimate against its definition, computed over all connections and ends at once.

use std::collections::BTreeSet;

use mtp::sharing::presence::{DAY_MS, DAY_SLOTS, GAP_MS, HELD_MS, slot};
use mtp::sharing::{AccountActivity, Estimate, Network, Prefixes, group_networks};

use crate::harness::SeededRng;

const HOUR_MS: i64 = 3_600_000;
/// A midnight.
const START: i64 = 20_781 * DAY_MS;
/// The share that each further day leaves of the days before the window.
const PAST_DECAY: f64 = 0.7;

/// Networks of different blocks.
fn network(n: u64) -> Network {
    Network::of([u8::try_from(60 + n).unwrap(), 1, 2, 3].into(), Prefixes::default())
}

fn below(random: &mut SeededRng, limit: i64) -> i64 {
    i64::try_from(random.below(u64::try_from(limit).unwrap())).unwrap()
}

/// A connection that begins, or one that ends after so long.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    ts: i64,
    of: u64,
    lasted_ms: i64,
}

/// Single connections of some networks over some days, never two within seconds, so that no two
/// networks are one pool. Some of them last for hours.
fn rows(random: &mut SeededRng, networks: u64, days: i64) -> Vec<Row> {
    let (mut ts, mut rows) = (START + below(random, DAY_MS), Vec::new());
    let longest = 60_000 + below(random, 2 * HOUR_MS);
    while ts < START + days * DAY_MS {
        let of = random.below(networks);
        rows.push(Row { ts, of, lasted_ms: 0 });
        let lasted_ms = below(random, 5 * HOUR_MS);
        if random.below(4) == 0 && lasted_ms >= HELD_MS {
            rows.push(Row { ts: ts + lasted_ms, of, lasted_ms });
        }
        ts += 5_000 + below(random, longest);
    }
    rows.retain(|row| row.ts < START + days * DAY_MS);
    rows.sort_unstable();
    rows
}

fn activity(rows: &[Row], devices: usize) -> AccountActivity {
    let mut activity = AccountActivity::default();
    activity.set_has_ends();
    for row in rows {
        if row.lasted_ms == 0 {
            activity.connect(row.ts, network(row.of), devices);
        } else {
            activity.end(row.ts, network(row.of), row.lasted_ms, devices);
        }
    }
    activity
}

fn estimate(activity: &AccountActivity, devices: usize) -> Estimate {
    mtp::sharing::estimate(activity, &group_networks(activity), devices)
}

/// The slots between connections that are no further apart than the gap.
fn in_use(rows: &[Row], of: u64) -> BTreeSet<i64> {
    let begins = rows.iter().filter(|row| row.of == of && row.lasted_ms == 0);
    let times: Vec<i64> = begins.map(|row| row.ts).collect();
    let pairs = times.windows(2).filter(|pair| pair[1] - pair[0] <= GAP_MS);
    pairs.flat_map(|pair| slot(pair[0]) + 1..=slot(pair[1])).collect()
}

/// The slots that long connections cover.
fn held(rows: &[Row], of: u64) -> BTreeSet<i64> {
    let ends = rows.iter().filter(|row| row.of == of && row.lasted_ms > 0);
    ends.flat_map(|row| slot(row.ts - row.lasted_ms)..=slot(row.ts)).collect()
}

/// Networks beyond one on one day, after so many are left out: each time the one that is most in
/// use beside others.
fn excess(used: &[BTreeSet<i64>], day: i64, left_out: usize) -> usize {
    let is_on_day = |slot: &&i64| slot.div_euclid(DAY_SLOTS) == day;
    let mut used: Vec<BTreeSet<i64>> =
        used.iter().map(|all| all.iter().filter(is_on_day).copied().collect()).collect();
    for _ in 0..left_out {
        let is_twice = |slot: &&i64| used.iter().filter(|all| all.contains(slot)).count() > 1;
        let together: Vec<_> = used.iter().map(|all| all.iter().filter(is_twice).count()).collect();
        let most = together.iter().max().unwrap();
        used[together.iter().position(|count| count == most).unwrap()].clear();
    }
    let any: BTreeSet<_> = used.iter().flatten().collect();
    used.iter().map(BTreeSet::len).sum::<usize>() - any.len()
}

/// Slots with three changes between networks.
fn alternating(rows: &[Row], day: i64) -> usize {
    let begins: Vec<_> = rows.iter().filter(|row| row.lasted_ms == 0).collect();
    let of_slot = begins.chunk_by(|one, next| slot(one.ts) == slot(next.ts));
    let of_day = of_slot.filter(|all| slot(all[0].ts).div_euclid(DAY_SLOTS) == day);
    let changes = |all: &[&Row]| all.windows(2).filter(|two| two[0].of != two[1].of).count();
    of_day.filter(|all| changes(all) >= 3).count()
}

#[test]
#[expect(clippy::cast_precision_loss, reason = "the counts are small")]
fn the_measures_equal_their_definition() {
    let mut totals = [0.0; 4];
    for seed in 1..=60 {
        let random = &mut SeededRng::new(seed);
        let (networks, days) = (2 + random.below(4), 1 + below(random, 8));
        let rows = rows(random, networks, days);
        let used: Vec<_> = (0..networks).map(|of| in_use(&rows, of)).collect();
        let unheld: Vec<BTreeSet<i64>> = (0..networks)
            .map(|of| &used[usize::try_from(of).unwrap()] - &held(&rows, of))
            .collect();
        let (first, last) = (rows[0].ts, rows.last().unwrap().ts);
        let today = last.div_euclid(DAY_MS);
        let ago = |ts: i64| (last - ts) as f64 / DAY_MS as f64;
        for devices in 1..=3_usize {
            let (mut sums, mut past_days) = ([0.0; 4], 0.0);
            for day in first.div_euclid(DAY_MS)..=today {
                // A day out of the window counts less, the more days ago it was.
                let out = today - day - 3;
                let weight =
                    if out < 0 { 1.0 } else { PAST_DECAY.powi(i32::try_from(out).unwrap()) };
                past_days += if out < 0 { 0.0 } else { weight };
                let fixed = devices - 1;
                let values = [
                    excess(&unheld, day, fixed.saturating_sub(1)),
                    excess(&unheld, day, fixed),
                    excess(&used, day, devices),
                    alternating(&rows, day),
                ];
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum += weight * value as f64;
                }
            }
            let window = ago(first).min(ago((today - 2) * DAY_MS));
            let days = (window + past_days).max(1.0);
            let measures = estimate(&activity(&rows, devices), devices).measures;
            for ((got, sum), total) in measures.into_iter().zip(sums).zip(&mut totals) {
                let want = sum / days;
                assert!((got - want).abs() < 1e-3 * (1.0 + want), "seed {seed}: {got} {want}");
                *total += want;
            }
        }
        let any = used.iter().flatten().filter(|slot| slot.div_euclid(DAY_SLOTS) > today - 3);
        let any: BTreeSet<_> = any.collect();
        assert_eq!(estimate(&activity(&rows, 1), 1).active as usize, any.len(), "seed {seed}");
    }
    assert!(totals.iter().all(|total| *total > 50.0), "the examples have no excess: {totals:?}");
}

/// More of any measure never lowers the estimate, and a share of shared accounts only shifts it.
#[test]
fn people_and_confidence_rise_together() {
    let mut estimates = Vec::new();
    for seed in 1..=40 {
        let random = &mut SeededRng::new(seed);
        let networks = 1 + random.below(6);
        let rows = rows(random, networks, 3);
        estimates.push(estimate(&activity(&rows, 2), 2));
    }
    estimates.sort_by(|a, b| a.people.total_cmp(&b.people));
    for prior in [0.001, 0.05, 0.5] {
        let confidence: Vec<_> = estimates.iter().map(|of| of.confidence(prior)).collect();
        assert!(confidence.is_sorted() && confidence.iter().all(|p| (0.0..=1.0).contains(p)));
    }
    let (first, last) = (estimates[0], estimates[estimates.len() - 1]);
    assert!((1.0..1.2).contains(&first.people) && last.people > 2.0, "{first:?} {last:?}");
    assert!(last.confidence(0.05) < last.confidence(0.5));
}
