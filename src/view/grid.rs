//! Lines of cells in columns, as wide as the terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::style::{Severity, TextStyle};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// A column of a grid.
#[derive(Clone, Copy, Debug)]
pub(super) struct GridColumn {
    align: Align,
    /// Whether it is left out where the terminal is narrow.
    may_go: bool,
}

impl GridColumn {
    pub(super) fn new(align: Align, may_go: bool) -> Self {
        Self { align, may_go }
    }
}

/// Writes lines, the first of them titles. The last column is cut where the terminal ends.
pub(super) fn write(
    lines: &[Vec<String>],
    columns: &[GridColumn],
    style: &TextStyle,
    out: &mut String,
) {
    let width_of = |place: usize| {
        let cells = lines.iter().filter_map(|line| line.get(place));
        cells.map(|cell| cell.width()).max().unwrap_or(0)
    };
    let mut widths: Vec<_> = (0..columns.len()).map(width_of).collect();
    let limit = style.width.unwrap_or(usize::MAX);
    let is_text = columns.last().is_some_and(|column| column.align == Align::Left);
    let fixed = columns.len() - usize::from(is_text && columns.len() > 1);
    for (place, column) in columns.iter().enumerate() {
        let taken: usize = widths.iter().take(fixed).map(|width| width + 2).sum();
        if column.may_go
            && taken > limit.saturating_add(2)
            && let Some(width) = widths.get_mut(place)
        {
            *width = 0;
        }
    }
    for (number, line) in lines.iter().enumerate() {
        let mut text = String::new();
        for ((cell, column), width) in line.iter().zip(columns).zip(&widths) {
            if *width == 0 {
                continue;
            }
            let gap = if text.is_empty() { "" } else { "  " };
            let room = limit.saturating_sub(text.width() + gap.len());
            text.push_str(gap);
            text.push_str(&padded(&cut(cell, room), (*width).min(room), column.align));
        }
        let text = text.trim_end();
        let title = (number == 0).then(|| style.paint(Severity::Quiet, text));
        out.push_str(title.as_deref().unwrap_or(text));
        out.push('\n');
    }
}

pub(super) fn padded(text: &str, width: usize, align: Align) -> String {
    let blanks = " ".repeat(width.saturating_sub(text.width()));
    match align {
        Align::Left => format!("{text}{blanks}"),
        Align::Right => format!("{blanks}{text}"),
    }
}

/// As much of the text as fits, with `…` where it is cut.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut taken = 1;
    for letter in text.chars() {
        taken += letter.width().unwrap_or(0);
        if taken > width {
            break;
        }
        out.push(letter);
    }
    out.truncate(out.trim_end().len());
    out.push('…');
    out
}
