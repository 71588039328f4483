//! journald's text forms and syslog: a time in one of many spellings, a host, and the program's name
//! with its process id.

use memchr::memchr;

use super::format::{Frame, FrameFormat};
use crate::timestamp::LocalTimeResolver;
use crate::timestamp::Timestamp;

/// `Nov 23 18:21:18.345123 vps1 python3[812]: LINE`
pub(super) fn short<'l>(line: &'l [u8], local_time: &mut LocalTimeResolver) -> Option<Frame<'l>> {
    let (day, time, ms, taken) = bsd_time(line)?;
    let (tag, rest) = tagged_alone(line.get(taken..)?.strip_prefix(b" ")?)?;
    let ts = local_time.yearless(day, time, ms)?;
    Some(Frame::new(FrameFormat::Short, rest).at(ts).from(tag))
}

/// A line that begins with a day of the week or a month.
pub(super) fn with_day<'l>(
    line: &'l [u8],
    local_time: &mut LocalTimeResolver,
) -> Option<Frame<'l>> {
    short(line, local_time)
        .or_else(|| short_full(line, local_time))
        .or_else(|| logread(line, local_time))
}

/// `Mon Nov 23 18:21:18 2026 daemon.info mtg[812]: LINE`, with `-t` also `[1795447278.345] ` after
/// the year.
fn logread<'l>(line: &'l [u8], local_time: &mut LocalTimeResolver) -> Option<Frame<'l>> {
    let (day, rest) = word(line)?;
    DAYS.contains(&day).then_some(())?;
    let ((month, day), time, ms, taken) = bsd_time(rest)?;
    let (year, mut rest) = word(rest.get(taken..)?.strip_prefix(b" ")?)?;
    let year = digits(year).filter(|_| year.len() == 4)?;
    if rest.first() == Some(&b'[') {
        rest = word(rest)?.1;
    }
    let (level, rest) = word(rest)?;
    let dot = memchr(b'.', level)?;
    let is_level =
        level.iter().all(|byte| byte.is_ascii_lowercase() || b".0123456789".contains(byte));
    (is_level && dot > 0).then_some(())?;
    let (tag, rest) = tagged_alone(rest)?;
    let civil = Timestamp::civil((year.into(), month, day), time, ms)?;
    Some(Frame::new(FrameFormat::Logread, rest).at(local_time.local(civil)).from(tag))
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
pub(super) fn short_iso(ts: Timestamp, after: &[u8]) -> Option<Frame<'_>> {
    let (tag, rest) = tagged(after.strip_prefix(b" ")?)?;
    Some(Frame::new(FrameFormat::ShortIso, rest).at(ts).from(tag))
}

/// `Mon 2026-11-23 18:21:18 MSK vps1 python3[812]: LINE`
pub(super) fn short_full<'l>(
    line: &'l [u8],
    local_time: &mut LocalTimeResolver,
) -> Option<Frame<'l>> {
    let (day, rest) = word(line)?;
    DAYS.contains(&day).then_some(())?;
    let (civil, taken) = Timestamp::read_local(rest)?;
    let (zone, rest) = word(rest.get(taken..)?.strip_prefix(b" ")?)?;
    let (tag, rest) = tagged_alone(rest)?;
    let ts = match zone {
        b"UTC" | b"GMT" => civil,
        zone => Timestamp::offset_ms(zone)
            .map_or_else(|| local_time.local(civil), |offset| Timestamp(civil.0 - offset)),
    };
    Some(Frame::new(FrameFormat::ShortFull, rest).at(ts).from(tag))
}

const DAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];

/// `1795447278.345123 vps1 python3[812]: LINE`
pub(super) fn short_unix(line: &[u8]) -> Option<Frame<'_>> {
    let (time, rest) = word(line)?;
    let dot = memchr(b'.', time)?;
    let (seconds, micros) = (time.get(..dot)?, time.get(dot + 1..)?);
    let is_time = (9..=11).contains(&seconds.len()) && micros.len() == 6 && is_number(micros);
    is_time.then_some(())?;
    let seconds: i64 = std::str::from_utf8(seconds).ok()?.parse().ok()?;
    let ts = Timestamp::from_ms(seconds * 1000 + i64::from(digits(micros.get(..3)?)?))?;
    let (tag, rest) = tagged_alone(rest)?;
    Some(Frame::new(FrameFormat::ShortUnix, rest).at(ts).from(tag))
}

