//! `check`: complaints about the file, each with its line.

use std::net::{Ipv4Addr, TcpListener};

use super::desk::Desk;
use super::limit::today;
use super::process;
use crate::docker::Docker;
use crate::error::{Error, ExitStatus};
use crate::io::escape::Escaped;
use crate::json::Row;
use crate::pyconfig::check::{Complaint, Level, complaints};
use crate::pyconfig::{Config, read};

/// Checks the file.
pub(super) fn check(desk: &mut Desk) -> Result<(), Error> {
    let seen = desk.see()?;
    let (name, mut users) = (seen.name.clone(), 0);
    let all = match read(&seen.bytes) {
        Err(fault) => {
            vec![Complaint { line: fault.line, level: Level::Fatal, what: fault.what }]
        }
        Ok(config) => {
            users = super::desk::users(&config, &name)
                .ok()
                .flatten()
                .map_or(0, |known| known.in_order().count());
            let mut all = complaints(&config, today());
            all.extend(port_in_use(&config));
            all
        }
    };
    for complaint in &all {
        tell(desk, &name, complaint)?;
    }
    if all.iter().any(|complaint| complaint.level > Level::Warning) {
        desk.ending = ExitStatus::Failure;
    }
    if desk.is_text && all.is_empty() {
        let mark = desk.look.mark("✅", "ok");
        desk.write(&format!(
            "{mark}{}: nothing to complain about ({users} users)\n",
            Escaped(&name)
        ))?;
    }
    Ok(())
}

fn tell(desk: &mut Desk, file: &str, complaint: &Complaint) -> Result<(), Error> {
    let Complaint { line, level, what } = complaint;
    if desk.is_text {
        let mark = match level {
            Level::Warning => desk.look.mark("⚠️", "warn"),
            Level::Error | Level::Fatal => desk.look.mark("❌", "error"),
        };
        return desk.write(&format!("{mark}{}:{line}: {}\n", Escaped(file), Escaped(what)));
    }
    let mut row = Row::new(&mut desk.out.buffer, "check");
    row.text("file", file);
    row.number("line", i128::try_from(*line).unwrap_or(0));
    row.text("level", level.name());
    row.text("what", what);
    row.end();
    desk.out.after_row()
}

/// Whether something else than a proxy has the port on this machine, as far as can be seen.
fn port_in_use(config: &Config<'_>) -> Option<Complaint> {
    let port = config.port().filter(|port| *port > 0)?;
    let taken = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port));
    let taken = taken.is_err_and(|error| error.kind() == std::io::ErrorKind::AddrInUse);
    if !taken || process::proxies().next().is_some() {
        return None;
    }
    let line = config.setting("PORT").map_or(1, |setting| setting.line);
    let publishes = Docker::connect().and_then(|docker| docker.publishing(port));
    let (level, what) = match publishes.ok().flatten() {
        Some(name) => (
            Level::Warning,
            format!(
                "PORT {port} of this machine is the container {name}'s: right if the proxy is in it"
            ),
        ),
        None => (
            Level::Error,
            format!(
                "PORT {port} is in use on this machine (tried on 0.0.0.0), and no process that can \
                 be seen here is mtprotoproxy; one in a container with a network of its own does \
                 not mind"
            ),
        ),
    };
    Some(Complaint { line, level, what })
}

/// What keeps a proxy from loading this file, if anything does.
pub(super) fn fatal(file: &str, config: &Config<'_>) -> Result<(), Error> {
    let all = complaints(config, today());
    match all.iter().find(|complaint| complaint.level == Level::Fatal) {
        Some(complaint) => {
            let at = format!("{file}:{}", complaint.line);
            Err(Error::refused(at, format!("{}; not reloaded", complaint.what)))
        }
        None => Ok(()),
    }
}
