//! Arguments to options: the only user of lexopt.

use std::ffi::OsString;

use lexopt::Arg;

use super::{Cli, Flag, Operands, Page, Takes, help};
use crate::error::Error;
use crate::io::output::OutputFormat;
use crate::io::output::columns;

/// What a command line asks for.
#[derive(Debug)]
pub enum Asked<O> {
    /// To run, with these options.
    Run(O, OutputFormat),
    /// For a text: help or the version.
    Show(String),
}

/// How alike two names must be for one to be offered in the other's stead.
const ALIKE_MIN: f64 = 0.7;

impl<O: Default> Cli<O> {
    /// Reads the arguments after the program's name.
    pub fn read(&self, args: impl IntoIterator<Item = OsString>) -> Result<Asked<O>, Error> {
        let mut parser = lexopt::Parser::from_args(args);
        let (mut options, mut format) = (O::default(), OutputFormat::Auto);
        let (mut command, mut given) = (None, Vec::new());
        while let Some(arg) = parser.next().map_err(|error| self.misused(&error))? {
            match arg {
                Arg::Short('h') => return Ok(Asked::Show(help::short(&self.page(), columns()))),
                Arg::Long("help") => return Ok(Asked::Show(help::long(&self.page(), columns()))),
                Arg::Long("version") => return Ok(Asked::Show(help::version(self.name))),
                Arg::Long("format") => {
                    let text = parser.value().map_err(|error| self.misused(&error))?;
                    format = OutputFormat::read(&text.to_string_lossy())
                        .map_err(|why| Error::Usage(format!("--format: {why}")))?;
                }
                Arg::Value(word) => {
                    if command.is_none() && !self.commands.is_empty() {
                        command = Some(self.command(&word)?);
                    }
                    self.operand(&mut options, word)?;
                }
                Arg::Long(_) | Arg::Short(_) => {
                    let flag = self.flag(&arg)?;
                    given.push(flag);
                    take(flag, &mut parser, &mut options)?;
                }
            }
        }
        fits(command, &given)?;
        Ok(Asked::Run(options, format))
    }

    fn command(&self, word: &OsString) -> Result<&'static str, Error> {
        let known = self.commands.iter().find(|command| word == command.name);
        known.map(|command| command.name).ok_or_else(|| {
            let names = self.commands.iter().map(|command| command.name);
            let word = word.to_string_lossy();
            let hint = instead(&word, names, "");
            Error::Usage(format!("'{word}' is no command{hint}{}", more(self.name)))
        })
    }

    fn operand(&self, options: &mut O, word: OsString) -> Result<(), Error> {
        match self.operands {
            Operands::Words(_, take) => take(options, word).map_err(Error::Usage),
            Operands::Files(of) => {
                of(options).push(word.into());
                Ok(())
            }
            Operands::None => Err(Error::Usage(format!(
                "'{}': no operands are taken{}",
                word.to_string_lossy(),
                more(self.name)
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
            let (said, hint) = match arg {
                Arg::Long(name) => {
                    let page: Page = self.page();
                    let names = page.flags.iter().map(|fact| fact.long);
                    (format!("--{name}"), instead(name, names, "--"))
                }
                Arg::Short(letter) => (format!("-{letter}"), String::new()),
                Arg::Value(_) => Default::default(),
            };
            Error::Usage(format!("{said}: no such option{hint}{}", more(self.name)))
        })
    }

    fn misused(&self, error: &lexopt::Error) -> Error {
        let said = if let lexopt::Error::UnexpectedValue { option, .. } = error {
            format!("{option}: takes no value")
        } else if let lexopt::Error::MissingValue { option: Some(option) } = error {
            format!("{option}: needs a value")
        } else {
            error.to_string()
        };
        Error::Usage(format!("{said}{}", more(self.name)))
    }
}

fn take<O>(flag: &Flag<O>, parser: &mut lexopt::Parser, options: &mut O) -> Result<(), Error> {
    let missing = || Error::Usage(format!("--{}: needs a value", flag.long));
    match flag.takes {
        Takes::Nothing(act) => act(options),
        Takes::Path(_, act) => act(options, parser.value().map_err(|_| missing())?.into()),
        Takes::Text(_, act) => {
            let word = parser.value().map_err(|_| missing())?;
            let text = word.to_str().ok_or("the value is not UTF-8".to_owned());
            text.and_then(|text| act(options, text))
                .map_err(|why| Error::Usage(format!("--{}: {why}", flag.long)))?;
        }
    }
    Ok(())
}

/// Whether the flags that were given belong to the command.
fn fits<O>(command: Option<&'static str>, given: &[&Flag<O>]) -> Result<(), Error> {
    let Some(command) = command else { return Ok(()) };
    let foreign = |flag: &&&Flag<O>| !flag.commands.is_empty() && !flag.commands.contains(&command);
    given.iter().find(foreign).map_or(Ok(()), |flag| {
        let homes = flag.commands.join(", ");
        Err(Error::Usage(format!("--{}: belongs to {homes}, not to {command}", flag.long)))
    })
}

fn instead(said: &str, names: impl Iterator<Item = &'static str>, dashes: &str) -> String {
    let scored = names.map(|name| (strsim::jaro_winkler(said, name), name));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(alike, _)| *alike >= ALIKE_MIN)
        .map_or_else(String::new, |(_, name)| format!(": did you mean {dashes}{name}?"))
}

fn more(name: &str) -> String {
    format!(" ({name} -h lists what there is)")
}
