//! The programs: each a table of flags, its options and a run function. `main` starts any of them.

pub mod conns;
pub mod event_loop;
pub mod logs;
pub mod notify;
pub mod parse;
pub mod report;
pub mod score;
pub mod status_line;
pub mod users;

use std::io::Write;
use std::process::ExitCode;

use crate::cli::value::{invalid, one_of};
use crate::cli::{Cli, CliInfo, Section, parse::Invocation};
use crate::error::{Error, ExitStatus};
use crate::io::output::OutputFormat;
use crate::io::reporter::Reporter;
use crate::view::Lang;

/// The command lines of all tools.
pub fn command_lines() -> Vec<CliInfo> {
    vec![
        logs::CLI.info(),
        parse::CLI.info(),
        score::CLI.info(),
        conns::CLI.info(),
        users::CLI.info(),
        report::CLI.info(),
        notify::CLI.info(),
    ]
}

/// The manual pages that each manual page refers to.
pub const MANUAL_PAGES: &[(&str, u8)] = &[
    ("mtp-logs", 1),
    ("mtp-parse", 1),
    ("mtp-score", 1),
    ("mtp-conns", 1),
    ("mtp-users", 1),
    ("mtp-report", 1),
    ("mtp-notify", 1),
    ("mtp-stream", 5),
];

/// Parses the value of `--lang`.
pub(crate) fn language(text: &str) -> Result<Lang, String> {
    Lang::read(text).ok_or_else(|| invalid("language", text, one_of(&Lang::names())))
}

/// Parses the command line, runs the tool and reports its error.
pub fn main<O: Default>(
    cli: &Cli<O>,
    run: impl FnOnce(O, OutputFormat, Reporter) -> Result<ExitStatus, Error>,
) -> ExitCode {
    let reporter = Reporter(cli.name);
    let result = match cli.parse(std::env::args_os().skip(1)) {
        Ok(Invocation::Print(text)) => print(&text),
        Ok(Invocation::Generate(page)) => print(&page.render(&cli.info(), MANUAL_PAGES)),
        Ok(Invocation::Run(options, format)) => run(options, format, reporter),
        Err(error) => Err(error),
    };
    let status = result.unwrap_or_else(|error| {
        if !error.is_broken_pipe() {
            reporter.print(&error);
        }
        error.exit_status()
    });
    status.code()
}

fn print(text: &str) -> Result<ExitStatus, Error> {
    std::io::stdout().write_all(text.as_bytes()).map_err(Error::Output)?;
    Ok(ExitStatus::Success)
}

/// The section of every manual page.
pub const EXIT_STATUS: Section = Section { title: "EXIT STATUS", text: exit_status };

fn exit_status() -> String {
    "0: success; a reader that closes the pipe (| head) is not a failure. 1: something was lost \
     or refused. 2: invalid command line.\n\nSIGINT and SIGTERM end a stream in order, with \
     status 0; a second one kills."
        .to_owned()
}
