//! Follows the logs of containers through the engine's socket.
//!
//! The engine's own following skips and repeats lines when the log is rotated under load. So a
//! following request only signals that there is something new; the lines are read by requests for
//! the last messages, which are complete. The last message that was sent is looked up in them:
//! everything after it is new.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{ErrorKind, Read};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::messages::{ContainerCursor, LineAssembler, Position, Scan};
use super::{BATCH_BYTES, Cursor, Disconnected, Sender, Update, Updates, gap_line};
use crate::docker::logs::{LogDecoder, LogMessage};
use crate::docker::{Docker, ListedContainer, Selection};
use crate::error::Error;

/// The fewest messages of a request for new ones.
const TAIL_MIN: u64 = 64;
/// The messages that are looked at where the log so far is skipped.
const SKIPPED_TAIL: u64 = 1024;
/// Above this the whole log is requested.
const TAIL_MAX: u64 = 1_000_000;
/// How long messages are collected after the first one.
const DEBOUNCE: Duration = Duration::from_millis(20);
/// How long to wait for a signal before the log is read anyway: soon after a follow request, which
/// may not have started when the log was read before, then seldom.
const WAITS: [Duration; 4] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(15),
];
/// How long to wait after an error of the engine.
const RETRY: Duration = Duration::from_millis(500);
/// After how many errors in a row a container's log is reported as unreadable.
const ERRORS_REPORTED: u32 = 10;
/// How often containers are listed without an event.
const LIST_INTERVAL: Duration = Duration::from_secs(10);
/// Messages kept from the follow request, for a container that is removed before its log is read.
const RECENT_MAX_BYTES: usize = 4 * 1024 * 1024;

/// What is followed, and from where.
#[derive(Debug)]
pub struct Containers {
    pub selections: Vec<Selection>,
    /// Whether sources without a cursor start with new lines only.
    pub from_now: bool,
    /// Before the names of containers.
    pub host: Option<String>,
    /// By container id.
    pub cursors: HashMap<String, ContainerCursor>,
}

/// The prefix of keys in the state.
pub const KEY: &str = "container:";

/// The end of one container's follower.
#[derive(Debug)]
struct Ended {
    id: String,
    is_removed: bool,
    /// Whether the container may have written more after the last read.
    was_running: bool,
    cursor: Option<ContainerCursor>,
}

#[derive(Debug)]
enum ManagerEvent {
    Event,
    Ended(Ended),
}

/// Follows the containers until the receiver of the updates ends.
pub fn follow(docker: Docker, containers: Containers, updates: Updates) {
    let (events, woken) = sync_channel(64);
    let source = (docker.clone(), events.clone());
    thread::spawn(move || follow_events(&source.0, &source.1));
    let mut manager = Manager {
        docker,
        containers,
        updates,
        events,
        active: HashSet::new(),
        finished: HashSet::new(),
        error: None,
        is_first: true,
    };
    while manager.list().is_ok() && manager.wait(&woken).is_ok() {}
}

/// Signals every event of a container, and the start of every connection.
fn follow_events(docker: &Docker, events: &SyncSender<ManagerEvent>) {
    let mut block = [0; 4096];
    loop {
        if let Ok(mut stream) = docker.follow_events() {
            drop(stream.set_read_timeout(None));
            while events.send(ManagerEvent::Event).is_ok()
                && stream.read(&mut block).unwrap_or(0) > 0
            {}
        }
        thread::sleep(RETRY);
        if events.send(ManagerEvent::Event).is_err() {
            return;
        }
    }
}

/// Starts a follower for each selected container.
#[derive(Debug)]
struct Manager {
    docker: Docker,
    containers: Containers,
    updates: Updates,
    events: SyncSender<ManagerEvent>,
    active: HashSet<String>,
    /// Stopped containers whose log was read to its end.
    finished: HashSet<String>,
    error: Option<String>,
    is_first: bool,
}

impl Manager {
    /// Lists the selected containers and starts followers for new ones.
    fn list(&mut self) -> Result<(), Disconnected> {
        let mut selected = BTreeMap::new();
        for selection in &self.containers.selections {
            match self.docker.select(selection) {
                Ok(listed) => {
                    for container in listed {
                        let name = match (selection, &container.compose_name) {
                            (Selection::Compose { .. }, Some(name)) => name.clone(),
                            _ => container.name.clone(),
                        };
                        selected.entry(container.id.clone()).or_insert((name, container));
                    }
                }
                Err(error) => return self.report(Some(error.to_string())),
            }
        }
        self.report(None)?;
        if std::mem::take(&mut self.is_first) {
            self.report_removed(&selected)?;
        }
        for (id, (name, container)) in selected {
            let is_new = !self.active.contains(&id);
            if is_new && (container.is_running || !self.finished.contains(&id)) {
                self.start(id, name, container.is_running);
            }
        }
        // Containers that appear later are read from their start.
        self.containers.from_now = false;
        Ok(())
    }

