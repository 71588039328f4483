//! Edits of config.py: collected, applied to the bytes concerned, then verified by reading the
//! result again.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::layout::{Layout, TextEdit};
use super::literal::quote;
use super::table::{EntrySite, LiteralTable, TableEntry, TableState, UserTable};
use super::text::newline;
use super::value::PyValue;
use super::values::ConfigValues;
use super::{PyConfig, read};
use crate::diagnostic::Diagnostic;

/// Changes of a config file that are not applied yet.
#[derive(Debug)]
pub struct ConfigEdit<'c> {
    pub(super) config: &'c PyConfig<'c>,
    pub(super) edits: Vec<TextEdit>,
    added: BTreeMap<usize, Vec<String>>,
    gone: BTreeMap<usize, BTreeSet<usize>>,
    created: Vec<(UserTable, Vec<String>)>,
    pub(super) appended: Vec<String>,
    want: ConfigValues<'c>,
}

/// The text of an edited file, not verified yet.
#[derive(Debug)]
pub struct EditedConfig<'c> {
    pub text: String,
    want: ConfigValues<'c>,
}

impl EditedConfig<'_> {
    /// Reads the text and compares its values with those expected.
    pub fn verify(&self) -> Result<PyConfig<'_>, Diagnostic> {
        let config = read(self.text.as_bytes()).map_err(|error| {
            Diagnostic::fatal(
                error.line,
                format!("the edit would break the file: {}", error.message),
            )
        })?;
        if ConfigValues::of(&config) != self.want {
            return Err(Diagnostic::fatal(
                1,
                "the edit would have another effect than asked for; edit it by hand",
            ));
        }
        Ok(config)
    }
}

/// Comment in a table that an edit created, by which removal recognises it.
const CREATED: &str = "  # made by mtp-users";
/// Comment after a statement that disables a user.
const DISABLED: &str = "  # disabled by mtp-users";

impl<'c> ConfigEdit<'c> {
    pub fn new(config: &'c PyConfig<'c>) -> Self {
        Self {
            config,
            edits: Vec::new(),
            added: BTreeMap::new(),
            gone: BTreeMap::new(),
            created: Vec::new(),
            appended: Vec::new(),
            want: ConfigValues::of(config),
        }
    }

