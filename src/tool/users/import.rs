//! `import`: adds users from the rows of `export`, or from CSV.

use std::collections::HashSet;
use std::path::Path;

use serde::Deserialize;

use super::context::{Context, check_name, read_input};
use super::edit::{add_user, run_edit};
use super::options::{LimitArg, parse_expires, today};
use super::output::UserChange;
use crate::diagnostic::Diagnostic;
use crate::error::Error;
use crate::links;
use crate::userconfig::{LimitValue, UserConfigEdit};

/// Columns of CSV.
pub(super) const COLUMNS: [&str; 6] =
    ["name", "secret", "max_conns", "expires", "quota", "disabled"];

/// A user of a list.
#[derive(Debug, Default, Deserialize)]
struct ImportRow {
    #[serde(alias = "user")]
    name: String,
    secret: Option<String>,
    max_conns: Option<u32>,
    expires: Option<String>,
    quota: Option<u64>,
    #[serde(default)]
    disabled: bool,
}

/// A checked user of a list.
#[derive(Debug)]
struct ImportedUser {
    line: u64,
    name: String,
    secret: String,
    /// The list has the secret; else it is new.
    has_own_secret: bool,
    limits: Vec<LimitValue>,
    is_disabled: bool,
}

/// `import`: adds all users of a list or none.
pub(super) fn import(context: &mut Context) -> Result<(), Error> {
    let [_, list] = context.options.words.as_slice() else {
        return Err(Error::Usage("import: expected one FILE (- reads standard input)".to_owned()));
    };
    let list = list.clone();
    let text = read_input(Path::new(&list))?;
    let users = parse_list(&list, text.trim_start_matches('\u{feff}'))?;
    let file = context.path().display().to_string();
    run_edit(context, |_, config, edit| {
        let mut changes = Vec::new();
        for user in &users {
            let at = |error: Error| Error::refused(format!("{list}:{}", user.line), error);
            let existing = config.user(&user.name);
            let is_same = user.has_own_secret
                && existing.is_some_and(|existing| existing.secret.as_ref() == Some(&user.secret));
            if !is_same {
                add_user(config, edit, &file, &user.name, &user.secret).map_err(at)?;
            }
            let of = |error: Diagnostic| at(error.into_error(&file));
            set_limits(edit, user).map_err(of)?;
            if user.is_disabled && !is_same {
                edit.disable(&user.name).map_err(of)?;
            }
            let action = if is_same { "already there" } else { "added" };
            changes.push(UserChange::new(&user.name, action));
        }
        Ok(changes)
    })
}

fn set_limits(edit: &mut UserConfigEdit<'_>, user: &ImportedUser) -> Result<(), Diagnostic> {
    user.limits.iter().try_for_each(|limit| edit.set_limit(&user.name, *limit))
}

/// Parses a list: JSON lines, or CSV with or without a header.
fn parse_list(list: &str, text: &str) -> Result<Vec<ImportedUser>, Error> {
    let mut users = Vec::new();
    let mut seen = HashSet::new();
    for (line, row) in parse_rows(list, text)? {
        let wrong = |message: String| Error::refused(format!("{list}:{line}"), message);
        check_name(&row.name).map_err(|error| wrong(error.to_string()))?;
        if !seen.insert(row.name.clone()) {
            return Err(wrong(format!("user '{}' is listed twice", row.name)));
        }
        let is_valid = |secret: &String| {
            links::is_secret(secret) || links::decode_mtg_secret(secret).is_some()
        };
        if row.secret.as_ref().is_some_and(|secret| !is_valid(secret)) {
            let message = format!("invalid secret of '{}' (expected 32 hex digits)", row.name);
            return Err(wrong(message));
        }
        let has_own_secret = row.secret.is_some();
        let secret = match row.secret {
            Some(secret) => secret,
            None => links::new_secret()
                .map_err(|error| Error::input("random number generator", error))?,
        };
        let expires = row.expires.map(|day| parse_expires(&day, today())).transpose();
        let expires = expires.map_err(wrong)?.and_then(|day| match day {
            LimitArg::Set(value) => Some(value),
            LimitArg::Remove(_) => None,
        });
        let conns = row.max_conns.map(LimitValue::MaxConns);
        let limits = conns.into_iter().chain(expires).chain(row.quota.map(LimitValue::Quota));
        users.push(ImportedUser {
            line,
            name: row.name,
            secret,
            has_own_secret,
            limits: limits.collect(),
            is_disabled: row.disabled,
        });
    }
    Ok(users)
}

