//! Local times: the moment of a civil time without a zone, or of a date without a year, and what
//! had to be assumed for it.

use super::Timestamp;
use super::zone::{Offset, Zone};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Zones change their offset at quarters of an hour; inside one the offset is remembered.
const SLOT_MS: i64 = HOUR_MS / 4;
/// How far back a log may step and still go on.
const DISORDER_MS: i64 = HOUR_MS / 6;
/// 29 February is at most this many years back (1896, 1904).
const YEARS_BACK_MAX: i64 = 8;

/// What the input leaves open and was assumed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Assumptions {
    /// A time without a zone was read in this machine's zone.
    pub zone: bool,
    /// A date without a year was put into the newest year that is not in the future.
    pub year: bool,
}

/// Resolves local times.
#[derive(Clone, Debug)]
pub struct LocalTimeResolver {
    zone: Zone,
    is_zone_given: bool,
    year: Option<i64>,
    /// The last quarter of an hour that had one offset, and that offset in milliseconds.
    slot: Option<(i64, i64)>,
    /// The moment read last: decides which half of a repeated hour a line is in.
    last: Option<Timestamp>,
    /// The last month and day, and the year they were put into.
    day: Option<((u32, u32), i64)>,
    assumed: Assumptions,
    now: Timestamp,
}

impl LocalTimeResolver {
    /// `None` for the zone is this machine's; for the year, the newest that is not in the future.
    pub fn new(zone: Option<Zone>, year: Option<i64>) -> Self {
        Self {
            is_zone_given: zone.is_some(),
            zone: zone.unwrap_or_else(Zone::system),
            year,
            slot: None,
            last: None,
            day: None,
            assumed: Assumptions::default(),
            now: Timestamp(0),
        }
    }

    /// What the resolution of later times depends on, beside the zone.
    pub fn seam_state(&self) -> impl std::fmt::Debug + use<> {
        (self.last, self.day)
    }

    /// What was assumed so far.
    pub fn assumptions(&self) -> Assumptions {
        self.assumed
    }

    /// The moment of a civil time in the zone, given as if it were in UTC. A time that the zone
    /// skips is read with the offset before the gap; of a time that it has twice the first is
    /// taken, or the second where the moment read before is after the first.
    pub fn local(&mut self, civil: Timestamp) -> Timestamp {
        self.assumed.zone |= !self.is_zone_given;
        let slot = civil.0.div_euclid(SLOT_MS);
        let at = match self.slot {
            Some((known, offset)) if known == slot => Timestamp(civil.0 - offset),
            _ => self.look_up(civil, slot),
        };
        self.last = Some(at);
        at
    }

    fn look_up(&mut self, civil: Timestamp, slot: i64) -> Timestamp {
        let at = |offset: i64| Timestamp(civil.0 - offset);
        match self.zone.offset_of_civil(civil) {
            Offset::Unique(offset) => {
                self.slot = Some((slot, offset));
                at(offset)
            }
            Offset::Gap(before) => at(before),
            Offset::Fold(before, after) => {
                let (first, second) = (at(before), at(after));
                let is_second = self.last.is_some_and(|last| {
                    first.0 < last.0 - DISORDER_MS && (second.0 - last.0).abs() < 3 * HOUR_MS
                });
                if is_second { second } else { first }
            }
        }
    }

