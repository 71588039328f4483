//! Entries into a dict and out of it, in the layout its owner gave it. What is put in and taken
//! out again leaves every byte as it was.

use std::collections::BTreeSet;
use std::ops::Range;

use super::table::Dict;
use super::text::Lines;

/// A range of the text, and what comes in its place.
pub(super) type Edit = (Range<usize>, String);

/// What entries are indented by where there is none to follow.
const INDENT: &str = "    ";

/// A text with its lines, as its owner laid it out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout<'t> {
    pub(super) text: &'t str,
    pub(super) lines: &'t Lines,
    pub(super) newline: &'static str,
}

/// What follows something on its line.
enum Rest {
    /// Nothing, up to here.
    Ends(usize),
    /// A comment, from here.
    Comment(usize),
    /// More of the program.
    More,
}

impl<'t> Layout<'t> {
    /// Puts items behind the last one.
    pub(super) fn add(self, dict: &Dict, items: &[String]) -> Vec<Edit> {
        let nl = self.newline;
        let Some(last) = dict.items.last() else { return vec![self.first(dict, items)] };
        let behind = last.comma.map_or(last.at.end, |comma| comma + 1);
        let comma = if last.comma.is_some() { "," } else { "" };
        let indent = self.before(last.at.start);
        let lead = if is_blank(indent) { format!("{nl}{indent}") } else { " ".to_owned() };
        let joined = items.join(&format!(",{lead}"));
        match self.rest(behind) {
            Rest::Ends(at) if is_blank(indent) => {
                with_comma(last.comma, last.at.end, at, format!("{lead}{joined}{comma}"))
            }
            Rest::Comment(at) if is_blank(indent) => {
                let at = self.content_end(at);
                with_comma(last.comma, last.at.end, at, format!("{lead}{joined}{comma}"))
            }
            Rest::Ends(_) | Rest::Comment(_) | Rest::More => {
                let missing = if last.comma.is_some() { "" } else { "," };
                vec![(behind..behind, format!("{missing}{lead}{joined}{comma}"))]
            }
        }
    }

    /// Items into an empty dict. `{}` gets lines without a comma behind the last: that is how
    /// [`Layout::remove`] knows them again.
    fn first(self, dict: &Dict, items: &[String]) -> Edit {
        let (nl, lead) = (self.newline, format!("{}{INDENT}", self.newline));
        let inside = self.text.get(dict.open..dict.close).unwrap_or_default();
        let joined = items.join(&format!(",{lead}"));
        if inside.is_empty() {
            (dict.open..dict.open, format!("{lead}{joined}{nl}"))
        } else if inside.contains(['\n', '\r']) {
            let at = self.line_before(dict.close);
            (at..at, format!("{lead}{joined},"))
        } else {
            (dict.open..dict.open, items.join(", "))
        }
    }

    /// What to take out so that these items are gone, and nobody's comments with them.
    pub(super) fn remove(self, dict: &Dict, gone: &BTreeSet<usize>) -> Vec<Range<usize>> {
        let all_go = gone.len() == dict.items.len();
        let ends_bare = dict.items.last().is_some_and(|last| last.comma.is_none());
        if all_go && ends_bare && self.was_made_from_nothing(dict) {
            let all = dict.open..dict.close;
            return std::iter::once(all).collect();
        }
        let (mut ranges, mut kept) = (Vec::new(), None);
        for index in gone {
            let Some(item) = dict.items.get(*index) else { continue };
            kept =
                index.checked_sub(1).and_then(|n| if gone.contains(&n) { kept } else { Some(n) });
            let comma_kept = kept.and_then(|kept| dict.items.get(kept)?.comma);
            let before = comma_kept.filter(|comma| !dict.has_comment(&(*comma..item.at.start)));
            if let Some(comma) = item.comma {
                if dict.has_comment(&(item.at.end..comma)) {
                    ranges.extend([item.at.clone(), comma..comma + 1]);
                } else {
                    ranges.push(self.span(dict, &(item.at.start..comma + 1), before));
                }
            } else {
                // The last one had no comma; nor shall the one that is last then.
                ranges.extend(comma_kept.map(|comma| comma..comma + 1));
                ranges.push(self.span(dict, &item.at, before));
            }
        }
        ranges
    }

