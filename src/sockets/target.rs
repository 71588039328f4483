//! One sampled namespace: its sockets counted by port and address, its connections tracked from one
//! sample to the next.

use std::net::IpAddr;

use super::suspicion::SuspicionTracker;
use super::{
    Address, Backend, ConnectionTracker, Namespace, NamespaceRef, PortForwarder, PortSnapshot,
    Prefix, Query, Socket, State, TrackedConnection, UserIndex, nat, port_forwarder,
};
use crate::error::Error;
use crate::timestamp::Timestamp;

/// The kernel repeats a socket when others leave its hash bucket: how many back it may be.
const REPEATED_WITHIN: usize = 4;

/// What a sample covers.
#[derive(Clone, Debug)]
pub struct SampleConfig {
    pub query: Query,
    pub backend: Backend,
    pub prefix: Prefix,
    pub rows: RowSelection,
    /// Whether there is only one sample.
    pub is_single: bool,
}

impl SampleConfig {
    /// Whether connections must be tracked, not only counted.
    fn tracks_connections(&self) -> bool {
        !self.is_single || self.query.with_info || self.rows != RowSelection::Samples
    }
}

/// The rows to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowSelection {
    /// A `sample` row a port.
    Samples,
    /// `sample` rows, and a `socket` row a connection.
    Sockets,
    /// `opened` and `closed` rows only.
    Changes,
}

/// A namespace and the state of its samples.
#[derive(Debug)]
pub struct Target {
    /// The container or namespace; absent for the current namespace.
    pub source: Option<String>,
    namespace_ref: NamespaceRef,
    namespace: Option<Namespace>,
    /// Known from the container engine.
    gateways: Vec<Address>,
    pub tracker: ConnectionTracker,
    pub ports: Vec<PortState>,
    /// Whether no sample was taken, so that connections may be older than this program.
    is_first: bool,
    /// Connections opened since the previous sample.
    pub opened: Vec<TrackedConnection>,
    /// Connections closed since the previous sample, where `closed` rows are written.
    pub closed: Vec<TrackedConnection>,
    /// The time of the last sample.
    pub at: Timestamp,
}

/// The state of one port.
#[derive(Debug)]
pub struct PortState {
    pub number: u16,
    pub snapshot: PortSnapshot,
    pub suspicions: SuspicionTracker,
    /// Inodes of the listening sockets.
    pub listeners: Vec<u32>,
    /// The forwarder that holds `known_listeners`.
    pub forwarder: Option<PortForwarder>,
    known_listeners: Vec<u32>,
    /// The container that the port is published for.
    pub container: Option<String>,
    /// Gateways among the peers, with the local addresses they connected to.
    pub gateways: Vec<(Address, Address)>,
    /// Whether a docker-proxy connects to it; checked when a gateway is among the peers.
    pub is_forwarded: Option<bool>,
}

impl Target {
    pub fn new(source: Option<String>, namespace_ref: NamespaceRef, config: &SampleConfig) -> Self {
        let port = |number: &u16| PortState {
            number: *number,
            snapshot: PortSnapshot::new(config.prefix),
            suspicions: SuspicionTracker::new(config.is_single),
            listeners: Vec::new(),
            forwarder: None,
            known_listeners: Vec::new(),
            container: None,
            gateways: Vec::new(),
            is_forwarded: None,
        };
        Self {
            source,
            namespace_ref,
            namespace: None,
            gateways: Vec::new(),
            tracker: ConnectionTracker::default(),
            ports: config.query.ports.iter().map(port).collect(),
            is_first: true,
            opened: Vec::new(),
            closed: Vec::new(),
            at: Timestamp(0),
        }
    }

    /// Marks it as the successor of another target: its connections are all new.
    #[must_use]
    pub fn as_successor(mut self) -> Self {
        self.is_first = false;
        self
    }

    /// Adds gateways known from the container engine.
    #[must_use]
    pub fn with_gateways(mut self, gateways: &[IpAddr]) -> Self {
        self.gateways = gateways.iter().map(|ip| Address::from(*ip)).collect();
        self
    }

    /// Its name in messages.
    pub fn name(&self) -> String {
        self.source.clone().unwrap_or_else(|| self.namespace_ref.to_string())
    }

