//! A stream whose users are divided among several runs has the rows of one run.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{SeededRng, check_schema, run, text};

/// A stream with names that need escapes, relays, gateways, hidden addresses, lines that were not
/// recognised, disorder, late rows and clock rows.
fn stream(random: &mut SeededRng) -> Vec<Value> {
    let names: Vec<_> = (0..60)
        .map(|n| match n % 6 {
            0 => format!("user {n}"),
            1 => format!("a\"b\\{n}"),
            2 => format!("имя.{n}*>"),
            3 => format!("\u{1}\u{2028}{n}"),
            4 => format!("-{n}|:"),
            _ => format!("u{n}"),
        })
        .collect();
    let begin = 1_795_000_000_000_i64;
    let day = 86_400_000;
    let mut rows = Vec::new();
    for (n, name) in names.iter().enumerate() {
        let homes = 1 + n % 4;
        for _ in 0..40 + 200 * (n % 4) {
            let ts = begin + random.below(3 * day);
            let ip = match (random.below(20), n % 10) {
                (_, 9) => format!("100.64.0.{}", n / 20),
                (0, _) => "203.0.113.77".to_owned(),
                (1, 8) => "172.18.0.1".to_owned(),
                _ => format!("{}.51.{n}.7", 90 + random.below(homes)),
            };
            let port = 1 + random.below(65_535);
            rows.push((
                ts,
                json!({"type": "connect", "ts": moment(ts), "user": name, "ip": ip,
                "port": port, "proxy": "access", "source": format!("host{}", n % 2)}),
            ));
        }
    }
    rows.sort_by_key(|(ts, _)| *ts);
    let mut all = Vec::new();
    for (at, (ts, mut row)) in rows.into_iter().enumerate() {
        // Some rows are a little late, and few are too late.
        if at % 50 == 0 {
            let late = if at % 1000 == 0 { 3_600_000 } else { 20_000 };
            row["ts"] = json!(moment(ts - late));
        }
        let source = row["source"].clone();
        all.push(row);
        if at % 7 == 0 {
            all.push(json!({"type": "clock", "ts": moment(ts), "source": source}));
        }
    }
    all.push(json!({"type": "seen", "ts": moment(begin), "ip": "192.0.2.1", "proxy": "zig"}));
    let counts = json!({"type": "meta", "tool": "mtp-parse", "read": 100, "understood": 90,
        "passed_over": 0, "not_recognised": 10, "proxy_not_recognised": 10});
    all.push(counts);
    all
}

fn moment(ms: i64) -> String {
    let mut out = Vec::new();
    mtp::timestamp::Timestamp(ms).write(&mut out);
    String::from_utf8(out).unwrap()
}

fn lines(rows: &[Value]) -> String {
    rows.iter().flat_map(|row| [row.to_string(), "\n".to_owned()]).collect()
}

/// The partition of a row; `None` for rows that go to all.
fn partition(row: &Value, of: usize) -> Option<usize> {
    if row["type"] == "clock" {
        return None;
    }
    let name = row["user"].as_str().unwrap_or_default();
    Some(name.bytes().map(usize::from).sum::<usize>() % of)
}

fn score(args: &[&str], input: &str) -> String {
    let output = run("mtp-score", args, input.as_bytes());
    assert!(output.status.success(), "{args:?} {}", text(&output.stderr));
    text(&output.stdout)
}

