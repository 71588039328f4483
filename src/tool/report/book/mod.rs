//! What has been read, as small as pictures of it need: users with their sources over time,
//! connections an hour, sockets over time, and what was not understood.
//!
//! Everything that grows has its maximum here; what went beyond is in [`Dropped`] and on the page.

pub(super) mod counts;
pub(super) mod hours;
pub(super) mod lanes;
pub(super) mod overlap;
pub(super) mod sockets;
pub(super) mod source;
pub(super) mod spans;
pub(super) mod user;

use std::collections::{HashMap, VecDeque};

pub(super) use counts::Counts;
pub(super) use hours::Hours;
pub(super) use sockets::Sockets;
pub(super) use source::Source;
pub(super) use user::User;

use super::row::Row;
use crate::stream::Kind;
use crate::stream::event::Record;
use crate::timestamp::Timestamp;
use crate::view::rows::stamp;

/// Users that are remembered. With all their maxima reached they take 350 MB.
const USERS_MAX: usize = 25_000;
/// Spans of all lanes together, at 8 bytes each; beyond, near ones are drawn as one.
const SPANS_MAX: usize = 16_000_000;
/// The latest alerts that are remembered.
const ALERTS_MAX: usize = 200;

/// What was not kept, so that a page can say it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Dropped {
    /// Rows of users beyond the maximum.
    pub(super) user_rows: u64,
    /// Alerts beyond the maximum.
    pub(super) alerts: u64,
    /// How often all spans were drawn closer together.
    pub(super) coarsened: u32,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Book {
    /// By name.
    pub(super) users: HashMap<Box<str>, User>,
    /// Connections an hour, of all users and none.
    pub(super) hours: Hours,
    /// The latest alerts, as rows, oldest first.
    pub(super) alerts: VecDeque<Box<[u8]>>,
    /// Samples.
    pub(super) sockets: Sockets,
    /// Plain counts.
    pub(super) counts: Counts,
    /// The earliest and the latest moment that a row spoke of.
    pub(super) ends: Option<(Timestamp, Timestamp)>,
    /// What was not kept.
    pub(super) dropped: Dropped,
    spans: usize,
}

impl Book {
    /// Takes a row and the line it was.
    pub(super) fn take(&mut self, row: &Row<'_>, line: &[u8]) {
        self.counts.row(row);
        match row {
            Row::Event(kind, record) => self.event(*kind, record),
            Row::Summary(summary) => {
                self.moment(stamp(summary.last_seen.as_ref()));
                if let Some(user) = self.user(&summary.user) {
                    user.scored(summary, line);
                }
            }
            Row::Alert(alert) => {
                self.moment(stamp(alert.ts.as_ref()));
                if self.alerts.len() == ALERTS_MAX {
                    self.alerts.pop_front();
                    self.dropped.alerts += 1;
                }
                self.alerts.push_back(line.into());
                if let Some(user) = self.user(&alert.user) {
                    user.alerted(alert, line);
                }
            }
            Row::Sample(sample) => {
                self.moment(stamp(sample.ts.as_ref()));
                self.sockets.take(sample, line);
            }
            Row::Connection(_) | Row::Meta(_) | Row::Other | Row::Foreign => {}
        }
    }

    /// The users, worst first: by verdict, people, score, then name.
    pub(super) fn ranked(&self) -> Vec<(&str, &User)> {
        let mut all: Vec<_> = self.users.iter().map(|(name, user)| (&**name, user)).collect();
        all.sort_by(|(a_name, a), (b_name, b)| {
            let people = |user: &User| user.people.unwrap_or(0.0);
            (b.verdict.cmp(&a.verdict))
                .then_with(|| people(b).total_cmp(&people(a)))
                .then_with(|| b.score.cmp(&a.score))
                .then_with(|| b.connects.cmp(&a.connects))
                .then_with(|| a_name.cmp(b_name))
        });
        all
    }

    fn event(&mut self, kind: Kind, record: &Record<'_>) {
        let at = record.stamp();
        self.moment(at);
        if kind == Kind::Connect
            && let Some(at) = at
        {
            self.hours.add(at);
        }
        let ip = record.address();
        let Some(name) = &record.user else { return };
        let Some(user) = self.user(name) else { return };
        let grew = user.event(kind, record, at, ip);
        self.spans += grew;
        if self.spans > SPANS_MAX {
            self.coarsen();
        }
    }

    fn user(&mut self, name: &str) -> Option<&mut User> {
        if !self.users.contains_key(name) {
            if self.users.len() >= USERS_MAX {
                self.dropped.user_rows += 1;
                return None;
            }
            self.users.insert(name.into(), User::default());
        }
        self.users.get_mut(name)
    }

    fn moment(&mut self, at: Option<Timestamp>) {
        let Some(at) = at else { return };
        let (first, last) = self.ends.unwrap_or((at, at));
        self.ends = Some((first.min(at), last.max(at)));
    }

    /// Draws near spans as one, until half of the room is free.
    fn coarsen(&mut self) {
        while self.spans > SPANS_MAX / 2 {
            self.dropped.coarsened += 1;
            self.spans = self.users.values_mut().map(|user| user.lanes.coarsen()).sum();
        }
    }
}
