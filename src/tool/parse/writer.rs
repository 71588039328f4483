//! Messages to rows: decodes them and writes their events in the form that was asked for.

use super::explain::{self, Explanation};
use super::meta::LineTotals;
use super::rejects::Rejects;
use crate::error::Error;
use crate::formats::{Decoded, Decoder, Outcome};
use crate::frame::{Deframed, Message};
use crate::stream::{Event, TimeFrom};
use crate::timestamp::Timestamp;
use crate::tool::event_loop::LineOrigin;
use crate::view;

/// Writes the events of messages.
#[derive(Debug)]
pub(super) struct EventWriter {
    pub(super) decoder: Decoder,
    pub(super) rejects: Option<Rejects>,
    pub(super) mode: OutputMode,
    pub(super) totals: LineTotals,
    /// The largest time of a row that is not one of arrival.
    pub(super) newest: Option<Timestamp>,
    pub(super) since: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OutputMode {
    Rows,
    Text,
    /// `--explain`, as text or rows.
    Explain,
    ExplainRows,
    /// `--check`: nothing but the report at the end.
    Check,
}

impl EventWriter {
    /// A writer in the same state that has counted nothing. `None` where what it writes depends on
    /// more than the lines from here on.
    pub(super) fn fork(&self) -> Option<Self> {
        let is_plain =
            self.rejects.is_none() && matches!(self.mode, OutputMode::Rows | OutputMode::Text);
        let decoder = self.decoder.fork().filter(|_| is_plain)?;
        let Self { mode, since, until, .. } = *self;
        let totals = LineTotals::default();
        Some(Self { decoder, rejects: None, mode, totals, newest: None, since, until })
    }

    /// Goes on from the state of a fork that has read the lines up to here, and adds its counts.
    pub(super) fn append(&mut self, part: Self) {
        self.decoder.append(part.decoder);
        self.totals.merge(part.totals);
        self.newest = self.newest.max(part.newest);
    }

    /// Writes what a raw line held.
    pub(super) fn write(
        &mut self,
        frame: &Deframed<'_>,
        raw: &[u8],
        origin: LineOrigin<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let Deframed::Message(message) = frame else {
            self.decoder.count_framing();
            if matches!(self.mode, OutputMode::Explain | OutputMode::ExplainRows) {
                self.explain(&Explanation::framing(frame, raw), origin, out);
            }
            return Ok(());
        };
        let decoded = match self.mode {
            OutputMode::Rows | OutputMode::Text | OutputMode::Check => {
                self.write_events(message, origin.arrival, out)?
            }
            OutputMode::Explain | OutputMode::ExplainRows => {
                let mut events = Vec::new();
                let decoded = self.decoder.decode(message, origin.arrival, &mut |event| {
                    events.push(explain::row(&event));
                    Ok(())
                })?;
                self.explain(&Explanation::message(message, decoded, events), origin, out);
                decoded
            }
        };
        if let (Some(rejects), Outcome::Malformed(_) | Outcome::Unrecognized) =
            (&mut self.rejects, decoded.outcome)
        {
            rejects.keep(raw, message.text, decoded.is_in_secret, origin);
        }
        Ok(())
    }

    fn write_events(
        &mut self,
        message: &Message<'_>,
        arrival: Timestamp,
        out: &mut Vec<u8>,
    ) -> Result<Decoded, Error> {
        let Self { decoder, mode, totals, newest, since, until, .. } = self;
        let span = (*since, *until);
        decoder.decode(message, arrival, &mut |event| {
            write_event(&event, *mode, span, totals, newest, out);
            Ok(())
        })
    }

    /// Writes the events that waited for later lines.
    pub(super) fn finish(&mut self, arrival: Timestamp, out: &mut Vec<u8>) -> Result<(), Error> {
        let Self { decoder, mode, totals, newest, since, until, .. } = self;
        let span = (*since, *until);
        decoder.finish(arrival, &mut |event| {
            write_event(&event, *mode, span, totals, newest, out);
            Ok(())
        })
    }

    fn explain(&self, explanation: &Explanation, origin: LineOrigin<'_>, out: &mut Vec<u8>) {
        if self.mode == OutputMode::ExplainRows {
            explanation.write(origin, out);
        } else {
            out.extend_from_slice(explanation.text(origin).as_bytes());
        }
    }
}

fn write_event(
    event: &Event<'_>,
    mode: OutputMode,
    (since, until): (Option<Timestamp>, Option<Timestamp>),
    totals: &mut LineTotals,
    newest: &mut Option<Timestamp>,
    out: &mut Vec<u8>,
) {
    totals.by_arrival += u64::from(event.ts_from == Some(TimeFrom::Arrival));
    let is_outside = event.ts.is_some_and(|ts| {
        since.is_some_and(|since| ts < since) || until.is_some_and(|until| ts >= until)
    });
    if is_outside {
        totals.left_out += 1;
        return;
    }
    totals.rows += 1;
    if event.ts_from.is_none() {
        *newest = (*newest).max(event.ts);
    }
    match mode {
        OutputMode::Text => out.extend_from_slice(view::event::line(event).as_bytes()),
        OutputMode::Rows => event.write(out),
        OutputMode::Explain | OutputMode::ExplainRows => {
            out.extend_from_slice(explain::row(event).as_bytes());
            out.push(b'\n');
        }
        OutputMode::Check => {}
    }
}
