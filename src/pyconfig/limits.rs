//! Limits that the proxy would choke on.

use time::{Date, Month};

use super::check::Level;
use super::value::Value;

/// A last day.
pub(super) fn expiry(value: &Value, today: Date) -> Option<(Level, String)> {
    if *value == Value::Computed {
        return None;
    }
    let Some(text) = value.text() else {
        let what = "is no text like '31/12/2026': the proxy would stop";
        return Some((Level::Fatal, what.to_owned()));
    };
    match read_day(text) {
        Some(day) if day <= today => Some((Level::Warning, "is over: the user is refused".into())),
        Some(_) => None,
        None => {
            let what = "is no day like 31/12/2026: the proxy would stop";
            Some((Level::Fatal, what.to_owned()))
        }
    }
}

/// `31/12/2026`, as Python's `%d/%m/%Y` reads it.
pub fn read_day(text: &str) -> Option<Date> {
    let mut parts = text.split('/');
    let mut part = |longest: usize| {
        let digits = parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?;
        digits.parse().ok().filter(|_: &u16| digits.len() <= longest)
    };
    let (day, month, year) = (part(2)?, part(2)?, part(4).filter(|_| text.len() >= 4)?);
    parts.next().is_none().then_some(())?;
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Date::from_calendar_date(year.into(), month, u8::try_from(day).ok()?).ok()
}

/// `31/12/2026`
pub fn day_text(day: Date) -> String {
    format!("{:02}/{:02}/{:04}", day.day(), u8::from(day.month()), day.year())
}

/// A number of connections or bytes.
pub(super) fn number(value: &Value) -> Option<(Level, String)> {
    match value {
        Value::Whole(whole) if *whole <= 0 => {
            Some((Level::Warning, format!("is {whole}: the user is refused")))
        }
        Value::Whole(_) | Value::Real(_) | Value::Computed => None,
        Value::Truth(_) => Some((Level::Warning, "is no number".to_owned())),
        Value::Text(_) | Value::Nothing | Value::Bytes | Value::Table(_) => {
            Some((Level::Error, "is no number: each connection of the user would fail".to_owned()))
        }
    }
}
