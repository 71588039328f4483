//! The run of `mtp-conns`: a sample when it is due, until it was told to end.

use std::time::{Duration, Instant};

use super::ask::{Ask, What};
use super::options::{Asked, Options};
use super::watch::Watch;
use crate::error::{Error, ExitStatus};
use crate::io::output::OutputFormat;
use crate::io::reporter::Reporter;
use crate::io::wait::{Signals, Wakeup};
use crate::sockets::{Place, Want};

/// Runs the tool.
pub fn run(
    mut options: Options,
    format: OutputFormat,
    reporter: Reporter,
) -> Result<ExitStatus, Error> {
    options.check()?;
    let is_text = format.is_text();
    let what = match (options.sockets, options.changes) {
        (_, true) => What::Changes,
        (true, false) => What::Sockets,
        (false, false) => What::Samples,
    };
    let info = what != What::Changes && (options.info || options.sockets || is_text);
    let ask = Ask {
        want: Want { ports: options.ports()?, info },
        via: options.via,
        prefix: options.networks(),
        what,
        top: options.top.unwrap_or(usize::MAX),
        is_single: options.every().is_none(),
    };
    let mut asked = std::mem::take(&mut options.asked);
    if asked.is_empty() {
        asked.push(Asked::Place(Place::Here));
    }
    let signals = Signals::take().map_err(|error| Error::input("signals", error))?;
    let mut watch = Watch::new(ask, asked, &options, is_text, reporter)?;
    let mut clock = Clock::new(options.every(), options.count, reporter);
    clock.run(&mut watch, &signals)
}

/// When samples are due.
#[derive(Debug)]
struct Clock {
    every: Option<Duration>,
    count: Option<u64>,
    reporter: Reporter,
    /// Samples that were left out.
    left_out: u64,
    /// Those that nothing was said of yet, and when something was said last.
    untold: u32,
    told: Option<Instant>,
}

/// How often it is said that samples are left out.
const TELL_EVERY: Duration = Duration::from_mins(1);

impl Clock {
    fn new(every: Option<Duration>, count: Option<u64>, reporter: Reporter) -> Self {
        Self { every, count, reporter, left_out: 0, untold: 0, told: None }
    }

    fn run(&mut self, watch: &mut Watch, signals: &Signals) -> Result<ExitStatus, Error> {
        let mut due = Instant::now();
        loop {
            let began = Instant::now();
            watch.sample()?;
            let is_last = self.count.is_some_and(|count| watch.samples >= count);
            let Some(every) = self.every.filter(|_| !is_last) else { return Ok(watch.end()) };
            due += every;
            let now = Instant::now();
            if let Some(late) = now.checked_duration_since(due) {
                let missed = late.as_nanos() / every.as_nanos().max(1) + 1;
                let missed = u32::try_from(missed).unwrap_or(u32::MAX);
                due += every.saturating_mul(missed);
                self.left_out += u64::from(missed);
                self.tell(now - began, every, missed);
            }
            if self.sleep(due, watch, signals)? == Wakeup::Stop {
                watch.end();
                return Ok(ExitStatus::Success);
            }
        }
    }

    /// Sleeps until a sample is due or the end was asked for; takes events in meanwhile.
    fn sleep(&self, due: Instant, watch: &mut Watch, signals: &Signals) -> Result<Wakeup, Error> {
        let failed = |error| Error::input("the clock", error);
        loop {
            let wake = match watch.events_fd() {
                Some(fd) => signals.wait(fd, Some(due)).map_err(failed)?,
                None => signals.sleep(due).map_err(failed)?,
            };
            match wake {
                Wakeup::Ready => {
                    watch.take_events();
                    // Events may come faster than they are read; samples are due all the same.
                    if Instant::now() >= due {
                        return Ok(Wakeup::Tick);
                    }
                }
                Wakeup::Report => {
                    let (samples, left_out) = (watch.samples, self.left_out);
                    self.reporter.print(format!("{samples} samples, {left_out} left out"));
                    watch.tell_forgotten();
                }
                Wakeup::Tick | Wakeup::Stop => return Ok(wake),
            }
        }
    }

    /// A sample that took longer than the interval is the machine's or the interval's fault; a
    /// pause between samples is neither. Said once a minute at most.
    fn tell(&mut self, took: Duration, every: Duration, missed: u32) {
        self.untold = self.untold.saturating_add(missed);
        if self.told.is_some_and(|told| told.elapsed() < TELL_EVERY) {
            return;
        }
        self.told = Some(Instant::now());
        let left_out = match std::mem::take(&mut self.untold) {
            1 => "one sample is left out".to_owned(),
            many => format!("{many} samples are left out"),
        };
        let (took, every) = (took.as_secs_f64(), every.as_secs_f64());
        let why = if took >= every {
            format!("a sample took {took:.3} s, longer than --interval {every}")
        } else {
            "this program was held up".to_owned()
        };
        self.reporter.print(format!("{why}: {left_out}"));
    }
}
