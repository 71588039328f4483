//! What a config file says, without how it says it: the test that an edit did what it should.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Config;
use super::table::{ByName, State, Table};
use super::value::Value;

/// The values of a config file.
#[derive(Debug, PartialEq)]
pub(super) struct Facts<'c> {
    /// For each table its entries; `None` where only Python knows them.
    tables: Vec<Option<Entries<'c>>>,
    /// How many entries have keys that are no text.
    odd: usize,
    settings: BTreeMap<&'c str, &'c Value>,
}

/// Values by name, and whether a statement took them out again.
type Entries<'c> = ByName<Cow<'c, str>, (Cow<'c, Value>, bool)>;

impl<'c> Facts<'c> {
    pub(super) fn of(config: &'c Config<'_>) -> Self {
        let mut odd = 0;
        let tables = Table::ALL.map(|table| match config.table(table) {
            State::Absent => Some(Entries::default()),
            State::Computed { .. } => None,
            State::Known(known) => {
                odd += known.odd().count();
                let entries = known.all_in_order().map(|(name, entry)| {
                    (Cow::Borrowed(name), (Cow::Borrowed(&entry.value), entry.is_gone))
                });
                Some(entries.collect())
            }
        });
        let settings = config.settings.iter();
        let settings = settings.map(|(name, setting)| (name.as_str(), &setting.value));
        Self { tables: tables.into(), odd, settings: settings.collect() }
    }

    fn entries(&mut self, table: Table) -> Option<&mut Entries<'c>> {
        let at = Table::ALL.iter().position(|one| *one == table)?;
        self.tables.get_mut(at)?.as_mut()
    }

    pub(super) fn set(&mut self, table: Table, name: &str, value: Value) {
        if let Some(entries) = self.entries(table) {
            let is_gone = entries.get(name).is_some_and(|(_, is_gone)| *is_gone);
            entries.insert(Cow::Owned(name.to_owned()), (Cow::Owned(value), is_gone));
        }
    }

    pub(super) fn remove(&mut self, table: Table, name: &str) {
        if let Some(entries) = self.entries(table) {
            entries.remove(name);
        }
    }

    pub(super) fn rename(&mut self, table: Table, old: &str, new: &str) {
        if let Some(entries) = self.entries(table)
            && let Some(entry) = entries.remove(old)
        {
            entries.insert(Cow::Owned(new.to_owned()), entry);
        }
    }

    pub(super) fn mark(&mut self, table: Table, name: &str, is_now_gone: bool) {
        if let Some((_, is_gone)) = self.entries(table).and_then(|entries| entries.get_mut(name)) {
            *is_gone = is_now_gone;
        }
    }
}
