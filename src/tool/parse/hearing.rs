//! A message to rows: what the ear heard in it, written in the form that was asked for.

use super::explain::{self, Explained};
use super::meta::Lines;
use super::rejects::Rejects;
use super::text;
use crate::dialect::ear::Spoken;
use crate::dialect::{Ear, Reading};
use crate::error::Error;
use crate::event::{Event, Stamp, wire};
use crate::frame::{Framed, Message};
use crate::tool::drive::Place;

/// What hears messages and writes what they say.
#[derive(Debug)]
pub(super) struct Hearing {
    pub(super) ear: Ear,
    pub(super) rejects: Option<Rejects>,
    pub(super) writing: Writing,
    pub(super) lines: Lines,
    pub(super) newest: Option<Stamp>,
    pub(super) since: Option<Stamp>,
    pub(super) until: Option<Stamp>,
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

fn spoken<'l>(message: &Message<'l>) -> Spoken<'l> {
    Spoken { text: message.text, ts: message.ts, source: message.source }
}

impl Hearing {
    /// Hears what a raw line held.
    pub(super) fn hear(
        &mut self,
        framed: &Framed<'_>,
        raw: &[u8],
        at: Place<'_>,
        out: &mut Vec<u8>,
    ) {
        let Framed::Message(message) = framed else {
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
                let heard = self.ear.hear(spoken, &mut |event| events.push(explain::row(&event)));
                self.explain(&Explained::message(message, heard, events), at, out);
                heard.reading
            }
        };
        let is_rejected = matches!(reading, Reading::Broken(_) | Reading::Foreign);
        let rejects = self.rejects.as_mut().filter(|_| is_rejected);
        let kept = rejects.map_or(Ok(()), |rejects| rejects.keep(raw, message.text));
        if let Err(error) = kept {
            self.failed.get_or_insert(error);
        }
    }

    /// Writes the events of a message.
    fn listen(&mut self, message: &Message<'_>, out: &mut Vec<u8>) -> Reading {
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
                wire::write(&event, out);
            }
        };
        ear.hear(spoken, &mut tell).reading
    }

    fn explain(&self, explained: &Explained, at: Place<'_>, out: &mut Vec<u8>) {
        if self.writing == Writing::ExplainedRows {
            explained.write(at, out);
        } else {
            out.extend_from_slice(explained.show(at).as_bytes());
        }
    }
}
