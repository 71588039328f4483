//! What is kept of one user.

use std::collections::BTreeMap;

use super::hours::Hours;
use super::timeline::{SourceTimeline, Sources};
use crate::stream::{Alert, Event, Evidence, Kind, Summary, Usage, Verdict};
use crate::timestamp::Timestamp;

/// Networks and intervals in the evidence of a row; a row with more is kept without its evidence.
const EVIDENCE_MAX: usize = 8192;
/// Alerts of a user, the latest.
const ALERTS_MAX: usize = 12;
/// A window whose length a summary does not give: mtp-score's default.
const WINDOW_SECONDS: u64 = 86_400;

#[derive(Clone, Debug, Default)]
pub struct UserModel {
    /// The latest verdict.
    pub verdict: Verdict,
    /// When it became that.
    pub since: Option<Timestamp>,
    /// The latest estimate.
    pub people: Option<f64>,
    pub score: Option<u64>,
    /// The latest summary.
    pub summary: Option<Box<Summary<'static>>>,
    /// The latest alerts, oldest first.
    pub alerts: Vec<Alert<'static>>,
    /// Connections that were read.
    pub connections_read: u64,
    /// Counters of a proxy that does not log connections.
    pub usage: Option<UsageTotals>,
    /// Refusals.
    pub rejects: u64,
    /// From the client, of connections that ended.
    pub bytes_up: u64,
    /// To the client.
    pub bytes_down: u64,
    /// The earliest and latest connection.
    pub ends: Option<(Timestamp, Timestamp)>,
    pub sources: Sources,
    pub hours: Hours,
}

/// The counters of `usage` rows, over restarts of the proxy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UsageTotals {
    /// By the source of the rows: each proxy counts for itself.
    by_source: BTreeMap<Box<str>, SourceUsage>,
    /// Rows of sources beyond the maximum.
    pub dropped: u64,
}

/// The most proxies of one user that are kept separate.
const USAGE_SOURCES_MAX: usize = 64;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct SourceUsage {
    connects_before: u64,
    connects: u64,
    megabytes_before: f64,
    megabytes: f64,
    current: i64,
}

impl UsageTotals {
    pub fn add(&mut self, usage: Usage, source: &str) {
        if !self.by_source.contains_key(source) && self.by_source.len() >= USAGE_SOURCES_MAX {
            self.dropped += 1;
            return;
        }
        let of = self.by_source.entry(source.into()).or_default();
        let connects = usage.connects.unwrap_or(0);
        let megabytes = usage.megabytes.unwrap_or(0.0);
        // Counters only grow: smaller ones are of a proxy that was restarted.
        if connects < of.connects || megabytes < of.megabytes {
            of.connects_before += of.connects;
            of.megabytes_before += of.megabytes;
        }
        (of.connects, of.megabytes) = (connects, megabytes);
        of.current = usage.current;
    }

    pub fn connects(&self) -> u64 {
        self.by_source.values().map(|of| of.connects_before + of.connects).sum()
    }

    /// Both ways.
    pub fn megabytes(&self) -> f64 {
        self.by_source.values().map(|of| of.megabytes_before + of.megabytes).sum()
    }

    /// Both ways.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
    pub fn bytes(&self) -> u64 {
        (self.megabytes() * 1e6).round() as u64
    }

    /// Open now; the proxy lets its counter drift below zero.
    pub fn current(&self) -> u64 {
        let open = |of: &SourceUsage| u64::try_from(of.current).unwrap_or(0);
        self.by_source.values().map(open).sum()
    }
}

impl UserModel {
    /// Connections of the window, or else those that were counted.
    pub fn connections(&self) -> Option<u64> {
        let scored = self.summary.as_ref().map(|row| row.connections).filter(|count| *count > 0);
        let read = Some(self.connections_read).filter(|count| *count > 0);
        scored.or(read).or_else(|| self.usage.as_ref().map(UsageTotals::connects))
    }

    /// Addresses of the window.
    pub fn addresses(&self) -> Option<u64> {
        let networks = Some(self.sources.networks()).filter(|count| *count > 0);
        self.summary.as_ref().map(|row| row.addresses).filter(|count| *count > 0).or(networks)
    }

    /// Networks of the verdict's days, or else those that were read.
    pub fn networks(&self) -> Option<u64> {
        let read = Some(self.sources.networks()).filter(|count| *count > 0);
        self.summary.as_ref().and_then(|row| row.networks).or(read)
    }

