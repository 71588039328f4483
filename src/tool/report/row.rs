//! A line as the row it is, of whichever tool.

use std::borrow::Cow;

use serde::Deserialize;

use crate::stream::Kind;
use crate::stream::event::Record;
use crate::view::rows::Connection;
use crate::view::{Alert, Meta, Sample, Summary};

/// A row.
#[derive(Debug)]
pub(super) enum Row<'l> {
    /// Something that happened at the proxy.
    Event(Kind, Box<Record<'l>>),
    /// A user's score.
    Summary(Box<Summary<'l>>),
    /// A change of a user's verdict.
    Alert(Box<Alert<'l>>),
    /// Who is connected.
    Sample(Box<Sample<'l>>),
    /// A single connection: there, opened or closed.
    Connection(Box<Connection<'l>>),
    /// What a tool counted.
    Meta(Box<Meta<'l>>),
    /// A row of a type that is not reported.
    Other,
    /// No JSON object, or one that lies about its type.
    Foreign,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Typed<'l> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'l, str>,
}

/// Reads a line.
pub(super) fn read(line: &[u8]) -> Row<'_> {
    let Some(kind) = kind(line) else { return Row::Foreign };
    let read = match &*kind {
        "summary" => parse(line).map(Row::Summary),
        "alert" => parse(line).map(Row::Alert),
        "sample" => parse(line).map(Row::Sample),
        "socket" | "opened" | "closed" => parse(line).map(Row::Connection),
        "meta" => parse(line).map(Row::Meta),
        other => match Kind::read(other) {
            // Not by serde alone: events are most of a stream, and plain ones are read faster.
            Some(kind) => Record::read(line).map(|record| Row::Event(kind, Box::new(record))),
            None => Some(Row::Other),
        },
    };
    read.unwrap_or(Row::Foreign)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_what_its_type_says() {
        let shown = |line: &str| format!("{:?}", read(line.as_bytes()));
        assert!(shown(r#"{"type":"connect","user":"a"}"#).starts_with("Event(Connect"));
        assert!(shown(r#" {"user":"a","score":1,"type":"summary"}"#).starts_with("Summary"));
        assert_eq!(shown(r#"{"type":"explained","line":3}"#), "Other");
        assert_eq!(shown(r#"{"user":"a"}"#), "Other");
        for foreign in ["", "[]", "{", "x", r#"{"type":"summary","score":"many"}"#] {
            assert_eq!(shown(foreign), "Foreign", "{foreign}");
        }
    }
}
