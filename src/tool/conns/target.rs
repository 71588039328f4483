//! One network that is looked at: its sockets counted by port and address, its connections
//! remembered from one look to the next.

use std::net::IpAddr;

use super::ask::{Ask, What};
use super::trouble::Trouble;
use super::{hidden, rows};
use crate::error::Error;
use crate::sockets::memory::Memory;
use crate::sockets::owners::Owners;
use crate::sockets::publisher::{self, Publisher};
use crate::sockets::suspicion::Suspicions;
use crate::sockets::{Address, Census, Namespace, Place, Socket, State};
use crate::timestamp::Timestamp;

/// How far back a socket may be that the kernel gives twice because others left its bucket.
const BACK: usize = 4;

/// A network, and what is known of it.
#[derive(Debug)]
pub(super) struct Target {
    /// The row's `source`: the container or namespace; absent for this network.
    pub(super) source: Option<String>,
    place: Place,
    namespace: Option<Namespace>,
    /// Gateways that its engine told of.
    gateways: Vec<Address>,
    pub(super) memory: Memory,
    /// One for each port.
    pub(super) ports: Vec<Port>,
    /// Whether connections found now may be older than the watch.
    is_first: bool,
    /// The rows of connections that the last look made.
    pub(super) rows: Vec<u8>,
    /// When that was.
    pub(super) at: Timestamp,
}

/// What is known of one port.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) number: u16,
    pub(super) census: Census,
    pub(super) suspicions: Suspicions,
    /// The inodes of what listens.
    pub(super) listeners: Vec<u32>,
    /// Who does in a container's stead, as of these listeners.
    pub(super) publisher: Option<Publisher>,
    known: Vec<u32>,
    /// The container that the port is published for, if that is known.
    pub(super) container: Option<String>,
    /// The gateways that were met among the peers, and where they connected to.
    pub(super) gateways: Vec<(Address, Address)>,
    /// Whether an engine's proxy connects to it on behalf of clients; asked when some are hidden.
    pub(super) is_forwarded: Option<bool>,
    /// Whether it was said that nothing does.
    pub(super) silence: Trouble,
}

impl Target {
    pub(super) fn new(source: Option<String>, place: Place, ask: &Ask) -> Self {
        let port = |number: &u16| Port {
            number: *number,
            census: Census::new(ask.prefix),
            suspicions: Suspicions::new(ask.is_single),
            listeners: Vec::new(),
            publisher: None,
            known: Vec::new(),
            container: None,
            gateways: Vec::new(),
            is_forwarded: None,
            silence: Trouble::default(),
        };
        Self {
            source,
            place,
            namespace: None,
            gateways: Vec::new(),
            memory: Memory::default(),
            ports: ask.want.ports.iter().map(port).collect(),
            is_first: true,
            rows: Vec::new(),
            at: Timestamp(0),
        }
    }

    /// The same in the stead of another, which has gone: what it finds has begun since.
    pub(super) fn after_another(mut self) -> Self {
        self.is_first = false;
        self
    }

    /// The same, with gateways that its engine tells of.
    pub(super) fn behind(mut self, gateways: &[IpAddr]) -> Self {
        self.gateways = gateways.iter().map(|ip| Address::from(*ip)).collect();
        self
    }

    /// What messages call it.
    pub(super) fn name(&self) -> String {
        self.source.clone().unwrap_or_else(|| self.place.to_string())
    }

