//! Moments: milliseconds since 1970 in UTC, and their RFC 3339 text. The text is read and written
//! by hand because every row has one; the calendar is that of `time`.

pub mod local;
pub mod zone;

pub use local::{Assumptions, LocalTimeResolver};
pub use zone::Zone;

use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use time::{Date, Month};

/// A moment, in milliseconds since 1970, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

const DAY_MS: i64 = 86_400_000;
/// 1970-01-01 as `time` counts days.
const EPOCH_JULIAN_DAY: i32 = 2_440_588;
/// The first moment that four digits of year can write, and the first that they cannot.
const YEAR_0_MS: i64 = -62_167_219_200_000;
const YEAR_10000_MS: i64 = 253_402_300_800_000;

impl Timestamp {
    /// The clock of this machine.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// A civil date and time of day, as if in UTC. `None` where the calendar has no such moment.
    pub fn civil(date: (i64, u32, u32), time: (u32, u32, u32), ms: u32) -> Option<Self> {
        let ((year, month, day), (hour, minute, second)) = (date, time);
        (hour < 24 && minute < 60 && second <= 60).then_some(())?;
        let days = DayNumber::of(u32::try_from(year).ok()?, month, day)?;
        let seconds = i64::from(hour * 3600 + minute * 60 + second);
        Some(Self(days.0 * DAY_MS + seconds * 1000 + i64::from(ms)))
    }

    /// Reads `2026-11-23T15:40:35.158Z` from the start of the text, with any number of digits of
    /// a second and any offset (`Z`, `+03:00`, `+0300`); also gives how many bytes it took.
    pub fn read(text: &[u8]) -> Option<(Self, usize)> {
        let (local, taken) = Self::read_local(text)?;
        let (offset_ms, zone) = read_offset(text.get(taken..)?)?;
        Some((Self::from_ms(local.0 - offset_ms)?, taken + zone))
    }

    /// A moment in the years 0 to 9999; others cannot be written.
    pub fn from_ms(ms: i64) -> Option<Self> {
        (YEAR_0_MS..YEAR_10000_MS).contains(&ms).then_some(Self(ms))
    }

    /// Reads a zone that is a number, all of the text: `Z`, `+03:00`, `+07`: milliseconds east.
    pub fn offset_ms(text: &[u8]) -> Option<i64> {
        read_offset(text).filter(|(_, taken)| *taken == text.len()).map(|(offset, _)| offset)
    }

