//! The state of mtp-notify: accounts, messages that wait, and counts for the digest. On disk it is
//! a journal: each change is a line that is on the disk before anything depends on it; from time to
//! time the file is replaced by the state as a whole.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

use super::channel::ChannelKind;
use super::rules::AccountRecord;
use crate::error::Error;
use crate::io::atomic_write::{self, NewFile};
use crate::io::read_file::read_file;
use crate::io::state_lock::StateLock;
use crate::stream::Notification;

/// The format of the file.
const VERSION: u32 = 1;
/// The largest file: both queues full and all accounts, twice.
const JOURNAL_MAX: u64 = 128 << 20;
/// Below this the file is not replaced.
const COMPACT_MIN: u64 = 256 * 1024;

/// A message for one channel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct QueuedMessage {
    pub(super) seq: u64,
    pub(super) created_ms: i64,
    pub(super) notification: Notification,
    /// The row that it is about, as it was read; empty: none.
    pub(super) row: String,
    /// Parts of the text from logs, in order.
    pub(super) literals: Vec<String>,
    /// The line above the commands.
    pub(super) heading: String,
    /// Whether an attempt began whose end is not known.
    pub(super) is_attempted: bool,
}

impl QueuedMessage {
    pub(super) fn bytes(&self) -> usize {
        // The row is in the notification too.
        2 * self.row.len() + self.notification.text.len() + 512
    }

    /// The message in a line of the log.
    pub(super) fn first_line(&self) -> &str {
        self.notification.text.lines().next().unwrap_or_default()
    }
}

/// What was counted since the last digest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct DigestRecord {
    /// The time of the last digest, or of the first start.
    pub(super) last_ms: i64,
    pub(super) alerts: u64,
    /// Alerts without a message of their own.
    pub(super) held: u64,
    pub(super) notes: u64,
    pub(super) not_sent: u64,
}

/// A change of the state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub(super) enum JournalEntry {
    Start {
        version: u32,
        store: String,
        next: u64,
    },
    Account {
        key: String,
        record: AccountRecord,
    },
    Digest {
        record: DigestRecord,
    },
    Queue {
        channel: ChannelKind,
        message: QueuedMessage,
    },
    /// An attempt begins.
    Attempt {
        channel: ChannelKind,
        seq: u64,
    },
    /// An attempt failed, and the message has not arrived.
    Failed {
        channel: ChannelKind,
        seq: u64,
    },
    /// Sent, or given up.
    Done {
        channel: ChannelKind,
        seq: u64,
    },
}

#[derive(Clone, Debug, Default)]
pub(super) struct NotifyState {
    /// Distinguishes the messages of two state files.
    pub(super) store: String,
    pub(super) next: u64,
    pub(super) accounts: BTreeMap<String, AccountRecord>,
    pub(super) digest: DigestRecord,
    pub(super) queues: BTreeMap<ChannelKind, VecDeque<QueuedMessage>>,
}

impl NotifyState {
    pub(super) fn apply(&mut self, entry: JournalEntry) {
        match entry {
            JournalEntry::Start { version: _, store, next } => {
                (self.store, self.next) = (store, self.next.max(next));
            }
            JournalEntry::Account { key, record } => {
                self.accounts.insert(key, record);
            }
            JournalEntry::Digest { record } => self.digest = record,
            JournalEntry::Queue { channel, message } => {
                self.next = self.next.max(message.seq.saturating_add(1));
                self.queues.entry(channel).or_default().push_back(message);
            }
            JournalEntry::Attempt { channel, seq } => self.mark(channel, seq, true),
            JournalEntry::Failed { channel, seq } => self.mark(channel, seq, false),
            JournalEntry::Done { channel, seq } => {
                if let Some(queue) = self.queues.get_mut(&channel) {
                    queue.retain(|message| message.seq != seq);
                }
            }
        }
    }

