//! `reload`, and `--reload` after an edit.

use std::fmt::Display;
use std::os::unix::fs::MetadataExt;

use super::context::Context;
use super::options::today;
use crate::diagnostic::{Diagnostic, DiagnosticLevel};
use crate::error::{Error, ExitStatus};
use crate::io::escape::Escaped;
use crate::proxy::{
    CONFIRM_TIMEOUT, Compiled, Confirmation, ManagementApi, ReloadSignal, ReloadTarget, TELEMT,
    compile, find_targets,
};
use crate::stream::ReloadRow;
use crate::tomlconfig::TomlKind;
use crate::userconfig::{ConfigKind, UserConfig};
use crate::view::messages::fill;

/// What a reload needs, found before an edit so that none is written that cannot be applied.
#[derive(Debug)]
pub(super) enum ReloadPlan {
    Signal(ReloadSignal),
    /// The API, where it is on, and the number of reloads so far.
    Telemt(Option<ManagementApi>, Option<u64>),
    MtgMulti(ManagementApi),
}

impl ReloadPlan {
    /// Finds the proxy; an error where none can be reached.
    pub(super) fn prepare(context: &Context, config: &UserConfig<'_>) -> Result<Self, Error> {
        let path = context.path();
        let refused = |message: String| Error::refused(path.display(), message);
        let Some(signal) = ReloadSignal::of(config.kind()) else {
            let Some(api) = ManagementApi::of(config) else {
                let message = "mtg-multi reloads by its API only, and the file sets no api-bind-to \
                               (restart the proxy to apply an edit)";
                return Err(refused(message.to_owned()));
            };
            if !api.answers() {
                let address = &api.address;
                return Err(refused(format!("the API of mtg-multi at {address} does not answer")));
            }
            return Ok(Self::MtgMulti(api));
        };
        let targets = find_targets(&context.options.proxy, &path, signal);
        let targets = targets.and_then(|targets| {
            targets.iter().try_for_each(|target| target.check(signal)).map(|()| targets)
        });
        if config.kind() == ConfigKind::Toml(TomlKind::Telemt) {
            let api = ManagementApi::of(config);
            let reloads = api.as_ref().and_then(ManagementApi::telemt_reloads);
            return match (targets, reloads) {
                (Err(error), None) => Err(error),
                (Err(error), Some(_)) if context.options.proxy.is_set() => Err(error),
                (_, reloads) => Ok(Self::Telemt(api, reloads.map(|(count, _)| count))),
            };
        }
        targets.map(|_| Self::Signal(signal))
    }
}

/// `reload`
pub(super) fn reload(context: &mut Context) -> Result<(), Error> {
    let snapshot = context.snapshot()?;
    let config = context.parse(&snapshot)?;
    check_loads(&config, &snapshot.name)?;
    let plan = match ReloadPlan::prepare(context, &config)? {
        ReloadPlan::Telemt(api, _) => ReloadPlan::Telemt(api, None),
        plan @ (ReloadPlan::Signal(_) | ReloadPlan::MtgMulti(_)) => plan,
    };
    reload_proxies(context, &config, &snapshot.name, plan)
}

/// Refuses a file with which the proxy would stop.
fn check_loads(config: &UserConfig<'_>, file: &str) -> Result<(), Error> {
    let mut diagnostics = config.diagnostics(today()).into_iter();
    match diagnostics.find(|one| one.level == DiagnosticLevel::Fatal) {
        Some(fatal) => Err(not_reloaded(file, &fatal)),
        None => Ok(()),
    }
}

fn not_reloaded(file: &str, diagnostic: &Diagnostic) -> Error {
    let at = format!("{file}:{}", diagnostic.line);
    Error::refused(at, format!("{}; not reloaded", diagnostic.message))
}

/// Makes the proxies that read a file read it again.
pub(super) fn reload_proxies(
    context: &mut Context,
    config: &UserConfig<'_>,
    file: &str,
    plan: ReloadPlan,
) -> Result<(), Error> {
    check_loads(config, file)?;
    match plan {
        ReloadPlan::Signal(signal) => reload_by_signal(context, config, file, signal),
        ReloadPlan::Telemt(api, before) => reload_telemt(context, api.as_ref(), before),
        ReloadPlan::MtgMulti(api) => {
            let name = format!("mtg-multi at {}", api.address);
            let outcome = api.reload_mtg_multi();
            let confirmation = match &outcome {
                Ok(()) => Confirmation::Confirmed,
                Err(_) => Confirmation::Missing,
            };
            let missing = outcome.err().unwrap_or_default();
            print_reload(context, &name, ReloadRow::default(), confirmation, &missing)
        }
    }
}

