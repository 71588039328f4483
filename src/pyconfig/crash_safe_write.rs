//! Replaces a file in place by a sequence of small steps. Python loads the file in every state
//! between them, with the meaning of either the old text or the new one.
//!
//! The region that changes runs from a statement's start to the end of the file. Its new text is
//! first written behind the old one, in a comment: `#…    ''';exec("the new region")`. Then one
//! write of four bytes puts `r'''` over the region's start: the region is now an unused string,
//! and the comment's end is a statement that executes the new text. Inside that string the new text
//! is written to its place, the four bytes are restored, and the rest of the comment is cut off.
//!
//! ```text
//! A   old region          #mark … ''';exec("…")      old; the comment may be there in part
//! B   r'''old, new, both  #mark … ''';exec("…")      new
//! C   new region          #mark … ''';exec("…")      new; the comment may be cut
//! ```

use memchr::memmem;

use super::fold;
use super::literal::escape;
use super::text;
use twox_hash::XxHash3_64;

/// One operation on the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteStep {
    /// Writes these bytes at this offset.
    Write(usize, Vec<u8>),
    /// Truncates the file to this length.
    Truncate(usize),
    /// Waits until all steps so far are on the disk.
    Sync,
    /// The same, then waits for readers that have begun to finish.
    SyncAndWait,
}

impl WriteStep {
    /// Applies the step to the content of a file in memory.
    pub fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Self::Write(at, bytes) => {
                file.resize(file.len().max(at + bytes.len()), 0);
                if let Some(place) = file.get_mut(*at..at + bytes.len()) {
                    place.copy_from_slice(bytes);
                }
            }
            Self::Truncate(length) => file.truncate(*length),
            Self::Sync | Self::SyncAndWait => {}
        }
    }
}

/// Steps from one text to another.
#[derive(Debug)]
pub struct WritePlan {
    pub steps: Vec<WriteStep>,
    /// Index of the first step after which the file has the new meaning; before it the edit can be
    /// undone.
    pub commit: usize,
}

/// Text of an edit's comment, after a checksum of all before the comment.
pub(super) const NOTICE: &str =
    " mtp-users was stopped in an edit; its next run completes or undoes it. ";
/// Follows a mark that is after the new text.
pub(crate) const DONE: &str = "(Done.) ";
/// Follows the statement at the comment's end: offset of the region and length of its opening.
pub(super) const END: &str = "#mtp-users-edit ";
/// A small write within a cache line is visible as a whole or not at all.
const CACHE_LINE: usize = 64;
/// A signal cuts a write short only between pages.
const PAGE: usize = 4096;

/// Plans the steps from `old` to `new`. `starts` are the offsets of statements in each of them.
pub fn plan_write(old: &str, new: &str, starts: [&[usize]; 2]) -> WritePlan {
    let [starts_old, _] = starts;
    if let Some(region) = Region::choose(old, new, starts_old) {
        return region.plan(old, new);
    }
    let fits = |old: &str, new: &str, at: usize| {
        let starts = if at == usize::MAX { starts_old } else { &[at][..] };
        Region::choose(old, new, starts).is_some()
    };
    let tails = common_tails(old, new, starts);
    fold::find_path(old, new, &tails, &fits)
        .and_then(|path| fold_steps(&path, starts_old))
        .unwrap_or_else(|| single_write(old, new))
}

/// Finds statements from which on both texts are the same.
fn common_tails(
    old: &str,
    new: &str,
    [starts_old, starts_new]: [&[usize]; 2],
) -> Vec<(usize, usize)> {
    let bytes = old.bytes().rev().zip(new.bytes().rev());
    let alike = bytes.take_while(|(a, b)| a == b).count();
    let alike = alike.min(old.len().min(new.len()) - common(old, new));
    let behind = |at: &&usize| **at > old.len() - alike;
    let pairs = starts_old.iter().filter(behind).map(|at| (*at, *at + new.len() - old.len()));
    pairs.filter(|(_, at)| starts_new.binary_search(at).is_ok()).collect()
}

