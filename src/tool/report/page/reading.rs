//! What was read and what was not understood: how far the page can be trusted.

use super::Page;
use super::html::Esc;
use crate::view::words::fill;

/// Draws the table; rows of nothing are left out.
pub(super) fn draw(page: &mut Page<'_>) {
    let words = page.words;
    let book = page.book;
    let counts = &book.counts;
    let mut rows: Vec<(String, u64)> = Vec::new();
    if let Some(tally) = counts.tool("mtp-parse") {
        rows.extend([
            (words.lines_read.to_owned(), tally.read),
            (format!("– {}", words.lines_understood), tally.understood),
            (format!("– {}", words.lines_passed), tally.passed_over),
            (format!("– {}", words.lines_unknown), tally.not_recognised),
            (format!("– {}", words.lines_cut), tally.cut),
        ]);
    }
    rows.extend([
        (words.rows_events.to_owned(), counts.events.iter().sum()),
        (words.rows_summaries.to_owned(), counts.summaries),
        (words.rows_alerts.to_owned(), counts.alerts),
        (words.rows_samples.to_owned(), counts.samples),
        (words.rows_foreign.to_owned(), counts.foreign),
        (words.rows_dropped.to_owned(), book.dropped.user_rows + book.sockets.dropped),
        (words.hours_dropped.to_owned(), book.hours.forgotten),
        (words.coarsened.to_owned(), u64::from(book.dropped.coarsened)),
    ]);
    let refused = |reason: &str| fill(words.turned_away, &[("reason", &reason)]);
    rows.extend(counts.reasons.iter().map(|(reason, count)| (refused(reason), *count)));
    rows.push((refused("…"), counts.other_reasons));
    page.section("reading", words.reading);
    page.out.push_str(&format!(
        "<table><caption>{}</caption><thead><tr><th scope=col>{}<th scope=col>{}<tbody>",
        words.reading_caption, words.what, words.how_many
    ));
    for (what, count) in rows.iter().filter(|(_, count)| *count > 0) {
        let count = page.number(*count);
        page.out.push_str(&format!("<tr><th scope=row>{}<td>{count}", Esc(what)));
    }
    page.out.push_str("</table></section>\n");
}