fn parse_rows(list: &str, text: &str) -> Result<Vec<(u64, ImportRow)>, Error> {
    let at = |line: u64, message: String| Error::refused(format!("{list}:{line}"), message);
    // Lines of JSON may be mixed with CSV; a record of CSV may have several lines.
    let mut rows = Vec::new();
    let mut table = csv::ReaderBuilder::new();
    table.has_headers(false).flexible(true).trim(csv::Trim::All);
    let is_json = |line: &str| line.trim_start().starts_with('{');
    let mut rest = text;
    let mut first_line = 1;
    // Position of each column; a header may name another order.
    let mut order: Vec<usize> = (0..COLUMNS.len()).collect();
    while !rest.is_empty() {
        let end = rest.find('\n').map_or(rest.len(), |end| end + 1);
        let (line, after) = rest.split_at(end);
        if line.trim().is_empty() || is_json(line) {
            if !line.trim().is_empty() {
                let row = serde_json::from_str(line).map_err(|error| {
                    let message = error.to_string();
                    let message = message.split(" at line ").next().unwrap_or(&message);
                    at(first_line, format!("invalid row: {message}"))
                })?;
                rows.push((first_line, row));
            }
            (rest, first_line) = (after, first_line + 1);
            continue;
        }
        let mut records = table.from_reader(rest.as_bytes());
        let mut record = csv::StringRecord::new();
        let read = records.read_record(&mut record);
        read.map_err(|error| at(first_line, format!("invalid CSV: {error}")))?;
        let is_header = record.iter().any(|cell| matches!(cell, "name" | "user"));
        if is_header && rows.is_empty() {
            order = read_header(&record).map_err(|error| at(first_line, error))?;
        } else {
            let row = from_record(&record, &order).map_err(|error| at(first_line, error))?;
            rows.push((first_line, row));
        }
        let taken = usize::try_from(records.position().byte()).unwrap_or(rest.len());
        let taken = taken.clamp(1, rest.len());
        first_line += rest.get(..taken).unwrap_or(rest).matches('\n').count() as u64;
        rest = rest.get(taken..).unwrap_or_default();
    }
    Ok(rows)
}

/// Returns the position of each column in a header.
fn read_header(record: &csv::StringRecord) -> Result<Vec<usize>, String> {
    let known = |cell: &str| COLUMNS.contains(&cell) || cell == "user";
    if let Some(cell) = record.iter().find(|cell| !known(cell)) {
        return Err(format!("invalid column '{cell}' (expected {})", COLUMNS.join(",")));
    }
    let is_column = |name: &str, cell: &str| cell == name || (name == "name" && cell == "user");
    let position = |name: &&str| record.iter().position(|cell| is_column(name, cell));
    Ok(COLUMNS.iter().map(|name| position(name).unwrap_or(usize::MAX)).collect())
}

fn from_record(record: &csv::StringRecord, order: &[usize]) -> Result<ImportRow, String> {
    if record.len() > COLUMNS.len() {
        return Err(format!("more columns than {}", COLUMNS.join(",")));
    }
    let cell = |column: usize| {
        order.get(column).and_then(|at| record.get(*at)).filter(|cell| !cell.is_empty())
    };
    let number = |at: usize, name: &str| {
        let parsed = cell(at).map(str::parse::<u64>).transpose();
        parsed.map_err(|_| {
            format!("invalid {name} '{}' (expected a number)", cell(at).unwrap_or_default())
        })
    };
    let max_conns = number(2, "number of connections")?.map(u32::try_from).transpose();
    Ok(ImportRow {
        name: cell(0).unwrap_or_default().to_owned(),
        secret: cell(1).map(str::to_owned),
        max_conns: max_conns.map_err(|_| "invalid number of connections: too large".to_owned())?,
        expires: cell(3).map(str::to_owned),
        quota: number(4, "number of bytes")?,
        disabled: matches!(cell(5), Some("true" | "1" | "yes")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_and_rows() {
        let text = "name,secret\nmax,00112233445566778899aabbccddeeff,5,2026-12-31\n\
                    {\"type\":\"user\",\"user\":\"eva\",\"quota\":7,\"disabled\":true}\n\
                    \n\"b, \"\"c\"\"\",,,,7\n";
        let users = parse_list("l", text).unwrap();
        let names: Vec<_> = users.iter().map(|user| (user.line, user.name.as_str())).collect();
        assert_eq!(names, [(2, "max"), (3, "eva"), (5, "b, \"c\"")]);
        assert_eq!(users[0].secret, "00112233445566778899aabbccddeeff");
        assert!(users[1].is_disabled && links::is_secret(&users[1].secret));
        let message = |text: &str| parse_list("l", text).unwrap_err().to_string();
        assert_eq!(message("a,xyz"), "l:1: invalid secret of 'a' (expected 32 hex digits)");
        assert_eq!(message("a\na"), "l:2: user 'a' is listed twice");
        assert!(message("a,,many").contains("invalid number of connections 'many'"));
        let users = parse_list("l", "quota,name\n7,eva\n,\"a,b\"\n").unwrap();
        assert_eq!(users[0].limits, [LimitValue::Quota(7)]);
        assert_eq!(users[1].name, "a,b");
        assert!(message("name,nothing\n").contains("invalid column 'nothing'"));
    }
}
