//! Values that several flags take, and the one form of message for a wrong value.

/// Reads `90`, `90s`, `5m`, `24h`, `3d`, `1h30m`, `0.5s` as milliseconds.
pub fn duration_ms(text: &str) -> Result<i64, String> {
    let wrong = || invalid("duration", text, "90s, 5m, 24h or 3d");
    let mut sum = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at_checked(digits).ok_or_else(wrong)?;
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, next) = tail.split_at_checked(letters).ok_or_else(wrong)?;
        let number: f64 = number.parse().map_err(|_| wrong())?;
        sum += number * unit_ms(unit).ok_or_else(wrong)?;
        rest = next;
    }
    let is_valid = !text.is_empty() && sum <= DURATION_MAX_MS;
    #[expect(clippy::cast_possible_truncation, reason = "bounded just above")]
    if is_valid { Ok(sum.round() as i64) } else { Err(wrong()) }
}

/// A hundred years.
const DURATION_MAX_MS: f64 = 100.0 * 366.0 * 86_400_000.0;

fn unit_ms(unit: &str) -> Option<f64> {
    Some(match unit {
        "ms" => 1.0,
        "" | "s" => 1000.0,
        "m" | "min" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        "w" => 7.0 * 86_400_000.0,
        _ => return None,
    })
}

/// Reads a whole number of at least `min`.
pub fn count<N>(text: &str, min: N) -> Result<N, String>
where
    N: std::str::FromStr + PartialOrd + std::fmt::Display + Copy,
{
    let number = text.parse().ok().filter(|number| *number >= min);
    number.ok_or_else(|| invalid("number", text, format_args!("{min} or more")))
}

/// Reads a whole number from `min` to `max`.
pub fn bounded<N>(what: &str, text: &str, min: N, max: N) -> Result<N, String>
where
    N: std::str::FromStr + PartialOrd + std::fmt::Display + Copy,
{
    let number = text.parse().ok().filter(|number| (min..=max).contains(number));
    number.ok_or_else(|| invalid(what, text, format_args!("{min} to {max}")))
}

/// Reads one of several names.
pub fn choice<T: Copy>(what: &str, text: &str, choices: &[(&str, T)]) -> Result<T, String> {
    let found = choices.iter().find(|(name, _)| *name == text);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
        invalid(what, text, one_of(&names))
    })
}

/// `invalid port '0' (expected 1 to 65535)`
pub fn invalid(what: &str, text: &str, expected: impl std::fmt::Display) -> String {
    format!("invalid {what} '{text}' (expected {expected})")
}

/// `auto, json or text`
pub fn one_of(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [name] => (*name).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, ms) in [("90", 90_000), ("1h30m", 5_400_000), ("0.5s", 500), ("3d", 259_200_000)]
        {
            assert_eq!(duration_ms(text), Ok(ms));
        }
        for text in ["", "h", "1y", "-1", "1..2", "1 h", "9999999d", "ü"] {
            assert!(duration_ms(text).is_err(), "{text}");
        }
    }

    #[test]
    fn wrong_values_are_answered_in_one_form() {
        let wrong = [
            (
                duration_ms("soon").map(drop),
                "invalid duration 'soon' (expected 90s, 5m, 24h or 3d)",
            ),
            (count("0", 1).map(drop), "invalid number '0' (expected 1 or more)"),
            (
                bounded("year", "1", 1970, 9999).map(drop),
                "invalid year '1' (expected 1970 to 9999)",
            ),
            (
                choice("language", "fr", &[("en", ()), ("ru", ()), ("vi", ())]),
                "invalid language 'fr' (expected en, ru or vi)",
            ),
        ];
        for (result, message) in wrong {
            assert_eq!(result, Err(message.to_owned()));
        }
    }
}
