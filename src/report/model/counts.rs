//! Plain counts: rows by type, refusals by reason, and what the other tools could not read.

use std::collections::BTreeMap;

use crate::formats::reason::REASONS;
use crate::stream::{Kind, Meta, ParseRuns, ParsedLines, Row, Verdict};

/// All counts.
#[derive(Clone, Debug, Default)]
pub struct TrafficCounts {
    /// Events by kind, in the order of [`Kind::ALL`].
    pub events: [u64; Kind::ALL.len()],
    pub summaries: u64,
    pub alerts: u64,
    pub samples: u64,
    pub metas: u64,
    /// Rows of types that are not reported.
    pub other: u64,
    /// Lines that are no rows.
    pub foreign: u64,
    /// Refusals by reason.
    pub reasons: BTreeMap<&'static str, u64>,
    /// Refusals for reasons that mtp-parse does not give.
    pub other_reasons: u64,
    /// Alerts by the verdict they came to, in the order of [`Verdict::ALL`].
    pub alerted: [u64; Verdict::ALL.len()],
    parsed: ParseRuns,
    /// That no user can be judged, and what to do about it: the latest of mtp-score.
    pub advice: Option<Box<str>>,
}

impl TrafficCounts {
    pub(super) fn add(&mut self, row: &Row<'_>) {
        match row {
            Row::Event(event) => {
                let place = Kind::ALL.iter().position(|known| *known == event.kind);
                if let Some(count) = place.and_then(|place| self.events.get_mut(place)) {
                    *count += 1;
                }
                if event.kind == Kind::Reject {
                    let reason = event.reason.as_deref().unwrap_or_default();
                    self.add_reject(reason, event.count.unwrap_or(1));
                }
            }
            Row::Summary(_) => self.summaries += 1,
            Row::Alert(alert) => {
                self.alerts += 1;
                let place = Verdict::ALL.iter().position(|known| Some(*known) == alert.verdict);
                if let Some(count) = place.and_then(|place| self.alerted.get_mut(place)) {
                    *count += 1;
                }
            }
            Row::Sample(_) => self.samples += 1,
            Row::Meta(meta) => {
                self.metas += 1;
                match &**meta {
                    Meta::Parse(meta) => self.parsed.add(meta),
                    Meta::Score(meta) => self.advice = meta.advice.as_deref().map(Into::into),
                    Meta::Other => {}
                }
            }
            Row::Connection(_) | Row::Table(_) | Row::Clock(_) | Row::Other => self.other += 1,
            Row::Foreign => self.foreign += 1,
        }
    }

    /// Whether no row of ours was read.
    pub fn is_empty(&self) -> bool {
        let rows = [self.summaries, self.alerts, self.samples, self.metas, self.other];
        self.events.iter().chain(&rows).all(|count| *count == 0)
    }

    /// Events of one kind.
    pub fn of(&self, kind: Kind) -> u64 {
        let place = Kind::ALL.iter().position(|known| *known == kind);
        place.and_then(|place| self.events.get(place)).copied().unwrap_or(0)
    }

    /// What mtp-parse counted, over all its runs.
    pub fn parsed(&self) -> Option<ParsedLines> {
        (!self.parsed.is_empty()).then(|| self.parsed.total())
    }

    fn add_reject(&mut self, reason: &str, times: u64) {
        let known = REASONS.iter().map(|known| known.name).find(|known| *known == reason);
        let count = match known {
            Some(known) => self.reasons.entry(known).or_default(),
            None => &mut self.other_reasons,
        };
        *count = count.saturating_add(times);
    }
}
