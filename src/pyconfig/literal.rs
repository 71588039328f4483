//! Python string literals.

use crate::io::escape::Escaped;

/// Escapes a text for an ASCII string literal between `"`.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for letter in text.chars() {
        match letter {
            '\n' => out.push_str("\\n"),
            '"' | '\'' | '\\' => out.extend(['\\', letter]),
            ' '..='~' => out.push(letter),
            _ => out.push_str(&format!("\\U{:08x}", u32::from(letter))),
        }
    }
    out
}

/// Reverses [`escape`].
pub(crate) fn unescape(literal: &str) -> Option<String> {
    let mut out = String::with_capacity(literal.len());
    let mut letters = literal.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next()? {
            'n' => out.push('\n'),
            'U' => {
                let digits: String = letters.by_ref().take(8).collect();
                out.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
            }
            other => out.push(other),
        }
    }
    Some(out)
}

/// Quotes a text, with escapes only for characters that would not show.
pub(super) fn quote(text: &str, mark: char) -> String {
    let mut out = String::from(mark);
    for letter in text.chars() {
        if letter == mark || letter == '\\' {
            out.extend(['\\', letter]);
        } else if Escaped(letter.encode_utf8(&mut [0; 4])).to_string().starts_with('\\') {
            out.push_str(&format!("\\U{:08x}", u32::from(letter)));
        } else {
            out.push(letter);
        }
    }
    out.push(mark);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaping_is_reversible() {
        let text = "a\"b\\c\r\n\tЕлена \u{10fffd}'''";
        assert!(escape(text).is_ascii());
        assert_eq!(unescape(&escape(text)).as_deref(), Some(text));
        assert_eq!(unescape("\\"), None);
        let name = quote("o'neil \"x\" \\ Ж\u{202e}", '"');
        assert_eq!(name, r#""o'neil \"x\" \\ Ж\U0000202e""#);
    }
}
