//! The model of what was read, as small as reports of it need: users with their networks over time,
//! connections an hour, sockets over time, and what was not understood.
//!
//! Everything that grows has its maximum here; what went beyond is in [`Dropped`] and on the page.

pub mod counts;
pub mod hours;
pub mod sockets;
pub mod timeline;
pub mod user;

use std::collections::{HashMap, VecDeque};

pub use counts::TrafficCounts;
pub use hours::Hours;
pub use sockets::Sockets;
pub use user::UserModel;

use super::Calendar;
use crate::stream::{Alert, Event, Kind, Row, Verdict};
use crate::timestamp::Timestamp;

/// Users that are kept.
const USERS_MAX: usize = 25_000;
/// Bytes of a user's name; longer ones are not a user's.
const NAME_MAX: usize = 256;
/// The latest alerts that are kept.
const ALERTS_MAX: usize = 200;
/// The last second that charts reach: 2106.
const LAST_MS: i64 = u32::MAX as i64 * 1000;

/// What was not kept, so that a page can report it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dropped {
    /// Rows of users beyond the maximum.
    pub user_rows: u64,
    /// Alerts beyond the maximum.
    pub alerts: u64,
    /// Rows whose time is before 1970 or after 2106.
    pub times: u64,
}

#[derive(Debug, Default)]
pub struct ReportModel {
    /// By name.
    pub users: HashMap<Box<str>, UserModel>,
    /// Of all users, and of connections without one.
    pub hours: Hours,
    /// The latest alerts, oldest first.
    pub alerts: VecDeque<Alert<'static>>,
    pub sockets: Sockets,
    pub counts: TrafficCounts,
    /// The earliest and the latest time of a row.
    pub ends: Option<(Timestamp, Timestamp)>,
    pub dropped: Dropped,
    /// Where it was asked for.
    pub calendar: Option<Calendar>,
}

impl ReportModel {
    /// Takes a row.
    pub fn ingest(&mut self, row: &Row<'_>) {
        self.counts.add(row);
        match row {
            Row::Event(event) => self.add_event(event),
            Row::Summary(summary) => {
                self.moment(summary.first_seen);
                self.moment(summary.last_seen);
                if let Some(user) = self.user(&summary.user) {
                    user.add_summary(summary);
                }
            }
            Row::Alert(alert) => {
                self.moment(alert.ts);
                if self.alerts.len() == ALERTS_MAX {
                    self.alerts.pop_front();
                    self.dropped.alerts += 1;
                }
                if let Some(user) = self.user(&alert.user) {
                    user.add_alert(alert);
                    let kept = user.alerts.last().cloned();
                    self.alerts.extend(kept);
                }
            }
            Row::Sample(sample) => {
                if self.moment(sample.ts) {
                    self.sockets.add(sample);
                }
            }
            Row::Connection(_)
            | Row::Meta(_)
            | Row::Table(_)
            | Row::Clock(_)
            | Row::Other
            | Row::Foreign => {}
        }
    }

    /// The users, worst first: by verdict, people, score, then name.
    pub fn ranked(&self) -> Vec<(&str, &UserModel)> {
        let mut all: Vec<_> = self.users.iter().map(|(name, user)| (&**name, user)).collect();
        all.sort_by(|(a_name, a), (b_name, b)| {
            // As mtp-score orders them.
            let is_suspect = |user: &UserModel| user.verdict >= Verdict::Watch;
            let people = |user: &UserModel| user.people.filter(|_| is_suspect(user)).unwrap_or(0.0);
            (b.verdict.cmp(&a.verdict))
                .then_with(|| people(b).total_cmp(&people(a)))
                .then_with(|| b.score.cmp(&a.score))
                .then_with(|| a_name.cmp(b_name))
        });
        all
    }

    fn add_event(&mut self, event: &Event<'_>) {
        if let Some(calendar) = &mut self.calendar {
            calendar.add(event);
        }
        let at = event.ts;
        if at.is_some() && !self.moment(at) {
            return;
        }
        if let (Kind::Connect, Some(at)) = (event.kind, at) {
            self.hours.add_connection(at);
        }
        if let Some(name) = &event.user
            && let Some(user) = self.user(name)
        {
            user.add_event(event);
        }
    }

    fn user(&mut self, name: &str) -> Option<&mut UserModel> {
        if !self.users.contains_key(name) {
            if self.users.len() >= USERS_MAX || name.len() > NAME_MAX {
                self.dropped.user_rows += 1;
                return None;
            }
            self.users.insert(name.into(), UserModel::default());
        }
        self.users.get_mut(name)
    }

    /// Widens the time that was seen. Whether charts reach this moment.
    fn moment(&mut self, at: Option<Timestamp>) -> bool {
        let Some(at) = at else { return false };
        if !(0..LAST_MS).contains(&at.0) {
            self.dropped.times += 1;
            return false;
        }
        let (first, last) = self.ends.unwrap_or((at, at));
        self.ends = Some((first.min(at), last.max(at)));
        true
    }
}
