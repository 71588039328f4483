//! JSON as logs have it: the fields of a flat object, found without a copy, and strings without
//! their escapes.

use memchr::memchr2;

/// The fields of a JSON object that fills the text: each key with its value as written. A value
/// that is itself an object or an array is passed over whole. Ends early where the text is no JSON.
#[derive(Clone, Debug)]
pub struct Fields<'t> {
    rest: &'t [u8],
    /// Whether the closing brace was met.
    whole: bool,
}

impl<'t> Fields<'t> {
    /// The fields of the object.
    pub fn of(text: &'t [u8]) -> Option<Self> {
        let rest = text.trim_ascii().strip_prefix(b"{")?;
        Some(Self { rest, whole: false })
    }

    /// Whether all of the object was read.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    fn step(&mut self) -> Option<(&'t [u8], &'t [u8])> {
        let rest = self.rest.trim_ascii_start();
        let rest = rest.strip_prefix(b",").unwrap_or(rest).trim_ascii_start();
        if let Some(after) = rest.strip_prefix(b"}") {
            self.whole = after.trim_ascii().is_empty();
            return None;
        }
        let key_end = string_end(rest)?;
        let key = rest.get(1..key_end - 1)?;
        let rest = rest.get(key_end..)?.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
        let value_end = value_end(rest)?;
        self.rest = rest.get(value_end..)?;
        Some((key, rest.get(..value_end)?.trim_ascii_end()))
    }
}

impl<'t> Iterator for Fields<'t> {
    type Item = (&'t [u8], &'t [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.step();
        if found.is_none() {
            self.rest = b"";
        }
        found
    }
}

/// Where a string that begins here ends: just after its closing quote.
fn string_end(text: &[u8]) -> Option<usize> {
    closing_quote(text.strip_prefix(b"\"")?).map(|at| at + 2)
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

/// Where a value that begins here ends.
fn value_end(text: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    loop {
        match text.get(at)? {
            b'"' => {
                at += string_end(text.get(at..)?)?;
                if depth == 0 {
                    return Some(at);
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' | b',' if depth == 0 => return Some(at),
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// What stands between the quotes of a string; `None` where it has none.
pub fn unquoted(value: &[u8]) -> Option<&[u8]> {
    value.strip_prefix(b"\"")?.strip_suffix(b"\"")
}

/// Undoes the escapes of what stands between quotes. Half of a surrogate pair, as Python writes
/// for bytes that are no UTF-8, becomes `U+FFFD`.
pub fn unescape(text: &[u8], into: &mut String) -> Option<()> {
    into.clear();
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        into.push_str(&String::from_utf8_lossy(rest.get(..at)?));
        let (letter, after) = rest.get(at + 1..)?.split_first()?;
        rest = after;
        match letter {
            b'n' => into.push('\n'),
            b't' => into.push('\t'),
            b'r' => into.push('\r'),
            b'b' => into.push('\u{8}'),
            b'f' => into.push('\u{c}'),
            b'"' | b'\\' | b'/' => into.push(char::from(*letter)),
            b'u' => {
                let (letter, taken) = unicode(rest)?;
                into.push(letter);
                rest = rest.get(taken..)?;
            }
            _ => return None,
        }
    }
    into.push_str(&String::from_utf8_lossy(rest));
    Some(())
}

/// The letter of `0415`, or of `d83d\ude00`, and the bytes taken.
fn unicode(text: &[u8]) -> Option<(char, usize)> {
    let unit = |text: &[u8]| {
        let digits = std::str::from_utf8(text).ok()?;
        let all_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        all_hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    };
    let first = unit(text.get(..4)?)?;
    if (0xd800..0xdc00).contains(&first) && text.get(4..6) == Some(b"\\u") {
        let second = text.get(6..10).and_then(unit);
        if let Some(second) = second.filter(|second| (0xdc00..0xe000).contains(second)) {
            let letter = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return Some((char::from_u32(letter)?, 10));
        }
    }
    Some((char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_flat_and_nested_objects() {
        let text = br#"{"a":1,"b":"x,\"}y","c":{"d":[1,"}"]},"e":null}"#;
        let mut fields = Fields::of(text).unwrap();
        let found: Vec<_> = fields
            .by_ref()
            .map(|(key, value)| format!("{}={}", key.escape_ascii(), value.escape_ascii()))
            .collect();
        let want = ["a=1", r#"b=\"x,\\\"}y\""#, r#"c={\"d\":[1,\"}\"]}"#, "e=null"];
        assert_eq!(found, want);
        assert!(fields.is_whole());
        let mut cut = Fields::of(br#"{"a":1,"b":"x"#).unwrap();
        assert_eq!((cut.by_ref().count(), cut.is_whole()), (1, false));
        assert!(Fields::of(b"[1]").is_none());
    }

    #[test]
    fn escapes_as_serde_reads_them() {
        let mut out = String::new();
        for text in [r#"\u0415\u043b "q" \\"#, r"a\ud83d\ude00b", r"\n\t/\/", "Елена"] {
            let quoted = format!("\"{}\"", text.replace("\"q\"", "\\\"q\\\""));
            let want: String = serde_json::from_str(&quoted).unwrap();
            let inside = unquoted(quoted.as_bytes()).unwrap();
            assert_eq!(unescape(inside, &mut out).map(|()| out.clone()), Some(want));
        }
        assert!(unescape(br"\ud800x", &mut out).is_some());
        assert_eq!(out, "\u{fffd}x");
        assert!(unescape(br"\u12", &mut out).is_none());
        assert!(unescape(b"\\", &mut out).is_none());
    }
}
