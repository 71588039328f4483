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
    brief: "text, page, metrics or screen from events, scores and samples",
    usage: "[OPTION…] [FILE…]",
    about: ABOUT,
    commands: &[],
    operands: Operands::Files(|options| &mut options.files),
    flags: flags::FLAGS,
    removed: flags::REMOVED,
    sections: &[PAGE, METRICS, KEYS, LIMITS, EXIT_STATUS],
};

const ABOUT: &str = "Reads the rows of mtp-parse, mtp-score and mtp-conns, in any mix, from files \
or standard input, and writes text, an HTML page or metrics, or shows a live screen. Files may be \
compressed with gzip or zstd.

  mtp-score events.jsonl > scores.jsonl
  mtp-report events.jsonl scores.jsonl
  mtp-report --html report.html events.jsonl scores.jsonl

Scores have the verdicts, events the timeline: with both, the page shows the networks of each user \
over time. On a live stream the files are updated as it goes on:

  docker compose logs -f | mtp-parse | tee events.jsonl | mtp-score --every 1m |
      mtp-report --prometheus /var/lib/node_exporter/mtp.prom";

const PAGE: Section = Section {
    title: "THE PAGE",
    text: || {
        "--html writes one self-contained file: it loads nothing from the network, and its content \
         security policy forbids it. It shows the users by verdict; for the worst of them (50, or \
         --top) their networks over time, with the times when two or more were in use at once \
         marked, connections per hour, and the parts of the score; sockets over time; and the \
         number of lines that were not recognized.\n\nA network is in use at a moment when it \
         opened connections both before and after it, at most an hour apart: a socket that \
         roaming left behind never counts."
            .to_owned()
    },
};

const METRICS: Section = Section {
    title: "THE METRICS",
    text: || {
        "--prometheus writes a file in Prometheus' text format, for the textfile collector of \
         node_exporter. Labels are bounded: per-user metrics are of the worst users only (50, or \
         --top). Files are replaced by renaming, so that no reader finds half of one.\n\n\
         contrib/grafana/mtp-tools.json is a dashboard for them."
            .to_owned()
    },
};

const KEYS: Section = Section { title: "KEYS OF --watch", text: || watch::KEYS_HELP.to_owned() };

const LIMITS: Section = Section {
    title: "LIMITS",
    text: || {
        "Kept are 25000 users, 64 addresses of each (then their networks) and a month of hours. \
         What exceeds these limits is counted, and the page shows the count."
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
        let what = "not supported (mtp-report writes text, pages and metrics)";
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