    /// An item with the line it stands alone on, or else with the blanks before it: from the
    /// comma of what stays before it, or up to what follows.
    fn span(self, dict: &Dict, item: &Range<usize>, before: Option<usize>) -> Range<usize> {
        let lone = is_blank(self.before(item.start));
        match (self.rest(item.end), before) {
            (Rest::Ends(end), _) if lone => self.line_before(item.start)..end,
            (Rest::Comment(at), _) if lone => item.start..at,
            (_, Some(comma)) if !lone || self.skip_blanks(item.end) == dict.close => {
                comma + 1..item.end
            }
            (Rest::More, _) if self.skip_blanks(item.end) != dict.close => {
                item.start..self.skip_blanks(item.end)
            }
            _ => item.clone(),
        }
    }

    fn was_made_from_nothing(self, dict: &Dict) -> bool {
        let (Some(first), Some(last)) = (dict.items.first(), dict.items.last()) else {
            return false;
        };
        let has_line =
            |at: Range<usize>| self.text.get(at).is_some_and(|text| text.contains(['\n', '\r']));
        !dict.has_comment(&(dict.open..dict.close))
            && has_line(dict.open..first.at.start)
            && has_line(last.at.end..dict.close)
    }

    /// The lines of a statement that has them for itself, as far as they go without a comment.
    pub(super) fn lone(self, statement: &Range<usize>) -> Option<Range<usize>> {
        let start = self.lines.around(statement.start).start;
        let is_first = is_blank(self.before(statement.start));
        let first = if is_first { start } else { return None };
        match self.rest(statement.end) {
            Rest::Ends(_) => Some(first..self.lines.around(statement.end).end),
            Rest::Comment(at) => {
                let comment = self.text.get(at..self.content_end(at)).unwrap_or_default();
                let end = self.lines.around(at).end;
                Some(if comment.contains("mtp-users") { first..end } else { statement.start..at })
            }
            Rest::More => None,
        }
    }

    /// What stands before this on its line.
    fn before(self, at: usize) -> &'t str {
        self.text.get(self.lines.around(at).start..at).unwrap_or_default()
    }

    fn rest(self, at: usize) -> Rest {
        let from = self.skip_blanks(at);
        let end = self.content_end(at);
        if from >= end {
            Rest::Ends(end)
        } else if self.text.get(from..).is_some_and(|rest| rest.starts_with('#')) {
            Rest::Comment(from)
        } else {
            Rest::More
        }
    }

    fn skip_blanks(self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        at + rest.len() - rest.trim_start_matches([' ', '\t', '\x0c']).len()
    }

    /// Where the line at this offset ends, without its newline.
    fn content_end(self, at: usize) -> usize {
        let line = self.lines.around(at);
        let text = self.text.get(line.clone()).unwrap_or_default();
        line.start + text.trim_end_matches(['\n', '\r']).len()
    }

    /// Where the line before that of this offset ends, without its newline.
    fn line_before(self, at: usize) -> usize {
        let start = self.lines.around(at).start;
        start.checked_sub(1).map_or(0, |before| self.content_end(before))
    }
}

/// A comma behind the last item if it has none, and the new ones further on.
fn with_comma(has: Option<usize>, end: usize, at: usize, new: String) -> Vec<Edit> {
    let comma = has.is_none().then(|| (end..end, ",".to_owned()));
    comma.into_iter().chain([(at..at, new)]).collect()
}

fn is_blank(text: &str) -> bool {
    text.chars().all(|letter| " \t\x0c".contains(letter))
}
