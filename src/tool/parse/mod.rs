//! `mtp-parse`: raw logs of MTProto proxies to events.

mod explain;
mod flags;
mod hearing;
mod keyfile;
mod list;
mod meta;
mod rejects;
mod span;
mod stream;
mod text;

use std::path::PathBuf;

use crate::cli::{Cli, Operands, Section};
use crate::error::{Error, ExitStatus};
use crate::formats::pattern::Pattern;
use crate::io::output::Output;
use crate::io::output::OutputFormat;
use crate::io::reporter::Reporter;
use crate::timestamp::{LocalTimeResolver, Zone};
use crate::tool::{EXIT_STATUS, event_loop};

use span::Bound;
use stream::Stream;

/// What `mtp-parse` was asked for.
#[derive(Debug, Default)]
pub struct Options {
    files: Vec<PathBuf>,
    dialect: Option<String>,
    pattern: Option<Pattern>,
    users: Option<PathBuf>,
    zone: Option<Zone>,
    year: Option<i64>,
    since: Option<Bound>,
    until: Option<Bound>,
    source: Option<String>,
    rejects: Option<PathBuf>,
    strict: bool,
    explain: bool,
}

/// The command line of `mtp-parse`.
pub const CLI: Cli<Options> = Cli {
    name: "mtp-parse",
    brief: "raw logs of MTProto proxies to events",
    usage: "[OPTION…] [FILE…]",
    about: ABOUT,
    commands: &[],
    operands: Operands::Files(|options| &mut options.files),
    flags: flags::FLAGS,
    removed: flags::REMOVED,
    sections: &[DIALECTS, TIMES, COUNTS, EXIT_STATUS],
};

const ABOUT: &str = "Parses the logs of proxies, in whatever framing Compose, Docker, Kubernetes, \
journald or syslog added, and writes one JSON object per event; mtp-stream(5) describes them. \
Framing and dialect are recognized line by line, so one stream may mix services and proxies. Files \
may be compressed with gzip or zstd. - or no FILE is standard input.

  docker compose logs -f | mtp-parse | mtp-score

Use docker logs with 2>&1: it prints the standard error of the container there.

A row is written as soon as its line is complete and no more input waits. Secrets are never \
written: not in rows, nor by --rejects and --explain.";

const DIALECTS: Section = Section { title: "DIALECTS", text: list::section };

const TIMES: Section = Section { title: "TIMES", text: times };

fn times() -> String {
    "The time of an event is that of the line. If the line has none, it is that of the framing, \
     and the row has ts_from frame; else the time of arrival, and the row has ts_from arrival. \
     Times without a zone are local time, dates without a year are in the newest year that is not \
     in the future. --tz and --year replace these assumptions; each is reported once.\n\nmtg logs \
     the authentication of a stream only when it ends: the connect row is written then, with the \
     time at which the stream began."
        .to_owned()
}

const COUNTS: Section = Section { title: "COUNTS", text: counts };

fn counts() -> String {
    "At the end, and on SIGUSR1, one line on standard error counts the lines that were read, \
     parsed, ignored (recognized, but without an event, or part of the framing), not recognized, \
     and cut at 1 MiB. A row of type meta has the same counts by dialect and by source, at the \
     end and once a minute. Compose 1 joins an unfinished line to the next one: read counts such \
     a line once, the other counts twice."
        .to_owned()
}

/// Runs the tool.
///
/// # Errors
/// What could not be read or written, and a `--users` file without users.
pub fn run(
    mut options: Options,
    format: OutputFormat,
    reporter: Reporter,
) -> Result<ExitStatus, Error> {
    let mut out = Output::stdout()?;
    if options.dialect.as_deref() == Some(list::LIST) {
        out.buffer.extend_from_slice(list::text().as_bytes());
        out.flush()?;
        return Ok(ExitStatus::Success);
    }
    let clock = LocalTimeResolver::new(options.zone.take(), options.year);
    let files = std::mem::take(&mut options.files);
    let is_strict = options.strict;
    let mut stream = Stream::new(options, clock, format, reporter)?;
    let ending = event_loop::run(&files, &mut stream, &mut out, reporter)?;
    let lost = stream.lost();
    if is_strict && lost > 0 {
        reporter.print(format_args!(
            "--strict: {lost} lines were not recognised or were cut; --rejects FILE keeps them, \
             --explain says why"
        ));
        return Ok(ExitStatus::Failure);
    }
    Ok(ending)
}
