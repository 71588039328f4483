//! `mtp-report`: events, scores and samples for people to look at.

mod book;
mod flags;
mod names;
mod page;
mod progress;
mod prometheus;
mod row;
mod sink;
mod stream;
mod text;
mod watch;

use std::path::PathBuf;
use std::time::Duration;

use crate::cli::{Cli, Operands, Section};
use crate::error::{Error, ExitStatus};
use crate::io::output::Output;
use crate::io::output::OutputFormat;
use crate::io::reporter::Reporter;
use crate::tool::{EXIT_STATUS, event_loop};
use crate::view::look::{Lang, Look, Marks};

/// What `mtp-report` was asked for.
#[derive(Debug)]
pub struct Options {
    files: Vec<PathBuf>,
    text: bool,
    html: Option<PathBuf>,
    prometheus: Option<PathBuf>,
    watch: bool,
    every: Duration,
    top: Option<usize>,
    warn: u64,
    names: HideNames,
    lang: Option<Lang>,
    title: Option<String>,
    marks: Option<Marks>,
    strict: bool,
}

/// Whether names and addresses are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
enum HideNames {
    No,
    Numbered,
    Keyed(PathBuf),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            files: Vec::new(),
            text: false,
            html: None,
            prometheus: None,
            watch: false,
            every: Duration::from_secs(5),
            top: None,
            warn: crate::view::conns::WARN,
            names: HideNames::No,
            lang: None,
            title: None,
            marks: None,
            strict: false,
        }
    }
}

/// The command line of `mtp-report`.
pub const CLI: Cli<Options> = Cli {
    name: "mtp-report",
    brief: "events, scores and samples for people to look at",
    usage: "[OPTION…] [FILE…]",
    about: ABOUT,
    commands: &[],
    operands: Operands::Files(|options| &mut options.files),
    flags: flags::FLAGS,
    sections: &[PAGE, METRICS, KEYS, LIMITS, EXIT_STATUS],
};

const ABOUT: &str = "Reads the rows of mtp-parse, mtp-score and mtp-conns, mixed as they come, \
from files or standard input, and shows them: as text, as a page, as metrics, or on a screen that \
keeps itself current. Files may be compressed with gzip or zstd.

  mtp-score events.jsonl > scores.jsonl
  mtp-report events.jsonl scores.jsonl
  mtp-report --html report.html events.jsonl scores.jsonl

Scores tell who shares; events show it: with both, each user of the page has its sources over \
time. On a live stream the files are made anew as it goes on:

  docker compose logs -f | mtp-parse | tee events.jsonl | mtp-score --every 1m |
      mtp-report --prometheus /var/lib/node_exporter/mtp.prom";

const PAGE: Section = Section {
    title: "THE PAGE",
    text: || {
        "--html makes one file that needs no other: it asks for nothing from the network, and its \
         security policy forbids it to. It shows the users by verdict; for the worst of them (50, \
         or --top) their sources over time, with the times when two or more were in use at once \
         marked, connections an hour, and what the score is made of; sockets over time; and what \
         was not understood.\n\nA source counts as in use at a moment when it opened connections \
         both before and after it, at most an hour apart: a socket that roaming left behind \
         never does."
            .to_owned()
    },
};

const METRICS: Section = Section {
    title: "THE METRICS",
    text: || {
        "--prometheus makes a file in Prometheus' text format, for the textfile collector of \
         node_exporter. Labels are bounded: per-user metrics are of the worst users only (50, or \
         --top). Files are written beside and renamed, so that no reader finds half of one.\n\n\
         contrib/grafana/mtp-tools.json is a dashboard of them."
            .to_owned()
    },
};

const KEYS: Section = Section { title: "KEYS OF --watch", text: || watch::KEYS_HELP.to_owned() };

const LIMITS: Section = Section {
    title: "LIMITS",
    text: || {
        "Remembered are 25000 users, of each 64 sources (then their networks) and a month of \
         hours. What is beyond is counted and told on the page."
            .to_owned()
    },
};

/// Runs the tool.
pub fn run(
    options: Options,
    format: OutputFormat,
    reporter: Reporter,
) -> Result<ExitStatus, Error> {
    if format == OutputFormat::Json {
        let what = "this tool writes text, pages and metrics; the rows are what it reads";
        return Err(Error::Usage(format!("--format json: {what}")));
    }
    let look = Look { lang: options.lang.unwrap_or(Lang::En), ..Look::of_stdout(options.marks) };
    if options.watch {
        return watch::run(options, &look, reporter);
    }
    let mut out = Output::stdout()?;
    let files = options.files.clone();
    let mut stream = stream::Stream::new(options, look, reporter)?;
    let ending = event_loop::run(&files, &mut stream, &mut out, reporter)?;
    Ok(if ending == ExitStatus::Success { stream.exit_status() } else { ending })
}
