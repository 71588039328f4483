//! `mtp-score`: events to suspicion: who shares an account.

mod filter;
mod flags;
mod merge;
mod renderer;
mod same_time;

#[doc(hidden)]
pub use filter::ScoreFilter;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cli::{Cli, Operands, Section};
use crate::error::{Error, ExitStatus};
use crate::io::escape::Escaped;
use crate::io::output::Output;
use crate::io::output::OutputFormat;
use crate::io::read_file::read_file;
use crate::io::reporter::Reporter;
use crate::io::state_lock::StateLock;
use crate::score::carriers::CarrierDatabase;
use crate::score::state::ScoreMode;
use crate::score::{Policy, Rule, WindowConfig, state_file};
use crate::sharing::Detail;
use crate::stream::{AllUsersTable, Row};
use crate::tool::{EXIT_STATUS, event_loop};
use crate::view::{IconSet, Lang};

#[derive(Debug)]
pub struct ScoreOptions {
    files: Vec<PathBuf>,
    rule: Rule,
    window: WindowConfig,
    state: Option<PathBuf>,
    action: Action,
    /// The number of sources that send clock rows.
    clock_sources: Option<usize>,
    /// Facts about all users.
    table: Option<PathBuf>,
    save_every: Duration,
    /// Users that were not seen for so long are erased.
    retain_ms: Option<i64>,
    /// Users to erase from the state; nothing else is done then.
    forget: Vec<String>,
    every_ms: Option<i64>,
    only: Only,
    top: Option<usize>,
    ips_max: usize,
    alert_on_risk: bool,
    policy: Policy,
    limits_file: Option<PathBuf>,
    asn_file: Option<PathBuf>,
    detail: Detail,
    /// Whether the input rows are written too.
    has_events: bool,
    at_end: AtEnd,
    /// Whether text has a block for every user.
    is_long: bool,
    explain: Option<String>,
    icons: Option<IconSet>,
    lang: Option<Lang>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Score(ScoreMode),
    /// Merge the outputs of partitions.
    Merge,
}

/// What is written at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AtEnd {
    /// Summaries and counts.
    Summaries,
    Nothing,
}

/// The users of whom summaries are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Only {
    All,
    /// Of high risk.
    High,
    /// With verdict watch or sharing.
    Watch,
    Sharing,
}

/// Bytes of a table: half a million relays.
const TABLE_MAX: u64 = 16 << 20;
/// The default window: a day.
const WINDOW_MS: i64 = 86_400_000;

impl Default for ScoreOptions {
    fn default() -> Self {
        Self {
            files: Vec::new(),
            rule: Rule::default(),
            window: WindowConfig {
                window_ms: Some(WINDOW_MS),
                together_ms: 300_000,
                late_ms: 30_000,
            },
            state: None,
            action: Action::Score(ScoreMode::Whole),
            clock_sources: None,
            table: None,
            save_every: Duration::from_mins(1),
            retain_ms: None,
            forget: Vec::new(),
            every_ms: None,
            only: Only::All,
            top: None,
            ips_max: 20,
            alert_on_risk: false,
            policy: Policy::default(),
            limits_file: None,
            asn_file: None,
            detail: Detail::Short,
            has_events: false,
            at_end: AtEnd::Summaries,
            is_long: false,
            explain: None,
            icons: None,
            lang: None,
        }
    }
}

/// The command line of `mtp-score`.
pub const CLI: Cli<ScoreOptions> = Cli {
    name: "mtp-score",
    brief: "find shared accounts in events",
    usage: "[OPTION…] [FILE…]",
    about: ABOUT,
    commands: &[],
    operands: Operands::Files(|options| &mut options.files),
    flags: flags::FLAGS,
    removed: flags::REMOVED,
    sections: &[RULE, PEOPLE, STATE, PARTITIONS, EXIT_STATUS],
};

const ABOUT: &str =
    "Reads the rows of mtp-parse and keeps a bounded state for each user. Writes a \
summary of every user at the end of the input, on SIGUSR1 and, with --every, as they change; and \
an alert when the verdict on a user changes.

  docker compose logs -f | mtp-parse | mtp-score

All times are those of the events: a run over an archive gives the rows of the live run.";

const RULE: Section = Section {
    title: "THE SCORE",
    text: || {
        "The score counts the connections of the last --window, N of them from U addresses. \
         addresses: 10 x U if U is more than 1. simultaneous: 50 for each pair of connections from \
         two different addresses that began less than --together apart. frequency: 2 x (N - 20) if \
         N is more than 20. The score is the sum, at most 100. The risk is low up to 10, medium up \
         to 30, and high above.\n\nThe score of a phone that moves reaches 100 within a day, as \
         does that of a shared account. It measures how busy an account is, not how many people \
         use it."
            .to_owned()
    },
};

