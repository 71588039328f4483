//! Local times: what a civil time without a zone, or a date without a year, means as a moment;
//! and whether it had to be guessed, so that it can be said once.

use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use super::Timestamp;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Zones change their offset at quarters of an hour; inside one the offset is remembered.
const SLOT_MS: i64 = HOUR_MS / 4;
/// How far back a log may step and still go on.
const DISORDER_MS: i64 = HOUR_MS / 6;
/// 29 February is at most this many years back (1896, 1904).
const YEARS_BACK_MAX: i64 = 8;

/// What was not said and had to be assumed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Assumptions {
    /// A time without a zone was read in this machine's zone.
    pub zone: bool,
    /// A date without a year was put into the newest year that is not in the future.
    pub year: bool,
}

/// Reads local times.
#[derive(Clone, Debug)]
pub struct LocalTimeResolver {
    zone: TimeZone,
    is_zone_given: bool,
    year: Option<i64>,
    /// The last quarter of an hour that had one offset, and that offset in milliseconds.
    slot: Option<(i64, i64)>,
    /// The moment read last: tells which half of a repeated hour a line is in.
    last: Option<Timestamp>,
    /// The last month and day, and the year they were put into.
    day: Option<((u32, u32), i64)>,
    guessed: Assumptions,
}

impl LocalTimeResolver {
    /// `None` for the zone is this machine's; for the year, the newest that is not in the future.
    pub fn new(zone: Option<TimeZone>, year: Option<i64>) -> Self {
        Self {
            is_zone_given: zone.is_some(),
            zone: zone.unwrap_or_else(|| TimeZone::try_system().unwrap_or(TimeZone::UTC)),
            year,
            slot: None,
            last: None,
            day: None,
            guessed: Assumptions::default(),
        }
    }

    /// Reads a zone as `--tz` takes it: `UTC`, `local`, `+07:00`, `Asia/Ho_Chi_Minh`.
    pub fn read_zone(text: &str) -> Result<TimeZone, String> {
        if text.eq_ignore_ascii_case("local") {
            return TimeZone::try_system().map_err(|error| error.to_string());
        }
        if let Some(seconds) = read_offset(text) {
            let offset = Offset::from_seconds(seconds).map_err(|error| error.to_string())?;
            return Ok(TimeZone::fixed(offset));
        }
        TimeZone::get(text).map_err(|_| {
            format!("'{text}' is no time zone: UTC, local, +07:00 or a name like Asia/Ho_Chi_Minh")
        })
    }

    /// What was assumed so far.
    pub fn guessed(&self) -> Assumptions {
        self.guessed
    }

    /// The moment of a civil time in the zone, given as if it were in UTC. A time that the zone
    /// skips is read with the offset before the gap; of a time that it has twice the first is
    /// taken, or the second where the moment read before says that the first is over.
    pub fn local(&mut self, civil: Timestamp) -> Timestamp {
        self.guessed.zone |= !self.is_zone_given;
        let slot = civil.0.div_euclid(SLOT_MS);
        let at = match self.slot {
            Some((known, offset)) if known == slot => Timestamp(civil.0 - offset),
            _ => self.look_up(civil, slot),
        };
        self.last = Some(at);
        at
    }

    fn look_up(&mut self, civil: Timestamp, slot: i64) -> Timestamp {
        let Ok(as_if_utc) = jiff::Timestamp::from_millisecond(civil.0) else { return civil };
        let date_time = Offset::UTC.to_datetime(as_if_utc);
        let at = |offset: Offset| Timestamp(civil.0 - i64::from(offset.seconds()) * 1000);
        match self.zone.to_ambiguous_timestamp(date_time).offset() {
            AmbiguousOffset::Unambiguous { offset } => {
                self.slot = Some((slot, i64::from(offset.seconds()) * 1000));
                at(offset)
            }
            AmbiguousOffset::Gap { before, .. } => at(before),
            AmbiguousOffset::Fold { before, after } => {
                let (first, second) = (at(before), at(after));
                let is_second = self.last.is_some_and(|last| {
                    first.0 < last.0 - DISORDER_MS && (second.0 - last.0).abs() < 3 * HOUR_MS
                });
                if is_second { second } else { first }
            }
        }
    }

    /// The moment of a local month, day and time of day without a year.
    pub fn yearless(
        &mut self,
        (month, day): (u32, u32),
        time: (u32, u32, u32),
        ms: u32,
    ) -> Option<Timestamp> {
        self.yearless_at((month, day), time, ms, Timestamp::now)
    }

    fn yearless_at(
        &mut self,
        (month, day): (u32, u32),
        time: (u32, u32, u32),
        ms: u32,
        now: impl Fn() -> Timestamp,
    ) -> Option<Timestamp> {
        let year = match (self.year, self.day) {
            (Some(year), _) => year,
            (None, Some((known, year))) if known == (month, day) => year,
            (None, _) => newest_year((month, day), now())?,
        };
        self.guessed.year |= self.year.is_none();
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

/// `+07:00`, `-0330`, `+7`: seconds east of UTC.
fn read_offset(text: &str) -> Option<i32> {
    let text = text.strip_prefix("UTC").filter(|rest| !rest.is_empty()).unwrap_or(text);
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match (rest.split_once(':'), rest.len()) {
        (Some(parts), _) => parts,
        (None, 4) => rest.split_at_checked(2)?,
        (None, _) => (rest, "0"),
    };
    let is_short = |part: &str| (1..=2).contains(&part.len());
    if !is_short(hours) || !is_short(minutes) {
        return None;
    }
    let (hours, minutes): (u8, u8) = (hours.parse().ok()?, minutes.parse().ok()?);
    let in_day = hours < 24 && minutes < 60;
    in_day.then(|| sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn civil(text: &str) -> Timestamp {
        Timestamp::read_local(text.as_bytes()).unwrap().0
    }

    fn clock(zone: &str) -> LocalTimeResolver {
        LocalTimeResolver::new(Some(LocalTimeResolver::read_zone(zone).unwrap()), None)
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
            assert!(LocalTimeResolver::read_zone(bad).is_err(), "{bad}");
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
            clock("UTC").yearless_at(day, (12, 0, 0), 0, || now).map(Timestamp::text)
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
    fn a_guess_is_known() {
        let mut given = LocalTimeResolver::new(Some(TimeZone::UTC), Some(2025));
        let at = given.yearless((11, 23), (1, 2, 3), 4).map(Timestamp::text);
        assert_eq!(at.as_deref(), Some("2025-11-23T01:02:03.004Z"));
        assert_eq!(given.guessed(), Assumptions::default());
        let mut guessing = LocalTimeResolver::new(None, None);
        guessing.yearless((11, 23), (1, 2, 3), 4);
        assert_eq!(guessing.guessed(), Assumptions { zone: true, year: true });
    }
}
