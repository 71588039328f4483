//! A calendar as text: a line for each period.

use super::grid::{self, Align, GridColumn};
use super::messages::{Messages, fill};
use super::style::{Severity, TextStyle};
use super::units;
use crate::io::escape::Escaped;
use crate::stream::PeriodRow;

/// Writes a heading, the table, and what its marks mean.
pub fn table(rows: &[PeriodRow<'_>], style: &TextStyle, out: &mut String) {
    let messages = style.messages();
    let Some(first) = rows.first() else {
        style.line(out, 0, 0, None, messages.calendar_empty);
        return;
    };
    style.line(out, 0, 3, Some(Severity::Strong), heading(&first.by, messages));
    let is_of_users = rows.iter().any(|row| row.user.is_some());
    let mut columns = vec![GridColumn::new(Align::Left, false)];
    if is_of_users {
        columns.push(GridColumn::new(Align::Left, false));
    } else {
        columns.extend([(); 3].map(|()| GridColumn::new(Align::Right, false)));
    }
    // Networks, addresses, connections, traffic, refused; then the reasons.
    columns.extend(
        [true, false, false, false, false].map(|may_go| GridColumn::new(Align::Right, may_go)),
    );
    if !is_of_users {
        columns.push(GridColumn::new(Align::Left, false));
    }
    let mut lines = vec![titles(&first.by, is_of_users, messages)];
    lines.extend(rows.iter().map(|row| cells(row, is_of_users, style)));
    grid::write(&lines, &columns, style, out);
    if rows.iter().any(|row| row.estimated) {
        style.line(out, 0, 0, Some(Severity::Quiet), messages.calendar_estimates);
    }
    if !is_of_users {
        style.line(out, 0, 0, Some(Severity::Quiet), messages.calendar_new_gone);
    }
}

/// The name of a period's length, above a table.
pub fn heading(by: &str, messages: &'static Messages) -> &'static str {
    match by {
        "week" => messages.by_week,
        "month" => messages.by_month,
        _ => messages.by_day,
    }
}

fn titles(by: &str, is_of_users: bool, messages: &Messages) -> Vec<String> {
    let period = match by {
        "week" => messages.column_week,
        "month" => messages.column_month,
        _ => messages.column_day,
    };
    let mut titles = vec![period];
    let upper = str::to_uppercase;
    let (user, networks) = (upper(messages.title_user), upper(messages.title_networks));
    let (new, gone) = (upper(messages.title_new), upper(messages.title_gone));
    if is_of_users {
        titles.push(&user);
    } else {
        titles.extend([messages.column_users, &new, &gone]);
    }
    let connections = fill(messages.column_connections, &[("period", &"")]);
    let traffic = fill(messages.column_traffic, &[("period", &"")]);
    let addresses = fill(messages.column_addresses, &[("period", &"")]);
    titles.push(&networks);
    titles.extend([&*addresses, &*connections, &*traffic, messages.column_refused]);
    if !is_of_users {
        titles.push("");
    }
    titles.into_iter().map(str::to_owned).collect()
}

fn cells(row: &PeriodRow<'_>, is_of_users: bool, style: &TextStyle) -> Vec<String> {
    let number = |count: Option<u64>| count.map_or_else(|| "–".to_owned(), |n| n.to_string());
    let near = |count: Option<u64>| match (row.estimated, count) {
        (true, Some(count)) => format!("~{count}"),
        (_, count) => number(count),
    };
    let mut cells = vec![period(row)];
    match &row.user {
        Some(user) if is_of_users => cells.push(Escaped(user).to_string()),
        Some(_) | None => cells.extend([row.users, row.new_users, row.gone_users].map(number)),
    }
    cells.extend([near(row.networks), near(row.addresses), row.connections.to_string()]);
    let bytes = Some(row.bytes).filter(|bytes| *bytes > 0);
    cells.push(
        bytes.map_or_else(|| "–".to_owned(), |bytes| units::short_size(bytes, style.messages())),
    );
    cells.push(row.rejected.to_string());
    if !is_of_users {
        cells.push(reasons(row, style.messages()));
    }
    cells
}

/// `2026-11-23`, `2026-11-23 – 11-29`, `2026-11`
pub fn period(row: &PeriodRow<'_>) -> String {
    match &*row.by {
        "week" => format!("{} – {}", row.from, row.to.get(5..).unwrap_or_default()),
        "month" => row.from.get(..7).unwrap_or_default().to_owned(),
        _ => row.from.to_string(),
    }
}

/// The reasons of refusals, the most frequent first: `replay 8, bad-handshake 4`.
pub fn reasons(row: &PeriodRow<'_>, messages: &Messages) -> String {
    let mut all: Vec<_> = row.reasons.iter().collect();
    all.sort_by(|a, b| (b.1, a.0).cmp(&(a.1, b.0)));
    let name = |reason: &str| {
        if reason == "(others)" { messages.other_reasons.to_owned() } else { reason.to_owned() }
    };
    let parts = all.into_iter().map(|(reason, count)| format!("{} {count}", name(reason)));
    parts.collect::<Vec<_>>().join(", ")
}
