//! What an interrupted edit left in a file, and how it is put right.

use std::borrow::Cow;

use super::fold::{QUOTES, unfolded};
use super::literal::unescaped;
use super::shield::{DONE, END, MARK, MARK_LINE, Region, Step, unfolding};

/// So much of a mark at the end of a file is known for one.
const MARK_MIN: usize = 5;
/// What a file is found to be.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// No edit is under way.
    Whole,
    /// So many bytes are the file, behind them the comment of an edit: of one that was finished
    /// (`true`), or of one that had not come into force.
    Rest(usize, bool),
    /// An edit that is in force: this is the file, and these steps finish it.
    Shielded(String, Vec<Step>),
    /// No edit is under way, but one that folded the file's end was stopped: this is the file with
    /// less folded, these steps make it so, and `true` tells that the edit is in force.
    Folded(String, Vec<Step>, bool),
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
            let behind = file.get(at + mark.len()..);
            return Found::Rest(at, behind.is_some_and(|behind| behind.starts_with(DONE)));
        }
    }
    if let Some((text, at, is_new)) = unfolded(&file) {
        let steps = unfolding(&file, &text, at);
        return Found::Folded(text, steps, is_new);
    }
    Found::Whole
}

/// The file behind all that an interrupted edit left of it.
pub fn settled(mut bytes: Vec<u8>) -> Vec<u8> {
    loop {
        match look(&bytes) {
            Found::Whole => return bytes,
            Found::Rest(keep, _) => bytes.truncate(keep),
            Found::Shielded(text, _) | Found::Folded(text, ..) => bytes = text.into_bytes(),
        }
    }
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

/// The statement at the end of an edit's comment.
struct Carried<'f> {
    region_at: usize,
    opening: usize,
    /// What stands before the statement's quotes.
    before: &'f str,
    literal: &'f str,
    quotes: &'static str,
}

fn carried(file: &str) -> Option<Carried<'_>> {
    let (rest, place) = file.rsplit_once(END)?;
    let (region_at, opening) = place.trim_end().split_once('+')?;
    let rest = rest.strip_suffix("\")")?;
    let (before, literal) = rest.rsplit_once(";exec(\"")?;
    let quotes = QUOTES.into_iter().find(|quotes| before.ends_with(quotes))?;
    let (region_at, opening) = (region_at.parse().ok()?, opening.parse().ok()?);
    Some(Carried { region_at, opening, before, literal, quotes })
}

/// State B, if this is it.
fn shielded(file: &str) -> Option<Found> {
    let Carried { region_at, opening, before, literal, quotes } = carried(file)?;
    let from = region_at + opening;
    let opening = file.get(region_at..from)?;
    if !opening.strip_prefix('r')?.starts_with(quotes) {
        return None;
    }
    let core_at = before.len() - quotes.len();
    let new = format!("{}{}", file.get(..region_at)?, unescaped(literal)?);
    let region = Region { at: region_at, opening: opening.to_owned(), quotes };
    let steps = region.rewrite(file.get(from..core_at)?, &new, from, core_at);
    Some(Found::Shielded(new, steps))
}
