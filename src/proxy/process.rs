//! Proxy processes of this machine, found in `/proc`.

use std::fs::{self, Metadata};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A process of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProxyProcess(pub u32);

/// Effect of a signal on a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalEffect {
    /// The process has a handler.
    Handled,
    /// The signal would end the process.
    Fatal,
    /// The process does not exist.
    NoProcess,
}

/// Number of SIGHUP.
pub(super) const SIGHUP: u32 = 1;
/// Number of SIGUSR2.
pub(super) const SIGUSR2: u32 = 12;

/// PID namespace of this process.
const OWN_PID_NAMESPACE: &str = "/proc/self/ns/pid";

/// Names of the proxy's script, and of its module with `-m`.
const SCRIPTS: [&str; 2] = ["mtprotoproxy", "mtprotoproxy.py"];

impl ProxyProcess {
    fn path(self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{name}", self.0))
    }

    /// Returns the effect of a signal, by the mask in `/proc/PID/status`.
    pub fn signal_effect(self, signal: u32) -> SignalEffect {
        let Ok(status) = fs::read_to_string(self.path("status")) else {
            return SignalEffect::NoProcess;
        };
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let mask = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        if mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1) {
            SignalEffect::Handled
        } else {
            SignalEffect::Fatal
        }
    }

    fn arguments(self) -> Vec<PathBuf> {
        let line = fs::read(self.path("cmdline")).unwrap_or_default();
        let line = line.strip_suffix(&[0]).unwrap_or(&line);
        let arguments = line.split(|byte| *byte == 0);
        arguments.map(|one| PathBuf::from(std::ffi::OsString::from_vec(one.to_vec()))).collect()
    }

    /// Tests if the process is a Python interpreter.
    pub fn is_python(self) -> bool {
        let exe = fs::read_link(self.path("exe")).ok();
        let exe = exe.or_else(|| self.arguments().into_iter().next());
        let name = exe.as_deref().map(file_name).unwrap_or_default();
        name.starts_with("python") || name.starts_with("pypy")
    }

    /// Tests if the process is a Python interpreter that runs mtprotoproxy and handles SIGUSR2.
    pub fn is_proxy(self) -> bool {
        self.runs_proxy() && self.signal_effect(SIGUSR2) == SignalEffect::Handled
    }

    /// Tests if the process runs mtprotoproxy, which handles SIGUSR2 some time after its start.
    pub fn runs_proxy(self) -> bool {
        self.is_python() && Self::script(&self.arguments()).is_some()
    }

    /// Returns the process that started it.
    pub fn parent(self) -> Option<Self> {
        let status = fs::read_to_string(self.path("status")).ok()?;
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
        parent.trim().parse().ok().map(Self)
    }

    /// Tests if the process runs the program of this name.
    pub fn runs_program(self, name: &str) -> bool {
        let exe = fs::read_link(self.path("exe")).ok();
        let exe = exe.or_else(|| self.arguments().into_iter().next());
        exe.as_deref().map(file_name) == Some(name)
    }

    /// Tests if an argument of the process names this file, or `config.toml` in its folder is it.
    pub fn has_argument(self, file: &Metadata) -> bool {
        let is_file = |path: &Path| {
            let own = fs::metadata(self.resolve(path)).ok();
            own.is_some_and(|own| (own.ino(), own.dev()) == (file.ino(), file.dev()))
        };
        let arguments = self.arguments();
        let value = |argument: &PathBuf| {
            let text = argument.to_str().unwrap_or_default();
            text.split_once('=').map(|(_, value)| PathBuf::from(value))
        };
        arguments
            .iter()
            .skip(1)
            .any(|one| is_file(one) || value(one).is_some_and(|one| is_file(&one)))
            || is_file(Path::new("config.toml"))
    }

    /// Resolves a path as the process sees it.
    fn resolve(self, path: &Path) -> PathBuf {
        if path.is_absolute() {
            self.path("root").join(path.strip_prefix("/").unwrap_or(path))
        } else {
            self.path("cwd").join(path)
        }
    }

    /// Returns the program, by its path in the mount namespace of the process.
    pub fn executable(self) -> Option<PathBuf> {
        fs::read_link(self.path("exe")).ok()
    }

    /// Returns the interpreter of the process if it can be run safely: in this mount namespace, and
    /// only root or this user may have written it.
    pub fn interpreter(self) -> Option<PathBuf> {
        let namespace = |path: PathBuf| fs::read_link(path).ok();
        let is_here = namespace(self.path("ns/mnt")) == namespace("/proc/self/ns/mnt".into());
        let exe = fs::read_link(self.path("exe")).ok()?;
        let meta = fs::metadata(&exe).ok()?;
        let is_trusted = [0, rustix::process::geteuid().as_raw()].contains(&meta.uid())
            && meta.mode() & 0o022 == 0;
        (is_here && is_trusted && self.is_python()).then_some(exe)
    }

    /// Returns the index of the proxy's script in the arguments.
    fn script(arguments: &[PathBuf]) -> Option<usize> {
        let at = script_index(arguments)?;
        SCRIPTS.contains(&file_name(arguments.get(at)?)).then_some(at)
    }

    /// Returns the config file that the process reads: its first argument, else `config.py` beside
    /// the script or in the working directory.
    pub fn config(self) -> Option<Metadata> {
        let arguments = self.arguments();
        let script = Self::script(&arguments)?;
        let seen = |path: &Path| fs::metadata(self.resolve(path)).ok();
        if let Some(argument) = arguments.get(script + 1) {
            return seen(argument);
        }
        let beside = arguments.get(script)?.parent().map(|folder| folder.join("config.py"));
        beside.and_then(|path| seen(&path)).or_else(|| seen(Path::new("config.py")))
    }

    /// Tests if the process reads this file; `None` where that cannot be seen.
    pub fn reads(self, file: &Metadata) -> Option<bool> {
        let own = self.config()?;
        Some((own.ino(), own.dev()) == (file.ino(), file.dev()))
    }

    /// Tests if its PID namespace is visibly not that of this machine.
    pub fn is_in_container(self) -> bool {
        let namespace = fs::read_link(self.path("ns/pid")).ok();
        namespace.is_some() && namespace != fs::read_link(OWN_PID_NAMESPACE).ok()
    }

    /// Returns all processes of its container, itself first; only itself where it shares the PID
    /// namespace of this machine.
    pub fn container_processes(self) -> Vec<Self> {
        let namespace = |process: &Self| fs::read_link(process.path("ns/pid")).ok();
        let own = namespace(&self);
        let own = own.filter(|own| Some(own) != fs::read_link(OWN_PID_NAMESPACE).ok().as_ref());
        let others = all().filter(|process| own.is_some() && namespace(process) == own);
        std::iter::once(self).chain(others.filter(|process| *process != self)).collect()
    }

    /// Returns the file that its standard error is, if it is a readable regular file.
    pub fn stderr(self) -> Option<PathBuf> {
        let path = self.path("fd/2");
        fs::metadata(&path).is_ok_and(|meta| meta.is_file()).then_some(path)
    }
}