/// `[    1.000000] vps1 python3[812]: LINE`: seconds since the machine started, not a moment;
/// short-delta adds those since the line before: `[    2.000000 <    1.000000 >]`.
pub(super) fn short_monotonic(line: &[u8]) -> Option<Frame<'_>> {
    let inside = line.strip_prefix(b"[")?;
    let end = memchr(b']', inside)?;
    let time = inside.get(..end)?;
    let time = time.split(|byte| *byte == b'<').next()?.trim_ascii();
    let dot = memchr(b'.', time)?;
    let is_time = is_number(time.get(..dot)?) && is_number(time.get(dot + 1..)?);
    is_time.then_some(())?;
    let (tag, rest) = tagged_alone(inside.get(end + 1..)?.strip_prefix(b" ")?)?;
    Some(Frame::new(FrameFormat::ShortMonotonic, rest).from(tag))
}

/// `<30>` and one of the RFCs.
pub(super) fn with_priority<'l>(
    line: &'l [u8],
    local_time: &mut LocalTimeResolver,
) -> Option<Frame<'l>> {
    let inside = line.strip_prefix(b"<")?;
    let end = memchr(b'>', inside.get(..4.min(inside.len()))?)?;
    digits(inside.get(..end)?).filter(|priority| *priority < 192 && end > 0)?;
    let rest = inside.get(end + 1..)?;
    if let Some(rest) = rest.strip_prefix(b"1 ") {
        return rfc5424(rest);
    }
    let frame = short(rest, local_time).or_else(|| {
        let (ts, taken) = Timestamp::read(rest)?;
        short_iso(ts, rest.get(taken..)?)
    })?;
    Some(Frame { format: FrameFormat::Rfc3164, ..frame })
}

/// `TIME HOST APP PROCID MSGID DATA LINE`, where `-` is nothing.
fn rfc5424(text: &[u8]) -> Option<Frame<'_>> {
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
    Some(Frame { ts, source, ..Frame::new(FrameFormat::Rfc5424, rest) })
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

/// Words that stand where a host would in the lines of programs that log their own time.
const LEVELS: [&[u8]; 6] = [b"TRACE", b"DEBUG", b"INFO", b"WARN", b"WARNING", b"ERROR"];

/// How many words may stand before `TAG[PID]:`. One is the host; a second comes from a relay
/// that took a host for a tag, or from a tag with a blank in it.
const BEFORE_MAX: usize = 3;

/// `HOST TAG[PID]: LINE`, and what others make of it: `TAG[PID]: LINE` without a host,
/// `HOST TAG: LINE` without a process, `HOST TAG[PID] LINE` where RFC 5424 came in.
pub(super) fn tagged(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (first, mut rest) = word(text)?;
    if let Some(tag) = tag(first).filter(|tag| tag.has_process) {
        return Some((tag.name, rest));
    }
    if first.ends_with(b":") || LEVELS.contains(&first) {
        return None;
    }
    for before in 1..=BEFORE_MAX {
        let (next, after) = word(rest)?;
        let fits = |tag: &Tag<'_>| match before {
            1 => tag.has_process || tag.has_colon,
            _ => tag.has_process && tag.has_colon,
        };
        if let Some(tag) = tag(next).filter(fits) {
            return Some((tag.name, after));
        }
        rest = after;
    }
    None
}

/// The same where the time is in no program's own lines: the tag may stand alone, `kernel: LINE`.
pub(super) fn tagged_alone(text: &[u8]) -> Option<(&[u8], &[u8])> {
    tagged(text).or_else(|| {
        let (first, rest) = word(text)?;
        tag(first).filter(|tag| tag.has_colon).map(|tag| (tag.name, rest))
    })
}

/// The first word, and what follows its blank.
pub(super) fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr(b' ', text).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end)?;
    (!word.is_empty()).then_some((word, rest.get(1..).unwrap_or_default()))
}

/// A program or unit, as it stands before a line.
struct Tag<'l> {
    name: &'l [u8],
    has_process: bool,
    has_colon: bool,
}

