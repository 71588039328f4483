//! The kernel's TCP tables: who is connected to the ports that a proxy listens on, in this or
//! another network namespace, and what is remembered of it from one look to the next.
//!
//! [`Tables`] reads them, by netlink or `/proc`; [`Namespace`] finds them and notices when they
//! go; [`census`], [`memory`] and [`suspicion`] make of them what a sample says.

pub mod address;
pub mod census;
pub mod gateway;
pub mod memory;
pub mod message;
pub mod namespace;
pub mod netlink;
pub mod owners;
pub mod procfs;
pub mod publisher;
pub mod request;
pub mod suspicion;
pub mod tables;

pub use address::{Address, Prefix};
pub use census::{Census, Tally};
pub use namespace::{Namespace, Place};
pub use tables::{Tables, Via};

/// How many ports one look can ask for: more would not fit a filter program that is worth running.
pub const PORTS_MAX: usize = 64;

/// A socket whose local end is one of the ports that were asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Socket {
    /// Where in its life it is.
    pub state: State,
    /// The address at this end.
    pub local: Address,
    /// The port at this end.
    pub port: u16,
    /// The address at the other end.
    pub peer: Address,
    /// The port at the other end.
    pub peer_port: u16,
    /// What tells it from every other socket, also from a later one between the same ends: the
    /// kernel's cookie, or in `/proc` the inode, which is 0 before it is accepted.
    pub id: u64,
    /// The inode; 0 before it is accepted.
    pub inode: u32,
    /// What the kernel measured, where it was asked.
    pub info: Option<Info>,
}

/// What the kernel measured of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Info {
    /// Smoothed round-trip time, in microseconds.
    pub rtt_us: u32,
    /// Bytes that came from the client.
    pub bytes_up: u64,
    /// Bytes that the client has acknowledged.
    pub bytes_down: u64,
    /// Milliseconds since data came from the client, or since the connection began.
    pub received_ms_ago: u32,
    /// Milliseconds since data went to the client, or since the connection began.
    pub sent_ms_ago: u32,
}

/// Where in its life a socket is, as far as a count of clients goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Both ends hold it.
    Established,
    /// The handshake is not over.
    HalfOpen,
    /// One end has closed.
    Closing,
    /// It waits for clients.
    Listen,
    /// Nobody holds it any more: `TIME_WAIT` and `CLOSE`. Or it is on its way out from here.
    Gone,
}

impl State {
    /// The state of this number in `include/net/tcp_states.h`.
    pub fn read(number: u8) -> Self {
        match number {
            1 => Self::Established,
            3 | 12 => Self::HalfOpen,
            4 | 5 | 8 | 9 | 11 => Self::Closing,
            10 => Self::Listen,
            _ => Self::Gone,
        }
    }
}

/// What a look asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// The local ports; at most [`PORTS_MAX`].
    pub ports: Vec<u16>,
    /// Whether [`Info`] is wanted: it makes a look half as dear again.
    pub info: bool,
}
