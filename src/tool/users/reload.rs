//! `reload`, and `--reload` after an edit.

use super::context::Context;
use super::options::today;
use crate::diagnostic::DiagnosticLevel;
use crate::error::{Error, ExitStatus};
use crate::io::escape::Escaped;
use crate::proxy::{CONFIRM_TIMEOUT, CONFIRMATION, Confirmation, ReloadTarget, find_targets};
use crate::stream::ReloadRow;
use crate::userconfig::UserConfig;

/// `reload`
pub(super) fn reload(context: &mut Context) -> Result<(), Error> {
    let snapshot = context.snapshot()?;
    let config = snapshot.config()?;
    reload_proxies(context, &snapshot.name, &config)
}

/// Checks the file and makes the proxies that read it read it again.
pub(super) fn reload_proxies(
    context: &mut Context,
    file: &str,
    config: &UserConfig<'_>,
) -> Result<(), Error> {
    let diagnostics = config.diagnostics(today());
    if let Some(fatal) = diagnostics.iter().find(|one| one.level == DiagnosticLevel::Fatal) {
        let at = format!("{file}:{}", fatal.line);
        return Err(Error::refused(at, format!("{}; not reloaded", fatal.message)));
    }
    let path = context.path();
    for target in find_targets(&context.options.proxy, &path)? {
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
        let confirmation = target.reload()?;
        print_reload(context, &target, confirmation)?;
    }
    Ok(())
}

fn print_reload(
    context: &mut Context,
    target: &ReloadTarget,
    confirmation: Confirmation,
) -> Result<(), Error> {
    let name = target.name();
    if confirmation == Confirmation::Missing {
        let seconds = CONFIRM_TIMEOUT.as_secs();
        let message = format!("did not print '{CONFIRMATION}' within {seconds} s after the signal");
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
