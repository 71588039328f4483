//! The screen: who shares above, what happened last below, keys at the foot.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line as Text, Span};
use ratatui::widgets::{Cell, Paragraph, Row, Table, TableState, Wrap};
use unicode_width::UnicodeWidthStr;

use super::super::Anonymizer;
use super::super::model::ReportModel;
use super::feed::Shared;
use super::keys::{Mode, Ui};
use super::list::{List, ListLine, Sort};
use super::user_detail;
use crate::io::escape::Escaped;
use crate::stream::Verdict;
use crate::view::messages::fill;
use crate::view::style::Colours;
use crate::view::{TextStyle, account, units};

/// Alerts at the foot, where there is room.
const ALERTS: u16 = 5;
/// A screen lower than this shows users alone.
const LOW: u16 = 16;

/// Draws all of it.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    ui: &Ui,
    list: &List,
    model: &ReportModel,
    names: &mut Anonymizer,
    shared: &Shared,
    text_style: &TextStyle,
) {
    let alerts = if frame.area().height < LOW || model.alerts.is_empty() { 0 } else { ALERTS + 1 };
    let [head, body, below, foot] = Layout::vertical([
        Constraint::Length(2),
        Constraint::Min(1),
        Constraint::Length(if ui.mode == Mode::List { alerts } else { 0 }),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(heading(list, model, shared, text_style), head);
    match ui.mode {
        Mode::List | Mode::Find => table(frame, body, ui, list, text_style),
        Mode::Detail => user_detail::draw(frame, body, ui, model, names, text_style),
        Mode::Help => {
            let help = Paragraph::new(text_style.messages().watch_help);
            frame.render_widget(help.wrap(Wrap { trim: true }), body);
        }
    }
    if below.height > 0 {
        frame.render_widget(latest(model, names, below, text_style), below);
    }
    frame.render_widget(footing(ui, text_style), foot);
}

/// The style of a verdict, if the terminal has colours.
pub(super) fn style(verdict: Verdict, text_style: &TextStyle) -> Style {
    let colour = match verdict {
        Verdict::Sharing => Color::Red,
        Verdict::Watch => Color::Yellow,
        Verdict::Clear => Color::Green,
        Verdict::Unknown => Color::DarkGray,
    };
    if text_style.colours == Colours::On { Style::new().fg(colour) } else { Style::new() }
}

/// Bold, for what lines are about.
pub(super) const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);
/// Dim, for what is there to whoever looks closer.
pub(super) const QUIET: Style = Style::new().add_modifier(Modifier::DIM);

fn heading<'s>(
    list: &List,
    model: &ReportModel,
    shared: &Shared,
    text_style: &TextStyle,
) -> Paragraph<'s> {
    let messages = text_style.messages();
    let mut first = vec![Span::styled("MTProxy", STRONG)];
    if let Some((_, last)) = model.ends {
        first.push(Span::raw(format!("  {}", text_style.moment(last))));
    }
    let open: u64 =
        model.sockets.ports.values().filter_map(|s| s.points.last()).map(|p| p.total).sum();
    if !model.sockets.ports.is_empty() {
        first.push(Span::raw(format!("  {}", fill(messages.watch_open, &[("n", &open)]))));
    }
    if shared.is_ended() {
        first.push(Span::styled(format!("  {}", messages.watch_ended), QUIET));
    }
    let mut second = Vec::new();
    for (verdict, count) in Verdict::ALL.into_iter().zip(list.counts) {
        let text = format!("{count} {}  ", account::verdict_name(verdict, messages));
        second.push(Span::styled(text, style(verdict, text_style)));
    }
    if model.counts.foreign > 0 {
        let text = fill(messages.watch_foreign, &[("n", &model.counts.foreign)]);
        second.push(Span::styled(text, QUIET));
    }
    Paragraph::new(vec![Text::from(first), Text::from(second)])
}

/// Columns of a name, at least.
const USER_MIN: u16 = 12;

/// The titles, in the order of [`Sort::ALL`].
fn titles(text_style: &TextStyle) -> [String; 7] {
    let messages = text_style.messages();
    let connections = fill(messages.column_connections, &[("period", &"")]);
    [
        messages.title_user.to_uppercase(),
        messages.title_verdict.to_uppercase(),
        messages.title_people.to_uppercase(),
        messages.title_score.to_uppercase(),
        connections,
        messages.title_networks.to_uppercase(),
        messages.column_last.to_uppercase(),
    ]
}

