//! The filter of `mtp-score`: rows in, the state updated, rows out.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use super::merge::rank;
use super::renderer::ScoreRenderer;
use super::same_time::SameTime;
use super::{AtEnd, Only, ScoreOptions, read_table};
use crate::error::{Error, ExitStatus};
use crate::io::escape::Escaped;
use crate::io::output::{Output, OutputFormat};
use crate::io::reporter::Reporter;
use crate::io::state_lock::StateLock;
use crate::score::all_users;
use crate::score::assessment::{self, RowConfig, RowContext};
use crate::score::retention::next_day;
use crate::score::state::{ScoreMode, VerdictChange, score};
use crate::score::users::UserStates;
use crate::score::{AllUsers, ConnectEvent, Policy, ScoreState, state_file};
use crate::sharing::Detail;
use crate::stream::{Clock, Event, Kind, Meta, Risk, Row, Verdict, row};
use crate::timestamp::Timestamp;
use crate::tool::event_loop::{Filter, LineOrigin};
use crate::tool::status_line::StatusLine;
use crate::view::Lang;

#[derive(Debug)]
pub struct ScoreFilter {
    options: ScoreOptions,
    reporter: Reporter,
    state: ScoreState,
    rows: RowConfig,
    renderer: ScoreRenderer,
    /// Event time at which the next summaries are due.
    next_summaries: i64,
    /// When they are due by the clock if the stream is quiet.
    quiet_at: Option<Instant>,
    save_at: Instant,
    /// Event time at which users that were not seen for long are erased again.
    next_erasure: i64,
    /// When buffered connections are processed by the clock if the stream is quiet.
    release_at: Option<Instant>,
    /// The same for those that a slower clock holds back.
    release_held_at: Option<Instant>,
    /// Whether the state is saved and the next run writes the alerts.
    is_paused: bool,
    /// Whether a clock row ended the stream.
    is_ended: bool,
    alerts: SameTime,
    /// Held while the state is in use.
    _lock: Option<StateLock>,
    rows_read: u64,
    events_read: u64,
    /// Whether rows of mtp-score were read.
    is_of_scores: bool,
    status: StatusLine,
    /// When the line was read, in milliseconds.
    arrival: i64,
}

/// The users of whom summaries are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    All,
    Changed,
}

impl ScoreFilter {
    pub fn new(
        options: ScoreOptions,
        mode: ScoreMode,
        format: OutputFormat,
        reporter: Reporter,
    ) -> Result<Self, Error> {
        let lock = options.state.as_deref().map(StateLock::acquire).transpose()?;
        let saved = options.state.as_deref().map(state_file::load).transpose()?.flatten();
        let mut state = saved.unwrap_or_else(|| ScoreState::new(options.window));
        state.resume(options.window);
        state.mode = mode;
        state.buffer.expected = options.clock_sources;
        if let Some(path) = &options.table {
            state.all_users = Some(AllUsers::new(read_table(path)?, &options.policy));
        }
        let rows = RowConfig {
            rule: options.rule,
            window: options.window,
            ips_max: options.ips_max,
            detail: options.detail,
            is_incomplete: state.is_incomplete(),
        };
        let newest = state.newest();
        let next_summaries = newest.map_or(i64::MIN, |now| next_summaries(now, &options));
        let save_at = Instant::now() + options.save_every;
        let lang = options.lang.unwrap_or_else(Lang::of_locale);
        let renderer = ScoreRenderer::new(format, options.icons, lang, options.is_long);
        Ok(Self {
            options,
            reporter,
            state,
            rows,
            renderer,
            next_summaries,
            quiet_at: None,
            save_at,
            next_erasure: i64::MIN,
            release_at: None,
            release_held_at: None,
            is_paused: false,
            is_ended: false,
            alerts: SameTime::default(),
            _lock: lock,
            rows_read: 0,
            events_read: 0,
            is_of_scores: false,
            status: StatusLine::new("mtp-score"),
            arrival: 0,
        })
    }

    /// The state, for tests.
    #[doc(hidden)]
    pub fn state(&self) -> &ScoreState {
        &self.state
    }

    fn event(&mut self, event: &Event<'_>, out: &mut Output) -> Result<(), Error> {
        match event.kind {
            Kind::Connect => self.connect(event, out)?,
            Kind::Seen => self.state.counters.no_user += 1,
            Kind::Usage => {
                if let Some(user) = event.user.as_deref() {
                    self.state.counters.usage += 1;
                    self.state.add_user(user, event.ts.map(|ts| ts.0));
                    if let Some(usage) = event.usage {
                        let source = event.source.as_deref().unwrap_or_default();
                        self.renderer.usage(user, usage, source);
                    }
                }
            }
            Kind::Disconnect => self.disconnect(event),
            Kind::Reject | Kind::Start | Kind::Reload | Kind::Note => {}
        }
        Ok(())
    }

