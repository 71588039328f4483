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
/// Sources with a watermark of their own; beyond it the one that is silent longest is forgotten.
const SOURCES_MAX: usize = 256;
/// Bytes of the name of a source. Those with longer names count as one.
const SOURCE_NAME_MAX: usize = 256;
/// A source that is silent while others advance so far does not hold back the watermark.
const SILENCE_MS: i64 = 600_000;
/// One event advances the time of silence by so much at most: a jump is not a silence of others.
const STEP_MAX_MS: i64 = SILENCE_MS / 4;
/// A source that is further behind the newest time does not hold back the watermark. Clocks that are
/// an hour apart do not lose each other's connections.
pub(super) const HOLD_MAX_MS: i64 = 2 * 3_600_000;
/// A source so far behind is reported.
const BEHIND_MS: i64 = 30 * 60_000;

/// The clock of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct SourceClock {
    /// `i64::MAX` once the source has ended.
    newest: i64,
    /// The sum of its steps, from that of the stream when it came or came back.
    elapsed: i64,
    /// That of the stream at its last event.
    seen: i64,
    /// How far it was behind the stream at its last event.
    lag: i64,
    /// Whether it was reported as behind.
    is_reported: bool,
}

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
    /// How long it had been open at `ts`, in milliseconds.
    pub open_ms: i64,
    /// The score of the user with this connection.
    pub score: u64,
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
    sources: BTreeMap<String, SourceClock>,
    /// How far the fastest source has come, in steps of [`STEP_MAX_MS`] at most.
    elapsed: i64,
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
            elapsed: 0,
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
        let (elapsed, newest) = (self.elapsed, self.newest);
        if let Some(clock) = self.clock(source, ts) {
            let step = ts.saturating_sub(clock.newest).clamp(0, STEP_MAX_MS);
            let is_back = elapsed - clock.seen > SILENCE_MS;
            let begin = if is_back { elapsed } else { clock.elapsed };
            clock.elapsed = begin.saturating_add(step);
            clock.newest = clock.newest.max(ts);
            clock.lag = newest.saturating_sub(clock.newest);
            clock.seen = elapsed.max(clock.elapsed);
            self.elapsed = clock.seen;
        }
        self.move_watermark();
    }

    /// The clock of a source; a new one has this time.
    fn clock(&mut self, source: &str, ts: i64) -> Option<&mut SourceClock> {
        let source = if source.len() > SOURCE_NAME_MAX { "" } else { source };
        if !self.sources.contains_key(source) {
            if self.sources.len() >= SOURCES_MAX {
                self.forget_a_source()?;
            }
            let (elapsed, newest) = (self.elapsed, ts);
            let new = SourceClock { newest, elapsed, seen: elapsed, ..SourceClock::default() };
            self.sources.insert(source.to_owned(), new);
        }
        self.sources.get_mut(source)
    }

    /// Removes the source that is silent longest, unless a number of them is expected.
    fn forget_a_source(&mut self) -> Option<()> {
        let silent = self.sources.iter().filter(|_| self.expected.is_none());
        let (name, _) = silent.min_by_key(|(_, clock)| clock.seen)?;
        let name = name.clone();
        self.sources.remove(&name).map(drop)
    }

    /// Records that no further row of a source comes.
    pub fn end_source(&mut self, source: &str) {
        if let Some(clock) = self.clock(source, i64::MAX) {
            clock.newest = i64::MAX;
        }
        self.move_watermark();
    }

    fn move_watermark(&mut self) {
        let must_wait = match self.expected {
            Some(expected) => self.sources.len() < expected,
            // At first nothing shows which source is behind.
            None => self.watermark == i64::MIN && self.elapsed < SILENCE_MS,
        };
        if must_wait {
            return;
        }
        let slowest = self.slowest().unwrap_or(self.newest).min(self.newest);
        self.watermark = self.watermark.max(slowest.saturating_sub(self.late_ms));
    }

    /// The newest time of the slowest source that is waited for.
    fn slowest(&self) -> Option<i64> {
        self.sources.values().filter(|clock| self.is_waited_for(clock)).map(|own| own.newest).min()
    }

    /// Whether a source holds back the watermark. One that is behind it already is late until it has
    /// come up.
    fn is_waited_for(&self, clock: &SourceClock) -> bool {
        if self.expected.is_some() {
            return true;
        }
        clock.newest >= self.newest.saturating_sub(HOLD_MAX_MS)
            && self.elapsed - clock.seen <= SILENCE_MS
    }

    /// A source with a clock far behind those of others, once each: its name, and how far.
    pub fn take_behind(&mut self) -> Option<(&str, i64)> {
        let is_behind = |own: &SourceClock| own.lag > BEHIND_MS && !own.is_reported;
        let (name, clock) = self.sources.iter_mut().find(|(_, own)| is_behind(own))?;
        clock.is_reported = true;
        Some((name, clock.lag))
    }

    /// Makes the connections due that no source with a slower clock may still come before. What
    /// comes later for their time is late. Returns how long the others are held at most, in
    /// milliseconds.
    pub fn release(&mut self) -> Option<i64> {
        let waited_for = self.sources.values().filter(|clock| self.is_waited_for(clock));
        let lag = waited_for.map(|clock| clock.lag).filter(|lag| *lag > self.late_ms).max();
        self.release_before(self.newest.saturating_sub(lag.unwrap_or(0)));
        lag.filter(|_| !self.buffered.is_empty() && self.newest >= self.watermark)
    }

    /// Makes all buffered connections due.
    pub fn release_all(&mut self) {
        self.release_before(self.newest);
    }

    fn release_before(&mut self, last: i64) {
        if !self.buffered.is_empty() {
            self.watermark = self.watermark.max(last.saturating_add(1));
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
            open_ms: 0,
            score: 0,
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

    /// The watermarks after the events of two sources, each with an event every ten seconds.
    fn watermarks(minutes: std::ops::Range<i64>, behind: i64, buffer: &mut ReorderBuffer) {
        for n in minutes.start * 6..minutes.end * 6 {
            let ts = n * 10_000;
            let slow = ts - behind;
            assert!(buffer.watermark <= slow, "an event of {slow} is late: {}", buffer.watermark);
            buffer.advance("slow", slow);
            buffer.advance("ahead", ts);
        }
    }

    #[test]
    fn a_clock_an_hour_behind_loses_nothing_and_is_reported_once() {
        const HOUR: i64 = 3_600_000;
        for behind in [0, HOUR / 6, HOUR / 2, HOUR, 2 * HOUR] {
            let mut buffer = ReorderBuffer::new(0);
            watermarks(0..300, behind, &mut buffer);
            assert_eq!(buffer.watermark, 300 * 60_000 - 10_000 - behind);
            let reported = buffer.take_behind().map(|(name, lag)| (name.to_owned(), lag));
            let want = (behind > BEHIND_MS).then_some(("slow".to_owned(), behind - 10_000));
            assert_eq!((reported, buffer.take_behind()), (want, None));
            // It has ended: after ten minutes the other goes on alone.
            for n in 300 * 6..312 * 6 {
                buffer.advance("ahead", n * 10_000);
            }
            assert_eq!(buffer.watermark, 312 * 60_000 - 10_000);
        }
    }

    /// One wrong time of a source is not a silence of the others, and a source that stands still
    /// does not hold them back.
    #[test]
    fn no_source_moves_or_stops_the_watermark_of_others() {
        let mut buffer = ReorderBuffer::new(0);
        watermarks(0..60, 0, &mut buffer);
        buffer.advance("ahead", 100 * 60_000);
        for n in 60 * 6..99 * 6 {
            assert!(buffer.watermark <= n * 10_000);
            buffer.advance("slow", n * 10_000);
        }
        let mut buffer = ReorderBuffer::new(0);
        buffer.advance("stands", 0);
        for n in 0..400 * 6 {
            buffer.advance("honest", n * 10_000);
            buffer.advance("stands", 0);
        }
        assert_eq!(buffer.watermark, 400 * 60_000 - 10_000);
        assert!(buffer.take_behind().is_some());
    }

    #[test]
    fn what_a_slower_clock_may_still_come_before_is_not_released() {
        let mut buffer = ReorderBuffer::new(30_000);
        for (source, ts) in [("slow", 90_000), ("ahead", 3_700_000), ("slow", 100_000)] {
            buffer.advance(source, ts);
            buffer.push(connection(ts));
        }
        assert_eq!(buffer.release(), Some(3_600_000));
        assert_eq!(buffer.pop_due().map(|own| own.ts), Some(90_000));
        assert_eq!(buffer.pop_due().map(|own| own.ts), Some(100_000));
        assert_eq!(buffer.pop_due(), None);
        buffer.release_all();
        assert_eq!(buffer.pop_due().map(|own| own.ts), Some(3_700_000));
        // A source that is only quiet holds nothing back.
        let mut buffer = ReorderBuffer::new(30_000);
        buffer.advance("quiet", 3_800_000);
        buffer.advance("ahead", 3_900_000);
        buffer.push(connection(3_900_000));
        assert_eq!(buffer.release(), None);
        assert_eq!(buffer.pop_due().map(|own| own.ts), Some(3_900_000));
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
