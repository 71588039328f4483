//! What journald and syslog put between the time and the line: a host, and the program's name with
//! its process id.

use memchr::memchr;

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