fn table(frame: &mut Frame<'_>, area: Rect, ui: &Ui, list: &List, text_style: &TextStyle) {
    let titles = titles(text_style);
    let rows: Vec<_> = list.lines.iter().map(|line| cells(line, text_style)).collect();
    let widths = titles.iter().enumerate().map(|(n, title)| {
        let cells = rows.iter().filter_map(|cells| cells.get(n)).map(|cell| cell.width());
        // With the mark of the order.
        let width = cells.max().unwrap_or(0).max(title.width() + 1);
        let width = u16::try_from(width).unwrap_or(u16::MAX);
        if n == 0 { Constraint::Min(USER_MIN) } else { Constraint::Length(width) }
    });
    let widths: Vec<_> = widths.collect();
    let titles = titles.into_iter().zip(Sort::ALL).map(|(title, sort)| {
        let mark = match (sort == ui.sort, ui.is_reversed) {
            (true, false) => "v",
            (true, true) => "^",
            (false, _) => "",
        };
        Cell::from(format!("{title}{mark}"))
    });
    let rows = rows.into_iter().zip(&list.lines).map(|(cells, line)| row(cells, line, text_style));
    let table = Table::new(rows, widths)
        .header(Row::new(titles).style(QUIET))
        .row_highlight_style(Style::new().add_modifier(Modifier::REVERSED));
    let mut state = TableState::new().with_selected(Some(ui.place));
    frame.render_stateful_widget(table, area, &mut state);
}

fn cells(line: &ListLine, text_style: &TextStyle) -> [String; 7] {
    let messages = text_style.messages();
    let number = |value: Option<u64>| value.map_or_else(|| "–".to_owned(), |n| n.to_string());
    let people = line.people.map(|people| units::decimal(people, messages));
    [
        Escaped(&line.name).to_string(),
        account::verdict_name(line.verdict, messages).to_owned(),
        people.unwrap_or_else(|| "–".to_owned()),
        number(line.score),
        number(line.connections),
        number(line.networks),
        line.last.map(|at| text_style.clock(at)).unwrap_or_default(),
    ]
}

fn row<'l>(cells: [String; 7], line: &ListLine, text_style: &TextStyle) -> Row<'l> {
    let verdict = style(line.verdict, text_style);
    Row::new(cells.into_iter().enumerate().map(|(n, cell)| {
        let style = if n == 1 { verdict } else { Style::new() };
        Cell::from(cell).style(style)
    }))
}

/// The latest alerts, newest first, as in the text.
fn latest<'s>(
    model: &ReportModel,
    names: &mut Anonymizer,
    area: Rect,
    text_style: &TextStyle,
) -> Paragraph<'s> {
    let plain = TextStyle { colours: Colours::Off, width: None, ..text_style.clone() };
    let mut lines = vec![Text::styled(text_style.messages().title_alerts.to_uppercase(), QUIET)];
    for row in model.alerts.iter().rev().take(usize::from(area.height)) {
        let row = names.alert(row.clone());
        let mut text = String::new();
        account::alert(&row, &plain, &mut text);
        let style = style(row.verdict.unwrap_or_default(), text_style);
        lines.push(Text::styled(text.trim_end().to_owned(), style));
    }
    Paragraph::new(lines).wrap(Wrap { trim: true })
}

fn footing<'s>(ui: &Ui, text_style: &TextStyle) -> Paragraph<'s> {
    let messages = text_style.messages();
    let mut spans = Vec::new();
    if ui.mode == Mode::Find {
        spans.push(Span::raw(fill(messages.watch_find, &[("name", &Escaped(&ui.find))])));
    } else {
        let keys = match ui.mode {
            Mode::Detail => messages.watch_detail_keys,
            Mode::Help => messages.watch_help_keys,
            Mode::List | Mode::Find => messages.watch_list_keys,
        };
        spans.push(Span::styled(keys, QUIET));
        if !ui.find.is_empty() {
            spans.push(Span::raw(format!("  /{}", Escaped(&ui.find))));
        }
        if let Some(only) = ui.only {
            let verdict = account::verdict_name(only, messages);
            let only = fill(messages.watch_only, &[("verdict", &verdict)]);
            spans.push(Span::raw(format!("  {only}")));
        }
    }
    Paragraph::new(Text::from(spans))
}
