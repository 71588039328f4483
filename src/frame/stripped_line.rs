//! Removes frames from a line, from the outside in, each kind at most once.

use memchr::{memchr, memmem};

use super::compose;
use super::engine_time;
use super::escapes;
use super::format::{Frame, FrameFormat, FrameKind, FrameKinds};
use super::prefixes;
use super::stream_state::{NAME_LEN_MAX, StreamState};
use super::syslog;
use crate::timestamp::{LocalTimeResolver, Timestamp};

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
    /// The kinds of frame that may still come: each once, and inside a frame that names its source
    /// only those that occur there.
    allowed: FrameKinds,
    is_syslog: bool,
    /// A frame named a program that does not print the lines of containers: a name inside it is not
    /// a source.
    keeps_source: bool,
    /// A piece of a line of this stream.
    pub(super) piece: Option<Piece<'l>>,
}

/// A piece of a line, as CRI writes them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'l> {
    pub(super) stream: &'l [u8],
    pub(super) is_last: bool,
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
            allowed: FrameKinds::ALL,
            is_syslog: false,
            keeps_source: false,
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
        self.ts =
            if frame.format.has_local_time() { self.ts.or(frame.ts) } else { frame.ts.or(self.ts) };
        let source = frame.source.filter(|name| name.len() <= NAME_LEN_MAX);
        if source.is_some() {
            let inner = frame.format.inner_kinds();
            if !self.keeps_source || !frame.format.is_prefix() {
                self.source = source;
            }
            self.keeps_source =
                inner.has(FrameKind::Prefix) && !source.is_some_and(prints_containers);
            self.allowed.restrict(inner);
            if source.is_some_and(is_container_id) {
                self.restrict_to_container();
            }
        }
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

    /// What comes is a container's own line: its text may be that of a client.
    pub(super) fn restrict_to_container(&mut self) {
        self.allowed.restrict(FrameFormat::JsonFile.inner_kinds());
    }

    /// What comes is a line of a program that prints the lines of containers, whatever its unit is.
    pub(super) fn allow_names(&mut self) {
        self.keeps_source = false;
    }

    /// Whether rsyslog wrote escapes as text.
    pub(super) fn has_octal_escapes(&self) -> bool {
        self.is_syslog && escapes::has_octal_escape(self.rest)
    }

    /// Whether a record may stand here; it may not stand in another.
    pub(super) fn allows_record(&self) -> bool {
        self.allowed.has(FrameKind::Record)
    }

    /// The next text frame. The first byte decides which it may be.
    fn text_frame(&mut self, context: &mut StreamContext<'_>) -> Option<Frame<'l>> {
        let line = self.rest;
        match line.first()? {
            b'0'..=b'9' => self
                .timed(line)
                .or_else(|| self.once(FrameKind::Syslog, || syslog::short_unix(line)))
                .or_else(|| self.prefix(line, context))
                .or_else(|| self.x_ui(line, context))
                .or_else(|| {
                    self.once(FrameKind::Pm2Time, || prefixes::pm2_time(line, context.local_time))
                }),
            b'A'..=b'Z' => self
                .once(FrameKind::Syslog, || syslog::with_day(line, context.local_time))
                .or_else(|| self.prefix(line, context))
                .or_else(|| self.x_ui(line, context)),
            b'a'..=b'z' => self.prefix(line, context),
            b'[' => self
                .once(FrameKind::Pod, || pod(line))
                .or_else(|| self.once(FrameKind::Prefix, || prefixes::podman_compose(line)))
                .or_else(|| self.once(FrameKind::Syslog, || syslog::short_monotonic(line))),
            b'<' => {
                self.once(FrameKind::Syslog, || syslog::with_priority(line, context.local_time))
            }
            _ => None,
        }
    }

    /// A container's name.
    fn prefix(&mut self, line: &'l [u8], context: &StreamContext<'_>) -> Option<Frame<'l>> {
        let Self { source, .. } = *self;
        self.once(FrameKind::Prefix, || match compose::name(line)?.1.first()? {
            b' ' => {
                if let Some(prefix) = compose::prefix(line) {
                    return context
                        .stream
                        .trusts(&prefix, context.is_coloured)
                        .then(|| Frame::new(FrameFormat::Compose, prefix.rest).from(prefix.name));
                }
                // Without a bar it is certain only where the line has no other source.
                let is_known = |prefix: &[u8]| context.stream.is_known(prefix);
                source.is_none().then(|| prefixes::bare_names(line, is_known)).flatten()
            }
            b'@' => prefixes::service(line),
            b'|' => prefixes::pm2(line),
            _ => None,
        })
    }

    fn x_ui(&mut self, line: &'l [u8], context: &mut StreamContext<'_>) -> Option<Frame<'l>> {
        let is_panel = |source: &[u8]| {
            [&b"x-ui"[..], b"xui"].iter().any(|name| memmem::find(source, name).is_some())
        };
        // A line that begins with a digit begins with `2026/`.
        let may_be = line.get(4) == Some(&b'/') || !line.first()?.is_ascii_digit();
        (may_be && self.source.is_none_or(is_panel)).then_some(())?;
        self.once(FrameKind::XUi, || prefixes::x_ui(line, context.local_time))
    }

    /// `2026-…`: an engine's time, a record of CRI, or journald's or rsyslog's line.
    fn timed(&mut self, line: &'l [u8]) -> Option<Frame<'l>> {
        if !self.allowed.has(FrameKind::EngineTime) && !self.allowed.has(FrameKind::Syslog) {
            return None;
        }
        let (ts, taken) = Timestamp::read(line)?;
        let after = line.get(taken..)?;
        if self.allowed.has(FrameKind::EngineTime) {
            // Files of CRI hold nothing else.
            if let Some(cri) = engine_time::cri(after).filter(|_| self.source.is_none()) {
                self.allowed.remove(FrameKind::EngineTime);
                self.piece = Some(Piece { stream: cri.stream, is_last: !cri.is_partial });
                return Some(Frame::new(FrameFormat::Cri, cri.rest).at(ts));
            }
            if let Some((ts, rest)) = engine_time::engine_time(line) {
                self.allowed.remove(FrameKind::EngineTime);
                return Some(Frame::new(FrameFormat::Stamped, rest).at(ts));
            }
        }
        self.once(FrameKind::Syslog, || syslog::short_iso(ts, after))
    }

    /// Reads a frame of a kind that may come here, and may not come again.
    fn once(
        &mut self,
        kind: FrameKind,
        read: impl FnOnce() -> Option<Frame<'l>>,
    ) -> Option<Frame<'l>> {
        if !self.allowed.has(kind) {
            return None;
        }
        let frame = read()?;
        self.allowed.remove(kind);
        self.is_syslog |= matches!(kind, FrameKind::Syslog);
        Some(frame)
    }
}

