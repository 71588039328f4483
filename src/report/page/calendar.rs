//! The calendar: a table with a row for each period, the newest first.

use super::super::calendar::CalendarRows;
use super::Page;
use super::html::Esc;
use crate::stream::PeriodRow;
use crate::view::messages::fill;
use crate::view::{calendar, units};

/// Rows of the table: a year of days, or a day of a thousand users.
const ROWS_MAX: usize = 1000;

/// Draws the calendar, where it was asked for.
pub(super) fn draw(page: &mut Page<'_>) {
    let Some((by, which)) = &page.options.calendar else { return };
    let Some(model) = &page.model.calendar else { return };
    let mut rows = model.history.rows(*by, which);
    rows.reverse();
    let texts = page.lang.messages();
    page.section("calendar", calendar::heading(by.name(), texts));
    if rows.is_empty() {
        page.out.push_str(&format!("<p>{}</p></section>\n", texts.calendar_empty));
        return;
    }
    let is_of_users = *which != CalendarRows::Totals;
    table(page, &rows, is_of_users);
    let beyond = rows.len().saturating_sub(ROWS_MAX);
    let mut notes = Vec::new();
    if beyond > 0 {
        notes.push(fill(page.messages.calendar_beyond, &[("n", &page.number(beyond as u64))]));
    }
    if rows.iter().any(|row| row.estimated) {
        notes.push(texts.calendar_estimates.to_owned());
    }
    if !is_of_users {
        notes.push(texts.calendar_new_gone.to_owned());
    }
    for note in notes {
        page.out.push_str(&format!("<p class=quiet>{}</p>", Esc(&note)));
    }
    page.out.push_str("</section>\n");
}

fn table(page: &mut Page<'_>, rows: &[PeriodRow<'_>], is_of_users: bool) {
    let (messages, texts) = (page.messages, page.lang.messages());
    let mut titles = vec![messages.period];
    if is_of_users {
        titles.push(texts.title_user);
    } else {
        titles.extend([messages.active_users, texts.title_new, texts.title_gone]);
    }
    titles.extend([
        texts.title_networks,
        messages.addresses,
        messages.connections,
        messages.traffic,
    ]);
    titles.push(messages.rejects);
    if !is_of_users {
        titles.push(messages.refused_why);
    }
    page.out.push_str("<div class=wide><table><thead><tr>");
    for title in titles {
        page.out.push_str(&format!("<th scope=col>{title}"));
    }
    page.out.push_str("<tbody>\n");
    for row in rows.iter().take(ROWS_MAX) {
        line(page, row, is_of_users);
    }
    page.out.push_str("</table></div>\n");
}

fn line(page: &mut Page<'_>, row: &PeriodRow<'_>, is_of_users: bool) {
    let texts = page.lang.messages();
    let number = |count: Option<u64>| count.map_or_else(|| "–".to_owned(), |n| page.number(n));
    let near = |count: Option<u64>| match (row.estimated, count) {
        (true, Some(_)) => format!("~{}", number(count)),
        (_, count) => number(count),
    };
    let mut cells = Vec::new();
    if !is_of_users {
        cells.extend([row.users, row.new_users, row.gone_users].map(number));
    }
    cells.extend([near(row.networks), near(row.addresses), page.number(row.connections)]);
    let bytes = Some(row.bytes).filter(|bytes| *bytes > 0);
    cells.push(bytes.map_or_else(|| "–".to_owned(), |bytes| units::short_size(bytes, texts)));
    cells.push(page.number(row.rejected));
    let period = calendar::period(row);
    page.out.push_str(&format!("<tr><th scope=row>{}", Esc(&period)));
    if is_of_users {
        let user = row.user.as_deref().unwrap_or_default();
        let shown = Esc(&page.names.user(user)).to_string();
        page.out.push_str(&format!("<td><bdi>{shown}</bdi>"));
    } else {
        cells.push(Esc(&calendar::reasons(row, texts)).to_string());
    }
    page.out.extend(cells.iter().map(|cell| format!("<td>{cell}")));
    page.out.push('\n');
}
