//! The story of one user, for `--explain`: every fact, and when each network was in use.

use serde_json::Value;

use crate::output::safe::Safe;
use crate::view::look::Look;
use crate::view::{self, evidence, units};

/// Writes the story that a summary with full evidence tells.
pub(super) fn story(row: &view::Summary<'_>, look: &Look, out: &mut String) {
    view::summary(row, look, out);
    for fact in &row.evidence {
        let text = match fact.get("kind").and_then(Value::as_str) {
            Some("in-use") => in_use(fact, look),
            Some("overlap") => format!("{} ({})", evidence::one(fact, look.words()), when(fact)),
            _ => evidence::one(fact, look.words()),
        };
        look.line(out, 3, 6, None, &text);
    }
}

/// From when until when.
fn when(fact: &view::rows::Evidence) -> String {
    let moment = |key: &str| fact.get(key).and_then(Value::as_str).unwrap_or_default();
    Safe(&format!("{} to {}", moment("from"), moment("to"))).to_string()
}

/// The networks of a place, and when it was in use.
fn in_use(fact: &view::rows::Evidence, look: &Look) -> String {
    let texts = |value: &Value| {
        let all = value.as_array().into_iter().flatten();
        all.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let sources: Vec<String> = fact.get("sources").map(texts).unwrap_or_default();
    let intervals = fact.get("intervals").and_then(Value::as_array);
    let spans: Vec<Vec<String>> = intervals.into_iter().flatten().map(texts).collect();
    let told = sources.iter().take(NAMES_MAX).cloned().collect::<Vec<_>>().join(", ");
    let more = sources.len().saturating_sub(NAMES_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let spans: Vec<_> = spans.iter().map(|span| span.join(" to ")).collect();
    let count = units::networks(u64::try_from(sources.len()).unwrap_or(0), look.words());
    Safe(&format!("{told}{more} ({count} as one): {}", spans.join("; "))).to_string()
}

/// A carrier's pool has hundreds of addresses.
const NAMES_MAX: usize = 4;
