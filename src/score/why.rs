//! Facts as the `evidence` of a row.

use crate::json::{number, string};
use crate::sharing::facts::{Fact, Place};
use crate::sharing::{Prefixes, Verdict};
use crate::timestamp::Timestamp;

/// What another limit would make of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WouldBe {
    /// So many devices.
    pub devices: usize,
    /// The verdict then.
    pub verdict: Verdict,
}

/// Writes evidence.
pub fn write(out: &mut Vec<u8>, facts: &[Fact], would_be: Option<WouldBe>, prefixes: Prefixes) {
    out.push(b'[');
    for (n, fact) in facts.iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        one(out, fact, prefixes);
    }
    if let Some(WouldBe { devices, verdict }) = would_be {
        let joint = if facts.is_empty() { "" } else { "," };
        let verdict = verdict.name();
        out.extend_from_slice(
            format!(
                "{joint}{{\"kind\":\"with\",\"flag\":\"--devices {devices}\",\
                 \"verdict\":\"{verdict}\"}}"
            )
            .as_bytes(),
        );
    }
    out.push(b']');
}

fn one(out: &mut Vec<u8>, fact: &Fact, prefixes: Prefixes) {
    match fact {
        Fact::Overlap { ends, lasted_ms, gap_ms, from, to } => {
            kind(out, "overlap");
            sources(out, ends, prefixes);
            count(out, "seconds", lasted_ms / 1000);
            count(out, "gap", gap_ms / 1000);
            moment(out, "from", *from);
            moment(out, "to", *to);
        }
        Fact::Returns { ends, times } => {
            kind(out, "returns");
            sources(out, ends, prefixes);
            count(out, "times", i64::from(*times));
        }
        Fact::Crowd { networks, from, to } => {
            kind(out, "crowd");
            count(out, "networks", i64::from(*networks));
            count(out, "seconds", (to - from) / 1000);
            moment(out, "from", *from);
            moment(out, "to", *to);
        }
        Fact::Places { places } => {
            kind(out, "places");
            sources(out, places, prefixes);
        }
        Fact::SecondDevice { place, lasted_ms } => {
            kind(out, "second-device");
            sources(out, std::slice::from_ref(place), prefixes);
            count(out, "seconds", lasted_ms / 1000);
        }
        Fact::InTurn { networks } => {
            kind(out, "in-turn");
            count(out, "networks", i64::from(*networks));
        }
        Fact::InUse { place, spans } => {
            kind(out, "in-use");
            out.extend_from_slice(b",\"sources\":");
            names(out, place.iter().map(|network| network.name(prefixes)));
            out.extend_from_slice(b",\"intervals\":[");
            for (n, (from, to)) in spans.iter().enumerate() {
                let joint = if n > 0 { "," } else { "" };
                let (from, to) = (Timestamp(*from).text(), Timestamp(*to).text());
                out.extend_from_slice(format!("{joint}[\"{from}\",\"{to}\"]").as_bytes());
            }
            out.push(b']');
        }
    }
    out.push(b'}');
}

fn kind(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(format!("{{\"kind\":\"{name}\"").as_bytes());
}

fn count(out: &mut Vec<u8>, key: &str, value: i64) {
    out.extend_from_slice(format!(",\"{key}\":").as_bytes());
    number(out, value.into());
}

fn moment(out: &mut Vec<u8>, key: &str, ts: i64) {
    out.extend_from_slice(format!(",\"{key}\":\"{}\"", Timestamp(ts).text()).as_bytes());
}

/// The chief network of each place.
fn sources(out: &mut Vec<u8>, places: &[Place], prefixes: Prefixes) {
    let chief = |place: &Place| match place.first() {
        Some(network) => network.name(prefixes),
        None => "a carrier".to_owned(),
    };
    out.extend_from_slice(b",\"sources\":");
    names(out, places.iter().map(chief));
}

fn names(out: &mut Vec<u8>, all: impl Iterator<Item = String>) {
    out.push(b'[');
    for (n, name) in all.enumerate() {
        if n > 0 {
            out.push(b',');
        }
        string(out, &name);
    }
    out.push(b']');
}