const PEOPLE: Section = Section {
    title: "PEOPLE AND VERDICT",
    text: || {
        "people estimates how many people use an account at the same time, from three days and, \
         with less weight, those before. A person has one phone, on one network at a time, and may \
         have other devices that stay on one network. A phone in the background holds no \
         connection; a computer holds its connections for hours. So two networks in use at the same \
         time, neither held by a computer, are seldom one person's. A network is in use between \
         two of its own connections at most four hours apart. Addresses of one block (IPv4 /20, \
         IPv6 /48) count as one network, as do blocks that mix within bursts of connections: the \
         pool of a carrier or VPN. confidence is the probability that several people use the \
         account, if --prior percent of accounts are shared.\n\nThe verdict is unknown until an \
         hour of use; if one line of the log in twenty was not recognised; or if one connection in \
         twenty has the address of a relay, gateway or NAT (--trust-private). It is watch or \
         sharing when the odds are above a threshold (--alarms) for up to eight hours, the shorter \
         the higher they are, and falls when they are below it for a day; sharing that is not yet \
         certain is watch after an hour. It is watch at most if everybody comes home to one place: if \
         all use is in one place for twelve hours of the day, or in most nights, or if no second \
         place is used again at night (--strict-households).\n\nevidence \
         has the reasons. overlap: two networks in use at the same time, for seconds in all, with \
         at most gap seconds between connections. alternation: how often connections changed to \
         each of two networks within twenty minutes. second-device: the network that a computer \
         holds, and the overlap that is ignored because of it. common-home: the most used \
         place, where no second home was seen. sequential-networks: several networks, never two at \
         the same time. hidden-addresses: connections that are left out because the address of \
         their client is not known. counterfactual: the flag that would change the verdict.\n\nNot \
         detected are people in one household, and people who use the account on different days."
            .to_owned()
    },
};

const STATE: Section = Section {
    title: "STATE",
    text: || {
        "--state loads the state from FILE if it exists. It is saved every minute (--save-every), \
         on SIGTERM and at the end: written to a temporary file and renamed. Lines that the saved \
         state contains change nothing when they come again (docker compose logs --since). With \
         --state the end of the input is a pause: the summaries are those of a stream that ends \
         there, but the alerts of the last --late are written when it continues. After kill -9, \
         alerts since the last save may be written again, the same.\n\nA state \
         grows with the users of the log. --retain 90d erases those that were not seen for so long, \
         when a day (UTC) of the events begins; --forget erases one user now, and ends. mtp-report \
         has the same flags for its history of days.\n\nA damaged file, or one of \
         another version, is refused and not changed."
            .to_owned()
    },
};

const PARTITIONS: Section = Section {
    title: "PARTITIONS",
    text: || {
        "The users of a stream can be divided among several processes, here or on other machines: \
         all rows of a user go to one of them, rows without a user to any one. What depends on all \
         users is in a table, and what depends on the time of the whole stream in clock rows: \
         mtp-stream(5) describes both. With the same table and clock rows, the merged outputs of \
         the partitions are byte for byte the output of one process.\n\nFor an archive: run each \
         partition with --write-table, add the tables up with --merge, run each partition again \
         with --table, and merge the outputs with --merge. For a live stream: table rows may come \
         within the stream; each replaces the one before. With --clock-rows, a row is in time or \
         late by the clock rows before it, whichever partition it is in. Several hosts of an \
         archive do not keep pace: with --clock-sources the time moves as far as the slowest of them."
            .to_owned()
    },
};

/// Reads the table of all users.
fn read_table(path: &Path) -> Result<AllUsersTable, Error> {
    let name = path.display();
    let bytes = read_file(path, TABLE_MAX).map_err(|error| Error::input(&name, error))?;
    let Row::Table(table) = Row::read(bytes.trim_ascii_end()) else {
        return Err(Error::refused(&name, "not a table (see --write-table)".to_owned()));
    };
    Ok(*table)
}

/// Erases users from the state.
fn forget(options: &ScoreOptions) -> Result<ExitStatus, Error> {
    let Some(path) = &options.state else {
        return Err(Error::Usage("--forget: not supported without --state".to_owned()));
    };
    let _lock = StateLock::acquire(path)?;
    let Some(mut state) = state_file::load(path)? else {
        return Err(Error::refused(path.display(), "no such state".to_owned()));
    };
    for name in &options.forget {
        if !state.forget(name) {
            let reason = format!("no user '{}' in {}", Escaped(name), path.display());
            return Err(Error::refused("--forget", reason));
        }
    }
    state_file::save(path, &state)?;
    Ok(ExitStatus::Success)
}

/// Runs the tool.
pub fn run(
    mut options: ScoreOptions,
    format: OutputFormat,
    reporter: Reporter,
) -> Result<ExitStatus, Error> {
    if let Some(path) = &options.limits_file {
        options.policy.read(path)?;
    }
    if let Some(path) = &options.asn_file {
        options.policy.carriers = Some(CarrierDatabase::open(path)?);
    }
    if !options.forget.is_empty() {
        return forget(&options);
    }
    let mut out = Output::stdout()?;
    let Action::Score(mode) = options.action else {
        merge::merge(&options.files, options.policy.relay, &mut out)?;
        return Ok(ExitStatus::Success);
    };
    let files = options.files.clone();
    let mut filter = ScoreFilter::new(options, mode, format, reporter)?;
    let status = event_loop::run(&files, &mut filter, &mut out, reporter)?;
    Ok(if status == ExitStatus::Success { filter.exit_status() } else { status })
}
