//! The sampling loop: a sample when it is due, until the last one or a signal.

use std::time::{Duration, Instant};

use super::options::ConnsOptions;
use super::sampler::Sampler;
use crate::error::{Error, ExitStatus};
use crate::io::output::OutputFormat;
use crate::io::reporter::Reporter;
use crate::io::wait::{Signals, Wakeup};
use crate::sockets::{NamespaceRef, Query, RowSelection, SampleConfig, TargetSpec};

/// Runs the tool.
pub fn run(
    mut options: ConnsOptions,
    format: OutputFormat,
    reporter: Reporter,
) -> Result<ExitStatus, Error> {
    options.check()?;
    let is_text = format.is_text();
    let rows = match (options.sockets, options.changes) {
        (_, true) => RowSelection::Changes,
        (true, false) => RowSelection::Sockets,
        (false, false) => RowSelection::Samples,
    };
    let with_info = rows != RowSelection::Changes && (options.info || options.sockets || is_text);
    let config = SampleConfig {
        query: Query { ports: options.ports()?, with_info },
        backend: options.backend,
        prefix: options.prefix_or_whole(),
        rows,
        is_single: options.interval_or_default().is_none(),
    };
    let mut targets = std::mem::take(&mut options.targets);
    if targets.is_empty() {
        targets.push(TargetSpec::Namespace(NamespaceRef::Current));
    }
    let signals = Signals::take().map_err(|error| Error::input("signals", error))?;
    let mut sampler = Sampler::new(config, targets, &options, is_text, reporter)?;
    let mut schedule = Schedule::new(options.interval_or_default(), options.count, reporter);
    schedule.run(&mut sampler, &signals)
}

/// When samples are due.
#[derive(Debug)]
struct Schedule {
    interval: Option<Duration>,
    count: Option<u64>,
    reporter: Reporter,
    skipped: u64,
    /// Skipped samples that were not reported.
    unreported: u32,
    reported_at: Option<Instant>,
}

/// The shortest time between two reports of skipped samples.
const REPORT_INTERVAL: Duration = Duration::from_mins(1);

impl Schedule {
    fn new(interval: Option<Duration>, count: Option<u64>, reporter: Reporter) -> Self {
        Self { interval, count, reporter, skipped: 0, unreported: 0, reported_at: None }
    }

    fn run(&mut self, sampler: &mut Sampler, signals: &Signals) -> Result<ExitStatus, Error> {
        let mut due = Instant::now();
        loop {
            let started = Instant::now();
            sampler.sample()?;
            let is_last = self.count.is_some_and(|count| sampler.samples >= count);
            let Some(interval) = self.interval.filter(|_| !is_last) else {
                return Ok(sampler.finish());
            };
            due += interval;
            let now = Instant::now();
            if let Some(late) = now.checked_duration_since(due) {
                let missed = late.as_nanos() / interval.as_nanos().max(1) + 1;
                let missed = u32::try_from(missed).unwrap_or(u32::MAX);
                due += interval.saturating_mul(missed);
                self.skipped += u64::from(missed);
                self.report_skipped(now - started, interval, missed);
            }
            if self.sleep(due, sampler, signals)? == Wakeup::Stop {
                sampler.finish();
                return Ok(ExitStatus::Success);
            }
        }
    }

    /// Sleeps until a sample is due or a signal stops the tool; reads events meanwhile.
    fn sleep(
        &self,
        due: Instant,
        sampler: &mut Sampler,
        signals: &Signals,
    ) -> Result<Wakeup, Error> {
        let failed = |error| Error::input("the clock", error);
        loop {
            let wake = match sampler.events_fd() {
                Some(fd) => signals.wait(fd, Some(due)).map_err(failed)?,
                None => signals.sleep(due).map_err(failed)?,
            };
            match wake {
                Wakeup::Ready => {
                    sampler.read_events();
                    // Events may arrive faster than they are read: samples stay due.
                    if Instant::now() >= due {
                        return Ok(Wakeup::Tick);
                    }
                }
                Wakeup::Report => {
                    let (taken, skipped) = (sampler.samples, self.skipped);
                    self.reporter.print(format!("{taken} samples, {skipped} skipped"));
                    sampler.report_untracked();
                }
                Wakeup::Tick | Wakeup::Stop => return Ok(wake),
            }
        }
    }

    /// Reports skipped samples, once a minute at most, and whether the sample took too long or the
    /// process did not run.
    fn report_skipped(&mut self, took: Duration, interval: Duration, missed: u32) {
        self.unreported = self.unreported.saturating_add(missed);
        if self.reported_at.is_some_and(|at| at.elapsed() < REPORT_INTERVAL) {
            return;
        }
        self.reported_at = Some(Instant::now());
        let skipped = match std::mem::take(&mut self.unreported) {
            1 => "one sample is skipped".to_owned(),
            many => format!("{many} samples are skipped"),
        };
        let (took, interval) = (took.as_secs_f64(), interval.as_secs_f64());
        let why = if took >= interval {
            format!("a sample took {took:.3} s, longer than --interval {interval}")
        } else {
            "the process was paused".to_owned()
        };
        self.reporter.print(format!("{why}: {skipped}"));
    }
}