    fn connect(&mut self, event: &Event<'_>, out: &mut Output) -> Result<(), Error> {
        let Some(user) = event.user.as_deref() else {
            self.state.counters.no_user += 1;
            return Ok(());
        };
        let ts = event.ts.map(|ts| ts.0);
        let Some(ip) = event.ip else {
            self.state.counters.no_address += 1;
            self.state.add_user(user, ts);
            return Ok(());
        };
        let Some(ts) = ts else {
            self.state.counters.no_time += 1;
            return Ok(());
        };
        let source = event.source.as_deref().unwrap_or_default();
        let id = event.id.as_deref();
        let open_ms = i64::try_from(event.lasted_ms.unwrap_or(0)).unwrap_or(i64::MAX);
        let (port, format) = (event.port, &*event.proxy);
        let connection = ConnectEvent { ts, open_ms, user, ip, port, id, source, format };
        if self.state.mode != ScoreMode::Whole {
            return self.ingest(&connection, out);
        }
        if self.state.gate.is_wrong(connection.written(), self.arrival) {
            self.state.buffer.restart();
        }
        if self.state.gate.admit(&connection, self.arrival) {
            self.ingest(&connection, out)?;
        }
        while let Some(plausible) = self.state.gate.take_plausible() {
            self.ingest(&plausible.event(), out)?;
        }
        Ok(())
    }

    /// Ingests a connection with a plausible time.
    fn ingest(&mut self, connection: &ConnectEvent<'_>, out: &mut Output) -> Result<(), Error> {
        self.erase_old(connection.ts);
        if self.options.every_ms.is_some() {
            self.write_due_summaries(connection.written(), out)?;
        }
        let change = self.state.ingest(connection, &self.options.rule, &self.options.policy);
        if let Some((source, behind)) = self.state.buffer.take_behind() {
            let (source, minutes) = (Escaped(source), behind / 60_000);
            self.reporter.print(format_args!(
                "source '{source}': its times are {minutes} min behind those of others"
            ));
        }
        if let (true, Some(change)) = (self.options.alert_on_risk && !self.is_paused, change)
            && let Some(user) = self.state.users.get_mut(change.user)
        {
            let alert = assessment::risk_alert(user, change, &self.rows);
            self.renderer.alert(&alert, &mut out.buffer);
        }
        self.drain_due(out);
        Ok(())
    }

    /// Erases users that were not seen for long, once in a day of the events. One that is seen
    /// again starts anew, whichever other users a run has.
    fn erase_old(&mut self, ts: i64) {
        if let Some(retain_ms) = self.options.retain_ms
            && ts >= self.next_erasure
        {
            self.next_erasure = next_day(ts);
            self.state.retain(ts, retain_ms.max(self.options.window.late_ms));
        }
    }

    /// Moves the time of the stream.
    fn clock(&mut self, clock: &Clock<'_>, out: &mut Output) {
        let buffer = &mut self.state.buffer;
        match clock.ts {
            _ if self.state.mode != ScoreMode::Clocked => return,
            _ if clock.end && clock.source.is_empty() => self.is_ended = true,
            _ if clock.end => buffer.end_source(&clock.source),
            Some(ts) => {
                buffer.advance(&clock.source, ts.0);
                self.erase_old(ts.0);
            }
            None => {}
        }
        self.drain_due(out);
    }

    /// Processes the connections that are due.
    fn drain_due(&mut self, out: &mut Output) {
        while let Some(change) = self.state.drain_due(&self.options.policy) {
            self.write_alert(change, out);
        }
        self.alerts.flush(out);
    }

    /// The status, once the input has ended: a failure if lines were read and none was a row.
    pub(super) fn exit_status(&self) -> ExitStatus {
        if self.is_useless() { ExitStatus::Failure } else { ExitStatus::Success }
    }

    fn is_useless(&self) -> bool {
        self.state.counters.not_understood > 0 && self.rows_read == 0
    }

    /// Writes an input row too, where `--events` asks for it.
    fn pass_on(&mut self, line: &[u8], out: &mut Output) -> Result<(), Error> {
        self.rows_read += 1;
        if self.options.has_events && !self.renderer.is_text() {
            out.buffer.extend_from_slice(line);
            out.buffer.push(b'\n');
            out.after_row()?;
        }
        Ok(())
    }

