//! The thread that reads: rows into the book, which the screen looks at from time to time.

use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::super::book::Book;
use super::super::names::Names;
use super::super::row;
use crate::error::{Error, ExitStatus};
use crate::io::output::Output;
use crate::io::reporter::Reporter;
use crate::tool::event_loop::{self, Filter, LineOrigin};

/// What both threads see.
#[derive(Clone, Debug)]
pub(super) struct Shared(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    book: Mutex<(Book, Names)>,
    version: AtomicU64,
    ended: AtomicBool,
    stopped: AtomicBool,
}

impl Shared {
    /// Of nothing yet.
    pub(super) fn new(names: Names) -> Self {
        Self(Arc::new(Inner {
            book: Mutex::new((Book::default(), names)),
            version: AtomicU64::new(0),
            ended: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
        }))
    }

    /// Looks at the book while nothing is added to it.
    pub(super) fn with<T>(&self, look: impl FnOnce(&Book, &mut Names) -> T) -> T {
        let mut inside = self.0.book.lock().unwrap_or_else(PoisonError::into_inner);
        let (book, names) = &mut *inside;
        look(book, names)
    }

    /// Grows with every row.
    pub(super) fn version(&self) -> u64 {
        self.0.version.load(Ordering::Relaxed)
    }

    /// Whether the stream has ended.
    pub(super) fn is_ended(&self) -> bool {
        self.0.ended.load(Ordering::Relaxed)
    }

    /// Whether a signal ended it.
    pub(super) fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::Relaxed)
    }

    /// Takes a line into the book.
    pub(super) fn take(&self, line: &[u8]) {
        let row = row::read(line);
        let mut inside = self.0.book.lock().unwrap_or_else(PoisonError::into_inner);
        inside.1.learn(&row);
        inside.0.take(&row, line);
        drop(inside);
        self.0.version.fetch_add(1, Ordering::Relaxed);
    }
}

/// Reads to the end of the files, or to a signal.
pub(super) fn run(
    files: &[PathBuf],
    shared: &Shared,
    reporter: Reporter,
) -> Result<ExitStatus, Error> {
    let nowhere = File::options().write(true).open("/dev/null");
    let nowhere = nowhere.map_err(|error| Error::input("/dev/null", error))?;
    let mut feed = Feed { shared: shared.clone(), sources: files.len().max(1) };
    let ending = event_loop::run(files, &mut feed, &mut Output::to(nowhere), reporter);
    shared.0.ended.store(true, Ordering::Relaxed);
    shared.0.version.fetch_add(1, Ordering::Relaxed);
    if feed.sources > 0 && ending.is_ok() {
        // Fewer inputs ended than there are: a signal cut them short.
        shared.0.stopped.store(true, Ordering::Relaxed);
    }
    ending
}

struct Feed {
    shared: Shared,
    sources: usize,
}

impl Filter for Feed {
    fn line(&mut self, line: &[u8], _at: LineOrigin<'_>, _out: &mut Output) -> Result<(), Error> {
        if !line.iter().all(u8::is_ascii_whitespace) {
            self.shared.take(line);
        }
        Ok(())
    }

    fn report(&mut self, _out: &mut Output) -> Result<(), Error> {
        Ok(())
    }

    fn source_ended(&mut self, _cut: u64) {
        self.sources = self.sources.saturating_sub(1);
    }

    fn finish(&mut self, _out: &mut Output) -> Result<(), Error> {
        Ok(())
    }
}
