//! One user's story on the screen: what is said of it, then its sources over the last day.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line as Text;
use ratatui::widgets::{Paragraph, Wrap};

use super::super::book::lanes::Lane;
use super::super::book::overlap::{Together, together};
use super::super::book::{Book, Source, User, user::second};
use super::super::names::Names;
use super::keys::Ui;
use super::screen::{QUIET, STRONG, style};
use crate::io::escape::Escaped;
use crate::view::look::{Colours, Marks};
use crate::view::{self, Look, Summary};

/// Lanes that are drawn.
const LANES: usize = 16;
/// Columns before a lane.
const LABEL: usize = 22;
/// What lanes show.
const SECONDS: u32 = 86_400;

/// Draws the chosen user's.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    ui: &Ui,
    book: &Book,
    names: &mut Names,
    look: &Look,
) {
    let Some(key) = ui.chosen.as_deref() else { return };
    let Some(user) = book.users.get(key) else { return };
    let mut lines = said(key, user, names, area, look);
    lines.extend(lanes(user, names, area, look));
    lines.extend(alerts(user, names, look));
    let page = Paragraph::new(lines).wrap(Wrap { trim: false }).scroll((ui.scrolled, 0));
    frame.render_widget(page, area);
}

/// The same lines as the text's.
fn said<'s>(key: &str, user: &User, names: &mut Names, area: Rect, look: &Look) -> Vec<Text<'s>> {
    let name = names.user(key);
    let row = user.summary.as_deref().and_then(|row| serde_json::from_slice(row).ok());
    let Some(row) = row.map(|row: Summary<'_>| names.summary(row)) else {
        return vec![Text::styled(Escaped(&name).to_string(), STRONG), Text::default()];
    };
    let width = Some(usize::from(area.width));
    let plain = Look { colours: Colours::Off, width, ..look.clone() };
    let mut text = String::new();
    view::summary(&row, &plain, &mut text);
    let first = style(view::verdict(&row.verdict), look).patch(STRONG);
    let styled = |(n, line): (usize, &str)| {
        if n == 0 { Text::styled(line.to_owned(), first) } else { Text::raw(line.to_owned()) }
    };
    text.lines().enumerate().map(styled).collect()
}

/// Sources over the last day, a letter a piece of it.
fn lanes<'s>(user: &User, names: &mut Names, area: Rect, look: &Look) -> Vec<Text<'s>> {
    let Some((_, last)) = user.ends else { return Vec::new() };
    let to = second(last);
    let from = to.saturating_sub(SECONDS);
    let is_many = user.lanes.all().len() > LANES;
    let all = if is_many { user.lanes.widened() } else { user.lanes.clone() };
    let is_seen = |lane: &&Lane| lane.last >= from && lane.source != Source::Others;
    let mut seen: Vec<Lane> = all.all().iter().filter(is_seen).cloned().collect();
    seen.sort_by_key(|lane| std::cmp::Reverse((lane.spans.seconds(), lane.connects)));
    let hidden = seen.len().saturating_sub(LANES);
    seen.truncate(LANES);
    if seen.is_empty() {
        return Vec::new();
    }
    let columns = usize::from(area.width).saturating_sub(LABEL + 1).max(10);
    let stretches = together(&seen);
    let at = |moment: u32| {
        look.strftime(crate::timestamp::Timestamp(i64::from(moment) * 1000), "%m-%d %H:%M")
    };
    let (left, right) = (at(from), at(to));
    let gap = columns.saturating_sub(left.len() + right.len());
    let mut lines = vec![Text::styled(format!("{:LABEL$} {left}{:gap$}{right}", "", ""), QUIET)];
    for lane in &seen {
        let name: String = names.source(lane.source).chars().take(LABEL).collect();
        let bar = bar(lane, &stretches, (from, to), columns, look);
        lines.push(Text::raw(format!("{:LABEL$} {bar}", Escaped(&name).to_string())));
    }
    if hidden > 0 {
        lines.push(Text::styled(format!("{hidden} more"), QUIET));
    }
    lines.push(Text::styled(legend(look), QUIET));
    lines.push(Text::default());
    lines
}

/// In use alone, with one other, with more.
fn letters(look: &Look) -> [char; 3] {
    if look.marks == Marks::Emoji { ['░', '▓', '█'] } else { ['-', '=', '#'] }
}

fn legend(look: &Look) -> String {
    let [alone, two, more] = letters(look);
    format!("{alone} in use  {two} two at once  {more} three or more at once")
}

fn bar(
    lane: &Lane,
    stretches: &[Together],
    (from, to): (u32, u32),
    columns: usize,
    look: &Look,
) -> String {
    let mut bar = vec![' '; columns];
    let [alone, two, more] = letters(look);
    let place = |moment: u32| {
        let since = u64::from(moment.clamp(from, to) - from) * columns as u64;
        usize::try_from(since / u64::from((to - from).max(1))).unwrap_or(0).min(columns - 1)
    };
    let mut put = |from_to: (u32, u32), letter: char| {
        for cell in bar.iter_mut().take(place(from_to.1) + 1).skip(place(from_to.0)) {
            *cell = letter;
        }
    };
    for span in lane.spans.all().iter().filter(|span| span.to >= from) {
        put((span.from, span.to), alone);
        for part in stretches {
            let (start, end) = (part.span.from.max(span.from), part.span.to.min(span.to));
            if start < end && end >= from {
                put((start, end), if part.sources > 2 { more } else { two });
            }
        }
    }
    bar.into_iter().collect()
}

fn alerts<'s>(user: &User, names: &mut Names, look: &Look) -> Vec<Text<'s>> {
    let plain = Look { colours: Colours::Off, ..look.clone() };
    let mut lines = Vec::new();
    for row in user.alerts.iter().rev() {
        let Ok(row) = serde_json::from_slice::<view::Alert<'_>>(row) else { continue };
        let row = names.alert(row);
        let mut text = String::new();
        view::alert(&row, &plain, &mut text);
        lines.push(Text::styled(
            text.trim_end().to_owned(),
            style(view::verdict(&row.verdict), look),
        ));
    }
    lines
}
