//! Texts with both kinds of triple quotes behind the edit, which no shield can hold: statements at
//! the file's end are put into `exec("…")`, which has no such quotes, until what changes can be
//! shielded; after the change they are taken out again. Every one of these replacements is a
//! shielded one, and what stands in the file between them is a program like any other.

use memchr::memmem;

use super::literal::{escaped, unescaped};

/// A text on the way, and where the statement begins that changes next.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub(super) text: String,
    pub(super) at: usize,
}

/// The way from one text to another.
#[derive(Debug)]
pub(super) struct Way {
    /// From the old text on, with ever more of its end folded.
    pub(super) old: Vec<Stage>,
    /// From the new text on, likewise; gone from its end to its beginning.
    pub(super) new: Vec<Stage>,
}

/// Behind the `exec`, with a digit that tells whether the file means the new text yet.
const FOLD: &str = "#mtp-users-fold=";
/// The statement's beginning.
const OPEN: &str = "exec(\"";
/// Each fold doubles the backslashes of those within it.
const FOLDS_MAX: usize = 6;
/// How many statements are tried for a place whose bytes can be written at once.
const TRIES: usize = 16;
/// Both kinds.
pub(super) const QUOTES: [&str; 2] = ["'''", "\"\"\""];

/// Whether a text can be replaced by another behind a shield.
pub(super) type Fits<'f> = &'f dyn Fn(&str, &str, usize) -> bool;

/// The way with the fewest folds. `tails` are places where a statement begins that both texts
/// have, and all behind it alike: pairs of where it is in the old and the new text.
pub(super) fn way(old: &str, new: &str, tails: &[(usize, usize)], fits: Fits<'_>) -> Option<Way> {
    let start = |text: &str| vec![Stage { text: text.to_owned(), at: text.len() }];
    let mut way = Way { old: start(old), new: start(new) };
    let (mut tails, mut end) = (tails, old.len());
    while way.old.len() <= FOLDS_MAX {
        let (from, to) = (way.old.last()?.clone(), way.new.last()?.clone());
        let first = tails.first()?.0;
        let begin = first + unquoted(old.get(first..end)?);
        let near = tails.iter().position(|(at, _)| *at >= begin)?;
        let (place, folds) =
            tails.iter().enumerate().skip(near).take(TRIES).find_map(|(n, at)| {
                let folds = [folded(&from.text, at.0, false)?, folded(&to.text, at.1, true)?];
                let fit = fits(&from.text, &folds[0], at.0) && fits(&folds[1], &to.text, at.1);
                fit.then_some((n, folds))
            })?;
        let (at_old, at_new) = *tails.get(place)?;
        let [text, text_new] = folds;
        let is_enough = fits(&text, &text_new, usize::MAX);
        way.old.push(Stage { text, at: at_old });
        way.new.push(Stage { text: text_new, at: at_new });
        if is_enough {
            return Some(way);
        }
        (tails, end) = (tails.get(..place)?, at_old);
    }
    None
}

/// Behind which byte one kind of quotes is absent.
fn unquoted(text: &str) -> usize {
    let last = |quotes: &str| memmem::rfind(text.as_bytes(), quotes.as_bytes());
    let behind = QUOTES.map(|quotes| last(quotes).map_or(0, |at| at + 1));
    behind.into_iter().min().unwrap_or(0)
}

fn folded(text: &str, at: usize, is_new: bool) -> Option<String> {
    let (rest, end) = text.split_at_checked(at)?;
    Some(format!("{rest}{OPEN}{}\"){FOLD}{}\n", escaped(end), u8::from(is_new)))
}

/// What is folded in a file: the file without its last fold, where that begins, and whether the
/// file means a new text already.
pub(super) fn unfolded(file: &str) -> Option<(String, usize, bool)> {
    let (rest, phase) = file.rsplit_once(FOLD)?;
    let is_new = match phase {
        "0\n" => false,
        "1\n" => true,
        _ => return None,
    };
    let rest = rest.strip_suffix("\")")?;
    let at = memmem::rfind(rest.as_bytes(), OPEN.as_bytes())?;
    let end = unescaped(rest.get(at + OPEN.len()..)?)?;
    Some((format!("{}{end}", rest.get(..at)?), at, is_new))
}
