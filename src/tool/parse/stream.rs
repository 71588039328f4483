//! Lines in, events out: the filter itself.

use std::time::{Duration, Instant};

use super::Options;
use super::hearing::{Hearing, Writing};
use super::keyfile::KeyFile;
use super::meta::{self, Lines};
use super::rejects::Rejects;
use crate::error::Error;
use crate::formats::Decoder;
use crate::frame::Deframer;
use crate::io::line_buffer::LINE_MAX;
use crate::io::output::Output;
use crate::io::output::OutputFormat;
use crate::io::reporter::Reporter;
use crate::timestamp::LocalTimeResolver;
use crate::timestamp::Timestamp;
use crate::timestamp::local::Assumptions;
use crate::tool::event_loop::{Filter, LineOrigin};

/// How often a stream that goes on says how much it has understood.
const META_EVERY: Duration = Duration::from_mins(1);

/// The filter.
#[derive(Debug)]
pub(super) struct Stream {
    unframer: Deframer,
    hearing: Hearing,
    keys: Option<KeyFile>,
    /// Cut lines of inputs that have ended; of the one being read, `cut_now`.
    cut: u64,
    cut_now: u64,
    /// When the next `meta` row is due; none before the input was idle, since a file has no
    /// minutes.
    deadline: Option<Instant>,
    said: Assumptions,
    reporter: Reporter,
}

impl Stream {
    /// A filter as the options want it.
    pub(super) fn new(
        options: Options,
        mut clock: LocalTimeResolver,
        format: OutputFormat,
        reporter: Reporter,
    ) -> Result<Self, Error> {
        let now = Timestamp::now();
        let mut bound = |bound: Option<super::Bound>| bound.map(|at| at.moment(&mut clock, now));
        let (since, until) = (bound(options.since), bound(options.until));
        let mut ear = Decoder::new(clock.clone());
        if let Some(pattern) = options.pattern {
            ear.add_pattern(pattern);
        } else if options.dialect.as_deref() == Some(crate::formats::pattern::NAME) {
            return Err(Error::Usage("--dialect pattern: needs --pattern REGEX".to_owned()));
        }
        if let Some(name) = &options.dialect {
            ear.pin(name);
        }
        if let Some(name) = options.source {
            ear.label(name);
        }
        let keys = match options.users {
            None => None,
            Some(path) => {
                let (file, keys) = KeyFile::open(path)?;
                ear.keys = keys;
                Some(file)
            }
        };
        let rejects = options.rejects.as_deref().map(Rejects::create).transpose()?;
        let writing = match (options.explain, format) {
            (true, OutputFormat::Json) => Writing::ExplainedRows,
            (true, OutputFormat::Auto | OutputFormat::Text) => Writing::Explained,
            (false, format) if format.is_text() => Writing::Text,
            (false, _) => Writing::Rows,
        };
        let (lines, newest, failed) = (Lines::default(), None, None);
        let hearing = Hearing { ear, rejects, writing, lines, newest, since, until, failed };
        let unframer = Deframer::new(clock);
        let said = Assumptions::default();
        Ok(Self { unframer, hearing, keys, cut: 0, cut_now: 0, deadline: None, said, reporter })
    }

    /// Says what was counted, in one line.
    fn say_counts(&self) {
        let Lines { read, cut, .. } = self.counts();
        let counts = self.hearing.ear.counts;
        let hint = self.hint().unwrap_or_default();
        self.reporter.print(format_args!(
            "{read} lines read: {} understood, {} passed over, {} not recognised, {cut} cut{hint}",
            counts.understood, counts.passed_over, counts.not_recognised
        ));
    }

    /// What to do where a log names nobody.
    fn hint(&self) -> Option<&'static str> {
        let Hearing { ear, lines, .. } = &self.hearing;
        let counts = ear.counts;
        if counts.understood == 0 && counts.not_recognised > 0 {
            return Some("; --explain says why");
        }
        let is_mtg = ear.by_dialect().any(|(name, _)| name == "mtg");
        if is_mtg && ear.sources.heard().any(|source| ear.called(source).is_none()) {
            return Some("; mtg's log names no user: --source NAME does");
        }
        let is_stock = ear.by_dialect().all(|(name, _)| name == "mtprotoproxy");
        (is_stock && lines.rows > 0)
            .then_some("; this log names no user's address: see mtp-users access-log on")
    }

    /// Lines not recognised, or cut.
    pub(super) fn lost(&self) -> u64 {
        self.hearing.ear.counts.not_recognised + self.counts().cut
    }

    fn counts(&self) -> Lines {
        let cut = self.cut + self.cut_now + self.unframer.cut();
        Lines { cut, ..self.hearing.lines }
    }

    /// Says once what had to be assumed of times.
    fn say_guesses(&mut self) {
        let (frames, lines) = (self.unframer.assumptions(), self.hearing.ear.guessed());
        if (frames.zone || lines.zone) && !self.said.zone {
            self.said.zone = true;
            self.reporter
                .print("times without a zone are taken as this machine's: --tz names theirs");
        }
        if (frames.year || lines.year) && !self.said.year {
            self.said.year = true;
            self.reporter
                .print("dates without a year are taken as the last such: --year names theirs");
        }
    }

    fn write_meta(&self, ts: Option<Timestamp>, out: &mut Output) {
        if self.hearing.writing == Writing::Rows {
            meta::write(&mut out.buffer, ts, self.counts(), &self.hearing.ear);
        }
    }

    fn rest(&mut self) -> Result<(), Error> {
        self.say_guesses();
        match self.hearing.rejects.as_mut() {
            Some(rejects) => rejects.flush(),
            None => Ok(()),
        }
    }
}

impl Filter for Stream {
    fn line(&mut self, line: &[u8], at: LineOrigin<'_>, out: &mut Output) -> Result<(), Error> {
        let Self { unframer, hearing, keys, reporter, .. } = self;
        hearing.lines.read += 1;
        self.cut_now += u64::from(line.len() >= LINE_MAX);
        if let Some(changed) = keys.as_mut().and_then(|keys| keys.changed(*reporter)) {
            hearing.ear.keys = changed;
        }
        unframer.read(line, at.arrival, &mut |framed| {
            hearing.hear(&framed, line, at, &mut out.buffer);
            hearing.failed.take().map_or(Ok(()), Err)
        })
    }

    fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    fn tick(&mut self, out: &mut Output) -> Result<(), Error> {
        self.deadline = Some(Instant::now() + META_EVERY);
        self.write_meta(Some(Timestamp::now()), out);
        Ok(())
    }

    fn report(&mut self, _out: &mut Output) -> Result<(), Error> {
        self.say_counts();
        Ok(())
    }

    fn idle(&mut self, _out: &mut Output) -> Result<(), Error> {
        self.deadline.get_or_insert_with(|| Instant::now() + META_EVERY);
        if let Some(keys) = &mut self.keys {
            keys.idle();
        }
        self.rest()
    }

    fn source_ended(&mut self, cut: u64) {
        self.cut += cut;
        self.cut_now = 0;
    }

    fn finish(&mut self, out: &mut Output) -> Result<(), Error> {
        let Self { unframer, hearing, .. } = self;
        let at = LineOrigin {
            input: "what was left",
            line: 0,
            is_cut: false,
            arrival: Timestamp::now(),
        };
        unframer.finish(&mut |framed| {
            hearing.hear(&framed, b"", at, &mut out.buffer);
            hearing.failed.take().map_or(Ok(()), Err)
        })?;
        self.write_meta(self.hearing.newest, out);
        out.flush()?;
        self.rest()?;
        self.say_counts();
        Ok(())
    }
}
