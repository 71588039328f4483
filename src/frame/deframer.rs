//! One raw line to its messages: colours off, glued lines parted, frames off, pieces joined.

use memchr::memchr;

use super::clean;
use super::compose;
use super::evidence::{self, Evidence};
use super::form::Form;
use super::peel::{Outside, Peeled};
use super::pieces::{Held, Pieces};
use super::records;
use super::stamped;
use super::syslog;
use super::{Frame, Message};
use crate::timestamp::LocalTimeResolver;

/// How often a line may need a buffer of its own: a record in a record, each joined from pieces
/// and each with colours made readable, is as deep as logs are nested.
const BUFFERS: usize = 4;

/// Takes framings off lines. Keeps what the next lines of the stream need, within limits.
#[derive(Debug)]
pub struct Deframer {
    inside: Inside,
    cut: Vec<u8>,
    clean: Vec<u8>,
}

/// What is needed once colours are off.
#[derive(Debug)]
struct Inside {
    clock: LocalTimeResolver,
    evidence: Evidence,
    pieces: Pieces,
    buffers: [Vec<u8>; BUFFERS],
}

impl Deframer {
    /// The clock is for framings without a zone or a year.
    pub fn new(clock: LocalTimeResolver) -> Self {
        let (evidence, pieces) = (Evidence::default(), Pieces::default());
        let inside = Inside { clock, evidence, pieces, buffers: Default::default() };
        Self { inside, cut: Vec::new(), clean: Vec::new() }
    }

    /// The clock, for what it guessed.
    pub fn clock(&self) -> &LocalTimeResolver {
        &self.inside.clock
    }

    /// Lines joined from pieces that were cut at [`super::LINE_MAX`].
    pub fn cut(&self) -> u64 {
        self.inside.pieces.cut
    }

