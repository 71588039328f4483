//! A user as a row and as lines for people.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::desk::{Desk, Done};
use crate::error::Error;
use crate::io::escape::Escaped;
use crate::json::{self, Row};
use crate::links::{Endpoint, Link, Mode, modes, qr};
use crate::pyconfig::limits::read_day;
use crate::pyconfig::{Config, State, Table, Value};
use crate::view::look::Colours;
use crate::view::units;

/// What a file says of one user.
#[derive(Debug)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) secret: Option<String>,
    pub(super) max_conns: Option<i128>,
    /// `2026-12-31`, or what stands there if it is no day.
    pub(super) expires: Option<String>,
    pub(super) quota: Option<i128>,
    pub(super) is_disabled: bool,
}

impl User {
    pub(super) fn of(config: &Config<'_>, name: &str) -> Option<Self> {
        let State::Known(known) = config.table(Table::Users) else { return None };
        let entry = known.get(name).or_else(|| known.get_gone(name))?;
        let value = |table| match config.table(table) {
            State::Known(known) => known.get(name).map(|entry| entry.value.clone()),
            State::Absent | State::Computed { .. } => None,
        };
        let expires = value(Table::Expirations).and_then(|value| value.text().map(str::to_owned));
        Some(Self {
            name: name.to_owned(),
            line: config.lines.line(entry.at()),
            secret: entry.value.text().map(str::to_owned),
            max_conns: value(Table::MaxConns).as_ref().and_then(Value::whole),
            expires: expires.map(|day| read_day(&day).map_or(day, |day| day.to_string())),
            quota: value(Table::Quota).as_ref().and_then(Value::whole),
            is_disabled: known.get(name).is_none(),
        })
    }

    /// `5 connections, until 2026-12-31, 10 GB`
    pub(super) fn limits(&self) -> String {
        let disabled = self.is_disabled.then(|| "disabled".to_owned());
        let conns = self.max_conns.map(|n| format!("{n} connections"));
        let expires = self.expires.as_ref().map(|day| format!("until {day}"));
        let quota = self
            .quota
            .map(|bytes| u64::try_from(bytes).map_or_else(|_| bytes.to_string(), units::bytes));
        disabled.into_iter().chain(conns).chain(expires).chain(quota).collect::<Vec<_>>().join(", ")
    }
}

/// Whether secrets are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Telling {
    /// Names and limits.
    Open,
    /// Secrets and links too.
    Secrets,
}

/// Writes what was done to users.
pub(super) fn done(
    desk: &mut Desk,
    config: &Config<'_>,
    file: &str,
    done: &[Done],
) -> Result<(), Error> {
    let tells = done.iter().any(|one| has_secret(one.did));
    let endpoint = if tells { Some(endpoint(desk, config, file)?) } else { None };
    for one in done {
        let user = User::of(config, &one.name);
        let telling = if has_secret(one.did) { Telling::Secrets } else { Telling::Open };
        let links = links(endpoint.as_ref(), user.as_ref(), telling);
        if desk.is_text {
            let mark = desk.look.mark("✅", "ok");
            desk.write(&format!("{mark}{}\n", Escaped(&one.sentence())))?;
            let limits = user.as_ref().map(User::limits).filter(|text| !text.is_empty());
            if let (Some(limits), "limited") = (limits, one.did) {
                desk.write(&format!("   {}\n", Escaped(&limits)))?;
            }
            if let Some(user) = user.filter(|_| telling == Telling::Secrets) {
                secret_lines(desk, &user, &links)?;
            }
        } else {
            row(desk, &one.name, Some(one), user.as_ref(), telling, (&links, &[]))?;
        }
    }
    let names: Vec<_> = done.iter().map(|one| one.name.as_str()).collect();
    pictures(desk, endpoint.as_ref(), config, &names)
}

fn has_secret(did: &str) -> bool {
    matches!(did, "added" | "rotated")
}

/// The secret and links under a user's first line, in the words of the scripts.
fn secret_lines(desk: &mut Desk, user: &User, links: &[Link]) -> Result<(), Error> {
    let secret = user.secret.as_deref().unwrap_or("(computed)");
    desk.write(&format!("Secret: {}\n", Escaped(secret)))?;
    if let Some(link) = links.last() {
        desk.write(&format!("Connection string: {}\n", link.tg))?;
    }
    link_lines(desk, links)
}

/// All links, a mode after another.
pub(super) fn link_lines(desk: &mut Desk, links: &[Link]) -> Result<(), Error> {
    for link in links {
        let mark = desk.look.mark("🔗", "");
        let name = link.mode.name();
        desk.write(&format!("   {mark}{name:<8}{}\n{:14}{}\n", link.tg, "", link.https))?;
    }
    Ok(())
}

