//! The calendar: what happened by day, week and month, and the file that keeps it.

mod figures;
pub mod file;
mod history;
mod period;
mod sketch;

use std::collections::BTreeMap;

pub use figures::CalendarRows;
pub use history::{EXACT_DAYS, History};
use history::{HistoryDropped, Mark};
pub use period::By;
use period::Day;

use crate::formats::reason::REASONS;
use crate::stream::{Event, Kind};
use crate::timestamp::{Timestamp, Zone};

/// Zones differ and change by multiples of this.
const QUARTER_MS: i64 = 900_000;
/// The last moment of the calendar: 2106.
const LAST_MS: i64 = u32::MAX as i64 * 1000;
const DAY_MS: i64 = 86_400_000;
/// Reasons that mtp-parse does not give.
const OTHER_REASONS: &str = "(others)";

/// Counts events by day.
#[derive(Debug)]
pub struct Calendar {
    pub history: History,
    zone: Zone,
    /// Rows that the history has already, by source: they are not counted again.
    seen: BTreeMap<Box<str>, Mark>,
    /// The latest quarter of an hour, and its day.
    latest: Option<(i64, Day)>,
    /// Rows that the history had.
    pub skipped: u64,
    /// Rows without a time, or with one that no calendar has.
    pub without_time: u64,
}

impl Calendar {
    /// Continues a history.
    pub fn new(history: History, zone: Zone) -> Self {
        let seen = history.marks.clone();
        Self { history, zone, seen, latest: None, skipped: 0, without_time: 0 }
    }

    pub fn add(&mut self, event: &Event<'_>) {
        let is_counted = match event.kind {
            Kind::Connect | Kind::Reject => true,
            Kind::Disconnect => event.bytes_up.is_some() || event.bytes_down.is_some(),
            Kind::Usage => event.user.is_some() && event.usage.is_some(),
            Kind::Seen | Kind::Start | Kind::Reload | Kind::Note => false,
        };
        if !is_counted {
            return;
        }
        let Some(at) = event.ts.filter(|at| (0..LAST_MS).contains(&at.0)) else {
            self.without_time += 1;
            return;
        };
        let source = event.source.as_deref().unwrap_or_default();
        if self.is_seen(source, at.0) {
            self.skipped += 1;
            return;
        }
        self.history.mark(source, at.0);
        let (day, user) = (self.day(at), event.user.as_deref());
        match event.kind {
            Kind::Connect => self.history.connect(day, user, event.ip),
            Kind::Disconnect => {
                let up = event.bytes_up.unwrap_or(0);
                let bytes = up.saturating_add(event.bytes_down.unwrap_or(0));
                self.history.bytes(day, user, bytes);
            }
            Kind::Reject => {
                let known = |reason: &&str| REASONS.iter().any(|known| known.name == *reason);
                let reason = event.reason.as_deref().filter(known).unwrap_or(OTHER_REASONS);
                self.history.reject(day, user, reason, event.count.unwrap_or(1));
            }
            Kind::Usage => {
                if let (Some(user), Some(usage)) = (user, event.usage) {
                    self.history.usage((day, at.0), user, usage, source);
                }
            }
            Kind::Seen | Kind::Start | Kind::Reload | Kind::Note => {}
        }
    }

    /// Drops the days that ended this long before the newest, which a wrong clock may have set: before
    /// `now` too.
    pub fn retain(&mut self, retain_ms: i64, now: Timestamp) {
        let today = self.day_of(now);
        let days = Day::try_from(retain_ms / DAY_MS).unwrap_or(Day::MAX);
        if let Some(newest) = self.history.newest {
            self.history.retain(newest.min(today).saturating_sub(days.max(1)).saturating_add(1));
        }
    }

    /// What was not kept.
    pub fn dropped(&self) -> HistoryDropped {
        self.history.dropped
    }

    /// Whether the history had this row: rows of one source come in the order of time.
    fn is_seen(&mut self, source: &str, at: i64) -> bool {
        let Some(mark) = self.seen.get_mut(source) else { return false };
        if at == mark.at && mark.rows > 0 {
            mark.rows -= 1;
            return true;
        }
        at < mark.at
    }

    fn day(&mut self, at: Timestamp) -> Day {
        let quarter = at.0.div_euclid(QUARTER_MS);
        if let Some((known, day)) = self.latest
            && known == quarter
        {
            return day;
        }
        let day = self.day_of(at);
        self.latest = Some((quarter, day));
        day
    }

    fn day_of(&self, at: Timestamp) -> Day {
        self.zone.date(at).to_julian_day()
    }
}
