//! The TCP tables of one namespace: netlink, or `/proc` where netlink is refused.

use std::io;
use std::path::Path;

use super::proc_tables::ProcTables;
use super::sock_diag::SockDiag;
use super::{Query, Socket};

/// The kernel interface that is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// Netlink, or `/proc` where that fails.
    #[default]
    Auto,
    /// `sock_diag` over netlink: filters in the kernel, has [`super::TcpInfo`].
    Netlink,
    /// `/proc/PID/net/tcp{,6}`: needs no privilege.
    Proc,
}

impl Backend {
    /// The values of `--via`.
    pub fn names() -> Vec<&'static str> {
        vec!["auto", "netlink", "proc"]
    }

    pub fn read(name: &str) -> Option<Self> {
        match name {
            "auto" => Some(Self::Auto),
            "netlink" => Some(Self::Netlink),
            "proc" => Some(Self::Proc),
            _ => None,
        }
    }
}

/// The open tables of one namespace.
#[derive(Debug)]
pub struct SocketTables {
    netlink: Option<SockDiag>,
    /// Used where netlink is absent; kept beside it until its first dump succeeds.
    proc: Option<ProcTables>,
}

impl SocketTables {
    /// Opens the tables of the calling thread's namespace; `folder` is its `/proc/…/net`.
    pub fn open(folder: &Path, backend: Backend) -> io::Result<Self> {
        let proc = |folder| ProcTables::open(folder).map(Some);
        Ok(match backend {
            Backend::Netlink => Self { netlink: Some(SockDiag::open()?), proc: None },
            Backend::Proc => Self { netlink: None, proc: proc(folder)? },
            Backend::Auto => match SockDiag::open() {
                Ok(netlink) => Self { netlink: Some(netlink), proc: ProcTables::open(folder).ok() },
                Err(_) => Self { netlink: None, proc: proc(folder)? },
            },
        })
    }

    /// Passes every socket on the query's ports to `each`, listening ones included. A kernel
    /// without `sock_diag` opens the netlink socket and rejects the dump: from then on `/proc` is
    /// read.
    pub fn read(&mut self, query: &Query, each: &mut dyn FnMut(&Socket)) -> io::Result<()> {
        if let Some(netlink) = &mut self.netlink {
            let mut passed = 0_u64;
            let dump = netlink.read(query, &mut |socket| {
                passed += 1;
                each(socket);
            });
            match dump {
                Err(_) if passed == 0 && self.proc.is_some() => self.netlink = None,
                Err(error) => return Err(error),
                Ok(()) => {
                    self.proc = None;
                    return Ok(());
                }
            }
        }
        match &mut self.proc {
            Some(proc) => proc.read(query, each),
            None => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// The row's `via`.
    pub fn backend_name(&self) -> &'static str {
        if self.netlink.is_some() { "netlink" } else { "proc" }
    }
}