    fn disconnect(&mut self, event: &Event<'_>) {
        let (Some(user), Some(ip), Some(ts), Some(lasted_ms)) =
            (event.user.as_deref(), event.ip, event.ts, event.lasted_ms)
        else {
            return;
        };
        let (source, id) = (event.source.as_deref().unwrap_or_default(), event.id.as_deref());
        let (port, format) = (event.port, &*event.proxy);
        let (ts, open_ms) = (ts.0, 0);
        let connection = ConnectEvent { ts, open_ms, user, ip, port, id, source, format };
        self.state.ingest_end(&connection, i64::try_from(lasted_ms).unwrap_or(i64::MAX));
    }

    fn write_alert(&mut self, change: VerdictChange, out: &mut Output) {
        if self.options.explain.is_some() || self.is_paused {
            return;
        }
        let (context, users) = context(&self.rows, &self.options.policy, &mut self.state);
        if let Some(user) = users.get_mut(change.user)
            && let Some(alert) = assessment::verdict_alert(user, change, &context)
        {
            self.alerts.begin(change.at, out);
            let mut row = Vec::new();
            self.renderer.alert(&alert, &mut row);
            self.alerts.rows.push((alert.user.into_owned(), row));
        }
    }

    /// Writes the summaries of changed users if they are due at this event time.
    fn write_due_summaries(&mut self, ts: i64, out: &mut Output) -> Result<(), Error> {
        if ts >= self.next_summaries {
            if let Some(now) = self.state.newest() {
                self.write_summaries(now, Which::Changed, out)?;
            }
            self.next_summaries = next_summaries(ts, &self.options);
        }
        let every = self.options.every_ms.and_then(|ms| u64::try_from(ms).ok());
        self.quiet_at = every.map(|ms| Instant::now() + Duration::from_millis(ms));
        Ok(())
    }

