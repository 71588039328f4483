//! Splitting lines at fixed words, and numbers in them.

use memchr::memmem;

use super::{Meaning, MessagePattern};
use crate::stream::Text;

/// The bytes of a pattern that are compared at once.
const HEAD: usize = 8;

/// The text as UTF-8, with `U+FFFD` for what is not.
pub fn to_text(bytes: &[u8]) -> Text<'_> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Text::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

/// A whole number that fills the text.
pub fn parse_u64(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 20 {
        return None;
    }
    text.iter().try_fold(0_u64, |sum, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

pub fn parse_u32(text: &[u8]) -> Option<u32> {
    parse_u64(text).and_then(|number| u32::try_from(number).ok())
}

pub fn parse_i64(text: &[u8]) -> Option<i64> {
    let (minus, digits) = match text.split_first() {
        Some((b'-', digits)) => (true, digits),
        _ => (false, text),
    };
    let number = i64::try_from(parse_u64(digits)?).ok()?;
    Some(if minus { -number } else { number })
}

/// Splits at the first of these words.
pub fn split_once<'t>(text: &'t [u8], at: &str) -> Option<(&'t [u8], &'t [u8])> {
    split_at(text, memmem::find(text, at.as_bytes())?, at.len())
}

/// Splits at the last of these words.
pub fn rsplit_once<'t>(text: &'t [u8], at: &str) -> Option<(&'t [u8], &'t [u8])> {
    split_at(text, memmem::rfind(text, at.as_bytes())?, at.len())
}

fn split_at(text: &[u8], at: usize, length: usize) -> Option<(&[u8], &[u8])> {
    Some((text.get(..at)?, text.get(at + length..)?))
}

/// The first word, and what follows its space.
pub fn first_word(text: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b' ', text) {
        Some(at) => split_at(text, at, 1).unwrap_or((text, b"")),
        None => (text, b""),
    }
}

/// The meaning of the first pattern that the text begins with, and the rest.
pub fn match_prefix<'t>(
    text: &'t [u8],
    patterns: &[MessagePattern],
) -> Option<(Meaning, &'t [u8])> {
    // Most patterns are left out by their first bytes, without a call.
    let head = text.first_chunk::<HEAD>();
    patterns.iter().find_map(|pattern| {
        let words = pattern.words.as_bytes();
        if words.first_chunk::<HEAD>().is_some_and(|words| Some(words) != head) {
            return None;
        }
        text.strip_prefix(words).map(|rest| (pattern.meaning, rest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fill_the_text() {
        assert_eq!(parse_u64(b"42"), Some(42));
        assert_eq!(parse_u64(b""), None);
        assert_eq!(parse_u64(b"4 2"), None);
        assert_eq!(parse_u64(b"99999999999999999999"), None);
        assert_eq!(parse_i64(b"-4"), Some(-4));
        assert_eq!(parse_i64(b"--4"), None);
    }

    #[test]
    fn splits_at_the_first_or_the_last() {
        assert_eq!(split_once(b"a: b: c", ": "), Some((&b"a"[..], &b"b: c"[..])));
        assert_eq!(rsplit_once(b"a: b: c", ": "), Some((&b"a: b"[..], &b"c"[..])));
        assert_eq!(first_word(b"one two three"), (&b"one"[..], &b"two three"[..]));
        assert_eq!(first_word(b"one"), (&b"one"[..], &b""[..]));
    }
}
