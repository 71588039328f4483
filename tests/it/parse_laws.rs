//! What holds for `mtp-parse` on any input: no panic, only rows, the same at any cut of the bytes.

use std::fs;
use std::io::{Read, Write};
use std::process::Stdio;

use mtp::formats::{ALL, Decoder};
use mtp::frame::{Deframed, Deframer};
use mtp::stream::Event;
use mtp::timestamp::{LocalTimeResolver, Timestamp, Zone};

use crate::dialects::examples;
use crate::harness::{SeededRng, check_schema, run, spawn_piped, text, tool};

/// All recorded examples.
fn logs() -> Vec<Vec<u8>> {
    let paths = ALL.iter().flat_map(|dialect| examples(dialect.name));
    paths.map(|path| fs::read(path).unwrap()).collect()
}

/// Rows of a log, read in the test's own process; `""` for times of arrival.
pub(crate) fn rows(log: &[u8]) -> Vec<u8> {
    let clock = LocalTimeResolver::new(Zone::read("UTC").ok(), Some(2026));
    let (mut deframer, mut decoder) = (Deframer::new(clock.clone()), Decoder::new(clock));
    let mut out = Vec::new();
    let mut emit = |mut event: Event<'_>| {
        event.ts = event.ts.filter(|_| event.ts_from.is_none());
        event.write(&mut out);
        Ok(())
    };
    let mut decode = |frame: Deframed<'_>| {
        let Deframed::Message(message) = frame else { return Ok(()) };
        decoder.decode(&message, Timestamp(0), &mut emit).map(drop)
    };
    for line in log.split(|byte| *byte == b'\n') {
        deframer.read(line, Timestamp(0), &mut decode).unwrap();
    }
    deframer.finish(&mut decode).unwrap();
    decoder.finish(Timestamp(0), &mut emit).unwrap();
    out
}

/// A copy with bytes flipped, cut out, doubled, or lines joined.
fn damaged(log: &[u8], chance: &mut SeededRng) -> Vec<u8> {
    let mut copy = log.to_vec();
    for _ in 0..=chance.below(20) {
        let length = copy.len() as u64;
        let at = usize::try_from(chance.below(length)).unwrap();
        let to = (at + usize::try_from(chance.below(300)).unwrap()).min(copy.len());
        match chance.below(6) {
            0 => copy[at] = u8::try_from(chance.below(256)).unwrap(),
            1 => copy[at] ^= 1 << chance.below(8),
            2 => drop(copy.drain(at..to)),
            3 => drop(copy.splice(at..at, copy[at..to].to_vec())),
            4 => copy[at..to].iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = 0),
            _ => drop(copy.splice(at..at, [b'\n'])),
        }
        if copy.is_empty() {
            return copy;
        }
    }
    copy
}

#[test]
fn damaged_logs_give_rows_and_no_panic() {
    let logs = logs();
    let mut chance = SeededRng::new(20_261_123);
    for n in 0..1000 {
        let log = damaged(&logs[n % logs.len()], &mut chance);
        let rows = rows(&log);
        for row in rows.split(|byte| *byte == b'\n').filter(|row| !row.is_empty()) {
            let row: serde_json::Value = serde_json::from_slice(row).unwrap();
            assert!(row["type"].is_string());
        }
        if n % 50 == 0 {
            let whole = run("mtp-parse", &["--tz", "UTC"], &log);
            assert!(whole.status.success());
            check_schema(&text(&whole.stdout));
        }
    }
}

/// Logs one after another are read as each alone. Each has its own source, since a block of
/// statistics or a report may be open where a log ends.
#[test]
fn a_concatenation_of_logs_gives_a_concatenation_of_rows() {
    let (mut all, mut want) = (Vec::new(), Vec::new());
    for (n, log) in logs().into_iter().enumerate() {
        let mut framed = Vec::new();
        let lines = log.strip_suffix(b"\n").unwrap_or(&log);
        for line in lines.split(|byte| *byte == b'\n') {
            framed.extend_from_slice(format!("service-{n}  | ").as_bytes());
            framed.extend_from_slice(line);
            framed.push(b'\n');
        }
        want.extend(rows(&framed));
        all.extend(framed);
    }
    // What waits for later lines comes at the end of all.
    let (have, want) = (text(&rows(&all)), text(&want));
    let (mut have, mut want): (Vec<_>, Vec<_>) = (have.lines().collect(), want.lines().collect());
    have.sort_unstable();
    want.sort_unstable();
    let differs = have.iter().zip(&want).find(|(have, want)| have != want);
    assert!(differs.is_none() && have.len() == want.len(), "{differs:?}");
}

/// What an engine or a collector puts around a line.
const FRAMINGS: &[fn(&str) -> String] = &[
    |line| format!("2026-11-23T15:41:40.324509072Z {line}\n"),
    |line| format!("2026-11-23T15:41:40.324509072Z stdout F {line}\n"),
    |line| {
        let log = serde_json::to_string(&format!("{line}\n")).unwrap();
        let time = "2026-11-23T15:41:40.324509072Z";
        format!("{{\"log\":{log},\"stream\":\"stdout\",\"time\":\"{time}\"}}\n")
    },
    |line| format!("px-1  | {line}\n"),
    |line| format!("px-1  | 2026-11-23T15:41:40.324509072Z {line}\n"),
    |line| format!("{line}\r\n"),
];

