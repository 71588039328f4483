//! Counts the connections of one port by address.
//!
//! Addresses are sorted and counted in runs: a hash table would miss the cache at every socket. An
//! IPv4 address and the index of its connection are packed into one word, which sorts faster.

use std::cmp::Reverse;

use super::{Address, ConnectionTracker, Prefix, TrackedConnection, UserIndex};
use crate::timestamp::Timestamp;

/// Users listed for one address or network.
const USERS_MAX: usize = 64;

/// The connections of one address.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AddressCount {
    /// The address, or the network's first.
    pub peer: Address,
    pub connections: u32,
    /// When the oldest connection was first seen.
    pub since: Timestamp,
    /// Index of its first entry among those of its family.
    first: u32,
}

/// Measurements and users of the connections of one address.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddressDetails {
    /// The shortest round-trip time, in microseconds.
    pub rtt_us: Option<u32>,
    /// Bytes from the client and to it, over its current connections.
    pub bytes: Option<(u64, u64)>,
    /// Milliseconds since the last data from it.
    pub idle_ms: Option<u32>,
    /// Indexes in the [`super::UserIndex`]; at most [`USERS_MAX`].
    pub users: Vec<u32>,
}

/// The connections of one port of one namespace at one moment.
#[derive(Debug)]
pub struct PortSnapshot {
    /// IPv4: the address in the upper half, the index of the connection in the lower.
    v4: Vec<u64>,
    v6: Vec<(Address, u32)>,
    counts: Vec<AddressCount>,
    prefix: Prefix,
    /// Connections that one end has closed.
    pub closing: u64,
    /// Incomplete handshakes.
    pub half_open: u64,
    /// Connections from a gateway, whose client is unknown.
    pub hidden: u64,
}

impl PortSnapshot {
    /// Creates one that counts networks of these prefix lengths.
    pub fn new(prefix: Prefix) -> Self {
        let (v4, v6, counts) = (Vec::new(), Vec::new(), Vec::new());
        Self { v4, v6, counts, prefix, closing: 0, half_open: 0, hidden: 0 }
    }

    /// Removes everything and keeps the allocations.
    pub fn clear(&mut self) {
        self.v4.clear();
        self.v6.clear();
        self.counts.clear();
        (self.closing, self.half_open, self.hidden) = (0, 0, 0);
    }

    /// Adds the tracked connections to this port.
    pub fn add_tracked(&mut self, connections: &[TrackedConnection], port: u16) {
        let all = connections.iter().enumerate();
        for (index, connection) in all.filter(|(_, connection)| connection.port == port) {
            self.add(connection.peer, index);
        }
    }

    /// Adds a connection, with its index in the tracker if it is tracked.
    pub fn add(&mut self, peer: Address, index: usize) {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let peer = self.prefix.of(peer);
        match peer.as_v4() {
            Some(number) => self.v4.push(u64::from(number) << 32 | u64::from(index)),
            None => self.v6.push((peer, index)),
        }
    }

    /// Counts connections by address: most connections first, then by address. Untracked
    /// connections were first seen now.
    pub fn count(&mut self, connections: &[TrackedConnection], now: Timestamp) {
        self.v4.sort_unstable();
        self.v6.sort_unstable();
        let v4 = (0..).zip(self.v4.iter().map(|word| unpacked(*word)));
        let v6 = (0..).zip(self.v6.iter().copied());
        for (first, (peer, index)) in v4.chain(v6) {
            let since = connections.get(to_usize(index)).map_or(now, |connection| connection.since);
            match self.counts.last_mut().filter(|last| last.peer == peer) {
                Some(last) => {
                    last.connections += 1;
                    last.since = last.since.min(since);
                }
                None => self.counts.push(AddressCount { peer, connections: 1, since, first }),
            }
        }
        self.counts.sort_by_key(|count| Reverse(count.connections));
    }

    /// The number of connections.
    pub fn total(&self) -> usize {
        self.v4.len() + self.v6.len()
    }

    /// The addresses, most connections first.
    pub fn counts(&self) -> &[AddressCount] {
        &self.counts
    }