/// Plans the steps of a path with folds.
fn fold_steps(path: &fold::FoldPath, starts: &[usize]) -> Option<WritePlan> {
    let mut steps = Vec::new();
    let mut go = |old: &str, new: &str, starts: &[usize]| {
        let plan = Region::choose(old, new, starts)?.plan(old, new);
        let commit = steps.len() + plan.commit;
        steps.extend(plan.steps);
        Some(commit)
    };
    for (whole, folded) in path.old.iter().zip(path.old.iter().skip(1)) {
        go(&whole.text, &folded.text, &[folded.at])?;
    }
    let commit = go(&path.old.last()?.text, &path.new.last()?.text, starts)?;
    for (whole, folded) in path.new.iter().zip(path.new.iter().skip(1)).rev() {
        go(&folded.text, &whole.text, &[folded.at])?;
    }
    Some(WritePlan { steps, commit })
}

/// Plans the steps from a text with a fold to the one without it.
pub(super) fn unfold_steps(folded: &str, text: &str, at: usize) -> Vec<WriteStep> {
    match Region::choose(folded, text, &[at]) {
        Some(region) => region.plan(folded, text).steps,
        None => single_write(folded, text).steps,
    }
}

/// Plans a single write of all that changes, after making room in a comment: for a statement that
/// contains both kinds of triple quotes, which no string can enclose. A reader in the middle of
/// that write may see a mix of both texts.
fn single_write(old: &str, new: &str) -> WritePlan {
    let from = common(old, new);
    let (mark_old, mark_new) = (mark(old.as_bytes()), done_mark(new));
    let end = (old.len() + mark_old.len()).max(new.len() + mark_new.len());
    let filled = |text: &str, upto: usize| format!("{text}{}", " ".repeat(upto - text.len()));
    let room = filled(&mark_old, end - old.len());
    let changed = new.get(from..).unwrap_or_default().to_owned() + &mark_new;
    let steps = vec![
        WriteStep::Write(old.len(), room.into_bytes()),
        WriteStep::Sync,
        WriteStep::Write(from, filled(&changed, end - from).into_bytes()),
        WriteStep::SyncAndWait,
        WriteStep::Truncate(new.len()),
        WriteStep::SyncAndWait,
    ];
    WritePlan { steps, commit: 2 }
}

/// The part of a text that changes, and the string that encloses it meanwhile.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) at: usize,
    /// `r'''`, padded to the next character boundary.
    pub(super) opening: String,
    pub(super) quotes: &'static str,
}

impl Region {
    fn choose(old: &str, new: &str, starts: &[usize]) -> Option<Self> {
        let same = common(old, new);
        let first = if old.starts_with(text::BOM) { text::BOM.len_utf8() } else { 0 };
        let starts = starts.iter().rev().copied().chain([first]).filter(|at| *at <= same);
        // Quotes can enclose what follows their last occurrence in either text.
        let last = |quotes: &str| {
            let last = |text: &str| memmem::rfind(text.as_bytes(), quotes.as_bytes());
            last(old).max(last(new))
        };
        let kinds = fold::QUOTES.map(|quotes| (quotes, last(quotes)));
        starts.into_iter().find_map(|at| {
            let (before, after) = (old.get(at..)?, new.get(at..)?);
            let length = (4..16).find(|n| {
                let whole = |text: &str| text.len() > *n && text.is_char_boundary(*n);
                whole(before) && whole(after)
            })?;
            let fits = at % CACHE_LINE + length <= CACHE_LINE;
            let (quotes, _) =
                kinds.into_iter().find(|(_, last)| last.is_none_or(|last| last < at))?;
            let opening = format!("r{quotes}{}", " ".repeat(length - 4));
            fits.then_some(Self { at, opening, quotes })
        })
    }

