//! Follows the logs of containers, files and the journal, with a cursor for each source.
//!
//! A follower runs in a thread of its own and sends [`Update`]s. A batch of lines has the cursor
//! that is valid after it: who writes both, in this order, loses no line and repeats none.

pub mod container;
pub mod file;
pub mod journal;
mod messages;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::mpsc::SyncSender;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::io::atomic_write::{self, NewFile};
use crate::io::read_file::read_file;
use crate::stream::event::GAP_PREFIX;
use crate::timestamp::Timestamp;

pub use file::FileCursor;
pub use messages::ContainerCursor;

/// Bytes of lines that are sent together.
const BATCH_BYTES: usize = 64 * 1024;
/// The longest line; more of it is written as another line.
const LINE_MAX: usize = 1024 * 1024;
/// The largest state file.
const STATE_MAX: u64 = 16 * 1024 * 1024;

/// What a follower sends.
#[derive(Debug)]
pub enum Update {
    Lines(Batch),
    /// The source no longer exists: its cursor is not needed.
    Forget(String),
    /// A message for standard error.
    Report(String),
    Stop,
    ReportCounts,
}

/// Lines of one source.
#[derive(Debug)]
pub struct Batch {
    /// The key of the source in the state.
    pub source: String,
    /// Whole lines.
    pub lines: Vec<u8>,
    /// The position after these lines.
    pub cursor: Option<Cursor>,
}

/// Where followers send to.
pub type Updates = SyncSender<Update>;

/// The position in a source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Cursor {
    Container(ContainerCursor),
    File(FileCursor),
    Journal { cursor: String },
}

/// The positions in all sources.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SavedPositions {
    version: u32,
    pub sources: BTreeMap<String, Cursor>,
}

/// The format of the state file.
const VERSION: u32 = 1;

impl SavedPositions {
    /// Loads a state file; one that does not exist is an empty state.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let name = path.display();
        let text = match read_file(path, STATE_MAX) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Self { version: VERSION, ..Self::default() });
            }
            Err(error) => return Err(Error::input(&name, error)),
        };
        let state: Self = serde_json::from_slice(&text)
            .map_err(|error| Error::refused(&name, format!("invalid state file ({error})")))?;
        if state.version != VERSION {
            let what = format!("invalid version {} (expected {VERSION})", state.version);
            return Err(Error::refused(&name, what));
        }
        Ok(state)
    }

    /// Replaces the state file and waits until it is on the disk.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let text = serde_json::to_vec(self).unwrap_or_default();
        atomic_write::replace_with(path, NewFile::Private, |file| file.write_all(&text))
    }

    /// Replaces the state file without that wait: between lines and their position there is as
    /// little time as possible.
    pub fn save_quickly(&self, path: &Path) -> Result<(), Error> {
        let text = serde_json::to_vec(self).unwrap_or_default();
        atomic_write::replace_quickly(path, &text)
    }
}

/// The line that mtp-parse turns into a `note`.
pub fn gap_line(prefix: &str, what: &str) -> Vec<u8> {
    let now = Timestamp::now().0;
    let (mut seconds, millis) = (Vec::new(), now.rem_euclid(1000));
    Timestamp(now - millis).write(&mut seconds);
    // Nine digits, as the engine writes them.
    let seconds = String::from_utf8_lossy(&seconds);
    let time = format!("{}.{:09}Z ", seconds.trim_end_matches('Z'), millis * 1_000_000);
    let time = if prefix.is_empty() { String::new() } else { time };
    format!("{prefix}{time}{GAP_PREFIX}{what}\n").into_bytes()
}

/// Assembles batches.
#[derive(Debug)]
struct Sender {
    source: String,
    lines: Vec<u8>,
    updates: Updates,
}

/// The receiver has ended.
#[derive(Debug)]
struct Disconnected;

impl Sender {
    fn new(source: String, updates: &Updates) -> Self {
        Self { source, lines: Vec::new(), updates: updates.clone() }
    }

    /// Sends the lines so far and the cursor after them.
    fn flush(&mut self, cursor: Option<Cursor>) -> Result<(), Disconnected> {
        if self.lines.is_empty() && cursor.is_none() {
            return Ok(());
        }
        let (source, lines) = (self.source.clone(), std::mem::take(&mut self.lines));
        self.send(Update::Lines(Batch { source, lines, cursor }))
    }

    fn report(&self, what: impl std::fmt::Display) -> Result<(), Disconnected> {
        self.send(Update::Report(what.to_string()))
    }

    fn send(&self, update: Update) -> Result<(), Disconnected> {
        self.updates.send(update).map_err(|_| Disconnected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_loaded_as_it_was_saved() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state");
        let mut state = SavedPositions::load(&path).unwrap();
        let cursor = Cursor::Journal { cursor: "s=1;i=2".to_owned() };
        state.sources.insert("journal:telemt".to_owned(), cursor);
        state.save(&path).unwrap();
        assert_eq!(SavedPositions::load(&path).unwrap(), state);
        for text in ["", "{", r#"{"version":2,"sources":{}}"#, "[]"] {
            std::fs::write(&path, text).unwrap();
            let error = SavedPositions::load(&path).unwrap_err().to_string();
            assert!(error.contains("invalid"), "{text}: {error}");
        }
    }
}
