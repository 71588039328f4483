//! Messages on standard error: `mtp-NAME: where: what`, one line each, escaped for a terminal.

use std::fmt;
use std::io::{self, Write};

use super::escape::Escaped;

/// Prints the messages of one tool.
#[derive(Clone, Copy, Debug)]
pub struct Reporter(pub &'static str);

impl Reporter {
    /// Prints one line. A closed standard error is ignored.
    pub fn print(self, what: impl fmt::Display) {
        let line = format!("{}: {}\n", self.0, Escaped(&what.to_string()));
        drop(io::stderr().write_all(line.as_bytes()));
    }
}
