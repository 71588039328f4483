//! A message to rows: what the ear heard in it, written in the form that was asked for.

use super::explain::{self, Explained};
use super::meta::Lines;
use super::rejects::Rejects;
use super::text;
use crate::error::Error;
use crate::formats::decoder::DecoderInput;
use crate::formats::{Decoder, Outcome};
use crate::frame::{Deframed, Message};
use crate::stream::Event;
use crate::stream::event;
use crate::timestamp::Timestamp;
use crate::tool::event_loop::LineOrigin;

/// What hears messages and writes what they say.
#[derive(Debug)]
pub(super) struct Hearing {
    pub(super) ear: Decoder,
    pub(super) rejects: Option<Rejects>,
    pub(super) writing: Writing,
    pub(super) lines: Lines,
    pub(super) newest: Option<Timestamp>,
    pub(super) since: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
    pub(super) failed: Option<Error>,
}

/// In what form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writing {
    Rows,
    Text,
    Explained,
    ExplainedRows,
}

fn spoken<'l>(message: &Message<'l>) -> DecoderInput<'l> {
    DecoderInput { text: message.text, ts: message.ts, source: message.source }
}

impl Hearing {
    /// Hears what a raw line held.
    pub(super) fn hear(
        &mut self,
        framed: &Deframed<'_>,
        raw: &[u8],
        at: LineOrigin<'_>,
        out: &mut Vec<u8>,
    ) {
        let Deframed::Message(message) = framed else {
            self.ear.pass_over(None);
            if matches!(self.writing, Writing::Explained | Writing::ExplainedRows) {
                self.explain(&Explained::framing(framed, raw), at, out);
            }
            return;
        };
        let reading = match self.writing {
            Writing::Rows | Writing::Text => self.listen(message, out),
            Writing::Explained | Writing::ExplainedRows => {
                let mut events = Vec::new();
                let spoken = spoken(message);
                let heard = self.ear.decode(spoken, &mut |event| events.push(explain::row(&event)));
                self.explain(&Explained::message(message, heard, events), at, out);
                heard.reading
            }
        };
        let is_rejected = matches!(reading, Outcome::Malformed(_) | Outcome::Unrecognized);
        let rejects = self.rejects.as_mut().filter(|_| is_rejected);
        let kept = rejects.map_or(Ok(()), |rejects| rejects.keep(raw, message.text));
        if let Err(error) = kept {
            self.failed.get_or_insert(error);
        }
    }

    /// Writes the events of a message.
    fn listen(&mut self, message: &Message<'_>, out: &mut Vec<u8>) -> Outcome {
        let spoken = spoken(message);
        let Self { ear, writing, lines, newest, since, until, .. } = self;
        let mut tell = |event: Event<'_>| {
            let is_outside = event.ts.is_some_and(|ts| {
                since.is_some_and(|since| ts < since) || until.is_some_and(|until| ts >= until)
            });
            if is_outside {
                lines.left_out += 1;
                return;
            }
            lines.rows += 1;
            if event.ts_from.is_none() {
                *newest = (*newest).max(event.ts);
            }
            if *writing == Writing::Text {
                out.extend_from_slice(text::line(&event).as_bytes());
            } else {
                event::write(&event, out);
            }
        };
        ear.decode(spoken, &mut tell).reading
    }

    fn explain(&self, explained: &Explained, at: LineOrigin<'_>, out: &mut Vec<u8>) {
        if self.writing == Writing::ExplainedRows {
            explained.write(at, out);
        } else {
            out.extend_from_slice(explained.show(at).as_bytes());
        }
    }
}
