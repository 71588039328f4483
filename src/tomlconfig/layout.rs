//! Lines and literals of a TOML file.

use std::ops::Range;

use crate::io::escape::Escaped;

/// Start of the line at an offset.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1)
}

/// End of the line at an offset, without its newline.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let line = rest.find('\n').map_or(rest, |end| rest.get(..end).unwrap_or_default());
    at + line.trim_end_matches('\r').len()
}

/// Start of the next line, or the end of the text.
pub(super) fn next_line(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.find('\n').map_or(rest.len(), |end| end + 1)
}

/// The range to remove for an entry: its whole line, or up to the comment beside it.
pub(super) fn entry_range(text: &str, entry: &Range<usize>) -> Range<usize> {
    let start = line_start(text, entry.start);
    let rest = text.get(entry.end..line_end(text, entry.end)).unwrap_or_default();
    let comment = rest.trim_start();
    if comment.is_empty() || comment.contains("mtp-users") {
        start..next_line(text, entry.end)
    } else {
        start..entry.end + (rest.len() - comment.len())
    }
}

/// Formats a key: bare where that is possible.
pub(super) fn key_literal(name: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !name.is_empty() && name.bytes().all(is_bare) { name.to_owned() } else { quote(name) }
}

/// Formats a basic string.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::from('"');
    for letter in text.chars() {
        if letter == '"' || letter == '\\' {
            out.extend(['\\', letter]);
        } else if Escaped(letter.encode_utf8(&mut [0; 4])).to_string().starts_with('\\') {
            out.push_str(&format!("\\U{:08X}", u32::from(letter)));
        } else {
            out.push(letter);
        }
    }
    out.push('"');
    out
}

/// Returns the content of a basic string that a literal string can hold as well.
pub(super) fn plain_string(literal: &str) -> Option<&str> {
    let inner = literal.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.contains(['\\', '\'', '"'])).then_some(inner)
}
