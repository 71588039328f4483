//! What the reading thread and the screen share: the model, and whether the input has ended.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::super::{Anonymizer, ReportModel};
use crate::stream::Row;

/// What both threads use.
#[derive(Clone, Debug)]
pub struct Shared(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    model: Mutex<(ReportModel, Anonymizer)>,
    version: AtomicU64,
    ended: AtomicBool,
    stopped: AtomicBool,
}

impl Shared {
    /// Of nothing yet.
    pub fn new(names: Anonymizer) -> Self {
        Self(Arc::new(Inner {
            model: Mutex::new((ReportModel::default(), names)),
            version: AtomicU64::new(0),
            ended: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
        }))
    }

    /// Reads the model while nothing is added to it.
    pub fn with<T>(&self, read: impl FnOnce(&ReportModel, &mut Anonymizer) -> T) -> T {
        let mut inside = self.0.model.lock().unwrap_or_else(PoisonError::into_inner);
        let (model, names) = &mut *inside;
        read(model, names)
    }

    /// Grows with every row.
    pub fn version(&self) -> u64 {
        self.0.version.load(Ordering::Relaxed)
    }

    /// Whether the stream has ended.
    pub fn is_ended(&self) -> bool {
        self.0.ended.load(Ordering::Relaxed)
    }

    /// Whether a signal ended it.
    pub fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::Relaxed)
    }

    /// Adds a line to the model.
    pub fn ingest(&self, line: &[u8]) {
        let row = Row::read(line);
        let mut inside = self.0.model.lock().unwrap_or_else(PoisonError::into_inner);
        inside.1.learn(&row);
        inside.0.ingest(&row);
        drop(inside);
        self.0.version.fetch_add(1, Ordering::Relaxed);
    }

    /// Marks the end of the input.
    pub fn end(&self, is_stopped: bool) {
        self.0.ended.store(true, Ordering::Relaxed);
        self.0.version.fetch_add(1, Ordering::Relaxed);
        self.0.stopped.store(is_stopped, Ordering::Relaxed);
    }
}
