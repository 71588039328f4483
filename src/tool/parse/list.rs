//! `--dialect list`, and the same as a section of the manual.

use crate::cli::help;
use crate::formats::{ALL, Dialect, pattern};
use crate::io::output::columns;

/// What `--dialect` takes to show it.
pub(super) const LIST: &str = "list";

/// The dialects for a terminal.
pub(super) fn text() -> String {
    let width = help::prose_width(columns());
    let mut out = String::new();
    for dialect in ALL {
        out.push_str(&format!("{}: {}\n", dialect.name, dialect.brief));
        for (title, what) in [("logs", dialect.logs), ("cannot be known", dialect.unknown)] {
            help::fill(&mut out, &format!("{title}: {what}"), "    ", width);
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
