//! Lines that begin with a container engine's timestamp: `docker logs -t` and its like, CRI's
//! files; and the timestamps that Docker puts into the middle of lines over 16 KiB.

use memchr::memchr;

use crate::timestamp::Timestamp;

/// Docker cuts lines into pieces of this many bytes.
pub(super) const PIECE: usize = 16 * 1024;
/// What may stand before the first timestamp: colours, a padded name.
const PREFIX_MAX: usize = 400;

/// `2026-11-23T15:41:40.324509072Z `, at the start. Engines write nine digits of a second,
/// always; programs that log their own time write three or six, so the two can be distinguished.
pub(super) fn engine_time(text: &[u8]) -> Option<(Timestamp, &[u8])> {
    let fraction = text.get(19..30)?;
    let [b'.', digits @ .., b'Z' | b'+' | b'-'] = fraction else { return None };
    let is_engine = digits.iter().all(u8::is_ascii_digit) && text.get(10) == Some(&b'T');
    let (stamp, taken) = is_engine.then(|| Timestamp::read(text)).flatten()?;
    match text.get(taken..)? {
        [] => Some((stamp, b"")),
        [b' ', rest @ ..] => Some((stamp, rest)),
        _ => None,
    }
}

/// What follows the time in a record of CRI: ` stdout F LINE`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cri<'l> {
    pub(super) stream: &'l [u8],
    /// `P`: the line goes on in the stream's next record.
    pub(super) is_partial: bool,
    pub(super) rest: &'l [u8],
}

/// Reads what follows a timestamp in a record of CRI.
pub(super) fn cri(after: &[u8]) -> Option<Cri<'_>> {
    let after = after.strip_prefix(b" ")?;
    let stream = after.get(..6).filter(|word| matches!(*word, b"stdout" | b"stderr"))?;
    let [b' ', tags @ ..] = after.get(6..)? else { return None };
    let end = memchr(b' ', tags).unwrap_or(tags.len());
    let (tags, rest) = tags.split_at_checked(end)?;
    let is_partial = match tags.split(|byte| *byte == b':').next()? {
        b"P" => true,
        b"F" => false,
        _ => return None,
    };
    Some(Cri { stream, is_partial, rest: rest.strip_prefix(b" ").unwrap_or(rest) })
}

/// Copies a long line without the timestamps at its 16 KiB cuts. `None` if it has none: they are
/// looked for nowhere else, so that text which looks like one is safe.
pub(super) fn join_cuts(line: &[u8], into: &mut Vec<u8>) -> Option<()> {
    let start = first_time(line)?;
    let (_, message) = engine_time(line.get(start..)?)?;
    let mut begin = line.len() - message.len();
    into.clear();
    into.extend_from_slice(line.get(..begin)?);
    let mut cuts = 0;
    while let Some((_, rest)) = line.get(begin + PIECE..).and_then(engine_time) {
        into.extend_from_slice(line.get(begin..begin + PIECE)?);
        begin = line.len() - rest.len();
        cuts += 1;
    }
    into.extend_from_slice(line.get(begin..)?);
    (cuts > 0).then_some(())
}

/// Where the first timestamp of an engine is: at the start, or after a prefix or a colour.
fn first_time(line: &[u8]) -> Option<usize> {
    let head = line.get(..PREFIX_MAX.min(line.len()))?;
    memchr::memchr_iter(b'T', head)
        .filter_map(|t| t.checked_sub(10))
        .find(|at| line.get(*at..).and_then(engine_time).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_nine_digits_are_an_engine() {
        let rest = |text: &'static str| engine_time(text.as_bytes()).map(|(_, rest)| rest);
        assert_eq!(rest("2026-11-23T15:41:40.324509072Z  x"), Some(&b" x"[..]));
        assert_eq!(rest("2026-11-23T15:41:40.324509072+03:00 x"), Some(&b"x"[..]));
        assert_eq!(rest("2026-11-23T15:41:40.324509072Z"), Some(&b""[..]));
        assert_eq!(rest("2026-11-23T15:41:40.324509Z DEBUG x"), None);
        assert_eq!(rest("2026-11-23T15:41:40.324509+03:00 x"), None);
        assert_eq!(rest("2026-11-23T15:41:40.3245090721Z x"), None);
        assert_eq!(rest("2026-11-23 15:41:40.324509072Z x"), None);
        assert_eq!(rest("2026-11-23T15:41:40.324509072Zx"), None);
    }

    #[test]
    fn cuts_are_joined_where_docker_makes_them() {
        let time = "2026-11-23T15:12:15.594736169Z ";
        let (piece, mut out) = ("x".repeat(PIECE), Vec::new());
        let cut = format!("\x1b[33mpx_1  |\x1b[0m {time}{piece}{time}{piece}{time}tail");
        assert!(join_cuts(cut.as_bytes(), &mut out).is_some());
        let want = format!("\x1b[33mpx_1  |\x1b[0m {time}{piece}{piece}tail");
        assert!(out == want.as_bytes());
        let exact = format!("{time}{piece}{time}");
        assert!(join_cuts(exact.as_bytes(), &mut out).is_some());
        assert!(out == format!("{time}{piece}").as_bytes());
        let elsewhere = format!("{time}{piece}x{time}{piece}");
        assert!(join_cuts(elsewhere.as_bytes(), &mut out).is_none());
    }
}