/// Where the proxy is; says so once where its address is not known.
pub(super) fn endpoint(desk: &Desk, config: &Config<'_>, file: &str) -> Result<Endpoint, Error> {
    let endpoint = Endpoint::of(config, desk.options.server.as_deref());
    let endpoint = endpoint.map_err(|fault| fault.of(file))?;
    if endpoint.server.is_none() {
        let what = "sets no MY_DOMAIN and there is no --server: links have YOUR_IP";
        desk.reporter.print(format!("{file}: {what}"));
    }
    Ok(endpoint)
}

pub(super) fn links(
    endpoint: Option<&Endpoint>,
    user: Option<&User>,
    telling: Telling,
) -> Vec<Link> {
    let secret = user.and_then(|user| user.secret.as_deref());
    match (endpoint, secret, telling) {
        (Some(endpoint), Some(secret), Telling::Secrets) => endpoint.links(secret),
        _ => Vec::new(),
    }
}

/// Writes a row of a user.
pub(super) fn row(
    desk: &mut Desk,
    name: &str,
    done: Option<&Done>,
    user: Option<&User>,
    telling: Telling,
    (links, modes): (&[Link], &[Mode]),
) -> Result<(), Error> {
    let mut row = Row::new(&mut desk.out.buffer, "user");
    row.text("user", name);
    row.opt_str("did", done.map(|done| done.did));
    row.opt_str("was", done.and_then(|done| done.was.as_deref()));
    if let Some(user) = user {
        if done.is_none() {
            row.number("line", i128::try_from(user.line).unwrap_or(0));
        }
        let secret = user.secret.as_deref().filter(|_| telling == Telling::Secrets);
        row.opt_str("secret", secret);
        row.opt_number("max_conns", user.max_conns);
        row.opt_str("expires", user.expires.as_deref());
        row.opt_number("quota", user.quota);
        if user.is_disabled {
            row.bool("disabled", true);
        }
    }
    if !modes.is_empty() {
        let names: Vec<_> = modes.iter().map(|mode| mode.name()).collect();
        list(row.key("modes"), &names, |out, name| json::string(out, name));
    }
    if !links.is_empty() {
        list(row.key("links"), links, |out, link| {
            out.extend_from_slice(b"{\"mode\":");
            json::string(out, link.mode.name());
            out.extend_from_slice(b",\"tg\":");
            json::string(out, &link.tg);
            out.extend_from_slice(b",\"https\":");
            json::string(out, &link.https);
            out.push(b'}');
        });
    }
    row.end();
    desk.out.after_row()
}

fn list<T>(out: &mut Vec<u8>, items: &[T], write: impl Fn(&mut Vec<u8>, &T)) {
    out.push(b'[');
    for (n, item) in items.iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

/// The modes of a file, or none where they cannot be told.
pub(super) fn modes_of(config: &Config<'_>) -> Vec<Mode> {
    modes(config).unwrap_or_default()
}

/// The links of users as pictures, where that was asked for.
pub(super) fn pictures(
    desk: &mut Desk,
    endpoint: Option<&Endpoint>,
    config: &Config<'_>,
    names: &[&str],
) -> Result<(), Error> {
    let svg = desk.options.qr_svg.clone();
    if !desk.options.qr && svg.is_none() {
        return Ok(());
    }
    let [name] = names else {
        return Err(Error::Usage("a QR code is of one user's link".to_owned()));
    };
    let user = User::of(config, name);
    let links = links(endpoint, user.as_ref(), Telling::Secrets);
    let Some(link) = links.last() else { return Ok(()) };
    let too_long = |_| Error::refused(*name, "the link is too long for a QR code");
    if desk.options.qr {
        let paint = match desk.look.colours {
            Colours::On => qr::Paint::Coloured,
            Colours::Off => qr::Paint::Bare,
        };
        let picture = qr::text(&link.tg, paint).map_err(too_long)?;
        desk.write(&picture)?;
    }
    match svg {
        Some(path) => private(&path, &qr::svg(&link.tg).map_err(too_long)?)
            .map_err(|error| Error::input(path.display(), error)),
        None => Ok(()),
    }
}

/// Writes a file that nobody else may read.
fn private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    if file.metadata()?.is_file() {
        file.set_permissions(PermissionsExt::from_mode(0o600))?;
        file.set_len(0)?;
    }
    file.write_all(text.as_bytes())
}
