//! Bytes to lines, of bounded length. A line is borrowed from the buffer: only one that straddles
//! two reads is moved.

use std::io::{self, Read};
use std::time::Instant;

use memchr::memchr;

use super::source::{Buffering, Source};
use super::wait::{Signals, Wakeup};
use crate::error::Error;

/// The longest line that is kept whole. What is beyond it is dropped and counted.
pub const LINE_MAX: usize = 1024 * 1024;
/// How much is read at once.
pub const READ: usize = 256 * 1024;

/// Bytes that were read, and the lines among them.
#[derive(Debug)]
pub struct LineBuffer {
    bytes: Vec<u8>,
    /// How much the buffer grows beyond a line of [`LINE_MAX`].
    read: usize,
    start: usize,
    end: usize,
    /// How many bytes from `start` on were searched for a line end.
    searched: usize,
    number: u64,
    /// The rest of a line that was cut is being dropped.
    is_cutting: bool,
    is_ended: bool,
    cut: u64,
}

/// A line without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'b> {
    pub text: &'b [u8],
    /// Its number in the input, from 1.
    pub number: u64,
    /// It was longer than [`LINE_MAX`], and its end is missing.
    pub is_cut: bool,
}

impl LineBuffer {
    /// A buffer that reads this much at once.
    pub fn new(read: usize) -> Self {
        let read = read.max(1);
        Self {
            bytes: vec![0; read],
            read,
            start: 0,
            end: 0,
            searched: 0,
            number: 0,
            is_cutting: false,
            is_ended: false,
            cut: 0,
        }
    }

    /// Reads once; 0 is the end of the input, and a last line without end is a line then.
    pub fn read_from(&mut self, source: &mut dyn Read) -> io::Result<usize> {
        self.make_room();
        let room = self.bytes.get_mut(self.end..).unwrap_or_default();
        let read = source.read(room)?;
        self.is_ended = read == 0;
        self.end += read;
        Ok(read)
    }

    /// The next whole line.
    pub fn take_line(&mut self) -> Option<Line<'_>> {
        loop {
            let rest = self.bytes.get(self.start + self.searched..self.end)?;
            let Some(at) = memchr(b'\n', rest) else { break };
            let (from, to) = (self.start, self.start + self.searched + at);
            (self.start, self.searched) = (to + 1, 0);
            if !std::mem::take(&mut self.is_cutting) {
                return self.line(from, to, to - from > LINE_MAX);
            }
        }
        let (from, to) = (self.start, self.end);
        self.searched = to - from;
        if self.is_cutting {
            (self.start, self.searched) = (to, 0);
            return None;
        }
        let is_long = self.searched > LINE_MAX;
        if is_long || (self.is_ended && self.searched > 0) {
            (self.start, self.searched) = (to, 0);
            self.is_cutting = is_long && !self.is_ended;
            return self.line(from, to, is_long);
        }
        None
    }

    fn line(&mut self, from: usize, to: usize, is_cut: bool) -> Option<Line<'_>> {
        self.number += 1;
        self.cut += u64::from(is_cut);
        let text = self.bytes.get(from..to.min(from + LINE_MAX))?;
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        Some(Line { text, number: self.number, is_cut })
    }

    /// The number of the last line, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// How many lines were cut at [`LINE_MAX`].
    pub fn cut(&self) -> u64 {
        self.cut
    }

    /// Drops what was read: another input begins.
    pub fn restart(&mut self) {
        (self.start, self.end, self.searched) = (0, 0, 0);
        (self.is_cutting, self.is_ended) = (false, false);
    }

    /// Moves the unfinished line to the front, and grows for a long one.
    fn make_room(&mut self) {
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.bytes.len() {
            self.bytes.resize((self.bytes.len() * 2).min(LINE_MAX + self.read), 0);
        }
    }
}

/// The lines of one source.
#[derive(Debug)]
pub struct LineReader {
    source: Source,
    buffer: LineBuffer,
}

/// What ended a wait for more lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// There may be lines now.
    More,
    /// The end of the input; a last line without an end may be left.
    End,
    /// The deadline.
    Tick,
    /// SIGUSR1.
    Report,
    /// SIGHUP, SIGINT or SIGTERM.
    Stop,
}

impl LineReader {
    pub fn new(source: Source) -> Self {
        Self { source, buffer: LineBuffer::new(READ) }
    }

    /// The name of the source.
    pub fn name(&self) -> &str {
        &self.source.name
    }

    pub fn buffer(&mut self) -> &mut LineBuffer {
        &mut self.buffer
    }

    /// Reads more bytes, once the buffer has no line left. `idle` is called before a wait: what was
    /// held back is written then.
    pub fn fill(
        &mut self,
        signals: &Signals,
        deadline: Option<Instant>,
        idle: &mut dyn FnMut() -> Result<(), Error>,
    ) -> Result<Fill, Error> {
        let mut wakeup =
            signals.poll_now(self.source.fd()).map_err(|error| self.source.failed(error))?;
        if wakeup.is_none() {
            idle()?;
            if self.source.buffering() == Buffering::Direct {
                let ended = signals.wait(self.source.fd(), deadline);
                wakeup = Some(ended.map_err(|error| self.source.failed(error))?);
            }
        }
        match wakeup {
            Some(Wakeup::Stop) => return Ok(Fill::Stop),
            Some(Wakeup::Report) => return Ok(Fill::Report),
            Some(Wakeup::Tick) => return Ok(Fill::Tick),
            Some(Wakeup::Ready) | None => {}
        }
        match self.buffer.read_from(&mut self.source) {
            Ok(0) => Ok(Fill::End),
            Ok(_) => Ok(Fill::More),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Fill::More),
            Err(error) => Err(self.source.failed(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of an input that is read a few bytes at a time.
    fn lines(input: &[u8], read: usize) -> (Vec<(Vec<u8>, bool)>, u64) {
        let mut buffer = LineBuffer::new(read);
        let (mut rest, mut lines) = (input, Vec::new());
        loop {
            let count = buffer.read_from(&mut rest).unwrap();
            while let Some(line) = buffer.take_line() {
                lines.push((line.text.to_vec(), line.is_cut));
            }
            if count == 0 {
                assert_eq!(buffer.number(), lines.len() as u64);
                return (lines, buffer.cut());
            }
        }
    }

    #[test]
    fn the_same_lines_however_much_is_read_at_once() {
        let input = b"one\r\n\ntwo\r\r\nthree";
        for read in 1..20 {
            let (lines, cut) = lines(input, read);
            let texts: Vec<_> = lines.iter().map(|(text, _)| text.as_slice()).collect();
            assert_eq!(texts, [&b"one"[..], b"", b"two\r", b"three"], "{read}");
            assert_eq!(cut, 0);
        }
        assert!(lines(b"", 7).0.is_empty());
    }

    #[test]
    fn a_line_is_cut_at_its_limit() {
        for read in [1000, READ, 3 * LINE_MAX] {
            for length in [LINE_MAX, LINE_MAX + 1, 2 * LINE_MAX + 5] {
                let long = [&vec![b'x'; length][..], b"\nafter\n"].concat();
                let (lines, cut) = lines(&long, read);
                let is_cut = length > LINE_MAX;
                assert_eq!(cut, u64::from(is_cut));
                assert_eq!((lines[0].0.len(), lines[0].1), (LINE_MAX, is_cut), "{read} {length}");
                assert_eq!(lines[1..], [(b"after".to_vec(), false)]);
            }
        }
    }
}