    /// Writes summaries, the most suspicious users first.
    fn write_summaries(&mut self, now: i64, which: Which, out: &mut Output) -> Result<(), Error> {
        let Self { options, state, rows, renderer, .. } = self;
        let (context, users) = context(rows, &options.policy, state);
        renderer.begin_summaries(Timestamp(now));
        // One for each user, in memory that is reserved once: of a million users it is the peak.
        let mut selected = match which {
            Which::All => Vec::with_capacity(users.len()),
            Which::Changed => Vec::new(),
        };
        for (number, user) in (0_u32..).zip(users.all_mut()) {
            if which == Which::Changed && !std::mem::take(&mut user.is_changed) {
                continue;
            }
            let (_, score, risk) = score(user, now, &rows.window, &rows.rule);
            let verdict = options.policy.settled(&user.name, user.verdict.verdict(), user.last);
            let is_selected = match options.only {
                Only::All => true,
                Only::High => risk == Risk::High,
                Only::Watch => verdict >= Verdict::Watch,
                Only::Sharing => verdict == Verdict::Sharing,
            };
            if is_selected {
                let people = assessment::suspected_people(user, &options.policy);
                selected.push((Reverse(rank(verdict, people, score)), number));
            } else if renderer.is_text() {
                renderer.count(&assessment::summary(user, now, &context));
            }
        }
        let name = |number: u32| users.get(number).map(|user| &user.name);
        selected.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| name(a.1).cmp(&name(b.1))));
        let top = options.top.unwrap_or(usize::MAX);
        for (place, (_, number)) in selected.into_iter().enumerate() {
            let Some(user) = users.get_mut(number) else { continue };
            if place < top {
                let summary = assessment::summary(user, now, &context);
                renderer.summary(&summary, &mut out.buffer);
                out.after_row()?;
            } else if renderer.is_text() {
                renderer.count(&assessment::summary(user, now, &context));
            }
        }
        renderer.end_summaries(&mut out.buffer);
        Ok(())
    }

    /// Writes what was written, where the status line is not in its way.
    fn flush(&mut self, out: &mut Output) -> Result<(), Error> {
        if !out.buffer.is_empty() {
            self.status.clear();
        }
        out.flush()
    }

    fn save(&mut self) -> Result<(), Error> {
        self.save_at = Instant::now() + self.options.save_every;
        self.options.state.as_deref().map_or(Ok(()), |path| state_file::save(path, &self.state))
    }

    fn write_report(&mut self, out: &mut Output) -> Result<(), Error> {
        if let Some(newest) = self.state.newest() {
            self.erase_old(newest);
        }
        if let Some(name) = self.options.explain.clone() {
            self.write_user_detail(&name, out)?;
            self.print_advice();
            return Ok(());
        }
        if self.state.mode == ScoreMode::TableOnly {
            row::write(&all_users::table(&self.state, &self.options.policy), &mut out.buffer);
            self.print_counters();
            return Ok(());
        }
        if self.options.at_end == AtEnd::Nothing {
            self.print_counters();
            return Ok(());
        }
        if let Some(now) = self.state.newest() {
            self.write_summaries(now, Which::All, out)?;
        }
        self.renderer.meta(&assessment::meta(&self.state), &mut out.buffer);
        self.print_counters();
        Ok(())
    }

    /// Writes everything about the user of `--explain`.
    fn write_user_detail(&mut self, name: &str, out: &mut Output) -> Result<(), Error> {
        let now = self.state.newest();
        let rows = RowConfig { detail: Detail::Full, ..self.rows };
        let (context, users) = context(&rows, &self.options.policy, &mut self.state);
        let user = users.all_mut().iter_mut().find(|user| *user.name == *name);
        let Some((user, now)) = user.zip(now) else {
            let reason = format!("no connection of user '{}'", Escaped(name));
            return Err(Error::refused("--explain", reason));
        };
        let summary = assessment::summary(user, now, &context);
        let is_full = self.options.detail == Detail::Full;
        self.renderer.user_detail(&summary, is_full, &mut out.buffer);
        Ok(())
    }

    /// Prints what was counted on standard error, in one line.
    fn print_counters(&self) {
        let counters = self.state.counters;
        let users = self.state.users.len();
        let mut line = format!("{} connections of {users} users", counters.connections);
        let lost = [
            (counters.late, "too late (see --late)"),
            (self.state.gate.set_aside(), "set aside (their time is implausible)"),
            (counters.duplicates, "duplicates"),
            (counters.no_address, "without an address"),
            (counters.no_user, "without a user"),
            (counters.no_time, "without a time"),
            (counters.not_understood, "lines that are not rows"),
        ];
        for (count, what) in lost.into_iter().filter(|(count, _)| *count > 0) {
            line.push_str(&format!("; {count} {what}"));
        }
        self.reporter.print(line);
        if self.is_useless() {
            self.reporter.print("these are not rows: pipe raw logs through mtp-parse first");
        } else if self.rows_read > 0 && self.events_read == 0 && self.is_of_scores {
            self.reporter.print("these are rows of mtp-score: mtp-report and mtp-notify read them");
        }
        self.print_advice();
    }

    fn print_advice(&self) {
        if let Some(advice) = self.state.advice() {
            self.reporter.print(advice);
        }
    }
}

/// What rows depend on, and the users they are about.
fn context<'a>(
    config: &'a RowConfig,
    policy: &'a Policy,
    state: &'a mut ScoreState,
) -> (RowContext<'a>, &'a mut UserStates) {
    let count = state.all_users();
    let ScoreState { users, gateways, all_users, .. } = state;
    let all_users = all_users.as_ref();
    (RowContext { config, policy, gateways, users: count, all_users }, users)
}

/// The counts of the status line.
fn status_counts(state: &mut ScoreState) -> String {
    let mut counts = [0_u64; Verdict::ALL.len()];
    for user in state.users.all_mut() {
        let verdict = user.verdict.verdict();
        for (known, count) in Verdict::ALL.iter().zip(&mut counts) {
            *count += u64::from(*known == verdict);
        }
    }
    let verdicts = Verdict::ALL.iter().zip(counts);
    let verdicts: Vec<_> = verdicts.map(|(of, count)| format!("{count} {}", of.name())).collect();
    let (connections, users) = (state.counters.connections, state.users.len());
    format!("{connections} connections, {users} users: {}", verdicts.join(", "))
}

/// The time in so many milliseconds.
fn after(ms: i64) -> Option<Instant> {
    Instant::now().checked_add(Duration::from_millis(u64::try_from(ms).unwrap_or(0)))
}

/// The next multiple of `--every` after a time.
fn next_summaries(ts: i64, options: &ScoreOptions) -> i64 {
    options.every_ms.map_or(i64::MAX, |every| (ts.div_euclid(every) + 1).saturating_mul(every))
}

