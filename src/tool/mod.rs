//! The programs: each a table of flags, options and a run. `main` is what they share.

pub mod conns;
pub mod drive;
pub mod parse;
pub mod report;
pub mod score;
pub mod users;

use std::io::Write;
use std::process::ExitCode;

use crate::cli::{Cli, Page, Section, read::Asked};
use crate::error::{Ending, Error};
use crate::output::{Format, say::Voice};

/// The pages of all tools.
pub fn pages() -> Vec<Page> {
    vec![
        parse::CLI.page(),
        score::CLI.page(),
        conns::CLI.page(),
        users::CLI.page(),
        report::CLI.page(),
    ]
}

/// A whole program: reads the command line, runs, and says what went wrong.
pub fn main<O: Default>(
    cli: &Cli<O>,
    run: impl FnOnce(O, Format, Voice) -> Result<Ending, Error>,
) -> ExitCode {
    let voice = Voice(cli.name);
    let ending = match cli.read(std::env::args_os().skip(1)) {
        Ok(Asked::Show(text)) => show(&text),
        Ok(Asked::Run(options, format)) => run(options, format, voice),
        Err(error) => Err(error),
    };
    let ending = ending.unwrap_or_else(|error| {
        if !error.is_unheard() {
            voice.say(&error);
        }
        error.ending()
    });
    ending.code()
}

fn show(text: &str) -> Result<Ending, Error> {
    std::io::stdout().write_all(text.as_bytes()).map_err(Error::Output)?;
    Ok(Ending::Done)
}

/// What every manual page says of the status.
pub const EXIT_STATUS: Section = Section { title: "EXIT STATUS", text: exit_status };

fn exit_status() -> String {
    "0: all was done; a reader that goes away (| head) is no failure. 1: something was lost or \
     refused. 2: the command line was wrong.\n\nSIGINT and SIGTERM end a stream in order, with \
     status 0; a second one kills."
        .to_owned()
}
