//! Single connections as text: those that are there, and those that came and went.

use super::look::{Look, Tone};
use super::rows::{Connection, stamp};
use super::units;
use super::words::fill;
use crate::io::escape::Escaped;

/// A line for a `socket`, `opened` or `closed` row.
pub fn connection(row: &Connection<'_>, look: &Look, out: &mut String) {
    let words = look.words();
    let time = stamp(row.ts.as_ref()).map(|at| look.clock(at)).unwrap_or_default();
    let ends = ends(row);
    let (head, tone) = match &*row.kind {
        "socket" => (format!("    {ends}"), Tone::Quiet),
        "opened" => (format!("{time} {ends} {}", words.opened), Tone::Good),
        "closed" => (format!("{time} {ends} {}", words.closed), Tone::Quiet),
        _ => return,
    };
    let user = row.user.as_deref().map(|user| Escaped(user).to_string());
    let source = row.source.as_deref().map(|source| Escaped(source).to_string());
    let age =
        row.age_seconds.map(|seconds| fill(words.age, &[("span", &units::span(seconds, words))]));
    let known = [user, source, age].into_iter().flatten();
    let known: Vec<_> = known.chain(units::measured(&row.measured, words)).collect();
    let line = if known.is_empty() { head } else { format!("{head}  {}", known.join(", ")) };
    look.line(out, 0, 6, Some(tone), &line);
}

/// `203.0.113.7:50000 → 443`
fn ends(row: &Connection<'_>) -> String {
    let ip = Escaped(&row.ip);
    let from = if row.ip.contains(':') {
        format!("[{ip}]:{}", row.port)
    } else {
        format!("{ip}:{}", row.port)
    };
    format!("{from} → {}", row.local_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_come_and_gone() {
        let shown = |text: &str| {
            let row: Connection<'_> = serde_json::from_str(text).unwrap();
            let mut out = String::new();
            connection(&row, &Look::plain(), &mut out);
            out
        };
        let ends = r#""ts":"2026-11-23T14:30:25Z","ip":"2001:db8::1","port":5,"local_port":443"#;
        assert_eq!(
            shown(&format!(
                r#"{{"type":"socket",{ends},"age_seconds":61,"bytes_up":5,"user":"alice"}}"#
            )),
            "    [2001:db8::1]:5 → 443  alice, 1 min old, 5 B up\n"
        );
        assert_eq!(
            shown(&format!(r#"{{"type":"opened",{ends}}}"#)),
            "14:30:25 [2001:db8::1]:5 → 443 opened\n"
        );
        assert_eq!(
            shown(&format!(r#"{{"type":"closed",{ends},"age_seconds":3.4}}"#)),
            "14:30:25 [2001:db8::1]:5 → 443 closed  3 s old\n"
        );
    }
}