    fn mark(&mut self, channel: ChannelKind, seq: u64, is_attempted: bool) {
        let queue = self.queues.entry(channel).or_default();
        if let Some(message) = queue.iter_mut().find(|message| message.seq == seq) {
            message.is_attempted = is_attempted;
        }
    }

    /// The shortest journal of this state.
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let start =
            JournalEntry::Start { version: VERSION, store: self.store.clone(), next: self.next };
        write_entry(&start, out)?;
        write_entry(&JournalEntry::Digest { record: self.digest }, out)?;
        for (key, record) in &self.accounts {
            let (key, record) = (key.clone(), record.clone());
            write_entry(&JournalEntry::Account { key, record }, out)?;
        }
        for (channel, queue) in &self.queues {
            for message in queue {
                let (channel, message) = (*channel, message.clone());
                write_entry(&JournalEntry::Queue { channel, message }, out)?;
            }
        }
        Ok(())
    }
}

fn write_entry(entry: &JournalEntry, out: &mut dyn Write) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(entry)?;
    line.push(b'\n');
    out.write_all(&line)
}

/// The file of a state.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    _lock: StateLock,
    file: File,
    size: u64,
    /// The size at which the file is replaced.
    limit: u64,
    /// Whether the file lacks changes: it is replaced at the next one.
    is_stale: bool,
}

impl Journal {
    /// Opens a file, or makes it, and locks it. A last line that was not written to its end is
    /// dropped: what depends on it has not happened.
    pub(super) fn open(path: &Path) -> Result<(Self, NotifyState), Error> {
        let lock = StateLock::acquire(path)?;
        let file = open_to_append(path)?;
        let bytes =
            read_file(path, JOURNAL_MAX).map_err(|error| Error::input(path.display(), error))?;
        let mut state = NotifyState::default();
        let mut is_stale = false;
        let lines: Vec<_> = bytes.split(|byte| *byte == b'\n').collect();
        let last = lines.iter().rposition(|line| !line.is_empty());
        for (n, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_empty()) {
            match serde_json::from_slice(line) {
                Ok(JournalEntry::Start { version, .. }) if version != VERSION => {
                    let what = format!("invalid version {version} (expected {VERSION})");
                    return Err(Error::refused(path.display(), what));
                }
                Ok(entry) => state.apply(entry),
                Err(_) if Some(n) == last && n > 0 => is_stale = true,
                Err(error) => {
                    let at = format!("{}:{}", path.display(), n + 1);
                    let what = format!("invalid state file of mtp-notify ({error})");
                    return Err(Error::refused(at, what));
                }
            }
        }
        is_stale |= bytes.last().is_some_and(|last| *last != b'\n');
        let size = bytes.len() as u64;
        let limit = (2 * size).max(COMPACT_MIN);
        let path = path.to_owned();
        Ok((Self { path, _lock: lock, file, size, limit, is_stale }, state))
    }

    /// Appends changes that the state has already, and waits until they are on the disk.
    pub(super) fn append(
        &mut self,
        entries: &[JournalEntry],
        state: &NotifyState,
    ) -> Result<(), Error> {
        if entries.is_empty() {
            return Ok(());
        }
        if self.is_stale || self.size > self.limit {
            return self.replace(state);
        }
        let mut bytes = Vec::new();
        let written = entries
            .iter()
            .try_for_each(|entry| write_entry(entry, &mut bytes))
            .and_then(|()| self.file.write_all(&bytes))
            .and_then(|()| self.file.sync_data());
        self.size += bytes.len() as u64;
        self.is_stale = written.is_err();
        written.map_err(|error| Error::input(self.path.display(), error))
    }

    /// Replaces the file by the state.
    fn replace(&mut self, state: &NotifyState) -> Result<(), Error> {
        self.is_stale = true;
        atomic_write::replace_with(&self.path, NewFile::Private, |file| {
            let mut buffered = std::io::BufWriter::new(file);
            state.write(&mut buffered)?;
            buffered.flush()
        })?;
        self.file = open_to_append(&self.path)?;
        let meta =
            self.file.metadata().map_err(|error| Error::input(self.path.display(), error))?;
        self.size = meta.len();
        self.limit = (2 * self.size).max(COMPACT_MIN);
        self.is_stale = false;
        Ok(())
    }
}

