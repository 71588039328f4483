//! What is remembered of connections from one look to the next: when each was first seen.
//!
//! The kernel gives its sockets in the same order every time, so two looks are laid side by side,
//! and only what does not match is searched for: at 100,000 connections a table of them would
//! cost more than all else that is done with a socket here.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Address, Info, Socket};
use crate::timestamp::Timestamp;

/// How many connections are remembered. At 64 bytes each in two looks, 128 MB.
pub const CONNECTIONS_MAX: usize = 1_000_000;
/// How far ahead the other look is searched: connections that closed leave gaps in the order.
const AHEAD: usize = 8;
/// A connection that a look found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// What tells it from all others; never 0.
    id: u64,
    /// The client.
    pub peer: Address,
    /// When it was first seen.
    pub since: Timestamp,
    /// Whose it is, as far as events told.
    pub user: Option<u32>,
    /// The client's port.
    pub peer_port: u16,
    /// The port at this end.
    pub port: u16,
    /// Whether the kernel had no number for it yet.
    is_waiting: bool,
}

/// The connections of this look and of the last.
#[derive(Debug, Default)]
pub struct Memory {
    now: Vec<Found>,
    infos: Vec<Info>,
    before: Vec<Found>,
    /// Connections that were not remembered, because there were too many.
    pub unremembered: u64,
}

impl Memory {
    /// Begins a look: what was found becomes what was found before.
    pub fn begin(&mut self) {
        std::mem::swap(&mut self.now, &mut self.before);
        self.now.clear();
        self.infos.clear();
    }

    /// Takes the beginning back: the look failed.
    pub fn undo(&mut self) {
        std::mem::swap(&mut self.now, &mut self.before);
    }

    /// Notes a connection.
    pub fn see(&mut self, socket: &Socket, now: Timestamp, user: Option<u32>) {
        let is_waiting = socket.id == 0;
        let id =
            if is_waiting { ends(socket.port, socket.peer, socket.peer_port) } else { socket.id };
        if self.now.len() >= CONNECTIONS_MAX {
            self.unremembered += 1;
            return;
        }
        self.infos.extend(socket.info);
        self.now.push(Found {
            id,
            peer: socket.peer,
            since: now,
            user,
            peer_port: socket.peer_port,
            port: socket.port,
            is_waiting,
        });
    }

    /// Ends a look: what was there before keeps its time. Gives the connections that are new, and
    /// those that are gone.
    pub fn end(&mut self, opened: &mut dyn FnMut(&Found), closed: &mut dyn FnMut(&Found)) {
        if self.before.is_empty() {
            self.now.iter().for_each(opened);
            return;
        }
        let (mut missed, mut new, mut at) = (Vec::<&Found>::new(), Vec::new(), 0);
        for found in &mut self.now {
            let rest = self.before.get(at..).unwrap_or_default();
            let ahead = rest.iter().take(AHEAD).position(|before| before.id == found.id);
            match ahead.and_then(|ahead| Some((ahead, rest.get(ahead)?))) {
                Some((ahead, before)) => {
                    missed.extend(rest.iter().take(ahead));
                    found.keep(before);
                    at += ahead + 1;
                }
                None => new.push(found),
            }
        }
        missed.extend(self.before.get(at..).unwrap_or_default());
        let mut missed: HashMap<_, _> =
            missed.into_iter().map(|before| (before.id, before)).collect();
        for found in new {
            match missed.remove(&found.id).or_else(|| found.waited(&mut missed)) {
                Some(before) => found.keep(before),
                None => opened(found),
            }
        }
        let mut gone: Vec<_> = missed.into_values().collect();
        gone.sort_unstable_by_key(|gone| (gone.since, gone.peer, gone.peer_port));
        gone.into_iter().for_each(closed);
    }

    /// The connections of this look.
    pub fn found(&self) -> &[Found] {
        &self.now
    }

