//! The queue of messages, and a thread for each channel that sends them.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use memchr::memmem;

use super::channel::{Attempt, AttemptFailure, Channel, ChannelKind};
use super::digest::{DigestTime, due_digest, next_digest};
use super::journal::{Journal, JournalEntry, NotifyState, QueuedMessage};
use super::rules::{AccountRecord, AlertKind, Decision};
use super::text::{Composer, DigestFacts, Draft};
use crate::error::Error;
use crate::io::reporter::Reporter;
use crate::stream::{Alert, Event, Kind, Notification, Row, Summary};
use crate::timestamp::Timestamp;

/// Messages that wait for one channel.
const QUEUE_MAX: usize = 1000;
/// Bytes of them.
const QUEUE_BYTES_MAX: usize = 16 << 20;
/// Accounts and kinds of note that are remembered.
const ACCOUNTS_MAX: usize = 25_000;
/// The longest name.
const NAME_MAX: usize = 1024;
/// The longest wait between two attempts.
const BACKOFF_MAX: Duration = Duration::from_mins(5);
/// The longest wait that a receiver may ask for.
const ASKED_MAX: Duration = Duration::from_hours(6);
/// Begins the keys of notes, which no user's name does.
const NOTE_KEY: char = '\0';
/// Letters of a note that distinguish it from others.
const NOTE_KEY_MAX: usize = 200;

/// How attempts are repeated.
#[derive(Clone, Copy, Debug)]
pub struct RetryOptions {
    /// For each phase of an attempt.
    pub timeout: Duration,
    /// The first wait; each further one is twice as long, up to five minutes.
    pub first_wait: Duration,
    /// The age at which a message is given up.
    pub give_up: Duration,
}

/// What was counted in this run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxCounts {
    pub alerts: u64,
    pub notes: u64,
    /// Alerts and notes without a message of their own.
    pub held: u64,
    /// Alerts that were read before.
    pub repeated: u64,
    pub queued: u64,
    pub sent: u64,
    pub not_sent: u64,
    /// Rows of users whose names are too long.
    pub names_too_long: u64,
    /// Accounts that were forgotten for others.
    pub forgotten: u64,
    /// Messages that wait now.
    pub waiting: u64,
}

/// The queue and its channels.
#[derive(Debug)]
pub struct Outbox {
    shared: Arc<SharedOutbox>,
    kinds: Vec<ChannelKind>,
}

#[derive(Debug)]
struct SharedOutbox {
    locked: Mutex<Locked>,
    changed: Condvar,
    reporter: Reporter,
}

#[derive(Debug)]
struct Locked {
    state: NotifyState,
    journal: Option<Journal>,
    counts: OutboxCounts,
    is_stopping: bool,
    has_failed_to_save: bool,
}

impl Outbox {
    /// Loads the state and starts to send what waits in it.
    pub fn open(
        path: Option<&Path>,
        channels: Vec<Channel>,
        retry: RetryOptions,
        reporter: Reporter,
    ) -> Result<Self, Error> {
        let (journal, state) = match path.map(Journal::open).transpose()? {
            Some((journal, state)) => (Some(journal), state),
            None => (None, NotifyState::default()),
        };
        let mut locked = Locked {
            state,
            journal,
            counts: OutboxCounts::default(),
            is_stopping: false,
            has_failed_to_save: false,
        };
        locked.begin(reporter);
        let shared = Arc::new(SharedOutbox {
            locked: Mutex::new(locked),
            changed: Condvar::new(),
            reporter,
        });
        let kinds: Vec<_> = channels.iter().map(Channel::kind).collect();
        shared.report_waiting(&kinds);
        for channel in channels {
            let worker = Worker { shared: shared.clone(), channel, retry, failures: 0 };
            thread::spawn(move || worker.run());
        }
        Ok(Self { shared, kinds })
    }

    /// Whether a line may be a row that is read. Most rows are events, which are passed on unread.
    pub fn is_relevant(line: &[u8]) -> bool {
        ["\"alert\"", "\"note\"", "\"summary\""]
            .iter()
            .any(|word| memmem::find(line, word.as_bytes()).is_some())
    }