    /// Returns a table that can be edited.
    fn editable(&self, table: UserTable) -> Result<Option<&'c LiteralTable>, Diagnostic> {
        match self.config.table(table) {
            TableState::Absent => Ok(None),
            TableState::Literal(literal) => Ok(Some(literal)),
            TableState::Computed { line, reason } => {
                Err(Diagnostic::fatal(*line, format!("{} {reason}; edit it by hand", table.name())))
            }
        }
    }

    /// Sets the value of an entry, or adds one.
    pub fn set(&mut self, table: UserTable, name: &str, value: &PyValue) -> Result<(), Diagnostic> {
        let literal = self.editable(table)?;
        let there =
            literal.and_then(|literal| literal.get(name).or_else(|| literal.get_deleted(name)));
        self.want.set(table, name, value.clone());
        if let Some(entry) = there {
            let mark = quote_of(self.at(&entry.value_at).unwrap_or_default());
            self.edits.push((entry.value_at.clone(), to_source(value, mark)));
            return Ok(());
        }
        let Some(literal) = literal else {
            let item = format!("{}: {}", quote(name, '"'), to_source(value, '"'));
            match self.created.iter_mut().find(|(created, _)| *created == table) {
                Some((_, items)) => items.push(item),
                None => self.created.push((table, vec![item])),
            }
            return Ok(());
        };
        if let Some(deletion) = literal.deletions.iter().find(|deletion| deletion.key == name) {
            let line = self.config.lines.line(deletion.statement.start);
            return Err(Diagnostic::fatal(line, format!("deletes '{name}'; edit it by hand")));
        }
        let last = literal.entries.iter().rev().find(
            |entry| matches!(entry.site, EntrySite::Item { dict, .. } if dict == literal.home),
        );
        let mark = quote_of(last.and_then(|last| self.at(&last.key_at)).unwrap_or("\""));
        let colon = last.and_then(|last| self.at(&(last.key_at.end..last.value_at.start)));
        let plain = |colon: &&str| colon.len() <= 4 && colon.trim() == ":" && !colon.contains('\n');
        let colon = colon.filter(plain).unwrap_or(": ");
        let item = format!("{}{colon}{}", quote(name, mark), to_source(value, mark));
        self.added.entry(literal.home).or_default().push(item);
        Ok(())
    }

    /// Removes all entries of a name from a table.
    pub fn remove(&mut self, table: UserTable, name: &str) -> Result<(), Diagnostic> {
        let Some(literal) = self.editable(table)? else { return Ok(()) };
        self.want.remove(table, name);
        for entry in literal.entries_of(name) {
            match &entry.site {
                EntrySite::Item { dict, index } => {
                    self.gone.entry(*dict).or_default().insert(*index);
                }
                EntrySite::Statement(statement) => self.remove_statement(statement)?,
            }
        }
        for deletion in literal.deletions.iter().filter(|deletion| deletion.key == name) {
            self.remove_statement(&deletion.statement)?;
        }
        Ok(())
    }

    /// Renames all entries of a name in a table.
    pub fn rename(&mut self, table: UserTable, old: &str, new: &str) -> Result<(), Diagnostic> {
        let Some(literal) = self.editable(table)? else { return Ok(()) };
        if let Some(entry) = literal.entries_of(new).next() {
            let message = format!("{} already has '{new}'", table.name());
            return Err(Diagnostic::fatal(self.config.lines.line(entry.at()), message));
        }
        self.want.rename(table, old, new);
        let deletions = literal.deletions.iter().filter(|deletion| deletion.key == old);
        let places = deletions.map(|deletion| &deletion.key_at);
        for key_at in places.chain(literal.entries_of(old).map(|entry| &entry.key_at)) {
            let mark = quote_of(self.at(key_at).unwrap_or_default());
            self.edits.push((key_at.clone(), quote(new, mark)));
        }
        Ok(())
    }

    /// Disables a user by a statement at the end of the file.
    pub fn disable(&mut self, name: &str) -> Result<(), Diagnostic> {
        self.editable(UserTable::Users)?;
        self.want.set_deleted(UserTable::Users, name, true);
        let line = format!("{}.pop({}, None){DISABLED}", UserTable::Users.name(), quote(name, '"'));
        self.appended.push(line);
        Ok(())
    }

    /// Removes that statement.
    pub fn enable(&mut self, name: &str) -> Result<(), Diagnostic> {
        let Some(literal) = self.editable(UserTable::Users)? else { return Ok(()) };
        self.want.set_deleted(UserTable::Users, name, false);
        for deletion in literal.deletions.iter().filter(|deletion| deletion.key == name) {
            let line = self.config.lines.around(deletion.statement.start);
            if !self.at(&line).is_some_and(|line| line.contains(DISABLED.trim_start())) {
                let line = self.config.lines.line(deletion.statement.start);
                let message = "deletes the user, but was not written by mtp-users; edit it by hand";
                return Err(Diagnostic::fatal(line, message));
            }
            self.remove_statement(&deletion.statement)?;
        }
        Ok(())
    }

    /// Removes a statement that shares its lines with no other.
    fn remove_statement(&mut self, statement: &Range<usize>) -> Result<(), Diagnostic> {
        let lone = self.layout().own_lines(statement).ok_or_else(|| {
            let line = self.config.lines.line(statement.start);
            Diagnostic::fatal(line, "the statement shares its line with others; edit it by hand")
        })?;
        self.edits.push((lone, String::new()));
        Ok(())
    }

    /// Applies and verifies the edit.
    pub fn finish(self) -> Result<String, Diagnostic> {
        let edited = self.apply();
        edited.verify()?;
        Ok(edited.text)
    }

    /// Applies the edit.
    pub fn apply(mut self) -> EditedConfig<'c> {
        for (dict, gone) in std::mem::take(&mut self.gone) {
            self.remove_items(dict, &gone);
        }
        let layout = self.layout();
        for (dict, items) in &self.added {
            let dict = self.config.dicts.get(*dict).into_iter();
            self.edits.extend(dict.flat_map(|dict| layout.insert(dict, items)));
        }
        let nl = layout.newline;
        for (table, items) in &self.created {
            let items = items.join(&format!(",{nl}    "));
            let name = table.name();
            self.appended.push(format!("{name} = {{{CREATED}{nl}    {items},{nl}}}"));
        }
        let text = apply_edits(self.config.text, self.edits, &self.appended.join(nl), nl);
        EditedConfig { text, want: self.want }
    }

    /// Removes items of a dict. A dict that an edit created goes with its last item.
    fn remove_items(&mut self, at: usize, gone: &BTreeSet<usize>) {
        let Some(dict) = self.config.dicts.get(at) else { return };
        let of = UserTable::ALL.into_iter().find_map(|table| match self.config.table(table) {
            TableState::Literal(literal) if literal.home == at => Some(literal),
            TableState::Literal(_) | TableState::Absent | TableState::Computed { .. } => None,
        });
        let is_last = |literal: &&LiteralTable| {
            let is_own =
                |site: &EntrySite| matches!(site, EntrySite::Item { dict, .. } if *dict == at);
            let own = |entry: &TableEntry| is_own(&entry.site);
            let is_created =
                self.at(&(dict.open..dict.close)).is_some_and(|dict| dict.starts_with(CREATED));
            is_created && literal.entries.iter().all(own) && gone.len() == literal.entries.len()
        };
        let layout = self.layout();
        let whole = of.filter(is_last).and_then(|literal| {
            let comments = dict.comments.len();
            layout.own_lines(&literal.statement).filter(|_| comments == 1)
        });
        let ranges = whole.map_or_else(|| layout.remove(dict, gone), |whole| vec![whole]);
        self.edits.extend(ranges.into_iter().map(|range| (range, String::new())));
    }

    pub(super) fn layout(&self) -> Layout<'c> {
        let text = self.config.text;
        Layout { text, lines: &self.config.lines, newline: newline(text) }
    }

    fn at(&self, range: &Range<usize>) -> Option<&'c str> {
        self.config.text.get(range.clone())
    }
}