impl Filter for ScoreFilter {
    fn line(&mut self, line: &[u8], at: LineOrigin<'_>, out: &mut Output) -> Result<(), Error> {
        (self.release_at, self.release_held_at) = (None, None);
        self.status.line();
        self.arrival = at.arrival.0;
        if let Some(event) = Event::read(line) {
            self.events_read += 1;
            self.pass_on(line, out)?;
            return self.event(&event, out);
        }
        let row = Row::read(line);
        if !matches!(row, Row::Foreign | Row::Event(..)) {
            self.pass_on(line, out)?;
        }
        match row {
            Row::Meta(meta) => {
                if let Meta::Parse(meta) = *meta {
                    let mut advice =
                        meta.by_source.0.iter().filter_map(|of| of.1.advice.as_deref());
                    self.state.proxy_advice = advice.next().map(str::to_owned);
                    self.state.parsed.add(&meta);
                    self.rows.is_incomplete = self.state.is_incomplete();
                }
            }
            Row::Table(table) => {
                if self.state.mode != ScoreMode::TableOnly {
                    self.state.all_users = Some(AllUsers::new(*table, &self.options.policy));
                    self.rows.is_incomplete = self.state.is_incomplete();
                }
            }
            Row::Clock(clock) => self.clock(&clock, out),
            Row::Foreign | Row::Event(..) => {
                let is_blank = line.trim_ascii().is_empty();
                self.state.counters.not_understood += u64::from(!is_blank);
            }
            Row::Summary(_) | Row::Alert(_) => self.is_of_scores = true,
            Row::Sample(_) | Row::Connection(_) | Row::Other => {}
        }
        Ok(())
    }

    fn deadline(&self) -> Option<Instant> {
        let save = self.options.state.as_ref().map(|_| self.save_at);
        let releases = [self.release_at, self.release_held_at];
        [save, self.quiet_at, self.status.deadline()].into_iter().chain(releases).flatten().min()
    }

    fn tick(&mut self, out: &mut Output) -> Result<(), Error> {
        let now = Instant::now();
        if self.quiet_at.is_some_and(|at| at <= now) {
            self.quiet_at = None;
            if let Some(newest) = self.state.newest() {
                self.write_summaries(newest, Which::Changed, out)?;
            }
        }
        if self.save_at <= now {
            out.flush()?;
            if let Err(error) = self.save() {
                let wait = self.options.save_every;
                self.reporter.print(format!("{error}; trying again in {wait:?}"));
            }
        }
        if self.release_at.is_some_and(|at| at <= now) {
            self.release_at = None;
            self.release_held_at = self.state.buffer.release().and_then(after);
            self.drain_due(out);
        }
        if self.release_held_at.is_some_and(|at| at <= now) {
            self.release_held_at = None;
            self.state.buffer.release_all();
            self.drain_due(out);
        }
        self.flush(out)?;
        let newest = self.state.newest().map(Timestamp);
        let Self { status, state, .. } = self;
        status.draw(newest, || status_counts(state));
        Ok(())
    }

    fn idle(&mut self, out: &mut Output) -> Result<(), Error> {
        self.flush(out)?;
        let is_due = self.release_at.or(self.release_held_at).is_some();
        if !is_due && !self.state.buffer.is_empty() {
            self.release_at = after(self.options.window.late_ms);
        }
        Ok(())
    }

    fn report(&mut self, out: &mut Output) -> Result<(), Error> {
        self.status.clear();
        self.write_report(out)
    }

    fn finish(&mut self, out: &mut Output) -> Result<(), Error> {
        self.status.end();
        // With a state the stream only pauses: earlier connections may still come, so what is
        // buffered is saved and processed again by the next run. The summaries are those of a
        // stream that ends here.
        self.is_paused = self.options.state.is_some() && !self.is_ended;
        let saved = if self.is_paused { out.flush().and_then(|()| self.save()) } else { Ok(()) };
        if let Err(error) = &saved {
            self.reporter.print(error);
        }
        if self.is_paused && self.options.at_end == AtEnd::Nothing {
            self.print_counters();
            return saved.map_err(|_| Error::refused("--state", "not saved".to_owned()));
        }
        while let Some(last) = self.state.gate.take_last() {
            self.ingest(&last.event(), out)?;
        }
        while let Some(change) = self.state.drain_all(&self.options.policy) {
            self.write_alert(change, out);
        }
        self.alerts.flush(out);
        self.write_report(out)?;
        out.flush()?;
        match saved {
            Ok(()) => Ok(()),
            Err(_) => Err(Error::refused("--state", "not saved".to_owned())),
        }
    }
}
