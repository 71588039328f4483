//! The `meta` row: how much was read, and how much of it not understood.

use crate::formats::{Decoder, sources::Counts};
use crate::json::{Row, string};
use crate::timestamp::Timestamp;

/// What is counted beside the ear's own counts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lines {
    /// Raw lines.
    pub(super) read: u64,
    /// Pieces of longer lines, and lines that were cut.
    pub(super) cut: u64,
    /// Events written.
    pub(super) rows: u64,
    /// Events outside `--since` and `--until`.
    pub(super) left_out: u64,
}

/// Writes the row.
pub(super) fn write(out: &mut Vec<u8>, ts: Option<Timestamp>, lines: Lines, ear: &Decoder) {
    let mut row = Row::new(out, "meta");
    if let Some(ts) = ts {
        row.stamp("ts", ts);
    }
    row.text("tool", "mtp-parse");
    row.number("read", lines.read);
    tail(row.key("understood"), ear.counts);
    row.number("cut", lines.cut);
    row.number("rows", lines.rows);
    if lines.left_out > 0 {
        row.number("left_out", lines.left_out);
    }
    group(row.key("by_dialect"), ear.by_dialect());
    let sources =
        ear.sources.heard().map(|source| (ear.called(source).unwrap_or(""), source.counts));
    group(row.key("by_source"), sources);
    for (key, count) in [
        ("sources_forgotten", ear.sources.forgotten),
        ("connections_forgotten", ear.sources.connections_forgotten()),
    ] {
        if count > 0 {
            row.number(key, count);
        }
    }
    row.end();
}

/// Three numbers, the first of whose keys stands already.
fn tail(out: &mut Vec<u8>, counts: Counts) {
    let Counts { understood, passed_over, not_recognised } = counts;
    let text =
        format!("{understood},\"passed_over\":{passed_over},\"not_recognised\":{not_recognised}");
    out.extend_from_slice(text.as_bytes());
}

/// An object of such counts by name. Sources that `--source` calls the same are one.
fn group<N: AsRef<str>>(out: &mut Vec<u8>, all: impl Iterator<Item = (N, Counts)>) {
    let mut merged: Vec<(N, Counts)> = Vec::new();
    for (name, counts) in all {
        match merged.iter_mut().find(|known| known.0.as_ref() == name.as_ref()) {
            Some((_, sum)) => {
                sum.understood += counts.understood;
                sum.passed_over += counts.passed_over;
                sum.not_recognised += counts.not_recognised;
            }
            None => merged.push((name, counts)),
        }
    }
    out.push(b'{');
    for (n, (name, counts)) in merged.into_iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        string(out, name.as_ref());
        out.extend_from_slice(b":{\"understood\":");
        tail(out, counts);
        out.push(b'}');
    }
    out.push(b'}');
}
