//! The JSON reader: the fields of one object, borrowed from the text and checked against the
//! grammar of RFC 8259. Only the encoding of strings is left to the caller: logs hold bytes that
//! are not UTF-8.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// How deep values may be nested below the object's own.
const DEPTH_MAX: usize = 64;

/// The keys and values of an object that fills the text, in its own order. Ends early where the
/// text breaks the grammar; see [`Fields::is_whole`].
#[derive(Clone, Debug)]
pub struct Fields<'t> {
    rest: &'t [u8],
    is_first: bool,
    is_whole: bool,
}

/// A value, as it stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'t> {
    /// What is between the quotes, still escaped.
    Text(&'t [u8]),
    /// A number.
    Number(&'t [u8]),
    /// An array, an object, `true`, `false` or `null`.
    Other(&'t [u8]),
}

impl<'t> Value<'t> {
    /// The bytes of a string without escapes.
    pub fn plain(self) -> Option<&'t [u8]> {
        match self {
            Self::Text(text) => memchr(b'\\', text).is_none().then_some(text),
            Self::Number(_) | Self::Other(_) => None,
        }
    }

    /// The text of a string; `None` for another value and for bytes that are not UTF-8.
    pub fn to_str(self) -> Option<Cow<'t, str>> {
        if let Some(plain) = self.plain() {
            return std::str::from_utf8(plain).ok().map(Cow::Borrowed);
        }
        let Self::Text(text) = self else { return None };
        let mut bytes = Vec::with_capacity(text.len());
        unescape(text, &mut bytes)?;
        String::from_utf8(bytes).ok().map(Cow::Owned)
    }

    /// The text of a number, for `str::parse`.
    pub fn number(self) -> Option<&'t str> {
        match self {
            Self::Number(text) => std::str::from_utf8(text).ok(),
            Self::Text(_) | Self::Other(_) => None,
        }
    }

    pub fn is_null(self) -> bool {
        self == Self::Other(b"null")
    }
}

impl<'t> Fields<'t> {
    /// The fields of the object. `None`: the text does not begin with one.
    pub fn of(text: &'t [u8]) -> Option<Self> {
        let rest = after_blanks(text).strip_prefix(b"{")?;
        Some(Self { rest, is_first: true, is_whole: false })
    }

    /// Whether the object was read to its end, and nothing but blanks follows it.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    fn field(&mut self) -> Option<(&'t [u8], Value<'t>)> {
        let mut rest = after_blanks(std::mem::take(&mut self.rest));
        if let Some(after) = rest.strip_prefix(b"}") {
            self.is_whole = after_blanks(after).is_empty();
            return None;
        }
        if !std::mem::take(&mut self.is_first) {
            rest = after_blanks(rest.strip_prefix(b",")?);
        }
        let (key, after) = string(rest)?;
        let (value, after) = value(after_colon(after)?, DEPTH_MAX)?;
        self.rest = after;
        Some((key, value))
    }
}

impl<'t> Iterator for Fields<'t> {
    type Item = (&'t [u8], Value<'t>);

    fn next(&mut self) -> Option<Self::Item> {
        self.field()
    }
}

#[inline]
fn after_blanks(text: &[u8]) -> &[u8] {
    if text.first().is_some_and(|byte| *byte > b' ') {
        return text;
    }
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let count = text.iter().take_while(|byte| is_blank(byte)).count();
    text.get(count..).unwrap_or_default()
}

fn after_colon(text: &[u8]) -> Option<&[u8]> {
    after_blanks(text).strip_prefix(b":").map(after_blanks)
}

/// A value at the start of the text, and what follows it.
fn value(text: &[u8], depth: usize) -> Option<(Value<'_>, &[u8])> {
    let taken = match text.first()? {
        b'"' => return string(text).map(|(inside, rest)| (Value::Text(inside), rest)),
        b'-' | b'0'..=b'9' => {
            let (number, rest) = text.split_at_checked(number_length(text)?)?;
            return Some((Value::Number(number), rest));
        }
        b'{' | b'[' => text.len() - after_nested(text, depth.checked_sub(1)?)?.len(),
        _ => {
            let words: [&[u8]; 3] = [b"true", b"false", b"null"];
            words.into_iter().find(|word| text.starts_with(word))?.len()
        }
    };
    let (other, rest) = text.split_at_checked(taken)?;
    Some((Value::Other(other), rest))
}

/// A quoted string at the start: what is between the quotes, and what follows.
fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let body = text.strip_prefix(b"\"")?;
    let end = closing_quote(body)?;
    let (inside, rest) = body.split_at_checked(end)?;
    let has_control = inside.iter().copied().min().is_some_and(|least| least < b' ');
    (!has_control).then_some((inside, rest.get(1..)?))
}