    /// Adds up the details of the connections of one address. Users are those of its connections
    /// and, where the log names none, those that telemt's API lists for the address.
    pub fn details(
        &self,
        of: &AddressCount,
        tracker: &ConnectionTracker,
        users: &UserIndex,
    ) -> AddressDetails {
        let mut details = AddressDetails::default();
        let (first, many) = (to_usize(of.first), to_usize(of.connections));
        if of.peer.is_v4() {
            let words = self.v4.iter().skip(first).take(many);
            words.for_each(|word| details.add(to_usize(unpacked(*word).1), tracker, users));
        } else {
            let entries = self.v6.iter().skip(first).take(many);
            entries.for_each(|(_, index)| details.add(to_usize(*index), tracker, users));
        }
        details
    }
}

fn unpacked(word: u64) -> (Address, u32) {
    let [a, b, c, d, index @ ..] = word.to_be_bytes();
    (Address::v4([a, b, c, d]), u32::from_be_bytes(index))
}

fn to_usize(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl AddressDetails {
    fn add(&mut self, index: usize, tracker: &ConnectionTracker, users: &UserIndex) {
        if let Some(connection) = tracker.connections().get(index) {
            for user in connection.users(users) {
                if !self.users.contains(user) && self.users.len() < USERS_MAX {
                    self.users.push(*user);
                }
            }
        }
        let Some(info) = tracker.info(index) else { return };
        let least = |known: Option<u32>, new| Some(known.map_or(new, |known| known.min(new)));
        if info.rtt_us > 0 {
            self.rtt_us = least(self.rtt_us, info.rtt_us);
        }
        self.idle_ms = least(self.idle_ms, info.received_ms_ago);
        let (up, down) = self.bytes.unwrap_or_default();
        let added = (up.saturating_add(info.bytes_up), down.saturating_add(info.bytes_down));
        self.bytes = Some(added);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sockets::{Socket, State, TcpInfo};

    fn tracker(peers: &[([u8; 4], u16, u32)]) -> ConnectionTracker {
        let mut tracker = ConnectionTracker::default();
        tracker.start();
        for (n, (peer, port, rtt_us)) in (0_u32..).zip(peers) {
            let info = TcpInfo {
                rtt_us: *rtt_us,
                bytes_up: 1,
                bytes_down: 10,
                received_ms_ago: 5,
                sent_ms_ago: 5,
            };
            let socket = Socket {
                state: State::Established,
                local: Address::v4([203, 0, 113, 0]),
                port: *port,
                peer: Address::v4(*peer),
                peer_port: 1,
                id: u64::from(n) + 1,
                inode: 0,
                info: Some(info),
            };
            tracker.insert(&socket, Timestamp(n.into()), Some(n / 2));
        }
        tracker
    }

    #[test]
    fn counts_each_port_most_connections_first() {
        let (a, b, c) = ([203, 0, 113, 1], [203, 0, 113, 2], [203, 0, 113, 130]);
        let tracker = tracker(&[(c, 443, 9), (b, 443, 8), (a, 443, 7), (b, 443, 6), (c, 4430, 1)]);
        let mut snapshot = PortSnapshot::new(Prefix::WHOLE);
        snapshot.add_tracked(tracker.connections(), 443);
        snapshot.count(tracker.connections(), Timestamp(0));
        let counted: Vec<_> = snapshot
            .counts()
            .iter()
            .map(|of| (of.peer.ip().to_string(), of.connections, of.since.0))
            .collect();
        let want = [("203.0.113.2", 2, 1), ("203.0.113.1", 1, 2), ("203.0.113.130", 1, 0)];
        assert_eq!(counted, want.map(|(ip, n, since)| (ip.to_owned(), n, since)));
        assert_eq!(snapshot.total(), 4);
        let details = snapshot.details(&snapshot.counts()[0], &tracker, &UserIndex::default());
        assert_eq!((details.rtt_us, details.bytes), (Some(6), Some((2, 20))));
        assert_eq!(details.users, [0, 1]);
        let mut snapshot = PortSnapshot::new(Prefix { v4: 25, v6: 64 });
        snapshot.add_tracked(tracker.connections(), 443);
        snapshot.count(tracker.connections(), Timestamp(0));
        let counted: Vec<_> = snapshot.counts().iter().map(|of| of.connections).collect();
        assert_eq!(counted, [3, 1]);
    }
}