    /// Reports an error of the engine, and its end.
    fn report(&mut self, error: Option<String>) -> Result<(), Disconnected> {
        let message = match (&self.error, &error) {
            (Some(last), Some(error)) if last == error => None,
            (_, Some(error)) => Some(error.clone()),
            (Some(_), None) => Some("docker: available again".to_owned()),
            (None, None) => None,
        };
        self.error = error;
        let Some(message) = message else { return Ok(()) };
        self.updates.send(Update::Report(message)).map_err(|_| Disconnected)
    }

    /// Reports containers that were removed while this program did not run: their last lines may
    /// not have been read.
    fn report_removed(
        &mut self,
        selected: &BTreeMap<String, (String, ListedContainer)>,
    ) -> Result<(), Disconnected> {
        let removed: Vec<_> =
            self.containers.cursors.extract_if(|id, _| !selected.contains_key(id)).collect();
        for (id, cursor) in removed {
            let short = id.get(..12).unwrap_or(&id);
            let mut sender = Sender::new(format!("{KEY}{id}"), &self.updates);
            sender.lines = gap_line(
                &self.prefix(&cursor.name),
                &format!("container {short} was removed; lines after {} may be missing", cursor.ts),
            );
            sender.flush(None)?;
            sender.send(Update::Forget(sender.source.clone()))?;
        }
        Ok(())
    }

    fn start(&mut self, id: String, name: String, was_running: bool) {
        self.finished.remove(&id);
        self.active.insert(id.clone());
        let cursor = self.containers.cursors.remove(&id);
        let follower = ContainerFollower {
            docker: self.docker.clone(),
            prefix: self.prefix(&name),
            name,
            sender: Sender::new(format!("{KEY}{id}"), &self.updates),
            skips_old: self.containers.from_now && cursor.is_none(),
            cursor,
            was_running,
            has_terminal: None,
            is_final: false,
            tail: TAIL_MIN,
            recent: Vec::new(),
            recent_bytes: 0,
            id,
        };
        let events = self.events.clone();
        thread::spawn(move || {
            if let Ok(ended) = follower.run() {
                drop(events.send(ManagerEvent::Ended(ended)));
            }
        });
    }

    /// As `docker compose logs -t` writes it.
    fn prefix(&self, name: &str) -> String {
        match &self.containers.host {
            Some(host) => format!("{host}.{name}  | "),
            None => format!("{name}  | "),
        }
    }

    /// Waits for an event or the end of a follower.
    fn wait(&mut self, woken: &Receiver<ManagerEvent>) -> Result<(), Disconnected> {
        match woken.recv_timeout(LIST_INTERVAL) {
            Ok(ManagerEvent::Ended(ended)) => {
                self.active.remove(&ended.id);
                if ended.is_removed {
                    let source = format!("{KEY}{}", ended.id);
                    self.updates.send(Update::Forget(source)).map_err(|_| Disconnected)?;
                } else {
                    if let Some(cursor) = ended.cursor {
                        self.containers.cursors.insert(ended.id.clone(), cursor);
                    }
                    // The log of a container that ran is read once more after it has stopped: a
                    // follow request may end before the last lines are in the log.
                    if !ended.was_running {
                        self.finished.insert(ended.id);
                    }
                }
                Ok(())
            }
            Ok(ManagerEvent::Event) | Err(RecvTimeoutError::Timeout) => Ok(()),
            Err(RecvTimeoutError::Disconnected) => Err(Disconnected),
        }
    }
}

/// Follows the log of one container while it runs.
#[derive(Debug)]
struct ContainerFollower {
    docker: Docker,
    id: String,
    name: String,
    prefix: String,
    sender: Sender,
    cursor: Option<ContainerCursor>,
    /// Whether the log so far is skipped.
    skips_old: bool,
    /// Whether the container ran when it was listed.
    was_running: bool,
    /// `None` until the engine was asked.
    has_terminal: Option<bool>,
    /// Whether the container has ended, so that a line without a newline is complete.
    is_final: bool,
    /// Messages to request.
    tail: u64,
    /// Messages of the follow request since the log was last read.
    recent: Vec<(u8, Vec<u8>)>,
    recent_bytes: usize,
}

/// The result of reading a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReadEnd {
    Complete,
    Removed,
}

