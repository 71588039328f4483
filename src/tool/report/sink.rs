//! A file that is made anew as the stream goes on, never more often than is asked for.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::io::atomic_write::replace;
use crate::io::reporter::Reporter;

/// A file costs at most this part of the time: the next one is made this many times later than
/// the last one took.
const COST: u32 = 10;

/// The file.
#[derive(Debug)]
pub(super) struct Sink {
    path: PathBuf,
    every: Duration,
    due: Option<Instant>,
    /// Whether anything came since it was written.
    is_stale: bool,
    /// Whether the last try failed, so that it is said once.
    failed: bool,
}

impl Sink {
    /// A file that is written at most once in this time.
    pub(super) fn new(path: PathBuf, every: Duration) -> Self {
        Self { path, every, due: None, is_stale: true, failed: false }
    }

    /// Something came.
    pub(super) fn touch(&mut self) {
        self.is_stale = true;
    }

    /// When it is to be written next, if it is.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.due.filter(|_| self.is_stale)
    }

    /// Whether it may be written now.
    pub(super) fn is_due(&self) -> bool {
        self.is_stale && self.due.is_none_or(|due| due <= Instant::now())
    }

    /// Writes it; what went wrong is said once, and tried again the next time.
    pub(super) fn write(&mut self, reporter: Reporter, make: impl FnOnce() -> Vec<u8>) {
        let begun = Instant::now();
        let written = replace(&self.path, &make());
        self.due = Some(Instant::now() + self.every.max(begun.elapsed() * COST));
        self.is_stale = false;
        if let Err(error) = &written
            && !self.failed
        {
            reporter.print(error);
        }
        self.failed = written.is_err();
    }

    /// Whether the file could not be written the last time.
    pub(super) fn has_failed(&self) -> bool {
        self.failed
    }
}

/// Reads the key of `--anonymize-key`.
pub(super) fn read_key(path: &PathBuf) -> Result<Vec<u8>, Error> {
    let key = std::fs::read(path).map_err(|error| Error::input(path.display(), error))?;
    if key.len() < 16 {
        let what = "a key has 16 bytes or more: head -c 32 /dev/urandom > FILE makes one";
        return Err(Error::refused(path.display(), what));
    }
    Ok(key)
}