    /// What the kernel measured of the connection of this place in [`Memory::found`].
    pub fn info(&self, at: usize) -> Option<&Info> {
        // Either all have it or none.
        self.infos.get(at).filter(|_| self.infos.len() == self.now.len())
    }
}

impl Found {
    fn keep(&mut self, before: &Self) {
        self.since = before.since;
        self.user = self.user.or(before.user);
    }

    /// In `/proc` a connection gets its number only when the proxy accepts it: until then it is
    /// known by its ends.
    fn waited<'b>(&self, missed: &mut HashMap<u64, &'b Self>) -> Option<&'b Self> {
        let ends = ends(self.port, self.peer, self.peer_port);
        let waited = missed.get(&ends).is_some_and(|before| before.is_waiting);
        if waited { missed.remove(&ends) } else { None }
    }
}

/// The number of a connection that has none yet: of its ends, and none that the kernel gives.
fn ends(port: u16, peer: Address, peer_port: u16) -> u64 {
    let mut hasher = DefaultHasher::new();
    (port, peer, peer_port).hash(&mut hasher);
    hasher.finish() | 1 << 63
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sockets::State;

    fn socket(id: u64, peer_port: u16) -> Socket {
        let peer = Address::v4([203, 0, 113, 7]);
        let (state, local) = (State::Established, peer);
        Socket { state, local, port: 443, peer, peer_port, id, inode: 0, info: None }
    }

    /// Looks, and gives the ports of the opened and the closed, sorted.
    fn look(memory: &mut Memory, at: i64, sockets: &[Socket]) -> (Vec<u16>, Vec<u16>) {
        let (mut opened, mut closed) = (Vec::new(), Vec::new());
        memory.begin();
        for socket in sockets {
            memory.see(socket, Timestamp(at), None);
        }
        memory.end(&mut |found| opened.push(found.peer_port), &mut |found| {
            closed.push(found.peer_port);
        });
        opened.sort_unstable();
        closed.sort_unstable();
        (opened, closed)
    }

    #[test]
    fn a_new_connection_between_old_ends_is_new() {
        let mut memory = Memory::default();
        look(&mut memory, 1, &[socket(7, 50)]);
        assert_eq!(look(&mut memory, 2, &[socket(8, 50)]), (vec![50], vec![50]));
        assert_eq!(look(&mut memory, 3, &[socket(8, 50)]), (vec![], vec![]));
        assert_eq!(memory.found()[0].since, Timestamp(2));
    }

    #[test]
    fn to_be_accepted_is_not_to_be_new() {
        let mut memory = Memory::default();
        look(&mut memory, 1, &[socket(0, 50), socket(0, 51)]);
        assert_eq!(look(&mut memory, 2, &[socket(9, 50), socket(0, 51)]), (vec![], vec![]));
        assert!(memory.found().iter().all(|found| found.since == Timestamp(1)));
    }

    /// Whatever comes, goes and moves: what a look finds new is what the last did not have.
    #[test]
    fn the_difference_of_two_looks_is_their_difference() {
        let (mut memory, mut seed) = (Memory::default(), 7_u64);
        let mut random = |below: u64| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed % below
        };
        let mut before: Vec<u16> = Vec::new();
        for round in 0..300 {
            let mut now: Vec<u16> = before.iter().copied().filter(|_| random(10) > 2).collect();
            for _ in 0..random(40) {
                let port = u16::try_from(random(500)).unwrap() + 1;
                if !now.contains(&port) {
                    let at = usize::try_from(random(1 + now.len() as u64)).unwrap();
                    now.insert(at, port);
                }
            }
            let sockets: Vec<_> = now.iter().map(|port| socket(u64::from(*port), *port)).collect();
            let (opened, closed) = look(&mut memory, round, &sockets);
            let not_in = |these: &[u16], those: &[u16]| {
                let mut left: Vec<_> =
                    these.iter().copied().filter(|port| !those.contains(port)).collect();
                left.sort_unstable();
                left
            };
            assert_eq!((opened, closed), (not_in(&now, &before), not_in(&before, &now)));
            before = now;
        }
    }
}
