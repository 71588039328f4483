//! Lines that arrive in pieces: what is there of them so far, within limits.

use super::form::Form;
use super::peel::Peeled;
use crate::timestamp::Timestamp;

/// The longest line that is put together; what is beyond it is dropped and counted.
pub const LINE_MAX: usize = 1024 * 1024;
/// How many streams may have an unfinished line at once. One more, and the oldest is given out
/// as it is.
pub const STREAMS_MAX: usize = 256;
/// How much all unfinished lines may hold.
pub const TOTAL_MAX: usize = 16 * 1024 * 1024;

/// An unfinished line.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) form: Form,
    pub(super) text: Vec<u8>,
    pub(super) ts: Option<Timestamp>,
    pub(super) source: Option<Vec<u8>>,
    stream: Vec<u8>,
}

/// The unfinished lines, oldest first.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    held: Vec<Held>,
    total: usize,
    /// Lines that were cut at [`LINE_MAX`].
    pub(super) cut: u64,
}

impl Pieces {
    /// Whether nothing is held: almost always.
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Takes out what is held of this stream.
    pub(super) fn take(&mut self, source: Option<&[u8]>, stream: &[u8]) -> Option<Held> {
        let is_it = |held: &Held| held.stream == stream && held.source.as_deref() == source;
        let at = self.held.iter().position(is_it)?;
        let held = self.held.remove(at);
        self.total -= held.text.len();
        Some(held)
    }

    /// Takes out the oldest.
    pub(super) fn oldest(&mut self) -> Option<Held> {
        (!self.held.is_empty()).then(|| self.held.remove(0)).inspect(|held| {
            self.total -= held.text.len();
        })
    }

    /// Takes out the oldest, if more is held than may be.
    pub(super) fn overflow(&mut self) -> Option<Held> {
        let is_over = self.held.len() > STREAMS_MAX || self.total > TOTAL_MAX;
        is_over.then(|| self.oldest()).flatten()
    }

    /// Holds the first or a further piece.
    pub(super) fn hold(&mut self, held: Held) {
        self.total += held.text.len();
        self.held.push(held);
    }

    /// Adds a piece to an unfinished line, as far as it may grow.
    pub(super) fn add(&mut self, held: &mut Held, piece: &[u8]) {
        let room = LINE_MAX.saturating_sub(held.text.len());
        if piece.len() > room && held.text.len() < LINE_MAX {
            self.cut += 1;
        }
        held.text.extend_from_slice(piece.get(..room).unwrap_or(piece));
    }
}

impl Held {
    /// An unfinished line of which nothing is there yet.
    pub(super) fn new(peeled: &Peeled<'_>, stream: &[u8]) -> Self {
        Self {
            form: peeled.inner.or(peeled.outer).unwrap_or(Form::Bare),
            text: Vec::new(),
            ts: peeled.ts,
            source: peeled.source.map(<[u8]>::to_vec),
            stream: stream.to_vec(),
        }
    }
}
