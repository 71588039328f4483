//! A file replaced in place, one small step after another, with every state in between a program
//! that Python loads and that means either the old text or the new one.
//!
//! The region that changes runs from a statement's start to the end of the file. Its new text is
//! first written behind the old one, in a comment: `#…    ''';exec("the new region")`. Then one
//! write of four bytes puts `r'''` over the region's start: the region is now a string that nobody
//! looks at, and the comment's end is a statement that does what the new text says. Inside that
//! string the new text is laid down at its place, the four bytes are put back as they belong, and
//! what is left of the comment is cut off.
//!
//! ```text
//! A   old region          #mark … ''';exec("…")      old; the comment may be there in part
//! B   r'''old, new, both  #mark … ''';exec("…")      new
//! C   new region          #mark … ''';exec("…")      new; the comment may be cut
//! ```

use memchr::memmem;

use super::fold;
use super::literal::escaped;
use super::text;

/// What a write to the file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// These bytes, at this place.
    Write(usize, Vec<u8>),
    /// The file ends here.
    Cut(usize),
    /// All so far is on the disk before anything else is.
    Sync,
    /// The same, and whoever was reading has finished.
    Settle,
}

impl Step {
    /// Does it to what the file holds.
    pub fn done(&self, file: &mut Vec<u8>) {
        match self {
            Self::Write(at, bytes) => {
                file.resize(file.len().max(at + bytes.len()), 0);
                if let Some(place) = file.get_mut(*at..at + bytes.len()) {
                    place.copy_from_slice(bytes);
                }
            }
            Self::Cut(length) => file.truncate(*length),
            Self::Sync | Self::Settle => {}
        }
    }
}

/// The steps from one text to another.
#[derive(Debug)]
pub struct Steps {
    /// In this order.
    pub all: Vec<Step>,
    /// The first step after which the file means the new text: until then it can be given up.
    pub commit: usize,
}

/// What the comment of an edit begins with behind a text that ends its last line.
pub(super) const MARK: &str = "#mtp-users was stopped in an edit; its next run puts this right. ";
/// The same, behind a line end of its own.
pub(super) const MARK_LINE: &str =
    "\n#(mtp-users was stopped in an edit; its next run puts this right.) ";
/// Behind a mark that stands behind the new text.
pub(super) const DONE: &str = "(Done.) ";
/// Behind the statement at the comment's end: where the region begins, how long its opening is.
pub(super) const END: &str = "#mtp-users-edit at=";
/// A small write is seen whole or not at all if it does not leave a line of the cache.
const CACHE_LINE: usize = 64;
/// A write is cut short by a signal only between pages.
const PAGE: usize = 4096;

/// The steps from `old` to `new`. `starts` are the places in each of them where a statement begins.
pub fn steps(old: &str, new: &str, starts: [&[usize]; 2]) -> Steps {
    let [starts_old, _] = starts;
    if let Some(region) = Region::choose(old, new, starts_old) {
        return region.steps(old, new);
    }
    let fits = |old: &str, new: &str, at: usize| {
        let starts = if at == usize::MAX { starts_old } else { &[at][..] };
        Region::choose(old, new, starts).is_some()
    };
    let tails = tails(old, new, starts);
    fold::way(old, new, &tails, &fits)
        .and_then(|way| folding(&way, starts_old))
        .unwrap_or_else(|| plain(old, new))
}

/// Statements that both texts have, with all behind them alike.
fn tails(old: &str, new: &str, [starts_old, starts_new]: [&[usize]; 2]) -> Vec<(usize, usize)> {
    let bytes = old.bytes().rev().zip(new.bytes().rev());
    let alike = bytes.take_while(|(a, b)| a == b).count();
    let alike = alike.min(old.len().min(new.len()) - common(old, new));
    let behind = |at: &&usize| **at > old.len() - alike;
    let pairs = starts_old.iter().filter(behind).map(|at| (*at, *at + new.len() - old.len()));
    pairs.filter(|(_, at)| starts_new.binary_search(at).is_ok()).collect()
}

/// All the steps of a way with folds.
fn folding(way: &fold::Way, starts: &[usize]) -> Option<Steps> {
    let mut all = Vec::new();
    let mut go = |old: &str, new: &str, starts: &[usize]| {
        let steps = Region::choose(old, new, starts)?.steps(old, new);
        let commit = all.len() + steps.commit;
        all.extend(steps.all);
        Some(commit)
    };
    for (whole, folded) in way.old.iter().zip(way.old.iter().skip(1)) {
        go(&whole.text, &folded.text, &[folded.at])?;
    }
    let commit = go(&way.old.last()?.text, &way.new.last()?.text, starts)?;
    for (whole, folded) in way.new.iter().zip(way.new.iter().skip(1)).rev() {
        go(&folded.text, &whole.text, &[folded.at])?;
    }
    Some(Steps { all, commit })
}

/// From a text with something folded to the one without.
pub(super) fn unfolding(folded: &str, text: &str, at: usize) -> Vec<Step> {
    match Region::choose(folded, text, &[at]) {
        Some(region) => region.steps(folded, text).all,
        None => plain(folded, text).all,
    }
}