/// The line without a frame of its own.
fn inside(line: &str) -> String {
    let clock = LocalTimeResolver::new(Zone::read("UTC").ok(), Some(2026));
    let mut inside = line.to_owned();
    let mut emit = |deframed: Deframed<'_>| {
        if let Deframed::Message(message) = deframed
            && message.frame != "none"
        {
            inside = text(message.text);
        }
        Ok(())
    };
    Deframer::new(clock).read(line.as_bytes(), Timestamp(0), &mut emit).unwrap();
    inside
}

/// The same events, with the same times where they are the line's own, in any framing.
#[test]
fn the_same_events_in_any_framing() {
    let bare = |rows: &[u8]| {
        let mut out = Vec::new();
        for row in text(rows).lines() {
            let mut row: serde_json::Value = serde_json::from_str(row).unwrap();
            let row = row.as_object_mut().unwrap();
            row.retain(|key, _| key != "source" && key != "ts_from");
            if row["proxy"] == "mtg" {
                row.remove("user"); // the source's name
            }
            out.push(format!("{row:?}"));
        }
        out
    };
    for log in logs() {
        let log = text(&log);
        // Some examples are framed, and inside a container's frame that would be a forged one.
        let lines: Vec<_> = log.lines().map(inside).collect();
        let want = bare(&rows(lines.join("\n").as_bytes()));
        for frame in FRAMINGS {
            let framed: String = lines.iter().map(|line| frame(line)).collect();
            let have = bare(&rows(framed.as_bytes()));
            let differs = have.iter().zip(&want).find(|(have, want)| have != want);
            let same = have.len() == want.len() && differs.is_none();
            assert!(same, "{differs:?} in {}", framed.lines().next().unwrap_or_default());
        }
    }
}

/// The program reads and writes in blocks; what it makes of the bytes may not depend on where
/// those end.
#[test]
fn the_same_rows_however_the_bytes_arrive() {
    let log: Vec<u8> = examples("access").iter().flat_map(|path| fs::read(path).unwrap()).collect();
    let want = rows(&log);
    for size in [1, 7, 4096] {
        let (child, mut stdin) = spawn_piped("mtp-parse", &[]);
        let bytes = if size == 1 { log[..3000].to_vec() } else { log.clone() };
        let sent = bytes.clone();
        let writer = std::thread::spawn(move || {
            for piece in sent.chunks(size) {
                stdin.write_all(piece).unwrap();
            }
        });
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        let want = if size == 1 { rows(&bytes) } else { want.clone() };
        let events = text(&output.stdout);
        let own_time = |rows: &str| {
            let own = |row: &&str| !row.contains("arrival") && !row.contains("\"meta\"");
            rows.lines().filter(own).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(own_time(&events), own_time(&text(&want)), "{size} bytes at a time");
    }
}

/// Lines of any length: cut at 1 MiB, counted, and memory stays small.
#[test]
fn long_lines_are_cut_and_counted() {
    let known = b"mtp-access ts=2026-11-23T15:40:30.001Z ev=start boot=ebf4a3 pid=7\n";
    let mut log = known.to_vec();
    log.extend(vec![b'x'; 10 << 20]);
    log.push(b'\n');
    log.extend(vec![0; 3000]);
    log.push(b'\n');
    log.extend_from_slice(known);
    let output = run("mtp-parse", &[], &log);
    let rows = text(&output.stdout);
    assert_eq!(rows.lines().filter(|row| row.contains("\"start\"")).count(), 2);
    let meta = rows.lines().last().unwrap();
    assert!(meta.contains("\"read\":4,") && meta.contains("\"cut\":1,"), "{meta}");
    let shown = text(&output.stderr);
    assert_eq!(
        shown,
        "mtp-parse: 4 lines read: 2 understood, 0 passed over, 2 not recognised, 1 cut\n"
    );
}

#[test]
fn a_reader_that_leaves_is_not_a_failure() {
    let log = fs::read(&examples("access")[1]).unwrap().repeat(200);
    let mut child = tool("mtp-parse")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&log)));
    let mut first = [0; 100];
    stdout.read_exact(&mut first).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
}

#[test]
fn a_full_disk_is_reported_in_one_line() {
    let log = fs::read(&examples("access")[1]).unwrap();
    let full = || Stdio::from(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let mut child = tool("mtp-parse");
    let child = child.stdin(Stdio::piped()).stdout(full()).stderr(Stdio::piped());
    let mut child = child.spawn().unwrap();
    child.stdin.take().unwrap().write_all(&log).unwrap();
    let output = child.wait_with_output().unwrap();
    let shown = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(shown, "mtp-parse: standard output: No space left on device\n");
    let args = ["--rejects", "/dev/full"];
    let output = run("mtp-parse", &args, b"not a log\n");
    assert_eq!(output.status.code(), Some(1));
    let reported = text(&output.stderr);
    let full = "mtp-parse: /dev/full: No space left on device";
    let at_full: Vec<_> = reported.lines().filter(|line| line.contains("/dev/full")).collect();
    assert_eq!(at_full, [format!("{full}; the last lines are missing")]);
}
