//! `mtp-stream(5)`, its JSON Schema and the code describe the same rows.

use std::collections::BTreeSet;
use std::fs;

use mtp::formats::{self, reason};
use mtp::stream::Kind;
use serde_json::Value;

use crate::harness::{check_schema, root, run, text};

fn schema() -> Value {
    let text = fs::read_to_string(root().join("man/mtp-stream.schema.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn words(value: &Value) -> BTreeSet<String> {
    value.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_schema_has_the_words_of_the_code() {
    let schema = schema();
    let types = words(&schema["properties"]["type"]["enum"]);
    assert!(Kind::ALL.iter().all(|kind| types.contains(kind.name())));
    let reasons = reason::REASONS.iter().map(|reason| reason.name.to_owned()).collect();
    assert_eq!(words(&schema["$defs"]["reason"]["enum"]), reasons);
    let proxies = formats::names().into_iter().map(str::to_owned).collect();
    assert_eq!(words(&schema["$defs"]["event"]["properties"]["proxy"]["enum"]), proxies);
}

#[test]
fn the_manual_has_the_words_of_the_schema() {
    let page = fs::read_to_string(root().join("man/mtp-stream.5")).unwrap();
    let schema = schema();
    let mut all = words(&schema["$defs"]["reason"]["enum"]);
    for part in schema["$defs"].as_object().unwrap().values() {
        let keys = part.get("properties").and_then(Value::as_object);
        all.extend(keys.into_iter().flat_map(|keys| keys.keys().cloned()));
    }
    let has = |word: &String| {
        let word = word.replace('-', "\\-");
        page.lines().any(|line| line == format!(".B {word}"))
    };
    // The keys of parts of a row stand in its own description.
    let inside = ["connections"];
    let missing: Vec<_> =
        all.iter().filter(|word| !has(word) && !inside.contains(&word.as_str())).collect();
    assert!(missing.is_empty(), "mtp-stream(5) lacks {missing:?}");
}

/// The rows of each tool as they come out of the others.
#[test]
fn the_schema_holds_for_the_pipeline() {
    for name in ["access/recorded.log", "telemt/debug.log", "mtprotoproxy/recorded.log"] {
        let log = fs::read(root().join("tests/fixtures/dialects").join(name)).unwrap();
        let rows = run("mtp-parse", &["--tz", "UTC"], &log).stdout;
        check_schema(&text(&rows));
        let scores = text(&run("mtp-score", &["--format", "json"], &rows).stdout);
        assert!(scores.contains("\"type\":\"meta\""), "{scores}");
        check_schema(&scores);
    }
}

#[test]
fn the_schema_refuses_what_is_wrong() {
    check_schema(r#"{"type":"seen","ts":"2026-11-23T15:40:45Z","ip":"2001:db8::1","proxy":"zig"}"#);
    for wrong in [
        r#"{"type":"seen","ts":"2026-11-23T15:40:45Z","ip":"203.0.113","proxy":"zig"}"#,
        r#"{"type":"seen","ts":"2026-11-23T15:40:45Z","proxy":"zig"}"#,
        r#"{"type":"connect","ts":"2026-11-23T15:40:45Z","user":null,"proxy":"zig"}"#,
        r#"{"type":"connect","ts":"2026-11-23T15:40:45.500Z","proxy":"zig"}"#,
        r#"{"type":"connect","ts":"2026-11-23T15:40:45Z","port":0,"proxy":"zig"}"#,
        r#"{"type":"reject","ts":"2026-11-23T15:40:45Z","reason":"why","proxy":"zig"}"#,
        r#"{"type":"connected","proxy":"zig"}"#,
        r#"["type"]"#,
        "no row",
    ] {
        let held = std::panic::catch_unwind(|| check_schema(wrong));
        assert!(held.is_err(), "{wrong}");
    }
}
