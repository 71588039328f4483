//! The filter of `mtp-report`: rows into the model, text and files out.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::history::{self, HistoryFile};
use super::progress::Progress;
use super::{HideNames, ReportOptions};
use crate::error::{Error, ExitStatus};
use crate::io::atomic_write::NewFile;
use crate::io::output::{Output, OutputFormat};
use crate::io::reporter::Reporter;
use crate::report::page::{self, PageOptions};
use crate::report::text::{self, TextOptions};
use crate::report::throttled_file::{self, Content, ThrottledFile};
use crate::report::{Anonymizer, ReportModel, TOP, metrics};
use crate::stream::{Kind, PeriodRow, Row, Verdict, row};
use crate::timestamp::Timestamp;
use crate::tool::event_loop::{Filter, LineOrigin};
use crate::tool::status_line::StatusLine;
use crate::view::{Lang, TextStyle, calendar};

/// A page is for people, who do not look every five seconds.
const PAGE_EVERY_MIN: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub struct ReportFilter {
    model: ReportModel,
    names: Anonymizer,
    page: Option<ThrottledFile>,
    metrics: Option<ThrottledFile>,
    history: Option<HistoryFile>,
    options: ReportOptions,
    text_options: TextOptions,
    style: TextStyle,
    format: OutputFormat,
    reporter: Reporter,
    progress: Progress,
    status: StatusLine,
    lines: u64,
    cut: u64,
    text: String,
}

/// How names are shown.
pub(super) fn anonymizer(hide: &HideNames) -> Result<Anonymizer, Error> {
    Ok(match hide {
        HideNames::No => Anonymizer::Off,
        HideNames::Numbered => Anonymizer::Numbered(HashMap::new()),
        HideNames::Keyed(path) => Anonymizer::Keyed(throttled_file::read_key(path)?),
    })
}

impl ReportFilter {
    pub fn new(
        mut options: ReportOptions,
        format: OutputFormat,
        style: TextStyle,
        reporter: Reporter,
    ) -> Result<Self, Error> {
        let is_only_kept = options.history.is_some() && options.by.is_none();
        let has_files = options.html.is_some() || options.prometheus.is_some();
        options.text |= !has_files && !is_only_kept;
        let page_every = options.every.max(PAGE_EVERY_MIN);
        let file = |path: &Option<PathBuf>, content, every| {
            let Some(path) = path else { return Ok(None) };
            throttled_file::check(path, content, &options.files, options.is_forced)?;
            Ok::<_, Error>(Some(ThrottledFile::new(path.clone(), NewFile::Shared, every)))
        };
        let page = file(&options.html, Content::Page, page_every)?;
        let metrics = file(&options.prometheus, Content::Metrics, options.every)?;
        let progress = Progress::of(&options.files);
        let text_options =
            TextOptions { top: options.top, warn: options.warn, is_long: options.is_long };
        let (calendar, history) = history::open(&options, style.zone.clone(), reporter)?;
        Ok(Self {
            model: ReportModel { calendar, ..ReportModel::default() },
            names: anonymizer(&options.names)?,
            page,
            metrics,
            history,
            options,
            text_options,
            style,
            format,
            reporter,
            progress,
            status: StatusLine::new("mtp-report"),
            lines: 0,
            cut: 0,
            text: String::new(),
        })
    }

    /// The status, once the input has ended.
    pub(super) fn exit_status(&self) -> ExitStatus {
        let failed = self.files().any(ThrottledFile::has_failed);
        let lost = self.options.strict && (self.model.counts.foreign > 0 || self.cut > 0);
        if failed || lost || self.is_useless() { ExitStatus::Failure } else { ExitStatus::Success }
    }

    /// Writes what the history has.
    pub(super) fn finish_without_input(&mut self, out: &mut Output) -> Result<(), Error> {
        if self.options.by.is_some() {
            self.write_analysis(out);
            self.write_files(true);
        }
        out.flush()
    }

    /// Whether lines were read and none of them was a row.
    fn is_useless(&self) -> bool {
        self.model.counts.foreign > 0 && self.model.counts.is_empty()
    }

    fn files(&self) -> impl Iterator<Item = &ThrottledFile> {
        let history = self.history.as_ref().map(|history| &history.file);
        [self.page.as_ref(), self.metrics.as_ref(), history].into_iter().flatten()
    }

    /// Writes the files: those that are due, or all that are stale.
    fn write_files(&mut self, all: bool) {
        let top = self.options.top.unwrap_or(TOP);
        if let Some(history) = self.history.as_mut().filter(|of| all || of.file.is_due())
            && let Some(calendar) = &mut self.model.calendar
        {
            history.save(calendar, self.reporter);
        }
        let (model, names) = (&self.model, &mut self.names);
        if let Some(file) = self.page.as_mut().filter(|file| all || file.is_due()) {
            let options = PageOptions {
                lang: self.options.lang.unwrap_or_else(Lang::of_locale),
                zone: self.style.zone.clone(),
                title: self.options.title.clone(),
                made: Timestamp::now(),
                top,
                warn: self.options.warn,
                calendar: self.options.by.map(|by| (by, self.options.which.clone())),
            };
            file.write(self.reporter, || page::page(model, names, &options).into_bytes());
        }
        if let Some(file) = self.metrics.as_mut().filter(|file| all || file.is_due()) {
            file.write(self.reporter, || metrics::metrics(model, top, names).into_bytes());
        }
    }

