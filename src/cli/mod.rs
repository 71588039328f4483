//! A command line as data: one table a tool, from which the parser, `-h`, `--help`, the manual
//! page and the completions are made. Knows no tool.
//!
//! To add a flag: one row in the tool's table, one field in its options.
//! `MTP_BLESS=1 cargo test pages` writes the pages.

pub mod complete;
pub mod help;
pub mod man;
pub mod read;
pub mod value;

use std::ffi::OsString;
use std::path::PathBuf;

/// The command line of a tool whose options are an `O`.
#[derive(Debug)]
pub struct Cli<O: 'static> {
    /// `mtp-parse`
    pub name: &'static str,
    /// One line without a full stop: what it is.
    pub brief: &'static str,
    /// What follows the name: `[OPTION…] [FILE…]`
    pub usage: &'static str,
    /// Paragraphs, a blank line between them. A paragraph that starts with spaces is shown as is.
    pub about: &'static str,
    /// The subcommands, if it has any.
    pub commands: &'static [Command],
    /// What stands on the line beside flags.
    pub operands: Operands<O>,
    /// The flags, in the order they are shown.
    pub flags: &'static [Flag<O>],
    /// Further sections of the manual page.
    pub sections: &'static [Section],
}

/// A subcommand: `mtp-users add`.
#[derive(Debug)]
pub struct Command {
    /// `add`
    pub name: &'static str,
    /// `NAME…`
    pub operands: &'static str,
    /// One line without a full stop.
    pub brief: &'static str,
    /// What completions offer for its operands.
    pub among: Among,
}

/// What stands on a command line beside its flags.
#[derive(Debug)]
pub enum Operands<O> {
    /// Nothing may.
    None,
    /// Files, gathered here.
    Files(fn(&mut O) -> &mut Vec<PathBuf>),
    /// Words, in order. With commands, the first of them is the command.
    Words(Among, fn(&mut O, OsString) -> Result<(), String>),
}

/// One flag.
#[derive(Debug)]
pub struct Flag<O> {
    /// `interval`, for `--interval`
    pub long: &'static str,
    /// `n`, for `-n`
    pub short: Option<char>,
    /// One line without a full stop.
    pub brief: &'static str,
    /// What the manual says beyond that; may be empty.
    pub detail: &'static str,
    /// What it takes, and what it does with it.
    pub takes: Takes<O>,
    /// The subcommands it belongs to; empty: all of them.
    pub commands: &'static [&'static str],
}

impl<O> Flag<O> {
    /// A flag without a short form or detail, for all commands: the start of a row.
    pub const fn new(long: &'static str, brief: &'static str, takes: Takes<O>) -> Self {
        Self { long, short: None, brief, detail: "", takes, commands: &[] }
    }

    /// With a short form.
    #[must_use]
    pub const fn short(mut self, letter: char) -> Self {
        self.short = Some(letter);
        self
    }

    /// With paragraphs for the manual.
    #[must_use]
    pub const fn detail(mut self, detail: &'static str) -> Self {
        self.detail = detail;
        self
    }

    /// For these subcommands only.
    #[must_use]
    pub const fn only(mut self, commands: &'static [&'static str]) -> Self {
        self.commands = commands;
        self
    }
}

/// What a flag takes.
#[derive(Debug)]
pub enum Takes<O> {
    /// `--strict`
    Nothing(fn(&mut O)),
    /// `--interval SECONDS`
    Text(Value, fn(&mut O, &str) -> Result<(), String>),
    /// `--rejects FILE`: a path, in any encoding
    Path(&'static str, fn(&mut O, PathBuf)),
}

/// The value of a flag.
#[derive(Clone, Copy, Debug)]
pub struct Value {
    /// `SECONDS`
    pub name: &'static str,
    /// What it can be.
    pub among: Among,
}

/// What a word can be, for completions and refusals.
#[derive(Clone, Copy, Debug)]
pub enum Among {
    /// Anything.
    Any,
    /// One of these.
    Names(fn() -> Vec<&'static str>),
    /// A file.
    Files,
    /// A user of the config file.
    Users,
}

/// A section of a manual page.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// `EXIT STATUS`
    pub title: &'static str,
    /// Its text, in the form of [`Cli::about`].
    pub text: fn() -> String,
}

/// A command line without its actions: what pages are made from.
#[derive(Debug)]
pub struct Page {
    /// As in [`Cli`].
    pub name: &'static str,
    /// As in [`Cli`].
    pub brief: &'static str,
    /// As in [`Cli`].
    pub usage: &'static str,
    /// As in [`Cli`].
    pub about: &'static str,
    /// As in [`Cli`].
    pub commands: &'static [Command],
    /// What operands can be.
    pub operands: Option<Among>,
    /// The flags.
    pub flags: Vec<Fact>,
    /// As in [`Cli`].
    pub sections: &'static [Section],
}

/// A flag without its action.
#[derive(Clone, Copy, Debug)]
pub struct Fact {
    /// As in [`Flag`].
    pub long: &'static str,
    /// As in [`Flag`].
    pub short: Option<char>,
    /// As in [`Flag`].
    pub brief: &'static str,
    /// As in [`Flag`].
    pub detail: &'static str,
    /// What it takes.
    pub value: Option<Value>,
    /// As in [`Flag`].
    pub commands: &'static [&'static str],
}

/// The flags that every tool has; the parser answers them itself.
pub const COMMON: [Fact; 3] = [
    common("help", Some('h'), "Show this help: -h the short, --help the long one"),
    common("version", None, "Show the version"),
    Fact {
        value: Some(Value { name: "FORMAT", among: Among::Names(crate::io::output::format_names) }),
        detail: "auto writes JSON lines into a pipe or file, and text for people on a terminal.",
        ..common("format", None, "What to write: auto, json or text")
    },
];

const fn common(long: &'static str, short: Option<char>, brief: &'static str) -> Fact {
    Fact { long, short, brief, detail: "", value: None, commands: &[] }
}

impl<O> Cli<O> {
    /// The facts, for pages.
    pub fn page(&self) -> Page {
        let flags = self.flags.iter().map(|flag| Fact {
            long: flag.long,
            short: flag.short,
            brief: flag.brief,
            detail: flag.detail,
            value: match flag.takes {
                Takes::Nothing(_) => None,
                Takes::Text(value, _) => Some(value),
                Takes::Path(name, _) => Some(Value { name, among: Among::Files }),
            },
            commands: flag.commands,
        });
        Page {
            name: self.name,
            brief: self.brief,
            usage: self.usage,
            about: self.about,
            commands: self.commands,
            operands: match self.operands {
                Operands::None => None,
                Operands::Files(_) => Some(Among::Files),
                Operands::Words(among, _) => Some(among),
            },
            flags: flags.chain(COMMON).collect(),
            sections: self.sections,
        }
    }
}
