//! The screen: who shares above, what happened last below, keys at the foot.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line as Text, Span};
use ratatui::widgets::{Cell, Paragraph, Row, Table, TableState, Wrap};

use super::super::Anonymizer;
use super::super::model::ReportModel;
use super::feed::Shared;
use super::keys::{HELP, Mode, Ui};
use super::list::{List, ListLine, Sort};
use super::user_detail;
use crate::io::escape::Escaped;
use crate::stream::Verdict;
use crate::view::style::Colours;
use crate::view::{TextStyle, account};

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
        Mode::Help => frame.render_widget(Paragraph::new(HELP).wrap(Wrap { trim: true }), body),
    }
    if below.height > 0 {
        frame.render_widget(latest(model, names, below, text_style), below);
    }
    frame.render_widget(footing(ui), foot);
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
        first.push(Span::raw(format!("  {open} open")));
    }
    if shared.is_ended() {
        first.push(Span::styled("  end of the stream", QUIET));
    }
    let mut second = Vec::new();
    for (verdict, count) in Verdict::ALL.into_iter().zip(list.counts) {
        let text = format!("{count} {}  ", account::verdict_name(verdict, messages));
        second.push(Span::styled(text, style(verdict, text_style)));
    }
    if model.counts.foreign > 0 {
        let text = format!("{} lines not recognised", model.counts.foreign);
        second.push(Span::styled(text, QUIET));
    }
    Paragraph::new(vec![Text::from(first), Text::from(second)])
}

const WIDTHS: [Constraint; 7] = [
    Constraint::Min(12),
    Constraint::Length(9),
    Constraint::Length(7),
    Constraint::Length(6),
    Constraint::Length(7),
    Constraint::Length(6),
    Constraint::Length(9),
];
const TITLES: [&str; 7] = ["USER", "VERDICT", "PEOPLE", "SCORE", "CONNS", "NETS", "LAST"];

fn table(frame: &mut Frame<'_>, area: Rect, ui: &Ui, list: &List, text_style: &TextStyle) {
    let titles = TITLES.into_iter().zip(Sort::ALL).map(|(title, sort)| {
        let mark = match (sort == ui.sort, ui.is_reversed) {
            (true, false) => "v",
            (true, true) => "^",
            (false, _) => "",
        };
        Cell::from(format!("{title}{mark}"))
    });
    let rows = list.lines.iter().map(|line| row(line, text_style));
    let table = Table::new(rows, WIDTHS)
        .header(Row::new(titles).style(QUIET))
        .row_highlight_style(Style::new().add_modifier(Modifier::REVERSED));
    let mut state = TableState::new().with_selected(Some(ui.place));
    frame.render_stateful_widget(table, area, &mut state);
}

fn row<'l>(line: &ListLine, text_style: &TextStyle) -> Row<'l> {
    let number = |value: Option<u64>| value.map_or_else(|| "-".to_owned(), |n| n.to_string());
    let people = line.people.map_or_else(|| "-".to_owned(), |people| format!("{people:.1}"));
    let verdict = account::verdict_name(line.verdict, text_style.messages());
    Row::new([
        Cell::from(Escaped(&line.name).to_string()),
        Cell::from(verdict).style(style(line.verdict, text_style)),
        Cell::from(people),
        Cell::from(number(line.score)),
        Cell::from(number(line.connections)),
        Cell::from(number(line.networks)),
        Cell::from(line.last.map(|at| text_style.clock(at)).unwrap_or_default()),
    ])
}

/// The latest alerts, newest first, as in the text.
fn latest<'s>(
    model: &ReportModel,
    names: &mut Anonymizer,
    area: Rect,
    text_style: &TextStyle,
) -> Paragraph<'s> {
    let plain = TextStyle { colours: Colours::Off, width: None, ..text_style.clone() };
    let mut lines = vec![Text::styled("ALERTS", QUIET)];
    for row in model.alerts.iter().rev().take(usize::from(area.height)) {
        let row = names.alert(row.clone());
        let mut text = String::new();
        account::alert(&row, &plain, &mut text);
        let style = style(row.verdict.unwrap_or_default(), text_style);
        lines.push(Text::styled(text.trim_end().to_owned(), style));
    }
    Paragraph::new(lines).wrap(Wrap { trim: true })
}

fn footing<'s>(ui: &Ui) -> Paragraph<'s> {
    let mut spans = Vec::new();
    if ui.mode == Mode::Find {
        spans.push(Span::raw(format!("/{}_  Enter keeps, Esc discards", Escaped(&ui.find))));
    } else {
        let keys = match ui.mode {
            Mode::Detail => "Esc back  n p next, previous user  j k scroll  ? help",
            Mode::Help => "any key: back",
            Mode::List | Mode::Find => {
                "Enter open  s sort  r reverse  v verdict  / find  q end  ? help"
            }
        };
        spans.push(Span::styled(keys, QUIET));
        if !ui.find.is_empty() {
            spans.push(Span::raw(format!("  /{}", Escaped(&ui.find))));
        }
        if let Some(only) = ui.only {
            spans.push(Span::raw(format!("  only {}", only.name())));
        }
    }
    Paragraph::new(Text::from(spans))
}
