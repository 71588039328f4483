//! How far a long file has been read, on standard error where that is a terminal.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::io::source::Source;
use crate::view::units;

/// A read shorter than this needs no line.
const AFTER: Duration = Duration::from_secs(1);
/// How often the line is drawn.
const EVERY: Duration = Duration::from_millis(200);
/// Lines between two looks at the clock.
const LINES: u32 = 4096;

/// The line.
#[derive(Debug)]
pub(super) struct Progress {
    /// Bytes of all files; `None`: nothing is shown.
    total: Option<u64>,
    /// Whether all inputs are regular files.
    is_archive: bool,
    read: u64,
    lines: u32,
    begun: Instant,
    drawn: Option<Instant>,
}

impl Progress {
    /// For these inputs: all must be regular files for there to be an end to count to.
    pub(super) fn of(files: &[PathBuf]) -> Self {
        let size = |meta: std::fs::Metadata| meta.is_file().then_some(meta.len());
        let total = if files.is_empty() {
            std::fs::metadata("/dev/stdin").ok().and_then(size)
        } else {
            files.iter().map(|path| std::fs::metadata(path).ok().and_then(size)).sum()
        };
        let is_archive = Source::are_archives(files);
        let total = total.filter(|_| io::stderr().is_terminal());
        Self { total, is_archive, read: 0, lines: 0, begun: Instant::now(), drawn: None }
    }

    /// Whether the input ends where it ends now, rather than goes on.
    pub(super) fn is_archive(&self) -> bool {
        self.is_archive
    }

    /// A line was read.
    pub(super) fn line(&mut self, line: &[u8]) {
        let Some(total) = self.total else { return };
        self.read += line.len() as u64 + 1;
        self.lines += 1;
        if self.lines.is_multiple_of(LINES) {
            self.draw(total);
        }
    }

    /// Takes the line away.
    pub(super) fn clear(&mut self) {
        if self.drawn.take().is_some() {
            drop(io::stderr().write_all(b"\r\x1b[K"));
        }
    }

    fn draw(&mut self, total: u64) {
        let due = self.drawn.map_or(AFTER, |at| at - self.begun + EVERY);
        if self.begun.elapsed() < due {
            return;
        }
        self.drawn = Some(Instant::now());
        let percent = (self.read.min(total) * 100).checked_div(total).unwrap_or(100);
        let (read, all) = (units::bytes(self.read), units::bytes(total));
        let text = format!("\r\x1b[Kmtp-report: {percent} % ({read} of {all})");
        drop(io::stderr().write_all(text.as_bytes()));
    }
}