/// For a statement that itself has both kinds of quotes, comments included, and for next to
/// nothing: room in a comment, then all that changes in one write. A reader in the middle of that
/// write is not provided for: what is to be moved must be nothing to Python meanwhile, so in a
/// string or a comment, and there is no string that both kinds of quotes would not end.
fn plain(old: &str, new: &str) -> Steps {
    let from = common(old, new);
    let (mark_old, mark_new) = (mark(old), done(new));
    let end = (old.len() + mark_old.len()).max(new.len() + mark_new.len());
    let filled = |text: &str, upto: usize| format!("{text}{}", " ".repeat(upto - text.len()));
    let room = filled(mark_old, end - old.len());
    let changed = new.get(from..).unwrap_or_default().to_owned() + &mark_new;
    let all = vec![
        Step::Write(old.len(), room.into_bytes()),
        Step::Sync,
        Step::Write(from, filled(&changed, end - from).into_bytes()),
        Step::Settle,
        Step::Cut(new.len()),
        Step::Settle,
    ];
    Steps { all, commit: 2 }
}

/// What changes, and what it is shielded with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Region {
    /// Where it begins.
    pub(super) at: usize,
    /// `r'''`, and spaces up to the next whole letter.
    pub(super) opening: String,
    pub(super) quotes: &'static str,
}

impl Region {
    fn choose(old: &str, new: &str, starts: &[usize]) -> Option<Self> {
        let same = common(old, new);
        let first = if old.starts_with(text::BOM) { text::BOM.len_utf8() } else { 0 };
        let starts = starts.iter().rev().copied().chain([first]).filter(|at| *at <= same);
        // Behind the last of its kind in either text, quotes can be a shield.
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

    fn steps(&self, old: &str, new: &str) -> Steps {
        let (mark_old, mark_new) = (mark(old), done(new));
        let core_at = (old.len() + mark_old.len()).max(new.len() + mark_new.len()) + 1;
        let statement = format!(
            "{};exec(\"{}\"){END}{}+{}\n",
            self.quotes,
            escaped(new.get(self.at..).unwrap_or_default()),
            self.at,
            self.opening.len()
        );
        let pad = " ".repeat(core_at - old.len() - mark_old.len());
        let comment = [mark_old, &pad, &statement].concat();
        let mut all = vec![Step::Write(old.len(), comment.into_bytes()), Step::Sync];
        let commit = all.len();
        all.extend([Step::Write(self.at, self.opening.clone().into_bytes()), Step::Settle]);
        // Before the first difference the region is already what it shall be.
        let same = common(old, new).max(self.at + self.opening.len());
        let unit = format!("{}{}", old.get(same..).unwrap_or_default(), mark(old));
        all.extend(self.rewrite(&unit, new, same, core_at));
        Steps { all, commit }
    }

    /// From state B: the new region at its place, letter by letter whole; then no shield.
    pub(super) fn rewrite(&self, now: &str, new: &str, from: usize, core_at: usize) -> Vec<Step> {
        let blank = |length: usize| " ".repeat(length);
        let mut all = Vec::new();
        // First blanks, so that no end of the one text can meet a beginning of the other.
        let cleared = core_at - from;
        let mut at = from;
        for piece in pieces(now, from) {
            let length = piece.len().min(from + cleared - at);
            all.push(Step::Write(at, blank(length).into_bytes()));
            at += length;
        }
        if at < core_at {
            all.push(Step::Write(at, blank(core_at - at).into_bytes()));
        }
        let fresh = format!("{}{}", new.get(from..).unwrap_or_default(), done(new));
        let mut at = from;
        for piece in pieces(&fresh, from) {
            all.push(Step::Write(at, piece.as_bytes().to_vec()));
            at += piece.len();
        }
        let start = new.get(self.at..self.at + self.opening.len()).unwrap_or_default();
        all.extend([
            Step::Sync,
            Step::Write(self.at, start.as_bytes().to_vec()),
            Step::Settle,
            Step::Cut(new.len()),
            // Who has read the comment looks behind it once more for the file's end.
            Step::Settle,
        ]);
        all
    }
}

/// A text cut where pages end, or just behind a letter that stands on two of them.
fn pieces(text: &str, at: usize) -> impl Iterator<Item = &str> {
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

/// The beginning of the comment behind a text.
fn mark(text: &str) -> &'static str {
    let ends = text.is_empty() || text.ends_with(['\n', '\r']);
    if ends { MARK } else { MARK_LINE }
}

/// The same behind a text that is the new one.
fn done(text: &str) -> String {
    format!("{}{DONE}", mark(text))
}

fn common(old: &str, new: &str) -> usize {
    let bytes = old.bytes().zip(new.bytes());
    let mut same = bytes.take_while(|(a, b)| a == b).count();
    while !(old.is_char_boundary(same) && new.is_char_boundary(same)) {
        same -= 1;
    }
    same
}
