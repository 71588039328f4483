//! The four tables that know users by name, as the file's statements leave them.

use std::ops::Range;

use super::value::Value;

/// A table of config.py that knows users by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// `USERS`: secrets
    Users,
    /// `USER_MAX_TCP_CONNS`
    MaxConns,
    /// `USER_EXPIRATIONS`
    Expirations,
    /// `USER_DATA_QUOTA`
    Quota,
}

impl Table {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Users, Self::MaxConns, Self::Expirations, Self::Quota];

    /// What Python calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Users => "USERS",
            Self::MaxConns => "USER_MAX_TCP_CONNS",
            Self::Expirations => "USER_EXPIRATIONS",
            Self::Quota => "USER_DATA_QUOTA",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }
}

/// How a table stands at the end of the file.
#[derive(Clone, Debug)]
pub enum State {
    /// The file does not set it.
    Absent,
    /// All of it is literal.
    Known(Known),
    /// Python computes it, and only Python knows it.
    Computed {
        /// The line that does so.
        line: usize,
        /// Why it cannot be read: `is no literal dict`
        why: String,
    },
}

/// What is looked up by name.
pub(super) type ByName<K, V> = hashbrown::HashMap<K, V, foldhash::fast::FixedState>;

/// A table that is literal from the first to the last of its statements.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The statement that sets it.
    pub(super) statement: Range<usize>,
    /// The dict of that statement: where new entries go.
    pub(super) home: usize,
    /// All entries, in the order Python meets them.
    pub(super) entries: Vec<Entry>,
    /// Statements that take entries out again.
    pub(super) removals: Vec<Removal>,
    /// For each name its first entry and its last; those between are [`Entry::again`].
    by_name: ByName<String, (usize, usize)>,
}

/// An entry.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The name; `None` where the key is no text.
    pub key: Option<String>,
    pub(super) key_at: Range<usize>,
    /// What it is set to.
    pub value: Value,
    pub(super) value_at: Range<usize>,
    pub(super) site: Site,
    /// Whether a later statement took it out.
    pub(super) is_gone: bool,
    /// The next entry of the same name.
    pub(super) again: Option<usize>,
}

impl Entry {
    /// Where it begins in the file.
    pub fn at(&self) -> usize {
        self.key_at.start
    }
}

/// Where an entry stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Site {
    /// In a dict: which one, and the how manieth of it.
    Item { dict: usize, index: usize },
    /// In a statement of its own: `USERS["x"] = "…"`
    Statement(Range<usize>),
}

/// `USERS.pop("x", None)` or `del USERS["x"]`
#[derive(Clone, Debug)]
pub(super) struct Removal {
    pub(super) key: String,
    pub(super) key_at: Range<usize>,
    pub(super) statement: Range<usize>,
}

/// A dict that is part of a table.
#[derive(Clone, Debug)]
pub(super) struct Dict {
    /// Behind the brace that opens it.
    pub(super) open: usize,
    /// The brace that closes it.
    pub(super) close: usize,
    pub(super) items: Vec<Item>,
    /// Where comments begin in it.
    pub(super) comments: Vec<usize>,
}

impl Dict {
    pub(super) fn has_comment(&self, within: &Range<usize>) -> bool {
        let at = self.comments.partition_point(|comment| *comment < within.start);
        self.comments.get(at).is_some_and(|comment| *comment < within.end)
    }
}

/// An item of a dict, from its first word to its last, and the comma behind it.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) at: Range<usize>,
    pub(super) comma: Option<usize>,
}

impl Known {
    pub(super) fn at(statement: Range<usize>, home: usize) -> Self {
        Self { statement, home, ..Self::default() }
    }

    pub(super) fn push(&mut self, entry: Entry) {
        let own = self.entries.len();
        if let Some(key) = &entry.key {
            let (_, last) = self.by_name.entry_ref(key.as_str()).or_insert((own, own));
            let before = std::mem::replace(last, own);
            if let Some(before) = self.entries.get_mut(before) {
                before.again = Some(own);
            }
        }
        self.entries.push(entry);
    }

    /// Takes it that so many entries will come.
    pub(super) fn expect(&mut self, more: usize) {
        self.entries.reserve(more);
        self.by_name.reserve(more);
    }

    /// Marks what this removal takes out; whether there was anything.
    pub(super) fn remove(&mut self, removal: Removal) -> bool {
        let mut found = false;
        let mut next = self.by_name.get(&removal.key).map(|(first, _)| *first);
        while let Some(entry) = next.and_then(|at| self.entries.get_mut(at)) {
            found |= !std::mem::replace(&mut entry.is_gone, true);
            next = entry.again;
        }
        self.removals.push(removal);
        found
    }

    /// All entries under this name, also those that were taken out.
    pub fn under(&self, name: &str) -> impl Iterator<Item = &Entry> {
        let entry = |at: usize| self.entries.get(at);
        let first = self.by_name.get(name).and_then(|(first, _)| entry(*first));
        std::iter::successors(first, move |one| one.again.and_then(entry))
    }

    /// Whether there is such a name, or was before a statement took it out.
    pub fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// The entry that counts: the last one, as in Python.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.under(name).filter(|entry| !entry.is_gone).last()
    }

    /// The entry that would count if nothing had been taken out.
    pub fn get_gone(&self, name: &str) -> Option<&Entry> {
        self.under(name).last().filter(|entry| entry.is_gone)
    }

    /// The names with the entries that count, in the order Python has them; those that were taken
    /// out are left out.
    pub fn in_order(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.all_in_order().filter(|(_, entry)| !entry.is_gone)
    }

    /// The same with those that a statement took out again.
    pub fn all_in_order(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries.iter().enumerate().filter_map(|(n, entry)| {
            let name = entry.key.as_deref()?;
            let (first, last) = self.by_name.get(name)?;
            Some((name, self.entries.get(*last)?)).filter(|_| *first == n)
        })
    }

    /// Entries whose key is no text.
    pub fn odd(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.key.is_none())
    }

    /// Entries that a later one of the same dict or statement replaces.
    pub fn doubled(&self) -> impl Iterator<Item = (&str, &Entry)> {
        let live = self.entries.iter().filter(|entry| entry.again.is_some() && !entry.is_gone);
        live.filter_map(|entry| Some((entry.key.as_deref()?, entry)))
    }
}