/// Where the closing quote is of a string whose inside begins here.
pub fn closing_quote(inside: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr2(b'"', b'\\', inside.get(at..)?)?;
        if inside.get(at) == Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

/// How long the number at the start is: `-`, digits without a leading zero, fraction, exponent.
fn number_length(text: &[u8]) -> Option<usize> {
    let digits = |at: usize| {
        let count = text.iter().skip(at).take_while(|byte| byte.is_ascii_digit()).count();
        (count > 0).then_some(at + count)
    };
    let start = usize::from(text.first() == Some(&b'-'));
    let mut end = digits(start)?;
    if text.get(start) == Some(&b'0') && end > start + 1 {
        return None;
    }
    if text.get(end) == Some(&b'.') {
        end = digits(end + 1)?;
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        end = digits(end + 1 + sign)?;
    }
    Some(end)
}

/// What follows the array or object at the start.
fn after_nested(text: &[u8], depth: usize) -> Option<&[u8]> {
    let (open, body) = text.split_first()?;
    let is_object = *open == b'{';
    let close = if is_object { b'}' } else { b']' };
    let mut rest = after_blanks(body);
    if rest.first() == Some(&close) {
        return rest.get(1..);
    }
    loop {
        if is_object {
            rest = after_colon(string(rest)?.1)?;
        }
        rest = after_blanks(value(rest, depth)?.1);
        match rest.split_first()? {
            (b',', after) => rest = after_blanks(after),
            (end, after) if *end == close => return Some(after),
            _ => return None,
        }
    }
}

/// Writes the bytes of a string without its escapes. `None`: an escape is not JSON's. Half a
/// surrogate pair, as Python writes for bytes that are not UTF-8, becomes U+FFFD.
pub fn unescape(text: &[u8], into: &mut Vec<u8>) -> Option<()> {
    into.clear();
    let mut rest = text;
    while let Some(at) = memchr(b'\\', rest) {
        into.extend_from_slice(rest.get(..at)?);
        let (letter, after) = rest.get(at + 1..)?.split_first()?;
        rest = after;
        into.push(match letter {
            b'"' | b'\\' | b'/' => *letter,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'b' => 0x08,
            b'f' => 0x0c,
            b'u' => {
                let (char, after) = unicode(rest)?;
                rest = after;
                let mut buffer = [0; 4];
                into.extend_from_slice(char.encode_utf8(&mut buffer).as_bytes());
                continue;
            }
            _ => return None,
        });
    }
    into.extend_from_slice(rest);
    Some(())
}

/// Writes a string without its escapes; bytes that are not UTF-8 become U+FFFD.
pub fn unescape_text(text: &[u8], into: &mut String) -> Option<()> {
    let mut bytes = std::mem::take(into).into_bytes();
    unescape(text, &mut bytes)?;
    *into = String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    Some(())
}

/// The character of the four digits after `\u`, with those of a second half.
fn unicode(text: &[u8]) -> Option<(char, &[u8])> {
    let (first, rest) = code_unit(text)?;
    if (0xd800..0xdc00).contains(&first) {
        let second = rest.strip_prefix(b"\\u").and_then(code_unit);
        if let Some((second @ 0xdc00..0xe000, rest)) = second {
            let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return Some((char::from_u32(code)?, rest));
        }
    }
    Some((char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), rest))
}

fn code_unit(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_at_checked(4)?;
    let unit = digits
        .iter()
        .try_fold(0, |sum: u32, digit| Some(sum * 16 + char::from(*digit).to_digit(16)?))?;
    Some((unit, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_whole(text: &str) -> bool {
        Fields::of(text.as_bytes()).is_some_and(|mut fields| {
            fields.by_ref().for_each(drop);
            fields.is_whole()
        })
    }

    #[test]
    fn fields_in_order() {
        let text = br#" { "a" : "x\"}" ,"b":[1,{"c":"]"}],"d":null,"e":{},"f":-1.5e+3} "#;
        let mut fields = Fields::of(text).unwrap();
        let all: Vec<_> = fields.by_ref().collect();
        let want = [
            (&b"a"[..], Value::Text(b"x\\\"}")),
            (b"b", Value::Other(br#"[1,{"c":"]"}]"#)),
            (b"d", Value::Other(b"null")),
            (b"e", Value::Other(b"{}")),
            (b"f", Value::Number(b"-1.5e+3")),
        ];
        assert_eq!(all, want);
        assert!(fields.is_whole());
    }

    /// Objects of every shape of a small alphabet: whole exactly where `serde_json` accepts them.
    #[test]
    fn the_grammar_is_that_of_serde_json() {
        const PARTS: [&str; 18] = [
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"a\"",
            "\"\\u00e9\"",
            "1",
            "-0.5",
            "01",
            "1e-5",
            "1.",
            "true",
            "nul",
            " ",
            "null",
            "\"\t\"",
        ];
        let mut accepted = 0;
        for length in 0..4_u32 {
            for number in 0..18_usize.pow(length) {
                let mut inside = String::new();
                let mut left = number;
                for _ in 0..length {
                    inside.push_str(PARTS[left % 18]);
                    left /= 18;
                }
                for text in [format!("{{\"k\":{inside}}}"), format!("{{{inside}}}")] {
                    let want = serde_json::from_str::<serde_json::Value>(&text).is_ok();
                    assert_eq!(is_whole(&text), want, "{text}");
                    accepted += u32::from(want);
                }
            }
        }
        assert!(accepted > 100, "only {accepted} objects were accepted");
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(is_whole(&nested(DEPTH_MAX)));
        assert!(!is_whole(&nested(DEPTH_MAX + 1)));
    }

    #[test]
    fn escapes_as_serde_json_reads_them() {
        for text in [r#"\u0415\u043b \"q\" \\"#, r"a\ud83d\ude00b", r"\n\t\b\f\r\/", "Елена"] {
            let want: String = serde_json::from_str(&format!("\"{text}\"")).unwrap();
            assert_eq!(Value::Text(text.as_bytes()).to_str().as_deref(), Some(want.as_str()));
        }
        let mut out = Vec::new();
        assert!(unescape(br"\ud83d \ude00\ud83d\u0041", &mut out).is_some());
        assert_eq!(out, "\u{fffd} \u{fffd}\u{fffd}A".as_bytes());
        for bad in [r"\", r"\x", r"\u12", r"\u12g4", r"\ud83d\u00"] {
            assert_eq!(unescape(bad.as_bytes(), &mut out), None, "{bad}");
        }
    }
}
