//! Places and forms of new entries.

use std::ops::Range;

use toml_edit::TableLike;

use super::edit::TomlEdit;
use super::layout::{key_literal, line_end, line_start};
use super::spans;
use crate::pyconfig::newline;

/// Where a new entry of a table goes, and its form.
#[derive(Clone, Debug)]
pub(super) struct EntryLayout {
    /// End of the line after which it goes.
    end: usize,
    /// What stands before the key.
    prefix: String,
    /// `" = "`
    equals: String,
    /// The last value, whose quotes it takes.
    value: Option<Range<usize>>,
}

impl TomlEdit<'_> {
    /// Returns the place after the last entry of a table, or after its header.
    pub(super) fn entry_layout(
        &self,
        table: &dyn TableLike,
        header: Option<Range<usize>>,
    ) -> EntryLayout {
        let text = self.config.text;
        let entries = table.iter().filter_map(|(key, _)| spans(table, key));
        let last = entries.max_by_key(|(_, value)| value.end);
        let at = last.as_ref().map(|(_, value)| value.end);
        let at = at.or(header.map(|span| span.end)).unwrap_or(text.len());
        let (mut prefix, mut equals) = (String::new(), " = ");
        if let Some((key, value)) = &last {
            let before = text.get(line_start(text, key.start)..key.start).unwrap_or_default();
            before.clone_into(&mut prefix);
            let between = text.get(key.end..value.start).unwrap_or(equals);
            equals = if between.trim() == "=" { between } else { equals };
        }
        let value = last.map(|(_, value)| value);
        EntryLayout { end: line_end(text, at), prefix, equals: equals.to_owned(), value }
    }

    /// Inserts a line at its place.
    pub(super) fn insert_entry(
        &mut self,
        layout: &EntryLayout,
        (name, literal, comment): (&str, &str, &str),
    ) {
        let EntryLayout { end, prefix, equals, .. } = layout;
        // The line before keeps its own end, so that removing the new line restores it.
        let rest = self.config.text.get(*end..).unwrap_or_default();
        let nl = match rest.as_bytes() {
            [b'\r', b'\n', ..] => "\r\n",
            [b'\n', ..] => "\n",
            _ => newline(self.config.text),
        };
        let literal = match &layout.value {
            Some(value) => self.in_quotes_of(value, literal),
            None => literal.to_owned(),
        };
        let line = format!("{nl}{prefix}{}{equals}{literal}{comment}", key_literal(name));
        self.edits.push((*end..*end, line));
    }
}
