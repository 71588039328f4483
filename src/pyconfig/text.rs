//! Text of a config file: encoding, line positions and line endings.

use std::ops::Range;

use ruff_source_file::LineIndex;
use ruff_text_size::TextSize;

use crate::diagnostic::Diagnostic;

/// Largest file that is read. 10,000 users take 0.6 MB.
pub(super) const SIZE_MAX: usize = 16 * 1024 * 1024;

/// Decodes a file as Python does. Only UTF-8 is accepted.
pub(super) fn decode(bytes: &[u8]) -> Result<&str, Diagnostic> {
    if bytes.len() > SIZE_MAX {
        return Err(Diagnostic::fatal(1, format!("file is larger than {} MiB", SIZE_MAX >> 20)));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = SourceLines::new(std::str::from_utf8(before).unwrap_or_default()).count();
        Diagnostic::fatal(line, "invalid UTF-8 (only UTF-8 files are edited)")
    })?;
    if let Some(at) = text.find('\0') {
        let line = SourceLines::new(text).line(at);
        return Err(Diagnostic::fatal(line, "NUL byte, which Python refuses"));
    }
    if let Some((line, name)) = declared_encoding(text) {
        let plain = name.to_ascii_lowercase().replace('_', "-");
        if plain != "utf-8" && plain != "utf8" && !plain.starts_with("utf-8-") {
            let message = format!("invalid coding '{name}' (expected utf-8)");
            return Err(Diagnostic::fatal(line, message));
        }
    }
    Ok(text)
}

/// Returns the encoding that a comment in one of the first two lines declares (PEP 263).
fn declared_encoding(text: &str) -> Option<(usize, &str)> {
    let text = text.strip_prefix(BOM).unwrap_or(text);
    let mut rest = text;
    for n in 1..=2 {
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let (line, after) = rest.split_at(end);
        rest = after.strip_prefix("\r\n").or_else(|| after.get(1..)).unwrap_or_default();
        let line = line.trim_start_matches([' ', '\t', '\x0c']);
        if line.is_empty() {
            continue;
        }
        let comment = line.strip_prefix('#')?;
        for (at, word) in comment.match_indices("coding") {
            let after = comment.get(at + word.len()..).unwrap_or_default();
            let Some(after) = after.strip_prefix([':', '=']) else { continue };
            let after = after.trim_start_matches([' ', '\t']);
            let ends = |c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c));
            let name = after.split(ends).next().unwrap_or_default();
            if !name.is_empty() {
                return Some((n, name));
            }
        }
    }
    None
}

/// Byte order mark, written by Windows editors.
pub(super) const BOM: char = '\u{feff}';

/// A text with the positions of its lines. A line ends at `\n`, `\r\n` or a lone `\r`.
#[derive(Clone, Debug)]
pub struct SourceLines<'t> {
    text: &'t str,
    index: LineIndex,
}

impl<'t> SourceLines<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, index: LineIndex::from_source_text(text) }
    }

    /// Number of lines. What follows the last line ending counts as a line.
    pub(super) fn count(&self) -> usize {
        self.index.line_count()
    }

    /// Line of an offset, from 1.
    pub fn line(&self, at: usize) -> usize {
        self.index.line_index(offset(at)).get()
    }

    /// Range of the line at an offset, including its ending.
    pub(super) fn around(&self, at: usize) -> Range<usize> {
        let line = self.index.line_index(offset(at));
        let (start, end) =
            (self.index.line_start(line, self.text), self.index.line_end(line, self.text));
        usize::from(start)..usize::from(end)
    }
}

fn offset(at: usize) -> TextSize {
    u32::try_from(at).map_or(TextSize::new(u32::MAX), TextSize::new)
}

/// Returns the line ending of a text: that of its first line.
pub fn newline(text: &str) -> &'static str {
    match text.find(['\n', '\r']) {
        Some(at) if text.get(at..).is_some_and(|rest| rest.starts_with("\r\n")) => "\r\n",
        Some(at) if text.get(at..).is_some_and(|rest| rest.starts_with('\r')) => "\r",
        _ => "\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_line_endings() {
        let text = "a\r\nb\rc\n\nd";
        let lines = SourceLines::new(text);
        let at = |letter| lines.line(text.find(letter).unwrap());
        assert_eq!([at('a'), at('b'), at('c'), at('d')], [1, 2, 3, 5]);
        assert_eq!(&text[lines.around(0)], "a\r\n");
        assert_eq!(&text[lines.around(text.len())], "d");
        assert_eq!((newline(text), newline("x"), newline("x\ry")), ("\r\n", "\n", "\r"));
    }

    #[test]
    fn only_utf8_is_accepted() {
        let line = |bytes: &[u8]| decode(bytes).unwrap_err().line;
        assert_eq!(line(b"a\nb\xff\n"), 2);
        assert_eq!(line(b"a\n\nb\0"), 3);
        assert_eq!(line(b"#!/x\n# vim: set fileencoding=cp1251 :\n"), 2);
        assert_eq!(line(b"\n# coding: cp1251\n"), 2);
        assert!(decode(b"# -*- coding: utf_8 -*-\nx = 1").is_ok());
        assert!(decode(b"x = 1\n# coding: cp1251\n").is_ok());
        assert!(decode("\u{feff}# coding=UTF-8\n".as_bytes()).is_ok());
    }
}
