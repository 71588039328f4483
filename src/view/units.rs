//! Numbers as people read them: bytes, spans of time, counts of people.

use super::messages::{Messages, fill};
use crate::stream::{Measured, Risk, Thousandths};

/// `1.2 MB`: decimal units, a digit after the point from a tenth of a megabyte on.
pub fn bytes(count: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    let unit = UNITS.into_iter().find(|(_, size)| count >= size / 10 * 9).filter(|_| count >= 1000);
    unit.map_or_else(
        || format!("{count} B"),
        |(name, size)| {
            let tenths = u128::from(count) * 10 / u128::from(size);
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        },
    )
}

/// The same as the language writes it.
pub fn size(count: u64, messages: &Messages) -> String {
    bytes(count).replace('.', messages.decimal_mark)
}

/// `18 MB`: the same without a fraction, for a column.
pub fn short_size(count: u64, messages: &Messages) -> String {
    let text = size(count, messages);
    match text.split_once(messages.decimal_mark) {
        Some((whole, rest)) if whole.len() > 1 => {
            format!("{whole}{}", rest.get(1..).unwrap_or_default())
        }
        _ => text,
    }
}

/// `41 min`, `3 h 5 min`, `2 d 4 h`: the two largest units.
pub fn span(seconds: f64, messages: &Messages) -> String {
    let whole = whole(seconds.max(0.0).round());
    let (days, hours) = (whole / 86_400, whole / 3600 % 24);
    let (minutes, rest) = (whole / 60 % 60, whole % 60);
    let part = |count: u64, unit: &str| (count > 0).then(|| format!("{count} {unit}"));
    let (large, small) = if days > 0 {
        (part(days, messages.day_short), part(hours, messages.hour_short))
    } else if hours > 0 {
        (part(hours, messages.hour_short), part(minutes, messages.minute_short))
    } else if minutes > 0 {
        (part(minutes, messages.minute_short), None)
    } else {
        (Some(format!("{rest} {}", messages.second_short)), None)
    };
    let parts: Vec<_> = large.into_iter().chain(small).collect();
    parts.join(" ")
}

/// `24 h`, `3 days`: a length of time that people set, in the unit in which they set it.
pub fn period(seconds: u64, messages: &Messages) -> String {
    match seconds {
        0..3600 => format!("{} {}", seconds / 60, messages.minute_short),
        86_400 => format!("24 {}", messages.hour_short),
        _ if seconds.is_multiple_of(86_400) => fill(messages.n_days, &[("n", &(seconds / 86_400))]),
        _ => format!("{} {}", seconds / 3600, messages.hour_short),
    }
}

/// `7 h 20 min`, and from ten hours on `31 h`: for a column.
pub fn short_span(seconds: u64, messages: &Messages) -> String {
    let hours = seconds / 3600;
    if hours < 10 {
        return span(float(seconds), messages);
    }
    format!("{hours} {}", messages.hour_short)
}

/// `24h`, `3 days`: the same period in the title of a column.
pub fn title_period(seconds: u64, messages: &Messages) -> String {
    let period = period(seconds, messages);
    match period.strip_suffix(messages.hour_short) {
        Some(hours) => fill(messages.hours_of_a_title, &[("n", &hours.trim_end())]),
        None => period,
    }
}

/// `3.4`
pub fn decimal(number: f64, messages: &Messages) -> String {
    format!("{number:.1}").replace('.', messages.decimal_mark)
}

/// `1 person`, `2.4 people`: an estimate.
pub fn people(estimate: f64, messages: &Messages) -> String {
    let number = format!("{estimate:.1}");
    let number = number.trim_end_matches(".0").replace('.', messages.decimal_mark);
    fill(messages.n_people, &[("n", &number)])
}

/// `1 network`, `5 networks`.
pub fn networks(count: u64, messages: &Messages) -> String {
    fill(messages.n_networks, &[("n", &count)])
}

pub fn risk(risk: Risk, messages: &Messages) -> &'static str {
    match risk {
        Risk::Low => messages.risk_low,
        Risk::Medium => messages.risk_medium,
        Risk::High => messages.risk_high,
    }
}

/// `rtt 48 ms`, `1.2 MB down`, `last data 2 s ago`: what is known of it.
pub fn measured(of: &Measured, messages: &Messages) -> impl Iterator<Item = String> {
    let size =
        |text, count: Option<u64>| count.map(|n| fill(text, &[("size", &size(n, messages))]));
    let rtt = of.rtt_ms.map(|ms| fill(messages.rtt, &[("ms", &format!("{:.0}", ms.units()))]));
    let idle =
        |since: Thousandths| fill(messages.last_data, &[("span", &span(since.units(), messages))]);
    let (up, down) = (size(messages.up, of.bytes_up), size(messages.down, of.bytes_down));
    [rtt, up, down, of.idle_seconds.map(idle)].into_iter().flatten()
}

/// A count as a float: exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "spans and counts that are shown are far below")]
pub fn float(count: u64) -> f64 {
    count as f64
}

/// The whole part of a number that is not negative.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
pub fn whole(number: f64) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::style::Lang;

    #[test]
    fn sizes_and_spans() {
        assert_eq!(bytes(12), "12 B");
        assert_eq!(bytes(1_234_567), "1.2 MB");
        assert_eq!(bytes(950_000), "0.9 MB");
        assert_eq!(bytes(2_000), "2.0 kB");
        assert_eq!(span(0.4, Lang::En.messages()), "0 s");
        assert_eq!(span(2460.0, Lang::En.messages()), "41 min");
        assert_eq!(span(11_100.0, Lang::En.messages()), "3 h 5 min");
        assert_eq!(span(187_200.0, Lang::En.messages()), "2 d 4 h");
        assert_eq!(short_span(11_100, Lang::En.messages()), "3 h 5 min");
        assert_eq!(short_span(113_000, Lang::En.messages()), "31 h");
        assert_eq!(size(1_234_567, Lang::Ru.messages()), "1,2 MB");
        assert_eq!(short_size(18_234_567, Lang::Vi.messages()), "18 MB");
        assert_eq!(people(1.04, Lang::En.messages()), "1 person");
        assert_eq!(people(2.44, Lang::Vi.messages()), "2,4 người");
        assert_eq!(title_period(86_400, Lang::Vi.messages()), "24h");
        assert_eq!(title_period(259_200, Lang::En.messages()), "3 days");
    }
}