    fn plan(&self, old: &str, new: &str) -> WritePlan {
        let (mark_old, mark_new) = (mark(old.as_bytes()), done_mark(new));
        let core_at = (old.len() + mark_old.len()).max(new.len() + mark_new.len()) + 1;
        let literal = escape(new.get(self.at..).unwrap_or_default());
        let statement = format!(
            "{};exec(\"{literal}\"){END}{:016x} {}+{}\n",
            self.quotes,
            checksum(literal.as_bytes()),
            self.at,
            self.opening.len()
        );
        let pad = " ".repeat(core_at - old.len() - mark_old.len());
        let comment = [mark_old, pad, statement].concat();
        let mut steps = vec![WriteStep::Write(old.len(), comment.into_bytes()), WriteStep::Sync];
        let commit = steps.len();
        steps.extend([
            WriteStep::Write(self.at, self.opening.clone().into_bytes()),
            WriteStep::SyncAndWait,
        ]);
        // Up to the first difference the region is already the new one.
        let same = common(old, new).max(self.at + self.opening.len());
        let unit = format!("{}{}", old.get(same..).unwrap_or_default(), mark(old.as_bytes()));
        steps.extend(self.rewrite(&unit, new, same, core_at));
        WritePlan { steps, commit }
    }

    /// Plans the steps from state B: writes the new region, never splitting a character, then
    /// removes the enclosing string.
    pub(super) fn rewrite(
        &self,
        now: &str,
        new: &str,
        from: usize,
        core_at: usize,
    ) -> Vec<WriteStep> {
        let blank = |length: usize| " ".repeat(length);
        let mut steps = Vec::new();
        // Blanks first: no end of one text may join a beginning of the other.
        let cleared = core_at - from;
        let mut at = from;
        for piece in pages(now, from) {
            let length = piece.len().min(from + cleared - at);
            steps.push(WriteStep::Write(at, blank(length).into_bytes()));
            at += length;
        }
        if at < core_at {
            steps.push(WriteStep::Write(at, blank(core_at - at).into_bytes()));
        }
        let fresh = format!("{}{}", new.get(from..).unwrap_or_default(), done_mark(new));
        let mut at = from;
        for piece in pages(&fresh, from) {
            steps.push(WriteStep::Write(at, piece.as_bytes().to_vec()));
            at += piece.len();
        }
        let start = new.get(self.at..self.at + self.opening.len()).unwrap_or_default();
        steps.extend([
            WriteStep::Sync,
            WriteStep::Write(self.at, start.as_bytes().to_vec()),
            WriteStep::SyncAndWait,
            WriteStep::Truncate(new.len()),
            // A reader of the comment reads once more for the end of the file.
            WriteStep::SyncAndWait,
        ]);
        steps
    }
}

/// Splits a text at page boundaries, or just after a character that crosses one.
fn pages(text: &str, at: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    let mut at = at;
    std::iter::from_fn(move || {
        let mut length = (PAGE - at % PAGE).min(rest.len());
        while !rest.is_char_boundary(length) {
            length -= 1;
        }
        if length == 0 {
            length = rest.chars().next()?.len_utf8();
        }
        let (piece, behind) = rest.split_at_checked(length)?;
        at += length;
        rest = behind;
        Some(piece)
    })
}

/// Returns the start of the comment after a text: its checksum, which nobody types, and a notice.
pub(crate) fn mark(text: &[u8]) -> String {
    let ends = text.is_empty() || text.ends_with(b"\n") || text.ends_with(b"\r");
    let newline = if ends { "" } else { "\n" };
    format!("{newline}#{:016x}{NOTICE}", checksum(text))
}

/// Checksum of a text in the marks of an edit.
pub(crate) fn checksum(text: &[u8]) -> u64 {
    XxHash3_64::oneshot_with_seed(CHECKSUM_SEED, text)
}

/// Distinguishes the checksum from one that another program could write.
const CHECKSUM_SEED: u64 = 0x6d74_702d_7573_6572;

/// Returns the same after the new text.
fn done_mark(text: &str) -> String {
    format!("{}{DONE}", mark(text.as_bytes()))
}

fn common(old: &str, new: &str) -> usize {
    let bytes = old.bytes().zip(new.bytes());
    let mut same = bytes.take_while(|(a, b)| a == b).count();
    while !(old.is_char_boundary(same) && new.is_char_boundary(same)) {
        same -= 1;
    }
    same
}