    /// Reads the rows of a block and queues messages about them. They are on the disk afterwards.
    pub fn ingest(&self, composer: &Composer, lines: &[Vec<u8>]) {
        let mut locked = self.shared.lock();
        let mut entries = Vec::new();
        for line in lines {
            locked.row(composer, &self.kinds, line, &mut entries, self.shared.reporter);
        }
        locked.save(&entries, self.shared.reporter);
        drop(locked);
        self.shared.changed.notify_all();
    }

    /// Queues the digest if it is due, and returns the time of the next one.
    pub fn digest(&self, composer: &Composer, time: &DigestTime) -> Timestamp {
        let now = Timestamp::now();
        let mut locked = self.shared.lock();
        let due = due_digest(Timestamp(locked.state.digest.last_ms), now, time);
        if due.0 > now.0 {
            return due;
        }
        let record = locked.state.digest;
        let is_user = |(name, _): &(&String, &AccountRecord)| !name.starts_with(NOTE_KEY);
        let accounts = locked.state.accounts.iter().filter(is_user);
        let draft = composer.digest(&DigestFacts {
            at: now,
            accounts: accounts.map(|(name, record)| (name.as_str(), record)).collect(),
            alerts: record.alerts,
            held: record.held,
            notes: record.notes,
            not_sent: record.not_sent,
        });
        let mut entries = Vec::new();
        locked.state.digest = super::journal::DigestRecord { last_ms: now.0, ..Default::default() };
        locked.queue(composer, &self.kinds, draft, &mut entries, self.shared.reporter);
        entries.push(JournalEntry::Digest { record: locked.state.digest });
        locked.save(&entries, self.shared.reporter);
        drop(locked);
        self.shared.changed.notify_all();
        next_digest(now, time)
    }

    /// Queues a test message.
    pub fn test(&self, composer: &Composer) {
        let mut locked = self.shared.lock();
        let mut entries = Vec::new();
        locked.queue(composer, &self.kinds, composer.test(), &mut entries, self.shared.reporter);
        locked.save(&entries, self.shared.reporter);
        drop(locked);
        self.shared.changed.notify_all();
    }

    pub fn counts(&self) -> OutboxCounts {
        self.shared.lock().counts()
    }

    /// Waits until nothing waits, at most this long; then no further attempt begins. Returns the
    /// counts, and reports what was not sent and is not on a disk.
    pub fn finish(&self, most: Duration) -> OutboxCounts {
        let until = Instant::now() + most;
        let mut locked = self.shared.lock();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.kinds.iter().all(|kind| locked.state.is_empty(*kind)) {
                break;
            }
            let waited = self.shared.changed.wait_timeout(locked, left);
            locked = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        locked.is_stopping = true;
        self.shared.changed.notify_all();
        if locked.journal.is_none() || locked.has_failed_to_save {
            for kind in &self.kinds {
                for message in locked.state.queues.remove(kind).into_iter().flatten() {
                    let sent = if message.is_attempted { "may not have been" } else { "not" };
                    let what = format!("{}: {sent} sent: {}", kind.name(), message.first_line());
                    self.shared.reporter.print(what);
                    locked.counts.not_sent += 1;
                }
            }
        }
        locked.counts()
    }
}

impl NotifyState {
    fn is_empty(&self, kind: ChannelKind) -> bool {
        self.queues.get(&kind).is_none_or(VecDeque::is_empty)
    }
}

impl SharedOutbox {
    fn lock(&self) -> MutexGuard<'_, Locked> {
        self.locked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reports what an earlier run left.
    fn report_waiting(&self, kinds: &[ChannelKind]) {
        let locked = self.lock();
        for (kind, queue) in locked.state.queues.iter().filter(|(_, queue)| !queue.is_empty()) {
            let name = kind.name();
            if !kinds.contains(kind) {
                let count = queue.len();
                self.reporter.print(format!("{name}: {count} messages wait (not configured)"));
            }
            for message in queue.iter().filter(|message| message.is_attempted) {
                let text = message.first_line();
                let what = "was being sent when mtp-notify ended; it may arrive twice";
                self.reporter.print(format!("{name}: {what}: {text}"));
            }
        }
    }
}

