//! Removes frames from a line, from the outside in, each kind at most once.

use super::compose;
use super::engine_time;
use super::escapes;
use super::format::FrameFormat;
use super::stream_state::{NAME_LEN_MAX, StreamState};
use super::syslog;
use crate::timestamp::LocalTimeResolver;
use crate::timestamp::Timestamp;

/// One frame: the rest inside it, its time, its source.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'l> {
    pub(super) format: FrameFormat,
    pub(super) rest: &'l [u8],
    pub(super) ts: Option<Timestamp>,
    pub(super) source: Option<&'l [u8]>,
}

impl<'l> Frame<'l> {
    pub(super) fn new(format: FrameFormat, rest: &'l [u8]) -> Self {
        Self { format, rest, ts: None, source: None }
    }

    pub(super) fn at(self, ts: Timestamp) -> Self {
        Self { ts: Some(ts), ..self }
    }

    pub(super) fn from(self, source: &'l [u8]) -> Self {
        Self { source: Some(source), ..self }
    }
}

/// A line without the frames that were removed so far.
#[derive(Debug)]
pub(super) struct StrippedLine<'l> {
    pub(super) rest: &'l [u8],
    pub(super) ts: Option<Timestamp>,
    pub(super) source: Option<&'l [u8]>,
    pub(super) outer: Option<FrameFormat>,
    pub(super) inner: Option<FrameFormat>,
    /// The outermost frame.
    pub(super) first: Option<Frame<'l>>,
    /// The line was in a JSON record, and may hold line ends.
    pub(super) is_record: bool,
    seen: SeenFrames,
    /// A piece of a line of this stream.
    pub(super) piece: Option<Piece<'l>>,
}

/// A piece of a line, as CRI writes them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'l> {
    pub(super) stream: &'l [u8],
    pub(super) is_last: bool,
}

/// Kinds of frame, a bit each.
#[derive(Clone, Copy, Debug)]
enum FrameKind {
    Compose = 1,
    EngineTime = 2,
    Pod = 4,
    Syslog = 8,
}

/// The kinds of frame that were removed from a line.
#[derive(Clone, Copy, Debug, Default)]
struct SeenFrames(u8);

impl SeenFrames {
    fn has(self, kind: FrameKind) -> bool {
        self.0 & kind as u8 != 0
    }

    fn add(&mut self, kind: FrameKind) {
        self.0 |= kind as u8;
    }
}

impl<'l> StrippedLine<'l> {
    pub(super) fn new(line: &'l [u8]) -> Self {
        Self {
            rest: line,
            ts: None,
            source: None,
            outer: None,
            inner: None,
            first: None,
            is_record: false,
            seen: SeenFrames::default(),
            piece: None,
        }
    }

    /// Removes all frames that are text, until there is none or a piece of a line is found.
    pub(super) fn remove_text_frames(&mut self, context: &mut StreamContext<'_>) {
        while self.piece.is_none() {
            let Some(frame) = self.text_frame(context) else { return };
            self.add(&frame);
        }
    }

    /// Adds a frame. The inner frame is closer to the program, so its name and time win; but a time
    /// without assumptions stays.
    pub(super) fn add(&mut self, frame: &Frame<'l>) {
        self.rest = frame.rest;
        let is_assumed = matches!(frame.format, FrameFormat::Short | FrameFormat::ShortFull);
        self.ts = if is_assumed { self.ts.or(frame.ts) } else { frame.ts.or(self.ts) };
        let source = frame.source.filter(|name| name.len() <= NAME_LEN_MAX);
        self.source = source.or(self.source);
        match (self.outer, frame.format) {
            (None, format) => {
                self.outer = Some(format);
                self.first = Some(*frame);
            }
            (Some(outer), FrameFormat::Stamped) if self.inner.is_none() => {
                self.outer = Some(outer.stamped());
            }
            (Some(FrameFormat::Stamped), FrameFormat::Kubectl) if self.inner.is_none() => {
                self.outer = Some(FrameFormat::KubectlStamped);
            }
            (Some(_), format) => self.inner = Some(format),
        }
    }

