//! Commands that edit: one locked read, one verified write, then rows and a reload.

use super::context::{Context, check_name, read_input, require_user};
use super::options::{LimitArg, today};
use super::output::{self, QrOutput, UserAction, UserChange};
use super::reload::{ReloadPlan, reload_proxies};
use crate::diagnostic::Diagnostic;
use crate::error::Error;
use crate::links;
use crate::proxy::ManagementApi;
use crate::tomlconfig::TomlKind;
use crate::userconfig::file;
use crate::userconfig::{ConfigKind, LimitValue, UserConfig, UserConfigEdit};
use crate::view::messages::fill;

/// Runs one edit of the config file. `make` collects the changes; nothing is written if it fails.
pub(super) fn run_edit(
    context: &mut Context,
    make: impl FnOnce(
        &mut Context,
        &UserConfig<'_>,
        &mut UserConfigEdit<'_>,
    ) -> Result<Vec<UserChange>, Error>,
) -> Result<(), Error> {
    if context.options.dry_run {
        return dry_run(context, make);
    }
    let mut locked = file::lock(&context.path())?;
    context.print_notes(&locked.snapshot);
    let (name, bytes) = (locked.snapshot.name.clone(), locked.snapshot.bytes.clone());
    let of = |error: Diagnostic| error.into_error(&name);
    let before = UserConfig::read_named(&bytes, context.options.kind, &name).map_err(of)?;
    let domain = context.options.tls_domain.clone();
    let mut edit = UserConfigEdit::new(&before, domain.as_deref());
    let changes = make(context, &before, &mut edit)?;
    let picture = QrOutput::prepare(context, changes.len())?;
    let edited = edit.apply();
    let after = edited.verify().map_err(of)?;
    let wants_reload = context.options.reload;
    let reload = wants_reload.then(|| ReloadPlan::prepare(context, &after)).transpose()?;
    locked.replace(&before, &after)?;
    drop(locked);
    output::print_changes(context, &after, &name, &changes, picture)?;
    context.out.flush()?;
    print_open_connections(context, &after, &changes);
    if let Some(plan) = reload {
        return reload_proxies(context, &after, &name, plan);
    }
    if after.text() != before.text() {
        print_not_in_force(context, &after);
    }
    Ok(())
}

/// Reports that a saved edit is not yet in force, and the command that applies it.
fn print_not_in_force(context: &Context, config: &UserConfig<'_>) {
    let path = context.path().display().to_string();
    let command = match &context.options.config {
        Some(_) => format!("mtp-users reload --config {path}"),
        None => "mtp-users reload".to_owned(),
    };
    let messages = context.messages();
    let text = match config.kind() {
        ConfigKind::Toml(TomlKind::Telemt) => messages.telemt_reads,
        ConfigKind::Toml(TomlKind::MtgMulti) if ManagementApi::of(config).is_none() => {
            messages.mtg_restarts
        }
        ConfigKind::Mtprotoproxy | ConfigKind::Toml(TomlKind::Teleproxy | TomlKind::MtgMulti) => {
            messages.not_in_force
        }
    };
    let effect = fill(text, &[("command", &command)]);
    context.reporter.print(format!("{path}: {effect}"));
}

/// Reports that open connections of removed or disabled users stay open, and how they end.
fn print_open_connections(context: &Context, config: &UserConfig<'_>, changes: &[UserChange]) {
    let has = |action| changes.iter().any(|change| change.action == action);
    let (removed, disabled) = (has(UserAction::Removed), has(UserAction::Disabled));
    let (messages, mut notes) = (context.messages(), Vec::new());
    match config {
        UserConfig::Python(_) if removed || disabled => notes.push(messages.stay_open.to_owned()),
        UserConfig::Toml(toml) => match toml.kind {
            TomlKind::Telemt if removed => notes.push(messages.stay_open_disable.to_owned()),
            TomlKind::Teleproxy => {
                if removed {
                    notes.push(match toml.drain_seconds() {
                        0 => messages.removed_stay.to_owned(),
                        seconds => fill(messages.removed_drain, &[("n", &seconds)]),
                    });
                }
                if disabled {
                    notes.push(messages.disabled_stay.to_owned());
                }
            }
            TomlKind::Telemt | TomlKind::MtgMulti => {}
        },
        UserConfig::Python(_) => {}
    }
    for note in notes {
        context.reporter.print(format!("{}: {note}", context.path().display()));
    }
}

