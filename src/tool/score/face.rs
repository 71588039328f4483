//! What `mtp-score` shows: its rows as they are, or text for people made from them.

use super::explain;
use crate::io::output::OutputFormat;
use crate::timestamp::Timestamp;
use crate::view::look::{Look, Marks};
use crate::view::{self, Totals};

/// How rows are shown.
pub(super) enum Face {
    /// As they are.
    Rows,
    /// As text.
    Text(Box<Look>),
}

impl Face {
    /// The face for this format.
    pub(super) fn of(format: OutputFormat, marks: Option<Marks>) -> Self {
        if format.is_text() { Self::Text(Box::new(Look::of_stdout(marks))) } else { Self::Rows }
    }

    /// Shows summaries, with what stands above and below them.
    pub(super) fn summaries(&self, now: Timestamp, rows: &[u8], out: &mut Vec<u8>) {
        let Self::Text(look) = self else {
            out.extend_from_slice(rows);
            return;
        };
        let (mut text, mut totals) = (String::new(), Totals::default());
        view::analysis(now, look, &mut text);
        for row in rows.split(|byte| *byte == b'\n') {
            if let Ok(row) = serde_json::from_slice::<view::Summary<'_>>(row) {
                view::summary(&row, look, &mut text);
                totals.add(&row.verdict, &row.risk);
            }
        }
        totals.show(look, &mut text);
        out.extend_from_slice(text.as_bytes());
    }

    /// Shows the story of one user.
    pub(super) fn story(&self, row: &[u8], out: &mut Vec<u8>) {
        let plain;
        let look = match self {
            Self::Text(look) => look,
            Self::Rows => {
                plain = Look::of_stdout(Some(Marks::Words));
                &plain
            }
        };
        if let Ok(row) = serde_json::from_slice::<view::Summary<'_>>(row) {
            let mut text = String::new();
            explain::story(&row, look, &mut text);
            out.extend_from_slice(text.as_bytes());
        }
    }

    /// Shows an alert.
    pub(super) fn alert(&self, row: &[u8], out: &mut Vec<u8>) {
        let Self::Text(look) = self else {
            out.extend_from_slice(row);
            return;
        };
        if let Ok(row) = serde_json::from_slice::<view::Alert<'_>>(row) {
            let mut text = String::new();
            view::alert(&row, look, &mut text);
            out.extend_from_slice(text.as_bytes());
        }
    }

    /// Shows what was counted; people are told on standard error.
    pub(super) fn meta(&self, row: &[u8], out: &mut Vec<u8>) {
        if matches!(self, Self::Rows) {
            out.extend_from_slice(row);
        }
    }
}
