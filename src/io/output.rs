//! Standard output: written in blocks under load, at once when the input is idle.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

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
            let written = write_all(&self.to, &self.buffer);
            self.buffer.clear();
            written.map_err(Error::Output)?;
        }
        Ok(())
    }
}

/// Writes all bytes; where the descriptor does not block, waits until it takes more.
fn write_all(mut to: &File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match to.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                match poll(&mut [PollFd::new(to, PollFlags::OUT)], None) {
                    Ok(_) | Err(Errno::INTR) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_pipe_that_does_not_block_gets_every_row() {
        let (mut reader, writer) = io::pipe().unwrap();
        rustix::io::ioctl_fionbio(&writer, true).unwrap();
        let mut out = Output::to(File::from(std::os::fd::OwnedFd::from(writer)));
        let rows = b"a row\n".repeat(200_000);
        let want = rows.len();
        let slow = std::thread::spawn(move || {
            let mut all = Vec::new();
            reader.read_to_end(&mut all).unwrap();
            all.len()
        });
        out.buffer.extend_from_slice(&rows);
        out.flush().unwrap();
        drop(out);
        assert_eq!(slow.join().unwrap(), want);
    }
}