/// Applies edits to a text and appends lines.
fn apply_edits(text: &str, mut edits: Vec<TextEdit>, behind: &str, newline: &str) -> String {
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let bare = !text.is_empty() && !text.ends_with(['\n', '\r']);
    let mut out = String::with_capacity(text.len() + behind.len() + 256);
    let (mut at, mut dropped) = (0, false);
    for (range, new) in edits {
        // Removed ranges may overlap, inserted ones never do.
        out.push_str(text.get(at..range.start).unwrap_or_default());
        dropped = new.is_empty();
        out.push_str(&new);
        at = at.max(range.end);
    }
    out.push_str(text.get(at..).unwrap_or_default());
    // SourceLines behind a last line without an end took that line's place as the one without.
    if bare && dropped && at == text.len() {
        let line = out.strip_suffix("\r\n").or_else(|| out.strip_suffix(['\n', '\r']));
        out.truncate(line.map_or(out.len(), str::len));
    }
    if !behind.is_empty() {
        let ends = out.is_empty() || out.ends_with(['\n', '\r']);
        let pieces = if ends { [behind, newline] } else { [newline, behind] };
        out.extend(pieces);
    }
    out
}

/// Returns the quotes of a literal.
fn quote_of(literal: &str) -> char {
    literal.chars().find(|letter| "\"'".contains(*letter)).unwrap_or('"')
}

/// Formats a value as a Python literal.
fn to_source(value: &PyValue, mark: char) -> String {
    match value {
        PyValue::Str(text) => quote(text, mark),
        PyValue::Int(whole) => whole.to_string(),
        PyValue::Float(_)
        | PyValue::Bool(_)
        | PyValue::None
        | PyValue::Bytes
        | PyValue::Dict(_)
        | PyValue::Computed => "None".to_owned(),
    }
}
