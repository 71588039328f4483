//! The JSON reader: the fields of one object, borrowed from the text and checked against the
//! grammar of RFC 8259. Only the encoding of bytes is left to the caller: logs hold bytes that are
//! not UTF-8.

use std::borrow::Cow;

use memchr::memchr;

/// How deep values may be nested below the object's own.
const DEPTH_MAX: usize = 64;

/// Text to read fields from: bytes, or a `str`, whose keys and values then are `str` too.
pub trait JsonText: Copy {
    fn bytes(&self) -> &[u8];

    /// The text between two indexes.
    fn part(self, from: usize, to: usize) -> Option<Self>;
}

impl JsonText for &[u8] {
    fn bytes(&self) -> &[u8] {
        self
    }

    fn part(self, from: usize, to: usize) -> Option<Self> {
        self.get(from..to)
    }
}

impl JsonText for &str {
    #[inline]
    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }

    #[inline]
    fn part(self, from: usize, to: usize) -> Option<Self> {
        self.get(from..to)
    }
}

/// The keys and values of an object that fills the text, in its own order. Ends early where the
/// text breaks the grammar; see [`Fields::is_whole`].
#[derive(Clone, Debug)]
pub struct Fields<T> {
    text: T,
    at: usize,
    is_first: bool,
    is_whole: bool,
}

/// A value, as it stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<T> {
    /// What is between the quotes of a string without escapes.
    Plain(T),
    /// The same of a string with escapes.
    Escaped(T),
    /// A number.
    Number(T),
    /// An array, an object, `true`, `false` or `null`.
    Other(T),
}

impl<T> Value<T> {
    /// A string without escapes.
    pub fn plain(self) -> Option<T> {
        match self {
            Self::Plain(text) => Some(text),
            Self::Escaped(_) | Self::Number(_) | Self::Other(_) => None,
        }
    }

    /// A string, still escaped.
    pub fn raw(self) -> Option<T> {
        match self {
            Self::Plain(text) | Self::Escaped(text) => Some(text),
            Self::Number(_) | Self::Other(_) => None,
        }
    }

    /// The text of a number.
    pub fn number(self) -> Option<T> {
        match self {
            Self::Number(text) => Some(text),
            Self::Plain(_) | Self::Escaped(_) | Self::Other(_) => None,
        }
    }
}

impl<'t> Value<&'t str> {
    /// The text of a string.
    #[inline]
    pub fn to_str(self) -> Option<Cow<'t, str>> {
        match self {
            Self::Plain(text) => Some(Cow::Borrowed(text)),
            Self::Escaped(text) => {
                let mut bytes = Vec::with_capacity(text.len());
                unescape(text.as_bytes(), &mut bytes)?;
                String::from_utf8(bytes).ok().map(Cow::Owned)
            }
            Self::Number(_) | Self::Other(_) => None,
        }
    }
}

impl<T: JsonText> Fields<T> {
    /// The fields of the object. `None`: the text does not begin with one.
    pub fn of(text: T) -> Option<Self> {
        let at = after(text.bytes(), after_blanks(text.bytes(), 0), b'{')?;
        Some(Self { text, at, is_first: true, is_whole: false })
    }

    /// Whether the object was read to its end, and nothing but blanks follows it.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The key of the first field, without its value.
    pub fn first_key(&self) -> Option<T> {
        let text = self.text.bytes();
        let start = after(text, after_blanks(text, self.at), b'"')?;
        self.text.part(start, string_end(text, start)?.at)
    }

    #[inline]
    fn field(&mut self) -> Option<(T, Value<T>)> {
        let whole = self.text;
        let text = whole.bytes();
        let mut at = after_blanks(text, std::mem::replace(&mut self.at, text.len()));
        if text.get(at) == Some(&b'}') {
            self.is_whole = after_blanks(text, at + 1) == text.len();
            return None;
        }
        if !std::mem::take(&mut self.is_first) {
            at = after_blanks(text, after(text, at, b',')?);
        }
        let start = after(text, at, b'"')?;
        let end = string_end(text, start)?.at;
        let key = whole.part(start, end)?;
        let from = after_colon(text, end + 1)?;
        let value = match text.get(from)? {
            b'"' => {
                let StringEnd { at: end, has_escapes } = string_end(text, from + 1)?;
                self.at = end + 1;
                let inside = whole.part(from + 1, end)?;
                if has_escapes { Value::Escaped(inside) } else { Value::Plain(inside) }
            }
            b'-' | b'0'..=b'9' => {
                self.at = number_end(text, from)?;
                Value::Number(whole.part(from, self.at)?)
            }
            _ => {
                self.at = value_end(text, from, DEPTH_MAX)?;
                Value::Other(whole.part(from, self.at)?)
            }
        };
        Some((key, value))
    }
}