    /// By which way the kernel was asked.
    pub(super) fn via(&self) -> &'static str {
        self.namespace.as_ref().map_or("", Namespace::via)
    }

    /// Whether the namespace that was looked into is no more.
    pub(super) fn is_gone(&self) -> bool {
        self.namespace.as_ref().is_some_and(|namespace| !namespace.is_there())
    }

    /// Whether a namespace is looked into.
    pub(super) fn is_open(&self) -> bool {
        self.namespace.is_some()
    }

    /// Looks. After an error there is nothing to show.
    pub(super) fn look(&mut self, ask: &Ask, owners: &Owners) -> Result<(), Error> {
        self.rows.clear();
        self.at = Timestamp::now();
        if self.is_gone() {
            self.leave(ask, owners);
        }
        let mut namespace = self.opened(ask)?;
        let mut read = self.read(&mut namespace, ask, owners);
        if read.is_ok() && self.has_new_publisher() {
            self.memory.undo();
            read = self.read(&mut namespace, ask, owners);
        }
        self.namespace = Some(namespace);
        if let Err(error) = read {
            // What was found so far is no look: the next one is compared with the one before.
            self.memory.undo();
            return Err(Error::input(self.name(), error));
        }
        let opened = self.compare(ask, owners);
        if ask.what == What::Sockets {
            rows::sockets(&mut self.rows, self.at, &self.memory, owners, self.source.as_deref());
        }
        if ask.what != What::Changes {
            for port in &mut self.ports {
                if port.gateways.is_empty() {
                    port.is_forwarded = None;
                } else if port.is_forwarded.is_none() {
                    let forwards =
                        |(_, to): &(_, Address)| publisher::forwards_to(*to, port.number);
                    port.is_forwarded = Some(port.gateways.iter().any(forwards));
                }
                port.census.take(self.memory.found(), port.number);
                port.census.count(self.memory.found(), self.at);
                let opened = opened.iter().filter(|(_, at)| *at == port.number);
                let opened: Vec<_> = opened.map(|(peer, _)| ask.prefix.of(*peer)).collect();
                port.suspicions.look(port.census.tallies(), &opened, self.at);
            }
        }
        self.is_first = false;
        Ok(())
    }

    fn opened(&mut self, ask: &Ask) -> Result<Namespace, Error> {
        if let Some(namespace) = self.namespace.take() {
            return Ok(namespace);
        }
        let mut namespace = Namespace::open(&self.place, ask.via)?;
        namespace.gateways.add(&self.gateways);
        Ok(namespace)
    }

    fn read(
        &mut self,
        namespace: &mut Namespace,
        ask: &Ask,
        owners: &Owners,
    ) -> std::io::Result<()> {
        self.memory.begin();
        self.ports.iter_mut().for_each(Port::clear);
        let gateways = namespace.gateways.read();
        let keeps = ask.keeps_connections() || !owners.is_empty();
        let mut last = [0; BACK];
        namespace.read(&ask.want, &mut |socket| {
            if socket.id == 0 || !last.contains(&socket.id) {
                last.rotate_right(1);
                last[0] = socket.id;
                self.take(socket, &gateways, owners, keeps);
            }
        })
    }

    /// Whether the ports turn out to be listened on by others than before, and these are not
    /// proxies: then what was read must be read again, knowing that.
    fn has_new_publisher(&mut self) -> bool {
        let mut has = false;
        for port in &mut self.ports {
            if port.known == port.listeners {
                continue;
            }
            port.known.clone_from(&port.listeners);
            let publisher = publisher::of(port.number, &port.listeners);
            has |= port.publisher != publisher;
            port.publisher = publisher;
            port.container = publisher.and_then(|_| hidden::container(port.number));
        }
        has
    }

    fn take(&mut self, socket: &Socket, gateways: &[Address], owners: &Owners, keeps: bool) {
        let port = self.ports.iter_mut().find(|port| port.number == socket.port);
        let Some(port) = port else { return };
        if !port.is_counted(socket) {
            return;
        }
        if port.publisher.is_some() && socket.peer.is_loopback() {
            port.census.hidden += 1;
        } else if gateways.contains(&socket.peer) {
            port.census.hidden += 1;
            let ends = (socket.peer, socket.local);
            if !port.gateways.contains(&ends) {
                port.gateways.push(ends);
            }
        } else if !keeps {
            port.census.add(socket.peer, 0);
        } else {
            let user = owners.of(socket.peer, socket.peer_port);
            self.memory.see(socket, self.at, user);
        }
    }

    /// Compares the look with the last one; gives the client and the port of what is new.
    fn compare(&mut self, ask: &Ask, owners: &Owners) -> Vec<(Address, u16)> {
        let (rows, at, source) = (&mut self.rows, self.at, self.source.as_deref());
        let (mut opened, mut closed) = (Vec::new(), Vec::new());
        let is_wanted = ask.what == What::Changes;
        let is_counted = !self.is_first;
        self.memory.end(
            &mut |found| {
                if is_counted {
                    opened.push(*found);
                }
            },
            &mut |found| {
                if is_wanted {
                    closed.push(*found);
                }
            },
        );
        if is_wanted {
            for found in &closed {
                rows::closed(rows, at, found, owners, source);
            }
            for found in &opened {
                rows::opened(rows, at, found, owners, source);
            }
        }
        opened.iter().map(|found| (found.peer, found.port)).collect()
    }

    /// Lets go of what is gone: its connections are closed.
    pub(super) fn leave(&mut self, ask: &Ask, owners: &Owners) {
        self.namespace = None;
        self.at = Timestamp::now();
        self.memory.begin();
        self.compare(ask, owners);
    }

    /// Connections and addresses that there was no room to remember.
    pub(super) fn unremembered(&self) -> u64 {
        let addresses: u64 = self.ports.iter().map(|port| port.suspicions.unremembered).sum();
        self.memory.unremembered + addresses
    }
}

impl Port {
    fn clear(&mut self) {
        self.census.clear();
        self.listeners.clear();
        self.gateways.clear();
    }

    /// Whether the socket is a connection that was accepted. What listens is told before what was
    /// accepted; without it, the port is only where a connection of this machine's own began.
    fn is_counted(&mut self, socket: &Socket) -> bool {
        match socket.state {
            State::Listen => self.listeners.push(socket.inode),
            State::Closing => self.census.closing += 1,
            State::HalfOpen => self.census.half_open += 1,
            State::Established => return !self.listeners.is_empty(),
            State::Gone => {}
        }
        false
    }
}
