//! Evidence in words: the facts that carry a verdict, the strongest first, as short as they go.

use serde_json::Value;

use super::rows::{self, Evidence};
use super::score::name;
use super::units::{self, span};
use super::words::{Words, fill};
use crate::io::escape::Escaped;

/// How many facts are told: more than these do not change a mind.
const FACTS_MAX: usize = 3;

/// The facts that carry a verdict, joined, and what would change it.
pub fn facts(evidence: &[Evidence], words: &Words) -> String {
    let is_condition = |fact: &&Evidence| text(fact, "kind") == Some("counterfactual");
    let reasons = evidence.iter().filter(|fact| !is_condition(fact) && !is_detail(fact));
    let told = reasons.take(FACTS_MAX).chain(evidence.iter().filter(is_condition));
    let told: Vec<_> = told.map(|fact| one(fact, words)).collect();
    told.into_iter().filter(|fact| !fact.is_empty()).collect::<Vec<_>>().join("; ")
}

/// What a picture shows better than words.
pub fn is_detail(fact: &Evidence) -> bool {
    text(fact, "kind") == Some("in-use")
}

/// One fact in words.
pub fn one(fact: &Evidence, words: &Words) -> String {
    let sources = sources(fact, words);
    let lasted = number(fact, "seconds").map(|seconds| span(seconds, words));
    let count = |key| number(fact, key).map(units::whole);
    let said = match text(fact, "kind") {
        Some("overlap") => sources
            .zip(lasted)
            .map(|(sources, span)| fill(words.overlap, &[("sources", &sources), ("span", &span)])),
        Some("alternation") => sources
            .zip(count("times"))
            .map(|(sources, times)| fill(words.returns, &[("sources", &sources), ("n", &times)])),
        Some("many-networks") => count("count").zip(lasted).map(|(n, span)| {
            fill(words.crowd, &[("networks", &units::networks(n, words)), ("span", &span)])
        }),
        Some("recurring-networks") => {
            sources.map(|sources| fill(words.places, &[("sources", &sources)]))
        }
        Some("second-device") => sources.zip(lasted).map(|(sources, span)| {
            fill(words.second_device, &[("sources", &sources), ("span", &span)])
        }),
        Some("sequential-networks") => {
            count("count").map(|n| fill(words.in_turn, &[("networks", &units::networks(n, words))]))
        }
        Some("counterfactual") => {
            text(fact, "option").zip(text(fact, "verdict")).map(|(flag, verdict)| {
                let verdict = name(rows::verdict(verdict), words);
                fill(words.with, &[("flag", &Escaped(flag)), ("verdict", &verdict)])
            })
        }
        _ => None,
    };
    said.unwrap_or_else(|| generic(fact))
}

/// One or two sources by name, more by their number.
fn sources(fact: &Evidence, words: &Words) -> Option<String> {
    let Some(Value::Array(all)) = fact.get("networks") else { return None };
    let names = all.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?;
    Some(match names.as_slice() {
        [one] => Escaped(one).to_string(),
        [one, other] => fill(words.both, &[("one", &Escaped(one)), ("other", &Escaped(other))]),
        _ => units::networks(u64::try_from(names.len()).unwrap_or(u64::MAX), words),
    })
}

fn number(fact: &Evidence, key: &str) -> Option<f64> {
    fact.get(key).and_then(Value::as_f64)
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
    Escaped(&said).to_string()
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
            said(r#"[{"kind":"overlap","networks":["20.1.2.3","31.5.6.0/24"],"seconds":2460}]"#),
            "20.1.2.3 and 31.5.6.0/24 in use at once for 41 min"
        );
        assert_eq!(
            said(
                r#"[{"kind":"many-networks","count":14,"seconds":3600},
                {"kind":"alternation","networks":["20.1.2.3","a carrier"],"times":12},
                {"kind":"second-device","networks":["20.1.2.3"],"seconds":7200},
                {"kind":"sequential-networks","count":5},
                {"kind":"in-use","networks":["x"],"intervals":[]},
                {"kind":"counterfactual","option":"--devices 3","verdict":"clear"}]"#
            ),
            "14 networks within 1 h; to and fro between 20.1.2.3 and a carrier 12 times; \
             20.1.2.3 taken for a second device, 2 h together with others; \
             with --devices 3 it would be clear"
        );
        assert_eq!(
            said(
                r#"[{"kind":"recurring-networks",
                "networks":["20.1.2.3","20.9.2.3","2001:db8::/64"]}]"#
            ),
            "3 networks come back to for days"
        );
        assert_eq!(
            said(r#"[{"kind":"sequential-networks","count":5}]"#),
            "5 networks in turn, never two in use at once"
        );
        assert_eq!(
            said(r#"[{"kind":"new_thing","n":3,"who":["a","b\u001b"]},{"kind":"bare"},{}]"#),
            "new thing: n 3, who a b\\u{1b}; bare"
        );
    }
}
