//! A command line as data: one table per tool. The parser, `-h`, `--help`, the manual page and the
//! completions are made from it. This module depends on no tool.
//!
//! To add a flag: one row in the tool's table, one field in its options.
//! `MTP_BLESS=1 cargo test pages` writes the pages.

pub mod complete;
pub mod help;
pub mod man;
pub mod parse;
pub mod value;

use std::ffi::OsString;
use std::path::PathBuf;

/// The command line of a tool whose options are an `O`.
#[derive(Debug)]
pub struct Cli<O: 'static> {
    /// `mtp-parse`
    pub name: &'static str,
    /// One line without a full stop.
    pub brief: &'static str,
    /// What follows the name: `[OPTION…] [FILE…]`
    pub usage: &'static str,
    /// Paragraphs, a blank line between them. A paragraph that starts with a space is not filled.
    pub about: &'static str,
    pub commands: &'static [Command],
    pub operands: Operands<O>,
    /// In the order of the help.
    pub flags: &'static [Flag<O>],
    pub removed: &'static [RemovedFlag],
    /// Further sections of the manual page.
    pub sections: &'static [Section],
}

/// A subcommand: `mtp-users add`.
#[derive(Debug)]
pub struct Command {
    pub name: &'static str,
    /// Other spellings: `rm` and `delete` for `remove`.
    pub aliases: &'static [&'static str],
    /// `NAME…`
    pub operands: &'static str,
    /// One line without a full stop.
    pub brief: &'static str,
    /// What completions offer for its operands.
    pub values: ValueKind,
}

impl Command {
    pub const fn new(name: &'static str, operands: &'static str, brief: &'static str) -> Self {
        Self { name, aliases: &[], operands, brief, values: ValueKind::Any }
    }

    #[must_use]
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    #[must_use]
    pub const fn values(mut self, values: ValueKind) -> Self {
        self.values = values;
        self
    }
}

/// The arguments beside flags.
#[derive(Debug)]
pub enum Operands<O> {
    None,
    /// Files, appended to this list.
    Files(fn(&mut O) -> &mut Vec<PathBuf>),
    /// Words, in order. With commands, the first of them is the command's name.
    Words(ValueKind, fn(&mut O, OsString) -> Result<(), String>),
}

/// One flag.
#[derive(Debug)]
pub struct Flag<O> {
    /// `interval`, for `--interval`
    pub long: &'static str,
    /// `n`, for `-n`
    pub short: Option<char>,
    /// One line without a full stop: an imperative or a noun phrase.
    pub brief: &'static str,
    /// Shown in brackets behind the brief; empty: no default.
    pub default: &'static str,
    /// Paragraphs for `--help` and the manual page; may be empty.
    pub detail: &'static str,
    pub action: FlagAction<O>,
    /// The subcommands that take it; empty: all.
    pub commands: &'static [&'static str],
    pub level: HelpLevel,
}

impl<O> Flag<O> {
    /// A flag without a value.
    pub const fn switch(long: &'static str, brief: &'static str, set: fn(&mut O)) -> Self {
        Self::new(long, brief, FlagAction::Switch(set))
    }

    /// A flag with a value that `set` reads.
    pub const fn value(
        long: &'static str,
        name: &'static str,
        brief: &'static str,
        set: fn(&mut O, &str) -> Result<(), String>,
    ) -> Self {
        Self::new(long, brief, FlagAction::Value(ValueInfo { name, kind: ValueKind::Any }, set))
    }

    /// A flag whose value is a path, in any encoding.
    pub const fn path(
        long: &'static str,
        name: &'static str,
        brief: &'static str,
        set: fn(&mut O, PathBuf),
    ) -> Self {
        Self::new(long, brief, FlagAction::Path(name, set))
    }

    const fn new(long: &'static str, brief: &'static str, action: FlagAction<O>) -> Self {
        Self {
            long,
            short: None,
            brief,
            default: "",
            detail: "",
            action,
            commands: &[],
            level: HelpLevel::Short,
        }
    }

    #[must_use]
    pub const fn short(mut self, letter: char) -> Self {
        self.short = Some(letter);
        self
    }

    #[must_use]
    pub const fn default(mut self, default: &'static str) -> Self {
        self.default = default;
        self
    }

    #[must_use]
    pub const fn detail(mut self, detail: &'static str) -> Self {
        self.detail = detail;
        self
    }

    /// Names the values that completions offer.
    #[must_use]
    pub const fn one_of(mut self, names: fn() -> Vec<&'static str>) -> Self {
        if let FlagAction::Value(value, _) = &mut self.action {
            value.kind = ValueKind::OneOf(names);
        }
        self
    }

    /// Restricts the flag to these subcommands.
    #[must_use]
    pub const fn only(mut self, commands: &'static [&'static str]) -> Self {
        self.commands = commands;
        self
    }

    /// Leaves the flag out of `-h`; `--help` and the manual page have it.
    #[must_use]
    pub const fn advanced(mut self) -> Self {
        self.level = HelpLevel::Long;
        self
    }
}

