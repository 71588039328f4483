//! `mtp-report --by` and `--history`: equal to plain counting, whole or in parts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use time::{Date, Duration as Days, Month};

use crate::harness::{SeededRng, check_schema, run, spawn_piped, text};

/// Days of the events; the last 31 are exact.
const DAYS: i64 = 75;

/// Events of several proxies over months, in order of time.
fn events(seed: u64, users: usize) -> String {
    let mut rng = SeededRng::new(seed);
    let start = Date::from_calendar_date(2026, Month::January, 20).unwrap();
    let mut counters = BTreeMap::<(usize, usize), (u64, u64)>::new();
    let mut out = String::new();
    for day in 0..DAYS {
        let date = start + Days::days(day);
        for step in 0..12 {
            let clock = format!("{:02}:{:02}:{:02}", step * 2, rng.below(60), rng.below(60));
            let ts = format!("{date}T{clock}Z");
            let (user, source) = (rng.below(users), rng.below(3_usize));
            let ip = match rng.below(4) {
                0 => format!("2001:db8:{:x}::{:x}", user % 5, rng.below(9)),
                _ => format!("198.51.{}.{}", user % 7, rng.below(40)),
            };
            match rng.below(10) {
                0 => writeln!(
                    out,
                    r#"{{"type":"reject","ts":"{ts}","reason":"{}","count":{},"proxy":"telemt","source":"s{source}"}}"#,
                    rng.pick(&["replay", "limit"]),
                    1 + rng.below(3)
                ),
                1 | 2 => writeln!(
                    out,
                    r#"{{"type":"disconnect","ts":"{ts}","user":"u{user}","bytes_up":{},"bytes_down":7,"proxy":"telemt","source":"s{source}"}}"#,
                    rng.below(100_000)
                ),
                3 => {
                    // A proxy that logs statistics only, and is restarted now and then.
                    let counter = counters.entry((user, source)).or_default();
                    if rng.one_in(5) {
                        *counter = (0, 0);
                    }
                    counter.0 += rng.below(9_u64);
                    counter.1 += rng.below(9_u64);
                    writeln!(
                        out,
                        r#"{{"type":"usage","ts":"{ts}","user":"stats{user}","connects":{},"current":1,"megabytes":{}.5,"proxy":"mtprotoproxy","source":"s{source}"}}"#,
                        counter.0, counter.1
                    )
                }
                4 => writeln!(
                    out,
                    r#"{{"type":"connect","ts":"{ts}","ip":"{ip}","proxy":"mtg","source":"s{source}"}}"#
                ),
                _ => writeln!(
                    out,
                    r#"{{"type":"connect","ts":"{ts}","user":"u{user}","ip":"{ip}","proxy":"telemt","source":"s{source}"}}"#
                ),
            }
            .unwrap();
        }
    }
    out
}

/// The first day of a period, as text.
fn period(by: &str, ts: &str) -> String {
    let part = |range: std::ops::Range<usize>| ts[range].parse::<u8>().unwrap();
    let month = Month::try_from(part(5..7)).unwrap();
    let date = Date::from_calendar_date(ts[..4].parse().unwrap(), month, part(8..10)).unwrap();
    let back = match by {
        "week" => i64::from(date.weekday().number_days_from_monday()),
        "month" => i64::from(date.day()) - 1,
        _ => 0,
    };
    (date - Days::days(back)).to_string()
}

/// What a period of all users or of one comes to.
#[derive(Debug, Default, PartialEq)]
struct Counted {
    users: BTreeSet<String>,
    addresses: BTreeSet<String>,
    connections: u64,
    bytes: u64,
    rejected: u64,
    reasons: BTreeMap<String, u64>,
}

/// Counts the events one by one, by user (empty: all) and period.
fn counted(events: &str, by: &str) -> BTreeMap<(String, String), Counted> {
    let mut all = BTreeMap::<(String, String), Counted>::new();
    let mut counters = BTreeMap::<(String, String), (u64, f64)>::new();
    for line in events.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let of = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let (user, start) = (of("user"), period(by, row["ts"].as_str().unwrap()));
        let mut change = |change: &dyn Fn(&mut Counted)| {
            change(all.entry((String::new(), start.clone())).or_default());
            if !user.is_empty() {
                change(all.entry((user.clone(), start.clone())).or_default());
            }
        };
        match row["type"].as_str().unwrap() {
            "connect" => change(&|of_period| {
                of_period.connections += 1;
                of_period.addresses.insert(of("ip"));
                of_period.users.extend((!user.is_empty()).then(|| user.clone()));
            }),
            "disconnect" => {
                let bytes = row["bytes_up"].as_u64().unwrap() + 7;
                change(&|of_period| of_period.bytes += bytes);
            }
            "reject" => {
                let count = row["count"].as_u64().unwrap();
                change(&|of_period| {
                    of_period.rejected += count;
                    *of_period.reasons.entry(of("reason")).or_default() += count;
                });
            }
            _ => {
                let new = (row["connects"].as_u64().unwrap(), row["megabytes"].as_f64().unwrap());
                let old = counters.insert((user.clone(), of("source")), new).unwrap_or_default();
                let is_restarted = new.0 < old.0 || new.1 < old.1;
                let old = if is_restarted { (0, 0.0) } else { old };
                let bytes = format!("{:.0}", (new.1 - old.1) * 1e6).parse::<u64>().unwrap();
                change(&|of_period| {
                    of_period.connections += new.0 - old.0;
                    of_period.bytes += bytes;
                    let is_active = new.0 > old.0;
                    of_period.users.extend(is_active.then(|| user.clone()));
                });
            }
        }
    }
    all
}

