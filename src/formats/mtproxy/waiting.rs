//! The clients of a process that have sent their first bytes: which of them a line without a peer
//! is about. One thread finishes a client before it takes the next, so it is the only one. With
//! several threads the line may be about any that waits.

use crate::timestamp::Timestamp;

/// A process has as many threads at most.
const WAITING_MAX: usize = 64;
/// A client that waits longer has left, or its line was lost.
const WAITING_MS: i64 = 1000;

#[derive(Debug, Default)]
pub(super) struct WaitingClients {
    peers: Vec<Vec<u8>>,
    /// Lines that may have been about any of them.
    taken: usize,
    newest: Option<Timestamp>,
}

impl WaitingClients {
    /// Adds a client, as written.
    pub(super) fn add(&mut self, peer: &[u8], ts: Timestamp) {
        let is_stale = self.newest.is_some_and(|newest| newest.0 + WAITING_MS < ts.0);
        if is_stale || self.peers.len() >= WAITING_MAX {
            self.clear();
        }
        self.newest = Some(ts);
        if !self.peers.iter().any(|known| known == peer) {
            self.peers.push(peer.to_vec());
        }
    }

    /// The client of a line that ends the wait of one; `None` if it may be any of several.
    pub(super) fn take(&mut self) -> Option<Vec<u8>> {
        self.taken += 1;
        if self.taken < self.peers.len() {
            return None;
        }
        let only = self.peers.pop().filter(|_| self.taken == 1);
        self.clear();
        only
    }

    /// Whether the next line may be about any of several.
    pub(super) fn are_several(&self) -> bool {
        self.peers.len() > 1
    }

    fn clear(&mut self) {
        self.peers.clear();
        self.taken = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_about_the_only_client_that_waits() {
        let mut waiting = WaitingClients::default();
        let one = |name: &str| Some(name.as_bytes().to_vec());
        waiting.add(b"a", Timestamp(0));
        waiting.add(b"a", Timestamp(1));
        assert_eq!(waiting.take(), one("a"));
        assert_eq!(waiting.take(), None);
        waiting.add(b"a", Timestamp(2));
        waiting.add(b"b", Timestamp(3));
        assert!(waiting.are_several());
        assert_eq!(waiting.take(), None);
        assert_eq!(waiting.take(), None, "one of the two, and not known which");
        waiting.add(b"c", Timestamp(4));
        assert_eq!(waiting.take(), one("c"));
        waiting.add(b"left", Timestamp(5));
        waiting.add(b"d", Timestamp(2000));
        assert_eq!(waiting.take(), one("d"));
    }
}