/// What a flag does with the options.
#[derive(Debug)]
pub enum FlagAction<O> {
    /// `--strict`
    Switch(fn(&mut O)),
    /// `--interval SECONDS`
    Value(ValueInfo, fn(&mut O, &str) -> Result<(), String>),
    /// `--rejects FILE`
    Path(&'static str, fn(&mut O, PathBuf)),
}

/// The shortest help that lists a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HelpLevel {
    /// `-h`
    Short,
    /// `--help`
    Long,
}

/// The value of a flag.
#[derive(Clone, Copy, Debug)]
pub struct ValueInfo {
    /// `SECONDS`
    pub name: &'static str,
    pub kind: ValueKind,
}

/// The values that completions offer.
#[derive(Clone, Copy, Debug)]
pub enum ValueKind {
    Any,
    OneOf(fn() -> Vec<&'static str>),
    File,
    /// The lines that this shell command prints.
    LinesOf(&'static str),
}

/// A flag of another program that people try here, and what to use instead.
#[derive(Clone, Copy, Debug)]
pub struct RemovedFlag {
    pub long: &'static str,
    /// Completes "use …".
    pub instead: &'static str,
}

/// A section of a manual page.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// `EXIT STATUS`
    pub title: &'static str,
    /// Its text, in the form of [`Cli::about`].
    pub text: fn() -> String,
}

/// A command line without its actions: the input of help, manual page and completions.
#[derive(Debug)]
pub struct CliInfo {
    pub name: &'static str,
    pub brief: &'static str,
    pub usage: &'static str,
    pub about: &'static str,
    pub commands: &'static [Command],
    /// `None`: no operands are accepted.
    pub operands: Option<ValueKind>,
    pub flags: Vec<FlagInfo>,
    pub sections: &'static [Section],
}

/// A flag without its action.
#[derive(Clone, Copy, Debug)]
pub struct FlagInfo {
    pub long: &'static str,
    pub short: Option<char>,
    pub brief: &'static str,
    pub default: &'static str,
    pub detail: &'static str,
    pub value: Option<ValueInfo>,
    pub commands: &'static [&'static str],
    pub level: HelpLevel,
}

impl FlagInfo {
    /// `Time window for the score [default: 24h]`
    pub fn summary(&self) -> String {
        match self.default {
            "" => self.brief.to_owned(),
            default => format!("{} [default: {default}]", self.brief),
        }
    }

    pub fn applies_to(&self, command: &str) -> bool {
        self.commands.is_empty() || self.commands.contains(&command)
    }
}

/// The flags of every tool; the parser handles them itself.
pub const COMMON: [FlagInfo; 4] = [
    common("help", Some('h'), "Show help: -h in short, --help in full"),
    common("version", Some('V'), "Show the version"),
    FlagInfo {
        value: Some(ValueInfo {
            name: "FORMAT",
            kind: ValueKind::OneOf(crate::io::output::format_names),
        }),
        default: "auto",
        detail: "auto: text on a terminal, JSON lines into a pipe or file.",
        ..common("format", None, "Output format: auto, json or text")
    },
    FlagInfo {
        value: Some(ValueInfo { name: "PAGE", kind: ValueKind::OneOf(GeneratedPage::names) }),
        detail: "PAGE is man, bash, zsh or fish.",
        level: HelpLevel::Long,
        ..common("generate", None, "Print the manual page or a shell's completion")
    },
];

/// What `--generate` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GeneratedPage {
    Man,
    Bash,
    Zsh,
    Fish,
}

impl GeneratedPage {
    const ALL: [(&'static str, Self); 4] =
        [("man", Self::Man), ("bash", Self::Bash), ("zsh", Self::Zsh), ("fish", Self::Fish)];

    pub fn names() -> Vec<&'static str> {
        Self::ALL.iter().map(|(name, _)| *name).collect()
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, page)| *page)
    }

    /// The page of a command line. `see_also` lists manual pages: a name and a section.
    pub fn render(self, info: &CliInfo, see_also: &[(&str, u8)]) -> String {
        match self {
            Self::Man => man::page(info, see_also),
            Self::Bash => complete::bash(info),
            Self::Zsh => complete::zsh(info),
            Self::Fish => complete::fish(info),
        }
    }
}

const fn common(long: &'static str, short: Option<char>, brief: &'static str) -> FlagInfo {
    FlagInfo {
        long,
        short,
        brief,
        default: "",
        detail: "",
        value: None,
        commands: &[],
        level: HelpLevel::Short,
    }
}

impl<O> Cli<O> {
    pub fn info(&self) -> CliInfo {
        let flags = self.flags.iter().map(|flag| FlagInfo {
            long: flag.long,
            short: flag.short,
            brief: flag.brief,
            default: flag.default,
            detail: flag.detail,
            value: match flag.action {
                FlagAction::Switch(_) => None,
                FlagAction::Value(value, _) => Some(value),
                FlagAction::Path(name, _) => Some(ValueInfo { name, kind: ValueKind::File }),
            },
            commands: flag.commands,
            level: flag.level,
        });
        CliInfo {
            name: self.name,
            brief: self.brief,
            usage: self.usage,
            about: self.about,
            commands: self.commands,
            operands: match self.operands {
                Operands::None => None,
                Operands::Files(_) => Some(ValueKind::File),
                Operands::Words(kind, _) => Some(kind),
            },
            flags: flags.chain(COMMON).collect(),
            sections: self.sections,
        }
    }
}
