//! Reads connects and disconnects of the layout that [`Event::write`] has: its keys in its order, no
//! blanks, no escapes. Each key is one comparison there, and is not looked up. Any other row is left
//! to the general reader, which gives the same event.

use std::borrow::Cow;

use super::event::{Event, Kind, TimeFrom};
use crate::json::plain_string;
use crate::net::parse_ip;
use crate::timestamp::Timestamp;

/// Digits of a number that cannot overflow.
const DIGITS_MAX: usize = 18;
/// Digits before the point of a number whose thousandths are exact.
const WHOLE_DIGITS_MAX: usize = 12;

/// Reads a row; `None` if it is not of this layout.
pub(super) fn read(row: &str) -> Option<Event<'_>> {
    let mut rest = Rest { text: row, at: 0 };
    let kind = if rest.skip(b"{\"type\":\"connect\"") {
        Kind::Connect
    } else if rest.skip(b"{\"type\":\"disconnect\"") {
        Kind::Disconnect
    } else {
        return None;
    };
    let mut event = Event::new(kind, "");
    if rest.skip(b",\"ts\":\"") {
        event.ts = Some(rest.moment()?);
    }
    if rest.skip(b",\"user\":\"") {
        event.user = Some(Cow::Borrowed(rest.string()?));
    }
    if rest.skip(b",\"ip\":\"") {
        event.ip = parse_ip(rest.string()?.as_bytes());
    }
    if rest.skip(b",\"port\":") {
        event.port = Some(u16::try_from(rest.number()?).ok()?);
    }
    if rest.skip(b",\"mode\":\"") {
        event.mode = Some(Cow::Borrowed(rest.string()?));
    }
    if rest.skip(b",\"id\":\"") {
        event.id = Some(Cow::Borrowed(rest.string()?));
    }
    if kind == Kind::Disconnect {
        if rest.skip(b",\"seconds\":") {
            event.lasted_ms = Some(rest.milliseconds()?);
        }
        if rest.skip(b",\"bytes_up\":") {
            event.bytes_up = Some(rest.number()?);
        }
        if rest.skip(b",\"bytes_down\":") {
            event.bytes_down = Some(rest.number()?);
        }
        if rest.skip(b",\"reason\":\"") {
            event.reason = Some(Cow::Borrowed(rest.string()?));
        }
    }
    if rest.skip(b",\"proxy\":\"") {
        event.proxy = Cow::Borrowed(rest.string()?);
    }
    if rest.skip(b",\"source\":\"") {
        event.source = Some(Cow::Borrowed(rest.string()?));
    }
    if rest.skip(b",\"ts_from\":\"") {
        event.ts_from = TimeFrom::read(rest.string()?);
    }
    (rest.text.get(rest.at..) == Some("}")).then_some(event)
}

/// What is left of a row.
struct Rest<'l> {
    text: &'l str,
    at: usize,
}

impl<'l> Rest<'l> {
    /// Skips these bytes if they are next.
    #[inline]
    fn skip<const N: usize>(&mut self, bytes: &[u8; N]) -> bool {
        let rest = self.text.as_bytes().get(self.at..);
        let is_next = rest.and_then(<[u8]>::first_chunk) == Some(bytes);
        self.at += if is_next { N } else { 0 };
        is_next
    }

