//! `import` and `export`: all users at once, as rows or as CSV.

use std::path::Path;

use serde::Deserialize;

use super::add::put;
use super::desk::{Desk, Done, input, must_be_a_name, users};
use super::limit::{Limits, Wish, date};
use super::row::{self, Telling, User};
use crate::error::Error;
use crate::links;
use crate::pyconfig::{Known, Value};

/// The columns of CSV.
const COLUMNS: [&str; 6] = ["name", "secret", "max_conns", "expires", "quota", "disabled"];

/// A user of a list.
#[derive(Debug, Default, Deserialize)]
struct Listed {
    #[serde(alias = "name")]
    user: String,
    secret: Option<String>,
    max_conns: Option<u32>,
    expires: Option<String>,
    quota: Option<u64>,
    #[serde(default)]
    disabled: bool,
}

/// Adds the users of a list. All of them or none.
pub(super) fn import(desk: &mut Desk) -> Result<(), Error> {
    let [_, list] = desk.options.words.as_slice() else {
        return Err(Error::Usage("import: takes one FILE, or - for standard input".to_owned()));
    };
    let list = list.clone();
    let text = input(Path::new(&list))?;
    let users = listed(&list, text.trim_start_matches('\u{feff}'))?;
    let file = desk.path().display().to_string();
    desk.edit(|_, config, change| {
        let mut done = Vec::new();
        for (line, user, limits, secret) in &users {
            let at = |error: Error| Error::refused(format!("{list}:{line}"), error);
            let has = User::of(config, &user.user);
            if has.is_some_and(|has| user.secret.is_some() && has.secret.as_ref() == Some(secret)) {
                limits.put(change, &user.user, &file).map_err(at)?;
                done.push(Done::to(&user.user, "already there"));
                continue;
            }
            put(config, change, &file, &user.user, secret).map_err(at)?;
            limits.put(change, &user.user, &file).map_err(at)?;
            if user.disabled {
                change.disable(&user.user).map_err(|fault| at(fault.of(&file)))?;
            }
            done.push(Done::to(&user.user, "added"));
        }
        Ok(done)
    })
}

/// What is wrong with a row; serde's own place says no more than the line we name.
fn no_user(error: &serde_json::Error) -> String {
    let text = error.to_string();
    format!("is no user: {}", text.split(" at line ").next().unwrap_or(&text))
}

/// Reads a list: each line a JSON object or comma-separated values.
fn listed(list: &str, text: &str) -> Result<Vec<(usize, Listed, Limits, String)>, Error> {
    let mut users = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |what: String| Error::refused(format!("{list}:{}", n + 1), what);
        let user: Listed = if line.trim_start().starts_with('{') {
            serde_json::from_str(line).map_err(|error| wrong(no_user(&error)))?
        } else {
            let cells = cells(line);
            if n == 0 && cells.first().is_some_and(|cell| cell == "name" || cell == "user") {
                continue;
            }
            from_cells(&cells).map_err(wrong)?
        };
        must_be_a_name(&user.user).map_err(|error| wrong(error.to_string()))?;
        if !seen.insert(user.user.clone()) {
            return Err(wrong(format!("'{}' is twice in the list", user.user)));
        }
        let secret = match &user.secret {
            Some(secret) if !links::is_secret(secret) => {
                return Err(wrong(format!("the secret of '{}' is not 32 hex digits", user.user)));
            }
            Some(secret) => secret.clone(),
            None => links::new_secret().map_err(|error| Error::input("/dev/urandom", error))?,
        };
        let limits = Limits {
            max_conns: user.max_conns.map(|n| Wish::Be(Value::Whole(n.into()))),
            expires: user.expires.as_deref().map(date).transpose().map_err(wrong)?,
            quota: user.quota.map(|n| Wish::Be(Value::Whole(n.into()))),
        };
        users.push((n + 1, user, limits, secret));
    }
    Ok(users)
}

fn from_cells(cells: &[String]) -> Result<Listed, String> {
    if cells.len() > COLUMNS.len() {
        return Err(format!("has more than {}", COLUMNS.join(",")));
    }
    let cell = |at: usize| cells.get(at).map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
    let number = |at: usize, name: &str| {
        let parsed = cell(at).map(str::parse::<u64>).transpose();
        parsed.map_err(|_| format!("'{}' is no {name}", cell(at).unwrap_or_default()))
    };
    let max_conns = number(2, "number of connections")?.map(u32::try_from).transpose();
    Ok(Listed {
        user: cells.first().cloned().unwrap_or_default(),
        secret: cell(1).map(str::to_owned),
        max_conns: max_conns.map_err(|_| "too many connections".to_owned())?,
        expires: cell(3).map(str::to_owned),
        quota: number(4, "number of bytes")?,
        disabled: matches!(cell(5), Some("true" | "1" | "yes")),
    })
}

/// The cells of a line of CSV: `a,"b, ""c""",d`
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            other => cell.push(other),
        }
    }
    cells.push(cell);
    cells
}

/// Writes all users with their secrets: rows, or CSV as text.
pub(super) fn export(desk: &mut Desk) -> Result<(), Error> {
    let seen = desk.see()?;
    let config = seen.config()?;
    if desk.is_text {
        desk.write(&format!("{}\n", COLUMNS.join(",")))?;
    }
    let known = users(&config, &seen.name)?;
    for (name, _) in known.into_iter().flat_map(Known::all_in_order) {
        let Some(user) = User::of(&config, name) else { continue };
        if desk.is_text {
            let number = |n: Option<i128>| n.map_or_else(String::new, |n| n.to_string());
            let cells = [
                user.name.clone(),
                user.secret.clone().unwrap_or_default(),
                number(user.max_conns),
                user.expires.clone().unwrap_or_default(),
                number(user.quota),
                if user.is_disabled { "true" } else { "" }.to_owned(),
            ];
            let cells = cells.map(|cell| {
                let plain = !cell.contains([',', '"']);
                if plain { cell } else { format!("\"{}\"", cell.replace('"', "\"\"")) }
            });
            desk.write(&format!("{}\n", cells.join(",")))?;
        } else {
            row::row(desk, name, None, Some(&user), Telling::Secrets, (&[], &[]))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_and_rows() {
        assert_eq!(cells("a,\"b, \"\"c\"\"\",,d"), ["a", "b, \"c\"", "", "d"]);
        let text = "name,secret\nmax,00112233445566778899aabbccddeeff,5,2026-12-31\n\
                    {\"type\":\"user\",\"user\":\"eva\",\"quota\":7,\"disabled\":true}\n";
        let users = listed("l", text).unwrap();
        assert_eq!(users[0].3, "00112233445566778899aabbccddeeff");
        assert!(users[1].1.disabled && links::is_secret(&users[1].3));
        let said = |text: &str| listed("l", text).unwrap_err().to_string();
        assert_eq!(said("a,xyz"), "l:1: the secret of 'a' is not 32 hex digits");
        assert_eq!(said("a\na"), "l:2: 'a' is twice in the list");
        assert!(said("a,,many").contains("'many' is no number of connections"));
    }
}
