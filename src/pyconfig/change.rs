//! A change to config.py: what is asked for gathered, then made at the bytes concerned, read again
//! and compared with what it should say.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::facts::Facts;
use super::layout::{Edit, Layout};
use super::literal::quoted;
use super::table::{Entry, Known, Site, State, Table};
use super::text::{Fault, newline};
use super::value::Value;
use super::{Config, read};

/// A change in the making.
#[derive(Debug)]
pub struct Change<'c> {
    pub(super) config: &'c Config<'c>,
    pub(super) edits: Vec<Edit>,
    added: BTreeMap<usize, Vec<String>>,
    gone: BTreeMap<usize, BTreeSet<usize>>,
    made: Vec<(Table, Vec<String>)>,
    pub(super) appended: Vec<String>,
    want: Facts<'c>,
}

/// A text with a change made, that nobody has held yet against what it should say.
#[derive(Debug)]
pub struct Made<'c> {
    /// The text.
    pub text: String,
    want: Facts<'c>,
}

impl Made<'_> {
    /// Reads the text, and holds it against what it should say.
    pub fn read(&self) -> Result<Config<'_>, Fault> {
        let config = read(self.text.as_bytes()).map_err(|fault| {
            Fault::new(fault.line, format!("the edit would break this: {}", fault.what))
        })?;
        if Facts::of(&config) != self.want {
            return Err(Fault::new(1, "the edit would not do what it should; edit it by hand"));
        }
        Ok(config)
    }
}

/// Behind the brace of a table that an edit made, so that another may take it away again.
const MADE: &str = "  # made by mtp-users";
/// Behind a statement that keeps a user out.
const DISABLED: &str = "  # disabled by mtp-users";

impl<'c> Change<'c> {
    /// None yet.
    pub fn of(config: &'c Config<'c>) -> Self {
        Self {
            config,
            edits: Vec::new(),
            added: BTreeMap::new(),
            gone: BTreeMap::new(),
            made: Vec::new(),
            appended: Vec::new(),
            want: Facts::of(config),
        }
    }

