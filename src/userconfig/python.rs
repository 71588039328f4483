//! Users of mtprotoproxy's config.py.

use super::{ConfigUser, LimitValue, UserLimit};
use crate::diagnostic::{Diagnostic, DiagnosticLevel};
use crate::links;
use crate::pyconfig::check::{SETTINGS, format_day, parse_day};
use crate::pyconfig::{ConfigEdit, PyConfig, PyValue, TableState, UserTable};

/// Tests that a module is a config file of mtprotoproxy: it sets USERS, or nothing but settings of
/// the proxy. Other formats, such as INI, may parse as Python.
pub(super) fn is_plausible(config: &PyConfig<'_>) -> Result<(), Diagnostic> {
    refuse_bare_list(config)?;
    let has_users = !matches!(config.table(UserTable::Users), TableState::Absent);
    let mut settings = config.settings().filter(|(name, _)| name.chars().any(char::is_uppercase));
    let unknown = settings.find(|(name, _)| !SETTINGS.contains(name));
    if has_users || config.statements.is_empty() {
        return Ok(());
    }
    let known = config.settings().any(|(name, _)| SETTINGS.contains(&name));
    match unknown {
        None if known => Ok(()),
        None => {
            Err(Diagnostic::fatal(1, "not a config file of mtprotoproxy (sets no USERS or PORT)"))
        }
        Some((name, setting)) => {
            let message = format!(
                "not a config file of mtprotoproxy (sets '{name}' but no USERS; use --kind \
                 mtprotoproxy if it is one)"
            );
            Err(Diagnostic::fatal(setting.line, message))
        }
    }
}

/// Refuses a table header of TOML or INI, which parses as a list.
pub(super) fn refuse_bare_list(config: &PyConfig<'_>) -> Result<(), Diagnostic> {
    match config.bare_list {
        Some(line) => {
            let message = "not a statement of a config.py (a table header of TOML or INI?)";
            Err(Diagnostic::fatal(line, message))
        }
        None => Ok(()),
    }
}

pub(super) fn user(config: &PyConfig<'_>, name: &str) -> Option<ConfigUser> {
    let TableState::Literal(users) = config.table(UserTable::Users) else { return None };
    let entry = users.get(name).or_else(|| users.get_deleted(name))?;
    let value = |table| match config.table(table) {
        TableState::Literal(limits) => limits.get(name).map(|entry| &entry.value),
        TableState::Absent | TableState::Computed { .. } => None,
    };
    let expires = value(UserTable::Expirations).and_then(PyValue::text);
    Some(ConfigUser {
        name: name.to_owned(),
        line: config.lines.line(entry.at()),
        secret: entry.value.text().map(str::to_owned),
        max_conns: value(UserTable::MaxConns).and_then(PyValue::int),
        expires: expires
            .map(|day| parse_day(day).map_or_else(|| day.to_owned(), |day| day.to_string())),
        quota: value(UserTable::Quota).and_then(PyValue::int),
        is_disabled: users.get(name).is_none(),
    })
}

pub(super) fn leftover_limits(config: &PyConfig<'_>, name: &str) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for table in [UserTable::MaxConns, UserTable::Expirations, UserTable::Quota] {
        if let TableState::Literal(limits) = config.table(table)
            && let Some(entry) = limits.get(name)
        {
            let message = format!("{} of '{name}' exists already and applies", table.name());
            let line = config.lines.line(entry.at());
            found.push(Diagnostic::new(line, DiagnosticLevel::Warning, message));
        }
    }
    found
}

pub(super) fn table_of(limit: UserLimit) -> UserTable {
    match limit {
        UserLimit::MaxConns => UserTable::MaxConns,
        UserLimit::Expires => UserTable::Expirations,
        UserLimit::Quota => UserTable::Quota,
    }
}

pub(super) fn set_secret(
    edit: &mut ConfigEdit<'_>,
    name: &str,
    secret: &str,
) -> Result<(), Diagnostic> {
    if !links::is_secret(secret) {
        return Err(Diagnostic::fatal(1, "invalid secret (expected 32 hex digits)"));
    }
    edit.set(UserTable::Users, name, &PyValue::Str(secret.to_owned()))
}

pub(super) fn remove(edit: &mut ConfigEdit<'_>, name: &str) -> Result<Vec<Diagnostic>, Diagnostic> {
    edit.remove(UserTable::Users, name)?;
    let mut notes = Vec::new();
    for limit in [UserLimit::MaxConns, UserLimit::Expires, UserLimit::Quota] {
        // A limit without its user has no effect, so a computed table does not matter.
        notes.extend(edit.remove(table_of(limit), name).err());
    }
    Ok(notes)
}

pub(super) fn rename(edit: &mut ConfigEdit<'_>, old: &str, new: &str) -> Result<(), Diagnostic> {
    UserTable::ALL.into_iter().try_for_each(|table| edit.rename(table, old, new))
}

pub(super) fn set_limit(
    edit: &mut ConfigEdit<'_>,
    name: &str,
    value: LimitValue,
) -> Result<(), Diagnostic> {
    let table = table_of(value.limit());
    let value = match value {
        LimitValue::MaxConns(count) => PyValue::Int(count.into()),
        LimitValue::Expires(day) => PyValue::Str(format_day(day)),
        LimitValue::Quota(bytes) => PyValue::Int(bytes.into()),
    };
    edit.set(table, name, &value)
}
