//! Proxies among the processes of this machine, as `/proc` shows them.

use std::fs::{self, Metadata};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Process(pub(super) u32);

/// What SIGUSR2 does to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// It has a handler.
    Caught,
    /// It would end the process.
    Deadly,
    /// There is no such process.
    Gone,
}

/// The bit of SIGUSR2, signal 12, in the masks of `/proc/PID/status`.
const SIGUSR2_BIT: u64 = 1 << 11;

/// The numbering of processes that this one is in.
const HERE: &str = "/proc/self/ns/pid";

impl Process {
    fn path(self, what: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{what}", self.0))
    }

    /// What SIGUSR2 would do.
    pub(super) fn signal(self) -> Signal {
        let Ok(status) = fs::read_to_string(self.path("status")) else { return Signal::Gone };
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let mask = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        if mask.is_some_and(|mask| mask & SIGUSR2_BIT != 0) {
            Signal::Caught
        } else {
            Signal::Deadly
        }
    }

    fn words(self) -> Vec<PathBuf> {
        let line = fs::read(self.path("cmdline")).unwrap_or_default();
        let words = line.split(|byte| *byte == 0).filter(|word| !word.is_empty());
        words.map(|word| PathBuf::from(std::ffi::OsString::from_vec(word.to_vec()))).collect()
    }

    /// Whether it runs mtprotoproxy.
    pub(super) fn is_proxy(self) -> bool {
        self.script().is_some()
    }

    /// Which of its words is the proxy's program.
    fn script(self) -> Option<usize> {
        self.words().iter().take(6).position(|word| {
            let name = word.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name == "mtprotoproxy" || name == "mtprotoproxy.py"
        })
    }

    /// The config file that it reads, as it sees it: its first argument, or `config.py` beside
    /// the program or in the working directory.
    pub(super) fn config(self) -> Option<Metadata> {
        let (words, script) = (self.words(), self.script()?);
        let seen = |path: &Path| {
            let root = self.path("root");
            let whole = if path.is_absolute() {
                root.join(path.strip_prefix("/").unwrap_or(path))
            } else {
                self.path("cwd").join(path)
            };
            fs::metadata(whole).ok()
        };
        if let Some(argument) = words.get(script + 1) {
            return seen(argument);
        }
        let beside = words.get(script)?.parent().map(|folder| folder.join("config.py"));
        beside.and_then(|path| seen(&path)).or_else(|| seen(Path::new("config.py")))
    }

    /// Whether this is the file that it reads.
    pub(super) fn reads(self, file: &Metadata) -> Option<bool> {
        let own = self.config()?;
        Some((own.ino(), own.dev()) == (file.ino(), file.dev()))
    }

    /// All processes of its container, itself first; itself alone where it shares the numbers of
    /// this machine.
    pub(super) fn family(self) -> Vec<Self> {
        let namespace = |process: &Self| fs::read_link(process.path("ns/pid")).ok();
        let own = namespace(&self).filter(|own| Some(own) != fs::read_link(HERE).ok().as_ref());
        let others = all().filter(|process| own.is_some() && namespace(process) == own);
        std::iter::once(self).chain(others.filter(|process| *process != self)).collect()
    }

    /// What it has for standard error, if that is a file that can be read here.
    pub(super) fn stderr(self) -> Option<PathBuf> {
        let path = self.path("fd/2");
        fs::metadata(&path).is_ok_and(|meta| meta.is_file()).then_some(path)
    }
}

/// All processes.
fn all() -> impl Iterator<Item = Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok().map(Process))
}

/// Those that run mtprotoproxy.
pub(super) fn proxies() -> impl Iterator<Item = Process> {
    all().filter(|process| process.is_proxy())
}
