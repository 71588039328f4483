//! `check`: problems of the file, each with its line.

use std::fmt::Display;
use std::net::{Ipv4Addr, TcpListener};

use super::context::Context;
use super::options::today;
use crate::diagnostic::{Diagnostic, DiagnosticLevel};
use crate::docker::Docker;
use crate::error::{Error, ExitStatus};
use crate::io::escape::Escaped;
use crate::proxy::{self, Compiled, ReloadSignal, compile, find_targets};
use crate::stream::CheckRow;
use crate::userconfig::{ConfigKind, UserConfig};
use crate::view::messages::fill;

/// `check`
pub(super) fn check(context: &mut Context) -> Result<(), Error> {
    let snapshot = context.snapshot()?;
    let (name, mut users) = (snapshot.name.clone(), 0);
    let diagnostics = match UserConfig::read_named(&snapshot.bytes, context.options.kind, &name) {
        Err(diagnostic) => vec![diagnostic],
        Ok(config) => {
            users = config.names().map_or(0, |names| names.len());
            let mut all = config.diagnostics(today());
            let is_refused = all.iter().any(|one| one.level == DiagnosticLevel::Fatal);
            all.extend(if is_refused { None } else { check_compiles(context, &config) });
            all.extend(check_port(&config));
            all
        }
    };
    for diagnostic in &diagnostics {
        print_diagnostic(context, &name, diagnostic)?;
    }
    if diagnostics.iter().any(|diagnostic| diagnostic.level > DiagnosticLevel::Warning) {
        context.exit_status = ExitStatus::Failure;
    }
    if context.is_text && diagnostics.is_empty() {
        let mark = context.style.icon("✅", "ok");
        let parts: [(&str, &dyn Display); 2] = [("file", &Escaped(&name)), ("n", &users)];
        context.write(&format!("{mark}{}\n", fill(context.messages().no_problems, &parts)))?;
    }
    Ok(())
}

fn print_diagnostic(
    context: &mut Context,
    file: &str,
    diagnostic: &Diagnostic,
) -> Result<(), Error> {
    let Diagnostic { line, level, message } = diagnostic;
    if context.is_text {
        let mark = match level {
            DiagnosticLevel::Warning => context.style.icon("⚠️", "warn"),
            DiagnosticLevel::Error | DiagnosticLevel::Fatal => context.style.icon("❌", "error"),
        };
        let text = format!("{mark}{}:{line}: {}\n", Escaped(file), Escaped(message));
        return context.write(&text);
    }
    context.write_row(&CheckRow {
        file: file.into(),
        line: u64::try_from(*line).unwrap_or(0),
        level: level.name().into(),
        what: message.into(),
    })
}

/// Compiles config.py with the Python of the proxy that reads it, or else with `python3`.
fn check_compiles(context: &Context, config: &UserConfig<'_>) -> Option<Diagnostic> {
    if config.kind() != ConfigKind::Mtprotoproxy {
        return None;
    }
    let signal = ReloadSignal::of(config.kind())?;
    let found = find_targets(&context.options.proxy, &context.path(), signal);
    let target = found.ok().and_then(|found| found.into_iter().next());
    match compile(target.as_ref(), config.text().as_bytes()) {
        Compiled::Invalid(message, line) => {
            Some(Diagnostic::fatal(line, format!("Python cannot compile the file: {message}")))
        }
        Compiled::Valid | Compiled::Unknown => None,
    }
}

/// Tests if another program than a proxy has the port on this machine, as far as can be seen.
fn check_port(config: &UserConfig<'_>) -> Option<Diagnostic> {
    let (port, line) = config.port()?;
    let taken = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port));
    let taken = taken.is_err_and(|error| error.kind() == std::io::ErrorKind::AddrInUse);
    if !taken || proxy::proxies().next().is_some() {
        return None;
    }
    let container = Docker::connect().and_then(|docker| docker.publishing(port)).ok().flatten();
    let (level, message) = match container {
        Some(name) => (
            DiagnosticLevel::Warning,
            format!(
                "port {port} of this machine belongs to container {name}: correct if it runs \
                 the proxy"
            ),
        ),
        None => (
            DiagnosticLevel::Error,
            format!(
                "port {port} is in use on this machine (tried 0.0.0.0) and no proxy process is \
                 visible; a container with its own network is not affected"
            ),
        ),
    };
    Some(Diagnostic::new(line, level, message))
}
