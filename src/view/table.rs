//! Tables of users: a line for each, as wide as the terminal.

use unicode_width::UnicodeWidthStr;

use super::account::{AccountLine, severity, verdict_name};
use super::grid::{self, Align, cut, padded};
use super::messages::fill;
use super::style::{Severity, TextStyle};
use super::units;
use crate::timestamp::Timestamp;

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Verdict,
    People,
    Networks,
    Connections,
    Traffic,
    Last,
}

/// Columns that go first where the terminal is narrow.
const DISPENSABLE: [Column; 4] =
    [Column::Traffic, Column::Networks, Column::Last, Column::Connections];
/// Columns of the reason below which others go.
const WHY_MIN: usize = 26;
const USER_MAX: usize = 24;
const USER_MIN: usize = 8;

/// Writes a line for each user under a line of titles. The counts are of `window` seconds.
pub fn table(
    lines: &[AccountLine],
    at: Timestamp,
    window: Option<u64>,
    style: &TextStyle,
    out: &mut String,
) {
    let period = window.map_or_else(String::new, |seconds| {
        format!("/{}", units::title_period(seconds, style.messages()))
    });
    let by_network = lines.iter().any(|line| line.networks.is_some());
    let table = Table { lines, at, period, by_network, style };
    let layout = table.layout();
    table.row(None, &layout, out);
    for line in lines {
        table.row(Some(line), &layout, out);
    }
}

struct Table<'t> {
    lines: &'t [AccountLine],
    /// The moment that days are counted from.
    at: Timestamp,
    /// `/24h`
    period: String,
    by_network: bool,
    style: &'t TextStyle,
}

/// The width of each part of a line.
struct TableLayout {
    user: usize,
    columns: Vec<(Column, usize)>,
    /// `None`: as long as it is.
    why: Option<usize>,
}

impl TableLayout {
    /// All but the reason.
    fn taken(&self) -> usize {
        self.user + self.columns.iter().map(|(_, width)| width + 2).sum::<usize>() + 2
    }
}

impl Table<'_> {
    fn title(&self, column: Column) -> String {
        let messages = self.style.messages();
        let upper = |title: &str| title.to_uppercase();
        match column {
            Column::Verdict => upper(messages.title_verdict),
            Column::People => upper(messages.title_people),
            Column::Networks if self.by_network => upper(messages.title_networks),
            Column::Networks => self.of_period(messages.column_addresses),
            Column::Connections => self.of_period(messages.column_connections),
            Column::Traffic => self.of_period(messages.column_traffic),
            Column::Last => messages.column_last.to_owned(),
        }
    }

    fn of_period(&self, title: &str) -> String {
        fill(title, &[("period", &self.period)])
    }

    fn cell(&self, line: &AccountLine, column: Column) -> String {
        let messages = self.style.messages();
        let unknown = || "–".to_owned();
        let number = |value: Option<u64>| value.map_or_else(unknown, |n| n.to_string());
        match column {
            Column::Verdict => verdict_name(line.verdict, messages).to_owned(),
            Column::People => {
                line.people.map_or_else(unknown, |people| units::decimal(people, messages))
            }
            Column::Networks if self.by_network => number(line.networks),
            Column::Networks => number(line.addresses),
            Column::Connections => number(line.connections),
            Column::Traffic => {
                line.traffic.map_or_else(unknown, |bytes| units::short_size(bytes, messages))
            }
            Column::Last => {
                line.last.map_or_else(unknown, |last| recent(last, self.at, self.style))
            }
        }
    }

    /// As wide as the cells are; columns go until the reason has room.
    fn layout(&self) -> TableLayout {
        let mut columns = vec![Column::Verdict, Column::People, Column::Networks];
        columns.push(Column::Connections);
        if self.lines.iter().any(|line| line.traffic.is_some()) {
            columns.push(Column::Traffic);
        }
        columns.push(Column::Last);
        let width = |column: Column| {
            let cells = self.lines.iter().map(|line| self.cell(line, column).width());
            cells.max().unwrap_or(0).max(self.title(column).width())
        };
        let columns = columns.into_iter().map(|column| (column, width(column))).collect();
        let longest = self.lines.iter().map(|line| line.user.width()).max().unwrap_or(0);
        let title = self.style.messages().title_user.width();
        let user = longest.max(title).min(USER_MAX);
        let mut layout = TableLayout { user, columns, why: None };
        let Some(width) = self.style.width else { return layout };
        for column in DISPENSABLE {
            if layout.taken() + WHY_MIN > width {
                layout.columns.retain(|(known, _)| *known != column);
            }
        }
        let beyond = (layout.taken() + WHY_MIN).saturating_sub(width);
        layout.user = user.saturating_sub(beyond).max(USER_MIN.min(user));
        layout.why = Some(width.saturating_sub(layout.taken()));
        layout
    }

    /// The line of a user, or that of the titles.
    fn row(&self, line: Option<&AccountLine>, layout: &TableLayout, out: &mut String) {
        let messages = self.style.messages();
        let titles = [messages.title_user, messages.title_why].map(str::to_uppercase);
        let [user, why] = line.map_or(titles, |line| [line.user.clone(), line.why.clone()]);
        let mut text = padded(&cut(&user, layout.user), layout.user, Align::Left);
        for (column, width) in &layout.columns {
            let align = match column {
                Column::Verdict | Column::Last => Align::Left,
                Column::People | Column::Networks | Column::Connections | Column::Traffic => {
                    Align::Right
                }
            };
            let cell = match line {
                Some(line) => self.cell(line, *column),
                None => self.title(*column),
            };
            let mut cell = padded(&cell, *width, align);
            if let (Some(line), Column::Verdict) = (line, column) {
                cell = self.style.paint(severity(line.verdict), &cell);
            }
            text.push_str("  ");
            text.push_str(&cell);
        }
        text.push_str("  ");
        text.push_str(&layout.why.map_or_else(|| why.clone(), |width| cut(&why, width)));
        out.push_str(text.trim_end());
        out.push('\n');
    }
}

