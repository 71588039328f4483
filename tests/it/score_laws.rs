//! Laws of the score: the window equals the rule computed over all events, in and out of order; two
//! runs with a saved state equal one run.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr};

use mtp::score::{Counts, Window, WindowConfig};

use crate::harness::{SeededRng, run, text};

/// The counts of the rule over all events.
fn brute_force(events: &[(i64, IpAddr)], now: i64, config: &WindowConfig) -> Counts {
    let kept: Vec<_> = events
        .iter()
        .filter(|(ts, _)| config.window_ms.is_none_or(|window| *ts > now - window))
        .collect();
    let mut pairs = 0;
    for (n, (ts, ip)) in kept.iter().enumerate() {
        for (other_ts, other_ip) in &kept[..n] {
            pairs += u64::from(ip != other_ip && (ts - other_ts).abs() < config.together_ms);
        }
    }
    let addresses: HashSet<_> = kept.iter().map(|(_, ip)| ip).collect();
    Counts { connections: kept.len() as u64, addresses: addresses.len() as u64, pairs }
}

fn address(random: &mut SeededRng, most: u64) -> IpAddr {
    let last = u8::try_from(random.below(most)).unwrap_or(0);
    Ipv4Addr::new(203, 0, 113, last).into()
}

#[test]
fn the_window_equals_brute_force() {
    for seed in 1..=60 {
        let random = &mut SeededRng::new(seed);
        let window_ms = [None, Some(3_600_000), Some(20_000_000)][(seed % 3) as usize];
        let config = WindowConfig { window_ms, together_ms: 300_000, late_ms: 30_000 };
        let (few, gap) = (1 + random.below(40), 1 + random.below(120_000));
        let (mut window, mut events) = (Window::default(), Vec::new());
        let mut newest = 1_795_448_000_000;
        for n in 0..900 {
            newest += random.below(gap);
            let late = if random.below(3) == 0 { random.below(30_000) } else { 0 };
            let ts = newest - late;
            let ip = address(random, few);
            events.push((ts, ip));
            window.add(ts, ip, &config);
            window.advance(newest, &config);
            if n % 50 == 0 || n > 890 {
                assert_eq!(window.counts(), brute_force(&events, newest, &config), "seed {seed}");
            }
        }
    }
}

/// The rows of a few users. Times rise by up to a minute and vary by a few seconds.
fn rows(seed: u64, count: u64) -> Vec<String> {
    let random = &mut SeededRng::new(seed);
    let mut now = 1_795_448_000_000;
    let each = |n| {
        now += random.below(60_000);
        let ts = mtp::timestamp::Timestamp(now - random.below(5_000)).text();
        let (user, ip) = (random.below(5), address(random, 9));
        format!(
            "{{\"type\":\"connect\",\"ts\":\"{ts}\",\"user\":\"u{user}\",\"ip\":\"{ip}\",\
             \"port\":{n},\"id\":\"x-{n}\",\"proxy\":\"access\",\"source\":\"p-{}\"}}\n",
            n % 2
        )
    };
    (0..count).map(each).collect()
}

#[test]
fn rows_do_not_depend_on_the_order_within_late() {
    let straight = rows(3, 400);
    let mut sorted = straight.clone();
    sorted.sort_by(|a, b| a[19..].cmp(&b[19..]));
    assert_ne!(straight, sorted, "the example is in order");
    let score = |rows: &[String]| text(&run("mtp-score", &[], rows.concat().as_bytes()).stdout);
    assert_eq!(score(&straight), score(&sorted));
}

/// The second run is also given the last rows of the first. Together they write what one run
/// without a state does, but for the count of duplicates.
#[test]
fn two_runs_with_a_state_equal_one_run() {
    let all = rows(7, 300);
    let folder = tempfile::tempdir().unwrap();
    let state = |name: &str| folder.path().join(name).display().to_string();
    let score = |name: &str, rows: &[String]| {
        let args = ["--state", &state(name), "--every", "10m"];
        let output = run("mtp-score", &args, rows.concat().as_bytes());
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let last_rows = |output: &str| {
        let ends = output.lines().filter(|row| !row.contains("\"type\":\"meta\""));
        ends.map(str::to_owned).collect::<Vec<_>>()
    };
    let stateless = run("mtp-score", &["--every", "10m"], all.concat().as_bytes());
    let whole = last_rows(&text(&stateless.stdout));
    assert_eq!(last_rows(&score("whole", &all)), whole);
    for cut in [1, 2, 57, 133, 298, 299] {
        let name = format!("cut-{cut}");
        let first = last_rows(&score(&name, &all[..cut]));
        let again = cut.saturating_sub(40);
        let second = last_rows(&score(&name, &all[again..]));
        // The first run also wrote the summaries of its end.
        let users = all[..cut].iter().map(|row| &row[row.find("\"user\"").unwrap()..][..11]);
        let paused = users.collect::<HashSet<_>>().len();
        let rows = [&first[..first.len() - paused], &second].concat();
        assert_eq!(rows, whole, "cut at {cut}");
    }
}

#[test]
fn a_damaged_state_is_refused_and_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let name = path.display().to_string();
    assert!(
        run("mtp-score", &["--state", &name], rows(1, 50).concat().as_bytes()).status.success()
    );
    let good = std::fs::read(&path).unwrap();
    for (damage, reason) in [
        (good[..good.len() - 1].to_vec(), "checksum mismatch"),
        (b"hello".to_vec(), "not a state file of mtp-score"),
        ([b"MTPSCORE\x63\0\0\0", &good[12..]].concat(), "unsupported version 99"),
        ([&good[..40], b"x", &good[41..]].concat(), "checksum mismatch"),
    ] {
        std::fs::write(&path, &damage).unwrap();
        let output = run("mtp-score", &["--state", &name], b"");
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains(reason), "{}", text(&output.stderr));
        assert_eq!(std::fs::read(&path).unwrap(), damage);
    }
}
