//! The report as text: alerts and samples as they come, the analysis at the end.

use super::book::Book;
use super::names::Names;
use super::row::Row;
use crate::stream::Kind;
use crate::timestamp::Timestamp;
use crate::view::words::fill;
use crate::view::{self, Look, Totals};

/// Shows a row that is told at once.
pub(super) fn row(row: &Row<'_>, warn: u64, names: &mut Names, look: &Look, out: &mut String) {
    match row {
        Row::Alert(alert) => view::alert(&names.alert((**alert).clone()), look, out),
        Row::Sample(sample) => {
            view::sample(&names.sample((**sample).clone()), warn, look, out);
            out.push('\n');
        }
        Row::Connection(connection) => {
            view::connection(&names.connection((**connection).clone()), look, out);
        }
        Row::Event(..) | Row::Summary(_) | Row::Meta(_) | Row::Other | Row::Foreign => {}
    }
}

/// Shows what is known of all users: the `top` worst, or all.
pub(super) fn analysis(
    book: &Book,
    top: Option<usize>,
    names: &mut Names,
    look: &Look,
    out: &mut String,
) {
    let scored = book.counts.summaries > 0;
    let ranked = book.ranked();
    if !scored {
        unscored(book, look, out);
        return;
    }
    view::analysis(book.ends.map_or_else(Timestamp::now, |(_, last)| last), look, out);
    let mut totals = Totals::default();
    let mut shown = 0;
    for (_, user) in ranked {
        let Some(row) = user.summary.as_deref().and_then(|row| serde_json::from_slice(row).ok())
        else {
            continue;
        };
        let row: view::Summary<'_> = names.summary(row);
        totals.add(&row.verdict, &row.risk);
        if top.is_none_or(|top| shown < top) {
            view::summary(&row, look, out);
            shown += 1;
        }
    }
    totals.show(look, out);
}

/// Events alone say who connected, not who shares.
fn unscored(book: &Book, look: &Look, out: &mut String) {
    let connects = book.counts.of(Kind::Connect);
    if connects > 0 {
        let users = book.users.len();
        let text = fill(look.words().unscored, &[("n", &connects), ("users", &users)]);
        look.line(out, 0, 0, None, &text);
    }
}