impl Locked {
    /// Makes the first entry of a state.
    fn begin(&mut self, reporter: Reporter) {
        if !self.state.store.is_empty() {
            return;
        }
        let now = Timestamp::now().0;
        let store = format!("{now:x}{:x}", std::process::id());
        let start = JournalEntry::Start { version: 1, store, next: 1 };
        self.state.apply(start.clone());
        self.state.digest.last_ms = now;
        let digest = JournalEntry::Digest { record: self.state.digest };
        self.save(&[start, digest], reporter);
    }

    fn counts(&self) -> OutboxCounts {
        let waiting = self.state.queues.values().map(VecDeque::len).sum::<usize>();
        OutboxCounts { waiting: waiting as u64, ..self.counts }
    }

    /// Writes changes that the state has already.
    fn save(&mut self, entries: &[JournalEntry], reporter: Reporter) {
        let Some(journal) = &mut self.journal else { return };
        match journal.append(entries, &self.state) {
            Ok(()) => self.has_failed_to_save = false,
            Err(error) => {
                // Once, and not for each change of an outage of the disk.
                if !std::mem::replace(&mut self.has_failed_to_save, true) {
                    reporter.print(format!("{error}; messages are kept in memory"));
                }
            }
        }
    }

    fn apply(&mut self, entry: JournalEntry, entries: &mut Vec<JournalEntry>) {
        self.state.apply(entry.clone());
        entries.push(entry);
    }

    fn row(
        &mut self,
        composer: &Composer,
        kinds: &[ChannelKind],
        line: &[u8],
        entries: &mut Vec<JournalEntry>,
        reporter: Reporter,
    ) {
        let draft = match Row::read(line) {
            Row::Alert(alert) => self.alert(composer, &alert, line, entries),
            Row::Event(event) if event.kind == Kind::Note => {
                self.note(composer, &event, line, entries)
            }
            Row::Summary(summary) => {
                self.summary(&summary);
                None
            }
            Row::Event(_)
            | Row::Sample(_)
            | Row::Connection(_)
            | Row::Meta(_)
            | Row::Table(_)
            | Row::Clock(_)
            | Row::Other
            | Row::Foreign => None,
        };
        if let Some(draft) = draft {
            self.queue(composer, kinds, draft, entries, reporter);
        }
    }

    fn alert(
        &mut self,
        composer: &Composer,
        alert: &Alert<'_>,
        line: &[u8],
        entries: &mut Vec<JournalEntry>,
    ) -> Option<Draft> {
        let kind = AlertKind::of(alert)?;
        let at = alert.ts.unwrap_or_else(Timestamp::now);
        let key = alert.user.to_string();
        let mut record = self.record(&key)?;
        if let Some(verdict) = alert.verdict {
            (record.verdict, record.people) = (verdict, alert.people);
        }
        let decision = composer.rules.decide(&mut record, kind, at);
        self.remember(key, record, decision, entries);
        match decision {
            Decision::Send { held } => Some(composer.alert(alert, kind, held, line)),
            Decision::Hold | Decision::Repeated | Decision::Ignored => None,
        }
    }

    fn note(
        &mut self,
        composer: &Composer,
        event: &Event<'_>,
        line: &[u8],
        entries: &mut Vec<JournalEntry>,
    ) -> Option<Draft> {
        self.counts.notes += 1;
        self.state.digest.notes = self.state.digest.notes.saturating_add(1);
        let at = event.ts.unwrap_or_else(Timestamp::now);
        let key = note_key(event);
        let mut record = self.record(&key)?;
        let decision = composer.rules.decide(&mut record, AlertKind::Note, at);
        self.remember(key, record, decision, entries);
        match decision {
            Decision::Send { held } => Some(composer.note(event, held, line)),
            Decision::Hold | Decision::Repeated | Decision::Ignored => None,
        }
    }

    /// Keeps the verdict of a summary for the digest.
    fn summary(&mut self, summary: &Summary<'_>) {
        let is_full = self.state.accounts.len() >= ACCOUNTS_MAX;
        let record = match self.state.accounts.get_mut(&*summary.user) {
            Some(record) => record,
            None if is_full || summary.user.len() > NAME_MAX => return,
            None => self.state.accounts.entry(summary.user.to_string()).or_default(),
        };
        (record.verdict, record.people) = (summary.verdict, summary.people);
    }

