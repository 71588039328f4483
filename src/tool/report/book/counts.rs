//! Plain counts: rows by type, refusals by reason, and what the other tools could not read.

use std::collections::BTreeMap;

use super::super::row::Row;
use crate::stream::Kind;
use crate::view::Meta;

/// Reasons that are told apart; ours are fewer, but a stream may be anybody's.
const REASONS_MAX: usize = 32;
/// Tools that are told apart.
const TOOLS_MAX: usize = 16;
/// Bytes of a reason or a tool's name.
const NAME_MAX: usize = 40;

/// What a tool counted, over all its runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) read: u64,
    pub(crate) understood: u64,
    pub(crate) passed_over: u64,
    pub(crate) not_recognised: u64,
    pub(crate) cut: u64,
    pub(crate) not_understood: u64,
    pub(crate) late: u64,
}

/// All counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// Events by kind, in the order of [`Kind::ALL`].
    pub(crate) events: [u64; Kind::ALL.len()],
    pub(crate) summaries: u64,
    pub(crate) alerts: u64,
    pub(crate) samples: u64,
    pub(crate) metas: u64,
    /// Rows of types that are not reported.
    pub(crate) other: u64,
    /// Lines that are no rows.
    pub(crate) foreign: u64,
    /// Refusals by reason.
    pub(crate) reasons: BTreeMap<Box<str>, u64>,
    /// Refusals for reasons beyond the maximum.
    pub(crate) other_reasons: u64,
    /// Alerts by the verdict they came to, in the order of `Verdict::ALL`.
    pub(crate) alerted: [u64; crate::view::Verdict::ALL.len()],
    tools: BTreeMap<Box<str>, (Tally, Tally)>,
}

impl Counts {
    pub(super) fn row(&mut self, row: &Row<'_>) {
        match row {
            Row::Event(kind, record) => {
                let place = Kind::ALL.iter().position(|known| known == kind);
                if let Some(count) = place.and_then(|place| self.events.get_mut(place)) {
                    *count += 1;
                }
                if *kind == Kind::Reject {
                    let reason = record.reason.as_deref().unwrap_or("unknown");
                    self.rejected(reason, record.count.unwrap_or(1));
                }
            }
            Row::Summary(_) => self.summaries += 1,
            Row::Alert(alert) => {
                self.alerts += 1;
                let place = crate::view::Verdict::ALL
                    .iter()
                    .position(|verdict| verdict.name() == alert.verdict);
                if let Some(count) = place.and_then(|place| self.alerted.get_mut(place)) {
                    *count += 1;
                }
            }
            Row::Sample(_) => self.samples += 1,
            Row::Meta(meta) => {
                self.metas += 1;
                self.meta(meta);
            }
            Row::Connection(_) | Row::Other => self.other += 1,
            Row::Foreign => self.foreign += 1,
        }
    }

    /// Whether no row of ours was read.
    pub(crate) fn is_empty(&self) -> bool {
        let rows = [self.summaries, self.alerts, self.samples, self.metas, self.other];
        self.events.iter().chain(&rows).all(|count| *count == 0)
    }

    /// Events of one kind.
    pub(crate) fn of(&self, kind: Kind) -> u64 {
        let place = Kind::ALL.iter().position(|known| *known == kind);
        place.and_then(|place| self.events.get(place)).copied().unwrap_or(0)
    }

    /// What this tool counted, over all its runs.
    pub(crate) fn tool(&self, name: &str) -> Option<Tally> {
        self.tools.get(name).map(|(before, now)| before.plus(*now))
    }

    fn rejected(&mut self, reason: &str, times: u64) {
        let known = self.reasons.contains_key(reason);
        if known || (self.reasons.len() < REASONS_MAX && reason.len() <= NAME_MAX) {
            *self.reasons.entry(reason.into()).or_default() += times;
        } else {
            self.other_reasons += times;
        }
    }

    /// A run's counts only grow: smaller ones are of another run.
    fn meta(&mut self, meta: &Meta<'_>) {
        let name = meta.tool.as_deref().unwrap_or("mtp-parse");
        let room = self.tools.len() < TOOLS_MAX && name.len() <= NAME_MAX;
        if !room && !self.tools.contains_key(name) {
            return;
        }
        let new = Tally::of(meta);
        let (before, now) = self.tools.entry(name.into()).or_default();
        if new.read < now.read || new.understood < now.understood {
            *before = before.plus(*now);
        }
        *now = new;
    }
}

impl Tally {
    fn of(meta: &Meta<'_>) -> Self {
        Self {
            read: meta.read.unwrap_or(0),
            understood: meta.understood.unwrap_or(0),
            passed_over: meta.passed_over.unwrap_or(0),
            not_recognised: meta.not_recognised.unwrap_or(0),
            cut: meta.cut.unwrap_or(0),
            not_understood: meta.not_understood.unwrap_or(0),
            late: meta.late.unwrap_or(0),
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            read: self.read + other.read,
            understood: self.understood + other.understood,
            passed_over: self.passed_over + other.passed_over,
            not_recognised: self.not_recognised + other.not_recognised,
            cut: self.cut + other.cut,
            not_understood: self.not_understood + other.not_understood,
            late: self.late + other.late,
        }
    }
}
