//! The story of one user, for `--explain`: every fact, and when each network was in use.

use serde_json::Value;

use crate::io::escape::Escaped;
use crate::view::look::Look;
use crate::view::{self, evidence, units};

/// Writes the story that a summary with full evidence tells.
pub(super) fn story(row: &view::Summary<'_>, look: &Look, out: &mut String) {
    view::summary(row, look, out);
    for fact in &row.evidence {
        let text = match fact.get("kind").and_then(Value::as_str) {
            Some("in-use") => in_use(fact, look),
            Some("overlap" | "many-networks") => {
                format!("{} ({})", evidence::one(fact, look.words()), when(fact))
            }
            _ => evidence::one(fact, look.words()),
        };
        look.line(out, 3, 6, None, &text);
    }
}

/// From when until when.
fn when(fact: &view::rows::Evidence) -> String {
    let moment = |key: &str| fact.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    spans(&[vec![moment("from"), moment("to")]])
}

/// Spans of time, in UTC, the date where it changes: `2026-11-20 08:30-10:30, 16:00-23:30`.
fn spans(all: &[Vec<String>]) -> String {
    let (mut said, mut date) = (String::new(), "");
    for span in all {
        let [from, to] = span.as_slice() else { continue };
        said.push_str(if said.is_empty() { "" } else { ", " });
        for (joint, moment) in [("", from), ("-", to)] {
            let (day, time) = moment.split_once('T').unwrap_or(("", moment));
            let is_new = day != std::mem::replace(&mut date, day);
            let to = if is_new && joint == "-" { " to " } else { joint };
            let day = if is_new { format!("{day} ") } else { String::new() };
            said.push_str(&format!("{to}{day}{}", time.get(..5).unwrap_or(time)));
        }
    }
    Escaped(&said).to_string()
}

/// The networks of a place, and when it was in use.
fn in_use(fact: &view::rows::Evidence, look: &Look) -> String {
    let texts = |value: &Value| {
        let all = value.as_array().into_iter().flatten();
        all.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let sources: Vec<String> = fact.get("networks").map(texts).unwrap_or_default();
    let intervals = fact.get("intervals").and_then(Value::as_array);
    let intervals: Vec<Vec<String>> = intervals.into_iter().flatten().map(texts).collect();
    let told = sources.iter().take(NAMES_MAX).cloned().collect::<Vec<_>>().join(", ");
    let more = sources.len().saturating_sub(NAMES_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let count = units::networks(u64::try_from(sources.len()).unwrap_or(0), look.words());
    let as_one = if sources.len() > 1 { format!(" ({count} as one)") } else { String::new() };
    format!("{}{as_one} in use {}", Escaped(&format!("{told}{more}")), spans(&intervals))
}

/// A carrier's pool has hundreds of addresses.
const NAMES_MAX: usize = 4;