/// Waits until telemt, which watches its file, has read it.
fn reload_telemt(
    context: &mut Context,
    api: Option<&ManagementApi>,
    before: Option<u64>,
) -> Result<(), Error> {
    let path = context.path();
    let targets = find_targets(&context.options.proxy, &path, TELEMT).unwrap_or_default();
    for target in &targets {
        target.nudge(TELEMT);
    }
    let saved = std::fs::metadata(&path).map(|meta| u64::try_from(meta.mtime()).unwrap_or(0));
    let saved = saved.map_err(|error| Error::input(path.display(), error))?;
    let confirmation = match api {
        Some(api) => api.wait_for_telemt(before, saved),
        None => Confirmation::Unknown,
    };
    let name = targets.first().map_or_else(|| "telemt".to_owned(), ReloadTarget::name);
    let seconds = CONFIRM_TIMEOUT.as_secs();
    let missing = fill(context.messages().no_reload_reported, &[("n", &seconds)]);
    let row = targets.first().map(row_of).unwrap_or_default();
    print_reload(context, &name, row, confirmation, &missing)
}

fn reload_by_signal(
    context: &mut Context,
    config: &UserConfig<'_>,
    file: &str,
    signal: ReloadSignal,
) -> Result<(), Error> {
    let path = context.path();
    for target in find_targets(&context.options.proxy, &path, signal)? {
        check_compiles(context, config, &target)
            .map_err(|diagnostic| not_reloaded(file, &diagnostic))?;
        if target.reads_other_file(&path) {
            let name = target.name();
            let advice = match target {
                ReloadTarget::Process(_) => "restart it",
                ReloadTarget::Container(..) => {
                    "restart the container, and never replace the file that it mounts"
                }
            };
            let message = format!("{name} has an older file of that name open ({advice})");
            context.reporter.print(format!("{file}: {message}"));
            context.exit_status = ExitStatus::Failure;
        }
        let confirmation = target.reload(signal, config.port().map(|(port, _)| port))?;
        let (seconds, text) = (CONFIRM_TIMEOUT.as_secs(), signal.confirmation.trim());
        let parts: [(&str, &dyn Display); 2] = [("text", &text), ("n", &seconds)];
        let missing = fill(context.messages().not_printed, &parts);
        print_reload(context, &target.name(), row_of(&target), confirmation, &missing)?;
    }
    Ok(())
}

/// Compiles config.py with the Python at hand.
fn check_compiles(
    context: &Context,
    config: &UserConfig<'_>,
    target: &ReloadTarget,
) -> Result<(), Diagnostic> {
    if config.kind() != ConfigKind::Mtprotoproxy {
        return Ok(());
    }
    match compile(Some(target), config.text().as_bytes()) {
        Compiled::Valid => Ok(()),
        Compiled::Invalid(message, line) => {
            Err(Diagnostic::fatal(line, format!("Python cannot compile the file: {message}")))
        }
        Compiled::Unknown => {
            let message = "no Python here to compile the file; only its syntax was checked";
            context.reporter.print(format!("{}: {message}", target.name()));
            Ok(())
        }
    }
}

fn row_of(target: &ReloadTarget) -> ReloadRow<'_> {
    let mut row = ReloadRow::default();
    match target {
        ReloadTarget::Process(process) => row.pid = i32::try_from(process.0).ok(),
        ReloadTarget::Container(_, container, _) => {
            row.container = Some(container.name.as_str().into());
        }
    }
    row
}

/// Writes the outcome of a reload; `missing` is the reason where it is not confirmed.
fn print_reload(
    context: &mut Context,
    name: &str,
    mut row: ReloadRow<'_>,
    confirmation: Confirmation,
    missing: &str,
) -> Result<(), Error> {
    if confirmation == Confirmation::Missing {
        context.reporter.print(format!("{name}: {missing}"));
        context.exit_status = ExitStatus::Failure;
    }
    if context.is_text {
        let (mark, messages) = (context.style.icon("🔄", ""), context.messages());
        let text = match confirmation {
            Confirmation::Confirmed => messages.reloaded,
            Confirmation::Missing => messages.not_confirmed,
            Confirmation::Unknown => messages.notified,
        };
        let text = fill(text, &[("proxy", &Escaped(name))]);
        return context.write(&format!("{mark}{text}\n"));
    }
    row.confirmed = match confirmation {
        Confirmation::Confirmed => Some(true),
        Confirmation::Missing => Some(false),
        Confirmation::Unknown => None,
    };
    context.write_row(&row)
}
