//! What a config file says, without how it says it: the test that an edit did what it should.

use std::collections::BTreeMap;

use super::Config;
use super::table::{State, Table};
use super::value::Value;

/// The values of a config file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Facts {
    /// For each table its entries, and whether a statement took them out again; `None` where
    /// only Python knows them.
    tables: Vec<Option<BTreeMap<String, (Value, bool)>>>,
    /// How many entries have keys that are no text.
    odd: usize,
    settings: BTreeMap<String, Value>,
}

impl Facts {
    pub(super) fn of(config: &Config<'_>) -> Self {
        let mut odd = 0;
        let tables = Table::ALL.map(|table| match config.table(table) {
            State::Absent => Some(BTreeMap::new()),
            State::Computed { .. } => None,
            State::Known(known) => {
                odd += known.odd().count();
                let entries = known
                    .all_in_order()
                    .map(|(name, entry)| (name.to_owned(), (entry.value.clone(), entry.is_gone)));
                Some(entries.collect())
            }
        });
        let settings = config.settings.iter();
        let settings = settings.map(|(name, setting)| (name.clone(), setting.value.clone()));
        Self { tables: tables.into(), odd, settings: settings.collect() }
    }

    fn entries(&mut self, table: Table) -> Option<&mut BTreeMap<String, (Value, bool)>> {
        let at = Table::ALL.iter().position(|one| *one == table)?;
        self.tables.get_mut(at)?.as_mut()
    }

    pub(super) fn set(&mut self, table: Table, name: &str, value: Value) {
        if let Some(entries) = self.entries(table) {
            let is_gone = entries.get(name).is_some_and(|(_, is_gone)| *is_gone);
            entries.insert(name.to_owned(), (value, is_gone));
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
            entries.insert(new.to_owned(), entry);
        }
    }

    pub(super) fn mark(&mut self, table: Table, name: &str, is_now_gone: bool) {
        if let Some((_, is_gone)) = self.entries(table).and_then(|entries| entries.get_mut(name)) {
            *is_gone = is_now_gone;
        }
    }
}
