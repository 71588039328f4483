//! The stream of `mtp-report`: rows in, the book kept, text and files out.

use std::time::{Duration, Instant};

use super::book::Book;
use super::names::Names;
use super::progress::Progress;
use super::sink::{Sink, read_key};
use super::{HideNames, Options, page, prometheus, row, text};
use crate::error::{Error, ExitStatus};
use crate::io::output::Output;
use crate::io::reporter::Reporter;
use crate::timestamp::Timestamp;
use crate::tool::event_loop::{Filter, LineOrigin};
use crate::view::Look;
use crate::view::look::Lang;

/// Users with labels and pictures of their own, if nothing else is said.
pub(super) const TOP: usize = 50;
/// A page is for people, who do not look every five seconds.
const PAGE_EVERY_MIN: Duration = Duration::from_secs(10);

/// The stream.
pub(super) struct Stream {
    book: Book,
    names: Names,
    page: Option<Sink>,
    metrics: Option<Sink>,
    options: Options,
    look: Look,
    reporter: Reporter,
    progress: Progress,
    lines: u64,
    cut: u64,
    text: String,
}

/// The names as they are to be shown.
pub(super) fn names(hide: &HideNames) -> Result<Names, Error> {
    Ok(match hide {
        HideNames::No => Names::Plain,
        HideNames::Numbered => Names::Numbered(std::collections::HashMap::new()),
        HideNames::Keyed(path) => Names::Keyed(read_key(path)?),
    })
}

impl Stream {
    /// For these options.
    pub(super) fn new(mut options: Options, look: Look, reporter: Reporter) -> Result<Self, Error> {
        options.text |= options.html.is_none() && options.prometheus.is_none();
        let page_every = options.every.max(PAGE_EVERY_MIN);
        Ok(Self {
            book: Book::default(),
            names: names(&options.names)?,
            page: options.html.clone().map(|path| Sink::new(path, page_every)),
            metrics: options.prometheus.clone().map(|path| Sink::new(path, options.every)),
            progress: Progress::of(&options.files),
            options,
            look,
            reporter,
            lines: 0,
            cut: 0,
            text: String::new(),
        })
    }

    /// How it ended, once it has.
    pub(super) fn exit_status(&self) -> ExitStatus {
        let failed = [&self.page, &self.metrics].into_iter().flatten().any(Sink::has_failed);
        let lost = self.options.strict && (self.book.counts.foreign > 0 || self.cut > 0);
        if failed || lost { ExitStatus::Failure } else { ExitStatus::Success }
    }

    /// Makes the files: those that are due, or all that are stale.
    fn files(&mut self, all: bool) {
        let top = self.options.top.unwrap_or(TOP);
        let (book, names) = (&self.book, &mut self.names);
        if let Some(sink) = self.page.as_mut().filter(|sink| all || sink.is_due()) {
            let lang = self.options.lang.unwrap_or_else(Lang::of_locale);
            let look = page::Setting {
                lang,
                zone: self.look.zone.clone(),
                title: self.options.title.clone(),
                made: Timestamp::now(),
                top,
                warn: self.options.warn,
            };
            sink.write(self.reporter, || page::page(book, names, &look).into_bytes());
        }
        if let Some(sink) = self.metrics.as_mut().filter(|sink| all || sink.is_due()) {
            sink.write(self.reporter, || prometheus::metrics(book, top, names).into_bytes());
        }
    }

    /// Text as it stands at the end, or where it was asked for.
    fn analysis(&mut self, out: &mut Output) {
        if self.options.text {
            let (top, text) = (self.options.top, &mut self.text);
            text::analysis(&self.book, top, &mut self.names, &self.look, text);
            out.buffer.extend_from_slice(text.as_bytes());
            text.clear();
        }
    }

    fn tell(&mut self) {
        let counts = &self.book.counts;
        let events: u64 = counts.events.iter().sum();
        let others = counts.other + counts.metas;
        self.reporter.print(format!(
            "{} lines read: {events} events, {} summaries, {} alerts, {} samples, \
             {others} others passed over, {} not recognised, {} cut",
            self.lines, counts.summaries, counts.alerts, counts.samples, counts.foreign, self.cut
        ));
    }
}

impl Filter for Stream {
    fn line(&mut self, line: &[u8], _at: LineOrigin<'_>, out: &mut Output) -> Result<(), Error> {
        self.lines += 1;
        self.progress.line(line);
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        let row = row::read(line);
        self.names.learn(&row);
        self.book.take(&row, line);
        if self.options.text {
            text::row(&row, self.options.warn, &mut self.names, &self.look, &mut self.text);
            out.buffer.extend_from_slice(self.text.as_bytes());
            self.text.clear();
        }
        [&mut self.page, &mut self.metrics].into_iter().flatten().for_each(Sink::touch);
        Ok(())
    }

    fn deadline(&self) -> Option<Instant> {
        [&self.page, &self.metrics].into_iter().flatten().filter_map(Sink::deadline).min()
    }

    fn tick(&mut self, _out: &mut Output) -> Result<(), Error> {
        self.files(false);
        Ok(())
    }

    fn report(&mut self, out: &mut Output) -> Result<(), Error> {
        self.progress.clear();
        self.analysis(out);
        self.files(true);
        self.tell();
        out.flush()
    }

    fn idle(&mut self, _out: &mut Output) -> Result<(), Error> {
        self.files(false);
        Ok(())
    }

    fn source_ended(&mut self, cut: u64) {
        self.cut += cut;
    }

    fn finish(&mut self, out: &mut Output) -> Result<(), Error> {
        self.progress.clear();
        self.analysis(out);
        self.files(true);
        out.flush()?;
        self.tell();
        if self.book.counts.is_empty() {
            self.reporter
                .print("nothing to report: no row of mtp-parse, mtp-score or mtp-conns was read");
        }
        Ok(())
    }
}
