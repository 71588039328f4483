//! The text for people: the lines of the scripts that the tools took over from, on the data of
//! their own example, then the text of today.

use mtp::stream::{Alert, Row, Sample, Summary};
use mtp::view::style::Colours;
use mtp::view::{AccountLine, IconSet, Lang, TextStyle, Totals, account, monitor, table};

use crate::demo::SEED;

const CUSTOMER: &str = r#"{"type":"summary","ts":"2024-01-15T14:35:10Z","user":"customer1",
    "score":100,"risk":"high","points":{"addresses":40,"simultaneous":100,"frequency":10},
    "connections":25,"addresses":4,"simultaneous":2,"window":86400,"together":300,"people":1.1,
    "verdict":"clear",
    "first_seen":"2024-01-15T14:00:00Z","last_seen":"2024-01-15T14:35:00Z","mean_interval":87.5,
    "ips":["192.168.1.100","10.0.0.50","172.16.0.10","203.0.113.5"],"evidence":[],"new":{"x":1}}"#;

const SHARED: &str = r#"{"type":"summary","ts":"2024-01-15T14:35:10Z","user":"b\u001b[2Job",
    "score":100,"risk":"high","points":{"addresses":40,"simultaneous":100,"frequency":10},
    "connections":349,"addresses":12,"simultaneous":554,"window":86400,"together":300,"people":4.3,
    "verdict":"sharing","since":"2024-01-13T08:25:00Z",
    "first_seen":"2024-01-12T14:00:00Z","last_seen":"2024-01-14T02:44:00Z",
    "ips":["192.0.2.1"],"evidence":[
    {"kind":"overlap","networks":["192.0.2.1","2001:db8::/64"],"seconds":13200,"gap":3600},
    {"kind":"alternation","networks":["192.0.2.1","AS3352"],"times":33},
    {"kind":"counterfactual","option":"--devices 4","verdict":"clear"}]}"#;

const SAMPLE: &str = r#"{"type":"sample","ts":"2024-01-15T14:30:25Z","port":443,"total":3,
    "addresses":2,"by_ip":[{"ip":"10.0.0.50","connections":2,"rtt_ms":48.2,
    "bytes_down":1234567,"idle_seconds":2.1},{"ip":"192.168.1.100","connections":1}]}"#;

/// What follows the scripts' lines: the verdict, and what the score means.
const VERDICT: &str = "   👥 Looks like 1 person (1.1): clear
      Activity score: 100/100, usual for a phone that moves
";

/// What monitor.py printed of its example, largest first; an address is marked from 2 connections on.
const SEED_MONITOR: &str = "\
🔍 MTProxy Monitor - 2024-01-15 14:30:25
========================================
📊 Total active connections: 3
👥 Unique users (IPs): 2

📋 Connections by IP:
  ⚠️ 10.0.0.50: 2 connection(s)       rtt 48 ms, 1.2 MB down, last data 2 s ago
  ✅ 192.168.1.100: 1 connection(s)
";

fn summary(line: &str) -> Summary<'_> {
    let Row::Summary(row) = Row::read(line.as_bytes()) else { panic!("{line}") };
    *row
}

fn sample(warn: u64, style: &TextStyle) -> String {
    let Row::Sample(row) = Row::read(SAMPLE.as_bytes()) else { panic!("{SAMPLE}") };
    let row: Sample<'_> = *row;
    let mut out = String::new();
    monitor::sample(&row, warn, style, &mut out);
    out
}

/// The long form, as the scripts printed it.
fn long(style: &TextStyle) -> String {
    let mut out = String::new();
    let row = summary(CUSTOMER);
    account::long_heading(row.ts.unwrap(), style, &mut out);
    account::long_block(&row, style, &mut out);
    out
}

/// The heading, the table and the blocks.
fn analysis(style: &TextStyle) -> String {
    let rows = [summary(SHARED), summary(CUSTOMER)];
    let (mut out, mut totals) = (String::new(), Totals::default());
    for row in &rows {
        totals.add(row);
    }
    let lines: Vec<_> = rows.iter().map(|row| AccountLine::new(row, style)).collect();
    let at = rows[1].ts.unwrap();
    account::heading(at, &totals, style, &mut out);
    table::table(&lines, at, Some(86_400), style, &mut out);
    out.push('\n');
    for row in &rows {
        account::block(row, Some(18_300_000), style, &mut out);
    }
    out
}

#[test]
fn the_long_form_is_the_scripts() {
    let out = long(&TextStyle::plain());
    assert!(out.strip_prefix(SEED).is_some_and(|rest| rest.starts_with(VERDICT)), "{out}");
    assert!(out.contains("   🕒 Seen from 2024-01-15 14:00:00 to 2024-01-15 14:35:00"), "{out}");
}

