//! mtp-score is killed at any moment and given again what `docker compose logs --since` prints: it
//! loses nothing and counts nothing twice.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use crate::harness::{SeededRng, run, text, tool};

/// Number of kills, unless `MTP_KILLS` is set.
const KILLS: u64 = 200;

fn rows(count: u64) -> Vec<String> {
    let random = &mut SeededRng::new(11);
    let mut now = 1_795_448_000_000;
    let each = |n| {
        now += random.below(20_000);
        let ts = mtp::timestamp::Timestamp(now).text();
        let (user, last) = (random.below(7), random.below(30));
        // Every third line has no id: then its attributes identify it.
        let id = if n % 3 == 0 { String::new() } else { format!("\"id\":\"k-{n}\",") };
        format!(
            "{{\"type\":\"connect\",\"ts\":\"{ts}\",\"user\":\"u{user}\",\
             \"ip\":\"198.51.100.{last}\",\"port\":{n},{id}\"proxy\":\"access\"}}\n"
        )
    };
    (1..=count).map(each).collect()
}

/// The alerts of some runs. An alert that was printed but not saved is printed again, the same.
fn alerts(rows: &str) -> BTreeSet<&str> {
    rows.lines().filter(|row| row.starts_with("{\"type\":\"alert\"")).collect()
}

/// The summaries and the number of connections and users.
fn totals(stdout: &[u8]) -> Vec<String> {
    let rows = text(stdout);
    let summaries = rows.lines().filter(|row| row.contains("\"type\":\"summary\""));
    let mut all: Vec<_> = summaries.map(str::to_owned).collect();
    let meta = rows.lines().find(|row| row.contains("\"tool\":\"mtp-score\"")).unwrap();
    let meta: serde_json::Value = serde_json::from_str(meta).unwrap();
    all.push(format!("{} {}", meta["connections"], meta["users"]));
    all
}

#[test]
fn a_kill_at_any_moment_loses_and_doubles_nothing() {
    let all = rows(3000);
    let folder = tempfile::tempdir().unwrap();
    let state = |name: &str| folder.path().join(name).display().to_string();
    let args = ["--alert-on", "risk", "--save-every", "2ms", "--state"];
    let args = |name: &str| args.map(str::to_owned).into_iter().chain([state(name)]);
    let score = |name: &str, rows: &[String]| {
        let args: Vec<_> = args(name).collect();
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        let output = run("mtp-score", &args, rows.concat().as_bytes());
        assert!(output.status.success(), "{}", text(&output.stderr));
        output.stdout
    };
    let whole = score("whole", &all);
    let printed = std::fs::File::create(folder.path().join("printed")).unwrap();
    let kills = std::env::var("MTP_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(KILLS);
    let (random, mut reached) = (&mut SeededRng::new(5), 0);
    for _ in 0..kills {
        let mut child = tool("mtp-score")
            .args(args("killed"))
            .stdin(Stdio::piped())
            .stdout(printed.try_clone().unwrap())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // The log repeats some of the past, and always all that was not saved.
        let from = if random.below(3) == 0 { 0 } else { saved(&state("killed"), &all) };
        reached = (reached + usize::try_from(random.below(300)).unwrap()).min(all.len());
        for row in all.get(from..reached).unwrap_or_default() {
            if stdin.write_all(row.as_bytes()).is_err() {
                break;
            }
        }
        std::thread::sleep(Duration::from_micros(random.below(12_000)));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let last = score("killed", &all);
    assert_eq!(totals(&last), totals(&whole));
    let printed = std::fs::read_to_string(folder.path().join("printed")).unwrap();
    let (whole, last) = (text(&whole), text(&last));
    let all_alerts: BTreeSet<_> = alerts(&printed).union(&alerts(&last)).copied().collect();
    assert_eq!(all_alerts, alerts(&whole));
    assert!(all_alerts.len() > 5, "the example has few alerts");
}

/// The first row that a saved state may not contain: none are before the first save.
fn saved(state: &str, all: &[String]) -> usize {
    if !std::path::Path::new(state).exists() {
        return 0;
    }
    let copy = format!("{state}.copy");
    std::fs::copy(state, &copy).unwrap();
    let meta = run("mtp-score", &["--state", &copy], b"");
    let meta = text(&meta.stdout);
    let seen: serde_json::Value =
        meta.lines().last().and_then(|row| serde_json::from_str(row).ok()).unwrap();
    let seen = usize::try_from(seen["connections"].as_u64().unwrap()).unwrap();
    seen.min(all.len()).saturating_sub(50)
}
