//! Inserts and removes entries of a dict in the layout of the file. Removing an inserted entry
//! restores every byte.

use std::collections::BTreeSet;
use std::ops::Range;

use super::table::DictLayout;
use super::text::SourceLines;

/// A range of the text and its replacement.
pub(super) type TextEdit = (Range<usize>, String);

/// Indentation of entries in a dict that has none.
const INDENT: &str = "    ";

/// A text with its lines and line ending.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout<'t> {
    pub(super) text: &'t str,
    pub(super) lines: &'t SourceLines<'t>,
    pub(super) newline: &'static str,
}

/// Rest of a line after an offset.
enum LineRest {
    /// Nothing; the line ends here.
    Empty(usize),
    /// A comment that starts here.
    Comment(usize),
    Code,
}

impl<'t> Layout<'t> {
    /// Inserts items after the last one.
    pub(super) fn insert(self, dict: &DictLayout, items: &[String]) -> Vec<TextEdit> {
        let nl = self.newline;
        let Some(last) = dict.items.last() else { return vec![self.insert_first(dict, items)] };
        let behind = last.comma.map_or(last.at.end, |comma| comma + 1);
        let comma = if last.comma.is_some() { "," } else { "" };
        let indent = self.before(last.at.start);
        let lead = if is_blank(indent) { format!("{nl}{indent}") } else { " ".to_owned() };
        let joined = items.join(&format!(",{lead}"));
        match self.rest(behind) {
            LineRest::Empty(at) if is_blank(indent) => {
                with_comma(last.comma, last.at.end, at, format!("{lead}{joined}{comma}"))
            }
            LineRest::Comment(at) if is_blank(indent) => {
                let at = self.content_end(at);
                with_comma(last.comma, last.at.end, at, format!("{lead}{joined}{comma}"))
            }
            LineRest::Empty(_) | LineRest::Comment(_) | LineRest::Code => {
                let missing = if last.comma.is_some() { "" } else { "," };
                vec![(behind..behind, format!("{missing}{lead}{joined}{comma}"))]
            }
        }
    }

    /// Inserts items into an empty dict. In `{}` the last one gets no comma, by which
    /// [`Layout::remove`] recognises it.
    fn insert_first(self, dict: &DictLayout, items: &[String]) -> TextEdit {
        let (nl, lead) = (self.newline, format!("{}{INDENT}", self.newline));
        let inside = self.text.get(dict.open..dict.close).unwrap_or_default();
        let joined = items.join(&format!(",{lead}"));
        if inside.is_empty() {
            (dict.open..dict.open, format!("{lead}{joined}{nl}"))
        } else if inside.contains(['\n', '\r']) {
            let at = self.previous_line_end(dict.close);
            (at..at, format!("{lead}{joined},"))
        } else {
            (dict.open..dict.open, items.join(", "))
        }
    }

    /// Returns the ranges to delete for these items; comments stay.
    pub(super) fn remove(self, dict: &DictLayout, gone: &BTreeSet<usize>) -> Vec<Range<usize>> {
        let all_go = gone.len() == dict.items.len();
        let ends_bare = dict.items.last().is_some_and(|last| last.comma.is_none());
        if all_go && ends_bare && self.was_inserted_into_empty(dict) {
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
                // The last item has no comma: the one that becomes last loses its own.
                ranges.extend(comma_kept.map(|comma| comma..comma + 1));
                ranges.push(self.span(dict, &item.at, before));
            }
        }
        ranges
    }

    /// Extends an item by its line if it is alone there, else by the blanks around it: from the
    /// comma of the kept item before it, or up to the next item.
    fn span(self, dict: &DictLayout, item: &Range<usize>, before: Option<usize>) -> Range<usize> {
        let lone = is_blank(self.before(item.start));
        match (self.rest(item.end), before) {
            (LineRest::Empty(end), _) if lone => self.previous_line_end(item.start)..end,
            (LineRest::Comment(at), _) if lone => item.start..at,
            (_, Some(comma)) if !lone || self.skip_blanks(item.end) == dict.close => {
                comma + 1..item.end
            }
            (LineRest::Code, _) if self.skip_blanks(item.end) != dict.close => {
                item.start..self.skip_blanks(item.end)
            }
            _ => item.clone(),
        }
    }

    fn was_inserted_into_empty(self, dict: &DictLayout) -> bool {
        let (Some(first), Some(last)) = (dict.items.first(), dict.items.last()) else {
            return false;
        };
        let has_line =
            |at: Range<usize>| self.text.get(at).is_some_and(|text| text.contains(['\n', '\r']));
        !dict.has_comment(&(dict.open..dict.close))
            && has_line(dict.open..first.at.start)
            && has_line(last.at.end..dict.close)
    }

    /// Returns the lines of a statement that shares them with no other, without its comment.
    pub(super) fn own_lines(self, statement: &Range<usize>) -> Option<Range<usize>> {
        let start = self.lines.around(statement.start).start;
        let is_first = is_blank(self.before(statement.start));
        let first = if is_first { start } else { return None };
        match self.rest(statement.end) {
            LineRest::Empty(_) => Some(first..self.lines.around(statement.end).end),
            LineRest::Comment(at) => {
                let comment = self.text.get(at..self.content_end(at)).unwrap_or_default();
                let end = self.lines.around(at).end;
                Some(if comment.contains("mtp-users") { first..end } else { statement.start..at })
            }
            LineRest::Code => None,
        }
    }

    /// Text before an offset on its line.
    fn before(self, at: usize) -> &'t str {
        self.text.get(self.lines.around(at).start..at).unwrap_or_default()
    }

    fn rest(self, at: usize) -> LineRest {
        let from = self.skip_blanks(at);
        let end = self.content_end(at);
        if from >= end {
            LineRest::Empty(end)
        } else if self.text.get(from..).is_some_and(|rest| rest.starts_with('#')) {
            LineRest::Comment(from)
        } else {
            LineRest::Code
        }
    }

    fn skip_blanks(self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        at + rest.len() - rest.trim_start_matches([' ', '\t', '\x0c']).len()
    }

    /// End of the line at an offset, without its newline.
    fn content_end(self, at: usize) -> usize {
        let line = self.lines.around(at);
        let text = self.text.get(line.clone()).unwrap_or_default();
        line.start + text.trim_end_matches(['\n', '\r']).len()
    }

    /// End of the previous line, without its newline.
    fn previous_line_end(self, at: usize) -> usize {
        let start = self.lines.around(at).start;
        start.checked_sub(1).map_or(0, |before| self.content_end(before))
    }
}

/// Adds a comma after the last item if it has none, and the new items further on.
fn with_comma(has: Option<usize>, end: usize, at: usize, new: String) -> Vec<TextEdit> {
    let comma = has.is_none().then(|| (end..end, ",".to_owned()));
    comma.into_iter().chain([(at..at, new)]).collect()
}

fn is_blank(text: &str) -> bool {
    text.chars().all(|letter| " \t\x0c".contains(letter))
}
