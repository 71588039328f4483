//! Lines that arrive in pieces: what has come of them so far, within limits.

use super::format::FrameFormat;
use super::stripped_line::StrippedLine;
use crate::timestamp::Timestamp;

/// The longest line that is put together; what is beyond it is dropped and counted.
pub const LINE_MAX: usize = 1024 * 1024;
/// How many streams may have an unfinished line at once. With one more, the oldest is emitted as
/// it is.
pub const STREAMS_MAX: usize = 256;
/// How much all unfinished lines may hold.
pub const TOTAL_MAX: usize = 16 * 1024 * 1024;

/// An unfinished line.
#[derive(Debug)]
pub(super) struct PartialLine {
    pub(super) format: FrameFormat,
    pub(super) text: Vec<u8>,
    pub(super) ts: Option<Timestamp>,
    pub(super) source: Option<Vec<u8>>,
    stream: Vec<u8>,
}

/// The unfinished lines, oldest first.
#[derive(Debug, Default)]
pub(super) struct PartialLines {
    held: Vec<PartialLine>,
    total: usize,
    /// Lines that were cut at [`LINE_MAX`].
    pub(super) cut: u64,
}

impl PartialLines {
    /// Whether nothing is held: almost always.
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Takes out what is held of this stream.
    pub(super) fn take(&mut self, source: Option<&[u8]>, stream: &[u8]) -> Option<PartialLine> {
        let is_it = |held: &PartialLine| held.stream == stream && held.source.as_deref() == source;
        let at = self.held.iter().position(is_it)?;
        let held = self.held.remove(at);
        self.total -= held.text.len();
        Some(held)
    }

    /// Takes out the oldest.
    pub(super) fn take_oldest(&mut self) -> Option<PartialLine> {
        (!self.held.is_empty()).then(|| self.held.remove(0)).inspect(|held| {
            self.total -= held.text.len();
        })
    }

    /// Takes out the oldest, if more is held than may be.
    pub(super) fn take_excess(&mut self) -> Option<PartialLine> {
        let is_over = self.held.len() > STREAMS_MAX || self.total > TOTAL_MAX;
        is_over.then(|| self.take_oldest()).flatten()
    }

    /// Holds the first or a further piece.
    pub(super) fn hold(&mut self, held: PartialLine) {
        self.total += held.text.len();
        self.held.push(held);
    }

    /// Appends a piece to an unfinished line, as far as it may grow.
    pub(super) fn append(&mut self, held: &mut PartialLine, piece: &[u8]) {
        let room = LINE_MAX.saturating_sub(held.text.len());
        if piece.len() > room && held.text.len() < LINE_MAX {
            self.cut += 1;
        }
        held.text.extend_from_slice(piece.get(..room).unwrap_or(piece));
    }
}

impl PartialLine {
    /// An unfinished line without its first piece.
    pub(super) fn new(stripped: &StrippedLine<'_>, stream: &[u8]) -> Self {
        Self {
            format: stripped.inner.or(stripped.outer).unwrap_or(FrameFormat::Bare),
            text: Vec::new(),
            ts: stripped.ts,
            source: stripped.source.map(<[u8]>::to_vec),
            stream: stream.to_vec(),
        }
    }
}
