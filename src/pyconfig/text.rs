//! The text of a config file: UTF-8 as Python reads it, its lines, and how they end.

use std::ops::Range;

use crate::error::Error;

/// What is wrong with a file, and in which line of it, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
}

impl Fault {
    pub(super) fn new(line: usize, what: impl Into<String>) -> Self {
        Self { line, what: what.into() }
    }

    /// As a refusal: `config.py:12: USERS is computed, no literal dict`
    pub fn of(&self, file: impl std::fmt::Display) -> Error {
        Error::refused(format!("{file}:{}", self.line), &self.what)
    }
}

/// The longest file that is read. Ten thousand users are 0.6 MB.
pub(super) const SIZE_MAX: usize = 16 * 1024 * 1024;

/// The bytes as text, if Python would take them for it.
pub(super) fn decoded(bytes: &[u8]) -> Result<&str, Fault> {
    if bytes.len() > SIZE_MAX {
        return Err(Fault::new(1, format!("is over {} MiB", SIZE_MAX >> 20)));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = Lines::of(std::str::from_utf8(before).unwrap_or_default()).count();
        Fault::new(line, "is not UTF-8 here; only UTF-8 is edited")
    })?;
    if let Some(at) = text.find('\0') {
        return Err(Fault::new(Lines::of(text).line(at), "has a NUL byte, which Python refuses"));
    }
    if let Some((line, name)) = cookie(text) {
        let plain = name.to_ascii_lowercase().replace('_', "-");
        if plain != "utf-8" && plain != "utf8" && !plain.starts_with("utf-8-") {
            return Err(Fault::new(line, format!("says coding {name}; only UTF-8 is edited")));
        }
    }
    Ok(text)
}

/// The encoding that a comment in the first two lines declares.
fn cookie(text: &str) -> Option<(usize, &str)> {
    let text = text.strip_prefix(BOM).unwrap_or(text);
    for (n, line) in text.split(['\n', '\r']).filter(|line| !line.is_empty()).take(2).enumerate() {
        let line = line.trim_start_matches([' ', '\t', '\x0c']);
        let comment = line.strip_prefix('#')?;
        for (at, word) in comment.match_indices("coding") {
            let after = comment.get(at + word.len()..).unwrap_or_default();
            let Some(after) = after.strip_prefix([':', '=']) else { continue };
            let after = after.trim_start_matches([' ', '\t']);
            let ends = |c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c));
            let name = after.split(ends).next().unwrap_or_default();
            if !name.is_empty() {
                return Some((n + 1, name));
            }
        }
    }
    None
}

/// What Windows' editors put before the first letter.
pub(super) const BOM: char = '\u{feff}';

/// Where lines begin. Python ends a line at `\n`, `\r\n` and a lone `\r`.
#[derive(Clone, Debug)]
pub struct Lines {
    starts: Vec<usize>,
    length: usize,
}

impl Lines {
    /// The lines of a text.
    pub(super) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            let half = bytes.get(at) == Some(&b'\r') && bytes.get(at + 1) == Some(&b'\n');
            if !half {
                starts.push(at + 1);
            }
        }
        Self { starts, length: bytes.len() }
    }

    /// How many there are; what follows the last end of line is one too.
    pub(super) fn count(&self) -> usize {
        self.starts.len()
    }

    /// The line an offset is in, from 1.
    pub fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).max(1)
    }

    /// The line at this offset with its end.
    pub(super) fn around(&self, at: usize) -> Range<usize> {
        let line = self.line(at);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        start..self.starts.get(line).copied().unwrap_or(self.length)
    }
}

/// How the lines of this text end: as the first one does.
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
    fn lines_end_in_three_ways() {
        let text = "a\r\nb\rc\n\nd";
        let lines = Lines::of(text);
        let at = |letter| lines.line(text.find(letter).unwrap());
        assert_eq!([at('a'), at('b'), at('c'), at('d')], [1, 2, 3, 5]);
        assert_eq!(&text[lines.around(0)], "a\r\n");
        assert_eq!(&text[lines.around(text.len())], "d");
        assert_eq!((newline(text), newline("x"), newline("x\ry")), ("\r\n", "\n", "\r"));
    }

    #[test]
    fn only_utf8_is_text() {
        let line = |bytes: &[u8]| decoded(bytes).unwrap_err().line;
        assert_eq!(line(b"a\nb\xff\n"), 2);
        assert_eq!(line(b"a\n\nb\0"), 3);
        assert_eq!(line(b"#!/x\n# vim: set fileencoding=cp1251 :\n"), 2);
        assert!(decoded(b"# -*- coding: utf_8 -*-\nx = 1").is_ok());
        assert!(decoded(b"x = 1\n# coding: cp1251\n").is_ok());
        assert!(decoded("\u{feff}# coding=UTF-8\n".as_bytes()).is_ok());
    }
}
