//! Samples all targets and writes their rows.

use std::os::fd::BorrowedFd;

use super::options::ConnsOptions;
use super::rows::Sampled;
use crate::error::{Error, ExitStatus};
use crate::io::follow::Follow;
use crate::io::output::Output;
use crate::io::reporter::Reporter;
use crate::sockets::{
    RowSelection, SampleConfig, StickyError, Target, TargetEntry, TargetSet, TargetSpec, TelemtApi,
    UserIndex,
};
use crate::stream::{Connection, Sample, row};
use crate::timestamp::Timestamp;
use crate::view::{IconSet, Lang, TextStyle, monitor};

/// All targets, and where their rows go.
#[derive(Debug)]
pub(super) struct Sampler {
    config: SampleConfig,
    top: usize,
    sets: Vec<TargetSet>,
    users: UserIndex,
    events: Option<Follow>,
    events_error: StickyError,
    telemt: Option<TelemtApi>,
    telemt_error: StickyError,
    renderer: SampleRenderer,
    out: Output,
    reporter: Reporter,
    /// Samples taken.
    pub(super) samples: u64,
    /// Targets that could not be sampled, over all samples.
    failed: u64,
}

impl Sampler {
    pub(super) fn new(
        config: SampleConfig,
        specs: Vec<TargetSpec>,
        options: &ConnsOptions,
        is_text: bool,
        reporter: Reporter,
    ) -> Result<Self, Error> {
        let events = options.events.as_deref().map(Follow::open).transpose()?;
        Ok(Self {
            sets: specs.into_iter().map(|spec| TargetSet::new(spec, &config)).collect(),
            config,
            top: options.top.unwrap_or(usize::MAX),
            users: UserIndex::default(),
            events,
            events_error: StickyError::default(),
            telemt: options.telemt()?,
            telemt_error: StickyError::default(),
            renderer: SampleRenderer::new(options, is_text),
            out: Output::stdout()?,
            reporter,
            samples: 0,
            failed: 0,
        })
    }

    /// Polled for events between samples.
    pub(super) fn events_fd(&self) -> Option<BorrowedFd<'_>> {
        self.events.as_ref().and_then(Follow::fd)
    }

    /// Ingests the events that have arrived.
    pub(super) fn read_events(&mut self) {
        let Some(events) = &mut self.events else { return };
        let users = &mut self.users;
        match events.lines(&mut |line| users.ingest(line)) {
            Ok(()) => self.events_error.clear("events: they can be read again", self.reporter),
            Err(error) => self.events_error.report(&error, self.reporter),
        }
    }

    /// Reads which users telemt lists at which addresses.
    fn read_telemt(&mut self) {
        let Some(telemt) = &self.telemt else { return };
        let entries: usize = self.sets.iter().map(|set| set.entries.len()).sum();
        let active = if entries > 1 {
            let why = "the users are those of one proxy, and several containers have the name";
            Err(Error::refused("--telemt-api", why))
        } else {
            telemt.active_users()
        };
        match active {
            Ok(active) => {
                self.users.set_active(&active);
                self.telemt_error.clear("telemt: the API responds again", self.reporter);
            }
            Err(error) => {
                self.users.set_active(&[]);
                self.telemt_error.report(&error, self.reporter);
                self.failed += 1;
            }
        }
    }

    /// Samples every target and writes the rows at once.
    pub(super) fn sample(&mut self) -> Result<(), Error> {
        self.read_events();
        self.update();
        self.read_telemt();
        let Self { config, top, sets, users, renderer, out, reporter, failed, .. } = self;
        let (config, users, top) = (&*config, &*users, *top);
        for set in sets {
            for entry in &mut set.entries {
                let result = entry.target.sample(config, users, Timestamp::now());
                let is_sampled = result.is_ok();
                report(entry, result, *reporter);
                let sampled = Sampled { config, top, users, target: &entry.target };
                if is_sampled {
                    renderer.sampled(sampled, out);
                } else {
                    renderer.changes(sampled, out);
                    *failed += 1;
                }
            }
        }
        self.samples += 1;
        self.out.flush()
    }

    /// Lists the targets, and writes the closed connections of those that are gone.
    fn update(&mut self) {
        let Self { config, top, sets, users, renderer, out, reporter, failed, .. } = self;
        let (config, users, top) = (&*config, &*users, *top);
        for set in sets {
            let mut finished = |target: &Target| {
                renderer.changes(Sampled { config, top, users, target }, out);
            };
            if !set.update(config, Timestamp::now(), &mut finished, *reporter) {
                *failed += 1;
            }
        }
    }

    /// Reports what was over the limits, if anything.
    pub(super) fn report_untracked(&self) {
        let untracked: u64 = self.sets.iter().map(TargetSet::untracked).sum();
        if untracked > 0 {
            self.reporter
                .print(format!("{untracked} connections or addresses were over the limit"));
        }
        let evicted = self.users.evicted;
        if evicted > 0 {
            self.reporter.print(format!("events: {evicted} connections were over the limit"));
        }
    }

    /// Ends the run; failure if a target could not be sampled.
    pub(super) fn finish(&self) -> ExitStatus {
        self.report_untracked();
        if self.failed > 0 { ExitStatus::Failure } else { ExitStatus::Success }
    }
}

