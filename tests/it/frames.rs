//! Framings by example: `fixtures/frames/NAME.jsonl` has what each raw line of `NAME.log` holds.
//! `NAME` begins with the framing's own name, and every framing has one.

use std::fs;

use mtp::frame::{Deframed, Deframer, FrameFormat};
use mtp::timestamp::{LocalTimeResolver, Timestamp, Zone};
use serde_json::{Map, Value, json};

use crate::harness::{Golden, root};

/// The deframer of the examples: the logs were written in Moscow in 2026.
pub(crate) fn deframer() -> Deframer {
    Deframer::new(LocalTimeResolver::new(Some(Zone::read("+03:00").unwrap()), Some(2026)))
}

/// The lines of a file, without their ends.
pub(crate) fn lines(log: &[u8]) -> impl Iterator<Item = &[u8]> {
    log.strip_suffix(b"\n").unwrap_or(log).split(|byte| *byte == b'\n')
}

/// All that comes of a log, a row each.
pub(crate) fn rows(deframer: &mut Deframer, log: &[u8]) -> Vec<Value> {
    let mut rows = Vec::new();
    read_all(deframer, log, |deframed| rows.push(row(deframed)));
    rows
}

/// Reads a log to its end.
pub(crate) fn read_all(deframer: &mut Deframer, log: &[u8], mut each: impl FnMut(Deframed<'_>)) {
    let mut emit = |deframed: Deframed<'_>| {
        each(deframed);
        Ok(())
    };
    for line in lines(log) {
        deframer.read(line, Timestamp(0), &mut emit).unwrap();
    }
    deframer.finish(&mut emit).unwrap();
}

fn row(deframed: Deframed<'_>) -> Value {
    let message = match deframed {
        Deframed::Message(message) => message,
        Deframed::Notice => return json!({"notice": true}),
        Deframed::Partial => return json!({"partial": true}),
    };
    let text = |bytes: &[u8]| Value::from(String::from_utf8_lossy(bytes).into_owned());
    let mut row = Map::new();
    row.insert("frame".into(), message.frame.into());
    let more = [
        ("inner", message.inner.map(Value::from)),
        ("ts", message.ts.map(Timestamp::text).map(Value::from)),
        ("source", message.source.map(text)),
        ("text", Some(text(message.text))),
    ];
    row.extend(more.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    Value::Object(row)
}

/// The examples: their framing's name, their own name, their bytes.
pub(crate) fn examples() -> Vec<(String, String, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(root().join("tests/fixtures/frames")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "log") {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let format = name.split('.').next().unwrap().to_owned();
            all.push((format, name, fs::read(&path).unwrap()));
        }
    }
    all.sort();
    all
}

#[test]
fn framings_by_example() {
    let mut golden = Golden::default();
    for (format, name, log) in examples() {
        let rows = rows(&mut deframer(), &log);
        let shown = rows.iter().any(|row| row["frame"] == format.as_str());
        assert!(shown, "{name}.log shows nothing of {format}");
        let text = rows.iter().map(Value::to_string).collect::<Vec<_>>().join("\n") + "\n";
        let path = root().join(format!("tests/fixtures/frames/{name}.jsonl"));
        golden.compare(&path, text.as_bytes());
    }
    golden.finish();
}

#[test]
fn every_framing_has_an_example() {
    let examples = examples();
    for format in FrameFormat::ALL {
        let is_shown = examples.iter().any(|(name, ..)| name == format.name());
        assert!(is_shown, "{} has no example in tests/fixtures/frames", format.name());
    }
    for (name, ..) in examples {
        assert!(
            FrameFormat::ALL.iter().any(|format| format.name() == name),
            "{name} is not a framing"
        );
    }
}

/// Logs are read a line at a time: one after another they give what each gives alone.
#[test]
fn framings_mix_freely() {
    let mut together = deframer();
    for (_, name, log) in examples() {
        // What the stream showed before may decide the few lines of a prefix with one blank.
        let alone = rows(&mut deframer(), &log);
        let mixed = rows(&mut together, &log);
        let differing = alone.iter().zip(&mixed).filter(|(alone, mixed)| alone != mixed).count();
        assert_eq!((differing, alone.len()), (0, mixed.len()), "{name}");
    }
}
