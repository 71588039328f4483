//! One user on the screen: the block of the text, then the networks over the last day.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line as Text;
use ratatui::widgets::{Paragraph, Wrap};

use super::super::Anonymizer;
use super::super::model::timeline::{OverlapInterval, SourceTimeline, overlaps, seconds};
use super::super::model::{ReportModel, UserModel};
use super::keys::Ui;
use super::screen::{QUIET, STRONG, style};
use crate::io::escape::Escaped;
use crate::stream::Origin;
use crate::timestamp::Timestamp;
use crate::view::messages::fill;
use crate::view::style::Colours;
use crate::view::{TextStyle, account, evidence, timeline};

/// Networks that are drawn.
const LINES: usize = 16;
/// Columns before a line.
const LABEL: usize = 22;
/// What the lines show.
const SECONDS: u32 = 86_400;

/// Draws the chosen user's.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    ui: &Ui,
    model: &ReportModel,
    names: &mut Anonymizer,
    text_style: &TextStyle,
) {
    let Some(key) = ui.chosen.as_deref() else { return };
    let Some(user) = model.users.get(key) else { return };
    let mut lines = block(key, user, names, area, text_style);
    lines.extend(timelines(user, names, area, text_style));
    lines.extend(alerts(user, names, text_style));
    let page = Paragraph::new(lines).wrap(Wrap { trim: false }).scroll((ui.scrolled, 0));
    frame.render_widget(page, area);
}

/// The block of the text.
fn block<'s>(
    key: &str,
    user: &UserModel,
    names: &mut Anonymizer,
    area: Rect,
    text_style: &TextStyle,
) -> Vec<Text<'s>> {
    let name = names.user(key);
    let Some(row) = user.summary.as_deref() else {
        return vec![Text::styled(Escaped(&name).to_string(), STRONG), Text::default()];
    };
    let row = names.summary(row.clone());
    let width = Some(usize::from(area.width));
    let plain = TextStyle { colours: Colours::Off, width, ..text_style.clone() };
    let mut text = String::new();
    account::block(&row, user.traffic(), &plain, &mut text);
    let first = style(row.verdict, text_style).patch(STRONG);
    let styled = |(n, line): (usize, &str)| {
        if n == 0 { Text::styled(line.to_owned(), first) } else { Text::raw(line.to_owned()) }
    };
    text.lines().enumerate().map(styled).collect()
}

/// The networks over the last day, a letter for a piece of it.
fn timelines<'s>(
    user: &UserModel,
    names: &mut Anonymizer,
    area: Rect,
    text_style: &TextStyle,
) -> Vec<Text<'s>> {
    let Some((_, last)) = user.ends else { return Vec::new() };
    let to = seconds(last);
    let from = to.saturating_sub(SECONDS);
    let is_seen = |timeline: &SourceTimeline| timeline.intervals.iter().any(|part| part.to >= from);
    let mut seen = user.timelines();
    seen.retain(is_seen);
    let overlaps = overlaps(&seen);
    let hidden = seen.len().saturating_sub(LINES);
    seen.truncate(LINES);
    if seen.is_empty() {
        return Vec::new();
    }
    let columns = usize::from(area.width).saturating_sub(LABEL + 1).max(10);
    let at = |second: u32| text_style.strftime(Timestamp(i64::from(second) * 1000), "%m-%d %H:%M");
    let (left, right) = (at(from), at(to));
    let gap = columns.saturating_sub(left.len() + right.len());
    let mut lines = vec![Text::styled(format!("{:LABEL$} {left}{:gap$}{right}", "", ""), QUIET)];
    for timeline in &seen {
        let name = label(timeline, names, text_style);
        let bar = bar(timeline, &overlaps, (from, to), columns, text_style);
        lines.push(Text::raw(format!("{name:LABEL$} {bar}")));
    }
    if hidden > 0 {
        let text = fill(text_style.messages().more_networks, &[("n", &hidden)]);
        lines.push(Text::styled(text, QUIET));
    }
    lines.push(Text::styled(timeline::legend(text_style), QUIET));
    lines.push(Text::default());
    lines
}

/// The most used network, and how many count with it as one.
fn label(timeline: &SourceTimeline, names: &mut Anonymizer, text_style: &TextStyle) -> String {
    let first = timeline.networks.first().cloned();
    let first = first.unwrap_or(Origin::Name(evidence::CARRIER.into()));
    let name = evidence::name(&names.origin(first), text_style.messages()).into_owned();
    let more = match timeline.networks.len() {
        0 | 1 => String::new(),
        count => format!(" +{}", count - 1),
    };
    let room = LABEL - more.len().min(LABEL);
    format!("{}{more}", name.chars().take(room).collect::<String>())
}

fn bar(
    timeline: &SourceTimeline,
    overlaps: &[OverlapInterval],
    (from, to): (u32, u32),
    columns: usize,
    text_style: &TextStyle,
) -> String {
    let mut bar = vec![' '; columns];
    let [alone, two, more] = timeline::letters(text_style);
    let place = |second: u32| {
        let since = u64::from(second.clamp(from, to) - from) * columns as u64;
        usize::try_from(since / u64::from((to - from).max(1))).unwrap_or(0).min(columns - 1)
    };
    let mut put = |from_to: (u32, u32), letter: char| {
        for cell in bar.iter_mut().take(place(from_to.1) + 1).skip(place(from_to.0)) {
            *cell = letter;
        }
    };
    for part in timeline.intervals.iter().filter(|part| part.to >= from) {
        put((part.from, part.to), alone);
        for overlap in overlaps {
            let start = overlap.interval.from.max(part.from);
            let end = overlap.interval.to.min(part.to);
            if start < end && end >= from {
                put((start, end), if overlap.depth > 2 { more } else { two });
            }
        }
    }
    bar.into_iter().collect()
}

fn alerts<'s>(user: &UserModel, names: &mut Anonymizer, text_style: &TextStyle) -> Vec<Text<'s>> {
    let plain = TextStyle { colours: Colours::Off, width: None, ..text_style.clone() };
    let mut lines = Vec::new();
    for row in user.alerts.iter().rev() {
        let row = names.alert(row.clone());
        let mut text = String::new();
        account::alert(&row, &plain, &mut text);
        let style = style(row.verdict.unwrap_or_default(), text_style);
        lines.push(Text::styled(text.trim_end().to_owned(), style));
    }
    lines
}
