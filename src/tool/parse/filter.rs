//! The filter of `mtp-parse`: raw lines in, events out.

use std::time::{Duration, Instant};

use memchr::memchr;

use super::ParseOptions;
use super::check;
use super::meta::{self, LineTotals};
use super::rejects::Rejects;
use super::users_file::UsersFile;
use super::writer::{EventWriter, OutputMode};
use crate::error::{Error, ExitStatus};
use crate::formats::{Decoder, regex_parser};
use crate::frame::Deframer;
use crate::io::escape::Escaped;
use crate::io::output::{Output, OutputFormat};
use crate::io::reporter::Reporter;
use crate::stream::row;
use crate::timestamp::local::Assumptions;
use crate::timestamp::{LocalTimeResolver, Timestamp};
use crate::tool::event_loop::{Filter, LineOrigin};

/// The interval of `meta` rows while a stream goes on.
const META_EVERY: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub struct ParseFilter {
    deframer: Deframer,
    writer: EventWriter,
    /// The name of the input in `meta` rows; empty before the first line.
    run: String,
    users: Option<UsersFile>,
    /// The next `meta` row. None before the input was idle: a file has no minutes.
    deadline: Option<Instant>,
    reported: Assumptions,
    /// Whether the first line is a row of these tools.
    begins_with_row: bool,
    /// Names of sources whose advice was reported.
    advised: Vec<String>,
    reporter: Reporter,
}

impl ParseFilter {
    pub fn new(
        options: ParseOptions,
        mut local_time: LocalTimeResolver,
        format: OutputFormat,
        reporter: Reporter,
    ) -> Result<Self, Error> {
        let now = Timestamp::now();
        let mut bound =
            |bound: Option<super::TimeBound>| bound.map(|at| at.moment(&mut local_time, now));
        let (since, until) = (bound(options.since), bound(options.until));
        let mut decoder = Decoder::new(local_time.clone());
        if let Some(regex) = options.pattern {
            decoder.set_regex(regex);
        } else if options.dialect.as_deref() == Some(regex_parser::NAME) {
            return Err(Error::Usage("--dialect pattern: needs --pattern REGEX".to_owned()));
        }
        if let Some(name) = &options.dialect {
            decoder.restrict_to(name);
        }
        decoder.restrict_to_sources(options.only_sources);
        if let Some(name) = options.source {
            decoder.name_sources(name);
        }
        let users = match options.users {
            None => None,
            Some(path) => {
                let (file, secrets) = UsersFile::open(path)?;
                decoder.secrets = secrets;
                Some(file)
            }
        };
        let rejects = options.rejects.as_deref();
        let rejects =
            rejects.map(|path| Rejects::create(path, &options.files, reporter)).transpose()?;
        let mode = match (options.check, options.explain, format) {
            (true, ..) => OutputMode::Check,
            (false, true, OutputFormat::Json) => OutputMode::ExplainRows,
            (false, true, OutputFormat::Auto | OutputFormat::Text) => OutputMode::Explain,
            (false, false, format) if format.is_text() => OutputMode::Text,
            (false, false, _) => OutputMode::Rows,
        };
        let totals = LineTotals::default();
        let writer = EventWriter { decoder, rejects, mode, totals, newest: None, since, until };
        Ok(Self {
            deframer: Deframer::new(local_time),
            writer,
            run: String::new(),
            users,
            deadline: None,
            reported: Assumptions::default(),
            begins_with_row: false,
            advised: Vec::new(),
            reporter,
        })
    }

