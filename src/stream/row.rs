//! A line as the row it is, of whichever tool, and rows as lines.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Alert, AllUsersTable, Clock, Connection, Event, Kind, Meta, Sample, Summary};

/// A line of a stream.
#[derive(Debug)]
pub enum Row<'l> {
    Event(Box<Event<'l>>),
    Summary(Box<Summary<'l>>),
    Alert(Box<Alert<'l>>),
    Sample(Box<Sample<'l>>),
    Connection(Box<Connection<'l>>),
    Meta(Box<Meta<'l>>),
    Table(Box<AllUsersTable>),
    Clock(Box<Clock<'l>>),
    /// A row of another type.
    Other,
    /// Not a JSON object, or one whose keys do not have the types of its row.
    Foreign,
}

/// The key that all rows have.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Typed<'l> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'l, str>,
}

impl<'l> Row<'l> {
    /// Reads a line. Keys and types that are not known are passed over.
    pub fn read(line: &'l [u8]) -> Self {
        let Some(kind) = kind(line) else { return Self::Foreign };
        let read = match &*kind {
            "summary" => parse(line).map(Self::Summary),
            "alert" => parse(line).map(Self::Alert),
            "sample" => parse(line).map(Self::Sample),
            "socket" | "opened" | "closed" => parse(line).map(Self::Connection),
            "meta" => Meta::read(line).ok().map(Box::new).map(Self::Meta),
            "table" => parse(line).map(Self::Table),
            "clock" => parse(line).map(Self::Clock),
            other => match Kind::read(other) {
                // Events are most of a stream: they have a faster reader.
                Some(_) => Event::read(line).map(Box::new).map(Self::Event),
                None => Some(Self::Other),
            },
        };
        read.unwrap_or(Self::Foreign)
    }
}

fn parse<'l, T: Deserialize<'l>>(line: &'l [u8]) -> Option<Box<T>> {
    serde_json::from_slice(line).ok().map(Box::new)
}

/// The type, which our tools write first.
fn kind(line: &[u8]) -> Option<Cow<'_, str>> {
    const FIRST: &[u8] = b"{\"type\":\"";
    let first = line.strip_prefix(FIRST).and_then(|rest| {
        let name = rest.get(..memchr::memchr(b'"', rest)?)?;
        std::str::from_utf8(name).ok().filter(|name| !name.contains('\\'))
    });
    // Serde would read an array as the values of a struct.
    let is_object = line.trim_ascii_start().starts_with(b"{");
    match first {
        _ if !is_object => None,
        Some(name) => Some(Cow::Borrowed(name)),
        None => serde_json::from_slice::<Typed<'_>>(line).ok().map(|typed| typed.kind),
    }
}

/// Appends a row as one line.
pub fn write(row: &impl Serialize, out: &mut Vec<u8>) {
    // Writing into memory does not fail, and no row has a map whose keys are not text.
    drop(serde_json::to_writer(&mut *out, row));
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::{ConnectionKind, Evidence, Risk};
    use crate::timestamp::Timestamp;

    #[test]
    fn a_line_is_read_by_its_type() {
        let shown = |line: &str| format!("{:?}", Row::read(line.as_bytes()));
        assert!(
            shown(r#"{"type":"connect","user":"a"}"#).starts_with("Event(Event { kind: Connect")
        );
        assert!(shown(r#" {"user":"a","score":1,"type":"summary"}"#).starts_with("Summary"));
        assert!(shown(r#"{"type":"meta","tool":"mtp-score","users":1}"#).starts_with("Meta(Score"));
        assert!(shown(r#"{"type":"meta","tool":"mtp-new"}"#).starts_with("Meta(Other"));
        assert_eq!(shown(r#"{"type":"explained","line":3}"#), "Other");
        assert_eq!(shown(r#"{"user":"a"}"#), "Other");
        for foreign in ["", "[]", "{", "x", r#"{"type":"summary","score":"many"}"#] {
            assert_eq!(shown(foreign), "Foreign", "{foreign}");
        }
    }

    #[test]
    fn a_summary_keeps_its_form() {
        let line = concat!(
            r#"{"type":"summary","ts":"2026-11-23T18:00:00Z","user":"a\"b","score":100,"#,
            r#""risk":"high","points":{"addresses":40,"simultaneous":100,"frequency":10},"#,
            r#""connections":25,"addresses":4,"simultaneous":2,"people":1.0,"verdict":"clear","#,
            r#""first_seen":"2026-11-23T17:00:00.5Z","last_seen":"2026-11-23T18:00:00Z","#,
            r#""mean_interval":57.6,"ips":["192.0.2.1","2001:db8::1"],"evidence":["#,
            r#"{"kind":"overlap","networks":["192.0.2.1","2001:db8::/64"],"seconds":2460,"gap":3600,"#,
            r#""from":"2026-11-23T17:00:00Z","to":"2026-11-23T18:00:00Z"},"#,
            r#"{"kind":"alternation","networks":["192.0.2.1","AS3352"],"times":3},"#,
            r#"{"kind":"second-device","networks":["192.0.2.1"],"seconds":60},"#,
            r#"{"kind":"sequential-networks","count":3},"#,
            r#"{"kind":"in-use","networks":["192.0.2.1"],"#,
            r#""intervals":[["2026-11-23T17:00:00Z","2026-11-23T18:00:00Z"]]},"#,
            r#"{"kind":"hidden-addresses","connections":9,"networks":["172.17.0.1"]},"#,
            r#"{"kind":"counterfactual","option":"--devices 3","verdict":"watch"}]}"#,
            "\n"
        );
        let Row::Summary(summary) = Row::read(line.as_bytes()) else { panic!("{line}") };
        let mut out = Vec::new();
        write(&*summary, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), line);
    }

    #[test]
    fn unknown_kinds_and_values_are_passed_over() {
        let line = r#"{"type":"alert","ts":"soon","user":"a","verdict":"guilty","new":[1],
            "evidence":[{"kind":"new","networks":3},{"kind":"overlap","sources":["x"]}]}"#;
        let Row::Alert(alert) = Row::read(line.as_bytes()) else { panic!("{line}") };
        assert_eq!((alert.ts, alert.verdict), (None, None));
        let evidence = alert.evidence.unwrap();
        assert!(matches!(evidence.as_slice(), [Evidence::Other, Evidence::Overlap { .. }]));
    }

    #[test]
    fn absent_keys_are_not_written() {
        let mut out = Vec::new();
        let alert = Alert { user: "a".into(), was_risk: Some(Risk::Low), ..Alert::default() };
        write(&alert, &mut out);
        let closed = Connection {
            kind: ConnectionKind::Closed,
            ts: Some(Timestamp(0)),
            port: 5,
            local_port: 443,
            ..Connection::default()
        };
        write(&closed, &mut out);
        let want = "{\"type\":\"alert\",\"user\":\"a\",\"was_risk\":\"low\"}\n\
            {\"type\":\"closed\",\"ts\":\"1970-01-01T00:00:00Z\",\"ip\":\"\",\"port\":5,\
            \"local_port\":443}\n";
        assert_eq!(String::from_utf8(out).unwrap(), want);
    }
}
