//! `mtp-score`: events to suspicion: who shares an account.

mod filter;
mod flags;
mod renderer;

use std::path::PathBuf;
use std::time::Duration;

use crate::cli::{Cli, Operands, Section};
use crate::error::{Error, ExitStatus};
use crate::io::output::Output;
use crate::io::output::OutputFormat;
use crate::io::reporter::Reporter;
use crate::score::carriers::CarrierDatabase;
use crate::score::{Policy, Rule, WindowConfig};
use crate::sharing::{ALARMS, Detail, Thresholds};
use crate::tool::{EXIT_STATUS, event_loop};
use crate::view::IconSet;

#[derive(Debug)]
pub struct ScoreOptions {
    files: Vec<PathBuf>,
    rule: Rule,
    window: WindowConfig,
    state: Option<PathBuf>,
    save_every: Duration,
    every_ms: Option<i64>,
    only: Only,
    top: Option<usize>,
    ips_max: usize,
    alert_on_risk: bool,
    policy: Policy,
    alarms: f64,
    are_households_sharing: bool,
    limits_file: Option<PathBuf>,
    asn_file: Option<PathBuf>,
    detail: Detail,
    /// Whether the input rows are written too.
    has_events: bool,
    /// Whether text has a block for every user.
    is_long: bool,
    explain: Option<String>,
    icons: Option<IconSet>,
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
            save_every: Duration::from_mins(1),
            every_ms: None,
            only: Only::All,
            top: None,
            ips_max: 20,
            alert_on_risk: false,
            policy: Policy::default(),
            alarms: ALARMS,
            are_households_sharing: false,
            limits_file: None,
            asn_file: None,
            detail: Detail::Short,
            has_events: false,
            is_long: false,
            explain: None,
            icons: None,
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
    sections: &[RULE, PEOPLE, STATE, EXIT_STATUS],
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
        "people estimates how many people use an account at the same time, over the last three \
         days. A person has one phone, on one network at a time, and may have a second device that \
         stays on one network. So networks in use at the same time have that network in common. \
         For two people, others remain in use at the same time when it is left out. A network is \
         in use between two of its own connections, never because of an open socket alone. The \
         addresses of one device (IPv4 and IPv6 of a home, the pool of a carrier) count as one \
         network: they mix within bursts of connections.\n\nThe verdict is unknown until an hour \
         of use; if one line of the log in twenty was not recognised; or if one connection in \
         twenty has the address of a relay, gateway or NAT (--trust-private). It is clear for one \
         person, and watch if people is 1.5 or more. It is sharing if, besides, connections \
         alternated between places as no traveller does, or a place beside home and work recurs \
         for days; if people is 1.85 or more for hours; if one hour had six unrelated networks \
         with connections of their own; or if five networks took turns within minutes. It falls \
         when people is below 1.35 for an hour of use.\n\nevidence has the reasons. overlap: two \
         networks in use at the same time, for seconds in all, with at most gap seconds between \
         connections. alternation: how often connections came from one network, the other, the \
         one and the other again within half a day. many-networks: networks of one hour, or that \
         took turns within minutes. recurring-networks: networks beside home and work that were \
         left and used again for days. second-device: the network treated as a second device, and \
         the overlap that is ignored because of it. sequential-networks: several networks, never \
         two at the same time. hidden-addresses: connections that \
         are left out because the address of their client is not known. counterfactual: the flag \
         that would change the verdict.\n\nNot \
         detected are people in one household, people who use the account on different days, and \
         two people who both stay at home: they look like one with two devices."
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
         alerts since the last save may be written again, the same.\n\nA damaged file, or one of \
         another version, is refused and not changed."
            .to_owned()
    },
};

/// Runs the tool.
pub fn run(
    mut options: ScoreOptions,
    format: OutputFormat,
    reporter: Reporter,
) -> Result<ExitStatus, Error> {
    options.policy.thresholds = Thresholds::new(options.alarms, options.are_households_sharing);
    if let Some(path) = &options.limits_file {
        options.policy.read(path)?;
    }
    if let Some(path) = &options.asn_file {
        options.policy.carriers = Some(CarrierDatabase::open(path)?);
    }
    let mut out = Output::stdout()?;
    let files = options.files.clone();
    let mut filter = filter::ScoreFilter::new(options, format, reporter)?;
    let status = event_loop::run(&files, &mut filter, &mut out, reporter)?;
    Ok(if status == ExitStatus::Success { filter.exit_status() } else { status })
}