    /// The record of an account, or a new one. `None`: its name is too long.
    fn record(&mut self, key: &str) -> Option<AccountRecord> {
        if key.len() > NAME_MAX {
            self.counts.names_too_long += 1;
            return None;
        }
        let known = self.state.accounts.get(key).cloned();
        if known.is_none() && self.state.accounts.len() >= ACCOUNTS_MAX {
            let oldest = self.state.accounts.iter().min_by_key(|(_, record)| record.latest());
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                self.state.accounts.remove(&oldest);
                self.counts.forgotten += 1;
            }
        }
        Some(known.unwrap_or_default())
    }

    fn remember(
        &mut self,
        key: String,
        record: AccountRecord,
        decision: Decision,
        entries: &mut Vec<JournalEntry>,
    ) {
        if decision == Decision::Repeated {
            self.counts.repeated += 1;
            return;
        }
        if !key.starts_with(NOTE_KEY) {
            self.counts.alerts += 1;
            self.state.digest.alerts = self.state.digest.alerts.saturating_add(1);
        }
        if decision == Decision::Hold {
            self.counts.held += 1;
            self.state.digest.held = self.state.digest.held.saturating_add(1);
        }
        self.apply(JournalEntry::Account { key, record }, entries);
        entries.push(JournalEntry::Digest { record: self.state.digest });
    }

    /// Queues a message for each channel that has room.
    fn queue(
        &mut self,
        composer: &Composer,
        kinds: &[ChannelKind],
        draft: Draft,
        entries: &mut Vec<JournalEntry>,
        reporter: Reporter,
    ) {
        let (now, seq) = (Timestamp::now(), self.state.next);
        let notification = Notification {
            ts: Some(now),
            id: format!("{}-{seq}", self.state.store),
            about: draft.about,
            title: composer.title.clone(),
            text: draft.text,
            commands: draft.commands,
            row: serde_json::from_str(&draft.row).ok(),
        };
        let message = QueuedMessage {
            seq,
            created_ms: now.0,
            notification,
            row: draft.row,
            literals: draft.literals,
            heading: draft.heading,
            is_attempted: false,
        };
        for channel in kinds {
            let queue = self.state.queues.entry(*channel).or_default();
            let bytes: usize = queue.iter().map(QueuedMessage::bytes).sum();
            if queue.len() >= QUEUE_MAX || bytes + message.bytes() > QUEUE_BYTES_MAX {
                let what =
                    format!("{}: the queue is full ({} messages)", channel.name(), queue.len());
                reporter.print(format!("{what}; not sent: {}", message.first_line()));
                self.lost();
                entries.push(JournalEntry::Digest { record: self.state.digest });
                continue;
            }
            self.counts.queued += 1;
            let (channel, message) = (*channel, message.clone());
            self.apply(JournalEntry::Queue { channel, message }, entries);
        }
    }

    fn lost(&mut self) {
        self.counts.not_sent += 1;
        self.state.digest.not_sent = self.state.digest.not_sent.saturating_add(1);
    }
}

/// Notes of one source that differ only in numbers are one.
fn note_key(event: &Event<'_>) -> String {
    let source = event.source.as_deref().unwrap_or(&event.proxy);
    let mut key = format!("{NOTE_KEY}{source}{NOTE_KEY}");
    let text = event.text.as_deref().unwrap_or_default();
    key.extend(text.chars().filter(|letter| !letter.is_ascii_digit()).take(NOTE_KEY_MAX));
    key
}

/// Sends the messages of one channel, in order.
struct Worker {
    shared: Arc<SharedOutbox>,
    channel: Channel,
    retry: RetryOptions,
    /// Attempts that failed since the last success.
    failures: u32,
}

impl Worker {
    fn run(mut self) {
        while let Some(message) = self.next() {
            let attempt = self.channel.deliver(&message, self.retry.timeout);
            let wait = self.settle(&message, attempt);
            if !self.pause(wait) {
                return;
            }
        }
    }

