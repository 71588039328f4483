//! Values of a config file without their layout: used to verify that an edit did what was asked.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::PyConfig;
use super::table::{NameMap, TableState, UserTable};
use super::value::PyValue;

/// The values of a config file.
#[derive(Debug, PartialEq)]
pub(super) struct ConfigValues<'c> {
    /// Entries of each table; `None` for a computed one.
    tables: Vec<Option<Entries<'c>>>,
    /// Number of entries whose key is not a string.
    unnamed: usize,
    settings: BTreeMap<&'c str, &'c PyValue>,
}

/// Values by name, and if a statement deletes them.
type Entries<'c> = NameMap<Cow<'c, str>, (Cow<'c, PyValue>, bool)>;

impl<'c> ConfigValues<'c> {
    pub(super) fn of(config: &'c PyConfig<'_>) -> Self {
        let mut unnamed = 0;
        let tables = UserTable::ALL.map(|table| match config.table(table) {
            TableState::Absent => Some(Entries::default()),
            TableState::Computed { .. } => None,
            TableState::Literal(table_entries) => {
                unnamed += table_entries.unnamed().count();
                let entries = table_entries.iter_all().map(|(name, entry)| {
                    (Cow::Borrowed(name), (Cow::Borrowed(&entry.value), entry.is_deleted))
                });
                Some(entries.collect())
            }
        });
        let settings = config.settings.iter();
        let settings = settings.map(|(name, setting)| (name.as_str(), &setting.value));
        Self { tables: tables.into(), unnamed, settings: settings.collect() }
    }

    fn entries(&mut self, table: UserTable) -> Option<&mut Entries<'c>> {
        let at = UserTable::ALL.iter().position(|one| *one == table)?;
        self.tables.get_mut(at)?.as_mut()
    }

    pub(super) fn set(&mut self, table: UserTable, name: &str, value: PyValue) {
        if let Some(entries) = self.entries(table) {
            let is_deleted = entries.get(name).is_some_and(|(_, is_deleted)| *is_deleted);
            entries.insert(Cow::Owned(name.to_owned()), (Cow::Owned(value), is_deleted));
        }
    }

    pub(super) fn remove(&mut self, table: UserTable, name: &str) {
        if let Some(entries) = self.entries(table) {
            entries.remove(name);
        }
    }

    pub(super) fn rename(&mut self, table: UserTable, old: &str, new: &str) {
        if let Some(entries) = self.entries(table)
            && let Some(entry) = entries.remove(old)
        {
            entries.insert(Cow::Owned(new.to_owned()), entry);
        }
    }

    pub(super) fn set_deleted(&mut self, table: UserTable, name: &str, is_now_deleted: bool) {
        if let Some((_, is_deleted)) = self.entries(table).and_then(|entries| entries.get_mut(name))
        {
            *is_deleted = is_now_deleted;
        }
    }
}
