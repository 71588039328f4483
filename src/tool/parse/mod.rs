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
    sections: &[DIALECTS, TIMES, COUNTS, EXIT_STATUS],
};

const ABOUT: &str =
    "Reads what proxies print, in whatever Compose, Docker, Kubernetes, journald or \
syslog put around it, and writes one JSON object an event; mtp-stream(5) describes them. Framing \
and dialect are told line by line, so one stream may mix services and proxies. Files may be packed \
with gzip or zstd; - is standard input, and so is no file at all.

  docker compose logs -f | mtp-parse | mtp-score

Use docker logs with 2>&1: what a container writes to its standard error comes out there.

A row leaves as soon as its line is complete and no more input waits. Secrets never leave: not in \
rows, nor in what --rejects and --explain show.";

const DIALECTS: Section = Section { title: "DIALECTS", text: list::section };

const TIMES: Section = Section { title: "TIMES", text: times };

fn times() -> String {
    "An event's time is the line's own; else that of the framing, and the row has ts_from frame; \
     else the moment at which the line arrived, and the row has ts_from arrival. Times without a \
     zone are read in this machine's, dates without a year in the newest year that is not in the \
     future: --tz and --year say better, and a guess is said once.\n\nmtg tells that a stream was \
     authenticated only when it ends: the row of its beginning leaves then, with the time of its \
     beginning."
        .to_owned()
}

const COUNTS: Section = Section { title: "COUNTS", text: counts };

fn counts() -> String {
    "At the end, and on SIGUSR1, a line on standard error says how many lines were read, \
     understood, passed over (they are in a dialect and tell of nothing counted here, or belong \
     to the framing), not recognised, and cut at 1 MiB. The same is in a row of type meta at the \
     end, and every minute while the stream goes on, by dialect and by source. Compose 1 glues an \
     unfinished line to the next one: read counts them once, the other counts twice."
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
