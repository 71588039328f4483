//! Standard output: written in blocks under load, at once when the input is idle.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;

use crate::error::Error;

/// The form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    /// Text on a terminal, JSON lines elsewhere.
    Auto,
    /// JSON lines.
    Json,
    /// Text for people.
    Text,
}

/// The names of the formats.
pub fn format_names() -> Vec<&'static str> {
    vec!["auto", "json", "text"]
}

impl OutputFormat {
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "auto" => Some(Self::Auto),
            "json" => Some(Self::Json),
            "text" => Some(Self::Text),
            _ => None,
        }
    }

    /// Whether text is wanted, given where standard output leads.
    pub fn is_text(self) -> bool {
        match self {
            Self::Auto => io::stdout().is_terminal(),
            Self::Json => false,
            Self::Text => true,
        }
    }
}

/// The narrowest width that is laid out for.
const COLUMNS_MIN: usize = 60;

/// The width of text on standard output: `COLUMNS`, which is exported only on purpose, else the
/// terminal's. `None`: not a terminal.
pub fn columns() -> Option<usize> {
    let given = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let asked = || {
        let size = rustix::termios::tcgetwinsize(io::stdout()).ok();
        size.map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0).or(Some(80))
    };
    let columns = given.or_else(|| if io::stdout().is_terminal() { asked() } else { None });
    columns.map(|columns: usize| columns.max(COLUMNS_MIN))
}

/// How much is gathered before it is written: what a pipe takes at once.
const BLOCK: usize = 64 * 1024;

/// Rows are appended to `buffer`; call [`Output::after_row`] after each.
#[derive(Debug)]
pub struct Output {
    /// Rows that were not written yet.
    pub buffer: Vec<u8>,
    to: File,
}

impl Output {
    /// Standard output, without the standard library's buffer.
    pub fn stdout() -> Result<Self, Error> {
        let copy = io::stdout().as_fd().try_clone_to_owned().map_err(Error::Output)?;
        Ok(Self::to(File::from(copy)))
    }

    /// An open file.
    pub fn to(file: File) -> Self {
        Self { buffer: Vec::with_capacity(2 * BLOCK), to: file }
    }

    /// Writes a block if one is full.
    pub fn after_row(&mut self) -> Result<(), Error> {
        if self.buffer.len() >= BLOCK { self.flush() } else { Ok(()) }
    }

    /// Writes all rows: when the input is idle, and at the end.
    pub fn flush(&mut self) -> Result<(), Error> {
        if !self.buffer.is_empty() {
            let written = self.to.write_all(&self.buffer);
            self.buffer.clear();
            written.map_err(Error::Output)?;
        }
        Ok(())
    }
}