/// The program in `python3[812]:` or `kernel:`, the unit in `user@1000.service/mtg.service[812]:`.
fn tag(word: &[u8]) -> Option<Tag<'_>> {
    let bare = word.strip_suffix(b":");
    let tag = bare.unwrap_or(word);
    let process = tag.strip_suffix(b"]").and_then(|open| {
        let (name, number) = open.split_at_checked(memchr(b'[', open)?)?;
        number.get(1..).is_some_and(is_number).then_some(name)
    });
    let path = process.unwrap_or(tag);
    let own = path.rsplit(|byte| *byte == b'/').next()?;
    let name = own.strip_suffix(b".service").unwrap_or(own);
    let is_name = !name.is_empty() && memchr(b':', name).is_none();
    is_name.then_some(Tag { name, has_process: process.is_some(), has_colon: bare.is_some() })
}

pub(super) fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_without_zone_or_year() {
        let mut local_time =
            LocalTimeResolver::new(Some(crate::timestamp::Zone::utc()), Some(2026));
        let mut read = |line: &'static str| {
            let line = line.as_bytes();
            let taken = with_day(line, &mut local_time);
            let taken = taken.or_else(|| short_unix(line)).or_else(|| short_monotonic(line));
            let taken = taken.or_else(|| with_priority(line, &mut local_time))?;
            Some((taken.format, taken.ts.map(Timestamp::text)))
        };
        let at = |form, ts: &str| Some((form, Some(ts.to_owned())));
        let noon = "2026-11-03T12:00:00Z";
        assert_eq!(read("Nov  3 12:00:00 vm px[1]: x"), at(FrameFormat::Short, noon));
        assert_eq!(read("<30>Nov  3 12:00:00 px[1]: x"), at(FrameFormat::Rfc3164, noon));
        assert_eq!(
            read("Tue 2026-11-03 15:00:00 +03 vm px[1]: x"),
            at(FrameFormat::ShortFull, noon)
        );
        assert_eq!(
            read("Tue 2026-11-03 12:00:00 UTC vm px[1]: x"),
            at(FrameFormat::ShortFull, noon)
        );
        let line = "Tue Nov  3 12:00:00 2026 daemon.info px[1]: x";
        assert_eq!(read(line), at(FrameFormat::Logread, noon));
        let line = "Tue Nov  3 12:00:00 2026 [1793707200.345] daemon.err px: x";
        assert_eq!(read(line), at(FrameFormat::Logread, noon));
        assert_eq!(read("1793707200.000000 vm px[1]: x"), at(FrameFormat::ShortUnix, noon));
        assert_eq!(read("[   12.345678] vm px[1]: x"), Some((FrameFormat::ShortMonotonic, None)));
        assert_eq!(read("<30>1 - - - - - - x"), Some((FrameFormat::Rfc5424, None)));
        let data = r#"<30>1 2026-11-03T12:00:00Z vm px 1 - [a x="\]\""][b] x"#;
        assert_eq!(read(data), at(FrameFormat::Rfc5424, noon));
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

    #[test]
    fn tags_of_journald_and_of_relays() {
        let read = |text: &'static str| {
            tagged_alone(text.as_bytes()).map(|(tag, rest)| {
                [tag, rest].map(|part| String::from_utf8_lossy(part).into_owned()).join("|")
            })
        };
        for (text, want) in [
            ("vps1 python3[812]: x: y", Some("python3|x: y")),
            ("python3[812]:  x", Some("python3| x")),
            ("vps1 kernel: x", Some("kernel|x")),
            ("kernel: x", Some("kernel|x")),
            ("vm 698916f27ebd[25290] x", Some("698916f27ebd|x")),
            ("vm vps9 px[7]: x", Some("px|x")),
            ("vm user@1000.service/mtg-bob.service[8]: x", Some("mtg-bob|x")),
            ("vm px[3]:", Some("px|")),
            ("vm px", None),
            ("a b c d e[1]: x", None),
            ("DEBUG telemt: x", None),
            (" INFO telemt[1]: x", None),
            ("vm px[a]: x", Some("px[a]|x")),
        ] {
            assert_eq!(read(text).as_deref(), want, "{text}");
        }
        assert!(tagged(b"info: alice: new connection 127.0.0.2:43911").is_none());
        assert!(tagged(b"DEBUG telemt::proxy::handshake: x").is_none());
    }
}