    fn write_analysis(&mut self, out: &mut Output) {
        if let Some((by, calendar)) = self.options.by.zip(self.model.calendar.as_ref()) {
            let rows = calendar.history.rows(by, &self.options.which);
            self.write_calendar(rows, out);
        } else if self.options.text {
            let text = &mut self.text;
            text::analysis(&self.model, &self.text_options, &mut self.names, &self.style, text);
            out.buffer.extend_from_slice(text.as_bytes());
            text.clear();
        }
    }

    /// Writes the calendar as text or rows.
    fn write_calendar(&mut self, mut rows: Vec<PeriodRow<'_>>, out: &mut Output) {
        for row in &mut rows {
            if let Some(user) = &mut row.user {
                *user = self.names.user(user).into_owned().into();
            }
        }
        if self.format == OutputFormat::Json {
            for period in &rows {
                row::write(period, &mut out.buffer);
            }
        } else if self.options.text {
            let mut text = String::new();
            calendar::table(&rows, &self.style, &mut text);
            out.buffer.extend_from_slice(text.as_bytes());
        }
    }

    /// Writes what was written, where the status line is not in its way.
    fn flush(&mut self, out: &mut Output) -> Result<(), Error> {
        if !out.buffer.is_empty() {
            self.status.clear();
        }
        out.flush()
    }

    fn print_calendar_counts(&self) {
        let Some(calendar) = &self.model.calendar else { return };
        let dropped = calendar.dropped();
        let counts = [
            (calendar.skipped, "rows that the history has"),
            (calendar.without_time, "rows without a time"),
            (dropped.user_rows, "rows of users beyond 100000"),
            (dropped.addresses, "connections from addresses beyond 4000000"),
        ];
        let parts = counts.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<_> = parts.map(|(count, what)| format!("{count} {what}")).collect();
        if !parts.is_empty() {
            self.reporter.print(format!("not counted in the calendar: {}", parts.join(", ")));
        }
    }

    fn print_counts(&self) {
        self.print_calendar_counts();
        let counts = &self.model.counts;
        let events: u64 = counts.events.iter().sum();
        let others = counts.other + counts.metas;
        self.reporter.print(format!(
            "{} lines read: {events} events, {} summaries, {} alerts, {} samples, \
             {others} others ignored, {} not recognised, {} cut",
            self.lines, counts.summaries, counts.alerts, counts.samples, counts.foreign, self.cut
        ));
        if self.is_useless() {
            let what = "these are not rows: pipe raw logs through mtp-parse | mtp-score first";
            self.reporter.print(what);
        } else if counts.is_empty() {
            let what = "nothing to report: no row of mtp-parse, mtp-score or mtp-conns was read";
            self.reporter.print(what);
        }
    }
}

/// The counts of the status line.
fn status_counts(model: &ReportModel) -> String {
    let count = |verdict| model.users.values().filter(|user| user.verdict == verdict).count();
    let verdicts = Verdict::ALL.map(|verdict| format!("{} {}", count(verdict), verdict.name()));
    let (connections, users) = (model.counts.of(Kind::Connect), model.users.len());
    format!("{connections} connections, {users} users: {}", verdicts.join(", "))
}

impl Filter for ReportFilter {
    fn line(&mut self, line: &[u8], at: LineOrigin<'_>, out: &mut Output) -> Result<(), Error> {
        self.lines += 1;
        self.status.line();
        self.progress.line(line);
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        let row = Row::read(line);
        self.names.learn(&row);
        self.model.ingest(&row);
        if self.options.text && self.options.by.is_none() {
            let (options, names, text) = (&self.text_options, &mut self.names, &mut self.text);
            text::row(&row, options, names, &self.style, at.arrival, text);
            out.buffer.extend_from_slice(self.text.as_bytes());
            self.text.clear();
        }
        let history = self.history.as_mut().map(|history| &mut history.file);
        let files = [self.page.as_mut(), self.metrics.as_mut(), history].into_iter().flatten();
        files.for_each(ThrottledFile::touch);
        Ok(())
    }

    fn deadline(&self) -> Option<Instant> {
        let files = self.files().filter_map(ThrottledFile::deadline);
        let status = self.status.deadline().filter(|_| !self.progress.is_archive());
        files.chain(status).min()
    }

    fn tick(&mut self, out: &mut Output) -> Result<(), Error> {
        self.write_files(false);
        self.flush(out)?;
        let Self { status, model, progress, .. } = self;
        if !progress.is_archive() {
            let newest = model.ends.map(|(_, last)| last);
            status.draw(newest, || status_counts(model));
        }
        Ok(())
    }

    fn report(&mut self, out: &mut Output) -> Result<(), Error> {
        self.progress.clear();
        self.status.clear();
        self.write_analysis(out);
        self.write_files(true);
        self.print_counts();
        out.flush()
    }

    fn idle(&mut self, out: &mut Output) -> Result<(), Error> {
        self.write_files(false);
        self.flush(out)
    }

    fn source_ended(&mut self, cut: u64) {
        self.cut += cut;
    }

    fn finish(&mut self, out: &mut Output) -> Result<(), Error> {
        self.progress.clear();
        self.status.end();
        self.write_analysis(out);
        self.write_files(true);
        out.flush()?;
        self.print_counts();
        Ok(())
    }
}
