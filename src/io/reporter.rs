//! What a tool says on standard error: `mtp-NAME: where: what`, one line each, harmless to a
//! terminal.

use std::fmt;
use std::io::{self, Write};

use super::escape::Escaped;

/// The voice of one tool.
#[derive(Clone, Copy, Debug)]
pub struct Reporter(pub &'static str);

impl Reporter {
    /// Says one line. Where standard error is closed there is nobody to tell.
    pub fn print(self, what: impl fmt::Display) {
        let line = format!("{}: {}\n", self.0, Escaped(&what.to_string()));
        drop(io::stderr().write_all(line.as_bytes()));
    }
}
