//! Puts connections in order of time and recognises those that come twice.
//!
//! Events come out of order, from several proxies, and after a restart some come again. A
//! connection that is newer than the watermark is buffered; at the watermark it is due. One that is
//! older than the watermark is late.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::net::IpAddr;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::users::Renumbered;

/// Connections that are buffered, of about 100 bytes each. Beyond it the oldest are evicted early.
const BUFFERED_MAX: usize = 1 << 20;
/// Sources with a watermark of their own; further ones follow the newest time of the stream.
const SOURCES_MAX: usize = 256;
/// Bytes of the name of a source. Those with longer names count as one.
const SOURCE_NAME_MAX: usize = 256;
/// A source that is silent for so long does not hold back the watermark.
const SILENCE_MS: i64 = 600_000;

/// The beginning or end of a connection that is not yet due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BufferedConnection {
    pub ts: i64,
    pub ip: IpAddr,
    /// 0 where it is not known.
    pub port: u16,
    /// Number of the user.
    pub user: u32,
    /// Hash that identifies the connection.
    pub identity: u64,
    /// Of the end of a connection: how long it lasted, in milliseconds. 0 for a beginning.
    pub lasted_ms: i64,
    /// The score of the user with this connection.
    pub score: u64,
    /// The user's connections in the window before this one.
    pub before: u64,
}

/// Connections by time. Nearly all come in order and are a queue; only the others are sorted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct TimeQueue {
    in_order: VecDeque<BufferedConnection>,
    others: BinaryHeap<Reverse<BufferedConnection>>,
}

impl TimeQueue {
    fn len(&self) -> usize {
        self.in_order.len() + self.others.len()
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn push(&mut self, connection: BufferedConnection) {
        if self.in_order.back().is_none_or(|last| *last <= connection) {
            self.in_order.push_back(connection);
        } else {
            self.others.push(Reverse(connection));
        }
    }

    fn first(&self) -> Option<&BufferedConnection> {
        let other = self.others.peek().map(|Reverse(other)| other);
        match (self.in_order.front(), other) {
            (Some(next), Some(other)) => Some(next.min(other)),
            (next, other) => next.or(other),
        }
    }

    fn pop(&mut self) -> Option<BufferedConnection> {
        let is_other = match (self.in_order.front(), self.others.peek()) {
            (Some(next), Some(Reverse(other))) => other < next,
            (next, _) => next.is_none(),
        };
        if is_other {
            return self.others.pop().map(|Reverse(other)| other);
        }
        self.in_order.pop_front()
    }

    fn iter(&self) -> impl Iterator<Item = &BufferedConnection> {
        self.in_order.iter().chain(self.others.iter().map(|Reverse(other)| other))
    }
}

/// Whether a connection is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    New,
    /// Older than the watermark.
    Late,
    /// Accepted before, by this run or the one that saved the state.
    Duplicate,
}

/// What an identity was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityKind {
    /// A connection id: the same id is the same connection.
    Id,
    /// User, address, port and time, which two connections may have in common.
    Attributes,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReorderBuffer {
    late_ms: i64,
    /// Connections before this time were processed.
    watermark: i64,
    /// The watermark of the state that was loaded: what is older was processed, or late then.
    loaded_watermark: i64,
    newest: i64,
    /// The newest time of rows that are not connections.
    newest_other: i64,
    /// The newest time of each source; `i64::MAX` once it has ended.
    sources: BTreeMap<String, i64>,
    /// The number of sources without which the watermark does not move, however long they are
    /// silent. `None` for a live stream.
    #[serde(skip)]
    pub expected: Option<usize>,
    buffered: TimeQueue,
    /// Number of buffered connections by identity.
    #[serde(skip)]
    identities: HashMap<u64, u32, FixedState>,
    /// Those of them that were in the loaded state: each may come once again.
    #[serde(skip)]
    loaded: HashMap<u64, u32, FixedState>,
    /// Connections that were due early because there were more than [`BUFFERED_MAX`].
    pub evicted_early: u64,
}

