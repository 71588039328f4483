//! When networks were in use, drawn with letters.

use unicode_width::UnicodeWidthStr;

use super::evidence;
use super::grid::{Align, cut, padded};
use super::messages::fill;
use super::style::{IconSet, Severity, TextStyle};
use crate::stream::{Evidence, Origin};
use crate::timestamp::Timestamp;

/// Networks that are drawn.
const LINES: usize = 8;
/// Columns before a line.
const LABEL: usize = 24;
/// Columns of a line without a terminal.
const COLUMNS: usize = 80;
/// More columns show nothing more.
const COLUMNS_MAX: usize = 140;

/// The letters of time in use: alone, with one other, with more.
pub fn letters(style: &TextStyle) -> [char; 3] {
    if style.icons == IconSet::Emoji { ['░', '▓', '█'] } else { ['-', '=', '#'] }
}

/// What the letters mean.
pub fn legend(style: &TextStyle) -> String {
    let [alone, two, more] = letters(style);
    fill(style.messages().timeline_legend, &[("alone", &alone), ("two", &two), ("more", &more)])
}

/// Writes the in-use evidence of a summary: a line for each network, over the same time.
pub fn draw(facts: &[Evidence<'_>], style: &TextStyle, out: &mut String) {
    let mut all = Vec::new();
    for fact in facts {
        if let Evidence::InUse { networks, intervals } = fact
            && !intervals.is_empty()
        {
            all.push((networks.as_slice(), intervals.as_slice()));
        }
    }
    let ends = all.iter().flat_map(|(_, intervals)| *intervals);
    let from = ends.clone().map(|(from, _)| from.0).min();
    let Some((from, to)) = from.zip(ends.map(|(_, to)| to.0).max()) else { return };
    let width = style.width.unwrap_or(COLUMNS).min(COLUMNS_MAX);
    let columns = width.saturating_sub(LABEL + 4).max(10);
    let place = |at: Timestamp| {
        let since = u128::from(at.0.abs_diff(from)) * columns as u128;
        let place = since / u128::from(to.abs_diff(from).max(1));
        usize::try_from(place).unwrap_or(0).min(columns - 1)
    };
    let bar = |intervals: &[(Timestamp, Timestamp)]| {
        let mut cells = vec![false; columns];
        for (from, to) in intervals {
            let part = cells.iter_mut().take(place(*to) + 1).skip(place(*from));
            part.for_each(|cell| *cell = true);
        }
        cells
    };
    let bars: Vec<_> = all.iter().map(|(_, intervals)| bar(intervals)).collect();
    let depth = |column: usize| bars.iter().filter(|bar| bar.get(column) == Some(&true)).count();
    let depths: Vec<_> = (0..columns).map(depth).collect();
    let at = |ms: i64| style.strftime(Timestamp(ms), "%m-%d %H:%M");
    let (left, right) = (at(from), at(to));
    let gap = columns.saturating_sub(left.len() + right.len());
    let axis = format!("   {:LABEL$} {left}{:gap$}{right}", "", "");
    out.push_str(&style.paint(Severity::Quiet, axis.trim_end()));
    out.push('\n');
    let [alone, two, more] = letters(style);
    for ((networks, _), bar) in all.iter().zip(&bars).take(LINES) {
        let letter = |(is_in_use, depth): (&bool, &usize)| match (is_in_use, depth) {
            (false, _) => ' ',
            (true, 0 | 1) => alone,
            (true, 2) => two,
            (true, _) => more,
        };
        let drawn: String = bar.iter().zip(&depths).map(letter).collect();
        let label = label(networks, style);
        out.push_str(format!("   {label} {drawn}").trim_end());
        out.push('\n');
    }
    let beyond = all.len().saturating_sub(LINES);
    if beyond > 0 {
        let text = fill(style.messages().more_networks, &[("n", &beyond)]);
        style.line(out, 3, 6, Some(Severity::Quiet), &text);
    }
    style.line(out, 3, 6, Some(Severity::Quiet), &legend(style));
}

/// The most used network, and how many count with it as one.
fn label(networks: &[Origin<'_>], style: &TextStyle) -> String {
    let unnamed = Origin::Name(evidence::CARRIER.into());
    let name = evidence::name(networks.first().unwrap_or(&unnamed), style.messages());
    let more = match networks.len() {
        0 | 1 => String::new(),
        count => format!(" +{}", count - 1),
    };
    let name = cut(&name, LABEL.saturating_sub(more.width()));
    padded(&format!("{name}{more}"), LABEL, Align::Left)
}
