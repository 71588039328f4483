//! What all commands share: options, output, and the names and files they read.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::messages::Messages;
use super::options::UsersOptions;
use crate::error::{Error, ExitStatus};
use crate::io::output::{Output, OutputFormat};
use crate::io::reporter::Reporter;
use crate::userconfig::UserConfig;
use crate::userconfig::file::{self, ConfigSnapshot};
use crate::view::style::{Lang, TextStyle};

/// State of one run of a command.
pub(super) struct Context {
    pub(super) options: UsersOptions,
    pub(super) is_text: bool,
    pub(super) style: TextStyle,
    pub(super) out: Output,
    pub(super) reporter: Reporter,
    pub(super) exit_status: ExitStatus,
}

/// Most names that one command takes.
const NAMES_MAX: usize = 1_000_000;
/// Largest list of users or secrets that is read.
const INPUT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Longest name.
const NAME_BYTES_MAX: usize = 255;

impl Context {
    pub(super) fn new(
        options: UsersOptions,
        format: OutputFormat,
        reporter: Reporter,
    ) -> Result<Self, Error> {
        let is_text = format.is_text() || (options.qr && format == OutputFormat::Auto);
        let mut style = TextStyle::of_stdout(options.marks);
        style.lang = options.lang.unwrap_or_else(Lang::of_locale);
        Ok(Self {
            options,
            is_text,
            style,
            out: Output::stdout()?,
            reporter,
            exit_status: ExitStatus::Success,
        })
    }

    /// Flushes the output.
    pub(super) fn finish(mut self) -> Result<ExitStatus, Error> {
        self.out.flush()?;
        Ok(self.exit_status)
    }

    pub(super) fn path(&self) -> PathBuf {
        self.options.config.clone().unwrap_or_else(|| PathBuf::from("config.py"))
    }

    pub(super) fn messages(&self) -> &'static Messages {
        Messages::of(self.style.lang)
    }

    /// Reads the config file without locking it.
    pub(super) fn snapshot(&self) -> Result<ConfigSnapshot, Error> {
        let snapshot = file::read_snapshot(&self.path())?;
        self.print_notes(&snapshot);
        Ok(snapshot)
    }

    pub(super) fn print_notes(&self, snapshot: &ConfigSnapshot) {
        for note in &snapshot.notes {
            self.reporter.print(format!("{}: {note}", snapshot.name));
        }
    }

    /// Parses a snapshot.
    pub(super) fn parse<'s>(&self, snapshot: &'s ConfigSnapshot) -> Result<UserConfig<'s>, Error> {
        snapshot.config(self.options.kind)
    }

    /// Writes a text.
    pub(super) fn write(&mut self, text: &str) -> Result<(), Error> {
        self.out.buffer.extend_from_slice(text.as_bytes());
        self.out.after_row()
    }

    /// Writes a row.
    pub(super) fn write_row(&mut self, row: &impl Serialize) -> Result<(), Error> {
        serde_json::to_writer(&mut self.out.buffer, row)
            .map_err(|error| Error::Output(error.into()))?;
        self.out.buffer.push(b'\n');
        self.out.after_row()
    }

    /// Returns the operands as names, each once; `-` stands for those on standard input.
    pub(super) fn names(&self) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        for word in self.options.words.iter().skip(1) {
            if word == "-" {
                for line in io::stdin().lock().lines().take(NAMES_MAX) {
                    let line = line.map_err(|error| Error::input("standard input", error))?;
                    let name = line.strip_suffix('\r').unwrap_or(&line);
                    if !name.is_empty() {
                        names.push(name.to_owned());
                    }
                }
            } else {
                names.push(word.clone());
            }
        }
        if names.is_empty() {
            if self.options.words.len() > 1 {
                return Err(Error::refused("standard input", "no names found"));
            }
            let command = self.options.words.first().map_or("", String::as_str);
            return Err(Error::Usage(format!("{command}: missing NAME (- reads standard input)")));
        }
        let mut seen = HashSet::new();
        names.retain(|name| seen.insert(name.clone()));
        Ok(names)
    }
}

/// Reads a list of users or secrets; `-` is standard input.
pub(super) fn read_input(path: &Path) -> Result<String, Error> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().take(INPUT_BYTES_MAX).read_to_string(&mut text)
    } else {
        File::open(path).and_then(|file| file.take(INPUT_BYTES_MAX).read_to_string(&mut text))
    };
    read.map_err(|error| Error::input(path.display(), error))?;
    Ok(text)
}

/// Tests that a user exists, enabled or not; the error suggests a similar name.
pub(super) fn require_user(config: &UserConfig<'_>, file: &str, name: &str) -> Result<(), Error> {
    if config.contains(name).map_err(|error| error.into_error(file))? {
        return Ok(());
    }
    let names = config.names().map_err(|error| error.into_error(file))?;
    let scored = names.into_iter().map(|other| (strsim::jaro_winkler(name, other), other));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(score, _)| *score > 0.8);
    let hint = best.map_or_else(String::new, |(_, other)| format!(": did you mean '{other}'?"));
    Err(Error::refused(file, format!("no user '{name}'{hint}")))
}

/// Tests that a user can have this name.
pub(super) fn check_name(name: &str) -> Result<(), Error> {
    let expected = if name.is_empty() {
        "at least one character"
    } else if name.chars().any(char::is_control) {
        "no control characters"
    } else if name.len() > NAME_BYTES_MAX {
        "at most 255 bytes"
    } else if name.trim() != name {
        "no blank at the start or end"
    } else {
        return Ok(());
    };
    Err(Error::Refused {
        at: format!("invalid name '{name}'"),
        what: format!("expected {expected}"),
    })
}