/// The tag that Docker's syslog and journald drivers give a container.
fn is_container_id(name: &[u8]) -> bool {
    name.len() == 12 && name.iter().all(u8::is_ascii_hexdigit)
}

/// Whether a program or unit prints the lines of containers with their names: Compose and the like,
/// or a shell, as the unit that runs them.
pub(super) fn prints_containers(program: &[u8]) -> bool {
    let tools: [&[u8]; 4] = [b"docker", b"podman", b"compose", b"pm2"];
    let shells: [&[u8]; 4] = [b"sh", b"bash", b"dash", b"env"];
    let program = program.to_ascii_lowercase();
    shells.contains(&program.as_slice())
        || tools.iter().any(|tool| memmem::find(&program, tool).is_some())
}

/// `[pod/NAME/CONTAINER] LINE`
fn pod(line: &[u8]) -> Option<Frame<'_>> {
    let inside = line.strip_prefix(b"[pod/")?;
    let end = memchr(b']', inside)?;
    let (name, after) = inside.split_at_checked(end)?;
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._/".contains(byte);
    let is_pod = name.iter().all(is_name) && !name.is_empty();
    let rest = match after {
        [b']'] => b"",
        [b']', b' ', rest @ ..] => rest,
        _ => return None,
    };
    is_pod.then(|| Frame::new(FrameFormat::Kubectl, rest).from(name))
}

/// What is known beside the line itself.
#[derive(Debug)]
pub(super) struct StreamContext<'o> {
    pub(super) local_time: &'o mut LocalTimeResolver,
    pub(super) stream: &'o StreamState,
    /// The raw line began with a colour.
    pub(super) is_coloured: bool,
}
