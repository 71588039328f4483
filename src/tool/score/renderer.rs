//! Writes the rows of `mtp-score` as JSON lines or as text.

use serde::Serialize;

use super::explain;
use crate::io::output::OutputFormat;
use crate::stream::{Alert, ScoreMeta, Summary, row};
use crate::timestamp::Timestamp;
use crate::view::look::{Look, Marks};
use crate::view::{self, Totals};

pub(super) enum Renderer {
    Json,
    Text(Box<Look>, Totals),
}

impl Renderer {
    pub(super) fn new(format: OutputFormat, icons: Option<Marks>) -> Self {
        if format.is_text() {
            Self::Text(Box::new(Look::of_stdout(icons)), Totals::default())
        } else {
            Self::Json
        }
    }

    /// Starts a list of summaries.
    pub(super) fn begin_summaries(&mut self, now: Timestamp, out: &mut Vec<u8>) {
        if let Self::Text(style, totals) = self {
            *totals = Totals::default();
            write_text(out, |text| view::analysis(now, style, text));
        }
    }

    pub(super) fn summary(&mut self, summary: &Summary<'_>, out: &mut Vec<u8>) {
        match self {
            Self::Json => row::write(summary, out),
            Self::Text(style, totals) => {
                if let Ok(row) = serde_json::from_slice::<view::Summary<'_>>(&line(summary)) {
                    write_text(out, |text| view::summary(&row, style, text));
                    totals.add(&row.verdict, &row.risk);
                }
            }
        }
    }

    /// Ends a list of summaries.
    pub(super) fn end_summaries(&self, out: &mut Vec<u8>) {
        if let Self::Text(style, totals) = self {
            write_text(out, |text| totals.show(style, text));
        }
    }

    /// Writes everything about one user, as text in any format.
    pub(super) fn user_detail(&self, summary: &Summary<'_>, out: &mut Vec<u8>) {
        let plain;
        let style = match self {
            Self::Text(style, _) => style,
            Self::Json => {
                plain = Look::of_stdout(Some(Marks::Words));
                &plain
            }
        };
        if let Ok(row) = serde_json::from_slice::<view::Summary<'_>>(&line(summary)) {
            write_text(out, |text| explain::story(&row, style, text));
        }
    }

    pub(super) fn alert(&self, alert: &Alert<'_>, out: &mut Vec<u8>) {
        match self {
            Self::Json => row::write(alert, out),
            Self::Text(style, _) => {
                if let Ok(row) = serde_json::from_slice::<view::Alert<'_>>(&line(alert)) {
                    write_text(out, |text| view::alert(&row, style, text));
                }
            }
        }
    }

    /// Writes what was counted. The text is printed on standard error instead.
    pub(super) fn meta(&self, meta: &ScoreMeta<'_>, out: &mut Vec<u8>) {
        if matches!(self, Self::Json) {
            row::write(meta, out);
        }
    }
}

fn line(row: &impl Serialize) -> Vec<u8> {
    let mut line = Vec::new();
    row::write(row, &mut line);
    line
}

fn write_text(out: &mut Vec<u8>, write: impl FnOnce(&mut String)) {
    let mut text = String::new();
    write(&mut text);
    out.extend_from_slice(text.as_bytes());
}