    /// Reports the counts in one line, and the advice for each source.
    fn report_counts(&mut self) {
        let LineTotals { read, cut, .. } = self.totals();
        let counts = self.writer.decoder.counts;
        let is_nothing_understood = counts.understood == 0 && counts.not_recognised > 0;
        let hint = match (is_nothing_understood, self.begins_with_row) {
            (false, _) => "",
            (true, true) => "; these are rows already: mtp-score and mtp-report read them",
            (true, false) => "; --explain shows why",
        };
        self.reporter.print(format_args!(
            "{read} lines read: {} understood, {} passed over, {} not recognised, {cut} cut{hint}",
            counts.understood, counts.passed_over, counts.not_recognised
        ));
        for source in self.writer.decoder.sources.iter().filter(|source| source.untrusted() > 0) {
            let name = self.writer.decoder.name_of(source).unwrap_or("the log");
            self.reporter.print(format_args!(
                "{}: {} lines may be text of clients and became no events",
                Escaped(name),
                source.untrusted()
            ));
        }
        for source in self.writer.decoder.sources.iter().filter(|source| source.doubtful > 0) {
            let name = self.writer.decoder.name_of(source).unwrap_or("the log");
            self.reporter.print(format_args!(
                "{}: {} events of it may be text of clients: it is not a proxy; --only-source reads \
                 the proxies alone",
                Escaped(name),
                source.doubtful
            ));
        }
        self.report_advice();
    }

    /// Reports once what a source does not log, and the setting that changes it.
    fn report_advice(&mut self) {
        if self.writer.mode == OutputMode::Check {
            return;
        }
        let decoder = &self.writer.decoder;
        for source in decoder.sources.iter() {
            let name = decoder.name_of(source).unwrap_or("the log");
            if self.advised.len() >= check::ADVICE_MAX || self.advised.iter().any(|of| of == name) {
                continue;
            }
            if let Some(advice) = source.advice() {
                self.reporter.print(format_args!("{name}: {advice}"));
                self.advised.push(name.to_owned());
            }
        }
    }

    /// What reads lines from here on, apart from this. `None` where it cannot be apart.
    pub(super) fn fork(&self) -> Option<LineParser> {
        let (deframer, writer) = (self.deframer.fork()?, self.writer.fork()?);
        self.users.is_none().then_some(LineParser { deframer, writer })
    }

    /// What later lines depend on: equal texts are equal states.
    pub(super) fn seam_state(&self) -> Option<String> {
        let (frames, lines) = (self.deframer.seam_state()?, self.writer.decoder.seam_state()?);
        Some(frames + &lines)
    }

    /// Goes on after a fork that began with the state of this, if nothing in its lines depends on
    /// the lines before: otherwise they are to be read again.
    pub(super) fn append(&mut self, part: LineParser) -> bool {
        let is_apart = part.writer.totals.by_arrival == 0
            && !part.writer.decoder.has_new_sources(&self.writer.decoder)
            && part.deframer.fork().is_some();
        if is_apart {
            self.deframer.append(part.deframer);
            self.writer.append(part.writer);
        }
        is_apart
    }

    /// Counts a line that was longer than is kept.
    pub(super) fn count_cut(&mut self) {
        self.writer.totals.cut += 1;
    }

    /// The status, once the input has ended: a failure if lines were read and none was recognised.
    pub(super) fn exit_status(&self) -> ExitStatus {
        let counts = self.writer.decoder.counts;
        let is_useless = counts.understood + counts.passed_over == 0 && counts.not_recognised > 0;
        let writes_events = matches!(self.writer.mode, OutputMode::Rows | OutputMode::Text);
        if is_useless && writes_events { ExitStatus::Failure } else { ExitStatus::Success }
    }

    /// Lines not recognised, or cut.
    pub(super) fn lost(&self) -> u64 {
        self.writer.decoder.counts.not_recognised + self.totals().cut
    }

    fn totals(&self) -> LineTotals {
        let LineTotals { cut, .. } = self.writer.totals;
        LineTotals { cut: cut + self.deframer.cut(), ..self.writer.totals }
    }

