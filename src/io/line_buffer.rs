//! Lines, lent from the reader's own buffer: nothing is copied but a line that straddles two
//! reads, and no line is longer than a named limit.

use std::time::Instant;

use memchr::memchr;

use super::source::{Buffering, Source};
use super::wait::{Signals, Wakeup};
use crate::error::Error;

/// The longest line that is kept whole. What is beyond it is dropped and counted.
pub const LINE_MAX: usize = 1024 * 1024;
/// How much is asked for at once.
const READ: usize = 256 * 1024;

/// The lines of one source.
#[derive(Debug)]
pub struct LineReader {
    source: Source,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// How far after `start` it is known that there is no line end.
    searched: usize,
    number: u64,
    cutting: bool,
    ended: bool,
    /// Lines that were cut at [`LINE_MAX`].
    pub cut: u64,
}

/// What came of asking for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// There may be lines now.
    More,
    /// There will be no more; a last line without an end may be left.
    End,
    /// The clock, as asked.
    Tick,
    /// SIGUSR1.
    Report,
    /// SIGINT or SIGTERM.
    Stop,
}

impl LineReader {
    /// The lines of a source.
    pub fn new(source: Source) -> Self {
        Self::with_buffer(source, READ)
    }

    /// The same with a first buffer of another size.
    pub fn with_buffer(source: Source, size: usize) -> Self {
        Self {
            source,
            buffer: vec![0; size.max(1)],
            start: 0,
            end: 0,
            searched: 0,
            number: 0,
            cutting: false,
            ended: false,
            cut: 0,
        }
    }

    /// The name of the source.
    pub fn name(&self) -> &str {
        &self.source.name
    }

    /// The number of the last line lent, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Asks for more bytes, once [`LineReader::line`] has none left. `idle` is called before it would
    /// have to wait: that is the moment to write what was held back.
    pub fn fill(
        &mut self,
        signals: &Signals,
        deadline: Option<Instant>,
        idle: &mut dyn FnMut() -> Result<(), Error>,
    ) -> Result<Fill, Error> {
        let name = self.source.name.clone();
        let failed = |error| Error::input(&name, error);
        let mut wake = signals.look(self.source.fd()).map_err(failed)?;
        if wake.is_none() {
            idle()?;
            if self.source.depth() == Buffering::Direct {
                wake = Some(signals.wait(self.source.fd(), deadline).map_err(failed)?);
            }
        }
        match wake {
            Some(Wakeup::Stop) => return Ok(Fill::Stop),
            Some(Wakeup::Report) => return Ok(Fill::Report),
            Some(Wakeup::Tick) => return Ok(Fill::Tick),
            Some(Wakeup::Ready) | None => {}
        }
        self.read_some().map_err(failed)
    }

    fn read_some(&mut self) -> std::io::Result<Fill> {
        self.make_room();
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        match self.source.read(room) {
            Ok(0) => {
                self.ended = true;
                Ok(Fill::End)
            }
            Ok(read) => {
                self.end += read;
                Ok(Fill::More)
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => Ok(Fill::More),
            Err(error) => Err(error),
        }
    }

    /// The next whole line, without its end; at the end of input also a last one without end.
    pub fn line(&mut self) -> Option<&[u8]> {
        loop {
            let unseen = self.buffer.get(self.start + self.searched..self.end)?;
            let Some(at) = memchr(b'\n', unseen) else { break };
            let (from, to) = (self.start, self.start + self.searched + at);
            self.start = to + 1;
            self.searched = 0;
            if std::mem::take(&mut self.cutting) {
                continue; // the tail of a line whose head was lent already
            }
            return self.lend(from, to);
        }
        self.searched = self.end - self.start;
        let whole = self.ended && self.searched > 0;
        if self.cutting {
            self.start = self.end;
            self.searched = 0;
            return None;
        }
        if whole || self.searched > LINE_MAX {
            let from = self.start;
            self.cutting = !whole;
            self.start = self.end;
            self.searched = 0;
            return self.lend(from, self.end);
        }
        None
    }

    /// The same with its number.
    pub fn numbered(&mut self) -> Option<(&[u8], u64)> {
        let number = self.number + 1;
        self.line().map(|line| (line, number))
    }

    fn lend(&mut self, from: usize, to: usize) -> Option<&[u8]> {
        self.number += 1;
        let is_long = to - from > LINE_MAX || self.cutting;
        self.cut += u64::from(is_long);
        let line = self.buffer.get(from..to.min(from + LINE_MAX))?;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }

    /// Moves the beginning of an unfinished line to the front, and grows for a long one.
    fn make_room(&mut self) {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            self.buffer.resize((self.buffer.len() * 2).min(LINE_MAX + READ), 0);
        }
    }
}
