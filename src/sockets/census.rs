//! The count of one sample: connections by address, of one port in one place. Sorted and counted
//! in runs: a table of addresses would have the processor wait for memory at every socket. An IPv4
//! address and its connection's place are one word, which sorts in half the time.

use std::cmp::Reverse;

use super::memory::{Found, Memory};
use super::{Address, Prefix};
use crate::timestamp::Timestamp;

/// How many users one address is shown with.
pub const USERS_SHOWN: usize = 8;

/// What one address holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tally {
    /// The address, or the network's first.
    pub peer: Address,
    /// Its connections.
    pub connections: u32,
    /// When the oldest of them was first seen.
    pub since: Timestamp,
    /// Its first entry among those of its family.
    first: u32,
}

/// What is known of the connections of one address beyond their number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Details {
    /// The shortest round-trip time, in microseconds.
    pub rtt_us: Option<u32>,
    /// Bytes from and to it, of the connections it holds now.
    pub bytes: Option<(u64, u64)>,
    /// Milliseconds since data last came from it.
    pub idle_ms: Option<u32>,
    /// Whose they are, as far as events told: numbers of [`super::owners::Owners`]; at most
    /// [`USERS_SHOWN`].
    pub users: Vec<u32>,
}

/// The connections of one port in one place at one moment.
#[derive(Debug)]
pub struct Census {
    /// IPv4: the address above, the place among what was found below.
    v4: Vec<u64>,
    v6: Vec<(Address, u32)>,
    tallies: Vec<Tally>,
    prefix: Prefix,
    /// Connections that one end has closed.
    pub closing: u64,
    /// Handshakes that are not over.
    pub half_open: u64,
    /// Connections whose client is not known: their peer is a gateway.
    pub hidden: u64,
}

impl Census {
    /// One that tells these networks apart.
    pub fn new(prefix: Prefix) -> Self {
        let (v4, v6, tallies) = (Vec::new(), Vec::new(), Vec::new());
        Self { v4, v6, tallies, prefix, closing: 0, half_open: 0, hidden: 0 }
    }

    /// Begins a new sample; keeps the room.
    pub fn clear(&mut self) {
        self.v4.clear();
        self.v6.clear();
        self.tallies.clear();
        (self.closing, self.half_open, self.hidden) = (0, 0, 0);
    }

    /// Takes in the connections to this port.
    pub fn take(&mut self, found: &[Found], port: u16) {
        for (at, found) in found.iter().enumerate().filter(|(_, found)| found.port == port) {
            self.add(found.peer, at);
        }
    }

    /// Takes in a connection, and its place in the memory if it is kept in one.
    pub fn add(&mut self, peer: Address, at: usize) {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let peer = self.prefix.of(peer);
        match peer.as_v4() {
            Some(number) => self.v4.push(u64::from(number) << 32 | u64::from(at)),
            None => self.v6.push((peer, at)),
        }
    }

    /// Counts what was taken in: most connected address first, then by address. What is not in
    /// the memory was first seen now.
    pub fn count(&mut self, found: &[Found], now: Timestamp) {
        self.v4.sort_unstable();
        self.v6.sort_unstable();
        let v4 = (0..).zip(self.v4.iter().map(|word| unpacked(*word)));
        let v6 = (0..).zip(self.v6.iter().copied());
        for (first, (peer, at)) in v4.chain(v6) {
            let since = found.get(place(at)).map_or(now, |found| found.since);
            match self.tallies.last_mut().filter(|last| last.peer == peer) {
                Some(last) => {
                    last.connections += 1;
                    last.since = last.since.min(since);
                }
                None => self.tallies.push(Tally { peer, connections: 1, since, first }),
            }
        }
        self.tallies.sort_by_key(|tally| Reverse(tally.connections));
    }

    /// The connections that were counted.
    pub fn total(&self) -> usize {
        self.v4.len() + self.v6.len()
    }

    /// What the addresses hold, in order.
    pub fn tallies(&self) -> &[Tally] {
        &self.tallies
    }

    /// What is known of the connections of a tally.
    pub fn details(&self, tally: &Tally, memory: &Memory) -> Details {
        let mut details = Details::default();
        let (first, many) = (place(tally.first), place(tally.connections));
        if tally.peer.is_v4() {
            let words = self.v4.iter().skip(first).take(many);
            words.for_each(|word| details.add(place(unpacked(*word).1), memory));
        } else {
            let entries = self.v6.iter().skip(first).take(many);
            entries.for_each(|(_, at)| details.add(place(*at), memory));
        }
        details
    }
}

fn unpacked(word: u64) -> (Address, u32) {
    let [a, b, c, d, at @ ..] = word.to_be_bytes();
    (Address::v4([a, b, c, d]), u32::from_be_bytes(at))
}

fn place(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

impl Details {
    fn add(&mut self, at: usize, memory: &Memory) {
        let user = memory.found().get(at).and_then(|found| found.user);
        if let Some(user) = user.filter(|user| !self.users.contains(user))
            && self.users.len() < USERS_SHOWN
        {
            self.users.push(user);
        }
        let Some(info) = memory.info(at) else { return };
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
    use crate::sockets::{Info, Socket, State};

    fn memory(peers: &[([u8; 4], u16, u32)]) -> Memory {
        let mut memory = Memory::default();
        memory.begin();
        for (n, (peer, port, rtt_us)) in (0_u32..).zip(peers) {
            let info = Info {
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
            memory.see(&socket, Timestamp(n.into()), Some(n / 2));
        }
        memory
    }

    #[test]
    fn most_connected_first_and_each_port_by_itself() {
        let (a, b, c) = ([203, 0, 113, 1], [203, 0, 113, 2], [203, 0, 113, 130]);
        let memory = memory(&[(c, 443, 9), (b, 443, 8), (a, 443, 7), (b, 443, 6), (c, 4430, 1)]);
        let mut census = Census::new(Prefix::WHOLE);
        census.take(memory.found(), 443);
        census.count(memory.found(), Timestamp(0));
        let said: Vec<_> = census
            .tallies()
            .iter()
            .map(|tally| (tally.peer.ip().to_string(), tally.connections, tally.since.0))
            .collect();
        let want = [("203.0.113.2", 2, 1), ("203.0.113.1", 1, 2), ("203.0.113.130", 1, 0)];
        assert_eq!(said, want.map(|(ip, n, since)| (ip.to_owned(), n, since)));
        assert_eq!(census.total(), 4);
        let details = census.details(&census.tallies()[0], &memory);
        assert_eq!((details.rtt_us, details.bytes), (Some(6), Some((2, 20))));
        assert_eq!(details.users, [0, 1]);
        let mut census = Census::new(Prefix { v4: 25, v6: 64 });
        census.take(memory.found(), 443);
        census.count(memory.found(), Timestamp(0));
        let said: Vec<_> = census.tallies().iter().map(|tally| tally.connections).collect();
        assert_eq!(said, [3, 1]);
    }
}
