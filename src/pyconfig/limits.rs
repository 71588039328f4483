//! Limits that the proxy would choke on.

use jiff::civil::Date;

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
    match Date::strptime("%d/%m/%Y", text) {
        Ok(day) if day <= today => Some((Level::Warning, "is over: the user is refused".into())),
        Ok(_) => None,
        Err(_) => {
            let what = "is no day like 31/12/2026: the proxy would stop";
            Some((Level::Fatal, what.to_owned()))
        }
    }
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
