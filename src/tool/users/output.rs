//! Users as rows, as text and as QR codes.

use std::fmt::Display;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::context::Context;
use super::endpoint::endpoint_of;
use super::messages::Messages;
use crate::error::{Error, ExitStatus};
use crate::io::atomic_write;
use crate::io::escape::Escaped;
use crate::io::output::columns;
use crate::links::{Endpoint, LinkMode, ProxyLink, qr};
use crate::stream::{LinkRow, UserRow};
use crate::userconfig::{ConfigUser, UserConfig};
use crate::view::messages::fill;
use crate::view::style::Colours;
use crate::view::units;

/// What an edit did to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UserAction {
    Added,
    AlreadyThere,
    Rotated,
    Removed,
    Renamed,
    Disabled,
    AlreadyDisabled,
    Enabled,
    AlreadyEnabled,
    Limited,
}

impl UserAction {
    /// Name in rows.
    fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::AlreadyThere => "already there",
            Self::Rotated => "rotated",
            Self::Removed => "removed",
            Self::Renamed => "renamed",
            Self::Disabled => "disabled",
            Self::AlreadyDisabled => "already disabled",
            Self::Enabled => "enabled",
            Self::AlreadyEnabled => "already enabled",
            Self::Limited => "limited",
        }
    }

    /// `User 'alice' added successfully!`, as the old scripts print it.
    fn sentence(self, messages: &Messages) -> &'static str {
        match self {
            Self::Added => messages.added,
            Self::AlreadyThere => messages.already_there,
            Self::Rotated => messages.rotated,
            Self::Removed => messages.removed,
            Self::Renamed => messages.renamed,
            Self::Disabled => messages.disabled,
            Self::AlreadyDisabled => messages.already_disabled,
            Self::Enabled => messages.enabled,
            Self::AlreadyEnabled => messages.already_enabled,
            Self::Limited => messages.limited,
        }
    }
}

/// A change of a user, for its row.
#[derive(Clone, Debug)]
pub(super) struct UserChange {
    pub(super) name: String,
    pub(super) action: UserAction,
    pub(super) old_name: Option<String>,
}

impl UserChange {
    pub(super) fn new(name: &str, action: UserAction) -> Self {
        Self { name: name.to_owned(), action, old_name: None }
    }

    fn sentence(&self, messages: &Messages) -> String {
        let old = self.old_name.as_deref().unwrap_or_default();
        fill(self.action.sentence(messages), &[("user", &self.name), ("old", &old)])
    }

    /// Tests if the row and text contain the secret.
    fn shows_secret(&self) -> bool {
        matches!(self.action, UserAction::Added | UserAction::Rotated)
    }
}

/// Which fields of a user are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UserFields {
    /// Name and limits.
    Public,
    /// The secret and links, too.
    Secret,
}

/// Formats limits: `5 connections, until 2026-12-31, 10 GB`
pub(super) fn format_limits(user: &ConfigUser, messages: &Messages) -> String {
    let disabled = user.is_disabled.then(|| messages.is_disabled.to_owned());
    let conns = user.max_conns.map(|n| fill(messages.connections, &[("n", &n)]));
    let expires = user.expires.as_ref().map(|day| fill(messages.until, &[("day", day)]));
    let quota = user
        .quota
        .map(|bytes| u64::try_from(bytes).map_or_else(|_| bytes.to_string(), units::bytes));
    disabled.into_iter().chain(conns).chain(expires).chain(quota).collect::<Vec<_>>().join(", ")
}

