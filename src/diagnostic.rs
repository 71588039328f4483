//! A problem in a config file, with its line.

use std::fmt;

use crate::error::Error;

/// Consequence of a problem for the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DiagnosticLevel {
    /// The proxy does something other than the file suggests.
    Warning,
    /// The proxy changes the value, or refuses a user because of it.
    Error,
    /// The proxy stops, at start and on reload.
    Fatal,
}

impl DiagnosticLevel {
    /// Name of the level in a row.
    pub fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }
}

/// A problem in a config file. The message never contains a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Line, from 1.
    pub line: usize,
    pub level: DiagnosticLevel,
    pub message: String,
}

impl Diagnostic {
    pub fn new(line: usize, level: DiagnosticLevel, message: impl Into<String>) -> Self {
        Self { line, level, message: message.into() }
    }

    /// A problem that makes the file unusable.
    pub fn fatal(line: usize, message: impl Into<String>) -> Self {
        Self::new(line, DiagnosticLevel::Fatal, message)
    }

    /// Converts to an error: `config.py:12: USERS is computed, not a literal dict`
    pub fn into_error(self, file: impl fmt::Display) -> Error {
        Error::refused(format!("{file}:{}", self.line), self.message)
    }
}
