//! `add` and `rotate`: users and their secrets.

use super::desk::{Desk, Done, input, must_be_a_name, must_exist};
use crate::error::Error;
use crate::links;
use crate::pyconfig::{Change, Config, State, Table, Value};

/// Adds users.
pub(super) fn add(desk: &mut Desk) -> Result<(), Error> {
    let names = desk.names()?;
    names.iter().try_for_each(|name| must_be_a_name(name))?;
    let secrets = secrets(desk, names.len())?;
    let file = desk.path().display().to_string();
    desk.edit(|desk, config, change| {
        let mut done = Vec::new();
        for (name, secret) in names.iter().zip(&secrets) {
            put(config, change, &file, name, secret)?;
            desk.options.limits.clone().put(change, name, &file)?;
            left_over(desk, config, &file, name);
            done.push(Done::to(name, "added"));
        }
        Ok(done)
    })
}

/// Puts a new user into USERS.
pub(super) fn put(
    config: &Config<'_>,
    change: &mut Change<'_>,
    file: &str,
    name: &str,
    secret: &str,
) -> Result<(), Error> {
    if let State::Known(known) = config.table(Table::Users)
        && known.has(name)
    {
        let disabled = known.get(name).is_none();
        let hint = if disabled { " and is disabled: enable lets it in" } else { "" };
        return Err(Error::refused(file, format!("user '{name}' already exists{hint}")));
    }
    let secret = Value::Text(secret.to_owned());
    change.set(Table::Users, name, &secret).map_err(|fault| fault.of(file))
}

/// Says what an earlier user of this name left behind.
fn left_over(desk: &Desk, config: &Config<'_>, file: &str, name: &str) {
    for table in [Table::MaxConns, Table::Expirations, Table::Quota] {
        if let State::Known(known) = config.table(table)
            && let Some(entry) = known.get(name)
        {
            let line = config.lines.line(entry.at());
            let what = format!("{} of '{name}' was there before and holds", table.name());
            desk.reporter.print(format!("{file}:{line}: {what}"));
        }
    }
}

/// Gives users new secrets.
pub(super) fn rotate(desk: &mut Desk) -> Result<(), Error> {
    let names = desk.names()?;
    let secrets = secrets(desk, names.len())?;
    let file = desk.path().display().to_string();
    desk.edit(|_, config, change| {
        let mut done = Vec::new();
        for (name, secret) in names.iter().zip(secrets) {
            must_exist(config, &file, name)?;
            let set = change.set(Table::Users, name, &Value::Text(secret));
            set.map_err(|fault| fault.of(&file))?;
            done.push(Done::to(name, "rotated"));
        }
        Ok(done)
    })
}

/// As many secrets as there are names: those of a file, or new ones.
fn secrets(desk: &Desk, count: usize) -> Result<Vec<String>, Error> {
    let Some(path) = &desk.options.secret_from else {
        let fresh = (0..count).map(|_| links::new_secret());
        return fresh
            .collect::<Result<_, _>>()
            .map_err(|error| Error::input("/dev/urandom", error));
    };
    let name = path.display().to_string();
    let text = input(path)?;
    let secrets: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if secrets.len() != count {
        let what = format!("has {} secrets for {count} names", secrets.len());
        return Err(Error::refused(name, what));
    }
    if let Some(n) = secrets.iter().position(|secret| !links::is_secret(secret)) {
        let what = "is no secret: 32 hex digits, without the dd or ee of a link";
        return Err(Error::refused(format!("{name}: secret {}", n + 1), what));
    }
    Ok(secrets.into_iter().map(str::to_ascii_lowercase).collect())
}