/// Writes the changes of an edit.
pub(super) fn print_changes(
    context: &mut Context,
    config: &UserConfig<'_>,
    file: &str,
    changes: &[UserChange],
    picture: Option<QrOutput>,
) -> Result<(), Error> {
    let shows_secrets = changes.iter().any(UserChange::shows_secret);
    let endpoint = shows_secrets.then(|| endpoint_of(context, config, file));
    for change in changes {
        let user = config.user(&change.name);
        let fields = if change.shows_secret() { UserFields::Secret } else { UserFields::Public };
        let links = links(endpoint.as_ref(), user.as_ref(), fields);
        if !context.is_text {
            print_row(context, &change.name, Some(change), user.as_ref(), fields, (&links, &[]))?;
            continue;
        }
        let mark = context.style.icon("✅", "ok");
        context.write(&format!("{mark}{}\n", Escaped(&change.sentence(context.messages()))))?;
        let limits = user
            .as_ref()
            .map(|user| format_limits(user, context.messages()))
            .filter(|text| !text.is_empty());
        if let (Some(limits), UserAction::Limited) = (limits, change.action) {
            context.write(&format!("   {}\n", Escaped(&limits)))?;
        }
        if let Some(user) = user.filter(|_| fields == UserFields::Secret) {
            print_secret(context, &user, &links)?;
        }
    }
    match (picture, changes) {
        (Some(picture), [change]) => {
            picture.write(context, config, endpoint.as_ref(), &change.name)
        }
        _ => Ok(()),
    }
}

/// Writes the secret and links below a user's first line, in the form of the old scripts.
fn print_secret(
    context: &mut Context,
    user: &ConfigUser,
    links: &[ProxyLink],
) -> Result<(), Error> {
    let messages = context.messages();
    let secret = user.secret.as_deref().unwrap_or(messages.computed);
    context.write(&format!("{}\n", fill(messages.secret, &[("secret", &Escaped(secret))])))?;
    if let Some(link) = links.last() {
        let line = fill(messages.connection_string, &[("link", &link.tg)]);
        context.write(&format!("{line}\n"))?;
    }
    print_links(context, links)
}

/// Writes the link of the strongest mode, or with `--all-links` those of all modes.
pub(super) fn print_links(context: &mut Context, links: &[ProxyLink]) -> Result<(), Error> {
    let first = if context.options.all_links { 0 } else { links.len().saturating_sub(1) };
    for link in links.iter().skip(first) {
        let mark = context.style.icon("🔗", "");
        let name = link.mode.name();
        context.write(&format!("   {mark}{name:<8}{}\n{:14}{}\n", link.tg, "", link.https))?;
    }
    Ok(())
}

pub(super) fn links(
    endpoint: Option<&Endpoint>,
    user: Option<&ConfigUser>,
    fields: UserFields,
) -> Vec<ProxyLink> {
    let secret = user.and_then(|user| user.secret.as_deref());
    match (endpoint, secret, fields) {
        (Some(endpoint), Some(secret), UserFields::Secret) => endpoint.links(secret),
        _ => Vec::new(),
    }
}

/// Writes the row of a user.
pub(super) fn print_row(
    context: &mut Context,
    name: &str,
    change: Option<&UserChange>,
    user: Option<&ConfigUser>,
    fields: UserFields,
    (links, modes): (&[ProxyLink], &[LinkMode]),
) -> Result<(), Error> {
    let mut row = UserRow {
        user: name.into(),
        did: change.map(|change| change.action.name().into()),
        was: change.and_then(|change| change.old_name.as_deref().map(Into::into)),
        modes: modes.iter().map(|mode| mode.name().into()).collect(),
        ..UserRow::default()
    };
    if let Some(user) = user {
        row.line = change.is_none().then(|| u64::try_from(user.line).unwrap_or(0));
        let secret = user.secret.as_deref().filter(|_| fields == UserFields::Secret);
        row.secret = secret.map(Into::into);
        row.max_conns = user.max_conns;
        row.expires = user.expires.as_deref().map(Into::into);
        row.quota = user.quota;
        row.disabled = user.is_disabled;
    }
    let link = |link: &ProxyLink| LinkRow {
        mode: link.mode.name().into(),
        tg: link.tg.clone().into(),
        https: link.https.clone().into(),
    };
    row.links = links.iter().map(link).collect();
    context.write_row(&row)
}