impl ContainerFollower {
    fn run(mut self) -> Result<Ended, Disconnected> {
        let (mut wakes, mut waits, mut errors) = (None, 0, 0_u32);
        loop {
            if wakes.is_none() {
                wakes = Wakes::open(&self.docker, &self.id).ok();
                waits = 0;
            }
            let has_ended = match &mut wakes {
                None => true,
                // Before the first read there is nothing to wait for.
                Some(wakes) if waits == 0 => wakes.wait(DEBOUNCE, &mut self),
                Some(wakes) => {
                    let wait = WAITS.get(waits.min(WAITS.len()) - 1).copied();
                    wakes.wait(wait.unwrap_or(RETRY), &mut self)
                }
            };
            waits += 1;
            self.is_final = has_ended;
            match self.read() {
                Ok(Ok(ReadEnd::Removed)) => {
                    self.send_recent()?;
                    return Ok(self.ended(true));
                }
                Ok(Ok(ReadEnd::Complete)) if has_ended => {
                    // Should the container run on, it is followed again: not at once.
                    thread::sleep(DEBOUNCE);
                    return Ok(self.ended(false));
                }
                Ok(Ok(ReadEnd::Complete)) => {
                    errors = 0;
                    self.recent.clear();
                    self.recent_bytes = 0;
                }
                // The manager reports an engine that does not answer.
                Ok(Err(error)) => {
                    errors += 1;
                    if errors == ERRORS_REPORTED {
                        self.sender.report(format!("container {}: {error}", self.name))?;
                    }
                    wakes = None;
                    thread::sleep(RETRY);
                }
                Err(disconnected) => return Err(disconnected),
            }
        }
    }

    fn ended(self, is_removed: bool) -> Ended {
        Ended { id: self.id, is_removed, was_running: self.was_running, cursor: self.cursor }
    }

    /// Reads what is new in the log.
    fn read(&mut self) -> Result<Result<ReadEnd, Error>, Disconnected> {
        if self.has_terminal.is_none() {
            match (self.docker.has_terminal(&self.id), self.docker.open_log(&self.id, Some(1))) {
                (_, Ok(None)) => return Ok(Ok(ReadEnd::Removed)),
                (Ok(has_terminal), _) => self.has_terminal = Some(has_terminal),
                (Err(error), _) => return Ok(Err(error)),
            }
        }
        let mut tail = match (&self.cursor, self.skips_old) {
            // All of a second, so that they are numbered.
            (None, true) => Some(SKIPPED_TAIL),
            (None, false) => None,
            (Some(_), _) => Some(self.tail),
        };
        loop {
            let mut scan = Scan::new(self.cursor.as_ref(), tail.is_some());
            if self.cursor.is_none() && self.skips_old {
                scan.is_silent = true;
            }
            match self.pass(tail, &mut scan)? {
                Ok(ReadEnd::Complete) => {}
                other => return Ok(other),
            }
            let Some(requested) = tail else {
                if scan.is_found || scan.messages == 0 {
                    return Ok(Ok(ReadEnd::Complete));
                }
                self.pass_after_gap()?;
                continue;
            };
            if scan.is_found {
                self.skips_old = false;
                self.tail = (2 * scan.new).clamp(TAIL_MIN, TAIL_MAX);
                return Ok(Ok(ReadEnd::Complete));
            }
            // Not among the last messages: request more, and all of them in the end.
            tail =
                Some(requested * 16).filter(|more| scan.messages >= requested && *more <= TAIL_MAX);
        }
    }

    /// Marks a gap and forgets the cursor: its message has left the log.
    fn pass_after_gap(&mut self) -> Result<(), Disconnected> {
        if let Some(cursor) = self.cursor.take() {
            let what = format!("the log was rotated; lines after {} may be missing", cursor.ts);
            self.sender.lines.extend_from_slice(&gap_line(&self.prefix, &what));
            self.sender.flush(None)?;
        }
        Ok(())
    }

