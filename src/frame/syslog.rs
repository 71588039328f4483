//! journald's text forms and syslog: a time in one of many spellings before what `tag.rs` reads.

use memchr::memchr;

use super::form::Form;
use super::tag::{is_number, tagged, tagged_alone, word};
use super::taken::Taken;
use crate::timestamp::LocalTimeResolver;
use crate::timestamp::Timestamp;

/// `Nov 23 18:21:18.345123 vps1 python3[812]: LINE`
pub(super) fn short<'l>(line: &'l [u8], clock: &mut LocalTimeResolver) -> Option<Taken<'l>> {
    let (day, time, ms, taken) = bsd_time(line)?;
    let (tag, rest) = tagged_alone(line.get(taken..)?.strip_prefix(b" ")?)?;
    let ts = clock.yearless(day, time, ms, Timestamp::now())?;
    Some(Taken::new(Form::Short, rest).at(ts).from(tag))
}

/// Month and day, time of day, milliseconds, and the bytes taken.
type BsdTime = ((u32, u32), (u32, u32, u32), u32, usize);

/// `Nov 23 18:21:18` or `Nov  3 18:21:18.345123`, without what follows.
fn bsd_time(line: &[u8]) -> Option<BsdTime> {
    let head: &[u8; 15] = line.first_chunk()?;
    if [head[3], head[6], head[9], head[12]] != *b"  ::" {
        return None;
    }
    let month = MONTHS.iter().position(|name| head.starts_with(name))?;
    let two = |at: usize| match head.get(at..at + 2)? {
        [b' ', ones] => digits(&[*ones]),
        pair => digits(pair),
    };
    let time = (two(7)?, two(10)?, two(13)?);
    let fraction = match line.get(15..)? {
        [b'.', rest @ ..] => rest.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        _ => 0,
    };
    let ms = match fraction {
        0 => 0,
        1..=2 => return None,
        _ => digits(line.get(16..19)?)?,
    };
    let taken = if fraction > 0 { 16 + fraction } else { 15 };
    Some(((u32::try_from(month).ok()? + 1, two(4)?), time, ms, taken))
}

const MONTHS: [&[u8]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0, |sum: u32, byte| {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

/// What follows a time with zone: `2026-11-23T18:21:18+0300 vps1 python3[812]: LINE`.
pub(super) fn short_iso(ts: Timestamp, after: &[u8]) -> Option<Taken<'_>> {
    let (tag, rest) = tagged(after.strip_prefix(b" ")?)?;
    Some(Taken::new(Form::ShortIso, rest).at(ts).from(tag))
}

/// `Mon 2026-11-23 18:21:18 MSK vps1 python3[812]: LINE`
pub(super) fn short_full<'l>(line: &'l [u8], clock: &mut LocalTimeResolver) -> Option<Taken<'l>> {
    let (day, rest) = word(line)?;
    DAYS.contains(&day).then_some(())?;
    let (civil, taken) = Timestamp::read_local(rest)?;
    let (zone, rest) = word(rest.get(taken..)?.strip_prefix(b" ")?)?;
    let (tag, rest) = tagged_alone(rest)?;
    let ts = match zone {
        b"UTC" | b"GMT" => civil,
        zone => Timestamp::offset_ms(zone)
            .map_or_else(|| clock.local(civil), |offset| Timestamp(civil.0 - offset)),
    };
    Some(Taken::new(Form::ShortFull, rest).at(ts).from(tag))
}

const DAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];

/// `1795447278.345123 vps1 python3[812]: LINE`
pub(super) fn short_unix(line: &[u8]) -> Option<Taken<'_>> {
    let (time, rest) = word(line)?;
    let dot = memchr(b'.', time)?;
    let (seconds, micros) = (time.get(..dot)?, time.get(dot + 1..)?);
    let is_time = (9..=11).contains(&seconds.len()) && micros.len() == 6 && is_number(micros);
    is_time.then_some(())?;
    let seconds: i64 = std::str::from_utf8(seconds).ok()?.parse().ok()?;
    let ts = Timestamp(seconds * 1000 + i64::from(digits(micros.get(..3)?)?));
    let (tag, rest) = tagged_alone(rest)?;
    Some(Taken::new(Form::ShortUnix, rest).at(ts).from(tag))
}

/// `[    1.000000] vps1 python3[812]: LINE`: seconds since the machine started, so no moment;
/// short-delta adds those since the line before: `[    2.000000 <    1.000000 >]`.
pub(super) fn short_monotonic(line: &[u8]) -> Option<Taken<'_>> {
    let inside = line.strip_prefix(b"[")?;
    let end = memchr(b']', inside)?;
    let time = inside.get(..end)?;
    let time = time.split(|byte| *byte == b'<').next()?.trim_ascii();
    let dot = memchr(b'.', time)?;
    let is_time = is_number(time.get(..dot)?) && is_number(time.get(dot + 1..)?);
    is_time.then_some(())?;
    let (tag, rest) = tagged_alone(inside.get(end + 1..)?.strip_prefix(b" ")?)?;
    Some(Taken::new(Form::ShortMonotonic, rest).from(tag))
}

