//! Writes the rows of `mtp-score` as JSON lines or as text.

use std::collections::BTreeMap;

use crate::io::escape::Escaped;
use crate::io::output::OutputFormat;
use crate::report::model::user::UsageTotals;
use crate::stream::{Alert, ScoreMeta, Summary, Usage, Verdict, row};
use crate::timestamp::Timestamp;
use crate::view::{AccountLine, IconSet, Lang, TextStyle, Totals, account, table};

#[derive(Debug)]
pub(super) enum ScoreRenderer {
    /// The language is that of `--explain`, which is text in any format.
    Json(Lang),
    Text(Box<TextRenderer>),
}

/// The text of one list of summaries.
#[derive(Debug)]
pub(super) struct TextRenderer {
    style: TextStyle,
    /// A block for every user, as the scripts printed.
    is_long: bool,
    at: Timestamp,
    window: Option<u64>,
    totals: Totals,
    lines: Vec<AccountLine>,
    /// Blocks of the users that need a look, or in the long form of all.
    blocks: String,
    /// Statistics of a proxy that does not log addresses, by user.
    usage: BTreeMap<Box<str>, UsageTotals>,
}

/// Users of whom statistics are kept.
const USAGE_USERS_MAX: usize = 100_000;

impl ScoreRenderer {
    pub(super) fn new(
        format: OutputFormat,
        icons: Option<IconSet>,
        lang: Lang,
        is_long: bool,
    ) -> Self {
        if !format.is_text() {
            return Self::Json(lang);
        }
        Self::Text(Box::new(TextRenderer {
            style: TextStyle { lang, ..TextStyle::of_stdout(icons) },
            is_long,
            at: Timestamp(0),
            window: None,
            totals: Totals::default(),
            lines: Vec::new(),
            blocks: String::new(),
            usage: BTreeMap::new(),
        }))
    }

    pub(super) fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    /// Starts a list of summaries.
    pub(super) fn begin_summaries(&mut self, now: Timestamp) {
        if let Self::Text(text) = self {
            text.at = now;
            text.totals = Totals::default();
            text.lines.clear();
            text.blocks.clear();
        }
    }

    /// Keeps the statistics of a user for the text.
    pub(super) fn usage(&mut self, user: &str, usage: Usage, source: &str) {
        let Self::Text(text) = self else { return };
        if text.usage.contains_key(user) || text.usage.len() < USAGE_USERS_MAX {
            text.usage.entry(user.into()).or_default().add(usage, source);
        }
    }

    /// Counts a user who is not listed.
    pub(super) fn count(&mut self, summary: &Summary<'_>) {
        if let Self::Text(text) = self {
            text.totals.add(summary);
        }
    }

    pub(super) fn summary(&mut self, summary: &Summary<'_>, out: &mut Vec<u8>) {
        match self {
            Self::Json(_) => row::write(summary, out),
            Self::Text(text) => {
                text.window = summary.window;
                text.totals.add(summary);
                if text.is_long {
                    account::long_block(summary, &text.style, &mut text.blocks);
                    return;
                }
                text.lines.push(AccountLine::new(summary, &text.style));
                if summary.verdict >= Verdict::Watch {
                    account::block(summary, None, &text.style, &mut text.blocks);
                }
            }
        }
    }

    /// Ends a list of summaries.
    pub(super) fn end_summaries(&self, out: &mut Vec<u8>) {
        let Self::Text(text) = self else { return };
        let (style, mut shown) = (&text.style, String::new());
        let is_blind = text.totals.of(Verdict::Unknown) == text.totals.users;
        if is_blind && !text.usage.is_empty() {
            let lines = text.usage.iter().map(|(user, usage)| table::UsageLine {
                user: Escaped(user).to_string(),
                connects: usage.connects(),
                open: usage.current(),
                bytes: usage.bytes(),
            });
            table::usage_table(lines.collect(), style, &mut shown);
        } else if text.is_long {
            account::long_heading(text.at, style, &mut shown);
            shown.push_str(&text.blocks);
            text.totals.write_long(style, &mut shown);
        } else {
            account::heading(text.at, &text.totals, style, &mut shown);
            table::table(&text.lines, text.at, text.window, style, &mut shown);
            shown.push('\n');
            shown.push_str(&text.blocks);
            let not_listed = text.totals.users.saturating_sub(text.lines.len() as u64);
            text.totals.write(not_listed, style, &mut shown);
        }
        out.extend_from_slice(shown.as_bytes());
    }

    /// Writes everything about one user, as text in any format.
    pub(super) fn user_detail(&self, summary: &Summary<'_>, is_full: bool, out: &mut Vec<u8>) {
        let plain;
        let style = match self {
            Self::Text(text) => &text.style,
            Self::Json(lang) => {
                plain = TextStyle { lang: *lang, ..TextStyle::of_stdout(Some(IconSet::Words)) };
                &plain
            }
        };
        write_text(out, |text| account::detail(summary, is_full, style, text));
    }

    pub(super) fn alert(&self, alert: &Alert<'_>, out: &mut Vec<u8>) {
        match self {
            Self::Json(_) => row::write(alert, out),
            Self::Text(text) if text.is_long || account::is_new(alert, Timestamp::now()) => {
                write_text(out, |out| account::alert(alert, &text.style, out));
            }
            Self::Text(_) => {}
        }
    }

    /// Writes what was counted. The text is printed on standard error instead.
    pub(super) fn meta(&self, meta: &ScoreMeta<'_>, out: &mut Vec<u8>) {
        if matches!(self, Self::Json(_)) {
            row::write(meta, out);
        }
    }
}

fn write_text(out: &mut Vec<u8>, write: impl FnOnce(&mut String)) {
    let mut text = String::new();
    write(&mut text);
    out.extend_from_slice(text.as_bytes());
}
