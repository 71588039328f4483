//! `import`: adds users from the rows of `export`, or from CSV.

use std::collections::HashSet;
use std::path::Path;

use serde::Deserialize;

use super::context::{Context, check_name, read_input};
use super::edit::{add_user, run_edit};
use super::options::{LimitArg, ZERO_LIMIT, parse_expires, today};
use super::output::{UserAction, UserChange};
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
            let action = if is_same { UserAction::AlreadyThere } else { UserAction::Added };
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
        if row.max_conns == Some(0) || row.quota == Some(0) {
            return Err(wrong(ZERO_LIMIT.to_owned()));
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

/// Reads the rows of a list with their lines. Its first character selects JSON lines or CSV.
fn parse_rows(list: &str, text: &str) -> Result<Vec<(u64, ImportRow)>, Error> {
    let at = |line: u64, message: String| Error::refused(format!("{list}:{line}"), message);
    if text.trim_start().starts_with('{') {
        return parse_json_rows(text).map_err(|(line, message)| at(line, message));
    }
    let mut rows = Vec::new();
    let mut table = csv::ReaderBuilder::new();
    table.has_headers(false).flexible(true).trim(csv::Trim::All);
    let mut records = table.from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    // Position of each column; a header may name another order.
    let mut order: Vec<usize> = (0..COLUMNS.len()).collect();
    loop {
        let begin = records.position().clone();
        // A record begins after the blank lines at the reader's position.
        let rest = usize::try_from(begin.byte()).ok().and_then(|at| text.get(at..));
        let rest = rest.unwrap_or_default();
        let blank = rest.get(..rest.len() - rest.trim_start().len()).unwrap_or_default();
        let line = begin.line() + blank.matches('\n').count() as u64;
        let read = records.read_record(&mut record);
        if !read.map_err(|error| at(line, format!("invalid CSV: {error}")))? {
            return Ok(rows);
        }
        if record.iter().all(str::is_empty) {
            continue;
        }
        let is_header = record.iter().any(|cell| matches!(cell, "name" | "user"));
        if is_header && rows.is_empty() {
            order = read_header(&record).map_err(|error| at(line, error))?;
        } else {
            let row = from_record(&record, &order).map_err(|error| at(line, error))?;
            rows.push((line, row));
        }
    }
}

/// Parses one JSON object a line; an error has its line.
fn parse_json_rows(text: &str) -> Result<Vec<(u64, ImportRow)>, (u64, String)> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let parse = |(number, line): (u64, &str)| match serde_json::from_str(line) {
        Ok(row) => Ok((number, row)),
        Err(error) => {
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or(&message);
            Err((number, format!("invalid row: {message}")))
        }
    };
    lines.map(parse).collect()
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
                    \n\r\n\"b, \"\"c\"\"\",,,,7\n\"two\nlines\",,,,7\nlast\n";
        let rows = parse_rows("l", text).unwrap();
        let names: Vec<_> = rows.iter().map(|(line, row)| (*line, row.name.as_str())).collect();
        assert_eq!(names, [(2, "max"), (5, "b, \"c\""), (6, "two\nlines"), (8, "last")]);
        assert_eq!(rows[0].1.secret.as_deref(), Some("00112233445566778899aabbccddeeff"));
        let text = "\n{\"type\":\"user\",\"user\":\"eva\",\"quota\":7,\"disabled\":true}\n";
        let users = parse_list("l", text).unwrap();
        assert_eq!((users[0].line, users[0].name.as_str()), (2, "eva"));
        assert!(users[0].is_disabled && links::is_secret(&users[0].secret));
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