    /// A table that can be changed.
    fn known(&self, table: Table) -> Result<Option<&'c Known>, Fault> {
        match self.config.table(table) {
            State::Absent => Ok(None),
            State::Known(known) => Ok(Some(known)),
            State::Computed { line, why } => {
                Err(Fault::new(*line, format!("{} {why}; edit it by hand", table.name())))
            }
        }
    }

    /// Sets an entry, which may be there or not.
    pub fn set(&mut self, table: Table, name: &str, value: &Value) -> Result<(), Fault> {
        let known = self.known(table)?;
        let there = known.and_then(|known| known.get(name).or_else(|| known.get_gone(name)));
        self.want.set(table, name, value.clone());
        if let Some(entry) = there {
            let quote = quote_of(self.at(&entry.value_at).unwrap_or_default());
            self.edits.push((entry.value_at.clone(), written(value, quote)));
            return Ok(());
        }
        let Some(known) = known else {
            let item = format!("{}: {}", quoted(name, '"'), written(value, '"'));
            match self.made.iter_mut().find(|(made, _)| *made == table) {
                Some((_, items)) => items.push(item),
                None => self.made.push((table, vec![item])),
            }
            return Ok(());
        };
        if let Some(removal) = known.removals.iter().find(|removal| removal.key == name) {
            let line = self.config.lines.line(removal.statement.start);
            return Err(Fault::new(line, format!("takes {name} out again")));
        }
        let last = known
            .entries
            .iter()
            .rev()
            .find(|entry| matches!(entry.site, Site::Item { dict, .. } if dict == known.home));
        let quote = quote_of(last.and_then(|last| self.at(&last.key_at)).unwrap_or("\""));
        let colon = last.and_then(|last| self.at(&(last.key_at.end..last.value_at.start)));
        let plain = |colon: &&str| colon.len() <= 4 && colon.trim() == ":" && !colon.contains('\n');
        let colon = colon.filter(plain).unwrap_or(": ");
        let item = format!("{}{colon}{}", quoted(name, quote), written(value, quote));
        self.added.entry(known.home).or_default().push(item);
        Ok(())
    }

    /// Takes a name out of a table, wherever it stands in it.
    pub fn remove(&mut self, table: Table, name: &str) -> Result<(), Fault> {
        let Some(known) = self.known(table)? else { return Ok(()) };
        self.want.remove(table, name);
        for entry in known.under(name) {
            match &entry.site {
                Site::Item { dict, index } => {
                    self.gone.entry(*dict).or_default().insert(*index);
                }
                Site::Statement(statement) => self.cut(statement)?,
            }
        }
        for removal in known.removals.iter().filter(|removal| removal.key == name) {
            self.cut(&removal.statement)?;
        }
        Ok(())
    }

    /// Gives a name's entries in a table another name.
    pub fn rename(&mut self, table: Table, old: &str, new: &str) -> Result<(), Fault> {
        let Some(known) = self.known(table)? else { return Ok(()) };
        self.want.rename(table, old, new);
        let removals = known.removals.iter().filter(|removal| removal.key == old);
        let places = removals.map(|removal| &removal.key_at);
        for key_at in places.chain(known.under(old).map(|entry| &entry.key_at)) {
            let quote = quote_of(self.at(key_at).unwrap_or_default());
            self.edits.push((key_at.clone(), quoted(new, quote)));
        }
        Ok(())
    }

    /// Keeps a user out, by a statement at the file's end.
    pub fn disable(&mut self, name: &str) -> Result<(), Fault> {
        self.known(Table::Users)?;
        self.want.mark(Table::Users, name, true);
        let line = format!("{}.pop({}, None){DISABLED}", Table::Users.name(), quoted(name, '"'));
        self.appended.push(line);
        Ok(())
    }

    /// Takes that statement away again.
    pub fn enable(&mut self, name: &str) -> Result<(), Fault> {
        let Some(known) = self.known(Table::Users)? else { return Ok(()) };
        self.want.mark(Table::Users, name, false);
        for removal in known.removals.iter().filter(|removal| removal.key == name) {
            let line = self.config.lines.around(removal.statement.start);
            if !self.at(&line).is_some_and(|line| line.contains(DISABLED.trim_start())) {
                let line = self.config.lines.line(removal.statement.start);
                return Err(Fault::new(line, "is not of mtp-users' making; edit it by hand"));
            }
            self.cut(&removal.statement)?;
        }
        Ok(())
    }

    /// Takes a statement away that has its lines for itself.
    pub(super) fn cut(&mut self, statement: &Range<usize>) -> Result<(), Fault> {
        let lone = self.layout().lone(statement).ok_or_else(|| {
            let line = self.config.lines.line(statement.start);
            Fault::new(line, "shares its line with other statements; edit it by hand")
        })?;
        self.edits.push((lone, String::new()));
        Ok(())
    }

    /// The text with the change made, checked by reading it again.
    pub fn finish(self) -> Result<String, Fault> {
        let made = self.make();
        made.read()?;
        Ok(made.text)
    }

    /// Makes the change.
    pub fn make(mut self) -> Made<'c> {
        for (dict, gone) in std::mem::take(&mut self.gone) {
            self.take_out(dict, &gone);
        }
        let layout = self.layout();
        for (dict, items) in &self.added {
            let dict = self.config.dicts.get(*dict).into_iter();
            self.edits.extend(dict.flat_map(|dict| layout.add(dict, items)));
        }
        let nl = layout.newline;
        for (table, items) in &self.made {
            let items = items.join(&format!(",{nl}    "));
            let name = table.name();
            self.appended.push(format!("{name} = {{{MADE}{nl}    {items},{nl}}}"));
        }
        let text = applied(self.config.text, self.edits, &self.appended.join(nl), nl);
        Made { text, want: self.want }
    }

    /// Items out of a dict; out of one that an edit made, the last takes all of it along.
    fn take_out(&mut self, at: usize, gone: &BTreeSet<usize>) {
        let Some(dict) = self.config.dicts.get(at) else { return };
        let of = Table::ALL.into_iter().find_map(|table| match self.config.table(table) {
            State::Known(known) if known.home == at => Some(known),
            State::Known(_) | State::Absent | State::Computed { .. } => None,
        });
        let is_last = |known: &&Known| {
            let own = |entry: &Entry| matches!(entry.site, Site::Item { dict, .. } if dict == at);
            let made = self.at(&(dict.open..dict.close)).is_some_and(|dict| dict.starts_with(MADE));
            made && known.entries.iter().all(own) && gone.len() == known.entries.len()
        };
        let layout = self.layout();
        let whole = of.filter(is_last).and_then(|known| {
            let comments = dict.comments.len();
            layout.lone(&known.statement).filter(|_| comments == 1)
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

/// The text with these edits, and lines at its end.
fn applied(text: &str, mut edits: Vec<Edit>, behind: &str, newline: &str) -> String {
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let bare = !text.is_empty() && !text.ends_with(['\n', '\r']);
    let mut out = String::with_capacity(text.len() + behind.len() + 256);
    let (mut at, mut dropped) = (0, false);
    for (range, new) in edits {
        // Ranges that are taken out may overlap; what is put in never does.
        out.push_str(text.get(at..range.start).unwrap_or_default());
        dropped = new.is_empty();
        out.push_str(&new);
        at = at.max(range.end);
    }
    out.push_str(text.get(at..).unwrap_or_default());
    // Lines behind a last line without an end took that line's place as the one without.
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

/// The quotes a literal is written in.
fn quote_of(literal: &str) -> char {
    literal.chars().find(|letter| "\"'".contains(*letter)).unwrap_or('"')
}

/// A value as Python's source has it.
fn written(value: &Value, quote: char) -> String {
    match value {
        Value::Text(text) => quoted(text, quote),
        Value::Whole(whole) => whole.to_string(),
        Value::Real(_)
        | Value::Truth(_)
        | Value::Nothing
        | Value::Bytes
        | Value::Table(_)
        | Value::Computed => "None".to_owned(),
    }
}
