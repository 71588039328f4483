//! What an interrupted edit left in a file, and how it is put right.

use std::borrow::Cow;

use super::literal::unescaped;
use super::shield::{END, MARK, MARK_LINE, Region, Step};

/// So much of a mark at the end of a file is known for one.
const MARK_MIN: usize = 5;
/// What a file is found to be.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// No edit is under way.
    Whole,
    /// An edit that had not come into force, or was finished but for its comment: so many bytes
    /// of it are the file.
    Rest(usize),
    /// An edit that is in force: this is the file, and these steps finish it.
    Shielded(String, Vec<Step>),
}

/// Looks for what an interrupted edit left.
pub fn look(bytes: &[u8]) -> Found {
    let file = whole_letters(bytes);
    if let Some(found) = shielded(&file) {
        return found;
    }
    for mark in [MARK_LINE, MARK] {
        let last = file.rfind(mark).filter(|at| {
            let comment = file.get(at + 1..).unwrap_or_default();
            comment.find('\n').is_none_or(|end| end + 1 == comment.len())
        });
        let begun = || {
            let lengths = (MARK_MIN..mark.len()).rev();
            let ends =
                |length: &usize| mark.get(..*length).is_some_and(|mark| file.ends_with(mark));
            lengths.into_iter().find(ends).map(|length| file.len() - length)
        };
        if let Some(at) = last.or_else(begun) {
            return Found::Rest(at);
        }
    }
    Found::Whole
}

/// Text of the same length, with `?` for what is half a letter.
fn whole_letters(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(
        |_| {
            let chunks = bytes.utf8_chunks();
            chunks
                .map(|chunk| chunk.valid().to_owned() + &"?".repeat(chunk.invalid().len()))
                .collect()
        },
        Cow::Borrowed,
    )
}

/// State B, if this is it.
fn shielded(file: &str) -> Option<Found> {
    let end = file.rfind(END)?;
    let (at, length) = file.get(end + END.len()..)?.trim_end().split_once('+')?;
    let (at, length): (usize, usize) = (at.parse().ok()?, length.parse().ok()?);
    let opening = file.get(at..at + length)?;
    let quotes = ["'''", "\"\"\""].into_iter().find(|quotes| {
        opening.strip_prefix('r').and_then(|rest| rest.strip_prefix(quotes)).is_some()
    })?;
    let statement = format!("{quotes};exec(\"");
    let core_at = file.get(..end)?.rfind(&statement)?;
    let literal = file.get(core_at + statement.len()..end)?.strip_suffix("\")")?;
    let new = format!("{}{}", file.get(..at)?, unescaped(literal)?);
    let region = Region { at, opening: opening.to_owned(), quotes };
    let from = at + length;
    let steps = region.rewrite(file.get(from..core_at)?, &new, from, core_at);
    Some(Found::Shielded(new, steps))
}
