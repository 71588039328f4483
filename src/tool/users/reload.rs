//! `reload`: the proxy reads its file again. SIGUSR2, after a check, to a process that waits for
//! it; never SIGUSR1, which drops the proxy into a debugger.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::time::{Duration, Instant, SystemTime};

use rustix::process::{Pid, Signal as Kernel, kill_process};

use super::check;
use super::desk::Desk;
use super::process::{Process, Signal, proxies};
use crate::docker::{Container, Docker};
use crate::error::{Error, ExitStatus};
use crate::io::escape::Escaped;
use crate::json::Row;
use crate::pyconfig::Config;

/// What the proxy prints when it has read its file again.
const CONFIRMED: &str = "Config reloaded";
/// How long that may take: the proxy is busy with its clients.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often its log is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// How much of a log that grew is looked at.
const LOG_MAX: u64 = 16 * 1024 * 1024;

/// Whether to reload, and what.
#[derive(Debug, Default)]
pub(super) struct Wish {
    pub(super) after_edit: bool,
    pub(super) pid: Option<u32>,
    pub(super) container: Option<String>,
}

/// A proxy to reload.
enum Target {
    Process(Process),
    /// A container, and the proxy in it if this machine can see it.
    Container(Docker, Box<Container>, Option<Process>),
}

/// Checks the file and reloads the proxy.
pub(super) fn reload(desk: &mut Desk) -> Result<(), Error> {
    let seen = desk.see()?;
    let config = seen.config()?;
    after_edit(desk, &seen.name, &config)
}

/// Reloads the proxy, whose file is this now.
pub(super) fn after_edit(desk: &mut Desk, file: &str, config: &Config<'_>) -> Result<(), Error> {
    check::fatal(file, config)?;
    let targets = targets(desk, file)?;
    for target in targets {
        let is_confirmed = target.reload(desk, file)?;
        tell(desk, &target, is_confirmed)?;
    }
    Ok(())
}

fn targets(desk: &Desk, file: &str) -> Result<Vec<Target>, Error> {
    if let Some(pid) = desk.options.reload.pid {
        return Ok(vec![Target::Process(Process(pid))]);
    }
    if let Some(name) = &desk.options.reload.container {
        let docker = Docker::connect()?;
        let found = docker.containers(name)?;
        let target = |container: Container| {
            let family = container.pid.map(|pid| Process(pid).family()).unwrap_or_default();
            let proxy = family.into_iter().find(|process| process.is_proxy());
            Target::Container(docker.clone(), Box::new(container), proxy)
        };
        return Ok(found.into_iter().map(target).collect());
    }
    let own = fs::metadata(desk.path()).map_err(|error| Error::input(file, error))?;
    let readers = proxies().filter(|process| process.reads(&own) == Some(true));
    let readers: Vec<_> = readers.map(Target::Process).collect();
    if readers.is_empty() {
        let what = if proxies().next().is_some() {
            "no proxy that runs here reads this file, as far as this user can see; --pid or \
             --container names it"
        } else {
            "no mtprotoproxy runs here; --pid or --container names it"
        };
        return Err(Error::refused(file, what));
    }
    Ok(readers)
}

impl Target {
    /// Sends the signal; whether the proxy was seen to obey, where that can be seen.
    fn reload(&self, desk: &mut Desk, file: &str) -> Result<Option<bool>, Error> {
        match self {
            Self::Process(process) => {
                same_file(desk, *process, file, "restart it");
                let log = process.stderr().and_then(|path| File::open(path).ok());
                let from = log.as_ref().and_then(|log| log.metadata().ok()).map(|meta| meta.len());
                send(*process)?;
                let (Some(mut log), Some(from)) = (log, from) else { return Ok(None) };
                Ok(Some(awaited(|| grown(&mut log, from))))
            }
            Self::Container(docker, container, proxy) => {
                if let Some(proxy) = proxy {
                    let what = "restart the container, and never replace the file that it mounts";
                    same_file(desk, *proxy, file, what);
                }
                let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
                let since = since.unwrap_or_default().as_secs_f64();
                match proxy {
                    Some(proxy) if Some(proxy.0) != container.pid => send(*proxy)?,
                    Some(proxy) => {
                        safe(*proxy)?;
                        docker.kill(&container.id, "SIGUSR2")?;
                    }
                    None => {
                        let what = "no mtprotoproxy can be seen in it from here, and a signal \
                                    would end anything else; run this on its machine, as root";
                        return Err(Error::refused(format!("container {}", container.name), what));
                    }
                }
                let log = || docker.logs_since(container, since).unwrap_or_default();
                Ok(Some(awaited(log)))
            }
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Process(process) => format!("process {}", process.0),
            Self::Container(_, container, _) => format!("container {}", container.name),
        }
    }
}

/// Says so if the proxy reads another file than the one that was edited.
fn same_file(desk: &mut Desk, process: Process, file: &str, what: &str) {
    let own = fs::metadata(desk.path()).ok();
    if own.and_then(|own| process.reads(&own)) == Some(false) {
        let sees = "the proxy still sees an older or another file under that name";
        desk.reporter.print(format!("{file}: {sees} (not the same inode): {what}"));
        desk.ending = ExitStatus::Failure;
    }
}

/// Refuses to signal what the signal would end.
fn safe(process: Process) -> Result<(), Error> {
    let at = format!("process {}", process.0);
    match process.signal() {
        Signal::Caught => Ok(()),
        Signal::Gone => Err(Error::refused(at, "there is no such process")),
        Signal::Deadly => {
            let what = "SIGUSR2 would end it: it is no running mtprotoproxy, or only just starting";
            Err(Error::refused(at, what))
        }
    }
}

fn send(process: Process) -> Result<(), Error> {
    safe(process)?;
    let at = format!("process {}", process.0);
    let pid = i32::try_from(process.0).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or_else(|| Error::refused(&at, "there is no such process"))?;
    kill_process(pid, Kernel::USR2).map_err(|error| Error::input(at, error.into()))
}

/// Looks at a log until it says that the file was read again.
fn awaited(mut log: impl FnMut() -> Vec<u8>) -> bool {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        if memchr::memmem::find(&log(), CONFIRMED.as_bytes()).is_some() {
            return true;
        }
        std::thread::sleep(LOOK);
    }
    false
}

/// What a file has grown by.
fn grown(log: &mut File, from: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if log.seek(SeekFrom::Start(from)).is_ok() {
        drop(log.take(LOG_MAX).read_to_end(&mut bytes));
    }
    bytes
}

fn tell(desk: &mut Desk, target: &Target, is_confirmed: Option<bool>) -> Result<(), Error> {
    let name = target.name();
    if is_confirmed == Some(false) {
        let what = format!("was told to reload, but did not print '{CONFIRMED}' within 5 s");
        desk.reporter.print(format!("{name}: {what}"));
        desk.ending = ExitStatus::Failure;
    }
    if desk.is_text {
        let mark = desk.look.mark("🔄", "");
        let text = match is_confirmed {
            Some(true) => "has reloaded",
            Some(false) => "has not confirmed",
            None => "was told to reload; its log cannot be seen from here",
        };
        return desk.write(&format!("{mark}{} {text}\n", Escaped(&name)));
    }
    let mut row = Row::new(&mut desk.out.buffer, "reloaded");
    match target {
        Target::Process(process) => row.number("pid", process.0),
        Target::Container(_, container, _) => row.text("container", &container.name),
    }
    if let Some(is_confirmed) = is_confirmed {
        row.bool("confirmed", is_confirmed);
    }
    row.end();
    desk.out.after_row()
}