impl<T: JsonText> Iterator for Fields<T> {
    type Item = (T, Value<T>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.field()
    }
}

/// The index after blanks.
#[inline]
fn after_blanks(text: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = text.get(at) {
        at += 1;
    }
    at
}

/// The index after this byte.
#[inline]
fn after(text: &[u8], at: usize, byte: u8) -> Option<usize> {
    (text.get(at) == Some(&byte)).then_some(at + 1)
}

#[inline]
fn after_colon(text: &[u8], at: usize) -> Option<usize> {
    let colon = after(text, after_blanks(text, at), b':')?;
    Some(after_blanks(text, colon))
}

/// The end of the value at an index.
fn value_end(text: &[u8], at: usize, depth: usize) -> Option<usize> {
    match text.get(at)? {
        b'"' => string_end(text, at + 1).map(|end| end.at + 1),
        b'-' | b'0'..=b'9' => number_end(text, at),
        b'{' | b'[' => nested_end(text, at, depth.checked_sub(1)?),
        _ => {
            let words: [&[u8]; 3] = [b"true", b"false", b"null"];
            let rest = text.get(at..)?;
            words.into_iter().find(|word| rest.starts_with(word)).map(|word| at + word.len())
        }
    }
}

/// The end of the array or object at an index.
fn nested_end(text: &[u8], at: usize, depth: usize) -> Option<usize> {
    let is_object = text.get(at) == Some(&b'{');
    let close = if is_object { b'}' } else { b']' };
    let mut at = after_blanks(text, at + 1);
    if text.get(at) == Some(&close) {
        return Some(at + 1);
    }
    loop {
        if is_object {
            let key = string_end(text, after(text, at, b'"')?)?;
            at = after_colon(text, key.at + 1)?;
        }
        at = after_blanks(text, value_end(text, at, depth)?);
        match text.get(at)? {
            b',' => at = after_blanks(text, at + 1),
            end if *end == close => return Some(at + 1),
            _ => return None,
        }
    }
}

/// The end of a string.
#[derive(Clone, Copy, Debug)]
struct StringEnd {
    /// The index of the closing quote.
    at: usize,
    has_escapes: bool,
}

/// The end of a string whose inside begins at an index. `None`: it has no end, or a control
/// character in it. Most strings are short: eight bytes are compared at once.
#[inline]
fn string_end(text: &[u8], start: usize) -> Option<StringEnd> {
    let (mut at, mut has_escapes) = (start, false);
    loop {
        while let Some(eight) = text.get(at..).and_then(<[u8]>::first_chunk) {
            let special = special_bytes(u64::from_le_bytes(*eight));
            if special != 0 {
                at += (special.trailing_zeros() / 8) as usize;
                break;
            }
            at += 8;
            if at - start >= SHORT {
                at = skip_plain(text, at);
            }
        }
        match text.get(at)? {
            b'"' => return Some(StringEnd { at, has_escapes }),
            b'\\' => {
                has_escapes = true;
                text.get(at + 1).filter(|byte| **byte >= b' ')?;
                at += 2;
            }
            0..b' ' => return None,
            _ => at += 1,
        }
    }
}

/// The inside of a string without escapes that begins at an index, and the index after its closing
/// quote.
#[inline]
pub fn plain_string(text: &str, start: usize) -> Option<(&str, usize)> {
    let end = string_end(text.as_bytes(), start).filter(|end| !end.has_escapes)?;
    Some((text.get(start..end.at)?, end.at + 1))
}

/// From so many bytes on more than eight are compared at once.
const SHORT: usize = 16;

