//! Evidence in words: the facts that carry a verdict, the strongest first, as short as they go.

use serde_json::Value;

use super::rows::Evidence;
use super::units::{self, span};
use super::words::{Words, fill};
use crate::output::safe::Safe;

/// How many facts are told: more than these do not change a mind.
const FACTS_MAX: usize = 3;

/// The facts, joined.
pub fn facts(evidence: &[Evidence], words: &Words) -> String {
    let told: Vec<_> = evidence.iter().take(FACTS_MAX).map(|fact| one(fact, words)).collect();
    told.into_iter().filter(|fact| !fact.is_empty()).collect::<Vec<_>>().join("; ")
}

/// One fact in words.
pub fn one(fact: &Evidence, words: &Words) -> String {
    let said = match text(fact, "kind") {
        Some("overlap") => overlap(fact, words),
        Some("in-turn" | "never_both") => Some(words.never_both.to_owned()),
        _ => None,
    };
    said.unwrap_or_else(|| generic(fact))
}

fn overlap(fact: &Evidence, words: &Words) -> Option<String> {
    let seconds = fact.get("seconds").and_then(Value::as_f64)?;
    let sources = match fact.get("sources")? {
        Value::Array(all) => match all.iter().map(Value::as_str).collect::<Option<Vec<_>>>() {
            Some(names) if names.len() <= 2 => Safe(&names.join(", ")).to_string(),
            _ => units::networks(u64::try_from(all.len()).unwrap_or(u64::MAX), words),
        },
        Value::Number(count) => units::networks(count.as_u64()?, words),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Object(_) => return None,
    };
    let span = span(seconds, words);
    Some(fill(words.overlap, &[("sources", &sources), ("span", &span)]))
}

/// A kind that this version does not know: `kind: key value, key value`.
fn generic(fact: &Evidence) -> String {
    let values = fact.iter().filter(|(key, _)| *key != "kind");
    let values: Vec<_> = values.map(|(key, value)| format!("{key} {}", plain(value))).collect();
    let kind = text(fact, "kind").unwrap_or_default().replace('_', " ");
    let said = match (kind.is_empty(), values.is_empty()) {
        (false, false) => format!("{kind}: {}", values.join(", ")),
        (false, true) => kind,
        (true, _) => values.join(", "),
    };
    Safe(&said).to_string()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(plain).collect::<Vec<_>>().join(" "),
        Value::Object(all) => {
            let pairs = all.iter().map(|(key, value)| format!("{key}={}", plain(value)));
            pairs.collect::<Vec<_>>().join(" ")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn text<'e>(fact: &'e Evidence, key: &str) -> Option<&'e str> {
    fact.get(key).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::words::EN;

    fn said(json: &str) -> String {
        facts(&serde_json::from_str::<Vec<Evidence>>(json).unwrap(), &EN)
    }

    #[test]
    fn facts_known_and_unknown() {
        assert_eq!(
            said(r#"[{"kind":"overlap","sources":["20.1.2.3","31.5.6.0/24"],"seconds":2460}]"#),
            "20.1.2.3, 31.5.6.0/24 in use at once for 41 min"
        );
        assert_eq!(
            said(r#"[{"kind":"new_thing","n":3,"who":["a","b\u001b"]},{"kind":"bare"},{}]"#),
            "new thing: n 3, who a b\\u{1b}; bare"
        );
    }
}
