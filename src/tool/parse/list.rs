//! `--dialect list`, and the same as a section of the manual.

use crate::dialect::{ALL, Dialect, pattern};

/// What `--dialect` takes to show it.
pub(super) const LIST: &str = "list";

/// The dialects for a terminal.
pub(super) fn text() -> String {
    let mut out = String::new();
    for dialect in ALL {
        out.push_str(&format!("{}: {}\n", dialect.name, dialect.brief));
        for (title, what) in [("logs", dialect.logs), ("cannot be known", dialect.unknown)] {
            wrap(&mut out, &format!("{title}: {what}"));
        }
    }
    out.push_str(&format!("{}: what --pattern matches\n", pattern::NAME));
    out
}

/// The manual's section.
pub(super) fn section() -> String {
    let mut out = "What each proxy logs, and what cannot be known from it:".to_owned();
    for Dialect { name, brief, logs, unknown, .. } in ALL {
        let brief = format!("{name}: {brief}. Logs {logs}.");
        out.push_str(&format!("\n\n{brief} Not known: {unknown}."));
    }
    out.push_str("\n\npattern: lines that --pattern matches.");
    out
}

/// Columns that a line of help takes.
const WIDTH: usize = 76;
const INDENT: &str = "    ";

fn wrap(out: &mut String, text: &str) {
    let mut width = WIDTH;
    for word in text.split_whitespace() {
        let length = word.chars().count() + 1;
        if width + length > WIDTH {
            if width < WIDTH || !out.ends_with('\n') {
                out.push('\n');
            }
            out.push_str(INDENT);
            width = INDENT.len();
        } else {
            out.push(' ');
        }
        out.push_str(word);
        width += length;
    }
    out.push('\n');
}
