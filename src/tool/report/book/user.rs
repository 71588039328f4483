//! What is remembered of one user.

use std::net::IpAddr;

use super::hours::Hours;
use super::lanes::Lanes;
use crate::stream::Kind;
use crate::stream::event::Record;
use crate::timestamp::Timestamp;
use crate::view::rows::stamp;
use crate::view::{self, Alert, Summary, Verdict};

/// Bytes of a row that are kept; a row is longer only where its evidence is.
const ROW_MAX: usize = 16 * 1024;
/// Alerts of a user, the latest.
const ALERTS_MAX: usize = 12;

/// A user.
#[derive(Clone, Debug, Default)]
pub(crate) struct User {
    /// The latest verdict.
    pub(crate) verdict: Verdict,
    /// The latest estimate.
    pub(crate) people: Option<f64>,
    /// The latest score.
    pub(crate) score: Option<u64>,
    /// The latest summary, as a row.
    pub(crate) summary: Option<Box<[u8]>>,
    /// The latest alerts, as rows, oldest first.
    pub(crate) alerts: Vec<Box<[u8]>>,
    /// Connections of the summary's window.
    pub(crate) window_connects: Option<u64>,
    /// Addresses of the summary's window.
    pub(crate) window_addresses: Option<u64>,
    /// Connections that were read.
    pub(crate) connects: u64,
    /// Connections so far, by the proxy's own counter.
    pub(crate) counted_connects: Option<u64>,
    /// Refusals.
    pub(crate) rejects: u64,
    /// From the client, of connections that ended.
    pub(crate) bytes_up: u64,
    /// To the client.
    pub(crate) bytes_down: u64,
    /// The earliest and latest connection.
    pub(crate) ends: Option<(Timestamp, Timestamp)>,
    /// Sources over time.
    pub(crate) lanes: Lanes,
    /// Connections an hour.
    pub(crate) hours: Hours,
}

impl User {
    /// How many connections it had, by the best there is.
    pub(crate) fn connections(&self) -> Option<u64> {
        let read = Some(self.connects).filter(|count| *count > 0);
        read.or(self.window_connects).or(self.counted_connects)
    }

    /// How many sources it had.
    pub(crate) fn addresses(&self) -> Option<u64> {
        let lanes = u64::try_from(self.lanes.all().len()).ok().filter(|count| *count > 0);
        self.window_addresses.or(lanes)
    }

    pub(super) fn scored(&mut self, row: &Summary<'_>, line: &[u8]) {
        self.verdict = view::verdict(&row.verdict);
        self.people = row.people.or(self.people);
        self.score = Some(row.score);
        self.window_connects = Some(row.connections);
        self.window_addresses = Some(row.addresses);
        for at in [stamp(row.first_seen.as_ref()), stamp(row.last_seen.as_ref())] {
            self.moment(at);
        }
        self.summary = (line.len() <= ROW_MAX).then(|| line.into());
    }

    pub(super) fn alerted(&mut self, row: &Alert<'_>, line: &[u8]) {
        if !row.verdict.is_empty() {
            self.verdict = view::verdict(&row.verdict);
        }
        self.people = row.people.or(self.people);
        self.score = row.score.or(self.score);
        if self.alerts.len() == ALERTS_MAX {
            self.alerts.remove(0);
        }
        if line.len() <= ROW_MAX {
            self.alerts.push(line.into());
        }
    }

    /// Takes an event; how many spans more there are.
    pub(super) fn event(
        &mut self,
        kind: Kind,
        record: &Record<'_>,
        at: Option<Timestamp>,
        ip: Option<IpAddr>,
    ) -> usize {
        match kind {
            Kind::Connect => {
                self.connects += 1;
                self.moment(at);
                let (Some(at), Some(ip)) = (at, ip) else { return 0 };
                self.hours.add(at);
                return self.lanes.add(ip, second(at));
            }
            Kind::Disconnect => {
                self.bytes_up = self.bytes_up.saturating_add(record.bytes_up.unwrap_or(0));
                self.bytes_down = self.bytes_down.saturating_add(record.bytes_down.unwrap_or(0));
            }
            Kind::Reject => self.rejects += record.count.unwrap_or(1),
            Kind::Usage => self.counted_connects = record.connects.or(self.counted_connects),
            Kind::Seen | Kind::Start | Kind::Reload | Kind::Note => {}
        }
        0
    }

    fn moment(&mut self, at: Option<Timestamp>) {
        let Some(at) = at else { return };
        let (first, last) = self.ends.unwrap_or((at, at));
        self.ends = Some((first.min(at), last.max(at)));
    }
}

/// Seconds since 1970, as lanes count.
pub(crate) fn second(at: Timestamp) -> u32 {
    u32::try_from((at.0 / 1000).max(0)).unwrap_or(u32::MAX)
}
