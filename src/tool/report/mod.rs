//! `mtp-report`: events, scores and samples as text, page, metrics and screen.

mod filter;
mod flags;
mod history;
mod progress;

#[doc(hidden)]
pub use filter::ReportFilter;

use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::cli::{Cli, Operands, Section};
use crate::error::{Error, ExitStatus};
use crate::io::output::{Output, OutputFormat};
use crate::io::reporter::Reporter;
use crate::io::source::Source;
use crate::report::calendar::{By, CalendarRows};
use crate::report::watch::{self, Shared};
use crate::timestamp::Zone;
use crate::tool::event_loop::{Filter, LineOrigin};
use crate::tool::{EXIT_STATUS, event_loop};
use crate::view::{IconSet, Lang, TextStyle, monitor};

/// The options of `mtp-report`.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "one for each switch of the command line")]
pub struct ReportOptions {
    files: Vec<PathBuf>,
    text: bool,
    is_long: bool,
    html: Option<PathBuf>,
    prometheus: Option<PathBuf>,
    /// Whether files of others may be replaced.
    is_forced: bool,
    watch: bool,
    every: Duration,
    top: Option<usize>,
    warn: u64,
    names: HideNames,
    lang: Option<Lang>,
    zone: Option<Zone>,
    /// As it was given; empty: the system's.
    zone_name: String,
    by: Option<By>,
    which: CalendarRows,
    history: Option<PathBuf>,
    merge: Vec<PathBuf>,
    retain_ms: i64,
    forget: Vec<String>,
    title: Option<String>,
    icons: Option<IconSet>,
    strict: bool,
}

impl ReportOptions {
    /// Whether a history is changed without input.
    fn is_maintenance(&self) -> bool {
        !self.merge.is_empty() || !self.forget.is_empty()
    }
}

/// Whether names and addresses are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
enum HideNames {
    No,
    Numbered,
    Keyed(PathBuf),
}

impl Default for ReportOptions {
    fn default() -> Self {
        Self {
            files: Vec::new(),
            text: false,
            is_long: false,
            html: None,
            prometheus: None,
            is_forced: false,
            watch: false,
            every: Duration::from_secs(5),
            top: None,
            warn: monitor::WARN,
            names: HideNames::No,
            lang: None,
            zone: None,
            zone_name: String::new(),
            by: None,
            which: CalendarRows::Totals,
            history: None,
            merge: Vec::new(),
            retain_ms: RETAIN_MS,
            forget: Vec::new(),
            title: None,
            icons: None,
            strict: false,
        }
    }
}

/// How long a history keeps its days, by default.
const RETAIN_MS: i64 = 400 * 86_400_000;

/// The command line of `mtp-report`.
pub const CLI: Cli<ReportOptions> = Cli {
    name: "mtp-report",
    brief: "events, scores and samples as text, page, metrics and screen",
    usage: "[OPTION…] [FILE…]",
    about: ABOUT,
    commands: &[],
    operands: Operands::Files(|options| &mut options.files),
    flags: flags::FLAGS,
    removed: flags::REMOVED,
    sections: &[PAGE, CALENDAR, METRICS, KEYS, LIMITS, EXIT_STATUS],
};

const ABOUT: &str = "Reads the rows of mtp-parse, mtp-score and mtp-conns in any order, from files or \
standard input, and shows them as text, as a page, as metrics, or on a screen that updates itself. \
Files may be compressed with gzip or zstd.

  mtp-parse three-days.log.gz | mtp-score --events | mtp-report --html report.html

mtp-score --events passes the events on, so that one pipeline feeds everything. On a live stream the \
files are updated as it goes on:

  docker compose logs -f | mtp-parse | mtp-score --events --every 1m |
      mtp-report --prometheus /var/lib/node_exporter/mtp.prom";

const PAGE: Section = Section {
    title: "THE PAGE",
    text: || {
        "--html writes one file that loads nothing from the network; its security policy forbids \
         it. It shows who looks shared and why, all users by verdict, and for the worst of them (50, \
         or --top) the networks over time, with the times when two or more were in use at once \
         marked, connections per hour, and the parts of the score; then sockets over time, and what \
         was not recognised.\n\nA network counts as in use between two of its own connections, at \
         most an hour apart. The page draws the intervals from which the verdict was computed: the \
         in-use evidence of the summaries (mtp-score --events and --evidence full), or else the same \
         computation over the events.\n\nA file that exists is replaced only if it is a page, or \
         metrics, of mtp-report; never if it is also read. --force replaces any other file."
            .to_owned()
    },
};

