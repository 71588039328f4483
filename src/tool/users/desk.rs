//! What all commands share: the file in hand, one edit of it, and what is written about it.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use super::{Options, reload, row};
use crate::error::{Error, ExitStatus};
use crate::io::output::Output;
use crate::io::output::OutputFormat;
use crate::io::reporter::Reporter;
use crate::pyconfig::file::{self, Seen};
use crate::pyconfig::{Change, Config, Fault, Known, State, Table, read};
use crate::view::look::Look;

/// A command at work.
pub(super) struct Desk {
    pub(super) options: Options,
    pub(super) is_text: bool,
    pub(super) look: Look,
    pub(super) out: Output,
    pub(super) reporter: Reporter,
    pub(super) ending: ExitStatus,
}

/// What was done to a user.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) name: String,
    /// `added`
    pub(super) did: &'static str,
    /// The name it had.
    pub(super) was: Option<String>,
}

impl Done {
    pub(super) fn to(name: &str, did: &'static str) -> Self {
        Self { name: name.to_owned(), did, was: None }
    }

    /// `User 'alice' added successfully!`
    pub(super) fn sentence(&self) -> String {
        let Self { name, did, was } = self;
        match was {
            Some(was) => format!("User '{was}' {did} to '{name}' successfully!"),
            None if did.starts_with("already ") => format!("User '{name}' is {did}"),
            None => format!("User '{name}' {did} successfully!"),
        }
    }
}

/// How many names one command takes.
const NAMES_MAX: usize = 1_000_000;
/// The longest list that is read.
const INPUT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// The longest name.
const NAME_BYTES_MAX: usize = 255;

impl Desk {
    pub(super) fn new(
        options: Options,
        format: OutputFormat,
        reporter: Reporter,
    ) -> Result<Self, Error> {
        let is_text = format.is_text() || (options.qr && format == OutputFormat::Auto);
        let look = Look::of_stdout(options.marks);
        Ok(Self {
            options,
            is_text,
            look,
            out: Output::stdout()?,
            reporter,
            ending: ExitStatus::Success,
        })
    }

    /// Writes what was left, and says how it ended.
    pub(super) fn close(mut self) -> Result<ExitStatus, Error> {
        self.out.flush()?;
        Ok(self.ending)
    }

    pub(super) fn path(&self) -> PathBuf {
        self.options.config.clone().unwrap_or_else(|| PathBuf::from("config.py"))
    }

    /// The file, to look at.
    pub(super) fn see(&self) -> Result<Seen, Error> {
        let seen = file::see(&self.path())?;
        self.tell(&seen);
        Ok(seen)
    }

    fn tell(&self, seen: &Seen) {
        for told in &seen.told {
            self.reporter.print(format!("{}: {told}", seen.name));
        }
    }

    /// Writes some text.
    pub(super) fn write(&mut self, text: &str) -> Result<(), Error> {
        self.out.buffer.extend_from_slice(text.as_bytes());
        self.out.after_row()
    }

    /// The operands as names, those of standard input in the place of `-`; each once.
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
                return Err(Error::refused("standard input", "has no names"));
            }
            let command = self.options.words.first().map_or("", String::as_str);
            return Err(Error::Usage(format!("{command}: needs a NAME, or - for standard input")));
        }
        let mut seen = std::collections::HashSet::new();
        names.retain(|name| seen.insert(name.clone()));
        Ok(names)
    }

    /// Makes one edit: reads, changes, writes, tells, reloads.
    pub(super) fn edit(
        &mut self,
        make: impl FnOnce(&mut Self, &Config<'_>, &mut Change<'_>) -> Result<Vec<Done>, Error>,
    ) -> Result<(), Error> {
        let path = self.path();
        if self.options.dry_run {
            return self.rehearse(make);
        }
        let mut held = file::hold(&path)?;
        self.tell(&held.seen);
        let (name, bytes) = (held.seen.name.clone(), held.seen.bytes.clone());
        let of = |fault: Fault| fault.of(&name);
        let before = read(&bytes).map_err(of)?;
        let mut change = Change::of(&before);
        let done = make(self, &before, &mut change)?;
        let edited = change.make();
        // What is written is what was read again and found to say what it should.
        let config = edited.read().map_err(of)?;
        held.replace(config.text, [&before.statements, &config.statements])?;
        drop(held); // others may go on while this one tells and reloads
        row::done(self, &config, &name, &done)?;
        self.out.flush()?;
        if self.options.reload.after_edit {
            reload::after_edit(self, &name, &config)
        } else {
            Ok(())
        }
    }

    /// Writes what an edit would change.
    fn rehearse(
        &mut self,
        make: impl FnOnce(&mut Self, &Config<'_>, &mut Change<'_>) -> Result<Vec<Done>, Error>,
    ) -> Result<(), Error> {
        let seen = self.see()?;
        let before = seen.config()?;
        let mut change = Change::of(&before);
        make(self, &before, &mut change)?;
        let text = change.finish().map_err(|fault| fault.of(&seen.name))?;
        let diff = similar::TextDiff::from_lines(before.text, &text);
        let name = Path::new(&seen.name).display().to_string();
        let shown = diff.unified_diff().header(&name, &name).to_string();
        self.write(&shown)
    }
}

/// The text of a list of users or secrets; `-` is standard input.
pub(super) fn input(path: &Path) -> Result<String, Error> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().take(INPUT_BYTES_MAX).read_to_string(&mut text)
    } else {
        File::open(path).and_then(|file| file.take(INPUT_BYTES_MAX).read_to_string(&mut text))
    };
    read.map_err(|error| Error::input(path.display(), error))?;
    Ok(text)
}

/// The users of a file, or why they cannot be told.
pub(super) fn users<'c>(config: &'c Config<'_>, file: &str) -> Result<Option<&'c Known>, Error> {
    match config.table(Table::Users) {
        State::Absent => Ok(None),
        State::Known(known) => Ok(Some(known)),
        State::Computed { line, why } => Err(Error::refused(
            format!("{file}:{line}"),
            format!("USERS {why}; only Python knows it"),
        )),
    }
}

/// Whether there is a user of this name, enabled or not; an error that says who is alike.
pub(super) fn must_exist(config: &Config<'_>, file: &str, name: &str) -> Result<(), Error> {
    let known = users(config, file)?;
    if known.is_some_and(|known| known.has(name)) {
        return Ok(());
    }
    let all = known.into_iter().flat_map(|known| known.all_in_order().map(|(name, _)| name));
    let scored = all.map(|other| (strsim::jaro_winkler(name, other), other));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(alike, _)| *alike > 0.8);
    let hint = best.map_or_else(String::new, |(_, other)| format!(": did you mean '{other}'?"));
    Err(Error::refused(file, format!("there is no user '{name}'{hint}")))
}

/// Whether a name can be given to a user.
pub(super) fn must_be_a_name(name: &str) -> Result<(), Error> {
    let why = if name.is_empty() {
        "is empty"
    } else if name.chars().any(char::is_control) {
        "has control characters"
    } else if name.len() > NAME_BYTES_MAX {
        "is over 255 bytes long"
    } else if name.trim() != name {
        "begins or ends with a blank"
    } else {
        return Ok(());
    };
    Err(Error::refused(format!("'{name}'"), format!("is no name for a user: it {why}")))
}
