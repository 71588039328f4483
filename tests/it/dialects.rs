//! Recorded and written examples of each dialect (`NAME/*.log`), the rows they become (`*.jsonl`),
//! and the lines that are not recognised (`*.rejects`).

use std::fs;
use std::path::PathBuf;

use mtp::formats::{ALL, Decoder, Meaning, Outcome, reason, regex_parser};
use mtp::frame::{Deframed, Deframer};
use mtp::stream::{Event, Kind};
use mtp::timestamp::{LocalTimeResolver, Timestamp, Zone};

use crate::harness::{Golden, check_schema, root, run, text};

/// The examples of a dialect.
pub(crate) fn examples(name: &str) -> Vec<PathBuf> {
    let folder = root().join("tests/fixtures/dialects").join(name);
    let all = fs::read_dir(&folder).unwrap_or_else(|_| panic!("{} is missing", folder.display()));
    let mut logs: Vec<_> = all.map(|entry| entry.unwrap().path()).collect();
    logs.retain(|path| path.extension().is_some_and(|end| end == "log"));
    logs.sort();
    logs
}

/// Rows with a word in the place of a time of arrival, and without the name of the run.
fn without_arrival(rows: &str) -> String {
    let mut out = String::new();
    for row in rows.lines() {
        let run = row.find("\"run\":\"").filter(|_| row.starts_with("{\"type\":\"meta\""));
        let run = run.map_or(0..0, |at| at..at + "\"run\":\"0123456789ab\",".len());
        let row = &format!("{}{}", &row[..run.start], &row[run.end..]);
        let from = row.find("\"ts\":\"").map_or(0, |at| at + 6);
        let to = row[from..].find('"').map_or(from, |at| at + from);
        if row.contains("\"ts_from\":\"arrival\"") {
            out += &format!("{}arrival{}\n", &row[..from], &row[to..]);
        } else {
            out += &format!("{row}\n");
        }
    }
    out
}

#[test]
fn examples_become_these_rows() {
    let mut golden = Golden::default();
    let folder = tempfile::tempdir().unwrap();
    let rejects = folder.path().join("rejects");
    for dialect in ALL {
        for path in examples(dialect.name) {
            let log = path.to_str().unwrap();
            let kept = rejects.to_str().unwrap();
            let args = [&options(dialect.name)[..], &["--rejects", kept, log]].concat();
            let output = run("mtp-parse", &args, b"");
            assert!(output.status.success(), "{log}: {}", text(&output.stderr));
            let rows = text(&output.stdout);
            check_schema(&rows);
            golden.compare(&path.with_extension("jsonl"), without_arrival(&rows).as_bytes());
            golden.compare(&path.with_extension("rejects"), &fs::read(&rejects).unwrap());
        }
    }
    golden.finish();
}

/// The options with which a dialect's examples are read.
pub(crate) fn options(name: &str) -> Vec<&str> {
    let by_name: &[&str] = if name == "minhpn" { &["--dialect", "minhpn"] } else { &[] };
    [&["--tz", "UTC", "--year", "2026"], by_name].concat()
}

/// Each message of a log with its outcome, and all events with kind, reason and address.
fn decoded(dialect: &str, log: &[u8]) -> (Vec<(String, Outcome)>, Vec<Event<'static>>) {
    let utc = Zone::read("UTC").ok();
    let local_time = LocalTimeResolver::new(utc, Some(2026));
    let (mut deframer, mut decoder) = (Deframer::new(local_time.clone()), Decoder::new(local_time));
    decoder.restrict_to(dialect);
    let (mut all, mut events) = (Vec::new(), Vec::new());
    let mut emit = |event: Event<'_>| {
        let reason = event.reason.map(|reason| reason.into_owned().into());
        events.push(Event { reason, ip: event.ip, ..Event::new(event.kind, "") });
        Ok(())
    };
    let mut add = |frame: Deframed<'_>| {
        let Deframed::Message(message) = frame else { return Ok(()) };
        let outcome = decoder.decode(&message, Timestamp(0), &mut emit)?.outcome;
        all.push((text(message.text), outcome));
        Ok(())
    };
    for line in log.split(|byte| *byte == b'\n') {
        deframer.read(line, Timestamp(0), &mut add).unwrap();
    }
    deframer.finish(&mut add).unwrap();
    decoder.finish(Timestamp(0), &mut emit).unwrap();
    (all, events)
}