impl ReorderBuffer {
    pub fn new(late_ms: i64) -> Self {
        Self {
            late_ms,
            watermark: i64::MIN,
            loaded_watermark: i64::MIN,
            newest: i64::MIN,
            newest_other: i64::MIN,
            sources: BTreeMap::new(),
            expected: None,
            buffered: TimeQueue::default(),
            identities: HashMap::default(),
            loaded: HashMap::default(),
            evicted_early: 0,
        }
    }

    /// Continues a loaded state: what was buffered in it may come again.
    pub fn resume(&mut self, late_ms: i64) {
        self.late_ms = late_ms;
        self.loaded_watermark = self.watermark;
        for connection in self.buffered.iter() {
            *self.identities.entry(connection.identity).or_insert(0) += 1;
            *self.loaded.entry(connection.identity).or_insert(0) += 1;
        }
    }

    /// Renumbers users of whom some were removed; their connections go.
    pub(super) fn renumber(&mut self, numbers: &Renumbered) {
        let all = std::mem::take(&mut self.buffered);
        let others = all.others.into_iter().map(|Reverse(other)| other);
        for connection in all.in_order.into_iter().chain(others) {
            match numbers.of(connection.user) {
                Some(user) => self.buffered.push(BufferedConnection { user, ..connection }),
                None => self.forget_identity(connection.identity),
            }
        }
    }

    fn forget_identity(&mut self, identity: u64) {
        if let Some(count) = self.identities.get_mut(&identity) {
            *count -= 1;
            if *count == 0 {
                self.identities.remove(&identity);
            }
        }
        self.loaded.remove(&identity);
    }

    /// The newest time of the connections; without any, that of other rows.
    pub fn newest(&self) -> Option<i64> {
        let newest = if self.newest > i64::MIN { self.newest } else { self.newest_other };
        (newest > i64::MIN).then_some(newest)
    }

    /// Decides on a connection. A new one is to be pushed.
    pub fn admit(&mut self, ts: i64, identity: u64, kind: IdentityKind) -> Admission {
        if ts < self.watermark {
            let is_duplicate = ts < self.loaded_watermark;
            return if is_duplicate { Admission::Duplicate } else { Admission::Late };
        }
        if let Some(left) = self.loaded.get_mut(&identity) {
            *left -= 1;
            if *left == 0 {
                self.loaded.remove(&identity);
            }
            return Admission::Duplicate;
        }
        if kind == IdentityKind::Id && self.identities.contains_key(&identity) {
            return Admission::Duplicate;
        }
        Admission::New
    }

    pub fn push(&mut self, connection: BufferedConnection) {
        *self.identities.entry(connection.identity).or_insert(0) += 1;
        self.buffered.push(connection);
    }

    /// Records the time of a row that is not a connection.
    pub fn set_newest(&mut self, ts: i64) {
        self.newest_other = self.newest_other.max(ts);
    }

    /// Records the time of a source, and moves the watermark.
    pub fn advance(&mut self, source: &str, ts: i64) {
        self.newest = self.newest.max(ts);
        let source = if source.len() > SOURCE_NAME_MAX { "" } else { source };
        if let Some(newest) = self.sources.get_mut(source) {
            *newest = (*newest).max(ts);
        } else if self.sources.len() < SOURCES_MAX {
            self.sources.insert(source.to_owned(), ts);
        }
        self.move_watermark();
    }

    /// Records that no further row of a source comes.
    pub fn end_source(&mut self, source: &str) {
        if let Some(newest) = self.sources.get_mut(source) {
            *newest = i64::MAX;
        } else if self.sources.len() < SOURCES_MAX {
            self.sources.insert(source.to_owned(), i64::MAX);
        }
        self.move_watermark();
    }

    fn move_watermark(&mut self) {
        let active_from = match self.expected {
            Some(expected) if self.sources.len() < expected => return,
            Some(_) => i64::MIN,
            None => self.newest.saturating_sub(SILENCE_MS),
        };
        let slowest = self.sources.values().filter(|newest| **newest >= active_from).min();
        let slowest = slowest.copied().unwrap_or(self.newest).min(self.newest);
        self.watermark = self.watermark.max(slowest.saturating_sub(self.late_ms));
    }