/// Returns the index of the script, or of the module with `-m`, in a command line of Python.
fn script_index(arguments: &[PathBuf]) -> Option<usize> {
    let mut at = 1;
    loop {
        let argument = arguments.get(at)?.to_str().unwrap_or_default();
        match argument {
            "-m" => return Some(at + 1),
            "-c" | "-" | "" => return None,
            "-W" | "-X" | "--check-hash-based-pycs" => at += 2,
            option if option.starts_with('-') => at += 1,
            _ => return Some(at),
        }
    }
}

fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

pub(super) fn all() -> impl Iterator<Item = ProxyProcess> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok().map(ProxyProcess))
}

/// Finds the processes that run mtprotoproxy.
pub fn proxies() -> impl Iterator<Item = ProxyProcess> {
    all().filter(|process| process.is_proxy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_script_of_an_interpreter_is_the_proxy() {
        let script = |line: &str| {
            let words: Vec<_> = line.split(' ').map(PathBuf::from).collect();
            script_index(&words).and_then(|at| words.get(at).cloned())
        };
        assert_eq!(
            script("python3 -u /srv/mtprotoproxy.py x"),
            Some("/srv/mtprotoproxy.py".into())
        );
        assert_eq!(script("python3 -X dev -m mtprotoproxy"), Some("mtprotoproxy".into()));
        assert_eq!(script("python3 edit.py mtprotoproxy.py"), Some("edit.py".into()));
        assert_eq!(script("python3 -c pass mtprotoproxy.py"), None);
        assert_eq!(script("python3"), None);
    }
}