#[test]
fn a_table_then_the_verdict_first() {
    let expected = "\
📊 MTProxy Log Analysis - 2024-01-15 14:35:10      3 days, 2 users: 1 sharing, 0 watch, 1 clear, 0 unknown

USER          VERDICT  PEOPLE  IPS/24h  CONNS/24h  LAST SEEN        WHY
b\\u{1b}[2Job  sharing     4.3       12        349  yesterday 02:44  2 networks at once, 3 h 40 min
customer1     clear       1.1        4         25  today 14:35

👤 User: b\\u{1b}[2Job
   👥 Looks like 4 people (4.3): sharing since 2024-01-13 08:25
      192.0.2.1 and 2001:db8::/64 in use at once for 3 h 40 min (3 days)
      alternated between 192.0.2.1 and AS3352 33 times
      with --devices 4 it would be clear
   📈 Total connections: 349 (24 h)   🌐 Unique IPs: 12 (24 h)   📦 Traffic: 18.3 MB (24 h)
   📍 IPs used: 192.0.2.1, and 11 more
   🔄 Simultaneous connections from different IPs: 554 pairs within 5 min (24 h)
   ⚠️ Activity score: 100/100 (addresses 40, simultaneous 100, frequency 10)
   🚨 HIGH RISK - Potential account sharing!

👤 User: customer1
   👥 Looks like 1 person (1.1): clear
   📈 Total connections: 25 (24 h)   🌐 Unique IPs: 4 (24 h)   📦 Traffic: 18.3 MB (24 h)
   📍 IPs used: 192.168.1.100, 10.0.0.50, 172.16.0.10, 203.0.113.5
   🔄 Simultaneous connections from different IPs: 2 pairs within 5 min (24 h)
   Activity score: 100/100, usual for a phone that moves

";
    assert_eq!(analysis(&TextStyle::plain()), expected);
}

#[test]
fn every_width_from_60_to_200_holds() {
    for width in [60, 70, 80, 100, 140, 200] {
        let style = TextStyle { width: Some(width), icons: IconSet::Words, ..TextStyle::plain() };
        let out = analysis(&style);
        let wide = |line: &&str| line.chars().count() > width;
        assert_eq!(out.lines().find(wide), None, "at {width}");
        assert!(out.contains("sharing") && out.contains("2 networks at"), "at {width}: {out}");
    }
}

#[test]
fn a_sample_is_the_scripts() {
    assert_eq!(sample(2, &TextStyle::plain()), SEED_MONITOR);
    let usual = sample(monitor::WARN, &TextStyle::plain());
    assert!(!usual.contains("⚠️"), "{usual}");
}

#[test]
fn a_narrow_terminal_without_emoji() {
    let style = TextStyle { width: Some(60), icons: IconSet::Words, ..TextStyle::plain() };
    let out = long(&style) + &sample(2, &style);
    assert!(out.is_ascii(), "{out}");
    assert!(out.lines().all(|line| line.len() <= 60), "{out}");
    assert!(out.contains("  warn 10.0.0.50: 2 connection(s)\n     rtt 48 ms"), "{out}");
    assert!(out.contains("  ok   192.168.1.100: 1 connection(s)\n"), "{out}");
}

/// The verdict has the colour of what it means; the score's shout stands only beside a bad one.
#[test]
fn colours_follow_the_verdict() {
    let style = TextStyle { colours: Colours::On, ..TextStyle::plain() };
    let out = analysis(&style);
    assert!(out.contains("\u{1b}[1;31m👥 Looks like 4 people"), "{out}");
    assert!(out.contains("\u{1b}[32m👥 Looks like 1 person"), "{out}");
    assert_eq!(out.matches("HIGH RISK").count(), 1, "{out}");
}

#[test]
fn other_languages() {
    let vi = analysis(&TextStyle { lang: Lang::Vi, ..TextStyle::plain() });
    assert!(vi.contains("Có vẻ có 1 người dùng (1,1): bình thường"), "{vi}");
    let ru = analysis(&TextStyle { lang: Lang::Ru, ..TextStyle::plain() });
    assert!(ru.contains("Похоже, 4 человека (4,3): общий доступ с 2024-01-13"), "{ru}");
}

#[test]
fn an_alert_is_one_line() {
    let row = r#"{"type":"alert","ts":"2026-11-23T14:35:10Z","user":"b\u001b[2Job",
        "verdict":"sharing","was":"watch","people":3.4,
        "evidence":[{"kind":"overlap","networks":["192.0.2.1","192.0.2.9"],
        "seconds":2460,"gap":14400}]}"#;
    let Row::Alert(row) = Row::read(row.as_bytes()) else { panic!("{row}") };
    let row: Alert<'_> = *row;
    let mut out = String::new();
    account::alert(&row, &TextStyle::plain(), &mut out);
    assert_eq!(
        out,
        "2026-11-23 14:35 b\\u{1b}[2Job: sharing (was watch), 3.4 people: \
         192.0.2.1 and 192.0.2.9 in use at once for 41 min\n"
    );
}
