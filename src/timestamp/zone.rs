//! Time zones: fixed offsets, and the zones of the system's zoneinfo database.

use std::path::Path;
use std::sync::Arc;

use time::format_description::parse_strftime_owned;
use time::{Date, OffsetDateTime, UtcOffset};
use tz::TimeZone;

use super::Timestamp;

const DAY_MS: i64 = 86_400_000;
/// Where systems keep the database.
const FOLDERS: [&str; 3] = ["/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/etc/zoneinfo"];

#[derive(Clone, Debug)]
pub struct Zone(Arc<TimeZone>);

/// What a local time of day is in a zone: its offset in milliseconds east of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offset {
    Unique(i64),
    /// The zone skips this time; the offset before the gap.
    Gap(i64),
    /// The zone has this time twice: with the offset before, and with that after.
    Fold(i64, i64),
}

impl Zone {
    pub fn utc() -> Self {
        Self(Arc::new(TimeZone::utc()))
    }

    /// The zone of `TZ`, else of `/etc/localtime`; UTC where there is neither.
    pub fn system() -> Self {
        Self::try_system().unwrap_or_else(|_| Self::utc())
    }

    fn try_system() -> Result<Self, String> {
        let zone = match std::env::var("TZ") {
            Ok(text) if text.is_empty() => Ok(TimeZone::utc()),
            Ok(text) => TimeZone::from_posix_tz(&text),
            Err(_) => TimeZone::local(),
        };
        zone.map(|zone| Self(Arc::new(zone))).map_err(|error| error.to_string())
    }

    /// Reads a zone as `--tz` takes it: `UTC`, `local`, `+07:00`, `Asia/Ho_Chi_Minh`.
    pub fn read(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("local") {
            return Self::try_system();
        }
        if text.eq_ignore_ascii_case("UTC") {
            return Ok(Self::utc());
        }
        let fixed = read_offset(text).and_then(|seconds| TimeZone::fixed(seconds).ok());
        let zone = fixed.or_else(|| named(text)).ok_or_else(|| {
            format!(
                "invalid time zone '{text}' \
                 (expected UTC, local, +07:00 or a name like Asia/Ho_Chi_Minh)"
            )
        })?;
        Ok(Self(Arc::new(zone)))
    }

    /// Milliseconds east of UTC at this moment.
    pub fn offset_ms(&self, at: Timestamp) -> i64 {
        let local = self.0.find_local_time_type(at.0.div_euclid(1000));
        local.map_or(0, |local| i64::from(local.ut_offset()) * 1000)
    }

    /// The offset of a civil time that is given as if it were in UTC. Assumes that a zone changes
    /// at most once in two days.
    pub(super) fn offset_of_civil(&self, civil: Timestamp) -> Offset {
        let offset_at = |ms: i64| self.offset_ms(Timestamp(ms));
        let before = offset_at(civil.0.saturating_sub(DAY_MS));
        let after = offset_at(civil.0.saturating_add(DAY_MS));
        let is_valid = |offset: i64| offset_at(civil.0.saturating_sub(offset)) == offset;
        match (is_valid(before), is_valid(after)) {
            (true, true) if before != after => Offset::Fold(before, after),
            (true, _) => Offset::Unique(before),
            (false, true) => Offset::Unique(after),
            (false, false) => Offset::Gap(before),
        }
    }

    fn local(&self, at: Timestamp) -> OffsetDateTime {
        let utc = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.0) * 1_000_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let seconds = i32::try_from(self.offset_ms(at) / 1000).unwrap_or(0);
        let offset = UtcOffset::from_whole_seconds(seconds).unwrap_or(UtcOffset::UTC);
        utc.checked_to_offset(offset).unwrap_or(utc)
    }

    /// The day in this zone.
    pub fn date(&self, at: Timestamp) -> Date {
        self.local(at).date()
    }

    /// The moment in a format of `strftime(3)`.
    pub fn strftime(&self, at: Timestamp, format: &str) -> String {
        let items = parse_strftime_owned(format).ok();
        items.and_then(|items| self.local(at).format(&items).ok()).unwrap_or_default()
    }

    /// `UTC`, `CET`, `+07`.
    pub fn abbreviation(&self, at: Timestamp) -> String {
        let local = self.0.find_local_time_type(at.0.div_euclid(1000));
        let name = local.map_or("UTC", |local| local.time_zone_designation());
        if !name.is_empty() {
            return name.to_owned();
        }
        let minutes = self.offset_ms(at) / 60_000;
        if minutes == 0 {
            return "UTC".to_owned();
        }
        let sign = if minutes < 0 { '-' } else { '+' };
        let hours = minutes.abs() / 60;
        match minutes.abs() % 60 {
            0 => format!("{sign}{hours:02}"),
            rest => format!("{sign}{hours:02}{rest:02}"),
        }
    }
}

/// A zone of the database: a relative path below its folder.
fn named(name: &str) -> Option<TimeZone> {
    let is_part = |part: &str| {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_-+".contains(&byte);
        !part.is_empty() && part.bytes().all(is_letter)
    };
    name.split('/').all(is_part).then_some(())?;
    let own = std::env::var("TZDIR").ok();
    own.as_deref().into_iter().chain(FOLDERS).find_map(|folder| {
        let bytes = std::fs::read(Path::new(folder).join(name)).ok()?;
        TimeZone::from_tz_data(&bytes).ok()
    })
}

/// `+07:00`, `-0330`, `+7`, `UTC+7`: seconds east of UTC.
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

    #[test]
    fn moments_as_text() {
        let at = Timestamp(1_795_448_435_158);
        let shown = |zone: &str| {
            let zone = Zone::read(zone).unwrap();
            format!("{} {}", zone.strftime(at, "%Y-%m-%d %H:%M:%S"), zone.abbreviation(at))
        };
        assert_eq!(shown("UTC"), "2026-11-23 15:40:35 UTC");
        assert_eq!(shown("Asia/Ho_Chi_Minh"), "2026-11-23 22:40:35 +07");
        assert_eq!(shown("Europe/Berlin"), "2026-11-23 16:40:35 CET");
        assert_eq!(shown("-0330"), "2026-11-23 12:10:35 -0330");
        assert_eq!(Zone::read("+12").unwrap().date(at).to_string(), "2026-11-24");
    }

    #[test]
    fn gaps_and_folds() {
        const WINTER: i64 = 3_600_000;
        const SUMMER: i64 = 7_200_000;
        let berlin = Zone::read("Europe/Berlin").unwrap();
        let offset = |text: &str| {
            let civil = Timestamp::read_local(text.as_bytes()).unwrap().0;
            berlin.offset_of_civil(civil)
        };
        assert_eq!(offset("2026-03-29T01:59:59"), Offset::Unique(WINTER));
        assert_eq!(offset("2026-03-29T02:00:00"), Offset::Gap(WINTER));
        assert_eq!(offset("2026-03-29T02:59:59"), Offset::Gap(WINTER));
        assert_eq!(offset("2026-03-29T03:00:00"), Offset::Unique(SUMMER));
        assert_eq!(offset("2026-10-25T01:59:59"), Offset::Unique(SUMMER));
        assert_eq!(offset("2026-10-25T02:00:00"), Offset::Fold(SUMMER, WINTER));
        assert_eq!(offset("2026-10-25T02:59:59"), Offset::Fold(SUMMER, WINTER));
        assert_eq!(offset("2026-10-25T03:00:00"), Offset::Unique(WINTER));
    }
}