    /// Reads `2026-11-23T15:40:35.158` or the same with a blank, ignoring what follows.
    #[inline]
    pub fn read_local(text: &[u8]) -> Option<(Self, usize)> {
        let head: &[u8; 19] = text.first_chunk()?;
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, t, h1, h2, b':', n1, n2, b':', s1, s2] =
            *head
        else {
            return None;
        };
        let all = [y1, y2, y3, y4, m1, m2, d1, d2, h1, h2, n1, n2, s1, s2];
        let are_digits = all.iter().fold(true, |all, byte| all & byte.is_ascii_digit());
        if !are_digits || !matches!(t, b'T' | b't' | b' ') {
            return None;
        }
        let two = |tens: u8, ones: u8| u32::from(tens - b'0') * 10 + u32::from(ones - b'0');
        let day = DayNumber::of(two(y1, y2) * 100 + two(y3, y4), two(m1, m2), two(d1, d2))?;
        let (hour, minute, second) = (two(h1, h2), two(n1, n2), two(s1, s2));
        (hour < 24 && minute < 60 && second <= 60).then_some(())?;
        let mut taken = head.len();
        let mut ms = hour * 3_600_000 + minute * 60_000 + second * 1000;
        if text.get(taken) == Some(&b'.') {
            let mut weight = 100;
            taken += 1;
            let start = taken;
            while let Some(digit @ b'0'..=b'9') = text.get(taken) {
                ms += u32::from(digit - b'0') * weight;
                weight /= 10;
                taken += 1;
            }
            if taken == start {
                return None;
            }
        }
        Some((Self(day.0 * DAY_MS + i64::from(ms)), taken))
    }

    /// Writes `2026-11-23T15:40:35.158Z`, without trailing zeros.
    #[inline]
    pub fn write(self, out: &mut Vec<u8>) {
        let ms = self.0.clamp(YEAR_0_MS, YEAR_10000_MS - 1);
        let (year, month, day) = DayNumber(ms.div_euclid(DAY_MS)).civil();
        let of_day = u32::try_from(ms.rem_euclid(DAY_MS)).unwrap_or(0);
        let (seconds, thousandths) = (of_day / 1000, of_day % 1000);
        let ([c1, c2], [y1, y2]) = (two_digits(year / 100), two_digits(year % 100));
        let ([m1, m2], [d1, d2]) = (two_digits(month), two_digits(day));
        let (minutes, [s1, s2]) = (seconds / 60, two_digits(seconds % 60));
        let ([h1, h2], [n1, n2]) = (two_digits(minutes / 60), two_digits(minutes % 60));
        let (f1, [f2, f3]) = (digit(thousandths / 100), two_digits(thousandths % 100));
        let text = [
            c1, c2, y1, y2, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2,
            b'.', f1, f2, f3,
        ];
        let length = match (f1, f2, f3) {
            (b'0', b'0', b'0') => text.len() - 4,
            (_, b'0', b'0') => text.len() - 2,
            (_, _, b'0') => text.len() - 1,
            _ => text.len(),
        };
        out.extend_from_slice(text.get(..length).unwrap_or(&text));
        out.push(b'Z');
    }

    /// Whether [`Timestamp::write`] gives this text of a moment, as far as it is of milliseconds.
    #[inline]
    pub fn is_written(text: &[u8]) -> bool {
        let is_short = matches!(text, [.., b'.', _, _, b'1'..=b'9', b'Z'] if text.len() == 24);
        is_short && text.get(10) == Some(&b'T') && text.get(17) != Some(&b'6')
    }

    /// The year, in UTC.
    pub fn year(self) -> i64 {
        i64::from(DayNumber(self.0.div_euclid(DAY_MS)).civil().0)
    }

    /// As text.
    pub fn text(self) -> String {
        let mut out = Vec::with_capacity(24);
        self.write(&mut out);
        String::from_utf8(out).unwrap_or_default()
    }
}

/// A time in milliseconds that may be unknown, in eight bytes: an `Option<i64>` has sixteen, and a
/// million users have several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Option<i64>", into = "Option<i64>")]
pub struct OptMillis(i64);

impl OptMillis {
    pub const NONE: Self = Self(i64::MIN);

    #[inline]
    pub fn get(self) -> Option<i64> {
        Some(self.0).filter(|ms| *ms != i64::MIN)
    }
}

impl Default for OptMillis {
    fn default() -> Self {
        Self::NONE
    }
}

impl From<Option<i64>> for OptMillis {
    #[inline]
    fn from(ms: Option<i64>) -> Self {
        Self(ms.unwrap_or(i64::MIN))
    }
}

impl From<OptMillis> for Option<i64> {
    #[inline]
    fn from(ms: OptMillis) -> Self {
        ms.get()
    }
}

/// `.158`, `.02`, or nothing: a fraction without trailing zeros.
pub fn write_thousandths(out: &mut Vec<u8>, thousandths: u32) {
    if thousandths > 0 {
        out.push(b'.');
        let (first, rest) = (thousandths / 100, thousandths % 100);
        out.push(digit(first));
        if rest > 0 {
            out.push(digit(rest / 10));
            if rest % 10 > 0 {
                out.push(digit(rest % 10));
            }
        }
    }
}

/// `00` to `99`.
fn two_digits(value: u32) -> [u8; 2] {
    [digit(value / 10), digit(value % 10)]
}

fn digit(value: u32) -> u8 {
    b'0' + u8::try_from(value).unwrap_or(0)
}

fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0, |sum: u32, byte| {
        byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0'))
    })
}

