//! `list`, `show`, `link` and `names`: what is there.

use super::desk::{Desk, must_exist, users};
use super::row::{self, Telling, User};
use crate::error::Error;
use crate::io::escape::Escaped;
use crate::pyconfig::Known;

/// Lists all users.
pub(super) fn list(desk: &mut Desk) -> Result<(), Error> {
    let seen = desk.see()?;
    let config = seen.config()?;
    let known = users(&config, &seen.name)?;
    let names: Vec<_> =
        known.into_iter().flat_map(|known| known.all_in_order().map(|(name, _)| name)).collect();
    let telling = if desk.options.links { Telling::Secrets } else { Telling::Open };
    let endpoint = match telling {
        Telling::Secrets => Some(row::endpoint(desk, &config, &seen.name)?),
        Telling::Open => None,
    };
    let modes = row::modes_of(&config);
    if desk.is_text {
        let mark = desk.look.mark("👥", "");
        let head = format!("{mark}Users in {}: {}\n", Escaped(&seen.name), names.len());
        desk.write(&head)?;
        let modes: Vec<_> = modes.iter().map(|mode| mode.name()).collect();
        desk.write(&format!("   modes: {}\n", modes.join(", ")))?;
    }
    let width = names.iter().map(|name| Escaped(name).to_string().chars().count()).max();
    let width = width.unwrap_or(0).min(32);
    for name in names {
        let Some(user) = User::of(&config, name) else { continue };
        let links = row::links(endpoint.as_ref(), Some(&user), telling);
        if desk.is_text {
            let mark = if user.is_disabled { ("🚫", "off") } else { ("✅", "ok") };
            let mark = desk.look.mark(mark.0, mark.1);
            let shown = Escaped(name).to_string();
            let line = format!("  {mark}{shown:<width$}  {}", Escaped(&user.limits()));
            desk.write(&format!("{}\n", line.trim_end()))?;
            row::link_lines(desk, &links)?;
        } else {
            row::row(desk, name, None, Some(&user), telling, (&links, &modes))?;
        }
    }
    Ok(())
}

/// Shows users with their secrets.
pub(super) fn show(desk: &mut Desk) -> Result<(), Error> {
    each(desk, |desk, user, links| {
        let mark = desk.look.mark("👤", "");
        desk.write(&format!("{mark}User: {}\n", Escaped(&user.name)))?;
        let secret = user.secret.as_deref().unwrap_or("(computed)");
        desk.write(&format!("   Secret: {}\n", Escaped(secret)))?;
        let limits = user.limits();
        if !limits.is_empty() {
            desk.write(&format!("   {}\n", Escaped(&limits)))?;
        }
        row::link_lines(desk, links)
    })
}

/// Shows the links of users.
pub(super) fn link(desk: &mut Desk) -> Result<(), Error> {
    each(desk, |desk, user, links| {
        let mark = desk.look.mark("👤", "");
        desk.write(&format!("{mark}User: {}\n", Escaped(&user.name)))?;
        row::link_lines(desk, links)
    })
}

fn each(
    desk: &mut Desk,
    text: impl Fn(&mut Desk, &User, &[crate::links::Link]) -> Result<(), Error>,
) -> Result<(), Error> {
    let names = desk.names()?;
    let seen = desk.see()?;
    let config = seen.config()?;
    names.iter().try_for_each(|name| must_exist(&config, &seen.name, name))?;
    let endpoint = row::endpoint(desk, &config, &seen.name)?;
    let modes = row::modes_of(&config);
    for name in &names {
        let Some(user) = User::of(&config, name) else { continue };
        let links = row::links(Some(&endpoint), Some(&user), Telling::Secrets);
        if desk.is_text {
            text(desk, &user, &links)?;
        } else {
            row::row(desk, name, None, Some(&user), Telling::Secrets, (&links, &modes))?;
        }
    }
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    row::pictures(desk, Some(&endpoint), &config, &names)
}

/// Prints the names, one a line, for completions and other programs.
pub(super) fn names(desk: &mut Desk) -> Result<(), Error> {
    let seen = desk.see()?;
    let config = seen.config()?;
    for (name, _) in users(&config, &seen.name)?.into_iter().flat_map(Known::all_in_order) {
        if !name.contains(['\n', '\r']) {
            desk.write(&format!("{name}\n"))?;
        }
    }
    Ok(())
}
