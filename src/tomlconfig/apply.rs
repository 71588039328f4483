//! Applies the changes of an edit to the text.

use std::collections::BTreeSet;
use std::ops::Range;

use toml_edit::{Item, TableLike};

use super::edit::{EditedToml, TomlEdit};
use super::layout::{entry_range, key_literal, line_end, line_start, next_line};
use super::spans;
use crate::pyconfig::newline;

/// Comment after the header of a table that an edit created.
const CREATED: &str = "# made by mtp-users";
impl TomlEdit<'_> {
    /// The range of a table with a header: from the blank line before it to its last entry.
    pub(super) fn block_range(&self, table: &toml_edit::Table) -> Option<Range<usize>> {
        let text = self.config.text;
        let header = table.span()?;
        let ends = table.iter().filter_map(|(_, item)| item.span()).map(|span| span.end);
        let end = next_line(text, ends.max().unwrap_or(header.end).max(header.end));
        let start = line_start(text, header.start);
        let before = start.checked_sub(1).map_or(0, |at| line_start(text, at));
        let is_blank = text.get(before..start).is_some_and(|line| line.trim().is_empty());
        Some(if is_blank { before..end } else { start..end })
    }

    /// Applies the edit.
    pub fn apply(mut self) -> EditedToml {
        let text = self.config.text;
        for (path, names) in std::mem::take(&mut self.removed) {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            self.remove_entries(&path, &names);
        }
        let mut gone = Vec::new();
        for (n, table) in self.config.secret_tables().enumerate() {
            if self.removed_blocks.contains(&n) {
                gone.extend(self.block_range(table));
            }
        }
        self.edits.extend(gone.into_iter().map(|range| (range, String::new())));
        let mut n = 0;
        let removed = std::mem::take(&mut self.removed_blocks);
        self.expected.blocks.retain(|_| {
            n += 1;
            !removed.contains(&(n - 1))
        });
        let nl = newline(text);
        let mut behind = String::new();
        for (path, entries) in std::mem::take(&mut self.created) {
            let header: Vec<_> = path.iter().map(|key| key_literal(key)).collect();
            let header = header.join(".");
            let entries = entries.join(nl);
            behind.push_str(&format!("{nl}[{header}]  {CREATED}{nl}{entries}{nl}"));
        }
        if !self.blocks.is_empty() {
            self.insert_blocks(nl, &mut behind);
        }
        let text = apply_edits(text, self.edits, &behind, nl);
        EditedToml { text, kind: self.config.kind, expected: self.expected }
    }

    /// Inserts new `[[secret]]` tables after the last one, or at the end of the file.
    fn insert_blocks(&mut self, nl: &str, behind: &mut String) {
        let mut blocks = String::new();
        for block in &self.blocks {
            blocks.push_str(nl);
            blocks.push_str(block);
        }
        let last = self.config.secret_tables().last();
        let Some(end) = last.and_then(|table| Some(self.block_range(table)?.end)) else {
            behind.push_str(&blocks);
            return;
        };
        if end >= self.config.text.len() {
            behind.push_str(&blocks);
        } else {
            self.edits.push((end..end, blocks));
        }
    }

    /// Removes entries of a table; a table that an edit created goes with its last entry.
    fn remove_entries(&mut self, path: &[&str], names: &BTreeSet<String>) {
        let text = self.config.text;
        let Some(table) = self.config.table(path) else { return };
        let item =
            path.split_last().and_then(|(last, before)| self.config.table(before)?.get(last));
        if item.is_some_and(Item::is_inline_table) {
            self.remove_inline(table, names);
            return;
        }
        if let Some(Item::Table(one)) = item
            && table.iter().all(|(key, _)| names.contains(key))
            && one.span().is_some_and(|span| {
                text.get(span.end..line_end(text, span.end))
                    .is_some_and(|rest| rest.contains(CREATED))
            })
            && let Some(range) = self.block_range(one)
        {
            self.edits.push((range, String::new()));
            return;
        }
        for name in names {
            if let Some((key, value)) = spans(table, name) {
                let range = entry_range(text, &(key.start..value.end));
                self.edits.push((range, String::new()));
            }
        }
    }

    fn remove_inline(&mut self, table: &dyn TableLike, names: &BTreeSet<String>) {
        let entries: Vec<_> = table
            .iter()
            .filter_map(|(key, _)| Some((names.contains(key), spans(table, key)?)))
            .collect();
        let kept_before = |n: usize| entries.iter().take(n).rev().find(|entry| !entry.0);
        for (n, (is_removed, (key, value))) in entries.iter().enumerate() {
            if !is_removed {
                continue;
            }
            let next = entries.get(n + 1).map(|(_, (key, _))| key.start);
            let range = match (kept_before(n), next) {
                (Some((_, (_, before))), _) => {
                    let from = entries.get(n - 1).map_or(before.end, |(_, (_, value))| value.end);
                    from..value.end
                }
                (None, Some(next)) => key.start..next,
                (None, None) => key.start..value.end,
            };
            self.edits.push((range, String::new()));
        }
        let is_empty = entries.iter().all(|entry| entry.0);
        if let (true, Some((_, (first, _))), Some((_, (_, last)))) =
            (is_empty, entries.first(), entries.last())
        {
            // An entry in `{}` was inserted with a blank on each side.
            let text = self.config.text;
            if text.get(first.start.saturating_sub(2)..first.start) == Some("{ ") {
                self.edits.push((first.start - 1..first.start, String::new()));
            }
            if text.get(last.end..last.end + 2) == Some(" }") {
                self.edits.push((last.end..last.end + 1, String::new()));
            }
        }
    }
}

/// Applies replacements to a text and appends `behind`.
fn apply_edits(
    text: &str,
    mut edits: Vec<(Range<usize>, String)>,
    behind: &str,
    newline: &str,
) -> String {
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let ends_bare = !text.is_empty() && !text.ends_with('\n');
    let mut out = String::with_capacity(text.len() + behind.len() + 256);
    let (mut at, mut dropped_end) = (0, false);
    for (range, new) in edits {
        out.push_str(text.get(at..range.start).unwrap_or_default());
        out.push_str(&new);
        dropped_end |= new.is_empty() && range.end == text.len();
        at = at.max(range.end);
    }
    out.push_str(text.get(at..).unwrap_or_default());
    if ends_bare && dropped_end {
        let length = out.strip_suffix(newline).map_or(out.len(), str::len);
        out.truncate(length);
    }
    if !behind.is_empty() {
        // The mark of the appended lines is the blank line before them.
        let is_bare = !out.is_empty() && !out.ends_with('\n');
        if is_bare {
            out.push_str(newline);
        }
        let behind = if out.is_empty() { behind.trim_start() } else { behind };
        out.push_str(if is_bare { behind.trim_end() } else { behind });
    }
    out
}
