//! The kernel's tables by netlink. A socket belongs to the network namespace it was made in, so
//! one made elsewhere goes on reading there.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, send, socket_with,
};
use rustix::thread::{CapabilitySet, capabilities, set_capabilities};

use super::message::{self, Message};
use super::request::request;
use super::{Socket, Want};

/// The kernel fills at most 32 KiB at once; a larger buffer would only cost memory.
const RECEIVE: usize = 32 * 1024;
/// How long an answer may take before it is given up: the kernel never needs it.
const PATIENCE: Duration = Duration::from_secs(5);

/// An open question line to the kernel.
#[derive(Debug)]
pub struct Netlink {
    line: OwnedFd,
    buffer: Vec<u8>,
    sequence: u32,
}

impl Netlink {
    /// Opens one in the network namespace of the calling thread.
    pub fn open() -> io::Result<Self> {
        let kind = (AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC);
        let line = unprivileged(|| socket_with(kind.0, kind.1, kind.2, Some(netlink::SOCK_DIAG)))?;
        set_socket_timeout(&line, Timeout::Recv, Some(PATIENCE))?;
        Ok(Self { line, buffer: vec![0; RECEIVE], sequence: 0 })
    }

    /// Gives every socket that is wanted, listening ones too.
    pub fn read(&mut self, want: &Want, each: &mut dyn FnMut(&Socket)) -> io::Result<()> {
        self.sequence = self.sequence.wrapping_add(1);
        send(&self.line, &request(want, self.sequence), SendFlags::empty())?;
        loop {
            let received = match recv(&self.line, self.buffer.as_mut_slice(), RecvFlags::empty()) {
                Ok((received, _)) => received,
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            };
            let mut rest = self.buffer.get(..received).unwrap_or_default();
            while let Some((message, after)) = message::next(rest, self.sequence) {
                rest = after;
                match message {
                    Message::Socket(body) => {
                        if let Some(socket) = message::socket(body, want.info) {
                            each(&socket);
                        }
                    }
                    Message::Done => return Ok(()),
                    Message::Refused(code) => return Err(io::Error::from_raw_os_error(code)),
                    Message::Other => {}
                }
            }
        }
    }
}

/// Opens a line without `CAP_NET_ADMIN`. Who holds it is told the mark, keys and modules of every
/// socket too, which the kernel fetches from all over its memory: a tenth of a dump, unasked.
fn unprivileged<T>(open: impl FnOnce() -> T) -> T {
    let held =
        capabilities(None).ok().filter(|held| held.effective.contains(CapabilitySet::NET_ADMIN));
    if let Some(mut fewer) = held {
        fewer.effective.remove(CapabilitySet::NET_ADMIN);
        let _ = set_capabilities(None, fewer);
    }
    let opened = open();
    if let Some(held) = held {
        let _ = set_capabilities(None, held);
    }
    opened
}