/// A requested QR code. Its file is made before an edit, so that an edit is not followed by a
/// failure to make it.
#[derive(Debug)]
pub(super) struct QrOutput {
    on_terminal: bool,
    svg: Option<(NamedTempFile, PathBuf)>,
    png: Option<(NamedTempFile, PathBuf)>,
}

impl QrOutput {
    /// Prepares a QR code if one is requested; refuses one of several users.
    pub(super) fn prepare(context: &Context, names: usize) -> Result<Option<Self>, Error> {
        let options = &context.options;
        if !options.qr && options.qr_svg.is_none() && options.qr_png.is_none() {
            return Ok(None);
        }
        if names != 1 {
            return Err(Error::Usage("a QR code needs exactly one NAME".to_owned()));
        }
        let file = |path: Option<&Path>| path.map(private_file).transpose();
        let (svg, png) = (file(options.qr_svg.as_deref())?, file(options.qr_png.as_deref())?);
        Ok(Some(Self { on_terminal: options.qr, svg, png }))
    }

    /// Writes the QR code of the user's strongest link.
    pub(super) fn write(
        self,
        context: &mut Context,
        config: &UserConfig<'_>,
        endpoint: Option<&Endpoint>,
        name: &str,
    ) -> Result<(), Error> {
        let links = links(endpoint, config.user(name).as_ref(), UserFields::Secret);
        let Some(link) = links.last() else {
            context.reporter.print(format!("{name}: {}", context.messages().no_qr));
            return Ok(());
        };
        let too_long = |_| Error::refused(name, "the link is too long for a QR code");
        if self.on_terminal {
            let paint = match context.style.colours {
                Colours::On => qr::Paint::Coloured,
                Colours::Off => qr::Paint::Bare,
            };
            let picture = qr::text(&link.tg, paint).map_err(too_long)?;
            let width = qr::width(&link.tg).map_err(too_long)?;
            match columns().filter(|columns| *columns < width) {
                Some(columns) => {
                    let parts: [(&str, &dyn Display); 2] =
                        [("width", &width), ("columns", &columns)];
                    let message = fill(context.messages().qr_wide, &parts);
                    context.reporter.print(format!("{name}: {message}"));
                    context.exit_status = ExitStatus::Failure;
                }
                None => context.write(&picture)?,
            }
        }
        if let Some(file) = self.svg {
            save(file, qr::svg(&link.tg).map_err(too_long)?.as_bytes())?;
        }
        if let Some(file) = self.png {
            save(file, &qr::png(&link.tg).map_err(too_long)?)?;
        }
        Ok(())
    }
}

fn save((mut file, path): (NamedTempFile, PathBuf), bytes: &[u8]) -> Result<(), Error> {
    let written = file.write_all(bytes);
    let saved = written.and_then(|()| atomic_write::persist(file, &path));
    saved.map_err(|error| Error::input(path.display(), error))
}

/// Creates a file of mode 0600 that will replace `path`, which must be absent or an own regular
/// file: what else has a name (`/dev/null`, a link) would be gone.
fn private_file(path: &Path) -> Result<(NamedTempFile, PathBuf), Error> {
    let failed = |error| Error::input(path.display(), error);
    if let Ok(meta) = std::fs::symlink_metadata(path) {
        let is_own = meta.uid() == rustix::process::geteuid().as_raw();
        if meta.is_dir() {
            return Err(failed(rustix::io::Errno::ISDIR.into()));
        }
        if !meta.is_file() {
            return Err(Error::refused(path.display(), "a link, pipe or device, not a file"));
        }
        if !is_own {
            return Err(Error::refused(path.display(), "belongs to another user"));
        }
    }
    let file = atomic_write::temporary_for(path).map_err(failed)?;
    Ok((file, path.to_owned()))
}