/// Writes the diff of an edit.
fn dry_run(
    context: &mut Context,
    make: impl FnOnce(
        &mut Context,
        &UserConfig<'_>,
        &mut UserConfigEdit<'_>,
    ) -> Result<Vec<UserChange>, Error>,
) -> Result<(), Error> {
    let snapshot = context.snapshot()?;
    let name = &snapshot.name;
    let before = context.parse(&snapshot)?;
    let domain = context.options.tls_domain.clone();
    let mut edit = UserConfigEdit::new(&before, domain.as_deref());
    make(context, &before, &mut edit)?;
    let edited = edit.apply();
    edited.verify().map_err(|error| error.into_error(name))?;
    let diff = similar::TextDiff::from_lines(before.text(), edited.text());
    let shown = diff.unified_diff().header(name, name).to_string();
    context.write(&shown)
}

/// `add`
pub(super) fn add(context: &mut Context) -> Result<(), Error> {
    let names = context.names()?;
    names.iter().try_for_each(|name| check_name(name))?;
    let secrets = secrets(context, names.len())?;
    let file = context.path().display().to_string();
    run_edit(context, |context, config, edit| {
        let mut changes = Vec::new();
        for (name, secret) in names.iter().zip(&secrets) {
            let exists = config.contains(name).map_err(|error| error.into_error(&file))?;
            if exists && context.options.skip_existing {
                changes.push(UserChange::new(name, UserAction::AlreadyThere));
                continue;
            }
            add_user(config, edit, &file, name, secret)?;
            for note in config.leftover_limits(name) {
                context.reporter.print(note.into_error(&file));
            }
            apply_limits(context, edit, name, &file)?;
            changes.push(UserChange::new(name, UserAction::Added));
        }
        Ok(changes)
    })
}

/// Adds a user that must not exist.
pub(super) fn add_user(
    config: &UserConfig<'_>,
    edit: &mut UserConfigEdit<'_>,
    file: &str,
    name: &str,
    secret: &str,
) -> Result<(), Error> {
    let of = |error: Diagnostic| error.into_error(file);
    if config.contains(name).map_err(of)? {
        let is_disabled = config.user(name).is_some_and(|user| user.is_disabled);
        let hint =
            if is_disabled { " and is disabled (use enable)" } else { " (use --skip-existing)" };
        return Err(Error::refused(file, format!("user '{name}' already exists{hint}")));
    }
    edit.set_secret(name, secret).map_err(of)
}

fn apply_limits(
    context: &Context,
    edit: &mut UserConfigEdit<'_>,
    name: &str,
    file: &str,
) -> Result<(), Error> {
    for limit in context.options.limits.iter() {
        if matches!(limit, LimitArg::Set(LimitValue::Expires(day)) if day <= today()) {
            context.reporter.print(format!("{name}: {}", context.messages().expired));
        }
        let applied = match limit {
            LimitArg::Remove(limit) => edit.remove_limit(name, limit),
            LimitArg::Set(value) => edit.set_limit(name, value),
        };
        applied.map_err(|error| error.into_error(file))?;
    }
    Ok(())
}

/// `rotate`
pub(super) fn rotate(context: &mut Context) -> Result<(), Error> {
    let names = context.names()?;
    let secrets = secrets(context, names.len())?;
    let file = context.path().display().to_string();
    run_edit(context, |_, config, edit| {
        let mut changes = Vec::new();
        for (name, secret) in names.iter().zip(&secrets) {
            require_user(config, &file, name)?;
            edit.set_secret(name, secret).map_err(|error| error.into_error(&file))?;
            changes.push(UserChange::new(name, UserAction::Rotated));
        }
        Ok(changes)
    })
}

