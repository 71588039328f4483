//! `mtp-stream(5)`, its JSON Schema and the code describe the same rows.

use std::collections::BTreeSet;
use std::fs;

use mtp::formats::{self, reason};
use mtp::stream::{
    AccessLogRow, Alert, AllUsersTable, CheckRow, Clock, Connection, Evidence, FromIp, Kind,
    LineCounts, LinkRow, Notification, ParseMeta, PeriodRow, ReloadRow, Sample, ScoreMeta, Summary,
    SuspiciousIp, UserRow,
};
use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Visitor};
use serde_json::{Value, json};

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
    // The notes of mtp-logs do not come from a proxy.
    let names = formats::names().into_iter().chain(["mtp-logs"]);
    let proxies = names.map(str::to_owned).collect();
    assert_eq!(words(&schema["$defs"]["event"]["properties"]["proxy"]["enum"]), proxies);
}

/// The keys that a type reads, without those of a flattened part.
fn keys_of<'de, T: Deserialize<'de>>() -> BTreeSet<String> {
    let mut found = Keys(BTreeSet::new());
    drop(T::deserialize(&mut found));
    found.0
}

/// A deserializer that only notes the fields of the struct that is asked for.
struct Keys(BTreeSet<String>);

impl<'de> Deserializer<'de> for &mut Keys {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(serde::de::Error::custom("only structs have keys"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.extend(fields.iter().map(|field| (*field).to_owned()));
        self.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The keys of a definition of the schema.
fn keys_in(definition: &Value) -> BTreeSet<String> {
    definition["properties"].as_object().unwrap().keys().cloned().collect()
}

/// Each key of each type is in the schema, and nothing else is.
#[test]
fn the_schema_has_the_keys_of_the_types() {
    let schema = schema();
    let of = |name: &str| keys_in(&schema["$defs"][name]);
    let without_ts = |mut keys: BTreeSet<String>| {
        keys.remove("ts");
        keys
    };
    let suspicion: BTreeSet<_> =
        keys_of::<Summary<'_>>().union(&keys_of::<Alert<'_>>()).cloned().collect();
    assert_eq!(without_ts(suspicion), of("suspicion"));
    let mut scored = without_ts(keys_of::<ScoreMeta<'_>>());
    assert!(scored.remove("tool"));
    assert_eq!(scored, of("scored"));
    assert_eq!(without_ts(keys_of::<AllUsersTable>()), of("table"));
    assert_eq!(without_ts(keys_of::<Clock<'_>>()), of("clock"));
    assert_eq!(without_ts(keys_of::<Sample<'_>>()), of("sample"));
    let suspicious = &schema["$defs"]["sample"]["properties"]["suspicious"]["items"];
    assert_eq!(keys_of::<SuspiciousIp<'_>>(), keys_in(suspicious));
    assert_eq!(keys_of::<LineCounts>(), of("counts"));
    assert_eq!(keys_of::<UserRow<'_>>(), of("user"));
    let links = &schema["$defs"]["user"]["properties"]["links"]["items"];
    assert_eq!(keys_of::<LinkRow<'_>>(), keys_in(links));
    assert_eq!(keys_of::<CheckRow<'_>>(), of("check"));
    assert_eq!(keys_of::<AccessLogRow<'_>>(), of("access-log"));
    assert_eq!(keys_of::<ReloadRow<'_>>(), of("reloaded"));
    assert_eq!(keys_of::<PeriodRow<'_>>(), of("period"));
    assert_eq!(without_ts(keys_of::<Notification>()), of("notification"));
}

/// Rows of types with flattened parts, and evidence, with every key that the schema has for them.
#[test]
fn what_the_schema_has_is_read_and_written_again() {
    let schema = schema();
    let value = |key: &str| match key {
        "ip" => json!("192.0.2.1"),
        "user" | "source" | "option" | "run" => json!("x"),
        "users" => json!(["a", "b"]),
        "networks" => json!(["192.0.2.0/24"]),
        "since" | "from" | "to" => json!("2026-11-23T15:40:45Z"),
        "state" => json!("established"),
        "rtt_ms" | "idle_seconds" | "age_seconds" => json!(1.5),
        "intervals" => json!([["2026-11-23T15:40:45Z", "2026-11-23T15:41:45Z"]]),
        "verdict" => json!("clear"),
        "by_dialect" => json!({"x": {"understood": 1, "passed_over": 2, "not_recognised": 3}}),
        "by_source" => json!({}),
        _ => json!(7),
    };
    let row = |definition: &Value| -> serde_json::Map<String, Value> {
        keys_in(definition).into_iter().map(|key| (key.clone(), value(&key))).collect()
    };
    let by_ip = row(&schema["$defs"]["sample"]["properties"]["by_ip"]["items"]);
    let line = text_of(&by_ip);
    let written = again::<FromIp<'_>>(&line);
    assert_eq!(written, Value::Object(by_ip));
    let mut socket = row(&schema["$defs"]["connection"]);
    socket.insert("type".to_owned(), json!("socket"));
    let line = text_of(&socket);
    let written = again::<Connection<'_>>(&line);
    assert_eq!(written, Value::Object(socket));
    let mut parsed = row(&schema["$defs"]["parsed"]);
    parsed.extend(row(&schema["$defs"]["counts"]));
    parsed.extend([("type".to_owned(), json!("meta")), ("tool".to_owned(), json!("mtp-parse"))]);
    let line = text_of(&parsed);
    let written = again::<ParseMeta<'_>>(&line);
    assert_eq!(written, Value::Object(parsed));
    let definition = &schema["$defs"]["evidence"];
    let all = row(definition);
    let mut used = BTreeSet::from(["kind".to_owned()]);
    for kind in words(&definition["properties"]["kind"]["enum"]) {
        let mut fact = all.clone();
        fact.insert("kind".to_owned(), json!(kind));
        let line = text_of(&fact);
        let written = again::<Evidence<'_>>(&line);
        assert_eq!(written["kind"], json!(kind));
        used.extend(written.as_object().unwrap().keys().cloned());
    }
    assert_eq!(used, keys_in(definition), "a key of no kind");
}

fn text_of(row: &serde_json::Map<String, Value>) -> String {
    Value::Object(row.clone()).to_string()
}

/// Reads a row and writes it; a kind of evidence that the types do not have cannot be written.
fn again<'de, T: Deserialize<'de> + Serialize>(line: &'de str) -> Value {
    serde_json::to_value(serde_json::from_str::<T>(line).unwrap()).unwrap()
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