/// Reports the start and end of errors of one target.
fn report(entry: &mut TargetEntry, result: Result<(), Error>, reporter: Reporter) {
    if let Err(error) = result {
        return entry.error.report(&error, reporter);
    }
    let name = entry.target.name();
    entry.error.clear(format!("{name}: available again"), reporter);
    for (port, no_listener) in entry.target.ports.iter().zip(&mut entry.no_listener) {
        let number = port.number;
        if port.listeners.is_empty() {
            let what = format!(
                "port {number}: nothing listens on it in {name}: is the proxy running, on another \
                 port (--port), or in a container (--container NAME)?"
            );
            no_listener.report(what, reporter);
        } else {
            no_listener.clear(format!("port {number}: something listens on it again"), reporter);
        }
    }
}

/// Writes rows as JSON or as text.
#[derive(Debug)]
enum SampleRenderer {
    Json,
    Text {
        style: TextStyle,
        warn: u64,
        /// Whether a sample was shown, so that the next one follows an empty line.
        has_shown: bool,
        text: String,
    },
}

impl SampleRenderer {
    fn new(options: &ConnsOptions, is_text: bool) -> Self {
        if !is_text {
            return Self::Json;
        }
        let mut style = TextStyle::of_stdout(options.no_emoji.then_some(IconSet::Words));
        style.lang = options.lang.unwrap_or_else(Lang::of_locale);
        Self::Text { style, warn: options.warn_or_default(), has_shown: false, text: String::new() }
    }

    /// Writes the rows of a sampled target.
    fn sampled(&mut self, sampled: Sampled<'_>, out: &mut Output) {
        let (target, rows) = (sampled.target, sampled.config.rows);
        if rows != RowSelection::Changes {
            for port in &target.ports {
                self.sample(&sampled.sample(port), out);
            }
        }
        if rows == RowSelection::Sockets {
            for (index, connection) in target.tracker.connections().iter().enumerate() {
                self.connection(&sampled.socket(connection, target.tracker.info(index)), out);
            }
        }
        self.changes(sampled, out);
    }

    /// Writes the `closed` and `opened` rows of a target.
    fn changes(&mut self, sampled: Sampled<'_>, out: &mut Output) {
        if sampled.config.rows == RowSelection::Changes {
            for connection in &sampled.target.closed {
                self.connection(&sampled.closed(connection), out);
            }
            for connection in &sampled.target.opened {
                self.connection(&sampled.opened(connection), out);
            }
        }
    }

    fn sample(&mut self, sample: &Sample<'_>, out: &mut Output) {
        match self {
            Self::Json => row::write(sample, &mut out.buffer),
            Self::Text { style, warn, has_shown, text } => {
                if std::mem::replace(has_shown, true) {
                    text.push('\n');
                }
                monitor::sample(sample, *warn, style, text);
                out.buffer.extend_from_slice(text.as_bytes());
                text.clear();
            }
        }
    }

    fn connection(&mut self, connection: &Connection<'_>, out: &mut Output) {
        match self {
            Self::Json => row::write(connection, &mut out.buffer),
            Self::Text { style, text, .. } => {
                monitor::connection(connection, style, text);
                out.buffer.extend_from_slice(text.as_bytes());
                text.clear();
            }
        }
    }
}