/// Skips blocks without quotes, escapes and control characters.
fn skip_plain(text: &[u8], mut at: usize) -> usize {
    let is_special =
        |byte: &u8| u8::from(*byte < b' ') | u8::from(*byte == b'"') | u8::from(*byte == b'\\');
    while let Some(block) = text.get(at..).and_then(<[u8]>::first_chunk::<32>) {
        // Without an early exit, which would keep the loop from being vectorised.
        if block.iter().fold(0, |any, byte| any | is_special(byte)) != 0 {
            break;
        }
        at += block.len();
    }
    at
}

/// Whether a string must be written with escapes.
#[inline]
pub(super) fn needs_escape(text: &[u8]) -> bool {
    let is_special = |eight: &[u8; 8]| special_bytes(u64::from_le_bytes(*eight)) != 0;
    if let Some(last) = text.last_chunk() {
        let at = if text.len() > SHORT { skip_plain(text, 0) } else { 0 };
        let (eights, _) = text.get(at..).unwrap_or_default().as_chunks();
        return is_special(last) || eights.iter().any(is_special);
    }
    if let (Some([a, b, c, d]), Some([w, x, y, z])) = (text.first_chunk(), text.last_chunk()) {
        return is_special(&[*a, *b, *c, *d, *w, *x, *y, *z]);
    }
    text.iter().any(|byte| matches!(byte, 0..b' ' | b'"' | b'\\'))
}

/// Sets the highest bit of the first byte that is a quote, a backslash or a control character. Bits
/// of bytes after it may be wrong.
#[inline]
fn special_bytes(eight: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([0x01; 8]);
    const HIGHEST: u64 = u64::from_le_bytes([0x80; 8]);
    let below = |bytes: u64, bound: u8| bytes.wrapping_sub(ONES * u64::from(bound)) & !bytes;
    let equal = |byte: u8| below(eight ^ (ONES * u64::from(byte)), 1);
    (below(eight, b' ') | equal(b'"') | equal(b'\\')) & HIGHEST
}

/// The closing quote of a string whose inside this begins with.
pub fn closing_quote(inside: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', inside.get(at..)?)?;
        if inside.get(at) == Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

/// The end of the number at an index: `-`, digits without a leading zero, fraction, exponent.
#[inline]
fn number_end(text: &[u8], at: usize) -> Option<usize> {
    let digits = |from: usize| {
        let mut end = from;
        while text.get(end).is_some_and(u8::is_ascii_digit) {
            end += 1;
        }
        (end > from).then_some(end)
    };
    let start = at + usize::from(text.get(at) == Some(&b'-'));
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

/// Writes the bytes of a string without its escapes. `None`: an escape is not JSON's. Half a
/// surrogate pair, as Python writes for bytes that are not UTF-8, becomes U+FFFD.
fn unescape(text: &[u8], into: &mut Vec<u8>) -> Option<()> {
    unescape_if(text, into, |_| true)
}

/// The same where a condition accepts the character of every `\u` escape.
pub fn unescape_if(text: &[u8], into: &mut Vec<u8>, accepts: impl Fn(char) -> bool) -> Option<()> {
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
                let (char, after) = unicode(rest).filter(|(char, _)| accepts(*char))?;
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
        Fields::of(text).is_some_and(|mut fields| {
            fields.by_ref().for_each(drop);
            fields.is_whole()
        })
    }

    #[test]
    fn fields_in_order() {
        let text = br#" { "a" : "x\"}" ,"b":[1,{"c":"]"}],"d":null,"e":{},"f":-1.5e+3} "#;
        let mut fields = Fields::of(&text[..]).unwrap();
        let all: Vec<_> = fields.by_ref().collect();
        let want = [
            (&b"a"[..], Value::Escaped(&b"x\\\"}"[..])),
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
            assert_eq!(Value::Escaped(text).to_str().as_deref(), Some(want.as_str()));
        }
        let mut out = Vec::new();
        assert!(unescape(br"\ud83d \ude00\ud83d\u0041", &mut out).is_some());
        assert_eq!(out, "\u{fffd} \u{fffd}\u{fffd}A".as_bytes());
        for bad in [r"\", r"\x", r"\u12", r"\u12g4", r"\ud83d\u00"] {
            assert_eq!(unescape(bad.as_bytes(), &mut out), None, "{bad}");
        }
    }
}
