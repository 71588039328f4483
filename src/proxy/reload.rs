//! Makes a proxy read its config file again, by a signal and only to a process that handles it.
//!
//! mtprotoproxy takes SIGUSR2 (SIGUSR1 starts a debugger in it), teleproxy and telemt SIGHUP; telemt
//! watches its file as well. mtg-multi has no signal.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use rustix::process::{Pid, Signal, kill_process};

use super::process::{ProxyProcess, SIGHUP, SIGUSR2, SignalEffect, all};
use crate::docker::{Container, Docker};
use crate::error::Error;
use crate::tomlconfig::TomlKind;
use crate::userconfig::ConfigKind;

/// Longest wait for the confirmation: the proxy may be busy with clients.
pub const CONFIRM_TIMEOUT: Duration = Duration::from_secs(5);
pub(super) const CONFIRM_POLL: Duration = Duration::from_millis(50);
/// Time after which a proxy that has not confirmed is woken.
const WAKE_AFTER: Duration = Duration::from_millis(500);
/// Largest part of a log that is searched for the confirmation.
const LOG_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// How a proxy reloads its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReloadSignal {
    number: u32,
    name: &'static str,
    /// Name of the program; that of a Python script is found by its arguments.
    program: &'static str,
    /// Printed by the proxy after it has read its file.
    pub confirmation: &'static str,
}

pub(super) const MTPROTOPROXY: ReloadSignal = ReloadSignal {
    number: SIGUSR2,
    name: "SIGUSR2",
    program: "mtprotoproxy",
    confirmation: "Config reloaded",
};
const TELEPROXY: ReloadSignal = ReloadSignal {
    number: SIGHUP,
    name: "SIGHUP",
    program: "teleproxy",
    confirmation: "config reloaded: ",
};
/// Its confirmation is what its API reports, as it prints nothing where nothing changed.
pub const TELEMT: ReloadSignal =
    ReloadSignal { number: SIGHUP, name: "SIGHUP", program: "telemt", confirmation: "" };

impl ReloadSignal {
    /// Returns the signal of a proxy; mtg-multi has none.
    pub fn of(kind: ConfigKind) -> Option<Self> {
        match kind {
            ConfigKind::Mtprotoproxy => Some(MTPROTOPROXY),
            ConfigKind::Toml(TomlKind::Teleproxy) => Some(TELEPROXY),
            ConfigKind::Toml(TomlKind::Telemt) => Some(TELEMT),
            ConfigKind::Toml(TomlKind::MtgMulti) => None,
        }
    }

    fn is_proxy(self, process: ProxyProcess) -> bool {
        match self.number {
            SIGUSR2 => process.is_proxy(),
            _ => process.runs_program(self.program),
        }
    }
}

/// Selects proxies to reload.
#[derive(Clone, Debug, Default)]
pub struct ProxySelector {
    pub pid: Option<u32>,
    pub container: Option<String>,
}

impl ProxySelector {
    /// Tests if a proxy was selected.
    pub fn is_set(&self) -> bool {
        self.pid.is_some() || self.container.is_some()
    }
}

/// A proxy to reload.
#[derive(Debug)]
pub enum ReloadTarget {
    Process(ProxyProcess),
    /// A container, and the proxy in it if this machine can see it.
    Container(Docker, Box<Container>, Option<ProxyProcess>),
}

/// Outcome of a reload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmation {
    Confirmed,
    /// The log shows no confirmation.
    Missing,
    /// The log cannot be read from here.
    Unknown,
}

/// Finds the proxies that read a file, or those that were selected.
pub fn find_targets(
    selector: &ProxySelector,
    file: &Path,
    signal: ReloadSignal,
) -> Result<Vec<ReloadTarget>, Error> {
    if let Some(pid) = selector.pid {
        return Ok(vec![ReloadTarget::Process(ProxyProcess(pid))]);
    }
    if let Some(name) = &selector.container {
        let docker = Docker::connect()?;
        let found = docker.containers(name)?;
        let target = |container: Container| {
            let first = container.pid.map(ProxyProcess);
            let inside = first.map(ProxyProcess::container_processes).unwrap_or_default();
            let proxy = inside.into_iter().find(|process| match signal.number {
                SIGUSR2 => process.runs_proxy(),
                _ => signal.is_proxy(*process),
            });
            ReloadTarget::Container(docker.clone(), Box::new(container), proxy)
        };
        return Ok(found.into_iter().map(target).collect());
    }
    let own = fs::metadata(file).map_err(|error| Error::input(file.display(), error))?;
    let running = || all().filter(|process| signal.is_proxy(*process));
    let readers = running().filter(|process| match signal.number {
        SIGUSR2 => process.reads(&own) == Some(true),
        _ => process.has_argument(&own),
    });
    let readers: Vec<_> = readers.collect();
    // A process passes the signal on to those that it started.
    let is_first =
        |process: &ProxyProcess| !process.parent().is_some_and(|parent| readers.contains(&parent));
    let first = readers.iter().copied().filter(is_first);
    let readers: Vec<_> = first.map(|process| target_of(process, file)).collect();
    if readers.is_empty() {
        let message = if running().next().is_some() {
            "no running proxy that this user can see reads this file (use --pid or --container)"
        } else {
            "no running proxy found (use --pid or --container)"
        };
        return Err(Error::refused(file.display(), message));
    }
    Ok(readers)
}

