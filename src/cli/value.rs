//! Values that several flags take: durations, counts, moments of the day.

/// Reads `90`, `90s`, `5m`, `24h`, `3d`, `1h30m`, `0.5s` as milliseconds.
pub fn duration_ms(text: &str) -> Result<i64, String> {
    let wrong = || format!("'{text}' is no duration: 90s, 5m, 24h or 3d would be");
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
    let is_sane = !text.is_empty() && sum <= DURATION_MAX_MS;
    #[expect(clippy::cast_possible_truncation, reason = "bounded just above")]
    if is_sane { Ok(sum.round() as i64) } else { Err(wrong()) }
}

/// A hundred years: more is a slip of the hand.
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

/// Reads a whole number of at least this.
pub fn count<N>(text: &str, least: N) -> Result<N, String>
where
    N: std::str::FromStr + PartialOrd + std::fmt::Display + Copy,
{
    let number = text.parse().ok().filter(|number| *number >= least);
    number.ok_or_else(|| format!("'{text}' is no whole number of at least {least}"))
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
}
