//! What each dialect says: recorded and written examples (`NAME/*.log`), the rows they become
//! (`*.jsonl`), and the lines that are not recognised (`*.rejects`).

use std::fs;
use std::path::PathBuf;

use mtp::formats::{ALL, pattern};

use crate::harness::{Ledger, root, run, schema_holds, text};

/// The examples of a dialect.
pub(crate) fn examples(name: &str) -> Vec<PathBuf> {
    let folder = root().join("tests/fixtures/dialects").join(name);
    let all = fs::read_dir(&folder).unwrap_or_else(|_| panic!("{} is missing", folder.display()));
    let mut logs: Vec<_> = all.map(|entry| entry.unwrap().path()).collect();
    logs.retain(|path| path.extension().is_some_and(|end| end == "log"));
    logs.sort();
    logs
}

/// Rows whose time is that of arrival, with that word instead.
fn without_arrival(rows: &str) -> String {
    let mut out = String::new();
    for row in rows.lines() {
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
    let mut ledger = Ledger::default();
    let folder = tempfile::tempdir().unwrap();
    let rejects = folder.path().join("rejects");
    for dialect in ALL {
        for path in examples(dialect.name) {
            let log = path.to_str().unwrap();
            let kept = rejects.to_str().unwrap();
            let args = ["--tz", "UTC", "--year", "2026", "--rejects", kept, log];
            let output = run("mtp-parse", &args, b"");
            assert!(output.status.success(), "{log}: {}", text(&output.stderr));
            let rows = text(&output.stdout);
            schema_holds(&rows);
            ledger.expect(&path.with_extension("jsonl"), without_arrival(&rows).as_bytes());
            ledger.expect(&path.with_extension("rejects"), &fs::read(&rejects).unwrap());
        }
    }
    ledger.close();
}

#[test]
fn every_saying_has_an_example() {
    let mut missing = Vec::new();
    for dialect in ALL {
        let logs = examples(dialect.name);
        let all: Vec<_> = logs.iter().map(|path| plain(&fs::read(path).unwrap())).collect();
        for saying in dialect.patterns {
            if !all.iter().any(|log| log.contains(saying.words)) {
                missing.push(format!("{}: {}", dialect.name, saying.words));
            }
        }
    }
    assert!(missing.is_empty(), "no example in the fixtures of\n{}", missing.join("\n"));
}

/// Without colours.
fn plain(log: &[u8]) -> String {
    let text = String::from_utf8_lossy(log);
    let mut parts = text.split('\u{1b}');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(0);
        out += part.get(end + 1..).unwrap_or_default();
    }
    out
}

/// A dialect read alone gives what it gives among the others: none takes another's lines.
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
            assert_eq!(events(&[]), pinned, "{}", path.display());
        }
    }
}

#[test]
fn the_list_explains_every_dialect() {
    let output = run("mtp-parse", &["--dialect", "list"], b"");
    let list = text(&output.stdout);
    assert!(output.status.success());
    for name in ALL.iter().map(|dialect| dialect.name).chain([pattern::NAME]) {
        assert!(list.lines().any(|line| line.starts_with(&format!("{name}: "))), "{name}");
    }
    assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
    let wrong = run("mtp-parse", &["--dialect", "xray"], b"");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("invalid dialect 'xray' (expected access, "));
}
