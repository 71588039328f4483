//! The programs: each a table of flags, options and a run. `main` is what they share.

pub mod conns;
pub mod event_loop;
pub mod parse;
pub mod report;
pub mod score;
pub mod users;

use std::io::Write;
use std::process::ExitCode;

use crate::cli::{Cli, Page, Section, read::Asked};
use crate::error::{Error, ExitStatus};
use crate::io::output::OutputFormat;
use crate::io::reporter::Reporter;

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
    run: impl FnOnce(O, OutputFormat, Reporter) -> Result<ExitStatus, Error>,
) -> ExitCode {
    let reporter = Reporter(cli.name);
    let ending = match cli.read(std::env::args_os().skip(1)) {
        Ok(Asked::Show(text)) => show(&text),
        Ok(Asked::Run(options, format)) => run(options, format, reporter),
        Err(error) => Err(error),
    };
    let ending = ending.unwrap_or_else(|error| {
        if !error.is_broken_pipe() {
            reporter.print(&error);
        }
        error.exit_status()
    });
    ending.code()
}

fn show(text: &str) -> Result<ExitStatus, Error> {
    std::io::stdout().write_all(text.as_bytes()).map_err(Error::Output)?;
    Ok(ExitStatus::Success)
}

/// What every manual page says of the status.
pub const EXIT_STATUS: Section = Section { title: "EXIT STATUS", text: exit_status };

fn exit_status() -> String {
    "0: all was done; a reader that goes away (| head) is no failure. 1: something was lost or \
     refused. 2: the command line was wrong.\n\nSIGINT and SIGTERM end a stream in order, with \
     status 0; a second one kills."
        .to_owned()
}