/// Returns a process as a target. Its container, if the engine has one that mounts the file, has the
/// log that confirms a reload.
fn target_of(process: ProxyProcess, file: &Path) -> ReloadTarget {
    let container = || {
        let docker = Docker::connect().ok()?;
        let container = docker.mounting(&fs::canonicalize(file).ok()?).ok()??;
        let inside = container.pid.map(ProxyProcess).map(ProxyProcess::container_processes);
        let is_it = inside.is_some_and(|inside| inside.contains(&process));
        is_it.then(|| ReloadTarget::Container(docker, Box::new(container), Some(process)))
    };
    let found = process.is_in_container().then(container).flatten();
    found.unwrap_or(ReloadTarget::Process(process))
}

impl ReloadTarget {
    /// Name in messages.
    pub fn name(&self) -> String {
        match self {
            Self::Process(process) => format!("process {}", process.0),
            Self::Container(_, container, _) => format!("container {}", container.name),
        }
    }

    /// The proxy's process, if it can be seen from here.
    pub fn process(&self) -> Option<ProxyProcess> {
        match self {
            Self::Process(process) => Some(*process),
            Self::Container(_, _, process) => *process,
        }
    }

    /// Tests if the proxy reads another file under the name of this one, such as the old inode of a
    /// replaced file.
    pub fn reads_other_file(&self, file: &Path) -> bool {
        let own = fs::metadata(file).ok();
        own.is_some_and(|own| {
            self.process().is_some_and(|process| process.reads(&own) == Some(false))
        })
    }

    /// Refuses a target that the signal cannot reach, or that it would end.
    pub fn check(&self, signal: ReloadSignal) -> Result<(), Error> {
        match self.process() {
            Some(process) => check_signal(process, signal),
            None => Err(self.invisible()),
        }
    }

    fn invisible(&self) -> Error {
        let message = "no proxy visible in it from here, and the signal would end any other process \
                       (run on its machine as root)";
        Error::refused(self.name(), message)
    }

    /// Sends the signal to a process that handles it; a failure is ignored.
    pub fn nudge(&self, signal: ReloadSignal) {
        if let Some(process) = self.process() {
            drop(send_signal(process, signal));
        }
    }

    /// Sends the signal and waits for the confirmation in the log. A teleproxy without events
    /// handles the signal at its next one: a connection to `port` is one.
    pub fn reload(&self, signal: ReloadSignal, port: Option<u16>) -> Result<Confirmation, Error> {
        let wake = || {
            if let (Some(port), true) = (port, signal == TELEPROXY) {
                let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
                drop(TcpStream::connect_timeout(&address, WAKE_AFTER));
            }
        };
        match self {
            Self::Process(process) => {
                let log = process.stderr().and_then(|path| File::open(path).ok());
                let from = log.as_ref().and_then(|log| log.metadata().ok()).map(|meta| meta.len());
                send_signal(*process, signal)?;
                let (Some(mut log), Some(from)) = (log, from) else {
                    return Ok(Confirmation::Unknown);
                };
                Ok(wait_for_confirmation(signal, wake, || appended(&mut log, from)))
            }
            Self::Container(docker, container, proxy) => {
                let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
                let since = since.unwrap_or_default().as_secs_f64();
                match proxy {
                    Some(proxy) if Some(proxy.0) != container.pid => send_signal(*proxy, signal)?,
                    Some(proxy) => {
                        check_signal(*proxy, signal)?;
                        docker.kill(&container.id, signal.name)?;
                    }
                    None => return Err(self.invisible()),
                }
                let log = || docker.logs_since(container, since).unwrap_or_default();
                Ok(wait_for_confirmation(signal, wake, log))
            }
        }
    }
}

/// Refuses to signal a process that the signal would end.
fn check_signal(process: ProxyProcess, signal: ReloadSignal) -> Result<(), Error> {
    let at = format!("process {}", process.0);
    let is_right = match signal.number {
        SIGUSR2 => process.is_python(),
        _ => signal.is_proxy(process),
    };
    match process.signal_effect(signal.number) {
        SignalEffect::Handled if is_right => Ok(()),
        SignalEffect::NoProcess => Err(Error::refused(at, "no such process")),
        SignalEffect::Handled | SignalEffect::Fatal => {
            let name = signal.name;
            let message = format!("{name} would end it: not a running proxy, or still starting");
            Err(Error::refused(at, message))
        }
    }
}

fn send_signal(process: ProxyProcess, signal: ReloadSignal) -> Result<(), Error> {
    check_signal(process, signal)?;
    let at = format!("process {}", process.0);
    let pid = i32::try_from(process.0).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or_else(|| Error::refused(&at, "no such process"))?;
    kill_process(pid, if signal.number == SIGHUP { Signal::HUP } else { Signal::USR2 })
        .map_err(|error| Error::input(at, error.into()))
}

/// Searches a log for the confirmation until it is found or the time is over.
fn wait_for_confirmation(
    signal: ReloadSignal,
    wake: impl Fn(),
    mut log: impl FnMut() -> Vec<u8>,
) -> Confirmation {
    let (begun, mut has_woken) = (Instant::now(), false);
    while begun.elapsed() < CONFIRM_TIMEOUT {
        if begun.elapsed() > WAKE_AFTER && !has_woken {
            wake();
            has_woken = true;
        }
        if memchr::memmem::find(&log(), signal.confirmation.as_bytes()).is_some() {
            return Confirmation::Confirmed;
        }
        std::thread::sleep(CONFIRM_POLL);
    }
    Confirmation::Missing
}

/// Reads what was appended to a file since it had this length.
fn appended(log: &mut File, from: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if log.seek(SeekFrom::Start(from)).is_ok() {
        drop(log.take(LOG_BYTES_MAX).read_to_end(&mut bytes));
    }
    bytes
}
