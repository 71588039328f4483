//! Days, weeks from Monday, and months.

use time::{Date, Month};

/// A day of the calendar in the report's zone: its Julian day number.
pub(super) type Day = i32;

/// The length of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Day,
    Week,
    Month,
}

impl By {
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The first day of the period of a day.
    pub fn start(self, day: Day) -> Day {
        let date = date(day);
        match self {
            Self::Day => day,
            Self::Week => day - i32::from(date.weekday().number_days_from_monday()),
            Self::Month => day - i32::from(date.day()) + 1,
        }
    }

    /// The last day of the period that starts with a day.
    pub fn end(self, start: Day) -> Day {
        let date = date(start);
        match self {
            Self::Day => start,
            Self::Week => start.saturating_add(6),
            Self::Month => {
                let days = date.month().length(date.year());
                start.saturating_add(i32::from(days) - 1)
            }
        }
    }
}

fn date(day: Day) -> Date {
    Date::from_julian_day(day).unwrap_or(Date::MIN)
}

/// `2026-11-23`
pub(super) fn day_text(day: Day) -> String {
    let date = date(day);
    format!("{:04}-{:02}-{:02}", date.year(), month(date), date.day())
}

fn month(date: Date) -> u8 {
    Month::into(date.month())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_monday_and_months_have_their_length() {
        let day = Date::from_calendar_date(2024, Month::February, 29).unwrap().to_julian_day();
        let of = |by: By| {
            let start = by.start(day);
            (day_text(start), day_text(by.end(start)))
        };
        let texts = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(of(By::Day), texts("2024-02-29", "2024-02-29"));
        assert_eq!(of(By::Week), texts("2024-02-26", "2024-03-03"));
        assert_eq!(of(By::Month), texts("2024-02-01", "2024-02-29"));
    }
}