fn rows(args: &[&str], input: &str) -> Vec<Value> {
    let output =
        run("mtp-report", &[&["--format", "json", "--tz", "UTC"], args].concat(), input.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let out = text(&output.stdout);
    check_schema(&out);
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_figure_equals_plain_counting() {
    let events = events(1, 12);
    for by in ["day", "week", "month"] {
        let mut wanted = counted(&events, by);
        let totals = rows(&["--by", by], &events);
        let last = totals.len() - 1;
        let mut users_before = BTreeSet::new();
        let starts: Vec<_> =
            totals.iter().map(|row| row["from"].as_str().unwrap().to_owned()).collect();
        for (place, row) in totals.iter().enumerate() {
            let want = wanted.remove(&(String::new(), starts[place].clone())).unwrap_or_default();
            assert_eq!(row["connections"], want.connections, "{row}");
            assert_eq!(row["bytes"], want.bytes, "{row}");
            assert_eq!(row["rejected"], want.rejected, "{row}");
            assert_eq!(row["users"], want.users.len(), "{row}");
            assert_eq!(row["addresses"], want.addresses.len(), "{row}");
            let reasons = if want.reasons.is_empty() { Value::Null } else { json!(want.reasons) };
            assert_eq!(row["reasons"], reasons);
            let new = want.users.difference(&users_before).count();
            assert_eq!(row["new_users"], if place == 0 { Value::Null } else { json!(new) });
            let later: BTreeSet<_> = starts[place + 1..]
                .iter()
                .filter_map(|start| wanted.get(&(String::new(), start.clone())))
                .flat_map(|of| of.users.clone())
                .collect();
            let gone = want.users.difference(&later).count();
            assert_eq!(row["gone_users"], if place == last { Value::Null } else { json!(gone) });
            users_before.extend(want.users);
        }
        assert!(totals[0]["estimated"] == true && totals[last]["estimated"] == Value::Null);
        let each = rows(&["--by", by, "--per-user"], &events);
        assert!(each.len() > totals.len() * 5);
        for row in each {
            let of = |key: &str| row[key].as_str().unwrap().to_owned();
            let want = wanted.remove(&(of("user"), of("from"))).unwrap();
            assert_eq!(row["connections"], want.connections, "{row}");
            assert_eq!(row["bytes"], want.bytes, "{row}");
            let is_kept = row["addresses"].is_u64();
            assert!(!is_kept || row["addresses"] == want.addresses.len(), "{row}");
            assert!(is_kept || by == "day", "{row}");
        }
        assert!(wanted.is_empty(), "{wanted:?}");
    }
}

/// What a history has: its rows of every period, of all users and of each.
fn figures(history: &Path) -> Vec<Value> {
    let history = history.to_str().unwrap();
    let mut all = Vec::new();
    for by in ["day", "week", "month"] {
        all.extend(rows(&["--history", history, "--by", by], ""));
        all.extend(rows(&["--history", history, "--by", by, "--per-user"], ""));
    }
    all
}

fn kept(folder: &Path, name: &str, events: &str) -> std::path::PathBuf {
    let path = folder.join(name);
    let args = ["--history", path.to_str().unwrap(), "--tz", "UTC"];
    let output = run("mtp-report", &args, events.as_bytes());
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    path
}

#[test]
fn merged_parts_equal_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..4 {
        let events = events(seed, 40);
        let whole = kept(folder.path(), &format!("whole-{seed}"), &events);
        let want = figures(&whole);
        let lines: Vec<_> = events.lines().collect();
        for kind in ["source", "time"] {
            let mut parts = vec![String::new(); 3];
            for (place, line) in lines.iter().enumerate() {
                let source = (0..3).find(|n| line.contains(&format!("\"source\":\"s{n}\"")));
                let part = if kind == "source" { source.unwrap() } else { place * 3 / lines.len() };
                writeln!(parts[part], "{line}").unwrap();
            }
            let merged = folder.path().join(format!("merged-{kind}-{seed}"));
            let mut args = vec!["--tz".to_owned(), "UTC".to_owned(), "--history".to_owned()];
            args.push(merged.display().to_string());
            // In any order.
            for (place, part) in parts.iter().enumerate().rev() {
                let name = format!("{kind}-{seed}-{place}");
                let path = kept(folder.path(), &name, part);
                if path.exists() {
                    args.extend(["--merge".to_owned(), path.display().to_string()]);
                }
            }
            let args: Vec<_> = args.iter().map(String::as_str).collect();
            let output = run("mtp-report", &args, b"");
            assert!(output.status.success(), "{output:?}");
            assert_eq!(figures(&merged), want, "{kind} {seed}");
        }
    }
}

/// A run that was killed is repeated from the beginning of the log, as after a restart.
#[test]
fn a_killed_run_loses_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let events = events(7, 15);
    let want = figures(&kept(folder.path(), "whole", &events));
    let lines: Vec<_> = events.lines().collect();
    for (round, cut) in [1, 200, 555, lines.len() - 1].into_iter().enumerate() {
        let path = folder.path().join(format!("killed-{round}"));
        let history = path.to_str().unwrap();
        let args = ["--tz", "UTC", "--every", "1s", "--history", history];
        let (mut child, mut stdin) = spawn_piped("mtp-report", &args);
        stdin.write_all((lines[..cut].join("\n") + "\n").as_bytes()).unwrap();
        let until = Instant::now() + Duration::from_mins(1);
        while fs::metadata(&path).map_or(0, |meta| meta.len()) == 0 {
            assert!(Instant::now() < until, "no history in time");
            std::thread::sleep(Duration::from_millis(20));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let output = run("mtp-report", &args, events.as_bytes());
        assert!(output.status.success(), "{output:?}");
        assert!(text(&output.stderr).contains("rows that the history has"), "{output:?}");
        assert_eq!(figures(&path), want, "after {cut} lines");
    }
}

#[test]
fn days_are_bounded_and_a_user_can_be_erased() {
    let folder = tempfile::tempdir().unwrap();
    let events = events(3, 10);
    let path = kept(folder.path(), "history", &events);
    let history = path.to_str().unwrap();
    let all = rows(&["--history", history, "--by", "day"], "");
    let some = rows(&["--history", history, "--by", "day", "--retain", "40d"], "");
    // The rows are those before the history is saved; the next run has what was kept.
    assert_eq!(some, all);
    let kept = rows(&["--history", history, "--by", "day"], "");
    assert_eq!(kept.len(), 40);
    assert_eq!(kept.last(), all.last());
    let output = run("mtp-report", &["--tz", "UTC", "--history", history, "--forget", "u3"], b"");
    assert!(output.status.success(), "{output:?}");
    let left = rows(&["--history", history, "--by", "month", "--per-user"], "");
    assert!(!left.is_empty() && left.iter().all(|row| row["user"] != "u3"));
    let again = run("mtp-report", &["--tz", "UTC", "--history", history, "--forget", "u3"], b"");
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("--forget: no user 'u3'"), "{again:?}");
    let other = run("mtp-report", &["--tz", "Asia/Tokyo", "--history", history], b"");
    assert!(
        text(&other.stderr).contains("its days are of another zone: use --tz UTC"),
        "{other:?}"
    );
    let alone = run("mtp-report", &["--forget", "u3"], b"");
    assert_eq!(alone.status.code(), Some(2));
}

/// Without a history, `--by` shows the input alone; users' names are hidden where it is asked for.
#[test]
fn the_text_is_a_table_and_names_are_hidden() {
    let events = events(5, 9);
    let out = text(&run("mtp-report", &["--by", "month", "--tz", "UTC"], events.as_bytes()).stdout);
    let months: Vec<_> = out.lines().filter(|line| line.starts_with("2026-")).collect();
    assert_eq!(months.len(), 4, "{out}");
    assert!(out.starts_with("By month\nMONTH  ") && out.contains("~ estimated"), "{out}");
    let args = ["--by", "week", "--per-user", "--anonymize", "--tz", "UTC"];
    let hidden = text(&run("mtp-report", &args, events.as_bytes()).stdout);
    assert!(hidden.contains("user-3") && !hidden.contains("stats"), "{hidden}");
    let page = folder_page(&events);
    assert!(page.contains("<section id=calendar") && page.contains("<td>replay "), "{page}");
}

fn folder_page(events: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let args = ["--by", "week", "--tz", "UTC", "--html", page.to_str().unwrap()];
    assert!(run("mtp-report", &args, events.as_bytes()).status.success());
    fs::read_to_string(page).unwrap()
}
