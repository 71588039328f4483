//! Recognises what an interrupted edit left in a file, and plans its recovery.

use std::borrow::Cow;

use memchr::memmem;

use super::crash_safe_write::{DONE, END, NOTICE, Region, WriteStep, checksum, mark, unfold_steps};
use super::fold::{QUOTES, unfold};
use super::literal::unescape;

/// Shortest part of a mark that is recognised at the end of a file: `#` and eight digits of the
/// checksum.
const MARK_MIN: usize = 9;
/// Length of `#` and a checksum.
const CHECKSUM_LENGTH: usize = 17;

/// Traces of an edit in a file.
#[derive(Debug, PartialEq, Eq)]
pub enum EditState {
    /// None.
    Clean,
    /// The file has this length; a comment of an edit follows, which was complete (`true`) or had
    /// not taken effect.
    Trailing(usize, bool),
    /// An edit that has taken effect: the new text, and the steps that complete it.
    Enclosed(String, Vec<WriteStep>),
    /// Statements at the end are folded: the text with one fold less, the steps to it, and `true`
    /// where the edit has taken effect.
    Folded(String, Vec<WriteStep>, bool),
}

/// Looks for traces of an interrupted edit.
pub fn edit_state(bytes: &[u8]) -> EditState {
    let file = replace_partial_characters(bytes);
    if let Some(found) = enclosed(&file) {
        return found;
    }
    if let Some(found) = trailing(bytes) {
        return found;
    }
    if let Some((text, at, is_new)) = unfold(&file) {
        let steps = unfold_steps(&file, &text, at);
        return EditState::Folded(text, steps, is_new);
    }
    EditState::Clean
}

/// Recognises a comment of an edit, or the beginning of one, in the last line.
fn trailing(bytes: &[u8]) -> Option<EditState> {
    let notice = memmem::rfind(bytes, NOTICE.as_bytes());
    let last_line = || memchr::memrchr(b'\n', bytes).map_or(0, |end| end + 1);
    let at = notice.and_then(|at| at.checked_sub(CHECKSUM_LENGTH)).unwrap_or_else(last_line);
    let line = bytes.get(at..)?;
    if memchr::memchr(b'\n', line).is_some_and(|end| end + 1 != line.len()) {
        return None;
    }
    // A text without a final line ending got one before the comment.
    [at, at.saturating_sub(1)].into_iter().find_map(|keep| {
        let (text, comment) = bytes.split_at_checked(keep)?;
        let mark = mark(text);
        let mark = mark.as_bytes();
        let is_begun = mark.starts_with(comment) && line.len() >= MARK_MIN;
        (comment.starts_with(mark) || is_begun).then(|| {
            let behind = comment.get(mark.len()..);
            EditState::Trailing(keep, behind.is_some_and(|rest| rest.starts_with(DONE.as_bytes())))
        })
    })
}

/// Returns the content of a file without the traces of an interrupted edit.
pub fn recovered(mut bytes: Vec<u8>) -> Vec<u8> {
    loop {
        match edit_state(&bytes) {
            EditState::Clean => return bytes,
            EditState::Trailing(keep, _) => bytes.truncate(keep),
            EditState::Enclosed(text, _) | EditState::Folded(text, ..) => bytes = text.into_bytes(),
        }
    }
}

/// Decodes a text to the same length, with `?` for invalid bytes.
fn replace_partial_characters(bytes: &[u8]) -> Cow<'_, str> {
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
struct CommentStatement<'f> {
    region_at: usize,
    opening: usize,
    /// Text before the statement's quotes.
    before: &'f str,
    literal: &'f str,
    quotes: &'static str,
}

fn comment_statement(file: &str) -> Option<CommentStatement<'_>> {
    let (rest, place) = file.rsplit_once(END)?;
    let (sum, place) = place.trim_end().split_once(' ')?;
    let (region_at, opening) = place.split_once('+')?;
    let rest = rest.strip_suffix("\")")?;
    let (before, literal) = rest.rsplit_once(";exec(\"")?;
    if sum != format!("{:016x}", checksum(literal.as_bytes())) {
        return None;
    }
    let quotes = QUOTES.into_iter().find(|quotes| before.ends_with(quotes))?;
    let (region_at, opening) = (region_at.parse().ok()?, opening.parse().ok()?);
    Some(CommentStatement { region_at, opening, before, literal, quotes })
}

/// Recognises state B.
fn enclosed(file: &str) -> Option<EditState> {
    let CommentStatement { region_at, opening, before, literal, quotes } = comment_statement(file)?;
    let from = region_at + opening;
    let opening = file.get(region_at..from)?;
    if !opening.strip_prefix('r')?.starts_with(quotes) {
        return None;
    }
    let core_at = before.len() - quotes.len();
    let new = format!("{}{}", file.get(..region_at)?, unescape(literal)?);
    let region = Region { at: region_at, opening: opening.to_owned(), quotes };
    let steps = region.rewrite(file.get(from..core_at)?, &new, from, core_at);
    Some(EditState::Enclosed(new, steps))
}
