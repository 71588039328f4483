//! The JSON that Docker and journald write, one flat object a line, read without building it.

use memchr::{memchr, memchr2};

/// The keys and values of an object, in its own order. Ends early where the text is no JSON.
#[derive(Debug)]
pub(super) struct Fields<'l> {
    rest: &'l [u8],
    is_first: bool,
    /// The object was read to its end, and nothing follows it.
    pub(super) is_whole: bool,
}

/// A value, as it stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'l> {
    /// What is between the quotes, still escaped.
    Text(&'l [u8]),
    /// A number, an array, an object, `true`, `null`.
    Other(&'l [u8]),
}

impl<'l> Value<'l> {
    /// A text without escapes.
    pub(super) fn plain(self) -> Option<&'l [u8]> {
        match self {
            Self::Text(text) => memchr(b'\\', text).is_none().then_some(text),
            Self::Other(_) => None,
        }
    }
}

impl<'l> Fields<'l> {
    /// The fields of an object.
    pub(super) fn of(object: &'l [u8]) -> Option<Self> {
        let rest = object.strip_prefix(b"{")?;
        Some(Self { rest, is_first: true, is_whole: false })
    }

    fn field(&mut self) -> Option<(&'l [u8], Value<'l>)> {
        let mut rest = self.rest.trim_ascii_start();
        if let Some(after) = rest.strip_prefix(b"}") {
            self.is_whole = after.trim_ascii_start().is_empty();
            return None;
        }
        if !self.is_first {
            rest = rest.strip_prefix(b",")?.trim_ascii_start();
        }
        self.is_first = false;
        let (key, rest) = string(rest)?;
        let rest = rest.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
        let (value, rest) = match rest.first()? {
            b'"' => string(rest).map(|(text, rest)| (Value::Text(text), rest))?,
            b'{' | b'[' => {
                let (inside, after) = rest.split_at_checked(nested(rest)?)?;
                (Value::Other(inside), after)
            }
            _ => {
                let end = rest.iter().position(|byte| matches!(byte, b',' | b'}' | b' '))?;
                let (word, after) = rest.split_at_checked(end)?;
                (Value::Other(word), after)
            }
        };
        self.rest = rest;
        Some((key, value))
    }
}

impl<'l> Iterator for Fields<'l> {
    type Item = (&'l [u8], Value<'l>);

    fn next(&mut self) -> Option<Self::Item> {
        self.field()
    }
}

/// A quoted string at the start: what is between the quotes, and what follows.
fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let body = text.strip_prefix(b"\"")?;
    let mut at = 0;
    loop {
        at += memchr2(b'"', b'\\', body.get(at..)?)?;
        if body.get(at) == Some(&b'"') {
            return Some((body.get(..at)?, body.get(at + 1..)?));
        }
        at += 2;
    }
}

/// How many bytes an array or object takes.
fn nested(text: &[u8]) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        match text.get(at)? {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            b'"' => at = text.len() - string(text.get(at..)?)?.1.len() - 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

/// Writes a string's text. `None` for what no encoder writes: bad escapes, and a blank as
/// `\u0020`. An address that a client made up and the proxy printed has no blanks; so a frame
/// cannot smuggle in any.
pub(super) fn unescape(text: &[u8], into: &mut Vec<u8>) -> Option<()> {
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

/// The four digits after `\u`, and those of a second half. Half a character is U+FFFD.
fn unicode(text: &[u8]) -> Option<(char, &[u8])> {
    let (first, rest) = unit(text)?;
    if first == u32::from(b' ') {
        return None;
    }
    if (0xd800..0xdc00).contains(&first) {
        let second = rest.strip_prefix(b"\\u").and_then(unit);
        if let Some((second @ 0xdc00..0xe000, rest)) = second {
            let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return Some((char::from_u32(code)?, rest));
        }
    }
    Some((char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), rest))
}

fn unit(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_at_checked(4)?;
    let unit = digits
        .iter()
        .try_fold(0, |sum: u32, digit| Some(sum * 16 + char::from(*digit).to_digit(16)?))?;
    Some((unit, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Option<String> {
        let mut out = Vec::new();
        unescape(text.as_bytes(), &mut out)?;
        String::from_utf8(out).ok()
    }

    #[test]
    fn escapes() {
        assert_eq!(plain(r"a\u0026b\u003c\u003e\n").as_deref(), Some("a&b<>\n"));
        assert_eq!(plain(r"\ud83d\ude00\u0415\t\\\/").as_deref(), Some("😀Е\t\\/"));
        assert_eq!(
            plain(r"\ud83d \ude00\ud83d\u0041").as_deref(),
            Some("\u{fffd} \u{fffd}\u{fffd}A")
        );
        assert_eq!(plain(r"a\u0020b"), None);
        for bad in [r"\", r"\x", r"\u12", r"\u12g4", r"\ud83d\u00"] {
            assert_eq!(plain(bad), None, "{bad}");
        }
    }

    #[test]
    fn fields_in_order() {
        let text = br#"{ "a" : "x\"}" ,"b":[1,{"c":"]"}],"d":null,"e":{},"f":-1.5}"#;
        let mut fields = Fields::of(text).unwrap();
        let all: Vec<_> = fields.by_ref().collect();
        let want = [
            (&b"a"[..], Value::Text(b"x\\\"}")),
            (b"b", Value::Other(br#"[1,{"c":"]"}]"#)),
            (b"d", Value::Other(b"null")),
            (b"e", Value::Other(b"{}")),
            (b"f", Value::Other(b"-1.5")),
        ];
        assert_eq!(all, want);
        assert!(fields.is_whole);
    }

    #[test]
    fn broken_objects_are_not_whole() {
        for text in
            ["{", "{\"a", "{\"a\":", "{\"a\":1", "{\"a\":[1}", "{\"a\":1}x", "{,}", "{\"a\" 1}"]
        {
            let mut fields = Fields::of(text.as_bytes()).unwrap();
            assert!(fields.by_ref().count() <= 1 && !fields.is_whole, "{text}");
        }
    }
}
