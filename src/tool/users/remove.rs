//! `remove` and `rename`: in all tables that know the user.

use super::desk::{Desk, Done, must_be_a_name, must_exist, users};
use crate::error::Error;
use crate::pyconfig::{State, Table};

/// Removes users and all that is set for them.
pub(super) fn remove(desk: &mut Desk) -> Result<(), Error> {
    let names = desk.names()?;
    let file = desk.path().display().to_string();
    desk.edit(|desk, config, change| {
        for name in &names {
            must_exist(config, &file, name)?;
            for table in Table::ALL {
                change.remove(table, name).map_err(|fault| fault.of(&file))?;
            }
        }
        let all = users(config, &file)?.map_or(0, |known| known.all_in_order().count());
        if all == names.len() {
            let what = "no user is left; a proxy whose file sets no USERS lets in its own 'tg', \
                        whose secret everyone knows";
            desk.reporter.print(format!("{file}: {what}"));
        }
        Ok(names.iter().map(|name| Done::to(name, "removed")).collect())
    })
}

/// Gives a user another name.
pub(super) fn rename(desk: &mut Desk) -> Result<(), Error> {
    let [_, old, new] = desk.options.words.as_slice() else {
        return Err(Error::Usage("rename: takes two names, OLD and NEW".to_owned()));
    };
    let (old, new) = (old.clone(), new.clone());
    must_be_a_name(&new)?;
    let file = desk.path().display().to_string();
    desk.edit(|_, config, change| {
        must_exist(config, &file, &old)?;
        for table in Table::ALL {
            if let State::Known(known) = config.table(table)
                && let Some(entry) = known.under(&new).next()
            {
                let at = format!("{file}:{}", config.lines.line(entry.at()));
                return Err(Error::refused(
                    at,
                    format!("{} knows a '{new}' already", table.name()),
                ));
            }
            change.rename(table, &old, &new).map_err(|fault| fault.of(&file))?;
        }
        Ok(vec![Done { name: new.clone(), did: "renamed", was: Some(old.clone()) }])
    })
}