/// Returns one secret per name: those of a file, or new ones.
fn secrets(context: &Context, count: usize) -> Result<Vec<String>, Error> {
    let Some(path) = &context.options.secret_from else {
        let new = (0..count).map(|_| links::new_secret());
        return new
            .collect::<Result<_, _>>()
            .map_err(|error| Error::input("random number generator", error));
    };
    let name = path.display().to_string();
    let text = read_input(path)?;
    let secrets: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if secrets.len() != count {
        let message = format!("{} secrets for {count} names", secrets.len());
        return Err(Error::refused(name, message));
    }
    let is_valid =
        |secret: &str| links::is_secret(secret) || links::decode_mtg_secret(secret).is_some();
    if let Some(n) = secrets.iter().position(|secret| !is_valid(secret)) {
        let message = "invalid secret (expected 32 hex digits, without the dd or ee of a link)";
        return Err(Error::refused(format!("{name}: secret {}", n + 1), message));
    }
    let lower = |secret: &str| {
        if links::is_secret(secret) { secret.to_ascii_lowercase() } else { secret.to_owned() }
    };
    Ok(secrets.into_iter().map(lower).collect())
}

/// `remove`
pub(super) fn remove(context: &mut Context) -> Result<(), Error> {
    let names = context.names()?;
    let file = context.path().display().to_string();
    run_edit(context, |context, config, edit| {
        let of = |error: Diagnostic| error.into_error(&file);
        for name in &names {
            require_user(config, &file, name)?;
            for note in edit.remove(name).map_err(of)? {
                context.reporter.print(note.into_error(&file));
            }
        }
        if config.names().map_err(of)?.len() == names.len() {
            context.reporter.print(format!("{file}: {}", context.messages().no_user_left));
        }
        Ok(names.iter().map(|name| UserChange::new(name, UserAction::Removed)).collect())
    })
}

/// `rename`
pub(super) fn rename(context: &mut Context) -> Result<(), Error> {
    let [_, old, new] = context.options.words.as_slice() else {
        return Err(Error::Usage("rename: expected two names, OLD and NEW".to_owned()));
    };
    let (old, new) = (old.clone(), new.clone());
    check_name(&new)?;
    let file = context.path().display().to_string();
    run_edit(context, |_, config, edit| {
        require_user(config, &file, &old)?;
        if old != new {
            edit.rename(&old, &new).map_err(|error| error.into_error(&file))?;
        }
        Ok(vec![UserChange {
            name: new.clone(),
            action: UserAction::Renamed,
            old_name: Some(old.clone()),
        }])
    })
}

/// `disable`
pub(super) fn disable(context: &mut Context) -> Result<(), Error> {
    set_enabled(context, false)
}

/// `enable`
pub(super) fn enable(context: &mut Context) -> Result<(), Error> {
    set_enabled(context, true)
}

fn set_enabled(context: &mut Context, enable: bool) -> Result<(), Error> {
    let names = context.names()?;
    let file = context.path().display().to_string();
    run_edit(context, |_, config, edit| {
        let mut changes = Vec::new();
        for name in &names {
            require_user(config, &file, name)?;
            let is_enabled = config.user(name).is_some_and(|user| !user.is_disabled);
            let (result, action) = match (enable, is_enabled) {
                (false, true) => (edit.disable(name), UserAction::Disabled),
                (true, false) => (edit.enable(name), UserAction::Enabled),
                (false, false) => (Ok(()), UserAction::AlreadyDisabled),
                (true, true) => (Ok(()), UserAction::AlreadyEnabled),
            };
            result.map_err(|error| error.into_error(&file))?;
            changes.push(UserChange::new(name, action));
        }
        Ok(changes)
    })
}

/// `limit`
pub(super) fn limit(context: &mut Context) -> Result<(), Error> {
    let names = context.names()?;
    if context.options.limits.iter().next().is_none() {
        let message = "limit: missing option (expected --max-conns, --expires or --quota)";
        return Err(Error::Usage(message.to_owned()));
    }
    let file = context.path().display().to_string();
    run_edit(context, |context, config, edit| {
        for name in &names {
            require_user(config, &file, name)?;
            apply_limits(context, edit, name, &file)?;
        }
        Ok(names.iter().map(|name| UserChange::new(name, UserAction::Limited)).collect())
    })
}