    /// The time that yearless dates are resolved against.
    pub fn set_now(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// The moment of a local month, day and time of day without a year.
    pub fn yearless(
        &mut self,
        (month, day): (u32, u32),
        time: (u32, u32, u32),
        ms: u32,
    ) -> Option<Timestamp> {
        let year = match (self.year, self.day) {
            (Some(year), _) => year,
            (None, Some((known, year))) if known == (month, day) => year,
            (None, _) => newest_year((month, day), self.now)?,
        };
        self.assumed.year |= self.year.is_none();
        self.day = Some(((month, day), year));
        Some(self.local(Timestamp::civil((year, month, day), time, ms)?))
    }
}

/// The newest year in which this day is at most a day ahead. The day's grace is for zones and for
/// clocks that differ.
fn newest_year((month, day): (u32, u32), now: Timestamp) -> Option<i64> {
    let next = now.year() + 1;
    (next - YEARS_BACK_MAX - 1..=next).rev().find(|year| {
        let begin = Timestamp::civil((*year, month, day), (0, 0, 0), 0);
        begin.is_some_and(|begin| begin.0 <= now.0 + DAY_MS)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn civil(text: &str) -> Timestamp {
        Timestamp::read_local(text.as_bytes()).unwrap().0
    }

    fn clock(zone: &str) -> LocalTimeResolver {
        LocalTimeResolver::new(Some(Zone::read(zone).unwrap()), None)
    }

    #[test]
    fn zones_as_people_write_them() {
        let noon = civil("2026-11-23T12:00:00");
        for (zone, want) in [
            ("UTC", "2026-11-23T12:00:00Z"),
            ("+07:00", "2026-11-23T05:00:00Z"),
            ("+7", "2026-11-23T05:00:00Z"),
            ("UTC+7", "2026-11-23T05:00:00Z"),
            ("-0330", "2026-11-23T15:30:00Z"),
            ("Asia/Ho_Chi_Minh", "2026-11-23T05:00:00Z"),
            ("Europe/Berlin", "2026-11-23T11:00:00Z"),
        ] {
            assert_eq!(clock(zone).local(noon).text(), want, "{zone}");
        }
        for bad in ["", "+", "+25:00", "+07:60", "+070", "Mars/Olympus"] {
            assert!(Zone::read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_hour_that_is_skipped_and_one_that_is_there_twice() {
        let mut berlin = clock("Europe/Berlin");
        assert_eq!(berlin.local(civil("2026-03-29T02:30:00")).text(), "2026-03-29T01:30:00Z");
        let mut berlin = clock("Europe/Berlin");
        let mut previous = None;
        for (local, want) in [
            ("2026-10-25T01:59:00", "2026-10-24T23:59:00Z"),
            ("2026-10-25T02:00:00", "2026-10-25T00:00:00Z"),
            ("2026-10-25T02:31:00", "2026-10-25T00:31:00Z"),
            ("2026-10-25T02:59:00", "2026-10-25T00:59:00Z"),
            ("2026-10-25T02:00:00", "2026-10-25T01:00:00Z"),
            ("2026-10-25T02:31:00", "2026-10-25T01:31:00Z"),
            ("2026-10-25T03:00:00", "2026-10-25T02:00:00Z"),
        ] {
            let at = berlin.local(civil(local));
            assert_eq!(at.text(), want, "{local}");
            assert!(previous < Some(at), "time goes on");
            previous = Some(at);
        }
    }

    #[test]
    fn the_newest_year_that_is_not_in_the_future() {
        let read = |now: &str, day: (u32, u32)| {
            let now = civil(now);
            let mut resolver = clock("UTC");
            resolver.set_now(now);
            resolver.yearless(day, (12, 0, 0), 0).map(Timestamp::text)
        };
        for (now, day, want) in [
            ("2026-11-24T06:00:00", (11, 23), "2026-11-23T12:00:00Z"),
            ("2026-11-24T06:00:00", (11, 25), "2026-11-25T12:00:00Z"),
            ("2026-11-24T06:00:00", (11, 26), "2025-11-26T12:00:00Z"),
            ("2026-12-31T23:00:00", (1, 1), "2027-01-01T12:00:00Z"),
            ("2027-01-01T01:00:00", (12, 31), "2026-12-31T12:00:00Z"),
            ("2027-03-01T00:00:00", (2, 29), "2024-02-29T12:00:00Z"),
            ("2028-02-28T12:00:00", (2, 29), "2028-02-29T12:00:00Z"),
        ] {
            assert_eq!(read(now, day).as_deref(), Some(want), "{day:?} at {now}");
        }
        assert_eq!(read("2026-11-24T06:00:00", (2, 30)), None);
    }

    #[test]
    fn assumptions_are_recorded() {
        let mut given = LocalTimeResolver::new(Some(Zone::utc()), Some(2025));
        let at = given.yearless((11, 23), (1, 2, 3), 4).map(Timestamp::text);
        assert_eq!(at.as_deref(), Some("2025-11-23T01:02:03.004Z"));
        assert_eq!(given.assumptions(), Assumptions::default());
        let mut guessing = LocalTimeResolver::new(None, None);
        guessing.yearless((11, 23), (1, 2, 3), 4);
        assert_eq!(guessing.assumptions(), Assumptions { zone: true, year: true });
    }
}