    /// The inside of a string whose opening quote was skipped.
    #[inline]
    fn string(&mut self) -> Option<&'l str> {
        let (inside, after) = plain_string(self.text, self.at)?;
        self.at = after;
        Some(inside)
    }

    /// The same of a time, which is not searched for its end.
    #[inline]
    fn moment(&mut self) -> Option<Timestamp> {
        let (ts, taken) = Timestamp::read(self.text.as_bytes().get(self.at..)?)?;
        self.at += taken;
        self.skip(b"\"").then_some(ts)
    }

    /// A whole number.
    #[inline]
    fn number(&mut self) -> Option<u64> {
        let (value, digits) = self.digits()?;
        (digits <= DIGITS_MAX).then_some(value)
    }

    /// `36.862`
    #[inline]
    fn milliseconds(&mut self) -> Option<u64> {
        let (whole, _) = self.digits().filter(|of| of.1 <= WHOLE_DIGITS_MAX)?;
        if !self.skip(b".") {
            return Some(whole * 1000);
        }
        let (thousandths, digits) = self.fraction()?;
        Some(whole * 1000 + thousandths * 10_u64.checked_pow(3_u32.checked_sub(digits)?)?)
    }

    /// Digits without a leading zero: their value, which may be wrong beyond [`DIGITS_MAX`], and
    /// their number.
    #[inline]
    fn digits(&mut self) -> Option<(u64, usize)> {
        let bytes = self.text.as_bytes();
        let (start, mut value) = (self.at, 0_u64);
        while let Some(digit @ b'0'..=b'9') = bytes.get(self.at) {
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            self.at += 1;
        }
        let count = self.at - start;
        let has_zero = count > 1 && bytes.get(start) == Some(&b'0');
        (count > 0 && !has_zero).then_some((value, count))
    }

    /// One to three digits after a point: their value and number.
    #[inline]
    fn fraction(&mut self) -> Option<(u64, u32)> {
        let bytes = self.text.as_bytes();
        let (mut value, mut count) = (0, 0);
        while let Some(digit @ b'0'..=b'9') = bytes.get(self.at).filter(|_| count < 4) {
            value = value * 10 + u64::from(digit - b'0');
            (self.at, count) = (self.at + 1, count + 1);
        }
        (1..=3).contains(&count).then_some((value, count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of every choice of keys, and each with one byte changed, removed or doubled: where this
    /// reader gives an event, it is that of the general one.
    #[test]
    fn the_events_are_those_of_the_general_reader() {
        let names = ["ann", "a b", "Елена", "x\"y", ""];
        let (mut own, mut other) = (0_u32, 0_u32);
        for n in 0..3_000_u32 {
            let random = |n: u32, below: u32| n.wrapping_mul(2_654_435_769) >> 8 & 0xffff & below;
            let bit = |at: u32| random(n ^ (at << 13), 1) == 1;
            let kind = *[Kind::Connect, Kind::Disconnect].get(usize::from(bit(0))).unwrap();
            let mut event = Event::new(kind, "access");
            event.ts = bit(1).then_some(Timestamp(1_795_448_472_020 + i64::from(n) * 7));
            let name = *names.get(n as usize % names.len()).unwrap();
            event.user = bit(2).then_some(Cow::Borrowed(name));
            let ips = ["203.0.113.7", "2001:db8::1"];
            event.ip = bit(3).then(|| ips.get(n as usize % 2).unwrap().parse().unwrap());
            event.port = bit(4).then_some(u16::try_from(n).unwrap());
            event.mode = bit(5).then_some(Cow::Borrowed("tls"));
            event.id = bit(6).then_some(Cow::Borrowed("ebf4a3-1"));
            event.lasted_ms = bit(7).then_some(u64::from(n) * u64::from(random(n, 0xffff)));
            event.bytes_up = bit(8).then_some(u64::from(n));
            event.bytes_down = bit(9).then_some(u64::MAX / 3 * u64::from(n % 4));
            event.reason = bit(10).then_some(Cow::Borrowed("closed"));
            event.count = (n % 11 == 0).then_some(2);
            event.source = bit(11).then_some(Cow::Borrowed("px-1"));
            event.ts_from = (n % 7 == 0).then_some(TimeFrom::Frame);
            let mut row = Vec::new();
            event.write(&mut row);
            row.pop();
            let text = String::from_utf8(row).unwrap();
            let is_own = !text.contains(['\\']) && event.count.is_none();
            let is_own = is_own && (kind == Kind::Disconnect || !text.contains("\"seconds\""));
            if is_own && read(&text).is_some() {
                assert_eq!(read(&text), Some(event.clone()), "{text}");
                own += 1;
            }
            assert_eq!(Event::read_any(&text), Some(event), "{text}");
            let at = random(n, 0xffff) as usize % text.len();
            let byte = char::from(*b"0\"9}{,:a\\.- \t".get(n as usize % 13).unwrap());
            let at = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap();
            let next = (at + 1..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap();
            for damaged in [
                format!("{}{byte}{}", &text[..at], &text[next..]),
                format!("{}{}", &text[..at], &text[next..]),
                format!("{}{byte}{}", &text[..at], &text[at..]),
            ] {
                if let Some(event) = read(&damaged) {
                    assert_eq!(Some(event), Event::read_any(&damaged), "{damaged}");
                    other += 1;
                }
            }
        }
        assert!(own > 800 && other > 800, "{own} rows and {other} damaged ones took this way");
    }
}
