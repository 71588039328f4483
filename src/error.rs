//! Errors and exit statuses. No other module has exit statuses.

use std::{fmt, io, process::ExitCode};

/// The result of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    Success,
    /// Something was lost or refused.
    Failure,
    /// Invalid command line.
    Usage,
}

impl ExitStatus {
    /// The process status: 0, 1 or 2.
    pub fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Usage => 2,
        })
    }
}

/// An error that ends a run. Displayed as `where: what`.
#[derive(Debug)]
pub enum Error {
    /// `--since: invalid time 'soon' (expected …)`
    Usage(String),
    /// `access.log: Permission denied`
    Input {
        /// The file's name, or `standard input`.
        name: String,
        error: io::Error,
    },
    /// `standard output: No space left on device`
    Output(io::Error),
    /// `config.py:12: USERS is computed, not a literal dict`
    Refused {
        /// The file and line, option or thing at fault.
        at: String,
        /// What is wrong, and what is expected.
        what: String,
    },
}

impl Error {
    /// Shorthand for [`Error::Refused`].
    pub fn refused(at: impl fmt::Display, what: impl fmt::Display) -> Self {
        Self::Refused { at: at.to_string(), what: what.to_string() }
    }

    /// Shorthand for [`Error::Input`].
    pub fn input(name: impl fmt::Display, error: io::Error) -> Self {
        Self::Input { name: name.to_string(), error }
    }

    /// True if the reader of standard output has left (`| head`), which is not a failure.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    pub fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Usage(_) => ExitStatus::Usage,
            _ if self.is_broken_pipe() => ExitStatus::Success,
            Self::Input { .. } | Self::Output(_) | Self::Refused { .. } => ExitStatus::Failure,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(what) => f.write_str(what),
            Self::Input { name, error } => write!(f, "{name}: {}", SystemError(error)),
            Self::Output(error) => write!(f, "standard output: {}", SystemError(error)),
            Self::Refused { at, what } => write!(f, "{at}: {what}"),
        }
    }
}

impl std::error::Error for Error {}

/// Displays a system error without the ` (os error 28)` that Rust appends.
#[derive(Debug)]
pub struct SystemError<'e>(pub &'e io::Error);

impl fmt::Display for SystemError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        f.write_str(text.split(" (os error").next().unwrap_or(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_a_message_and_a_status() {
        let full = Error::Output(io::Error::from_raw_os_error(28));
        assert_eq!(full.to_string(), "standard output: No space left on device");
        assert_eq!(full.exit_status(), ExitStatus::Failure);
        assert_eq!(
            Error::Output(io::ErrorKind::BrokenPipe.into()).exit_status(),
            ExitStatus::Success
        );
        assert_eq!(Error::Usage("--x: no".into()).exit_status(), ExitStatus::Usage);
    }
}