    /// Whether rsyslog wrote escapes as text.
    pub(super) fn has_octal_escapes(&self) -> bool {
        self.seen.has(FrameKind::Syslog) && escapes::has_octal_escape(self.rest)
    }

    /// The next text frame. The first byte decides which it may be.
    fn text_frame(&mut self, context: &mut StreamContext<'_>) -> Option<Frame<'l>> {
        let line = self.rest;
        match line.first()? {
            b'0'..=b'9' => self
                .timed(line)
                .or_else(|| self.once_syslog(|| syslog::short_unix(line)))
                .or_else(|| self.compose(line, context)),
            b'A'..=b'Z' => self
                .once_syslog(|| {
                    syslog::short(line, context.local_time)
                        .or_else(|| syslog::short_full(line, context.local_time))
                })
                .or_else(|| self.compose(line, context)),
            b'a'..=b'z' => self.compose(line, context),
            b'[' => self.pod(line).or_else(|| self.once_syslog(|| syslog::short_monotonic(line))),
            b'<' => self.once_syslog(|| syslog::with_priority(line, context.local_time)),
            _ => None,
        }
    }

    fn compose(&mut self, line: &'l [u8], context: &StreamContext<'_>) -> Option<Frame<'l>> {
        if self.seen.has(FrameKind::Compose) {
            return None;
        }
        let prefix = compose::prefix(line)?;
        if !context.stream.trusts(&prefix, context.is_coloured) {
            return None;
        }
        self.seen.add(FrameKind::Compose);
        Some(Frame::new(FrameFormat::Compose, prefix.rest).from(prefix.name))
    }

    /// `2026-…`: an engine's time, a record of CRI, or journald's or rsyslog's line.
    fn timed(&mut self, line: &'l [u8]) -> Option<Frame<'l>> {
        if self.seen.has(FrameKind::EngineTime) && self.seen.has(FrameKind::Syslog) {
            return None;
        }
        let (ts, taken) = Timestamp::read(line)?;
        let after = line.get(taken..)?;
        if !self.seen.has(FrameKind::EngineTime) {
            if let Some(cri) = engine_time::cri(after) {
                self.seen.add(FrameKind::EngineTime);
                let piece = Piece { stream: cri.stream, is_last: !cri.is_partial };
                self.piece = Some(piece);
                return Some(Frame::new(FrameFormat::Cri, cri.rest).at(ts));
            }
            if let Some((ts, rest)) = engine_time::engine_time(line) {
                self.seen.add(FrameKind::EngineTime);
                return Some(Frame::new(FrameFormat::Stamped, rest).at(ts));
            }
        }
        self.once_syslog(|| syslog::short_iso(ts, after))
    }

    fn once_syslog(&mut self, read: impl FnOnce() -> Option<Frame<'l>>) -> Option<Frame<'l>> {
        if self.seen.has(FrameKind::Syslog) {
            return None;
        }
        read().inspect(|_| self.seen.add(FrameKind::Syslog))
    }

    /// `[pod/NAME/CONTAINER] LINE`
    fn pod(&mut self, line: &'l [u8]) -> Option<Frame<'l>> {
        if self.seen.has(FrameKind::Pod) {
            return None;
        }
        let inside = line.strip_prefix(b"[pod/")?;
        let end = memchr::memchr(b']', inside)?;
        let (name, after) = inside.split_at_checked(end)?;
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._/".contains(byte);
        let is_pod = name.iter().all(is_name) && !name.is_empty();
        let rest = match after {
            [b']'] => b"",
            [b']', b' ', rest @ ..] => rest,
            _ => return None,
        };
        is_pod.then_some(())?;
        self.seen.add(FrameKind::Pod);
        Some(Frame::new(FrameFormat::Kubectl, rest).from(name))
    }
}

/// What is known beside the line itself.
#[derive(Debug)]
pub(super) struct StreamContext<'o> {
    pub(super) local_time: &'o mut LocalTimeResolver,
    pub(super) stream: &'o StreamState,
    /// The raw line began with a colour.
    pub(super) is_coloured: bool,
}
