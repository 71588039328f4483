//! Messages on standard error: `mtp-NAME: where: what`, one line each, escaped for a terminal.

use std::fmt;
use std::io::{self, IsTerminal, Write};

use super::escape::Escaped;

/// Prints the messages of one tool; without a name, none.
#[derive(Clone, Copy, Debug)]
pub struct Reporter(pub &'static str);

impl Reporter {
    /// Prints one line. A closed standard error is ignored.
    pub fn print(self, what: impl fmt::Display) {
        if self.0.is_empty() {
            return;
        }
        // The last tool of a pipeline may have its status line there; it is drawn again.
        let clear = if io::stderr().is_terminal() { "\r\x1b[K" } else { "" };
        let line = format!("{clear}{}: {}\n", self.0, Escaped(&what.to_string()));
        drop(io::stderr().write_all(line.as_bytes()));
    }
}
