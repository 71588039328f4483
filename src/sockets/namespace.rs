//! A network namespace: found by process or file, entered if that is allowed, and known to be gone
//! when it is gone.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::gateway::{Gateways, Which, is_in_container};
use super::publisher::processes;
use super::{Socket, Tables, Via, Want};
use crate::error::Error;

/// Where `ip netns add` keeps names.
const NAMES: &str = "/run/netns";

/// Whose network.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// That of this program.
    Here,
    /// That of a process.
    Process(u32),
    /// That which a file stands for: `/run/netns/NAME`, `/proc/PID/ns/net`.
    File(PathBuf),
}

impl Place {
    /// A name of `ip netns`, or a path.
    pub fn named(name: &Path) -> Self {
        let is_path = name.components().count() > 1;
        Self::File(if is_path { name.to_owned() } else { Path::new(NAMES).join(name) })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Here => f.write_str("this network"),
            Self::Process(pid) => write!(f, "process {pid}"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// An open namespace.
#[derive(Debug)]
pub struct Namespace {
    tables: Tables,
    mark: Mark,
    /// Whose addresses stand for many clients.
    pub gateways: Gateways,
}

/// What tells whether it is still the same.
#[derive(Debug)]
enum Mark {
    Always,
    Process(OwnedFd),
    File(PathBuf, u64),
}

impl Namespace {
    /// Opens the tables of a namespace.
    pub fn open(place: &Place, via: Via) -> Result<Self, Error> {
        match place {
            Place::Here => open_here(via),
            Place::Process(pid) => open_process(*pid, via),
            Place::File(path) => open_file(path, via),
        }
        .map_err(|error| explained(place, via, error))
    }

    /// Whether what it was opened by still stands for it.
    pub fn is_there(&self) -> bool {
        match &self.mark {
            Mark::Always => true,
            Mark::Process(process) => {
                let mut all = [PollFd::new(process, PollFlags::IN)];
                poll(&mut all, Some(&Timespec::default())).is_ok_and(|ended| ended == 0)
            }
            Mark::File(path, inode) => fs::metadata(path).is_ok_and(|meta| meta.ino() == *inode),
        }
    }

    /// Gives every socket that is wanted, listening ones too.
    pub fn read(&mut self, want: &Want, each: &mut dyn FnMut(&Socket)) -> io::Result<()> {
        self.tables.read(want, each)
    }

    /// The row's `via`.
    pub fn via(&self) -> &'static str {
        self.tables.via()
    }
}

fn open_here(via: Via) -> io::Result<Namespace> {
    let folder = Path::new("/proc/self/net");
    let which = if is_in_container() { Which::All } else { Which::Cards };
    let gateways = Gateways::open(folder, which);
    Ok(Namespace { tables: Tables::open(folder, via)?, mark: Mark::Always, gateways })
}

fn open_process(pid: u32, via: Via) -> io::Result<Namespace> {
    let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let process = pidfd_open(number.ok_or(io::ErrorKind::NotFound)?, PidfdFlags::empty())?;
    let folder = PathBuf::from(format!("/proc/{pid}/net"));
    let tables = match fs::metadata(format!("/proc/{pid}/ns/net")) {
        _ if via == Via::Proc => Tables::open(&folder, via)?,
        Ok(meta) if Some(meta.ino()) == own_inode() => Tables::open(&folder, via)?,
        Ok(_) => match enter(Path::new(&format!("/proc/{pid}/ns/net")), &folder, via) {
            Err(_) if via == Via::Auto => Tables::open(&folder, Via::Proc)?,
            entered => entered?,
        },
        Err(_) if via == Via::Auto => Tables::open(&folder, Via::Proc)?,
        Err(error) => return Err(error),
    };
    let is_own = fs::metadata(format!("/proc/{pid}/ns/net")).map(|meta| meta.ino()).ok();
    let which = if is_own == own_inode() && is_own.is_some() {
        Which::Cards
    } else if is_container(pid) {
        Which::All
    } else {
        Which::None
    };
    let gateways = Gateways::open(&folder, which);
    Ok(Namespace { tables, mark: Mark::Process(process), gateways })
}

fn open_file(path: &Path, via: Via) -> io::Result<Namespace> {
    let inode = fs::metadata(path)?.ino();
    let folder = Path::new("/proc/thread-self/net");
    let (tables, gateways) = if Some(inode) == own_inode() {
        (Tables::open(folder, via)?, Gateways::open(folder, Which::Cards))
    } else {
        let which = if is_of_container(inode) { Which::All } else { Which::None };
        entered(path, || Ok((Tables::open(folder, via)?, Gateways::open(folder, which))))?
    };
    Ok(Namespace { tables, mark: Mark::File(path.to_owned(), inode), gateways })
}

/// Opens tables in the namespace, in a thread that enters it and ends: the tables stay there.
fn enter(file: &Path, folder: &Path, via: Via) -> io::Result<Tables> {
    entered(file, || Tables::open(folder, via))
}

fn entered<T: Send>(file: &Path, open: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    let file = File::open(file)?;
    std::thread::scope(|scope| {
        let opened = scope.spawn(|| {
            move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))?;
            open()
        });
        opened.join().unwrap_or_else(|_| Err(io::Error::other("a thread ended early")))
    })
}

fn own_inode() -> Option<u64> {
    fs::metadata("/proc/self/ns/net").ok().map(|meta| meta.ino())
}

/// Whether the process belongs to a container, by the names that the engines give their groups.
fn is_container(pid: u32) -> bool {
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
    ["docker", "containerd", "libpod", "crio", "kubepods"].iter().any(|name| groups.contains(name))
}

/// Whether a process of a container is in the namespace with this inode.
fn is_of_container(inode: u64) -> bool {
    processes().any(|pid| {
        let meta = fs::metadata(format!("/proc/{pid}/ns/net"));
        meta.is_ok_and(|meta| meta.ino() == inode) && is_container(pid)
    })
}

/// What the system said, with what would be right.
fn explained(place: &Place, via: Via, error: io::Error) -> Error {
    let what = match (place, error.kind()) {
        (Place::Process(_), io::ErrorKind::NotFound) => "there is no such process".to_owned(),
        (Place::Process(_), _) if error.raw_os_error() == Some(3) => {
            "there is no such process".to_owned()
        }
        // The latter while `ip netns add` is about to make it.
        (Place::File(_), io::ErrorKind::NotFound | io::ErrorKind::InvalidInput) => {
            "there is no such namespace".to_owned()
        }
        (Place::File(_), io::ErrorKind::PermissionDenied) => {
            "entering it takes root (CAP_SYS_ADMIN); --pid of a process in it takes nothing"
                .to_owned()
        }
        (_, io::ErrorKind::PermissionDenied) if via == Via::Netlink => {
            "netlink there takes root (CAP_SYS_ADMIN, CAP_SYS_PTRACE); --via proc takes nothing"
                .to_owned()
        }
        _ => return Error::input(place, error),
    };
    Error::refused(place, what)
}
