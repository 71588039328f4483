//! Arguments to options.

use std::ffi::{OsStr, OsString};

use lexopt::Arg;

use super::value::{invalid, one_of};
use super::{Cli, Command, Flag, FlagAction, GeneratedPage, Operands, help};
use crate::error::Error;
use crate::io::output::{OutputFormat, columns, format_names};

/// The result of parsing a command line.
#[derive(Debug)]
pub enum Invocation<O> {
    Run(O, OutputFormat),
    /// Print this text: help or the version.
    Print(String),
    /// Print a page of the command line.
    Generate(GeneratedPage),
}

/// The least Jaro-Winkler similarity of a name that is suggested.
const SIMILARITY_MIN: f64 = 0.7;

impl<O: Default> Cli<O> {
    /// Parses the arguments after the program's name.
    pub fn parse(&self, args: impl IntoIterator<Item = OsString>) -> Result<Invocation<O>, Error> {
        let mut parser = lexopt::Parser::from_args(args);
        let (mut options, mut format) = (O::default(), OutputFormat::Auto);
        let (mut command, mut given) = (None, Vec::new());
        while let Some(arg) = parser.next().map_err(|error| self.syntax_error(&error))? {
            match arg {
                Arg::Short('h') => return Ok(Invocation::Print(self.help(command, false))),
                Arg::Long("help") => return Ok(Invocation::Print(self.help(command, true))),
                Arg::Short('V') | Arg::Long("version") => {
                    return Ok(Invocation::Print(help::version(self.name)));
                }
                Arg::Long("format") => {
                    let text = parser.value().map_err(|error| self.syntax_error(&error))?;
                    format = parse_format(&text)?;
                }
                Arg::Long("generate") => {
                    let text = parser.value().map_err(|error| self.syntax_error(&error))?;
                    return parse_page(&text).map(Invocation::Generate);
                }
                Arg::Value(word) if command.is_none() && !self.commands.is_empty() => {
                    if word == "help" {
                        return self.help_command(&mut parser).map(Invocation::Print);
                    }
                    let found = self.command(&word)?;
                    command = Some(found);
                    self.operand(&mut options, found.name.into())?;
                }
                Arg::Value(word) => self.operand(&mut options, word)?,
                Arg::Long(_) | Arg::Short(_) => {
                    let flag = self.flag(&arg)?;
                    given.push(flag);
                    apply(flag, &mut parser, &mut options)?;
                }
            }
        }
        check_scope(command, &given)?;
        Ok(Invocation::Run(options, format))
    }

    /// `help [COMMAND]`
    fn help_command(&self, parser: &mut lexopt::Parser) -> Result<String, Error> {
        let next = parser.next().map_err(|error| self.syntax_error(&error))?;
        let command = match next {
            Some(Arg::Value(word)) => Some(self.command(&word)?),
            _ => None,
        };
        Ok(self.help(command, true))
    }

    fn help(&self, command: Option<&Command>, is_long: bool) -> String {
        let info = self.info();
        match command {
            Some(command) => help::command(&info, command, is_long, columns()),
            None if is_long => help::long(&info, columns()),
            None => help::short(&info, columns()),
        }
    }