    /// Bytes both ways within the window of the summary.
    pub fn traffic(&self) -> Option<u64> {
        if self.bytes_up + self.bytes_down == 0 {
            return None;
        }
        let Some(summary) = &self.summary else { return Some(self.bytes_up + self.bytes_down) };
        let window = summary.window.unwrap_or(WINDOW_SECONDS);
        Some(self.hours.bytes_within(window, summary.ts?))
    }

    /// When networks were in use, as the verdict counts it.
    pub fn timelines(&self) -> Vec<SourceTimeline> {
        let evidence = self.summary.as_ref().and_then(|row| row.evidence.as_deref());
        let given = self.sources.timelines_of(evidence.unwrap_or_default());
        if given.is_empty() { self.sources.timelines() } else { given }
    }

    pub(super) fn add_summary(&mut self, row: &Summary<'_>) {
        if self.verdict != row.verdict {
            self.since = None;
        }
        self.verdict = row.verdict;
        self.since = row.since.or(self.since);
        self.people = row.people.or(self.people);
        self.score = Some(row.score);
        for at in [row.first_seen, row.last_seen].into_iter().flatten() {
            self.moment(at);
        }
        let mut row = row.clone().into_owned();
        row.evidence.take_if(|evidence| size(evidence) > EVIDENCE_MAX);
        row.since = self.since;
        self.summary = Some(Box::new(row));
    }

    pub(super) fn add_alert(&mut self, row: &Alert<'_>) {
        if let Some(verdict) = row.verdict {
            self.verdict = verdict;
            self.since = row.ts;
            if let Some(summary) = &mut self.summary {
                (summary.verdict, summary.since) = (verdict, row.ts);
            }
        }
        self.people = row.people.or(self.people);
        self.score = row.score.or(self.score);
        if self.alerts.len() == ALERTS_MAX {
            self.alerts.remove(0);
        }
        let mut row = row.clone().into_owned();
        row.evidence.take_if(|evidence| size(evidence) > EVIDENCE_MAX);
        self.alerts.push(row);
    }

    pub(super) fn add_event(&mut self, event: &Event<'_>) {
        let at = event.ts;
        match event.kind {
            Kind::Connect => {
                self.connections_read += 1;
                let Some(at) = at else { return };
                self.moment(at);
                self.hours.add_connection(at);
                if let Some(ip) = event.ip {
                    self.sources.add(at, ip);
                }
            }
            Kind::Disconnect => {
                let (up, down) = (event.bytes_up.unwrap_or(0), event.bytes_down.unwrap_or(0));
                self.bytes_up = self.bytes_up.saturating_add(up);
                self.bytes_down = self.bytes_down.saturating_add(down);
                if let Some(at) = at {
                    self.hours.add_bytes(at, up.saturating_add(down));
                }
            }
            Kind::Reject => self.rejects = self.rejects.saturating_add(event.count.unwrap_or(1)),
            Kind::Usage => {
                if let Some(usage) = event.usage {
                    let source = event.source.as_deref().unwrap_or_default();
                    self.usage.get_or_insert_default().add(usage, source);
                }
            }
            Kind::Seen | Kind::Start | Kind::Reload | Kind::Note => {}
        }
    }

    fn moment(&mut self, at: Timestamp) {
        let (first, last) = self.ends.unwrap_or((at, at));
        self.ends = Some((first.min(at), last.max(at)));
    }
}

/// Networks and intervals.
fn size(evidence: &[Evidence<'_>]) -> usize {
    let of = |fact: &Evidence<'_>| match fact {
        Evidence::InUse { networks, intervals } => networks.len() + intervals.len(),
        Evidence::Overlap { networks, .. }
        | Evidence::Alternation { networks, .. }
        | Evidence::SecondDevice { networks, .. }
        | Evidence::CommonHome { networks }
        | Evidence::HiddenAddresses { networks, .. } => networks.len(),
        Evidence::SequentialNetworks { .. } | Evidence::Counterfactual { .. } | Evidence::Other => {
            1
        }
    };
    evidence.iter().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_that_restart_are_added_up() {
        let mut user = UserModel::default();
        for (source, connects, megabytes, current) in
            [("a", 5, 1.0, 2), ("b", 7, 2.0, -1), ("a", 9, 1.5, 1), ("a", 2, 0.5, 1)]
        {
            let line = format!(
                r#"{{"type":"usage","user":"u","source":"{source}","connects":{connects},
                    "current":{current},"megabytes":{megabytes}}}"#
            );
            user.add_event(&Event::read(line.as_bytes()).unwrap());
        }
        let usage = user.usage.unwrap();
        assert_eq!((usage.connects(), usage.current()), (9 + 2 + 7, 1));
        assert!((usage.megabytes() - 4.0).abs() < 1e-9);
    }
}