    /// Reads the last messages and sends those that are new.
    fn pass(
        &mut self,
        tail: Option<u64>,
        scan: &mut Scan,
    ) -> Result<Result<ReadEnd, Error>, Disconnected> {
        let mut body = match self.docker.open_log(&self.id, tail) {
            Ok(Some(body)) => body,
            Ok(None) => return Ok(Ok(ReadEnd::Removed)),
            Err(error) => return Ok(Err(error)),
        };
        let mut decoder = LogDecoder::new(self.has_terminal == Some(true));
        let mut lines = LineAssembler::default();
        let mut block = vec![0; BATCH_BYTES];
        loop {
            let read = match body.read(&mut block) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Ok(Err(Error::input("docker", error))),
            };
            let bytes = block.get(..read).unwrap_or_default();
            let mut result = Ok(());
            decoder.push(bytes, &mut |message| {
                if scan.is_new(message) && result.is_ok() {
                    result = self.take(message, &mut lines);
                }
            });
            result?;
        }
        if self.cursor.is_none() && scan.is_silent {
            scan.is_found = true;
            self.skips_old = false;
            self.cursor = scan.last.take().map(|last| last.into_cursor(&self.name));
        }
        if self.is_final {
            let mut rest = Vec::new();
            decoder.finish(&mut |message| rest.push((message.stream, message.text.to_vec())));
            for (stream, text) in &rest {
                let message = LogMessage { stream: *stream, text };
                if scan.is_new(message) {
                    self.take(message, &mut lines)?;
                }
            }
            self.complete(&mut lines);
        }
        // Otherwise an incomplete line is read again with its rest.
        self.flush()?;
        Ok(Ok(ReadEnd::Complete))
    }

    /// Adds a message; where no line is incomplete, the cursor moves.
    fn take(
        &mut self,
        message: LogMessage<'_>,
        lines: &mut LineAssembler,
    ) -> Result<(), Disconnected> {
        let of_cursor = || self.cursor.as_ref().map(|cursor| (cursor.ts.as_str(), cursor.nth));
        let previous = lines.last.as_ref().map(|last| (last.ts.as_str(), last.nth));
        let position = Position::of(message, previous.or_else(of_cursor));
        lines.last = Some(position);
        lines.push(message, &self.prefix);
        if lines.partial.is_empty() {
            self.complete(lines);
            if self.sender.lines.len() >= BATCH_BYTES {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Moves the lines so far to the sender, and the cursor to the last message.
    fn complete(&mut self, lines: &mut LineAssembler) {
        for mut line in std::mem::take(&mut lines.partial).into_values() {
            line.push(b'\n');
            lines.held.extend_from_slice(&line);
        }
        self.sender.lines.append(&mut lines.held);
        if let Some(last) = &lines.last {
            self.cursor = Some(last.clone().into_cursor(&self.name));
        }
    }

    fn flush(&mut self) -> Result<(), Disconnected> {
        if self.sender.lines.is_empty() {
            return Ok(());
        }
        self.sender.flush(self.cursor.clone().map(Cursor::Container))
    }

    /// Sends what the follow request had of a container that was removed.
    fn send_recent(&mut self) -> Result<(), Disconnected> {
        let recent = std::mem::take(&mut self.recent);
        let messages = || recent.iter().map(|(stream, text)| LogMessage { stream: *stream, text });
        let mut scan = Scan::new(self.cursor.as_ref(), false);
        for message in messages() {
            scan.is_new(message);
        }
        let mut scan = Scan::new(self.cursor.as_ref().filter(|_| scan.is_found), false);
        let mut lines = LineAssembler::default();
        for message in messages() {
            if scan.is_new(message) {
                self.take(message, &mut lines)?;
            }
        }
        self.flush()
    }
}

/// A follow request: its messages signal that the log has grown.
#[derive(Debug)]
struct Wakes {
    stream: UnixStream,
    /// `None` until the head of the response has passed.
    decoder: Option<LogDecoder>,
    head: Vec<u8>,
}

impl Wakes {
    fn open(docker: &Docker, id: &str) -> Result<Self, Error> {
        Ok(Self { stream: docker.follow_log(id)?, decoder: None, head: Vec::new() })
    }

    /// Waits for messages, and collects them for [`DEBOUNCE`] after the first one. Returns whether
    /// the response has ended.
    fn wait(&mut self, wait: Duration, of: &mut ContainerFollower) -> bool {
        let (mut block, mut wait) = (vec![0; 16 * 1024], wait);
        let mut end = None;
        loop {
            drop(self.stream.set_read_timeout(Some(wait)));
            match self.stream.read(&mut block) {
                Ok(0) => return true,
                Ok(read) => {
                    self.keep(block.get(..read).unwrap_or_default(), of);
                    let end = *end.get_or_insert_with(|| Instant::now() + DEBOUNCE);
                    wait = end.saturating_duration_since(Instant::now());
                    if wait.is_zero() {
                        return false;
                    }
                }
                Err(error) => {
                    let is_timeout =
                        matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
                    return !is_timeout && error.kind() != ErrorKind::Interrupted;
                }
            }
        }
    }

    fn keep(&mut self, bytes: &[u8], of: &mut ContainerFollower) {
        let mut keep = |message: LogMessage<'_>| {
            of.recent_bytes += message.text.len();
            if of.recent_bytes <= RECENT_MAX_BYTES {
                of.recent.push((message.stream, message.text.to_vec()));
            }
        };
        if let Some(decoder) = &mut self.decoder {
            decoder.push(bytes, &mut keep);
            return;
        }
        self.head.extend_from_slice(bytes);
        if let Some(end) = memchr::memmem::find(&self.head, b"\r\n\r\n") {
            let mut decoder = LogDecoder::new(of.has_terminal == Some(true));
            decoder.push(self.head.get(end + 4..).unwrap_or_default(), &mut keep);
            self.decoder = Some(decoder);
        }
    }
}
