//! The text for people: the lines of the scripts that the tools took over from, on the data of
//! their own example, then what is new.

use mtp::timestamp::Timestamp;
use mtp::view::look::{Colours, Lang, Marks};
use mtp::view::{self, Look};

use crate::demo::SEED;

const CUSTOMER: &str = r#"{"type":"summary","ts":"2024-01-15T14:35:10Z","user":"customer1",
    "score":100,"risk":"high","points":{"addresses":40,"simultaneous":100,"frequency":10},
    "connections":25,"addresses":4,"simultaneous":2,"people":1.1,"verdict":"clear",
    "first_seen":"2024-01-15T14:00:00Z","last_seen":"2024-01-15T14:35:00Z","mean_interval":87.5,
    "ips":["192.168.1.100","10.0.0.50","172.16.0.10","203.0.113.5"],"evidence":[],"new":{"x":1}}"#;

const SAMPLE: &str = r#"{"type":"sample","ts":"2024-01-15T14:30:25Z","port":443,"total":3,
    "addresses":2,"by_ip":[{"ip":"10.0.0.50","connections":2,"rtt_ms":48.2,
    "bytes_down":1234567,"idle_seconds":2.1},{"ip":"192.168.1.100","connections":1}]}"#;

/// What follows the scripts' lines: a verdict of its own, and what to think of the score.
const VERDICT: &str = "   👥 Looks like 1 person (1.1): clear
      a score this high is usual for a phone
";

/// What monitor.py printed of its example, largest first.
const SEED_MONITOR: &str = "\
🔍 MTProxy Monitor - 2024-01-15 14:30:25
========================================
📊 Total active connections: 3
👥 Unique users (IPs): 2

📋 Connections by IP:
  ⚠️ 10.0.0.50: 2 connection(s)       rtt 48 ms, 1.2 MB down, last data 2 s ago
  ✅ 192.168.1.100: 1 connection(s)
";

fn analysis(look: &Look) -> String {
    let mut out = String::new();
    let row: view::Summary<'_> = serde_json::from_str(CUSTOMER).unwrap();
    view::analysis(
        Timestamp::read(row.ts.as_deref().unwrap().as_bytes()).unwrap().0,
        look,
        &mut out,
    );
    view::summary(&row, look, &mut out);
    out
}

#[test]
fn an_analysis_is_the_scripts() {
    let out = analysis(&Look::plain());
    assert!(out.strip_prefix(SEED).is_some_and(|rest| rest.starts_with(VERDICT)), "{out}");
    assert!(out.contains("   🕒 Seen from 2024-01-15 14:00:00 to 2024-01-15 14:35:00"), "{out}");
}

#[test]
fn a_sample_is_the_scripts() {
    let mut out = String::new();
    let row: view::Sample<'_> = serde_json::from_str(SAMPLE).unwrap();
    view::sample(&row, view::conns::WARN, &Look::plain(), &mut out);
    assert_eq!(out, SEED_MONITOR);
}

#[test]
fn a_narrow_terminal_without_emoji() {
    let look = Look { width: Some(60), marks: Marks::Words, ..Look::plain() };
    let mut out = analysis(&look);
    let row: view::Sample<'_> = serde_json::from_str(SAMPLE).unwrap();
    view::sample(&row, view::conns::WARN, &look, &mut out);
    assert!(out.is_ascii(), "{out}");
    assert!(out.lines().all(|line| line.len() <= 60), "{out}");
    assert!(out.contains("  warn 10.0.0.50: 2 connection(s)\n     rtt 48 ms"), "{out}");
    assert!(out.contains("  ok   192.168.1.100: 1 connection(s)\n"), "{out}");
}

#[test]
fn colours_only_where_asked_for_and_vietnamese() {
    let look = Look { colours: Colours::On, lang: Lang::Vi, ..Look::plain() };
    let out = analysis(&look);
    assert!(out.contains("\u{1b}[1;31m🚨 RỦI RO CAO"), "{out}");
    assert!(out.contains("Có vẻ là 1 người (1.1): bình thường"), "{out}");
}

#[test]
fn an_alert_is_one_line() {
    let row = r#"{"type":"alert","ts":"2026-11-23T14:35:10Z","user":"b\u001b[2Job",
        "verdict":"sharing","was":"watch","people":3.4,
        "evidence":[{"kind":"overlap","networks":["a","b","c"],"seconds":2460}]}"#;
    let row: view::Alert<'_> = serde_json::from_str(row).unwrap();
    let mut out = String::new();
    view::alert(&row, &Look::plain(), &mut out);
    assert_eq!(
        out,
        "14:35:10 b\\u{1b}[2Job: sharing (was watch): 3.4 people; \
         3 networks in use at once for 41 min\n"
    );
}
