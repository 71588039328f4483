//! The stream of `mtp-score`: rows in, the book kept, rows out.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use super::face::Face;
use super::{Only, Options};
use crate::error::Error;
use crate::io::escape::Escaped;
use crate::io::output::Output;
use crate::io::output::OutputFormat;
use crate::io::reporter::Reporter;
use crate::score::book::Turn;
use crate::score::book::judge;
use crate::score::row::{self, Telling};
use crate::score::{Connection, ScoreState, state};
use crate::sharing::Verdict;
use crate::stream::Kind;
use crate::stream::event::Record;
use crate::timestamp::Timestamp;
use crate::tool::event_loop::{Filter, LineOrigin};

/// The stream.
pub(super) struct Stream {
    options: Options,
    reporter: Reporter,
    book: ScoreState,
    tell: Telling,
    face: Face,
    /// Rows on their way to the face.
    rows: Vec<u8>,
    /// The next moment of event time at which summaries are due.
    next_summaries: i64,
    /// When they are due by the clock, if the stream is quiet.
    quiet_at: Option<Instant>,
    save_at: Instant,
}

impl Stream {
    pub(super) fn new(
        options: Options,
        format: OutputFormat,
        reporter: Reporter,
    ) -> Result<Self, Error> {
        let saved = options.state.as_deref().map(state::load).transpose()?.flatten();
        let mut book = saved.unwrap_or_else(|| ScoreState::new(options.span));
        book.resume(options.span);
        let tell = Telling {
            rule: options.rule,
            span: options.span,
            ips_max: options.ips_max,
            is_full: options.is_full,
            is_unsure: book.is_unsure(),
        };
        let next_summaries = book.order.newest().map_or(i64::MIN, |now| next(now, &options));
        let save_at = Instant::now() + options.save_every;
        let face = Face::of(format, options.marks);
        let rows = Vec::new();
        Ok(Self {
            options,
            reporter,
            book,
            tell,
            face,
            rows,
            next_summaries,
            quiet_at: None,
            save_at,
        })
    }

    fn connect(&mut self, record: &Record<'_>, out: &mut Output) -> Result<(), Error> {
        let Some(user) = record.user.as_deref() else {
            self.book.tally.no_user += 1;
            return Ok(());
        };
        let Some(ip) = record.address() else {
            self.book.tally.no_address += 1;
            self.book.name_only(user, record.stamp().map(|stamp| stamp.0));
            return Ok(());
        };
        let Some(ts) = record.stamp().map(|stamp| stamp.0) else {
            self.book.tally.no_time += 1;
            return Ok(());
        };
        let source = record.source.as_deref().unwrap_or_default();
        if self.options.every_ms.is_some() {
            self.summaries_due(ts, out)?;
        }
        let id = record.id.as_deref();
        let connection = Connection { ts, user, ip, port: record.port, id, source };
        let change = self.book.connect(&connection, &self.options.rule);
        if let (true, Some(change)) = (self.options.alert_on_risk, change)
            && let Some(user) = self.book.users.get_mut(change.user)
        {
            self.rows.clear();
            row::risk_alert(&mut self.rows, user, change, &self.tell);
            self.face.alert(&self.rows, &mut out.buffer);
        }
        while let Some(turn) = self.book.settle(&self.options.limits) {
            self.alert(turn, out);
        }
        Ok(())
    }

    /// Tells that the verdict on a user has changed.
    fn alert(&mut self, turn: Turn, out: &mut Output) {
        if self.options.explain.is_some() {
            return;
        }
        if let Some(user) = self.book.users.get_mut(turn.user) {
            self.rows.clear();
            row::alert(&mut self.rows, user, turn, &self.tell, &self.options.limits);
            self.face.alert(&self.rows, &mut out.buffer);
        }
    }

    /// Writes the summaries of changed users if this moment is past the next that is due.
    fn summaries_due(&mut self, ts: i64, out: &mut Output) -> Result<(), Error> {
        if ts >= self.next_summaries {
            if let Some(now) = self.book.order.newest() {
                self.summaries(now, Which::Changed, out)?;
            }
            self.next_summaries = next(ts, &self.options);
        }
        let every = self.options.every_ms.and_then(|ms| u64::try_from(ms).ok());
        self.quiet_at = every.map(|ms| Instant::now() + Duration::from_millis(ms));
        Ok(())
    }

    /// Writes summaries, the most suspicious first.
    fn summaries(&mut self, now: i64, which: Which, out: &mut Output) -> Result<(), Error> {
        let rule = &self.options.rule;
        let mut told = Vec::new();
        for user in self.book.users.all_mut() {
            if which == Which::Changed && !std::mem::take(&mut user.is_changed) {
                continue;
            }
            let (points, risk) = judge(user, now, &self.tell.span, rule);
            let verdict = user.people.verdict();
            let is_wanted = match self.options.only {
                Only::All => true,
                Only::High => risk == crate::score::Risk::High,
                Only::Watch => verdict >= Verdict::Watch,
                Only::Sharing => verdict == Verdict::Sharing,
            };
            if is_wanted {
                told.push((Reverse((verdict, points.score)), user));
            }
        }
        told.sort_unstable_by(|a, b| (a.0, &a.1.name).cmp(&(b.0, &b.1.name)));
        told.truncate(self.options.top.unwrap_or(usize::MAX));
        self.rows.clear();
        for (_, user) in told {
            row::summary(&mut self.rows, user, now, &self.tell, &self.options.limits);
            // A million summaries are not gathered; text has a head and a foot around all of them.
            if matches!(self.face, Face::Rows) {
                out.buffer.append(&mut self.rows);
                out.after_row()?;
            }
        }
        self.face.summaries(Timestamp(now), &self.rows, &mut out.buffer);
        Ok(())
    }

