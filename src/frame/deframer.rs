//! One raw line to its messages: escapes removed, glued lines separated, frames removed, pieces
//! joined.

use memchr::memchr;

use super::compose;
use super::engine_time;
use super::escapes;
use super::format::FrameFormat;
use super::partial_lines::{PartialLine, PartialLines};
use super::prefixes;
use super::records;
use super::stream_state::{self, StreamState};
use super::stripped_line::{StreamContext, StrippedLine};
use super::syslog;
use super::{Deframed, EmitDeframed, Message};
use crate::error::Error;
use crate::timestamp::{Assumptions, LocalTimeResolver, Timestamp};

/// How often a line may need a buffer of its own: a record in a record, each joined from pieces
/// and each with escapes made readable, is as deep as logs are nested.
const BUFFERS: usize = 4;

/// At the start of a file that Windows wrote, and inside of joined ones.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Removes the framing from raw lines. Keeps what the next lines of the stream need, within limits.
#[derive(Debug)]
pub struct Deframer {
    state: DeframerState,
    /// A long line without the timestamps that Docker put into it.
    joined: Vec<u8>,
    /// A line without escapes.
    plain: Vec<u8>,
}

#[derive(Debug)]
struct DeframerState {
    local_time: LocalTimeResolver,
    stream: StreamState,
    partial: PartialLines,
    buffers: [Vec<u8>; BUFFERS],
}

impl Deframer {
    /// `local_time` resolves the times of framings without a zone or a year.
    pub fn new(local_time: LocalTimeResolver) -> Self {
        let (stream, partial) = (StreamState::default(), PartialLines::default());
        let state = DeframerState { local_time, stream, partial, buffers: Default::default() };
        Self { state, joined: Vec::new(), plain: Vec::new() }
    }

    /// What was assumed about times so far.
    pub fn assumptions(&self) -> Assumptions {
        self.state.local_time.assumptions()
    }

    /// Lines joined from pieces that were cut at [`super::LINE_MAX`].
    pub fn cut(&self) -> u64 {
        self.state.partial.cut
    }

    /// A deframer in the same state, for lines further on. `None` while a line is unfinished.
    pub fn fork(&self) -> Option<Self> {
        let DeframerState { local_time, stream, partial, .. } = &self.state;
        let is_between_lines = partial.is_empty();
        let mut fork = Self::new(local_time.clone());
        fork.state.stream = stream.fork();
        is_between_lines.then_some(fork)
    }

    /// What later lines depend on, as text: equal texts are equal states. `None` as for a fork.
    pub fn seam_state(&self) -> Option<String> {
        let DeframerState { local_time, stream, partial, .. } = &self.state;
        let text = format!("{:?} {:?}", stream.fork(), local_time.seam_state());
        partial.is_empty().then_some(text)
    }

    /// Goes on from the state of a fork that has read the lines up to here.
    pub fn append(&mut self, part: Self) {
        let cut = self.cut() + part.cut();
        *self = part;
        self.state.partial.cut = cut;
    }

    /// Removes the framing from one raw line without its line end. Most lines hold one message;
    /// Compose 1 glues an unfinished line to the next one, and a record may hold several.
    pub fn read(
        &mut self,
        line: &[u8],
        arrival: Timestamp,
        emit: &mut EmitDeframed<'_>,
    ) -> Result<(), Error> {
        let Self { state, joined, plain } = self;
        state.local_time.set_now(arrival);
        let mut line = escapes::without_returns(line);
        line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        if line.len() > engine_time::PIECE && engine_time::join_cuts(line, joined).is_some() {
            line = joined;
        }
        if !escapes::has_escape(line) {
            return state.plain_line(line, false, emit);
        }
        loop {
            let (part, next) = match stream_state::glued_in_colour(line) {
                Some(at) => line.split_at_checked(at).unwrap_or((line, b"")),
                None => (line, &b""[..]),
            };
            escapes::strip(part, plain);
            let is_coloured = escapes::begins_coloured(part);
            state.plain_line(escapes::without_returns(plain), is_coloured, emit)?;
            if next.is_empty() {
                return Ok(());
            }
            line = next;
        }
    }

    /// Emits the lines whose rest did not come.
    pub fn finish(&mut self, emit: &mut EmitDeframed<'_>) -> Result<(), Error> {
        while let Some(line) = self.state.partial.take_oldest() {
            emit_partial(line, emit)?;
        }
        Ok(())
    }
}

impl DeframerState {
    /// A line without escapes: one message, or glued ones.
    fn plain_line(
        &mut self,
        mut line: &[u8],
        is_coloured: bool,
        emit: &mut EmitDeframed<'_>,
    ) -> Result<(), Error> {
        while let Some((part, next)) =
            self.stream.glued(line).and_then(|at| line.split_at_checked(at))
        {
            self.message(part, is_coloured, emit)?;
            line = next;
        }
        self.message(line, is_coloured, emit)
    }

