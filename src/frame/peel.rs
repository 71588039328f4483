//! Takes frames off a line, from the outside in, each kind at most once.

use super::clean;
use super::compose;
use super::evidence::{Evidence, NAME_LEN_MAX};
use super::form::Form;
use super::stamped;
use super::syslog;
use super::taken::Taken;
use crate::timestamp::LocalTimeResolver;
use crate::timestamp::Timestamp;

/// What has been taken off a line so far.
#[derive(Debug)]
pub(super) struct Peeled<'l> {
    pub(super) rest: &'l [u8],
    pub(super) ts: Option<Timestamp>,
    pub(super) source: Option<&'l [u8]>,
    pub(super) outer: Option<Form>,
    pub(super) inner: Option<Form>,
    /// The outermost frame.
    pub(super) first: Option<Taken<'l>>,
    /// It was in JSON, and may hold line ends.
    pub(super) is_record: bool,
    had: Had,
    /// A piece of a line of this stream.
    pub(super) piece: Option<Piece<'l>>,
}

/// A piece of a line, as CRI writes them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'l> {
    pub(super) stream: &'l [u8],
    pub(super) is_last: bool,
}

/// Kinds of frame, each a bit.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Compose = 1,
    EngineTime = 2,
    Pod = 4,
    Syslog = 8,
}

/// Which kinds of frame a line has had.
#[derive(Clone, Copy, Debug, Default)]
struct Had(u8);

impl Had {
    fn has(self, kind: Kind) -> bool {
        self.0 & kind as u8 != 0
    }

    fn add(&mut self, kind: Kind) {
        self.0 |= kind as u8;
    }
}

impl<'l> Peeled<'l> {
    pub(super) fn new(line: &'l [u8]) -> Self {
        Self {
            rest: line,
            ts: None,
            source: None,
            outer: None,
            inner: None,
            first: None,
            is_record: false,
            had: Had::default(),
            piece: None,
        }
    }

    /// Takes all frames off that are text, until there is none or a piece of a line is found.
    pub(super) fn texts(&mut self, outside: &mut Outside<'_>) {
        while self.piece.is_none() {
            let Some(taken) = self.text(outside) else { return };
            self.add(&taken);
        }
    }

    /// Adds what a frame says: the inner one knows the program better, so its name and time win;
    /// but a time that needs no guess stays.
    pub(super) fn add(&mut self, taken: &Taken<'l>) {
        self.rest = taken.rest;
        let is_guess = matches!(taken.form, Form::Short | Form::ShortFull);
        self.ts = if is_guess { self.ts.or(taken.ts) } else { taken.ts.or(self.ts) };
        let source = taken.source.filter(|name| name.len() <= NAME_LEN_MAX);
        self.source = source.or(self.source);
        match (self.outer, taken.form) {
            (None, form) => {
                self.outer = Some(form);
                self.first = Some(*taken);
            }
            (Some(outer), Form::Stamped) if self.inner.is_none() => {
                self.outer = Some(outer.stamped());
            }
            (Some(Form::Stamped), Form::Kubectl) if self.inner.is_none() => {
                self.outer = Some(Form::KubectlStamped);
            }
            (Some(_), form) => self.inner = Some(form),
        }
    }

    /// Whether rsyslog has made colours readable that must go.
    pub(super) fn needs_octal(&self) -> bool {
        self.had.has(Kind::Syslog) && clean::has_octal_escape(self.rest)
    }

    /// The next text frame. The first byte says which it may be.
    fn text(&mut self, outside: &mut Outside<'_>) -> Option<Taken<'l>> {
        let line = self.rest;
        match line.first()? {
            b'0'..=b'9' => self
                .timed(line)
                .or_else(|| self.once_syslog(|| syslog::short_unix(line)))
                .or_else(|| self.compose(line, outside)),
            b'A'..=b'Z' => self
                .once_syslog(|| {
                    syslog::short(line, outside.clock)
                        .or_else(|| syslog::short_full(line, outside.clock))
                })
                .or_else(|| self.compose(line, outside)),
            b'a'..=b'z' => self.compose(line, outside),
            b'[' => self.pod(line).or_else(|| self.once_syslog(|| syslog::short_monotonic(line))),
            b'<' => self.once_syslog(|| syslog::with_priority(line, outside.clock)),
            _ => None,
        }
    }

    fn compose(&mut self, line: &'l [u8], outside: &Outside<'_>) -> Option<Taken<'l>> {
        if self.had.has(Kind::Compose) {
            return None;
        }
        let prefix = compose::prefix(line)?;
        if !outside.evidence.trusts(&prefix, outside.is_coloured) {
            return None;
        }
        self.had.add(Kind::Compose);
        Some(Taken::new(Form::Compose, prefix.rest).from(prefix.name))
    }

    /// `2026-…`: an engine's time, a record of CRI, or journald's or rsyslog's line.
    fn timed(&mut self, line: &'l [u8]) -> Option<Taken<'l>> {
        if self.had.has(Kind::EngineTime) && self.had.has(Kind::Syslog) {
            return None;
        }
        let (ts, taken) = Timestamp::read(line)?;
        let after = line.get(taken..)?;
        if !self.had.has(Kind::EngineTime) {
            if let Some(cri) = stamped::cri(after) {
                self.had.add(Kind::EngineTime);
                let piece = Piece { stream: cri.stream, is_last: !cri.is_partial };
                self.piece = Some(piece);
                return Some(Taken::new(Form::Cri, cri.rest).at(ts));
            }
            if let Some((ts, rest)) = stamped::engine_time(line) {
                self.had.add(Kind::EngineTime);
                return Some(Taken::new(Form::Stamped, rest).at(ts));
            }
        }
        self.once_syslog(|| syslog::short_iso(ts, after))
    }

    fn once_syslog(&mut self, read: impl FnOnce() -> Option<Taken<'l>>) -> Option<Taken<'l>> {
        if self.had.has(Kind::Syslog) {
            return None;
        }
        read().inspect(|_| self.had.add(Kind::Syslog))
    }

    /// `[pod/NAME/CONTAINER] LINE`
    fn pod(&mut self, line: &'l [u8]) -> Option<Taken<'l>> {
        if self.had.has(Kind::Pod) {
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
        self.had.add(Kind::Pod);
        Some(Taken::new(Form::Kubectl, rest).from(name))
    }
}

/// What a line alone does not tell.
#[derive(Debug)]
pub(super) struct Outside<'o> {
    pub(super) clock: &'o mut LocalTimeResolver,
    pub(super) evidence: &'o Evidence,
    /// The raw line began with a colour.
    pub(super) is_coloured: bool,
}