/// `<30>` and one of the RFCs.
pub(super) fn with_priority<'l>(
    line: &'l [u8],
    clock: &mut LocalTimeResolver,
) -> Option<Taken<'l>> {
    let inside = line.strip_prefix(b"<")?;
    let end = memchr(b'>', inside.get(..4.min(inside.len()))?)?;
    digits(inside.get(..end)?).filter(|priority| *priority < 192 && end > 0)?;
    let rest = inside.get(end + 1..)?;
    if let Some(rest) = rest.strip_prefix(b"1 ") {
        return rfc5424(rest);
    }
    let taken = short(rest, clock).or_else(|| {
        let (ts, taken) = Timestamp::read(rest)?;
        short_iso(ts, rest.get(taken..)?)
    })?;
    Some(Taken { form: Form::Rfc3164, ..taken })
}

/// `TIME HOST APP PROCID MSGID DATA LINE`, where `-` is nothing.
fn rfc5424(text: &[u8]) -> Option<Taken<'_>> {
    let (time, rest) = word(text)?;
    let ts = match time {
        b"-" => None,
        time => Some(Timestamp::read(time)?.0),
    };
    let (host, rest) = word(rest)?;
    let (app, rest) = word(rest)?;
    let (_, rest) = word(rest)?;
    let (_, rest) = word(rest)?;
    let rest = after_data(rest)?;
    let rest = rest.strip_prefix(b"\xef\xbb\xbf").unwrap_or(rest);
    let source = [app, host].into_iter().find(|name| *name != b"-");
    Some(Taken { ts, source, ..Taken::new(Form::Rfc5424, rest) })
}

/// What follows structured data: `-`, or `[id name="value \" \]"]…`.
fn after_data(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text;
    if let Some(none) = text.strip_prefix(b"-") {
        rest = none;
    }
    let mut quoted = false;
    while rest.first() == Some(&b'[') {
        let mut bytes = rest.iter().enumerate().skip(1);
        let end = loop {
            match bytes.next()? {
                (_, b'\\') => drop(bytes.next()),
                (_, b'"') => quoted = !quoted,
                (at, b']') if !quoted => break at,
                _ => {}
            }
        };
        rest = rest.get(end + 1..)?;
    }
    if rest.len() == text.len() {
        return None;
    }
    match rest {
        [] => Some(rest),
        [b' ', line @ ..] => Some(line),
        _ => None,
    }
}

/// journalctl's own lines: `-- Journal begins at …`, `-- Boot …`, `-- No entries --`.
pub(super) fn is_heading(line: &[u8]) -> bool {
    let known: [&[u8]; 5] = [
        b"-- Journal begins ",
        b"-- Logs begin ",
        b"-- Boot ",
        b"-- Reboot --",
        b"-- No entries --",
    ];
    known.iter().any(|heading| line.starts_with(heading))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_without_zone_or_year() {
        let mut clock = LocalTimeResolver::new(Some(crate::timestamp::Zone::utc()), Some(2026));
        let mut read = |line: &'static str| {
            let line = line.as_bytes();
            let taken = short(line, &mut clock).or_else(|| short_full(line, &mut clock));
            let taken = taken.or_else(|| short_unix(line)).or_else(|| short_monotonic(line));
            let taken = taken.or_else(|| with_priority(line, &mut clock))?;
            Some((taken.form, taken.ts.map(Timestamp::text)))
        };
        let at = |form, ts: &str| Some((form, Some(ts.to_owned())));
        let noon = "2026-11-03T12:00:00Z";
        assert_eq!(read("Nov  3 12:00:00 vm px[1]: x"), at(Form::Short, noon));
        assert_eq!(read("<30>Nov  3 12:00:00 px[1]: x"), at(Form::Rfc3164, noon));
        assert_eq!(read("Tue 2026-11-03 15:00:00 +03 vm px[1]: x"), at(Form::ShortFull, noon));
        assert_eq!(read("Tue 2026-11-03 12:00:00 UTC vm px[1]: x"), at(Form::ShortFull, noon));
        assert_eq!(read("1793707200.000000 vm px[1]: x"), at(Form::ShortUnix, noon));
        assert_eq!(read("[   12.345678] vm px[1]: x"), Some((Form::ShortMonotonic, None)));
        assert_eq!(read("<30>1 - - - - - - x"), Some((Form::Rfc5424, None)));
        let data = r#"<30>1 2026-11-03T12:00:00Z vm px 1 - [a x="\]\""][b] x"#;
        assert_eq!(read(data), at(Form::Rfc5424, noon));
        for other in [
            "Nov 31 12:00:00 vm px[1]: x",
            "Nov 3 12:00:00 vm px[1]: x",
            "Nov  3 12:00:00",
            "<192>Nov  3 12:00:00 px[1]: x",
            "<>Nov  3 12:00:00 px[1]: x",
            "[21389][2026-11-23 15:37:04.479732 local] x",
            "<30>1 2026-11-03T12:00:00Z vm px 1 - [a x",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
