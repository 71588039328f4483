//! Splitting lines at fixed words, and numbers in them.

use memchr::{memchr, memrchr};

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
#[inline]
pub fn split_once<'t>(text: &'t [u8], at: &str) -> Option<(&'t [u8], &'t [u8])> {
    split_at(text, find(text, at.as_bytes())?, at.len())
}

/// Splits at the last of these words.
#[inline]
pub fn rsplit_once<'t>(text: &'t [u8], at: &str) -> Option<(&'t [u8], &'t [u8])> {
    split_at(text, rfind(text, at.as_bytes())?, at.len())
}

/// Where words begin first. Messages are short, and words end in a byte that is rare in them: to
/// search for that costs less than to prepare a search.
#[inline]
pub fn find(text: &[u8], words: &[u8]) -> Option<usize> {
    let (last, before) = words.split_last()?;
    let mut from = before.len();
    loop {
        let at = from + memchr(*last, text.get(from..)?)?;
        let start = at - before.len();
        if text.get(start..at) == Some(before) {
            return Some(start);
        }
        from = at + 1;
    }
}

/// Where words begin last.
#[inline]
fn rfind(text: &[u8], words: &[u8]) -> Option<usize> {
    let (last, before) = words.split_last()?;
    let mut to = text.len();
    loop {
        to = memrchr(*last, text.get(..to)?)?;
        let start = to.checked_sub(before.len())?;
        if text.get(start..to) == Some(before) {
            return Some(start);
        }
    }
}

fn split_at(text: &[u8], at: usize, length: usize) -> Option<(&[u8], &[u8])> {
    Some((text.get(..at)?, text.get(at + length..)?))
}

/// The first blank. Words are short, and eight bytes are compared at once.
#[inline]
pub fn blank(text: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([0x01; 8]);
    const HIGHEST: u64 = u64::from_le_bytes([0x80; 8]);
    let (eights, rest) = text.as_chunks();
    for (n, eight) in eights.iter().enumerate() {
        let other = u64::from_le_bytes(*eight) ^ (ONES * u64::from(b' '));
        let blanks = other.wrapping_sub(ONES) & !other & HIGHEST;
        if blanks != 0 {
            return Some(n * 8 + (blanks.trailing_zeros() / 8) as usize);
        }
    }
    rest.iter().position(|byte| *byte == b' ').map(|at| eights.len() * 8 + at)
}

/// The first word, and what follows its space.
pub fn first_word(text: &[u8]) -> (&[u8], &[u8]) {
    match blank(text) {
        Some(at) => split_at(text, at, 1).unwrap_or((text, b"")),
        None => (text, b""),
    }
}

/// A table of patterns by their first bytes.
#[derive(Debug)]
pub struct PatternIndex {
    /// By first byte; those with the same one in the order of the table.
    sorted: Vec<MessagePattern>,
    /// For each byte the end of the patterns that begin with it.
    ends: [usize; 256],
}

impl PatternIndex {
    pub fn of(patterns: &[MessagePattern]) -> Self {
        let first = |pattern: &MessagePattern| pattern.words.bytes().next();
        let mut sorted = patterns.to_vec();
        sorted.sort_by_key(first);
        let mut ends = [0; 256];
        for (byte, end) in (0..=u8::MAX).zip(&mut ends) {
            *end = sorted.partition_point(|pattern| first(pattern) <= Some(byte));
        }
        Self { sorted, ends }
    }

    /// The meaning of the first pattern of the table that the text begins with, and the rest.
    pub fn match_prefix<'t>(&self, text: &'t [u8]) -> Option<(Meaning, &'t [u8])> {
        let first = usize::from(*text.first()?);
        let start = first.checked_sub(1).and_then(|before| self.ends.get(before));
        let range = start.copied().unwrap_or(0)..*self.ends.get(first)?;
        // Most patterns are left out by their first bytes, without a call.
        let head = text.first_chunk::<HEAD>();
        self.sorted.get(range)?.iter().find_map(|pattern| {
            let words = pattern.words.as_bytes();
            if words.first_chunk::<HEAD>().is_some_and(|words| Some(words) != head) {
                return None;
            }
            text.strip_prefix(words).map(|rest| (pattern.meaning, rest))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::pattern;

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
        for length in 0..30 {
            for at in 0..=length {
                let mut text = vec![b'!'; length];
                assert_eq!(blank(&text), None);
                text.iter_mut().skip(at).step_by(3).for_each(|byte| *byte = b' ');
                assert_eq!(blank(&text), Some(at).filter(|at| *at < length));
            }
        }
    }

    #[test]
    fn words_are_found_as_memmem_finds_them() {
        for text in
            ["", "=", "a= b=", " b=", "b b= b=b", "bb=bb=", "== b== b=", "xb=", "\u{e9}= b="]
        {
            for words in ["=", "b=", " b=", "b", "==", "b= b"] {
                let (text, words) = (text.as_bytes(), words.as_bytes());
                assert_eq!(find(text, words), memchr::memmem::find(text, words));
                assert_eq!(rfind(text, words), memchr::memmem::rfind(text, words));
            }
        }
    }

    #[test]
    fn the_first_pattern_of_the_table_matches() {
        let table = [
            pattern("Relay finished", Meaning::Context),
            pattern("a", Meaning::Ignored("")),
            pattern("Relay", Meaning::Ignored("x")),
            pattern("Relay finished user=", Meaning::Ignored("never")),
        ];
        let index = PatternIndex::of(&table);
        for (text, want) in [
            ("Relay finished user=x", Some((Meaning::Context, " user=x"))),
            ("Relayed", Some((Meaning::Ignored("x"), "ed"))),
            ("abc", Some((Meaning::Ignored(""), "bc"))),
            ("Rel", None),
            ("b", None),
            ("", None),
        ] {
            let want = want.map(|(meaning, rest)| (meaning, rest.as_bytes()));
            assert_eq!(index.match_prefix(text.as_bytes()), want, "{text}");
        }
    }
}
