//! The status line on standard error: how far a stream is, updated in place, gone at the end.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use rustix::fs::FileType;
use unicode_width::UnicodeWidthChar;

use crate::timestamp::Timestamp;
use crate::view::{Lang, units};

/// How often it is drawn.
const EVERY: Duration = Duration::from_secs(1);
/// The width of a terminal that does not report one.
const COLUMNS: u16 = 80;

/// The line of one tool.
#[derive(Debug)]
pub struct StatusLine {
    name: &'static str,
    /// When it is drawn next; `None`: never.
    due: Option<Instant>,
    lines: u64,
    /// Lines and time of the last draw.
    before: (u64, Instant),
    is_drawn: bool,
}

impl StatusLine {
    /// Shown where standard error is a terminal and the tool is the last of its pipeline: the
    /// others would draw over each other.
    pub fn new(name: &'static str) -> Self {
        let is_last = rustix::fs::fstat(io::stdout())
            .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) != FileType::Fifo);
        let is_shown = io::stderr().is_terminal() && is_last;
        let now = Instant::now();
        let due = is_shown.then(|| now + EVERY);
        Self { name, due, lines: 0, before: (0, now), is_drawn: false }
    }

    /// Counts a line.
    pub fn line(&mut self) {
        self.lines += 1;
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.due
    }

    /// Draws it if it is due: what `counts` has, and the age of the newest event.
    pub fn draw(&mut self, newest: Option<Timestamp>, counts: impl FnOnce() -> String) {
        let now = Instant::now();
        if self.due.is_none_or(|due| due > now) {
            return;
        }
        self.due = Some(now + EVERY);
        let mut text = format!("{}: ", self.name);
        if self.lines == 0 {
            text.push_str("waiting for input");
        } else {
            let (lines, at) = std::mem::replace(&mut self.before, (self.lines, now));
            let seconds = now.duration_since(at).as_secs_f64().max(0.001);
            let rate = units::whole((units::float(self.lines - lines) / seconds).round());
            text.push_str(&format!("{} lines, {rate}/s; {}", self.lines, counts()));
        }
        if let Some(newest) = newest {
            let age = Timestamp::now().0.saturating_sub(newest.0).max(0) / 1000;
            let age =
                units::span(units::float(u64::try_from(age).unwrap_or(0)), Lang::En.messages());
            text.push_str(&format!("; last event {age} ago"));
        }
        let size = rustix::termios::tcgetwinsize(io::stderr()).map_or(0, |size| size.ws_col);
        let columns = usize::from(if size == 0 { COLUMNS } else { size });
        // A terminal prints ^C behind it.
        let shown = fitting(&text, columns.saturating_sub(4));
        self.is_drawn = true;
        drop(io::stderr().write_all(format!("\r\x1b[K{shown}").as_bytes()));
    }

    /// Removes it, before anything else is written to the terminal.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.is_drawn) {
            drop(io::stderr().write_all(b"\r\x1b[K"));
        }
    }

    /// Removes it for good.
    pub fn end(&mut self) {
        self.clear();
        self.due = None;
    }
}

/// As much of the text as fits into one line: a longer one could not be updated in place.
fn fitting(text: &str, columns: usize) -> &str {
    let mut width = 0;
    for (place, letter) in text.char_indices() {
        width += letter.width().unwrap_or(0);
        if width > columns {
            return text.get(..place).unwrap_or_default();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::fitting;

    #[test]
    fn a_line_fits() {
        assert_eq!(fitting("abc", 3), "abc");
        assert_eq!(fitting("abcd", 3), "abc");
        assert_eq!(fitting("日本", 3), "日");
    }
}