    /// Reports once what had to be assumed about times.
    fn report_assumptions(&mut self) {
        let frames = self.deframer.assumptions();
        let lines = self.writer.decoder.assumptions();
        if (frames.zone || lines.zone) && !self.reported.zone {
            self.reported.zone = true;
            self.reporter
                .print("times without a zone are read in this machine's; --tz sets theirs");
        }
        if (frames.year || lines.year) && !self.reported.year {
            self.reported.year = true;
            self.reporter
                .print("dates without a year are read as the newest such; --year sets theirs");
        }
    }

    fn write_meta(&self, ts: Option<Timestamp>, out: &mut Output) {
        match self.writer.mode {
            OutputMode::Rows => {
                let row = meta::row(ts, &self.run, self.totals(), &self.writer.decoder);
                row::write(&row, &mut out.buffer);
            }
            OutputMode::Check => check::write(&mut out.buffer, &self.writer.decoder),
            OutputMode::Text | OutputMode::Explain | OutputMode::ExplainRows => {}
        }
    }

    fn flush_rejects(&mut self) {
        self.report_assumptions();
        if let Some(rejects) = &mut self.writer.rejects {
            rejects.flush();
        }
    }
}

/// Parses lines of one place in a log: a fork of a [`ParseFilter`].
#[derive(Debug)]
pub(super) struct LineParser {
    deframer: Deframer,
    writer: EventWriter,
}

impl LineParser {
    /// Parses lines and writes their rows.
    pub(super) fn read(
        &mut self,
        lines: &[u8],
        arrival: Timestamp,
        rows: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let Self { deframer, writer } = self;
        let at = LineOrigin { input: "", line: 0, is_cut: false, arrival };
        let mut rest = lines;
        while let Some((line, after)) =
            memchr(b'\n', rest).and_then(|end| Some((rest.get(..end)?, rest.get(end + 1..)?)))
        {
            writer.totals.read += 1;
            deframer.read(line, arrival, &mut |frame| writer.write(&frame, line, at, rows))?;
            rest = after;
        }
        Ok(())
    }
}

impl Filter for ParseFilter {
    fn line(&mut self, line: &[u8], at: LineOrigin<'_>, out: &mut Output) -> Result<(), Error> {
        let Self { deframer, writer, users, reporter, run, begins_with_row, .. } = self;
        if writer.totals.read == 0 {
            *begins_with_row = line.starts_with(b"{\"type\":\"");
        }
        writer.totals.read += 1;
        if run.is_empty() {
            *run = meta::run_name(line);
        }
        writer.totals.cut += u64::from(at.is_cut);
        if let Some(secrets) = users.as_mut().and_then(|users| users.changed(*reporter)) {
            writer.decoder.secrets = secrets;
        }
        deframer
            .read(line, at.arrival, &mut |frame| writer.write(&frame, line, at, &mut out.buffer))
    }

    fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    fn tick(&mut self, out: &mut Output) -> Result<(), Error> {
        self.deadline = Some(Instant::now() + META_EVERY);
        self.report_advice();
        self.write_meta(Some(Timestamp::now()), out);
        Ok(())
    }

    fn report(&mut self, _out: &mut Output) -> Result<(), Error> {
        self.report_counts();
        Ok(())
    }

    fn idle(&mut self, _out: &mut Output) -> Result<(), Error> {
        self.deadline.get_or_insert_with(|| Instant::now() + META_EVERY);
        if let Some(users) = &mut self.users {
            users.idle();
        }
        self.flush_rejects();
        Ok(())
    }

    fn finish(&mut self, out: &mut Output) -> Result<(), Error> {
        let Self { deframer, writer, .. } = self;
        let arrival = Timestamp::now();
        let at = LineOrigin { input: "unfinished lines", line: 0, is_cut: false, arrival };
        deframer.finish(&mut |frame| writer.write(&frame, b"", at, &mut out.buffer))?;
        writer.finish(arrival, &mut out.buffer)?;
        self.write_meta(self.writer.newest, out);
        out.flush()?;
        self.report_assumptions();
        self.report_counts();
        self.writer.rejects.as_mut().map_or(Ok(()), Rejects::finish)
    }
}
