//! A file that is written again as the stream goes on, never more often than is asked for, and never
//! over a file of somebody else.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::io::atomic_write::{NewFile, replace_with};
use crate::io::read_file::read_file;
use crate::io::reporter::Reporter;

/// A file costs at most this part of the time: the next one is made this many times later than
/// the last one took.
const COST: u32 = 10;

/// The file.
#[derive(Debug)]
pub struct ThrottledFile {
    path: PathBuf,
    /// Who may read it.
    new: NewFile,
    every: Duration,
    due: Option<Instant>,
    /// Whether anything came since it was written.
    is_stale: bool,
    /// Whether the last attempt failed, so that it is reported once.
    failed: bool,
}

impl ThrottledFile {
    /// A file that is written at most once in this time.
    pub fn new(path: PathBuf, new: NewFile, every: Duration) -> Self {
        Self { path, new, every, due: None, is_stale: true, failed: false }
    }

    /// The same, written only once something came.
    #[must_use]
    pub fn unchanged(self) -> Self {
        Self { is_stale: false, ..self }
    }

    /// Something came.
    pub fn touch(&mut self) {
        self.is_stale = true;
    }

    /// When it is to be written next, if it is.
    pub fn deadline(&self) -> Option<Instant> {
        self.due.filter(|_| self.is_stale)
    }

    /// Whether it may be written now.
    pub fn is_due(&self) -> bool {
        self.is_stale && self.due.is_none_or(|due| due <= Instant::now())
    }

    /// Writes it. An error is reported once, and the next attempt comes in its time.
    pub fn write(&mut self, reporter: Reporter, make: impl FnOnce() -> Vec<u8>) {
        let begun = Instant::now();
        let bytes = make();
        let written = replace_with(&self.path, self.new, |file| file.write_all(&bytes));
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
    pub fn has_failed(&self) -> bool {
        self.failed
    }
}

/// What a file contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    Page,
    Metrics,
}

impl Content {
    /// What a file of ours begins with.
    fn beginning(self) -> &'static [u8] {
        match self {
            Self::Page => b"<!doctype html>\n<html lang=",
            Self::Metrics => b"# HELP mtp_",
        }
    }

    /// What stands in the first kilobyte of a file of ours.
    fn mark(self) -> &'static str {
        match self {
            Self::Page => "<meta name=generator content=mtp-report>",
            Self::Metrics => "# TYPE mtp_",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Page => "a page",
            Self::Metrics => "metrics",
        }
    }
}

/// Refuses a path whose file is also read, or that has another file than one of ours.
pub fn check(
    path: &Path,
    content: Content,
    inputs: &[PathBuf],
    is_forced: bool,
) -> Result<(), Error> {
    let Ok(there) = fs::metadata(path) else { return Ok(()) };
    if !there.is_file() {
        return Ok(());
    }
    let is_it = |path: &Path| {
        fs::metadata(path).is_ok_and(|meta| (meta.dev(), meta.ino()) == (there.dev(), there.ino()))
    };
    let stdin = PathBuf::from("/dev/stdin");
    let read = inputs.iter().find(|input| is_it(input));
    if read.is_some() || (inputs.is_empty() && is_it(&stdin)) {
        let what = "this file is also an input; write to another file";
        return Err(Error::refused(path.display(), what));
    }
    if is_forced || there.len() == 0 {
        return Ok(());
    }
    let mut head = Vec::new();
    let opened = File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    opened.map_err(|error| Error::input(path.display(), error))?;
    let has_mark = memchr::memmem::find(&head, content.mark().as_bytes()).is_some();
    if head.starts_with(content.beginning()) && has_mark {
        return Ok(());
    }
    let what = format!("not {} of mtp-report; --force replaces it", content.name());
    Err(Error::refused(path.display(), what))
}

/// Bytes by which a file is recognised.
const HEAD: u64 = 1024;

/// Bytes of a key.
const KEY_MAX: u64 = 4096;

/// Reads the key of `--anonymize-key`.
pub fn read_key(path: &Path) -> Result<Vec<u8>, Error> {
    let key = read_file(path, KEY_MAX).map_err(|error| Error::input(path.display(), error))?;
    if key.len() < 16 {
        let what = "a key has 16 bytes or more: head -c 32 /dev/urandom > FILE makes one";
        return Err(Error::refused(path.display(), what));
    }
    Ok(key)
}
