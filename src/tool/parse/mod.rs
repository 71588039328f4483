//! `mtp-parse`: raw logs of MTProto proxies to events.

mod check;
mod explain;
mod filter;
mod flags;
mod jobs;
mod list;
mod meta;
mod rejects;
mod span;
mod users_file;
mod writer;

use std::path::PathBuf;

use crate::cli::{Cli, Operands, Section};
use crate::error::{Error, ExitStatus};
use crate::formats::regex_parser::RegexParser;
use crate::io::output::Output;
use crate::io::output::OutputFormat;
use crate::io::reporter::Reporter;
use crate::io::source::Source;
use crate::timestamp::{LocalTimeResolver, Zone};
use crate::tool::{EXIT_STATUS, event_loop};

#[doc(hidden)]
pub use filter::ParseFilter;
use jobs::ParallelFilter;
use span::TimeBound;

#[derive(Debug, Default)]
pub struct ParseOptions {
    files: Vec<PathBuf>,
    dialect: Option<String>,
    pattern: Option<RegexParser>,
    users: Option<PathBuf>,
    zone: Option<Zone>,
    year: Option<i64>,
    since: Option<TimeBound>,
    until: Option<TimeBound>,
    source: Option<String>,
    only_sources: Vec<String>,
    rejects: Option<PathBuf>,
    strict: bool,
    explain: bool,
    check: bool,
    /// Threads that parse files.
    jobs: Option<usize>,
}

impl ParseOptions {
    /// Whether the lines of a log may be divided among threads.
    fn may_be_divided(&self) -> bool {
        let needs_one = self.users.is_some()
            || self.pattern.is_some()
            || self.rejects.is_some()
            || self.explain
            || self.check;
        !needs_one
    }
}

/// The command line of `mtp-parse`.
pub const CLI: Cli<ParseOptions> = Cli {
    name: "mtp-parse",
    brief: "raw logs of MTProto proxies to events",
    usage: "[OPTION…] [FILE…]",
    about: ABOUT,
    commands: &[],
    operands: Operands::Files(|options| &mut options.files),
    flags: flags::FLAGS,
    removed: flags::REMOVED,
    sections: &[DIALECTS, SOURCES, TIMES, COUNTS, EXIT_STATUS],
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

const SOURCES: Section = Section { title: "SOURCES", text: sources };

fn sources() -> String {
    "The program of a container, service or unit is recognized by lines that only this program \
     prints. Other dialects are not parsed in it then, so that text of a client in the lines of \
     another program does not become an event. A source whose first 20 lines are of no proxy is \
     not parsed before 20 lines of one follow each other. --only-source NAME parses it at once, \
     and no other.\n\nIf a proxy logs no user or no address, a line on standard error has the \
     setting that adds them; --check writes it for every source."
        .to_owned()
}

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
    mut options: ParseOptions,
    format: OutputFormat,
    reporter: Reporter,
) -> Result<ExitStatus, Error> {
    let mut out = Output::stdout()?;
    if options.dialect.as_deref() == Some(list::LIST) {
        out.buffer.extend_from_slice(list::text().as_bytes());
        out.flush()?;
        return Ok(ExitStatus::Success);
    }
    let local_time = LocalTimeResolver::new(options.zone.take(), options.year);
    let files = options.files.clone();
    let is_strict = options.strict;
    let jobs = options.jobs.unwrap_or(1);
    let is_apart = options.may_be_divided();
    let filter = ParseFilter::new(options, local_time, format, reporter)?;
    let single = match jobs {
        0 | 1 => None,
        _ if !Source::are_archives(&files) => Some("the input is not a file"),
        _ if !is_apart => Some("--users, --pattern, --rejects, --explain and --check need one"),
        _ => None,
    };
    if let Some(reason) = single {
        reporter.print(format_args!("--jobs: parsing with one thread: {reason}"));
    }
    let jobs = if single.is_some() { 1 } else { jobs };
    let mut filter = ParallelFilter::new(filter, jobs, reporter);
    let status = event_loop::run(&files, &mut filter, &mut out, reporter)?;
    let lost = filter.lost();
    if is_strict && lost > 0 {
        reporter.print(format_args!(
            "--strict: {lost} lines were not recognised or were cut; --rejects FILE writes them, \
             --explain the reason"
        ));
        return Ok(ExitStatus::Failure);
    }
    Ok(if status == ExitStatus::Success { filter.exit_status() } else { status })
}
