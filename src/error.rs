//! What can go wrong, and how a tool ends: the only place that knows exit statuses.

use std::{fmt, io, process::ExitCode};

/// How a tool ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// All that was asked for was done.
    Success,
    /// Something was lost or refused.
    Failure,
    /// The command line could not be understood.
    Usage,
}

impl ExitStatus {
    /// The status the shell sees.
    pub fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Usage => 2,
        })
    }
}

/// What a tool could not do. Shown as `where: what`.
#[derive(Debug)]
pub enum Error {
    /// A command line that asks for something impossible: `--since: 'soon' is no time`
    Usage(String),
    /// An input that could not be read: `access.log: Permission denied`
    Input {
        /// The file's name, or `standard input`.
        name: String,
        /// What the system said.
        error: io::Error,
    },
    /// The rows could not be written: `standard output: No space left on device`
    Output(io::Error),
    /// Something understood and refused: `config.py:12: USERS is computed, not a literal dict`
    Refused {
        /// The file and line, option or thing at fault.
        at: String,
        /// What is wrong, and what would be right.
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

    /// A reader that has left (`| head`) is no failure to a shell.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// How a tool ends that met this.
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
            Self::Input { name, error } => write!(f, "{name}: {}", Plain(error)),
            Self::Output(error) => write!(f, "standard output: {}", Plain(error)),
            Self::Refused { at, what } => write!(f, "{at}: {what}"),
        }
    }
}

impl std::error::Error for Error {}

/// A system error in the system's words, without Rust's ` (os error 28)`.
#[derive(Debug)]
pub struct Plain<'e>(pub &'e io::Error);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        f.write_str(text.split(" (os error").next().unwrap_or(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_speak_plainly() {
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
