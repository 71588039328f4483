//! Builds the rows of mtp-conns from a sampled target.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::net::IpAddr;

use crate::sockets::nat::HiddenClients;
use crate::sockets::{
    Address, AddressCount, PortState, Prefix, SampleConfig, Suspicion, SuspicionKind, Target,
    TcpInfo, TrackedConnection, UserIndex,
};
use crate::stream::{
    ActiveAddress, Connection, ConnectionKind, FromIp, Measured, Origin, Sample, SuspiciousIp,
    Text, Thousandths,
};
use crate::timestamp::Timestamp;

/// The state of one sample that its rows are made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sampled<'t> {
    pub(super) config: &'t SampleConfig,
    /// Addresses that a sample lists.
    pub(super) top: usize,
    pub(super) users: &'t UserIndex,
    pub(super) target: &'t Target,
}

impl<'t> Sampled<'t> {
    /// Builds the `sample` row of one port.
    pub(super) fn sample(&self, port: &'t PortState) -> Sample<'t> {
        let Self { target, top, .. } = *self;
        let counts = port.snapshot.counts();
        let suspicions = port.suspicions.recent(target.at);
        let hidden = HiddenClients::of(port);
        let nonzero = |count: u64| (count > 0).then_some(count);
        Sample {
            ts: Some(target.at),
            port: Some(port.number),
            total: to_u64(port.snapshot.total()),
            addresses: to_u64(counts.len()),
            by_ip: counts.iter().take(top).map(|of| self.address(of, port)).collect(),
            suspicious: suspicions.iter().take(top).map(|of| self.suspicious(of)).collect(),
            closing: nonzero(port.snapshot.closing),
            half_open: nonzero(port.snapshot.half_open),
            hidden: nonzero(port.snapshot.hidden),
            ambiguous: nonzero(self.ambiguous(port)),
            unmatched: self.unmatched(port),
            hidden_by: hidden.as_ref().map(|hidden| hidden.by.into()),
            note: hidden.map(|hidden| hidden.note.into()),
            via: Some(target.backend_name().into()),
            source: target.source.as_deref().map(Into::into),
        }
    }

    fn address(&self, of: &AddressCount, port: &PortState) -> FromIp<'t> {
        let mut row = FromIp {
            ip: origin(of.peer, self.config.prefix),
            connections: of.connections.into(),
            since: Some(of.since),
            ..FromIp::default()
        };
        if self.config.query.with_info || !self.users.is_empty() {
            let details = port.snapshot.details(of, &self.target.tracker, self.users);
            row.measured = Measured {
                rtt_ms: details.rtt_us.map(thousandths),
                bytes_up: details.bytes.map(|(up, _)| up),
                bytes_down: details.bytes.map(|(_, down)| down),
                idle_seconds: details.idle_ms.map(thousandths),
            };
            (row.user, row.users) = self.named(&details.users);
        }
        row
    }

    /// The name of the user if there is one, and the names if there are several.
    fn named(&self, users: &[u32]) -> (Option<Text<'t>>, Vec<Text<'t>>) {
        let mut names: Vec<_> = self.names(users).collect();
        let one = if names.len() == 1 { names.pop() } else { None };
        (one, names)
    }

    fn names(&self, users: &[u32]) -> impl Iterator<Item = Text<'t>> {
        let index = self.users;
        users.iter().filter_map(move |user| index.name(*user)).map(Into::into)
    }

    /// Connections of addresses with several users.
    fn ambiguous(&self, port: &PortState) -> u64 {
        let connections = self.target.tracker.connections().iter();
        let on_port = connections.filter(|one| one.port == port.number);
        to_u64(on_port.filter(|one| one.users(self.users).len() > 1).count())
    }

    /// Addresses of users that no connection has: the row of the first port lists them.
    fn unmatched(&self, port: &PortState) -> Vec<ActiveAddress<'t>> {
        let is_first = self.target.ports.first().is_some_and(|of| of.number == port.number);
        let mut active = self.users.active().peekable();
        if !is_first || active.peek().is_none() {
            return Vec::new();
        }
        let connections = self.target.tracker.connections();
        let peers: HashSet<Address> = connections.iter().map(|one| one.peer).collect();
        let prefix = self.config.prefix;
        let mut unmatched: BTreeMap<Address, BTreeSet<u32>> = BTreeMap::new();
        for (peer, users) in active.filter(|(peer, _)| !peers.contains(peer)) {
            unmatched.entry(prefix.of(peer)).or_default().extend(users);
        }
        let row = |(peer, users): (Address, BTreeSet<u32>)| ActiveAddress {
            ip: origin(peer, prefix),
            users: self.names(&users.into_iter().collect::<Vec<_>>()).collect(),
        };
        unmatched.into_iter().take(self.top).map(row).collect()
    }

    fn suspicious(&self, of: &Suspicion) -> SuspiciousIp<'t> {
        let count = Some(of.count.into());
        let (connections, minutes) = match of.kind {
            SuspicionKind::Multiple => (count, None),
            SuspicionKind::Frequent => (None, count),
        };
        SuspiciousIp {
            ip: origin(of.peer, self.config.prefix),
            reason: of.kind.name().into(),
            connections,
            minutes,
            last: Some(of.last),
        }
    }

    /// Builds a `socket` row.
    pub(super) fn socket(&self, of: &TrackedConnection, info: Option<&TcpInfo>) -> Connection<'t> {
        let mut row = self.connection(ConnectionKind::Socket, of);
        row.state = Some("established".into());
        (row.since, row.age_seconds) = age(self.target.at, of, info);
        if let Some(info) = info {
            row.measured = Measured {
                rtt_ms: Some(thousandths(info.rtt_us)),
                bytes_up: Some(info.bytes_up),
                bytes_down: Some(info.bytes_down),
                idle_seconds: Some(thousandths(info.received_ms_ago)),
            };
        }
        row
    }

    /// Builds an `opened` row.
    pub(super) fn opened(&self, of: &TrackedConnection) -> Connection<'t> {
        self.connection(ConnectionKind::Opened, of)
    }

    /// Builds a `closed` row.
    pub(super) fn closed(&self, of: &TrackedConnection) -> Connection<'t> {
        let mut row = self.connection(ConnectionKind::Closed, of);
        (row.since, row.age_seconds) = age(self.target.at, of, None);
        row
    }

    fn connection(&self, kind: ConnectionKind, of: &TrackedConnection) -> Connection<'t> {
        let (user, users) = self.named(of.users(self.users));
        Connection {
            kind,
            ts: Some(self.target.at),
            ip: of.peer.ip().into(),
            port: of.peer_port,
            local_port: of.port,
            user,
            users,
            source: self.target.source.as_deref().map(Into::into),
            ..Connection::default()
        }
    }
}

/// A connection is at least as old as its last data in either direction.
fn age(
    at: Timestamp,
    of: &TrackedConnection,
    info: Option<&TcpInfo>,
) -> (Option<Timestamp>, Option<Thousandths>) {
    let tracked_ms = u64::try_from(at.0 - of.since.0).unwrap_or(0);
    let idle_ms = info.map_or(0, |info| info.received_ms_ago.max(info.sent_ms_ago));
    (Some(of.since), Some(Thousandths(tracked_ms.max(idle_ms.into()))))
}

fn origin<'o>(peer: Address, prefix: Prefix) -> Origin<'o> {
    let ip: IpAddr = peer.ip();
    prefix.length(peer).map_or(Origin::Ip(ip), |bits| Origin::Net(ip, bits))
}

fn thousandths(count: u32) -> Thousandths {
    Thousandths(count.into())
}

fn to_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