/// `today 02:44`, `yesterday 23:10`, `11-21 08:25`, `2025-12-31`: as of `at`.
fn recent(moment: Timestamp, at: Timestamp, style: &TextStyle) -> String {
    const DAY_MS: i64 = 86_400_000;
    let messages = style.messages();
    let day = |ts| style.strftime(ts, "%Y-%m-%d");
    let time = style.strftime(moment, "%H:%M");
    if day(moment) == day(at) {
        fill(messages.today, &[("time", &time)])
    } else if day(moment) == day(Timestamp(at.0 - DAY_MS)) {
        fill(messages.yesterday, &[("time", &time)])
    } else if style.strftime(moment, "%Y") == style.strftime(at, "%Y") {
        style.strftime(moment, "%m-%d %H:%M")
    } else {
        day(moment)
    }
}

/// The statistics of one user by a proxy that does not log addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageLine {
    pub user: String,
    pub connects: u64,
    pub open: u64,
    /// Both ways.
    pub bytes: u64,
}

/// Writes statistics, the most connections first.
pub fn usage_table(mut lines: Vec<UsageLine>, style: &TextStyle, out: &mut String) {
    let messages = style.messages();
    lines.sort_by(|a, b| (b.connects, &a.user).cmp(&(a.connects, &b.user)));
    style.line(out, 0, 3, Some(Severity::Strong), messages.usage_heading);
    out.push('\n');
    let titles = [
        messages.title_user.to_uppercase(),
        fill(messages.column_connections, &[("period", &"")]),
        messages.column_open.to_owned(),
        fill(messages.column_traffic, &[("period", &"")]),
    ];
    let cells = lines.into_iter().map(|line| {
        let numbers =
            [line.connects.to_string(), line.open.to_string(), units::size(line.bytes, messages)];
        let [connects, open, bytes] = numbers;
        [cut(&line.user, USER_MAX), connects, open, bytes]
    });
    let rows: Vec<_> = std::iter::once(titles).chain(cells).map(Vec::from).collect();
    let right = grid::GridColumn::new(Align::Right, false);
    let columns = [grid::GridColumn::new(Align::Left, false), right, right, right];
    grid::write(&rows, &columns, style, out);
}
