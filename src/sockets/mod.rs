//! TCP sockets on the ports of a proxy, in this or another network namespace, sampled over time.
//!
//! [`SocketTables`] reads the kernel's tables by netlink or `/proc`; [`Namespace`] opens them and
//! notices when they go. A [`Target`] samples one namespace: [`ConnectionTracker`] compares each
//! sample with the one before, [`PortSnapshot`] counts connections by address. A [`TargetSet`] holds
//! the targets of one flag, such as the containers of a Compose service.

mod address;
mod gateway;
mod namespace;
pub mod nat;
mod port_forwarder;
mod proc_tables;
mod snapshot;
mod sock_diag;
mod suspicion;
mod tables;
mod target;
mod target_set;
mod telemt_api;
mod tracker;
mod user_index;

pub use address::{Address, Prefix};
pub use namespace::{Namespace, NamespaceRef};
pub use port_forwarder::PortForwarder;
pub use snapshot::{AddressCount, AddressDetails, PortSnapshot};
pub use suspicion::{Suspicion, SuspicionKind};
pub use tables::{Backend, SocketTables};
pub use target::{PortState, RowSelection, SampleConfig, Target};
pub use target_set::{StickyError, TargetEntry, TargetSet, TargetSpec};
pub use telemt_api::{ActiveUser, TelemtApi};
pub use tracker::{ConnectionTracker, TrackedConnection};
pub use user_index::UserIndex;

/// Ports that one query may have.
pub const PORTS_MAX: usize = 64;

/// A socket whose local port is one of a query's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Socket {
    pub state: State,
    pub local: Address,
    pub port: u16,
    pub peer: Address,
    pub peer_port: u16,
    /// Differs from every other socket's, later ones between the same ends included: the kernel's
    /// cookie, or the inode where `/proc` is read, which is 0 until the proxy accepts the
    /// connection.
    pub id: u64,
    /// The inode; 0 until the proxy accepts the connection.
    pub inode: u32,
    /// Present where the query asked for it and the kernel has it.
    pub info: Option<TcpInfo>,
}

/// Measurements of the kernel for one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpInfo {
    /// Smoothed round-trip time, in microseconds.
    pub rtt_us: u32,
    /// Bytes received from the client.
    pub bytes_up: u64,
    /// Bytes acknowledged by the client.
    pub bytes_down: u64,
    /// Milliseconds since the last data from the client, or since the start of the connection.
    pub received_ms_ago: u32,
    /// Milliseconds since the last data to the client, or since the start of the connection.
    pub sent_ms_ago: u32,
}

/// The states of a TCP socket, grouped for counting clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Established,
    /// `SYN_RECV`
    HalfOpen,
    /// One end has closed: `FIN_WAIT1`, `FIN_WAIT2`, `CLOSE_WAIT`, `LAST_ACK`, `CLOSING`.
    Closing,
    Listen,
    /// `TIME_WAIT`, `CLOSE` and `SYN_SENT`: not a client's connection.
    Other,
}

impl State {
    /// Reads a number of `include/net/tcp_states.h`.
    pub fn read(number: u8) -> Self {
        match number {
            1 => Self::Established,
            3 | 12 => Self::HalfOpen,
            4 | 5 | 8 | 9 | 11 => Self::Closing,
            10 => Self::Listen,
            _ => Self::Other,
        }
    }
}

/// Selects sockets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The local ports; at most [`PORTS_MAX`].
    pub ports: Vec<u16>,
    /// Whether to read [`TcpInfo`], which costs a further answer for each socket.
    pub with_info: bool,
}

/// Parses what a kernel may answer: a block of a netlink dump, and the rows of `/proc/net/tcp`. For
/// tests.
#[doc(hidden)]
pub fn sockets_of(answer: &[u8], sequence: u32, ports: &[u16]) -> Vec<Socket> {
    let mut found = Vec::new();
    let end = sock_diag::read_block(answer, sequence, true, &mut |socket| found.push(*socket));
    drop(end);
    let rows = answer.split(|byte| *byte == b'\n');
    found.extend(rows.filter_map(|row| proc_tables::parse_row(row, ports)));
    found
}
