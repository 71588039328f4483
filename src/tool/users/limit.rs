//! `limit`: connections, the last day and the bytes of a user.

use time::{Date, Duration, Month};

use super::desk::{Desk, Done, must_exist};
use crate::cli::value::invalid;
use crate::error::Error;
use crate::pyconfig::limits::{day_text, read_day};
use crate::pyconfig::{Change, Table, Value};
use crate::timestamp::{Timestamp, Zone};

/// What is asked for a limit.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Wish {
    /// To have none.
    Lift,
    /// To be this.
    Be(Value),
}

/// Limits that are asked for; those that are absent stay as they are.
#[derive(Clone, Debug, Default)]
pub(super) struct Limits {
    pub(super) max_conns: Option<Wish>,
    pub(super) expires: Option<Wish>,
    pub(super) quota: Option<Wish>,
}

impl Limits {
    fn all(&self) -> [(Table, Option<&Wish>); 3] {
        [
            (Table::MaxConns, self.max_conns.as_ref()),
            (Table::Expirations, self.expires.as_ref()),
            (Table::Quota, self.quota.as_ref()),
        ]
    }

    /// Puts them into a change.
    pub(super) fn put(&self, change: &mut Change<'_>, name: &str, file: &str) -> Result<(), Error> {
        for (table, wish) in self.all() {
            let put = match wish {
                None => Ok(()),
                Some(Wish::Lift) => change.remove(table, name),
                Some(Wish::Be(value)) => change.set(table, name, value),
            };
            put.map_err(|fault| fault.of(file))?;
        }
        Ok(())
    }
}

/// Sets limits of users.
pub(super) fn limit(desk: &mut Desk) -> Result<(), Error> {
    let names = desk.names()?;
    let limits = desk.options.limits.clone();
    if limits.all().iter().all(|(_, wish)| wish.is_none()) {
        let what = "limit: which one? --max-conns, --expires or --quota";
        return Err(Error::Usage(what.to_owned()));
    }
    let file = desk.path().display().to_string();
    desk.edit(|_, config, change| {
        for name in &names {
            must_exist(config, &file, name)?;
            limits.put(change, name, &file)?;
        }
        Ok(names.iter().map(|name| Done::to(name, "limited")).collect())
    })
}

/// `5`
pub(super) fn connections(text: &str) -> Result<Wish, String> {
    if text == "none" {
        return Ok(Wish::Lift);
    }
    let whole: u32 = text.parse().map_err(|_| invalid("limit", text, "a number or none"))?;
    if whole == 0 {
        return Err("0 would let nobody in: disable does that".to_owned());
    }
    Ok(Wish::Be(Value::Whole(whole.into())))
}

/// `2026-12-31`, `31/12/2026`, `+30d`
pub(super) fn date(text: &str) -> Result<Wish, String> {
    if text == "none" {
        return Ok(Wish::Lift);
    }
    let wrong = || invalid("date", text, "2026-12-31, 31/12/2026, +30d or none");
    let days = text.strip_prefix('+').and_then(|rest| rest.strip_suffix('d'));
    let day = if let Some(days) = days {
        let days: i32 = days.parse().map_err(|_| wrong())?;
        today().checked_add(Duration::days(days.into())).ok_or_else(wrong)?
    } else {
        iso_day(text).or_else(|| read_day(text)).ok_or_else(wrong)?
    };
    if !(1000..=9999).contains(&day.year()) {
        return Err(wrong());
    }
    Ok(Wish::Be(Value::Text(day_text(day))))
}

/// The day in this machine's zone.
pub(super) fn today() -> Date {
    Zone::system().date(Timestamp::now())
}

/// `2026-12-31`
fn iso_day(text: &str) -> Option<Date> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    [year, month, day].into_iter().all(is_digits).then_some(())?;
    let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()
}

/// `500M`, `1.5G`, `10GiB`
pub(super) fn size(text: &str) -> Result<Wish, String> {
    if text == "none" {
        return Ok(Wish::Lift);
    }
    let wrong = || invalid("size", text, "500M, 10G, 1.5T, 10GiB or none");
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = text.get(digits.len()..).unwrap_or_default().to_ascii_lowercase();
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let binary = unit.ends_with("ib");
    let power = match unit.trim_end_matches("ib").trim_end_matches('b') {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return Err(wrong()),
    };
    let one = i128::from(if binary { 1024 } else { 1000 }).checked_pow(power).ok_or_else(wrong)?;
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) || fraction.len() > 9 {
        return Err(wrong());
    }
    let tenths = 10_i128.pow(u32::try_from(fraction.len()).map_err(|_| wrong())?);
    let scaled: i128 = format!("{whole}{fraction}").parse().map_err(|_| wrong())?;
    let bytes = scaled.checked_mul(one).ok_or_else(wrong)? / tenths;
    if bytes == 0 {
        return Err("0 would let nobody in: disable does that".to_owned());
    }
    Ok(Wish::Be(Value::Whole(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_sizes() {
        let day = |text: &str| date(text).map(|wish| format!("{wish:?}"));
        assert_eq!(day("2026-12-31"), day("31/12/2026"));
        assert!(day("2026-12-31").unwrap().contains("31/12/2026"));
        assert!(day("+30d").is_ok() && day("31/02/2026").is_err() && day("soon").is_err());
        let bytes =
            |text: &str| size(text).ok().map(|wish| wish == Wish::Be(Value::Whole(1_500_000_000)));
        assert_eq!(bytes("1.5G"), Some(true));
        assert_eq!(bytes("1500mb"), Some(true));
        assert_eq!(bytes("1500000000"), Some(true));
        assert_eq!(bytes("1.5GiB"), Some(false));
        assert_eq!(bytes("10 G").or(bytes("G")).or(bytes("-1")).or(bytes("0")), None);
        assert!(connections("0").is_err() && connections("x").is_err());
    }
}
