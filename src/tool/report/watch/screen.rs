//! The screen: who shares above, what happened last below, keys at the foot.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line as Text, Span};
use ratatui::widgets::{Cell, Paragraph, Row, Table, TableState, Wrap};

use super::super::book::Book;
use super::super::names::Names;
use super::feed::Shared;
use super::keys::{HELP, Mode, Ui};
use super::list::{Line, List, Sort};
use super::story;
use crate::io::escape::Escaped;
use crate::view::look::Colours;
use crate::view::{self, Look, Verdict};

/// Alerts at the foot, where there is room.
const ALERTS: u16 = 5;
/// A screen lower than this shows users alone.
const LOW: u16 = 16;

/// Draws all of it.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    ui: &Ui,
    list: &List,
    book: &Book,
    names: &mut Names,
    shared: &Shared,
    look: &Look,
) {
    let alerts = if frame.area().height < LOW || book.alerts.is_empty() { 0 } else { ALERTS + 1 };
    let [head, body, below, foot] = Layout::vertical([
        Constraint::Length(2),
        Constraint::Min(1),
        Constraint::Length(if ui.mode == Mode::List { alerts } else { 0 }),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(heading(list, book, shared, look), head);
    match ui.mode {
        Mode::List | Mode::Find => table(frame, body, ui, list, look),
        Mode::Story => story::draw(frame, body, ui, book, names, look),
        Mode::Help => frame.render_widget(Paragraph::new(HELP).wrap(Wrap { trim: true }), body),
    }
    if below.height > 0 {
        frame.render_widget(latest(book, names, below, look), below);
    }
    frame.render_widget(footing(ui), foot);
}

/// The style of a verdict, if the terminal has colours.
pub(super) fn style(verdict: Verdict, look: &Look) -> Style {
    let colour = match verdict {
        Verdict::Sharing => Color::Red,
        Verdict::Watch => Color::Yellow,
        Verdict::Clear => Color::Green,
        Verdict::Unknown => Color::DarkGray,
    };
    if look.colours == Colours::On { Style::new().fg(colour) } else { Style::new() }
}

/// Bold, for what lines are about.
pub(super) const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);
/// Dim, for what is there to whoever looks closer.
pub(super) const QUIET: Style = Style::new().add_modifier(Modifier::DIM);

fn heading<'s>(list: &List, book: &Book, shared: &Shared, look: &Look) -> Paragraph<'s> {
    let words = look.words();
    let mut first = vec![Span::styled("MTProxy", STRONG)];
    if let Some((_, last)) = book.ends {
        first.push(Span::raw(format!("  {}", look.moment(last))));
    }
    let open: u64 =
        book.sockets.ports.values().filter_map(|s| s.points.last()).map(|p| p.total).sum();
    if !book.sockets.ports.is_empty() {
        first.push(Span::raw(format!("  {open} open")));
    }
    if shared.is_ended() {
        first.push(Span::styled("  end of the stream", QUIET));
    }
    let mut second = Vec::new();
    for (verdict, count) in Verdict::ALL.into_iter().zip(list.counts) {
        let text = format!("{count} {}  ", view::score::name(verdict, words));
        second.push(Span::styled(text, style(verdict, look)));
    }
    if book.counts.foreign > 0 {
        let text = format!("{} lines not recognised", book.counts.foreign);
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
const TITLES: [&str; 7] = ["USER", "VERDICT", "PEOPLE", "SCORE", "CONNS", "ADDRS", "LAST"];

fn table(frame: &mut Frame<'_>, area: Rect, ui: &Ui, list: &List, look: &Look) {
    let titles = TITLES.into_iter().zip(Sort::ALL).map(|(title, sort)| {
        let mark = match (sort == ui.sort, ui.is_reversed) {
            (true, false) => "v",
            (true, true) => "^",
            (false, _) => "",
        };
        Cell::from(format!("{title}{mark}"))
    });
    let rows = list.lines.iter().map(|line| row(line, look));
    let table = Table::new(rows, WIDTHS)
        .header(Row::new(titles).style(QUIET))
        .row_highlight_style(Style::new().add_modifier(Modifier::REVERSED));
    let mut state = TableState::new().with_selected(Some(ui.place));
    frame.render_stateful_widget(table, area, &mut state);
}

fn row<'l>(line: &Line, look: &Look) -> Row<'l> {
    let number = |value: Option<u64>| value.map_or_else(|| "-".to_owned(), |n| n.to_string());
    let people = line.people.map_or_else(|| "-".to_owned(), |people| format!("{people:.1}"));
    let verdict = view::score::name(line.verdict, look.words());
    Row::new([
        Cell::from(Escaped(&line.name).to_string()),
        Cell::from(verdict).style(style(line.verdict, look)),
        Cell::from(people),
        Cell::from(number(line.score)),
        Cell::from(number(line.connections)),
        Cell::from(number(line.addresses)),
        Cell::from(line.last.map(|at| look.clock(at)).unwrap_or_default()),
    ])
}

/// The latest alerts, newest first, as the text says them.
fn latest<'s>(book: &Book, names: &mut Names, area: Rect, look: &Look) -> Paragraph<'s> {
    let plain = Look { colours: Colours::Off, ..look.clone() };
    let mut lines = vec![Text::styled("ALERTS", QUIET)];
    for row in book.alerts.iter().rev().take(usize::from(area.height)) {
        let Ok(row) = serde_json::from_slice::<view::Alert<'_>>(row) else { continue };
        let row = names.alert(row);
        let mut text = String::new();
        view::alert(&row, &plain, &mut text);
        let style = style(view::verdict(&row.verdict), look);
        lines.push(Text::styled(text.trim_end().to_owned(), style));
    }
    Paragraph::new(lines).wrap(Wrap { trim: true })
}

fn footing<'s>(ui: &Ui) -> Paragraph<'s> {
    let mut spans = Vec::new();
    if ui.mode == Mode::Find {
        spans.push(Span::raw(format!("/{}_  Enter keeps, Esc forgets", Escaped(&ui.find))));
    } else {
        let keys = match ui.mode {
            Mode::Story => "Esc back  n p next, previous user  j k scroll  ? help",
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
