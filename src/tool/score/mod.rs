//! `mtp-score`: events to suspicion: who shares an account.

mod explain;
mod face;
mod flags;
mod stream;

use std::path::PathBuf;
use std::time::Duration;

use crate::cli::{Cli, Operands, Section};
use crate::error::{Error, ExitStatus};
use crate::io::output::Output;
use crate::io::output::OutputFormat;
use crate::io::reporter::Reporter;
use crate::score::carriers::Carriers;
use crate::score::{Limits, Rule, Span};
use crate::tool::{EXIT_STATUS, event_loop};
use crate::view::look::Marks;

/// What `mtp-score` was asked for.
#[derive(Debug)]
pub struct Options {
    files: Vec<PathBuf>,
    rule: Rule,
    span: Span,
    state: Option<PathBuf>,
    save_every: Duration,
    every_ms: Option<i64>,
    only: Only,
    top: Option<usize>,
    ips_max: usize,
    alert_on_risk: bool,
    limits: Limits,
    limits_file: Option<PathBuf>,
    asn_file: Option<PathBuf>,
    is_full: bool,
    explain: Option<String>,
    marks: Option<Marks>,
}

/// Which users are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Only {
    /// All.
    All,
    /// Those of high risk.
    High,
    /// Those that are watched or worse.
    Watch,
    /// Those that are shared.
    Sharing,
}

/// How long a connection counts if nothing else is said: a day.
const WINDOW_MS: i64 = 86_400_000;

impl Default for Options {
    fn default() -> Self {
        Self {
            files: Vec::new(),
            rule: Rule::default(),
            span: Span { window_ms: Some(WINDOW_MS), together_ms: 300_000, late_ms: 30_000 },
            state: None,
            save_every: Duration::from_mins(1),
            every_ms: None,
            only: Only::All,
            top: None,
            ips_max: 20,
            alert_on_risk: false,
            limits: Limits::default(),
            limits_file: None,
            asn_file: None,
            is_full: false,
            explain: None,
            marks: None,
        }
    }
}

/// The command line of `mtp-score`.
pub const CLI: Cli<Options> = Cli {
    name: "mtp-score",
    brief: "events to suspicion: who shares an account",
    usage: "[OPTION…] [FILE…]",
    about: ABOUT,
    commands: &[],
    operands: Operands::Files(|options| &mut options.files),
    flags: flags::FLAGS,
    sections: &[RULE, PEOPLE, STATE, EXIT_STATUS],
};

const ABOUT: &str = "Reads the rows of mtp-parse and keeps what it needs of every user. Writes a \
summary of every user at the end of the input, on SIGUSR1 and, with --every, as they change; and \
an alert when something about a user changes.

  docker compose logs -f | mtp-parse | mtp-score

All times are the events' own: a run over an archive says what the live run said.";

const RULE: Section = Section {
    title: "THE SCORE",
    text: || {
        "Over the connections of the last --window, N of them from U addresses: addresses, 10 x U \
         when U is more than 1; simultaneous, 50 for each pair of connections from two different \
         addresses that began less than --together apart; frequency, 2 x (N - 20) when N is more \
         than 20. The score is the sum, at most 100: low to 10, medium to 30, high above.\n\nA \
         phone that moves reaches 100 within a day, as does a shared account: the score says how \
         busy an account is, not how many people use it."
            .to_owned()
    },
};

const PEOPLE: Section = Section {
    title: "PEOPLE AND VERDICT",
    text: || {
        "people estimates how many people use an account at the same time, over the last three \
         days. A person has one phone, on one network at a time, and may have a second device, \
         which adds one network that does not move. So whatever is in use at once has that one \
         network in common; of two people other networks remain that are in use at once when it \
         is taken away. A network is in use between two of its own connections, never by a \
         socket that only lies open; the addresses of one device (IPv4 and IPv6 of a home, the \
         pool of a carrier) are one network: they mix within bursts of connections.\n\nverdict is \
         unknown until an hour of use was seen, or when one line of the log in twenty was not \
         recognised; clear; watch when people is 1.5 or more; sharing when, besides, connections \
         went back and forth between places as no traveller does, or came back for days to a place \
         beside home and work; when people is 1.85 or more for hours, when one hour had six \
         unrelated networks with connections of their own, or when five networks took turns within \
         minutes. It is taken back below 1.35, after an hour of use.\n\nevidence says why. \
         overlap: two networks in use at once, for how many seconds in all, bridging gaps of at \
         most so many seconds between connections. returns: how often connections came from one, \
         the other, the one and the other again within half a day. crowd: networks of one hour, or \
         that took turns within minutes. places: more networks that were left and come back to for \
         days than home and work. second-device: the network left out of it, with \
         what it shares with others. in-turn: several networks, never two at once. with: the flag \
         that would change the verdict.\n\nNot seen are people under one roof, people who share an \
         account by the day, and two people of whom neither ever leaves home: they look like one \
         with two devices."
            .to_owned()
    },
};

const STATE: Section = Section {
    title: "STATE",
    text: || {
        "With --state the book is loaded from FILE if it is there, and saved every minute \
         (--save-every), on SIGTERM and at the end: written beside and renamed. Lines that the \
         saved book had seen change nothing when they come again (docker compose logs --since). \
         With --state the end of the input is a pause: the summaries are those of a stream that \
         ends here, but alerts of the last --late come when it goes on. After kill -9 alerts since \
         the last save may be written again, the same.\n\nA damaged file, or one of another \
         version, is refused and left alone."
            .to_owned()
    },
};

/// Runs the tool.
pub fn run(
    mut options: Options,
    format: OutputFormat,
    reporter: Reporter,
) -> Result<ExitStatus, Error> {
    if let Some(path) = &options.limits_file {
        options.limits.read(path)?;
    }
    if let Some(path) = &options.asn_file {
        options.limits.carriers = Some(Carriers::open(path)?);
    }
    let mut out = Output::stdout()?;
    let files = options.files.clone();
    let mut stream = stream::Stream::new(options, format, reporter)?;
    event_loop::run(&files, &mut stream, &mut out, reporter)
}