    fn command(&self, word: &OsStr) -> Result<&'static Command, Error> {
        let is_named = |command: &&Command| {
            word == command.name || command.aliases.iter().any(|alias| word == *alias)
        };
        self.commands.iter().find(is_named).ok_or_else(|| {
            let word = word.to_string_lossy();
            let names = self.commands.iter().map(|command| command.name);
            Error::Usage(format!("unknown command '{word}' ({})", self.suggest(&word, names, "")))
        })
    }

    fn operand(&self, options: &mut O, word: OsString) -> Result<(), Error> {
        match self.operands {
            Operands::Words(_, set) => set(options, word).map_err(Error::Usage),
            Operands::Files(list) => {
                list(options).push(word.into());
                Ok(())
            }
            Operands::None => Err(Error::Usage(format!(
                "unexpected argument '{}' (see {} -h)",
                word.to_string_lossy(),
                self.name
            ))),
        }
    }

    fn flag(&self, arg: &Arg<'_>) -> Result<&'static Flag<O>, Error> {
        let found = self.flags.iter().find(|flag| match arg {
            Arg::Long(name) => flag.long == *name,
            Arg::Short(letter) => flag.short == Some(*letter),
            Arg::Value(_) => false,
        });
        found.ok_or_else(|| {
            let (given, hint) = match arg {
                Arg::Long(name) => (format!("--{name}"), self.hint(name)),
                Arg::Short(letter) => (format!("-{letter}"), format!("see {} -h", self.name)),
                Arg::Value(_) => Default::default(),
            };
            Error::Usage(format!("unknown option '{given}' ({hint})"))
        })
    }

    /// What to use in place of an unknown flag.
    fn hint(&self, long: &str) -> String {
        let removed = self.removed.iter().find(|removed| removed.long == long);
        removed.map_or_else(
            || {
                let info = self.info();
                self.suggest(long, info.flags.iter().map(|flag| flag.long), "--")
            },
            |removed| format!("use {}", removed.instead),
        )
    }

    fn suggest(
        &self,
        word: &str,
        names: impl Iterator<Item = &'static str>,
        prefix: &str,
    ) -> String {
        let scored = names.map(|name| (strsim::jaro_winkler(word, name), name));
        let best = scored.max_by(|a, b| a.0.total_cmp(&b.0));
        best.filter(|(similarity, _)| *similarity >= SIMILARITY_MIN).map_or_else(
            || format!("see {} -h", self.name),
            |(_, name)| format!("did you mean '{prefix}{name}'?"),
        )
    }

    fn syntax_error(&self, error: &lexopt::Error) -> Error {
        let message = if let lexopt::Error::UnexpectedValue { option, .. } = error {
            format!("{option}: takes no value")
        } else if let lexopt::Error::MissingValue { option: Some(option) } = error {
            format!("{option}: requires a value")
        } else {
            format!("{error} (see {} -h)", self.name)
        };
        Error::Usage(message)
    }
}

fn parse_format(text: &OsStr) -> Result<OutputFormat, Error> {
    let text = text.to_string_lossy();
    OutputFormat::from_name(&text).ok_or_else(|| {
        let message = invalid("format", &text, one_of(&format_names()));
        Error::Usage(format!("--format: {message}"))
    })
}

fn parse_page(text: &OsStr) -> Result<GeneratedPage, Error> {
    let text = text.to_string_lossy();
    GeneratedPage::from_name(&text).ok_or_else(|| {
        let message = invalid("page", &text, one_of(&GeneratedPage::names()));
        Error::Usage(format!("--generate: {message}"))
    })
}

fn apply<O>(flag: &Flag<O>, parser: &mut lexopt::Parser, options: &mut O) -> Result<(), Error> {
    let missing = |_| Error::Usage(format!("--{}: requires a value", flag.long));
    match flag.action {
        FlagAction::Switch(set) => set(options),
        FlagAction::Path(_, set) => set(options, parser.value().map_err(missing)?.into()),
        FlagAction::Value(_, set) => {
            let word = parser.value().map_err(missing)?;
            let text =
                word.to_str().ok_or_else(|| invalid("value", &word.to_string_lossy(), "UTF-8"));
            text.and_then(|text| set(options, text))
                .map_err(|message| Error::Usage(format!("--{}: {message}", flag.long)))?;
        }
    }
    Ok(())
}

/// Refuses a flag that the command does not take.
fn check_scope<O>(command: Option<&Command>, given: &[&Flag<O>]) -> Result<(), Error> {
    let Some(Command { name, .. }) = command else { return Ok(()) };
    let is_foreign = |flag: &&&Flag<O>| !flag.commands.is_empty() && !flag.commands.contains(name);
    given.iter().find(is_foreign).map_or(Ok(()), |flag| {
        let takers = one_of(flag.commands);
        Err(Error::Usage(format!("--{}: not an option of {name} (only of {takers})", flag.long)))
    })
}
