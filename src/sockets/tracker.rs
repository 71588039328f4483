//! Tracks connections from one sample to the next: when each was first seen, which are new, which
//! are gone.
//!
//! The kernel lists sockets in the same order every time, so two samples are compared side by side
//! and only what does not match is looked up: a hash table of all connections would cost more than
//! everything else in a sample.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Address, Socket, TcpInfo, UserIndex};
use crate::timestamp::Timestamp;

/// Connections that are tracked. At 64 bytes each in two samples, 128 MB.
const CONNECTIONS_MAX: usize = 1_000_000;
/// How far ahead the previous sample is searched: closed connections leave gaps in the order.
const AHEAD: usize = 8;

/// A connection of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackedConnection {
    /// Unique; never 0.
    id: u64,
    /// The client.
    pub peer: Address,
    /// The time of the first sample that had it.
    pub since: Timestamp,
    /// Index of the user in the [`super::UserIndex`], if an event named one.
    pub user: Option<u32>,
    /// The client's port.
    pub peer_port: u16,
    /// The port at this end.
    pub port: u16,
    /// Whether the proxy had not accepted it, so that its id is made of its ends.
    is_pending: bool,
}

/// The connections of this sample and of the previous one.
#[derive(Debug, Default)]
pub struct ConnectionTracker {
    current: Vec<TrackedConnection>,
    infos: Vec<TcpInfo>,
    previous: Vec<TrackedConnection>,
    /// Connections over [`CONNECTIONS_MAX`].
    pub untracked: u64,
}

impl ConnectionTracker {
    /// Starts a sample: the current one becomes the previous one.
    pub fn start(&mut self) {
        std::mem::swap(&mut self.current, &mut self.previous);
        self.current.clear();
        self.infos.clear();
    }

    /// Discards the current sample after an error.
    pub fn rollback(&mut self) {
        std::mem::swap(&mut self.current, &mut self.previous);
    }

    /// Adds a connection to the current sample.
    pub fn insert(&mut self, socket: &Socket, now: Timestamp, user: Option<u32>) {
        let is_pending = socket.id == 0;
        let id = if is_pending {
            id_of_ends(socket.port, socket.peer, socket.peer_port)
        } else {
            socket.id
        };
        if self.current.len() >= CONNECTIONS_MAX {
            self.untracked += 1;
            return;
        }
        self.infos.extend(socket.info);
        self.current.push(TrackedConnection {
            id,
            peer: socket.peer,
            since: now,
            user,
            peer_port: socket.peer_port,
            port: socket.port,
            is_pending,
        });
    }

    /// Compares the current sample with the previous one and passes new and closed connections on.
    /// Known connections keep the time they were first seen.
    pub fn diff(
        &mut self,
        opened: &mut dyn FnMut(&TrackedConnection),
        closed: &mut dyn FnMut(&TrackedConnection),
    ) {
        if self.previous.is_empty() {
            self.current.iter().for_each(opened);
            return;
        }
        let (mut missed, mut new, mut at) = (Vec::<&TrackedConnection>::new(), Vec::new(), 0);
        for connection in &mut self.current {
            let rest = self.previous.get(at..).unwrap_or_default();
            let ahead = rest.iter().take(AHEAD).position(|before| before.id == connection.id);
            match ahead.and_then(|ahead| Some((ahead, rest.get(ahead)?))) {
                Some((ahead, before)) => {
                    missed.extend(rest.iter().take(ahead));
                    connection.inherit(before);
                    at += ahead + 1;
                }
                None => new.push(connection),
            }
        }
        missed.extend(self.previous.get(at..).unwrap_or_default());
        let mut missed: HashMap<_, _> =
            missed.into_iter().map(|before| (before.id, before)).collect();
        for connection in new {
            let id = connection.id;
            match missed.remove(&id).or_else(|| connection.remove_pending(&mut missed)) {
                Some(before) => connection.inherit(before),
                None => opened(connection),
            }
        }
        let mut gone: Vec<_> = missed.into_values().collect();
        gone.sort_unstable_by_key(|gone| (gone.since, gone.peer, gone.peer_port));
        gone.into_iter().for_each(closed);
    }

    /// The connections of the current sample.
    pub fn connections(&self) -> &[TrackedConnection] {
        &self.current
    }

    /// Measurements of the connection at this index.
    pub fn info(&self, index: usize) -> Option<&TcpInfo> {
        // Either all connections have them or none.
        self.infos.get(index).filter(|_| self.infos.len() == self.current.len())
    }
}

impl TrackedConnection {
    /// Its user, or those who are active at its address now: one of them, if it is authenticated.
    pub fn users<'u>(&'u self, index: &'u UserIndex) -> &'u [u32] {
        self.user.as_ref().map_or_else(|| index.active_at(self.peer), std::slice::from_ref)
    }

    fn inherit(&mut self, before: &Self) {
        self.since = before.since;
        self.user = self.user.or(before.user);
    }

    /// In `/proc` a connection has an inode only after the proxy accepts it: until then its ends
    /// identify it.
    fn remove_pending<'b>(&self, missed: &mut HashMap<u64, &'b Self>) -> Option<&'b Self> {
        let ends = id_of_ends(self.port, self.peer, self.peer_port);
        let was_pending = missed.get(&ends).is_some_and(|before| before.is_pending);
        if was_pending { missed.remove(&ends) } else { None }
    }
}

/// An id for a connection without an inode; the highest bit keeps it apart from the kernel's.
fn id_of_ends(port: u16, peer: Address, peer_port: u16) -> u64 {
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

    /// Takes a sample and returns the ports of opened and closed connections, sorted.
    fn sample(
        tracker: &mut ConnectionTracker,
        at: i64,
        sockets: &[Socket],
    ) -> (Vec<u16>, Vec<u16>) {
        let (mut opened, mut closed) = (Vec::new(), Vec::new());
        tracker.start();
        for socket in sockets {
            tracker.insert(socket, Timestamp(at), None);
        }
        tracker.diff(&mut |new| opened.push(new.peer_port), &mut |gone| {
            closed.push(gone.peer_port);
        });
        opened.sort_unstable();
        closed.sort_unstable();
        (opened, closed)
    }

    #[test]
    fn a_reused_pair_of_ends_is_a_new_connection() {
        let mut tracker = ConnectionTracker::default();
        sample(&mut tracker, 1, &[socket(7, 50)]);
        assert_eq!(sample(&mut tracker, 2, &[socket(8, 50)]), (vec![50], vec![50]));
        assert_eq!(sample(&mut tracker, 3, &[socket(8, 50)]), (vec![], vec![]));
        assert_eq!(tracker.connections()[0].since, Timestamp(2));
    }

    #[test]
    fn accepting_a_connection_does_not_open_it() {
        let mut tracker = ConnectionTracker::default();
        sample(&mut tracker, 1, &[socket(0, 50), socket(0, 51)]);
        assert_eq!(sample(&mut tracker, 2, &[socket(9, 50), socket(0, 51)]), (vec![], vec![]));
        assert!(tracker.connections().iter().all(|connection| connection.since == Timestamp(1)));
    }

    /// For random openings, closings and reorderings.
    #[test]
    fn diff_is_the_difference_of_the_two_samples() {
        let (mut tracker, mut seed) = (ConnectionTracker::default(), 7_u64);
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
            let (opened, closed) = sample(&mut tracker, round, &sockets);
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
