//! The four tables with an entry per user, after all statements of the file.

use std::ops::Range;

use super::value::PyValue;

/// A setting of config.py that is a dict of users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserTable {
    /// `USERS`: secrets
    Users,
    /// `USER_MAX_TCP_CONNS`
    MaxConns,
    /// `USER_EXPIRATIONS`
    Expirations,
    /// `USER_DATA_QUOTA`
    Quota,
}

impl UserTable {
    pub const ALL: [Self; 4] = [Self::Users, Self::MaxConns, Self::Expirations, Self::Quota];

    /// Name of the setting.
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

/// Content of a table at the end of the file.
#[derive(Clone, Debug)]
pub enum TableState {
    /// The file does not set it.
    Absent,
    Literal(LiteralTable),
    /// Its content depends on running the file.
    Computed {
        /// Line that makes it so.
        line: usize,
        /// `is not a literal dict`
        reason: String,
    },
}

pub(super) type NameMap<K, V> = hashbrown::HashMap<K, V, foldhash::fast::FixedState>;

/// A table all of whose statements are literal.
#[derive(Clone, Debug, Default)]
pub struct LiteralTable {
    /// Statement that sets it.
    pub(super) statement: Range<usize>,
    /// Index of that statement's dict, which gets new entries.
    pub(super) home: usize,
    /// All entries, in the order of execution.
    pub(super) entries: Vec<TableEntry>,
    /// Statements that delete entries.
    pub(super) deletions: Vec<Deletion>,
    /// First and last entry of each name; [`TableEntry::next`] links those between.
    by_name: NameMap<String, (usize, usize)>,
}

#[derive(Clone, Debug)]
pub struct TableEntry {
    /// Name; `None` for a key that is not a string.
    pub key: Option<String>,
    pub(super) key_at: Range<usize>,
    pub value: PyValue,
    pub(super) value_at: Range<usize>,
    pub(super) site: EntrySite,
    /// A later statement deletes it.
    pub(super) is_deleted: bool,
    /// Next entry of the same name.
    pub(super) next: Option<usize>,
}

impl TableEntry {
    /// Offset in the file.
    pub fn at(&self) -> usize {
        self.key_at.start
    }
}

/// Position of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EntrySite {
    /// In a dict, by index.
    Item { dict: usize, index: usize },
    /// Its own statement: `USERS["x"] = "…"`
    Statement(Range<usize>),
}

/// `USERS.pop("x", None)` or `del USERS["x"]`
#[derive(Clone, Debug)]
pub(super) struct Deletion {
    pub(super) key: String,
    pub(super) key_at: Range<usize>,
    pub(super) statement: Range<usize>,
}

/// A dict that is part of a table.
#[derive(Clone, Debug)]
pub(super) struct DictLayout {
    /// End of the opening brace.
    pub(super) open: usize,
    /// Start of the closing brace.
    pub(super) close: usize,
    pub(super) items: Vec<DictItem>,
    /// Starts of its comments.
    pub(super) comments: Vec<usize>,
}

impl DictLayout {
    pub(super) fn has_comment(&self, within: &Range<usize>) -> bool {
        let at = self.comments.partition_point(|comment| *comment < within.start);
        self.comments.get(at).is_some_and(|comment| *comment < within.end)
    }
}

/// An item of a dict, from its first token to its last, and the comma after it.
#[derive(Clone, Debug)]
pub(super) struct DictItem {
    pub(super) at: Range<usize>,
    pub(super) comma: Option<usize>,
}

impl LiteralTable {
    pub(super) fn at(statement: Range<usize>, home: usize) -> Self {
        Self { statement, home, ..Self::default() }
    }

    pub(super) fn push(&mut self, entry: TableEntry) {
        let own = self.entries.len();
        if let Some(key) = &entry.key {
            let (_, last) = self.by_name.entry_ref(key.as_str()).or_insert((own, own));
            let before = std::mem::replace(last, own);
            if let Some(before) = self.entries.get_mut(before) {
                before.next = Some(own);
            }
        }
        self.entries.push(entry);
    }

    pub(super) fn reserve(&mut self, more: usize) {
        self.entries.reserve(more);
        self.by_name.reserve(more);
    }

    /// Marks the entries that a statement deletes.
    pub(super) fn delete(&mut self, deletion: Deletion) -> bool {
        let mut found = false;
        let mut next = self.by_name.get(&deletion.key).map(|(first, _)| *first);
        while let Some(entry) = next.and_then(|at| self.entries.get_mut(at)) {
            found |= !std::mem::replace(&mut entry.is_deleted, true);
            next = entry.next;
        }
        self.deletions.push(deletion);
        found
    }

    /// All entries of a name, including deleted ones.
    pub fn entries_of(&self, name: &str) -> impl Iterator<Item = &TableEntry> {
        let entry = |at: usize| self.entries.get(at);
        let first = self.by_name.get(name).and_then(|(first, _)| entry(*first));
        std::iter::successors(first, move |one| one.next.and_then(entry))
    }

    /// Tests for a name, including deleted ones.
    pub fn contains(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// Effective entry of a name: the last one.
    pub fn get(&self, name: &str) -> Option<&TableEntry> {
        self.entries_of(name).filter(|entry| !entry.is_deleted).last()
    }

    /// Entry of a name that a statement deletes.
    pub fn get_deleted(&self, name: &str) -> Option<&TableEntry> {
        self.entries_of(name).last().filter(|entry| entry.is_deleted)
    }

    /// Names with their effective entries, in Python's order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &TableEntry)> {
        self.iter_all().filter(|(_, entry)| !entry.is_deleted)
    }

    /// The same with deleted ones.
    pub fn iter_all(&self) -> impl Iterator<Item = (&str, &TableEntry)> {
        self.entries.iter().enumerate().filter_map(|(n, entry)| {
            let name = entry.key.as_deref()?;
            let (first, last) = self.by_name.get(name)?;
            Some((name, self.entries.get(*last)?)).filter(|_| *first == n)
        })
    }

    /// Entries whose key is not a string.
    pub fn unnamed(&self) -> impl Iterator<Item = &TableEntry> {
        self.entries.iter().filter(|entry| entry.key.is_none())
    }

    /// Entries that a later one replaces.
    pub fn overridden(&self) -> impl Iterator<Item = (&str, &TableEntry)> {
        let live = self.entries.iter().filter(|entry| entry.next.is_some() && !entry.is_deleted);
        live.filter_map(|entry| Some((entry.key.as_deref()?, entry)))
    }
}