    fn save(&mut self) -> Result<(), Error> {
        self.save_at = Instant::now() + self.options.save_every;
        self.options.state.as_deref().map_or(Ok(()), |path| state::save(path, &self.book))
    }

    fn conclude(&mut self, out: &mut Output) -> Result<(), Error> {
        if let Some(name) = self.options.explain.clone() {
            self.explain(&name, out)?;
            self.advise();
            return Ok(());
        }
        if let Some(now) = self.book.order.newest() {
            self.summaries(now, Which::All, out)?;
        }
        self.rows.clear();
        row::meta(&mut self.rows, &self.book);
        self.face.meta(&self.rows, &mut out.buffer);
        self.say();
        Ok(())
    }

    /// Writes the story of the user that was asked for.
    fn explain(&mut self, name: &str, out: &mut Output) -> Result<(), Error> {
        let now = self.book.order.newest();
        let user = self.book.users.all_mut().iter_mut().find(|user| *user.name == *name);
        let Some((user, now)) = user.zip(now) else {
            let why = format!("no connection of a user '{}' was seen", Escaped(name));
            return Err(Error::refused("--explain", why));
        };
        self.rows.clear();
        let tell = Telling { is_full: true, ..self.tell };
        row::summary(&mut self.rows, user, now, &tell, &self.options.limits);
        self.face.story(&self.rows, &mut out.buffer);
        Ok(())
    }

    /// What was taken, and what was not, in one line.
    fn say(&self) {
        let tally = self.book.tally;
        let mut said =
            format!("{} connections of {} users", tally.connections, self.book.users.len());
        let lost = [
            (tally.late, "came too late (see --late)"),
            (tally.again, "had been seen before"),
            (tally.no_address, "had no address"),
            (tally.no_user, "had no user"),
            (tally.no_time, "had no time"),
            (tally.not_understood, "lines were no rows"),
        ];
        for (count, what) in lost.into_iter().filter(|(count, _)| *count > 0) {
            said.push_str(&format!("; {count} {what}"));
        }
        self.reporter.print(said);
        self.advise();
    }

    fn advise(&self) {
        if let Some(advice) = self.book.advice() {
            self.reporter.print(advice);
        }
    }
}

/// Whose summaries.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    All,
    Changed,
}

/// The next multiple of `--every` after this moment.
fn next(ts: i64, options: &Options) -> i64 {
    options.every_ms.map_or(i64::MAX, |every| (ts.div_euclid(every) + 1).saturating_mul(every))
}

impl Filter for Stream {
    fn line(&mut self, line: &[u8], _at: LineOrigin<'_>, out: &mut Output) -> Result<(), Error> {
        let Some(record) = Record::read(line) else {
            self.book.tally.not_understood += u64::from(!line.trim_ascii().is_empty());
            return Ok(());
        };
        match (Kind::read(&record.kind), &*record.kind) {
            (Some(Kind::Connect), _) => self.connect(&record, out)?,
            (Some(Kind::Seen), _) => self.book.tally.no_user += 1,
            (Some(Kind::Usage), _) => {
                if let Some(user) = record.user.as_deref() {
                    self.book.tally.usage += 1;
                    self.book.name_only(user, record.stamp().map(|stamp| stamp.0));
                }
            }
            (None, "meta") if record.tool.as_deref() == Some("mtp-parse") => {
                let tally = &mut self.book.tally;
                tally.not_recognised.hear(record.not_recognised.unwrap_or(0));
                tally.understood.hear(record.understood.unwrap_or(0));
                self.tell.is_unsure = self.book.is_unsure();
            }
            _ => {}
        }
        Ok(())
    }

    fn deadline(&self) -> Option<Instant> {
        let save = self.options.state.as_ref().map(|_| self.save_at);
        [save, self.quiet_at].into_iter().flatten().min()
    }

    fn tick(&mut self, out: &mut Output) -> Result<(), Error> {
        let now = Instant::now();
        if self.quiet_at.is_some_and(|at| at <= now) {
            self.quiet_at = None;
            if let Some(newest) = self.book.order.newest() {
                self.summaries(newest, Which::Changed, out)?;
            }
        }
        if self.save_at <= now {
            out.flush()?;
            self.save()?;
        }
        Ok(())
    }

    fn report(&mut self, out: &mut Output) -> Result<(), Error> {
        self.conclude(out)
    }

    fn finish(&mut self, out: &mut Output) -> Result<(), Error> {
        // With a state the stream only pauses: what is held may yet be overtaken, and is judged for
        // good when it goes on. The summaries are those of a stream that ends here all the same.
        let only_pauses = self.options.state.is_some();
        if only_pauses {
            out.flush()?;
            self.save()?;
        }
        while let Some(turn) = self.book.close(&self.options.limits) {
            if !only_pauses {
                self.alert(turn, out);
            }
        }
        self.conclude(out)?;
        out.flush()
    }
}