    /// One message, or a notice of the framing.
    fn message(
        &mut self,
        line: &[u8],
        is_coloured: bool,
        emit: &mut EmitDeframed<'_>,
    ) -> Result<(), Error> {
        let Self { local_time, stream, partial, buffers } = self;
        if let Some((source, rest)) = stream.same_compose_prefix(line) {
            let frame = FrameFormat::Compose.name();
            let text = escapes::without_returns(rest);
            let message = Message { text, ts: None, source: Some(source), frame, inner: None };
            return emit(Deframed::Message(message));
        }
        let mut spare = buffers.iter_mut();
        let mut stripped = StrippedLine::new(line);
        loop {
            stripped.remove_text_frames(&mut StreamContext { local_time, stream, is_coloured });
            if let Some(piece) = stripped.piece.take() {
                if piece.is_last && partial.is_empty() {
                    continue;
                }
                let Some(buffer) = spare.next() else { break };
                buffer.clear();
                buffer.extend_from_slice(stripped.rest);
                let piece = Reassembly { stream: piece.stream, is_partial: !piece.is_last };
                if !piece.join(partial, &mut stripped, buffer, emit)? {
                    return Ok(());
                }
                stripped.rest = buffer;
            } else if stripped.has_octal_escapes() {
                let Some(buffer) = spare.next() else { break };
                escapes::strip_octal(stripped.rest, buffer);
                stripped.rest = buffer;
            } else if stripped.rest.first() == Some(&b'{') && stripped.allows_record() {
                let Some(buffer) = spare.next() else { break };
                let Some(record) = records::read(stripped.rest, buffer) else { break };
                stripped.add(&record.frame);
                stripped.is_record = true;
                if record.has_names {
                    stripped.allow_names();
                }
                if record.is_container {
                    stripped.restrict_to_container();
                }
                let record = Reassembly { stream: record.stream, is_partial: record.is_partial };
                if !record.join(partial, &mut stripped, buffer, emit)? {
                    return Ok(());
                }
                stripped.rest = buffer;
            } else {
                break;
            }
        }
        if stripped.outer.is_none() {
            return unframed(line, stream, emit);
        }
        stream.note(line, stripped.first.as_ref());
        emit_messages(&stripped, emit)
    }
}

/// Emits the lines inside the frames; only a record can hold several.
fn emit_messages(stripped: &StrippedLine<'_>, emit: &mut EmitDeframed<'_>) -> Result<(), Error> {
    let message = Message {
        text: b"",
        ts: stripped.ts,
        source: stripped.source,
        frame: stripped.outer.unwrap_or(FrameFormat::Bare).name(),
        inner: stripped.inner.map(FrameFormat::name),
    };
    let mut rest = stripped.rest;
    while let Some(end) = stripped.is_record.then(|| memchr(b'\n', rest)).flatten() {
        let (text, next) = rest.split_at_checked(end).unwrap_or((rest, b""));
        let text = escapes::without_returns(text);
        emit(Deframed::Message(Message { text, ..message }))?;
        rest = next.get(1..).unwrap_or_default();
    }
    emit(Deframed::Message(Message { text: escapes::without_returns(rest), ..message }))
}

/// A line without any frame: a program's own, a further one of journalctl's last message, or a
/// notice of Compose or journalctl.
fn unframed(
    line: &[u8],
    stream: &mut StreamState,
    emit: &mut EmitDeframed<'_>,
) -> Result<(), Error> {
    let is_notice = match line {
        [b'A', ..] => compose::attaching(line).is_some_and(|names| {
            stream.attach(names);
            true
        }),
        [b'W' | b't', ..] => compose::is_warning(line),
        [b'-', b'-', b' ', ..] => syslog::is_heading(line),
        [b'+' | b'-', b' ', ..] => prefixes::is_stern_notice(line),
        _ => false,
    };
    let is_exit = || matches!(line.last(), Some(b'0'..=b'9' | b')')) && compose::is_exit(line);
    if is_notice || is_exit() {
        return emit(Deframed::Notice);
    }
    if line.first() != Some(&b' ') || stream.continued(line).is_none() {
        stream.note(line, None);
    }
    let further = stream.continued(line);
    emit(Deframed::Message(Message {
        text: further.map_or(line, |frame| frame.rest),
        ts: further.and_then(|frame| frame.ts),
        source: further.and_then(|frame| frame.source),
        frame: further.map_or(FrameFormat::Bare, |frame| frame.format).name(),
        inner: None,
    }))
}

/// A record or piece, to be joined with what is held of its stream.
struct Reassembly<'l> {
    stream: &'l [u8],
    is_partial: bool,
}

impl Reassembly<'_> {
    /// Puts the complete line into the buffer; `false` if it is held until its rest comes.
    fn join(
        self,
        partial: &mut PartialLines,
        stripped: &mut StrippedLine<'_>,
        buffer: &mut Vec<u8>,
        emit: &mut EmitDeframed<'_>,
    ) -> Result<bool, Error> {
        if self.is_partial || !partial.is_empty() {
            let mut held = partial.take(stripped.source, self.stream);
            if let Some(ended) = held.take_if(|held| !goes_on(held, stripped)) {
                emit_partial(ended, emit)?;
            }
            if held.is_some() || self.is_partial {
                let mut line = held.unwrap_or_else(|| PartialLine::new(stripped, self.stream));
                partial.append(&mut line, buffer);
                if self.is_partial {
                    partial.hold(line);
                    while let Some(oldest) = partial.take_excess() {
                        emit_partial(oldest, emit)?;
                    }
                    emit(Deframed::Partial)?;
                    return Ok(false);
                }
                stripped.ts = line.ts;
                *buffer = line.text;
            }
        }
        if escapes::has_escape(buffer) {
            escapes::strip_in_place(buffer);
        }
        Ok(true)
    }
}

/// Whether the stream's next record belongs to what is held. Docker cuts at 16 KiB and gives all
/// pieces one time; a shorter piece is a last line without end, and what follows it is another
/// start of the container.
fn goes_on(held: &PartialLine, next: &StrippedLine<'_>) -> bool {
    held.format != FrameFormat::JsonFile
        || held.text.len() >= engine_time::PIECE
        || held.ts == next.ts
}

/// Emits an unfinished line as it is.
fn emit_partial(mut line: PartialLine, emit: &mut EmitDeframed<'_>) -> Result<(), Error> {
    escapes::strip_in_place(&mut line.text);
    emit(Deframed::Message(Message {
        text: escapes::without_returns(&line.text),
        ts: line.ts,
        source: line.source.as_deref(),
        frame: line.format.name(),
        inner: None,
    }))
}