    /// Reads a raw line, without its line end. Mostly it holds one message; Compose 1 glues an
    /// unfinished line to the next one, and journald keeps several in a record.
    pub fn read(&mut self, line: &[u8], mut each: impl FnMut(Frame<'_>)) {
        let Self { inside, cut, clean } = self;
        let mut line = clean::chomp(line);
        if line.len() > stamped::PIECE && stamped::join_cuts(line, cut).is_some() {
            line = cut;
        }
        if !clean::has_escape(line) {
            return inside.plain(line, false, &mut each);
        }
        loop {
            let (part, next) = match evidence::glued_in_colour(line) {
                Some(at) => line.split_at_checked(at).unwrap_or((line, b"")),
                None => (line, &b""[..]),
            };
            clean::strip(part, clean);
            let is_coloured = clean::begins_coloured(part);
            inside.plain(clean::chomp(clean), is_coloured, &mut each);
            if next.is_empty() {
                return;
            }
            line = next;
        }
    }

    /// Gives out the lines whose rest never came.
    pub fn finish(&mut self, mut each: impl FnMut(Frame<'_>)) {
        while let Some(held) = self.inside.pieces.oldest() {
            give(held, &mut each);
        }
    }
}

impl Inside {
    /// A line without escapes: one message, or glued ones.
    fn plain(&mut self, mut line: &[u8], is_coloured: bool, each: &mut impl FnMut(Frame<'_>)) {
        while let Some((part, next)) =
            self.evidence.glued(line).and_then(|at| line.split_at_checked(at))
        {
            self.one(part, is_coloured, each);
            line = next;
        }
        self.one(line, is_coloured, each);
    }

    /// One message, or what the framing says itself.
    fn one(&mut self, line: &[u8], is_coloured: bool, each: &mut impl FnMut(Frame<'_>)) {
        let Self { clock, evidence, pieces, buffers } = self;
        let mut spare = buffers.iter_mut();
        let mut peeled = Peeled::new(line);
        loop {
            peeled.texts(&mut Outside { clock, evidence, is_coloured });
            if let Some(piece) = peeled.piece.take() {
                if piece.is_last && pieces.is_empty() {
                    continue;
                }
                let Some(buffer) = spare.next() else { break };
                buffer.clear();
                buffer.extend_from_slice(peeled.rest);
                let join = Join { stream: piece.stream, is_partial: !piece.is_last };
                if join.with(pieces, &mut peeled, buffer, each).is_none() {
                    return;
                }
                peeled.rest = buffer;
            } else if peeled.needs_octal() {
                let Some(buffer) = spare.next() else { break };
                clean::strip_octal(peeled.rest, buffer);
                peeled.rest = buffer;
            } else if peeled.rest.first() == Some(&b'{') {
                let Some(buffer) = spare.next() else { break };
                let Some(record) = records::read(peeled.rest, buffer) else { break };
                peeled.add(&record.taken);
                peeled.is_record = true;
                let join = Join { stream: record.stream, is_partial: record.is_partial };
                if join.with(pieces, &mut peeled, buffer, each).is_none() {
                    return;
                }
                peeled.rest = buffer;
            } else {
                break;
            }
        }
        let Some(outer) = peeled.outer else { return bare(line, evidence, each) };
        evidence.note(line, peeled.first.as_ref());
        let inner = peeled.inner.map(Form::name);
        let (ts, source, frame) = (peeled.ts, peeled.source, outer.name());
        let (mut rest, is_record) = (peeled.rest, peeled.is_record);
        // Only a record can hold several lines.
        while let Some(end) = is_record.then(|| memchr(b'\n', rest)).flatten() {
            let (text, next) = rest.split_at_checked(end).unwrap_or((rest, b""));
            let text = clean::chomp(text);
            each(Frame::Message(Message { text, ts, source, frame, inner }));
            rest = next.get(1..).unwrap_or_default();
        }
        let text = clean::chomp(rest);
        each(Frame::Message(Message { text, ts, source, frame, inner }));
    }
}

/// A line without any frame: a program's own, a further one of journalctl's last message, or
/// what Compose and journalctl say themselves.
fn bare(line: &[u8], evidence: &mut Evidence, each: &mut impl FnMut(Frame<'_>)) {
    let is_said = match line {
        [b'A', ..] => compose::attaching(line).is_some_and(|names| {
            evidence.attach(names);
            true
        }),
        [b'W' | b't', ..] => compose::is_warning(line),
        [b'-', b'-', b' ', ..] => syslog::is_heading(line),
        _ => false,
    };
    let is_exit = || matches!(line.last(), Some(b'0'..=b'9' | b')')) && compose::is_exit(line);
    if is_said || is_exit() {
        return each(Frame::Chatter);
    }
    if line.first() != Some(&b' ') || evidence.continued(line).is_none() {
        evidence.note(line, None);
    }
    let further = evidence.continued(line);
    each(Frame::Message(Message {
        text: further.map_or(line, |further| further.rest),
        ts: further.and_then(|further| further.ts),
        source: further.and_then(|further| further.source),
        frame: further.map_or(Form::Bare, |further| further.form).name(),
        inner: None,
    }));
}

/// How a record or piece goes together with what is held of its stream.
struct Join<'l> {
    stream: &'l [u8],
    is_partial: bool,
}

impl Join<'_> {
    /// Puts the whole line into the buffer, or holds it: then there is nothing to go on with.
    fn with(
        self,
        pieces: &mut Pieces,
        peeled: &mut Peeled<'_>,
        buffer: &mut Vec<u8>,
        each: &mut impl FnMut(Frame<'_>),
    ) -> Option<()> {
        if self.is_partial || !pieces.is_empty() {
            let mut held = pieces.take(peeled.source, self.stream);
            if let Some(ended) = held.take_if(|held| !goes_on(held, peeled)) {
                give(ended, each);
            }
            if held.is_some() || self.is_partial {
                let mut line = held.unwrap_or_else(|| Held::new(peeled, self.stream));
                pieces.add(&mut line, buffer);
                if self.is_partial {
                    pieces.hold(line);
                    while let Some(oldest) = pieces.overflow() {
                        give(oldest, each);
                    }
                    each(Frame::Held);
                    return None;
                }
                peeled.ts = line.ts;
                *buffer = line.text;
            }
        }
        if clean::has_escape(buffer) {
            clean::strip_in_place(buffer);
        }
        Some(())
    }
}

/// Whether the stream's next record belongs to what is held. Docker cuts at 16 KiB and gives all
/// pieces one time; a shorter piece is a last line without end, and what follows it is another
/// start of the container.
fn goes_on(held: &Held, next: &Peeled<'_>) -> bool {
    held.form != Form::JsonFile || held.text.len() >= stamped::PIECE || held.ts == next.ts
}

/// Gives out an unfinished line as it is.
fn give(mut held: Held, each: &mut impl FnMut(Frame<'_>)) {
    clean::strip_in_place(&mut held.text);
    each(Frame::Message(Message {
        text: clean::chomp(&held.text),
        ts: held.ts,
        source: held.source.as_deref(),
        frame: held.form.name(),
        inner: None,
    }));
}