    /// The row's `via`.
    pub fn backend_name(&self) -> &'static str {
        self.namespace.as_ref().map_or("", Namespace::backend_name)
    }

    /// Whether the opened namespace no longer exists.
    pub fn is_gone(&self) -> bool {
        self.namespace.as_ref().is_some_and(|namespace| !namespace.is_alive())
    }

    pub fn is_open(&self) -> bool {
        self.namespace.is_some()
    }

    /// Takes a sample. After an error only `closed` is valid.
    pub fn sample(
        &mut self,
        config: &SampleConfig,
        users: &UserIndex,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.opened.clear();
        self.closed.clear();
        self.at = now;
        if self.is_gone() {
            self.close(config);
        }
        let mut namespace = self.take_namespace(config)?;
        let mut read = self.read(&mut namespace, config, users);
        if read.is_ok() && self.update_forwarders() {
            self.tracker.rollback();
            read = self.read(&mut namespace, config, users);
        }
        self.namespace = Some(namespace);
        if let Err(error) = read {
            self.tracker.rollback();
            return Err(Error::input(self.name(), error));
        }
        self.diff(config);
        if config.rows != RowSelection::Changes {
            self.count(config.prefix);
        }
        self.is_first = false;
        Ok(())
    }

    fn take_namespace(&mut self, config: &SampleConfig) -> Result<Namespace, Error> {
        if let Some(namespace) = self.namespace.take() {
            return Ok(namespace);
        }
        let mut namespace = Namespace::open(&self.namespace_ref, config.backend)?;
        namespace.gateways.add(&self.gateways);
        Ok(namespace)
    }

    fn read(
        &mut self,
        namespace: &mut Namespace,
        config: &SampleConfig,
        users: &UserIndex,
    ) -> std::io::Result<()> {
        self.tracker.start();
        self.ports.iter_mut().for_each(PortState::clear);
        let gateways = namespace.gateways.read();
        let is_tracked = config.tracks_connections() || !users.is_empty();
        let mut last = [0; REPEATED_WITHIN];
        namespace.read(&config.query, &mut |socket| {
            if socket.id == 0 || !last.contains(&socket.id) {
                last.rotate_right(1);
                last[0] = socket.id;
                self.insert(socket, &gateways, users, is_tracked);
            }
        })
    }

    /// Looks for forwarders where the listeners of a port have changed. Returns whether a forwarder
    /// changed, so that the sockets must be read again.
    fn update_forwarders(&mut self) -> bool {
        let mut is_changed = false;
        for port in &mut self.ports {
            if port.known_listeners == port.listeners {
                continue;
            }
            port.known_listeners.clone_from(&port.listeners);
            let forwarder = port_forwarder::find(port.number, &port.listeners);
            is_changed |= port.forwarder != forwarder;
            port.forwarder = forwarder;
            port.container = forwarder.and_then(|_| nat::publishing_container(port.number));
        }
        is_changed
    }

    fn insert(
        &mut self,
        socket: &Socket,
        gateways: &[Address],
        users: &UserIndex,
        is_tracked: bool,
    ) {
        let port = self.ports.iter_mut().find(|port| port.number == socket.port);
        let Some(port) = port else { return };
        if !port.insert(socket) {
            return;
        }
        if port.forwarder.is_some() && socket.peer.is_loopback() {
            port.snapshot.hidden += 1;
        } else if gateways.contains(&socket.peer) {
            port.snapshot.hidden += 1;
            let ends = (socket.peer, socket.local);
            if !port.gateways.contains(&ends) {
                port.gateways.push(ends);
            }
        } else if !is_tracked {
            port.snapshot.add(socket.peer, 0);
        } else {
            let user = users.get(socket.peer, socket.peer_port);
            self.tracker.insert(socket, self.at, user);
        }
    }

    /// Compares the sample with the previous one.
    fn diff(&mut self, config: &SampleConfig) {
        let (is_first, keeps_closed) = (self.is_first, config.rows == RowSelection::Changes);
        let (opened, closed) = (&mut self.opened, &mut self.closed);
        self.tracker.diff(
            &mut |new| {
                if !is_first {
                    opened.push(*new);
                }
            },
            &mut |gone| {
                if keeps_closed {
                    closed.push(*gone);
                }
            },
        );
    }

    /// Counts the connections of each port by address.
    fn count(&mut self, prefix: Prefix) {
        for port in &mut self.ports {
            if port.gateways.is_empty() {
                port.is_forwarded = None;
            } else if port.is_forwarded.is_none() {
                let forwards =
                    |(_, to): &(_, Address)| port_forwarder::forwards_to(*to, port.number);
                port.is_forwarded = Some(port.gateways.iter().any(forwards));
            }
            port.snapshot.add_tracked(self.tracker.connections(), port.number);
            port.snapshot.count(self.tracker.connections(), self.at);
            let opened = self.opened.iter().filter(|new| new.port == port.number);
            let opened: Vec<_> = opened.map(|new| prefix.of(new.peer)).collect();
            port.suspicions.ingest(port.snapshot.counts(), &opened, self.at);
        }
    }

    /// Closes the namespace; its connections become `closed`.
    fn close(&mut self, config: &SampleConfig) {
        self.namespace = None;
        self.tracker.start();
        self.diff(config);
    }

    /// Ends sampling; only `closed` and `at` are valid afterwards.
    pub fn finish(&mut self, config: &SampleConfig, now: Timestamp) {
        self.opened.clear();
        self.closed.clear();
        self.at = now;
        self.close(config);
    }

    /// Connections and addresses over the limits.
    pub fn untracked(&self) -> u64 {
        let addresses: u64 = self.ports.iter().map(|port| port.suspicions.untracked).sum();
        self.tracker.untracked + addresses
    }
}

impl PortState {
    fn clear(&mut self) {
        self.snapshot.clear();
        self.listeners.clear();
        self.gateways.clear();
    }

    /// Counts the socket's state; returns whether it is an accepted connection. Listening sockets
    /// come first in a dump: without one, the socket is an outgoing connection.
    fn insert(&mut self, socket: &Socket) -> bool {
        match socket.state {
            State::Listen => self.listeners.push(socket.inode),
            State::Closing => self.snapshot.closing += 1,
            State::HalfOpen => self.snapshot.half_open += 1,
            State::Established => return !self.listeners.is_empty(),
            State::Other => {}
        }
        false
    }
}
