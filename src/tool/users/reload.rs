//! `reload`, and `--reload` after an edit.

use super::context::Context;
use super::options::today;
use crate::diagnostic::{Diagnostic, DiagnosticLevel};
use crate::error::{Error, ExitStatus};
use crate::io::escape::Escaped;
use crate::proxy::{
    CONFIRM_TIMEOUT, Compiled, Confirmation, ReloadSignal, ReloadTarget, compile, find_targets,
};
use crate::stream::ReloadRow;
use crate::userconfig::{ConfigKind, UserConfig};

/// Reads the file, checks it, and makes the proxies that read it read it again.
pub(super) fn reload_proxies(context: &mut Context) -> Result<(), Error> {
    let snapshot = context.snapshot()?;
    let config = context.parse(&snapshot)?;
    let file = &snapshot.name;
    let refused = |diagnostic: Diagnostic| {
        let at = format!("{file}:{}", diagnostic.line);
        Error::refused(at, format!("{}; not reloaded", diagnostic.message))
    };
    let mut diagnostics = config.diagnostics(today()).into_iter();
    if let Some(fatal) = diagnostics.find(|one| one.level == DiagnosticLevel::Fatal) {
        return Err(refused(fatal));
    }
    let signal = match ReloadSignal::of(config.kind()) {
        Ok(signal) => signal,
        Err(message) => {
            context.reporter.print(format!("{file}: {message}"));
            return Ok(());
        }
    };
    let path = context.path();
    for target in find_targets(&context.options.proxy, &path, signal)? {
        check_compiles(context, &config, &target).map_err(refused)?;
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
        let confirmation = target.reload(signal)?;
        print_reload(context, &target, signal, confirmation)?;
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
    match compile(target.process(), config.text().as_bytes()) {
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

fn print_reload(
    context: &mut Context,
    target: &ReloadTarget,
    signal: ReloadSignal,
    confirmation: Confirmation,
) -> Result<(), Error> {
    let name = target.name();
    if confirmation == Confirmation::Missing {
        let (seconds, text) = (CONFIRM_TIMEOUT.as_secs(), signal.confirmation.trim());
        let message = format!("did not print '{text}' within {seconds} s after the signal");
        context.reporter.print(format!("{name}: {message}"));
        context.exit_status = ExitStatus::Failure;
    }
    if context.is_text {
        let mark = context.style.icon("🔄", "");
        let text = match confirmation {
            Confirmation::Confirmed => "reloaded",
            Confirmation::Missing => "not confirmed",
            Confirmation::Unknown => "signalled; its log is not readable from here",
        };
        return context.write(&format!("{mark}{} {text}\n", Escaped(&name)));
    }
    let mut row = ReloadRow::default();
    match target {
        ReloadTarget::Process(process) => row.pid = i32::try_from(process.0).ok(),
        ReloadTarget::Container(_, container, _) => {
            row.container = Some(container.name.as_str().into());
        }
    }
    row.confirmed = match confirmation {
        Confirmation::Confirmed => Some(true),
        Confirmation::Missing => Some(false),
        Confirmation::Unknown => None,
    };
    context.write_row(&row)
}