    /// Waits for a message and notes that an attempt begins. `None`: the program ends.
    fn next(&mut self) -> Option<QueuedMessage> {
        let (kind, reporter) = (self.channel.kind(), self.shared.reporter);
        let mut locked = self.shared.lock();
        loop {
            if locked.is_stopping {
                return None;
            }
            let head = locked.state.queues.get(&kind).and_then(VecDeque::front).cloned();
            let Some(message) = head else {
                let waited = self.shared.changed.wait(locked);
                locked = waited.unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let (channel, seq) = (kind, message.seq);
            let mut entries = Vec::new();
            let age = Timestamp::now().0.saturating_sub(message.created_ms);
            // A clock that was set makes messages old: each has an attempt.
            let is_old = u128::try_from(age).is_ok_and(|age| age > self.retry.give_up.as_millis());
            if is_old && self.failures > 0 {
                let what = format!("{}: given up, not sent: {}", kind.name(), message.first_line());
                reporter.print(what);
                locked.lost();
                locked.apply(JournalEntry::Done { channel, seq }, &mut entries);
                entries.push(JournalEntry::Digest { record: locked.state.digest });
                locked.save(&entries, reporter);
                self.shared.changed.notify_all();
                continue;
            }
            locked.apply(JournalEntry::Attempt { channel, seq }, &mut entries);
            locked.save(&entries, reporter);
            return Some(message);
        }
    }

    /// Notes the end of an attempt; returns the wait until the next one.
    fn settle(&mut self, message: &QueuedMessage, attempt: Attempt) -> Duration {
        let (channel, seq) = (self.channel.kind(), message.seq);
        let (name, reporter) = (channel.name(), self.shared.reporter);
        let mut locked = self.shared.lock();
        let mut entries = Vec::new();
        let wait = match attempt {
            Attempt::Sent => {
                if std::mem::take(&mut self.failures) > 0 {
                    reporter.print(format!("{name}: available again"));
                }
                locked.counts.sent += 1;
                locked.apply(JournalEntry::Done { channel, seq }, &mut entries);
                Duration::ZERO
            }
            Attempt::Rejected(reason) => {
                let text = message.first_line();
                reporter.print(format!("{name}: rejected, {reason}; not sent: {text}"));
                locked.lost();
                locked.apply(JournalEntry::Done { channel, seq }, &mut entries);
                entries.push(JournalEntry::Digest { record: locked.state.digest });
                Duration::ZERO
            }
            Attempt::Failed(failure) => {
                self.failures = self.failures.saturating_add(1);
                let wait = self.wait(&failure);
                self.report_failure(message, &failure, wait);
                if !failure.may_have_arrived {
                    locked.apply(JournalEntry::Failed { channel, seq }, &mut entries);
                }
                wait
            }
        };
        locked.save(&entries, reporter);
        drop(locked);
        self.shared.changed.notify_all();
        wait
    }

    fn wait(&self, failure: &AttemptFailure) -> Duration {
        let doubled = 1_u32.checked_shl(self.failures.saturating_sub(1).min(20)).unwrap_or(1);
        let backoff = self.retry.first_wait.saturating_mul(doubled).min(BACKOFF_MAX);
        let asked = |asked: Duration| asked.min(ASKED_MAX).max(self.retry.first_wait);
        failure.retry_after.map_or(backoff, asked)
    }

    /// Reports the first failure of an outage, and each after which a message may arrive twice.
    fn report_failure(&self, message: &QueuedMessage, failure: &AttemptFailure, wait: Duration) {
        let name = self.channel.kind().name();
        let reason = &failure.reason;
        if failure.may_have_arrived {
            let text = message.first_line();
            let what = format!("{name}: {reason}; sent again, may arrive twice: {text}");
            self.shared.reporter.print(what);
        } else if self.failures == 1 || failure.retry_after.is_some() {
            let seconds = wait.as_secs_f32();
            self.shared.reporter.print(format!("{name}: {reason}; next attempt in {seconds:.0} s"));
        }
    }

    /// Waits; false: the program ends.
    fn pause(&self, wait: Duration) -> bool {
        let until = Instant::now() + wait;
        let mut locked = self.shared.lock();
        while !locked.is_stopping {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            let waited = self.shared.changed.wait_timeout(locked, left);
            locked = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        false
    }
}