/// Writes the outputs into files and merges them.
fn merged(folder: &Path, outputs: &[String], args: &[&str]) -> String {
    let write = |(n, output): (usize, &String)| {
        let path = folder.join(format!("{n}.jsonl"));
        fs::write(&path, output).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let paths: Vec<_> = outputs.iter().enumerate().map(write).collect();
    let paths: Vec<_> = paths.iter().map(String::as_str).collect();
    score(&[&["--merge"], args, &paths].concat(), "")
}

/// Rows that came too late before a pause are duplicates after it.
fn without_late(rows: &str) -> String {
    let is_count = |key: &str| key.starts_with("\"late\"") || key.starts_with("\"duplicates\"");
    rows.split(',').filter(|key| !is_count(key)).collect::<Vec<_>>().join(",")
}

#[test]
fn partitions_have_the_rows_of_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = SeededRng::new(7);
    let all = stream(&mut random);
    let mut parts = vec![Vec::new(); 4];
    for row in &all {
        match partition(row, parts.len()) {
            Some(n) => parts[n].push(row.clone()),
            None => parts.iter_mut().for_each(|part| part.push(row.clone())),
        }
    }
    let common = ["--format", "json", "--relay", "5", "--clock-rows", "--evidence", "full"];
    let first = ["--format", "json", "--relay", "5", "--write-table"];
    let tables: Vec<_> = parts.iter().map(|part| score(&first, &lines(part))).collect();
    let table = merged(folder.path(), &tables, &["--relay", "5"]);
    check_schema(&table);
    let of_all = score(&first, &lines(&all));
    assert_eq!(table, merged(folder.path(), &[of_all], &["--relay", "5"]));
    assert!(table.contains("203.0.113.77") && table.contains("100.64.0.0"), "{table}");
    let path = folder.path().join("table.json");
    fs::write(&path, &table).unwrap();
    let args = [&common[..], &["--table", path.to_str().unwrap()]].concat();
    let one = score(&args, &lines(&all));
    let outputs: Vec<_> = parts.iter().map(|part| score(&args, &lines(part))).collect();
    assert_eq!(merged(folder.path(), &outputs, &[]), one);
    // A pause with a state, and an end, change nothing.
    for (n, part) in parts.iter().enumerate() {
        let state = folder.path().join(format!("{n}.state"));
        let args = [&args[..], &["--state", state.to_str().unwrap()]].concat();
        let (first, second) = part.split_at(part.len() / 3);
        let alerts = |rows: String| -> String {
            rows.split_inclusive('\n').filter(|row| row.starts_with("{\"type\":\"alert")).collect()
        };
        let begun = alerts(score(&args, &lines(first)));
        let ended = score(&args, &(lines(second) + "{\"type\":\"clock\",\"end\":true}\n"));
        let whole = without_late(&(begun + &ended));
        assert_eq!(whole, without_late(&outputs[n]), "partition {n}");
    }
    // A table within the stream does the same, and an output merged with nothing is itself.
    let within: Vec<_> =
        parts.iter().map(|part| score(&common, &(table.clone() + &lines(part)))).collect();
    assert_eq!(within, outputs);
    assert_eq!(merged(folder.path(), std::slice::from_ref(&one), &[]), one);
    for needed in ["\"alert\"", "hidden-addresses", "\"verdict\":\"unknown\"", "\"late\":"] {
        assert!(one.contains(needed), "{needed}");
    }
    assert!(!one.contains("\"late\":0,"), "no row is late");
}

/// Hosts of an archive that are read one after the other lose nothing.
#[test]
fn hosts_that_do_not_keep_pace_are_waited_for() {
    let all = stream(&mut SeededRng::new(8));
    let of = |name: &str| -> Vec<Value> {
        let is_own = |row: &&Value| row["source"] == name;
        let end = json!({"type": "clock", "source": name, "end": true});
        all.iter().filter(is_own).cloned().chain([end]).collect()
    };
    let (first, second) = (lines(&of("host0")), lines(&of("host1")));
    let late = |args: &[&str]| {
        let args = [&["--format", "json"], args].concat();
        let rows = score(&args, &(first.clone() + &second));
        let meta: Value = serde_json::from_str(rows.lines().last().unwrap()).unwrap();
        meta["late"].as_u64().unwrap()
    };
    let beyond_late =
        all.iter().filter(|row| row["type"] == "connect").count().div_ceil(1000) as u64;
    assert!(late(&["--clock-sources", "2"]) <= beyond_late);
    assert!(late(&["--clock-rows"]) > 10 * beyond_late);
}

/// Rows depend on the time of events, not on when the reorder buffer is emptied.
#[test]
fn the_allowed_disorder_changes_nothing_where_there_is_none() {
    let mut all = stream(&mut SeededRng::new(9));
    all.retain(|row| row["type"] == "connect");
    all.sort_by_key(|row| row["ts"].as_str().unwrap().to_owned());
    let of = |late: &str| score(&["--format", "json", "--late", late], &lines(&all));
    let (soon, at_the_end) = (of("2s"), of("4d"));
    assert_eq!(soon, at_the_end);
    for needed in ["\"alert\"", "hidden-addresses"] {
        assert!(soon.contains(needed), "{needed}");
    }
}

#[test]
fn outputs_that_cannot_be_merged_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let alert = |user: &str, ts: &str| json!({"type": "alert", "ts": ts, "user": user}).to_string();
    let (early, late) = (alert("a", "2026-11-23T15:00:00Z"), alert("a", "2026-11-23T16:00:00Z"));
    let event = r#"{"type":"connect","ts":"2026-11-23T15:00:00Z","proxy":"access"}"#.to_owned();
    for (content, why) in [
        (format!("{late}\n{early}\n"), "line 2: not in the order of one run"),
        (format!("{event}\n"), "line 1: not a row of mtp-score"),
        ("raw\n".to_owned(), "line 1: not a row of mtp-score"),
        (early.clone(), "ends within a line"),
    ] {
        let path = folder.path().join("x.jsonl");
        fs::write(&path, &content).unwrap();
        let output = run("mtp-score", &["--merge", path.to_str().unwrap()], b"");
        assert_eq!(output.status.code(), Some(1), "{content}");
        assert!(text(&output.stderr).contains(why), "{}", text(&output.stderr));
    }
    let path = folder.path().join("t.json");
    fs::write(&path, "{\"type\":\"meta\"}\n").unwrap();
    let output = run("mtp-score", &["--table", path.to_str().unwrap()], b"");
    assert!(text(&output.stderr).contains("not a table (see --write-table)"));
    assert_eq!(output.status.code(), Some(1));
}