const CALENDAR: Section = Section {
    title: "THE CALENDAR",
    text: || {
        "--by day, week (from Monday) or month counts, in the zone of --tz: users with a connection; \
         new ones, first seen in the period; gone ones, last seen in it; networks (IPv4 /20, IPv6 \
         /48), addresses, connections, traffic, and refusals by reason. Where a proxy logs only \
         statistics (usage rows), connections and traffic are what its counters grew by, through \
         restarts; the first counters that are read count for their day. With --format json the \
         rows are those of mtp-stream(5).\n\n--history keeps the days in a file, through log \
         rotation: each run adds the rows that are newer, by source, than those the file has. \
         Addresses are counted exactly within the last 31 days of a history; before, the counts are \
         estimates (about 5 percent, of single users 13 percent) and marked by ~; of single days of \
         single users there are none. A user's days are erased by --forget; what stays are hashes \
         in the estimates of whole days, without names.\n\n  mtp-parse LOG | mtp-report \
         --by week --history FILE"
            .to_owned()
    },
};

const METRICS: Section = Section {
    title: "THE METRICS",
    text: || {
        "--prometheus writes a file in Prometheus' text format, for the textfile collector of \
         node_exporter. Labels are bounded: per-user metrics are of the worst users only (50, or \
         --top). Files are written beside and renamed, so that a reader never finds half of one.\n\n\
         contrib/grafana/mtp-tools.json is a dashboard of them."
            .to_owned()
    },
};

const KEYS: Section =
    Section { title: "KEYS OF --watch", text: || Lang::En.messages().watch_help.to_owned() };

const LIMITS: Section = Section {
    title: "LIMITS",
    text: || {
        "Kept are 25000 users, of each 64 networks of the last three days and a month of hours. \
         What is beyond is counted and reported on the page."
            .to_owned()
    },
};

/// Runs the tool.
pub fn run(
    options: ReportOptions,
    format: OutputFormat,
    reporter: Reporter,
) -> Result<ExitStatus, Error> {
    if format == OutputFormat::Json && options.by.is_none() {
        let what = "not supported without --by (mtp-report writes text, pages and metrics)";
        return Err(Error::Usage(format!("--format json: {what}")));
    }
    if options.history.is_none() && options.is_maintenance() {
        return Err(Error::Usage("--merge, --forget: not supported without --history".to_owned()));
    }
    let mut style = TextStyle::of_stdout(options.icons);
    style.lang = options.lang.unwrap_or_else(Lang::of_locale);
    if let Some(zone) = &options.zone {
        style.zone = zone.clone();
    }
    if options.watch {
        return show_screen(options, &style, reporter);
    }
    let mut out = Output::stdout()?;
    let files = options.files.clone();
    let is_maintenance = options.is_maintenance() && files.is_empty();
    let mut filter = ReportFilter::new(options, format, style, reporter)?;
    if is_maintenance {
        filter.finish_without_input(&mut out)?;
        return Ok(filter.exit_status());
    }
    let ending = event_loop::run(&files, &mut filter, &mut out, reporter)?;
    Ok(if ending == ExitStatus::Success { filter.exit_status() } else { ending })
}

/// Runs the screen, fed by a thread of its own.
fn show_screen(
    options: ReportOptions,
    style: &TextStyle,
    reporter: Reporter,
) -> Result<ExitStatus, Error> {
    if !io::stdout().is_terminal() {
        let what = "standard output is not a terminal (--text and --html write into files)";
        return Err(Error::Usage(format!("--watch: {what}")));
    }
    // What cannot be opened is reported while there is still a line to print it on.
    for path in &options.files {
        Source::open(path)?;
    }
    let shared = Shared::new(filter::anonymizer(&options.names)?);
    let mut feeding = None;
    watch::run(&shared, style, || {
        let shared = shared.clone();
        feeding = Some(thread::spawn(move || feed(&options.files, &shared, reporter)));
    })?;
    let fed = feeding.filter(thread::JoinHandle::is_finished).map(thread::JoinHandle::join);
    match fed {
        Some(Ok(ending)) => ending,
        Some(Err(_)) | None => Ok(ExitStatus::Success),
    }
}

/// Reads to the end of the files, or to a signal.
fn feed(files: &[PathBuf], shared: &Shared, reporter: Reporter) -> Result<ExitStatus, Error> {
    let nowhere = File::options().write(true).open(Path::new("/dev/null"));
    let nowhere = nowhere.map_err(|error| Error::input("/dev/null", error))?;
    let mut feed = FeedFilter { shared: shared.clone(), sources: files.len().max(1) };
    let ending = event_loop::run(files, &mut feed, &mut Output::to(nowhere), reporter);
    // Where fewer inputs ended than there are, a signal cut them short.
    shared.end(feed.sources > 0 && ending.is_ok());
    ending
}

/// Rows into the model of the screen.
struct FeedFilter {
    shared: Shared,
    sources: usize,
}

impl Filter for FeedFilter {
    fn line(&mut self, line: &[u8], _at: LineOrigin<'_>, _out: &mut Output) -> Result<(), Error> {
        if !line.iter().all(u8::is_ascii_whitespace) {
            self.shared.ingest(line);
        }
        Ok(())
    }

    fn report(&mut self, _out: &mut Output) -> Result<(), Error> {
        Ok(())
    }

    fn source_ended(&mut self, _cut: u64) {
        self.sources = self.sources.saturating_sub(1);
    }

    fn finish(&mut self, _out: &mut Output) -> Result<(), Error> {
        Ok(())
    }
}