/// `Z`, `+03:00`, `+0300`, `-05`: milliseconds east of UTC, and the bytes taken.
fn read_offset(text: &[u8]) -> Option<(i64, usize)> {
    let sign = match text.first()? {
        b'Z' | b'z' => return Some((0, 1)),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = digits(text.get(1..3)?)?;
    let colon = usize::from(text.get(3) == Some(&b':'));
    let minutes = text.get(3 + colon..5 + colon).and_then(digits);
    let taken = if minutes.is_some() { 5 + colon } else { 3 };
    (hours < 24 && minutes.is_none_or(|minutes| minutes < 60)).then_some(())?;
    let seconds = i64::from(hours * 3600 + minutes.unwrap_or(0) * 60);
    Some((sign * seconds * 1000, taken))
}

/// A day, in days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct DayNumber(i64);

/// Year, month and day.
type Civil = (u32, u32, u32);

thread_local! {
    /// The day converted last: nearly all times of a log are of the day of the time before.
    static LAST_DAY: Cell<(DayNumber, Civil)> = const { Cell::new((DayNumber(0), (1970, 1, 1))) };
}

impl DayNumber {
    /// `None` where the calendar has no such day.
    #[inline]
    fn of(year: u32, month: u32, day: u32) -> Option<Self> {
        let civil = (year, month, day);
        let (last, of_last) = LAST_DAY.get();
        if of_last == civil {
            return Some(last);
        }
        let (year, month, day) =
            (i32::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?);
        let date = Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
        let number = Self(i64::from(date.to_julian_day() - EPOCH_JULIAN_DAY));
        LAST_DAY.set((number, civil));
        Some(number)
    }

    #[inline]
    fn civil(self) -> Civil {
        let (last, civil) = LAST_DAY.get();
        if last == self {
            return civil;
        }
        let day = i32::try_from(self.0).unwrap_or(0).saturating_add(EPOCH_JULIAN_DAY);
        let (year, month, day) = Date::from_julian_day(day).unwrap_or(Date::MIN).to_calendar_date();
        let civil = (u32::try_from(year).unwrap_or(0), u8::from(month).into(), day.into());
        LAST_DAY.set((self, civil));
        civil
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_0_to_9999() {
        for text in ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "2107-01-01T00:00:00Z"] {
            let read = Timestamp::read(text.as_bytes()).map(|(stamp, _)| stamp.text());
            assert_eq!(read.as_deref(), Some(text));
        }
        for text in [
            "0000-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "2026-11-23T00:00:00-99:99",
            "2026-11-23T00:00:00+24:00",
            "2026-11-23T00:00:00+03:60",
        ] {
            assert_eq!(Timestamp::read(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Timestamp(i64::MAX).text(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Timestamp(i64::MIN).text(), "0000-01-01T00:00:00Z");
        assert_eq!((Timestamp::from_ms(i64::MAX), Timestamp::from_ms(i64::MIN)), (None, None));
    }

    #[test]
    fn a_text_that_is_written_again() {
        for text in [
            "2026-11-23T15:40:35.158Z",
            "2026-11-23T15:40:35.150Z",
            "2026-11-23T15:40:35.1580Z",
            "2026-11-23T15:40:60.158Z",
            "2026-11-23t15:40:35.158Z",
            "2026-11-23T15:40:35.158z",
            "2026-11-23T15:40:35Z",
            "2026-11-23T15:40:35.1+00:00",
        ] {
            let (read, _) = Timestamp::read(text.as_bytes()).unwrap();
            let is_written = Timestamp::is_written(text.as_bytes());
            assert!(!is_written || read.text() == text, "{text}");
            assert_eq!(is_written, text == "2026-11-23T15:40:35.158Z");
        }
    }

    #[test]
    fn texts_and_moments() {
        let read =
            |text: &str| Timestamp::read(text.as_bytes()).map(|(stamp, n)| (stamp.text(), n));
        let same = |text: &str| assert_eq!(read(text), Some((text.to_owned(), text.len())));
        same("2026-11-23T15:40:35.158Z");
        same("2026-11-23T15:41:12.02Z");
        same("2024-02-29T23:59:59Z");
        let utc = Some("2026-11-23T12:00:00.123Z".to_owned());
        assert_eq!(read("2026-11-23T15:00:00.123456789+03:00 x").map(|at| at.0), utc);
        assert_eq!(read("2026-11-23T15:00:00.123+0300").map(|at| at.0), utc);
        for bad in ["2026-02-29T00:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T15:00:00", "", "x"]
        {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
