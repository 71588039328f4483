//! Commands that read: `list`, `show`, `link`, `names` and `export`.

use std::fmt::Display;

use super::context::{Context, require_user};
use super::endpoint::endpoint_of;
use super::import::COLUMNS;
use super::output::{self, QrOutput, UserFields};
use crate::error::Error;
use crate::io::escape::Escaped;
use crate::links::ProxyLink;
use crate::userconfig::ConfigUser;
use crate::view::messages::fill;

/// `list`
pub(super) fn list(context: &mut Context) -> Result<(), Error> {
    let snapshot = context.snapshot()?;
    let config = context.parse(&snapshot)?;
    let names = config.names().map_err(|error| error.into_error(&snapshot.name))?;
    let fields = if context.options.links { UserFields::Secret } else { UserFields::Public };
    let endpoint = match fields {
        UserFields::Secret => endpoint_of(context, &config, &snapshot.name),
        UserFields::Public => config.endpoint(),
    };
    if context.is_text {
        let (mark, messages) = (context.style.icon("👥", ""), context.messages());
        let parts: [(&str, &dyn Display); 2] =
            [("file", &Escaped(&snapshot.name)), ("n", &names.len())];
        context.write(&format!("{mark}{}\n", fill(messages.users_in, &parts)))?;
        let modes: Vec<_> = endpoint.modes.iter().map(|mode| mode.name()).collect();
        let modes = fill(messages.modes, &[("modes", &modes.join(", "))]);
        context.write(&format!("   {modes}\n"))?;
    }
    let width = names.iter().map(|name| Escaped(name).to_string().chars().count()).max();
    let width = width.unwrap_or(0).min(32);
    for name in names {
        let Some(user) = config.user(name) else { continue };
        let links = output::links(Some(&endpoint), Some(&user), fields);
        if !context.is_text {
            let extra = (&*links, &*endpoint.modes);
            output::print_row(context, name, None, Some(&user), fields, extra)?;
            continue;
        }
        let mark = if user.is_disabled { ("🚫", "off") } else { ("✅", "ok") };
        let mark = context.style.icon(mark.0, mark.1);
        let shown = Escaped(name).to_string();
        let limits = output::format_limits(&user, context.messages());
        let line = format!("  {mark}{shown:<width$}  {}", Escaped(&limits));
        context.write(&format!("{}\n", line.trim_end()))?;
        output::print_links(context, &links)?;
    }
    Ok(())
}

/// `show`
pub(super) fn show(context: &mut Context) -> Result<(), Error> {
    for_each_name(context, |context, user, links| {
        print_heading(context, user)?;
        let messages = context.messages();
        let secret = user.secret.as_deref().unwrap_or(messages.computed);
        let secret = fill(messages.secret, &[("secret", &Escaped(secret))]);
        context.write(&format!("   {secret}\n"))?;
        let limits = output::format_limits(user, context.messages());
        if !limits.is_empty() {
            context.write(&format!("   {}\n", Escaped(&limits)))?;
        }
        output::print_links(context, links)
    })
}

/// `link`
pub(super) fn link(context: &mut Context) -> Result<(), Error> {
    for_each_name(context, |context, user, links| {
        print_heading(context, user)?;
        output::print_links(context, links)
    })
}

fn print_heading(context: &mut Context, user: &ConfigUser) -> Result<(), Error> {
    let mark = context.style.icon("👤", "");
    let heading = fill(context.messages().user, &[("user", &Escaped(&user.name))]);
    context.write(&format!("{mark}{heading}\n"))
}

fn for_each_name(
    context: &mut Context,
    print_text: impl Fn(&mut Context, &ConfigUser, &[ProxyLink]) -> Result<(), Error>,
) -> Result<(), Error> {
    let names = context.names()?;
    let snapshot = context.snapshot()?;
    let config = context.parse(&snapshot)?;
    names.iter().try_for_each(|name| require_user(&config, &snapshot.name, name))?;
    let picture = QrOutput::prepare(context, names.len())?;
    let endpoint = endpoint_of(context, &config, &snapshot.name);
    for name in &names {
        let Some(user) = config.user(name) else { continue };
        let links = output::links(Some(&endpoint), Some(&user), UserFields::Secret);
        if context.is_text {
            print_text(context, &user, &links)?;
        } else {
            let extra = (&*links, &*endpoint.modes);
            output::print_row(context, name, None, Some(&user), UserFields::Secret, extra)?;
        }
    }
    match (picture, &*names) {
        (Some(picture), [name]) => picture.write(context, &config, Some(&endpoint), name),
        _ => Ok(()),
    }
}

/// `names`: one per line, for completions and other programs.
pub(super) fn names(context: &mut Context) -> Result<(), Error> {
    let snapshot = context.snapshot()?;
    let config = context.parse(&snapshot)?;
    for name in config.names().map_err(|error| error.into_error(&snapshot.name))? {
        if !name.contains(['\n', '\r']) {
            context.write(&format!("{name}\n"))?;
        }
    }
    Ok(())
}

/// `export`: all users with their secrets, as rows or as CSV.
pub(super) fn export(context: &mut Context) -> Result<(), Error> {
    let snapshot = context.snapshot()?;
    let config = context.parse(&snapshot)?;
    let names = config.names().map_err(|error| error.into_error(&snapshot.name))?;
    let users = names.into_iter().filter_map(|name| config.user(name));
    if !context.is_text {
        for user in users {
            let (fields, extra) = (UserFields::Secret, (&[][..], &[][..]));
            output::print_row(context, &user.name, None, Some(&user), fields, extra)?;
        }
        return Ok(());
    }
    let mut csv = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| Error::Output(std::io::Error::other(error));
    csv.write_record(COLUMNS).map_err(failed)?;
    for user in users {
        let number = |n: Option<i128>| n.map_or_else(String::new, |n| n.to_string());
        let cells = [
            user.name.clone(),
            user.secret.clone().unwrap_or_default(),
            number(user.max_conns),
            user.expires.clone().unwrap_or_default(),
            number(user.quota),
            if user.is_disabled { "true" } else { "" }.to_owned(),
        ];
        csv.write_record(cells).map_err(failed)?;
    }
    let bytes = csv.into_inner().map_err(|error| Error::Output(error.into_error()))?;
    context.out.buffer.extend_from_slice(&bytes);
    context.out.after_row()
}
