//! The tables of one namespace, by whichever way is open: netlink, or `/proc` where that is
//! refused.

use std::io;
use std::path::Path;

use super::netlink::Netlink;
use super::procfs::Proc;
use super::{Socket, Want};

/// By which way the kernel is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Via {
    /// Netlink, or else `/proc`.
    #[default]
    Auto,
    /// `sock_diag` over netlink: filtered in the kernel, with what it measured.
    Netlink,
    /// `/proc/PID/net/tcp{,6}`: for everybody.
    Proc,
}

impl Via {
    /// The names of the ways.
    pub fn names() -> Vec<&'static str> {
        vec!["auto", "netlink", "proc"]
    }

    /// Reads a way's name.
    pub fn read(name: &str) -> Option<Self> {
        match name {
            "auto" => Some(Self::Auto),
            "netlink" => Some(Self::Netlink),
            "proc" => Some(Self::Proc),
            _ => None,
        }
    }
}

/// The tables of one namespace.
#[derive(Debug)]
pub struct Tables {
    netlink: Option<Netlink>,
    /// In the stead of netlink, for as long as it is not known to answer.
    files: Option<Proc>,
}

impl Tables {
    /// Opens the tables of the calling thread's namespace; `folder` is its `/proc/…/net`.
    pub fn open(folder: &Path, via: Via) -> io::Result<Self> {
        let files = |folder| Proc::open(folder).map(Some);
        Ok(match via {
            Via::Netlink => Self { netlink: Some(Netlink::open()?), files: None },
            Via::Proc => Self { netlink: None, files: files(folder)? },
            Via::Auto => match Netlink::open() {
                Ok(netlink) => Self { netlink: Some(netlink), files: Proc::open(folder).ok() },
                Err(_) => Self { netlink: None, files: files(folder)? },
            },
        })
    }

    /// Gives every socket that is wanted, listening ones too. A kernel without `sock_diag` opens a
    /// line and then refuses to answer: from then on the files are read.
    pub fn read(&mut self, want: &Want, each: &mut dyn FnMut(&Socket)) -> io::Result<()> {
        if let Some(netlink) = &mut self.netlink {
            let mut given = 0_u64;
            let answer = netlink.read(want, &mut |socket| {
                given += 1;
                each(socket);
            });
            match answer {
                Err(_) if given == 0 && self.files.is_some() => self.netlink = None,
                Err(error) => return Err(error),
                Ok(()) => {
                    self.files = None;
                    return Ok(());
                }
            }
        }
        self.files
            .as_mut()
            .map_or_else(|| Err(io::ErrorKind::Unsupported.into()), |files| files.read(want, each))
    }

    /// The row's `via`.
    pub fn via(&self) -> &'static str {
        if self.netlink.is_some() { "netlink" } else { "proc" }
    }
}
