//! Folds statements at the end of a file into `exec("…")`, which has no triple quotes: for texts
//! with both kinds of them after the edit, which no string can enclose. After the edit they are
//! unfolded. Each fold is itself a crash-safe write.

use memchr::memmem;

use super::crash_safe_write::checksum;
use super::literal::{escape, unescape};

/// An intermediate text, and the offset of the statement that changes next.
#[derive(Clone, Debug)]
pub(super) struct FoldStage {
    pub(super) text: String,
    pub(super) at: usize,
}

/// Intermediate texts from one text to another.
#[derive(Debug)]
pub(super) struct FoldPath {
    /// From the old text, each with one more fold.
    pub(super) old: Vec<FoldStage>,
    /// The same from the new text; used in reverse.
    pub(super) new: Vec<FoldStage>,
}

/// Follows the `exec`, with a digit: 1 once the file has the new meaning.
const FOLD: &str = "#mtp-users-fold ";
/// Start of the statement.
const OPEN: &str = "exec(\"";
/// Each fold doubles the backslashes inside it.
const FOLDS_MAX: usize = 6;
/// Number of statements tried for one whose bytes can be written at once.
const TRIES: usize = 16;
/// Both kinds of triple quotes.
pub(super) const QUOTES: [&str; 2] = ["'''", "\"\"\""];

/// Tests if a text can be replaced by another in an enclosing string.
pub(super) type Fits<'f> = &'f dyn Fn(&str, &str, usize) -> bool;

/// Finds the path with the fewest folds. `tails` are offsets, in the old and the new text, of
/// statements from which on both are the same.
pub(super) fn find_path(
    old: &str,
    new: &str,
    tails: &[(usize, usize)],
    fits: Fits<'_>,
) -> Option<FoldPath> {
    let start = |text: &str| vec![FoldStage { text: text.to_owned(), at: text.len() }];
    let mut path = FoldPath { old: start(old), new: start(new) };
    let (mut tails, mut end) = (tails, old.len());
    while path.old.len() <= FOLDS_MAX {
        let (from, to) = (path.old.last()?.clone(), path.new.last()?.clone());
        let first = tails.first()?.0;
        let begin = first + unquoted_from(old.get(first..end)?);
        let near = tails.iter().position(|(at, _)| *at >= begin)?;
        let (place, folds) =
            tails.iter().enumerate().skip(near).take(TRIES).find_map(|(n, at)| {
                let folds = [fold(&from.text, at.0, false)?, fold(&to.text, at.1, true)?];
                let fit = fits(&from.text, &folds[0], at.0) && fits(&folds[1], &to.text, at.1);
                fit.then_some((n, folds))
            })?;
        let (at_old, at_new) = *tails.get(place)?;
        let [text, text_new] = folds;
        let is_enough = fits(&text, &text_new, usize::MAX);
        path.old.push(FoldStage { text, at: at_old });
        path.new.push(FoldStage { text: text_new, at: at_new });
        if is_enough {
            return Some(path);
        }
        (tails, end) = (tails.get(..place)?, at_old);
    }
    None
}

/// Returns the offset from which on one kind of quotes is absent.
fn unquoted_from(text: &str) -> usize {
    let last = |quotes: &str| memmem::rfind(text.as_bytes(), quotes.as_bytes());
    let behind = QUOTES.map(|quotes| last(quotes).map_or(0, |at| at + 1));
    behind.into_iter().min().unwrap_or(0)
}

fn fold(text: &str, at: usize, is_new: bool) -> Option<String> {
    let (rest, end) = text.split_at_checked(at)?;
    let literal = escape(end);
    let sum = checksum(literal.as_bytes());
    Some(format!("{rest}{OPEN}{literal}\"){FOLD}{sum:016x} {}\n", u8::from(is_new)))
}

/// Returns a file without its last fold, the fold's offset, and if the file has the new meaning.
pub(super) fn unfold(file: &str) -> Option<(String, usize, bool)> {
    let (rest, place) = file.rsplit_once(FOLD)?;
    let (sum, phase) = place.split_once(' ')?;
    let is_new = match phase {
        "0\n" => false,
        "1\n" => true,
        _ => return None,
    };
    let rest = rest.strip_suffix("\")")?;
    let at = memmem::rfind(rest.as_bytes(), OPEN.as_bytes())?;
    let literal = rest.get(at + OPEN.len()..)?;
    if sum != format!("{:016x}", checksum(literal.as_bytes())) {
        return None;
    }
    let end = unescape(literal)?;
    Some((format!("{}{end}", rest.get(..at)?), at, is_new))
}
