//! `--dialect list`, and the same as a section of the manual.

use crate::cli::help;
use crate::formats::{ALL, Dialect, FIELDS, LevelCoverage, regex_parser};
use crate::io::output::columns;

/// The value of `--dialect` that shows it.
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
        for level in dialect.levels {
            help::fill(&mut out, &coverage(level), "    ", width);
        }
        help::fill(&mut out, &format!("tried with: {}", dialect.version), "    ", width);
        if !dialect.remedy.is_empty() {
            help::fill(&mut out, &format!("to log more: {}", dialect.remedy), "    ", width);
        }
    }
    out.push_str(&format!("{}: what --pattern matches\n", regex_parser::NAME));
    out
}

/// `at debug: user yes, address yes, end yes, bytes no`
fn coverage(level: &LevelCoverage) -> String {
    let field = |(field, has): (&str, bool)| format!("{field} {}", if has { "yes" } else { "no" });
    let fields: Vec<_> = FIELDS.into_iter().zip(level.has).map(field).collect();
    format!("at {}: {}", level.name, fields.join(", "))
}

/// The manual's section.
pub(super) fn section() -> String {
    let mut out = "What each proxy logs, and what cannot be known from it:".to_owned();
    for Dialect { name, brief, logs, unknown, levels, version, remedy, .. } in ALL {
        let levels: Vec<_> = levels.iter().map(coverage).collect();
        out.push_str(&format!(
            "\n\n{name}: {brief}. Logs {logs}. Not known: {unknown}. Events have, {}. Tried with \
             {version}.",
            levels.join("; ")
        ));
        if !remedy.is_empty() {
            out.push_str(&format!(" To log more: {remedy}."));
        }
    }
    out.push_str("\n\npattern: lines that --pattern matches.");
    out
}
