//! Network namespaces: opened by process or file, entered where that is permitted, checked for
//! whether they still exist.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::gateway::{GatewayScope, Gateways, is_in_container};
use super::port_forwarder::processes;
use super::{Backend, Query, Socket, SocketTables};
use crate::error::Error;

/// The directory of `ip netns add`.
const NETNS_DIR: &str = "/run/netns";

/// Refers to a network namespace.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NamespaceRef {
    /// The namespace of this program.
    Current,
    /// The namespace of a process.
    Process(u32),
    /// `/run/netns/NAME`, `/proc/PID/ns/net`
    File(PathBuf),
}

impl NamespaceRef {
    /// Reads a name of `ip netns`, or a path.
    pub fn named(name: &Path) -> Self {
        let is_path = name.components().count() > 1;
        Self::File(if is_path { name.to_owned() } else { Path::new(NETNS_DIR).join(name) })
    }
}

impl fmt::Display for NamespaceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Current => f.write_str("this network"),
            Self::Process(pid) => write!(f, "process {pid}"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// An open namespace.
#[derive(Debug)]
pub struct Namespace {
    tables: SocketTables,
    liveness: Liveness,
    pub(super) gateways: Gateways,
}

/// How to check that a namespace still exists.
#[derive(Debug)]
enum Liveness {
    Always,
    Process(OwnedFd),
    /// The file and its inode.
    File(PathBuf, u64),
}

impl Namespace {
    /// Opens the tables of a namespace.
    pub fn open(namespace: &NamespaceRef, backend: Backend) -> Result<Self, Error> {
        match namespace {
            NamespaceRef::Current => open_current(backend),
            NamespaceRef::Process(pid) => open_process(*pid, backend),
            NamespaceRef::File(path) => open_file(path, backend),
        }
        .map_err(|error| explained(namespace, backend, error))
    }

    /// Whether the process still runs, or the file still refers to the same namespace.
    pub fn is_alive(&self) -> bool {
        match &self.liveness {
            Liveness::Always => true,
            Liveness::Process(process) => {
                let mut all = [PollFd::new(process, PollFlags::IN)];
                poll(&mut all, Some(&Timespec::default())).is_ok_and(|ended| ended == 0)
            }
            Liveness::File(path, inode) => {
                fs::metadata(path).is_ok_and(|meta| meta.ino() == *inode)
            }
        }
    }

    /// Passes every socket on the query's ports to `each`, listening ones included.
    pub fn read(&mut self, query: &Query, each: &mut dyn FnMut(&Socket)) -> io::Result<()> {
        self.tables.read(query, each)
    }

    /// The row's `via`.
    pub fn backend_name(&self) -> &'static str {
        self.tables.backend_name()
    }
}

fn open_current(backend: Backend) -> io::Result<Namespace> {
    let folder = Path::new("/proc/self/net");
    let scope = if is_in_container() { GatewayScope::All } else { GatewayScope::PhysicalLinks };
    let gateways = Gateways::open(folder, scope);
    Ok(Namespace {
        tables: SocketTables::open(folder, backend)?,
        liveness: Liveness::Always,
        gateways,
    })
}

fn open_process(pid: u32, backend: Backend) -> io::Result<Namespace> {
    let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let process = pidfd_open(number.ok_or(io::ErrorKind::NotFound)?, PidfdFlags::empty())?;
    let folder = PathBuf::from(format!("/proc/{pid}/net"));
    let tables = match fs::metadata(format!("/proc/{pid}/ns/net")) {
        _ if backend == Backend::Proc => SocketTables::open(&folder, backend)?,
        Ok(meta) if Some(meta.ino()) == own_inode() => SocketTables::open(&folder, backend)?,
        Ok(_) => match enter(Path::new(&format!("/proc/{pid}/ns/net")), &folder, backend) {
            Err(_) if backend == Backend::Auto => SocketTables::open(&folder, Backend::Proc)?,
            entered => entered?,
        },
        Err(_) if backend == Backend::Auto => SocketTables::open(&folder, Backend::Proc)?,
        Err(error) => return Err(error),
    };
    let inode = fs::metadata(format!("/proc/{pid}/ns/net")).map(|meta| meta.ino()).ok();
    let scope = if inode == own_inode() && inode.is_some() {
        GatewayScope::PhysicalLinks
    } else if is_container(pid) {
        GatewayScope::All
    } else {
        GatewayScope::None
    };
    let gateways = Gateways::open(&folder, scope);
    Ok(Namespace { tables, liveness: Liveness::Process(process), gateways })
}

fn open_file(path: &Path, backend: Backend) -> io::Result<Namespace> {
    let inode = fs::metadata(path)?.ino();
    let folder = Path::new("/proc/thread-self/net");
    let (tables, gateways) = if Some(inode) == own_inode() {
        (SocketTables::open(folder, backend)?, Gateways::open(folder, GatewayScope::PhysicalLinks))
    } else {
        let scope = if is_of_container(inode) { GatewayScope::All } else { GatewayScope::None };
        entered(path, || Ok((SocketTables::open(folder, backend)?, Gateways::open(folder, scope))))?
    };
    Ok(Namespace { tables, liveness: Liveness::File(path.to_owned(), inode), gateways })
}

/// Opens tables in the namespace, in a thread that enters it and ends.
fn enter(file: &Path, folder: &Path, backend: Backend) -> io::Result<SocketTables> {
    entered(file, || SocketTables::open(folder, backend))
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

/// Whether the process is in a container, by the engines' names for control groups.
fn is_container(pid: u32) -> bool {
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
    ["docker", "containerd", "libpod", "crio", "kubepods"].iter().any(|name| groups.contains(name))
}

/// Whether a process of a container is in the namespace of this inode.
fn is_of_container(inode: u64) -> bool {
    processes().any(|pid| {
        let meta = fs::metadata(format!("/proc/{pid}/ns/net"));
        meta.is_ok_and(|meta| meta.ino() == inode) && is_container(pid)
    })
}

/// Adds to an error of the system what would succeed.
fn explained(namespace: &NamespaceRef, backend: Backend, error: io::Error) -> Error {
    let what = match (namespace, error.kind()) {
        (NamespaceRef::Process(_), io::ErrorKind::NotFound) => "no such process".to_owned(),
        (NamespaceRef::Process(_), _) if error.raw_os_error() == Some(3) => {
            "no such process".to_owned()
        }
        // InvalidInput: `ip netns add` has created the file and not mounted it yet.
        (NamespaceRef::File(_), io::ErrorKind::NotFound | io::ErrorKind::InvalidInput) => {
            "no such namespace".to_owned()
        }
        (NamespaceRef::File(_), io::ErrorKind::PermissionDenied) => {
            "entering it requires root (CAP_SYS_ADMIN); --pid of a process in it does not"
                .to_owned()
        }
        (_, io::ErrorKind::PermissionDenied) if backend == Backend::Netlink => {
            "netlink there requires root (CAP_SYS_ADMIN, CAP_SYS_PTRACE); --via proc does not"
                .to_owned()
        }
        _ => return Error::input(namespace, error),
    };
    Error::refused(namespace, what)
}