    /// Makes all buffered connections due. What comes later for their time is late.
    pub fn release(&mut self) {
        if !self.buffered.is_empty() {
            self.watermark = self.watermark.max(self.newest.saturating_add(1));
        }
    }

    /// Forgets the times so far, which were wrong.
    pub fn restart(&mut self) {
        self.watermark = self.loaded_watermark;
        self.newest = i64::MIN;
        self.sources.clear();
    }

    pub fn is_empty(&self) -> bool {
        self.buffered.is_empty()
    }

    /// Takes the next connection that is due.
    pub fn pop_due(&mut self) -> Option<BufferedConnection> {
        let is_due = self.buffered.first()?.ts < self.watermark;
        if !is_due && self.buffered.len() <= BUFFERED_MAX {
            return None;
        }
        if !is_due {
            self.evicted_early += 1;
        }
        let connection = self.pop()?;
        self.watermark = self.watermark.max(connection.ts);
        Some(connection)
    }

    /// Takes the next connection, due or not.
    pub fn pop(&mut self) -> Option<BufferedConnection> {
        let connection = self.buffered.pop()?;
        self.forget_identity(connection.identity);
        Some(connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(ts: i64) -> BufferedConnection {
        let ip = [203, 0, 113, 7].into();
        BufferedConnection {
            ts,
            ip,
            port: 1,
            user: 0,
            identity: 1,
            lasted_ms: 0,
            score: 0,
            before: 0,
        }
    }

    #[test]
    fn connections_leave_in_order_of_time_however_they_came() {
        let mut queue = TimeQueue::default();
        let mut left = Vec::new();
        for n in 0..500_u32 {
            let ts = i64::from(n) + i64::from(n.wrapping_mul(2_654_435_769) >> 27);
            queue.push(BufferedConnection { user: n, ..connection(ts) });
            assert_eq!(queue.iter().min(), queue.first());
            if n % 3 == 0 && n > 64 {
                left.extend(queue.pop());
            }
        }
        left.extend(std::iter::from_fn(|| queue.pop()));
        assert_eq!(left.len(), 500);
        assert!(left.iter().skip(22).is_sorted_by_key(|own| own.ts) && queue.is_empty());
    }

    #[test]
    fn the_watermark_follows_the_slowest_source_that_is_not_silent() {
        let mut buffer = ReorderBuffer::new(0);
        let mut all: BTreeMap<String, i64> = BTreeMap::new();
        let mut want = i64::MIN;
        for n in 0..4000_u32 {
            let random = n.wrapping_mul(2_654_435_769) >> 16;
            let source = (random % 5).to_string();
            let lag = i64::from(random % 5) * 200_000 * i64::from(u8::from(n % 700 > 300));
            let ts = i64::from(n) * 2_000 - lag;
            buffer.advance(&source, ts);
            let newest = all.entry(source).or_insert(ts);
            *newest = (*newest).max(ts);
            let top = all.values().copied().max().unwrap();
            let slowest = all.values().filter(|newest| **newest >= top - SILENCE_MS).min().unwrap();
            want = want.max(*slowest);
            assert_eq!(buffer.watermark, want, "{n}");
        }
    }

    #[test]
    fn a_release_makes_all_due_and_what_comes_later_for_their_time_late() {
        let mut buffer = ReorderBuffer::new(30_000);
        for ts in [5_000, 1_000] {
            assert_eq!(buffer.admit(ts, 1, IdentityKind::Attributes), Admission::New);
            buffer.advance("", ts);
            buffer.push(connection(ts));
        }
        assert_eq!(buffer.pop_due(), None);
        buffer.release();
        let due: Vec<_> = std::iter::from_fn(|| buffer.pop_due()).map(|own| own.ts).collect();
        assert_eq!(due, [1_000, 5_000]);
        assert_eq!(buffer.admit(5_000, 2, IdentityKind::Attributes), Admission::Late);
        assert_eq!(buffer.admit(5_001, 2, IdentityKind::Attributes), Admission::New);
    }
}
