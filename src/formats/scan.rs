//! Cutting a line at the words that a dialect is made of.

use memchr::memmem;

use super::{Meaning, MessagePattern};
use crate::stream::Text;

/// The text as UTF-8; what is not becomes `U+FFFD`.
pub fn text(bytes: &[u8]) -> Text<'_> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Text::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

/// A whole number that fills the text.
pub fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 20 {
        return None;
    }
    text.iter().try_fold(0_u64, |sum, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

/// The same in 32 bits.
pub fn small(text: &[u8]) -> Option<u32> {
    number(text).and_then(|number| u32::try_from(number).ok())
}

/// A whole number with a sign.
pub fn signed(text: &[u8]) -> Option<i64> {
    let (minus, digits) = match text.split_first() {
        Some((b'-', digits)) => (true, digits),
        _ => (false, text),
    };
    let number = i64::try_from(number(digits)?).ok()?;
    Some(if minus { -number } else { number })
}

/// What stands before and after the first of these words.
pub fn cut<'t>(text: &'t [u8], at: &str) -> Option<(&'t [u8], &'t [u8])> {
    split_at(text, memmem::find(text, at.as_bytes())?, at.len())
}

/// What stands before and after the last of these words.
pub fn cut_last<'t>(text: &'t [u8], at: &str) -> Option<(&'t [u8], &'t [u8])> {
    split_at(text, memmem::rfind(text, at.as_bytes())?, at.len())
}

fn split_at(text: &[u8], at: usize, length: usize) -> Option<(&[u8], &[u8])> {
    Some((text.get(..at)?, text.get(at + length..)?))
}

/// The first word and what follows its space.
pub fn word(text: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b' ', text) {
        Some(at) => split_at(text, at, 1).unwrap_or((text, b"")),
        None => (text, b""),
    }
}

/// The first saying that the text begins with, and the rest.
pub fn begins<'t>(text: &'t [u8], patterns: &[MessagePattern]) -> Option<(Meaning, &'t [u8])> {
    patterns.iter().find_map(|saying| {
        text.strip_prefix(saying.words.as_bytes()).map(|rest| (saying.means, rest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_whole_words() {
        assert_eq!(number(b"42"), Some(42));
        assert_eq!(number(b""), None);
        assert_eq!(number(b"4 2"), None);
        assert_eq!(number(b"99999999999999999999"), None);
        assert_eq!(signed(b"-4"), Some(-4));
        assert_eq!(signed(b"--4"), None);
    }

    #[test]
    fn cuts_are_at_the_first_or_the_last() {
        assert_eq!(cut(b"a: b: c", ": "), Some((&b"a"[..], &b"b: c"[..])));
        assert_eq!(cut_last(b"a: b: c", ": "), Some((&b"a: b"[..], &b"c"[..])));
        assert_eq!(word(b"one two three"), (&b"one"[..], &b"two three"[..]));
        assert_eq!(word(b"one"), (&b"one"[..], &b""[..]));
    }
}
