//! Numbers as people read them: bytes, spans of time, counts of people.

use super::rows::Measured;
use super::words::{Words, fill};

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

/// `41 min`, `3 h 5 min`, `2 d 4 h`: the two largest units.
pub fn span(seconds: f64, words: &Words) -> String {
    let whole = whole(seconds.max(0.0).round());
    let (days, hours) = (whole / 86_400, whole / 3600 % 24);
    let (minutes, rest) = (whole / 60 % 60, whole % 60);
    let part = |count: u64, unit: &str| (count > 0).then(|| format!("{count} {unit}"));
    let (large, small) = if days > 0 {
        (part(days, words.day_short), part(hours, words.hour_short))
    } else if hours > 0 {
        (part(hours, words.hour_short), part(minutes, words.minute_short))
    } else if minutes > 0 {
        (part(minutes, words.minute_short), None)
    } else {
        (Some(format!("{rest} {}", words.second_short)), None)
    };
    let parts: Vec<_> = large.into_iter().chain(small).collect();
    parts.join(" ")
}

/// `1 person`, `3 people`.
pub fn people(count: u64, words: &Words) -> String {
    let form = if count == 1 { words.one_person } else { words.n_people };
    fill(form, &[("n", &count)])
}

/// `1 network`, `5 networks`.
pub fn networks(count: u64, words: &Words) -> String {
    let form = if count == 1 { words.one_network } else { words.n_networks };
    fill(form, &[("n", &count)])
}

/// `rtt 48 ms`, `1.2 MB down`, `last data 2 s ago`: what is known of it.
pub fn measured(of: &Measured, words: &Words) -> impl Iterator<Item = String> {
    let size = |text, count: Option<u64>| count.map(|n| fill(text, &[("size", &bytes(n))]));
    let rtt = of.rtt_ms.map(|ms| fill(words.rtt, &[("ms", &format!("{ms:.0}"))]));
    let idle = |seconds| fill(words.last_data, &[("span", &span(seconds, words))]);
    let (up, down) = (size(words.up, of.bytes_up), size(words.down, of.bytes_down));
    [rtt, up, down, of.idle_seconds.map(idle)].into_iter().flatten()
}

/// The whole part of a number that is not negative.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
pub fn whole(number: f64) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::words::EN;

    #[test]
    fn sizes_and_spans() {
        assert_eq!(bytes(12), "12 B");
        assert_eq!(bytes(1_234_567), "1.2 MB");
        assert_eq!(bytes(950_000), "0.9 MB");
        assert_eq!(bytes(2_000), "2.0 kB");
        assert_eq!(span(0.4, &EN), "0 s");
        assert_eq!(span(2460.0, &EN), "41 min");
        assert_eq!(span(11_100.0, &EN), "3 h 5 min");
        assert_eq!(span(187_200.0, &EN), "2 d 4 h");
    }
}