/// Opens a file to append to it.
fn open_to_append(path: &Path) -> Result<File, Error> {
    // A pipe without a reader is an error, not a wait.
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o600).custom_flags(flags);
    options.open(path).map_err(|error| Error::input(path.display(), error))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// In memory where possible: each change is synced.
    fn folder() -> tempfile::TempDir {
        tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
    }

    fn queued(seq: u64) -> JournalEntry {
        let message = QueuedMessage { seq, row: "{}".to_owned(), ..QueuedMessage::default() };
        JournalEntry::Queue { channel: ChannelKind::Exec, message }
    }

    fn waiting(state: &NotifyState) -> Vec<(u64, bool)> {
        let queue = state.queues.get(&ChannelKind::Exec).into_iter().flatten();
        queue.map(|message| (message.seq, message.is_attempted)).collect()
    }

    /// Whatever the length at which the file is cut, the state is that of a prefix of the changes.
    #[test]
    fn a_journal_is_read_after_a_kill_at_any_byte() {
        let folder = folder();
        let path = folder.path().join("state");
        let channel = ChannelKind::Exec;
        let start = JournalEntry::Start { version: VERSION, store: "s".to_owned(), next: 1 };
        let changes = [
            start,
            queued(1),
            queued(2),
            JournalEntry::Attempt { channel, seq: 1 },
            JournalEntry::Done { channel, seq: 1 },
            JournalEntry::Attempt { channel, seq: 2 },
            JournalEntry::Failed { channel, seq: 2 },
        ];
        let (mut journal, mut state) = Journal::open(&path).unwrap();
        let mut states = vec![waiting(&state)];
        let mut ends = vec![0];
        for change in changes {
            state.apply(change.clone());
            journal.append(&[change], &state).unwrap();
            states.push(waiting(&state));
            ends.push(usize::try_from(fs::metadata(&path).unwrap().len()).unwrap());
        }
        drop(journal);
        let whole = fs::read(&path).unwrap();
        for length in ends[1]..=whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let (mut journal, mut state) = Journal::open(&path).unwrap();
            // A line without its newline is complete JSON one byte before its end.
            let number = ends.iter().filter(|end| **end <= length + 1).count() - 1;
            assert_eq!(waiting(&state), states[number], "{length} bytes");
            // The next change replaces what was torn.
            state.apply(queued(9));
            journal.append(&[queued(9)], &state).unwrap();
            drop(journal);
            assert_eq!(waiting(&Journal::open(&path).unwrap().1), waiting(&state));
        }
    }

    #[test]
    fn a_journal_is_compacted_locked_and_checked() {
        let folder = folder();
        let path = folder.path().join("state");
        let (mut journal, mut state) = Journal::open(&path).unwrap();
        assert!(Journal::open(&path).unwrap_err().to_string().contains("in use"));
        let (channel, mut largest) = (ChannelKind::Exec, 0);
        for seq in 0..4000 {
            let changes = [queued(seq), JournalEntry::Done { channel, seq }];
            for change in &changes {
                state.apply(change.clone());
            }
            journal.append(&changes, &state).unwrap();
            largest = largest.max(fs::metadata(&path).unwrap().len());
        }
        assert!(largest < 2 * COMPACT_MIN, "{largest}");
        drop(journal);
        let pipe = folder.path().join("pipe");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        assert!(Journal::open(&pipe).is_err());
        for text in ["x\ny\n", "{\"op\":\"start\",\"version\":2,\"store\":\"\",\"next\":1}\n"] {
            fs::write(&path, text).unwrap();
            let error = Journal::open(&path).unwrap_err().to_string();
            assert!(error.contains("invalid"), "{error}");
        }
    }
}