/// The messages of a log, without framing and colours.
pub(crate) fn lines(dialect: &str, log: &[u8]) -> Vec<String> {
    decoded(dialect, log).0.into_iter().map(|(line, _)| line).collect()
}

/// Whether an event is what a pattern means.
fn is_meant(meaning: Meaning, event: &Event<'_>) -> bool {
    match meaning {
        Meaning::Event(kind) => event.kind == kind,
        // Some refusals have their reason in the rest of the line.
        Meaning::Rejected(reason::DENIED) => event.kind == Kind::Reject,
        Meaning::Rejected(reason) => {
            event.kind == Kind::Reject && event.reason.as_deref() == Some(reason)
        }
        Meaning::Context | Meaning::Ignored(_) => false,
    }
}

/// Every pattern has a line among the examples that the parser recognizes. If it is one of an
/// event, that event is gone when the words of the pattern are damaged.
#[test]
fn every_pattern_has_an_example() {
    let mut missing = Vec::new();
    for dialect in ALL {
        let logs = examples(dialect.name);
        let logs: Vec<_> = logs.iter().map(|path| fs::read(path).unwrap()).collect();
        let logs: Vec<_> = logs
            .iter()
            .map(|log| decoded(dialect.name, log))
            .map(|(lines, _)| {
                let text: Vec<_> = lines.iter().map(|(line, _)| line.as_str()).collect();
                (text.join("\n"), lines)
            })
            .collect();
        for pattern in dialect.patterns {
            let is_recognized = logs.iter().flat_map(|(_, lines)| lines).any(|(line, outcome)| {
                line.contains(pattern.words)
                    && matches!(outcome, Outcome::Parsed | Outcome::Ignored)
            });
            let meant = |log: &str| {
                let (_, mut events) = decoded(dialect.name, log.as_bytes());
                events.retain(|event| is_meant(pattern.meaning, event));
                events
            };
            let is_event = matches!(pattern.meaning, Meaning::Event(_) | Meaning::Rejected(_));
            let is_matched = || {
                logs.iter()
                    .filter(|(log, _)| log.contains(pattern.words))
                    .any(|(log, _)| meant(&log.replace(pattern.words, "?")) != meant(log))
            };
            if !is_recognized || (is_event && !is_matched()) {
                missing.push(format!("{}: {}", dialect.name, pattern.words));
            }
        }
    }
    assert!(missing.is_empty(), "no example in the fixtures of\n{}", missing.join("\n"));
}

/// A dialect read alone gives the same as among the others: none takes lines of another.
#[test]
fn dialects_leave_each_other_alone() {
    for dialect in ALL {
        for path in examples(dialect.name) {
            let log = fs::read(&path).unwrap();
            let events = |args: &[&str]| {
                let args = [&["--tz", "UTC"], args].concat();
                let rows = text(&run("mtp-parse", &args, &log).stdout);
                let rows = without_arrival(&rows);
                let rows = rows.lines().filter(|row| !row.contains("\"type\":\"meta\""));
                let own = format!("\"proxy\":\"{}\"", dialect.name);
                rows.filter(|row| row.contains(&own)).map(str::to_owned).collect::<Vec<_>>()
            };
            let pinned = events(&["--dialect", dialect.name]);
            if dialect.name != "minhpn" {
                assert_eq!(events(&[]), pinned, "{}", path.display());
            }
        }
    }
}

#[test]
fn the_list_explains_every_dialect() {
    let output = run("mtp-parse", &["--dialect", "list"], b"");
    let list = text(&output.stdout);
    assert!(output.status.success());
    for name in ALL.iter().map(|dialect| dialect.name).chain([regex_parser::NAME]) {
        assert!(list.lines().any(|line| line.starts_with(&format!("{name}: "))), "{name}");
    }
    let is_narrow = |line: &str| line.chars().count() <= 80 || line.contains("RUST_LOG=");
    assert!(list.lines().all(is_narrow), "{list}");
    let wrong = run("mtp-parse", &["--dialect", "xray"], b"");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("invalid dialect 'xray' (expected access, "));
}
