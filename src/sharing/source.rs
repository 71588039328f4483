//! What is kept of one network of one user: 56 bytes, and 88 more once it was in use for a while.

use serde::{Deserialize, Serialize};

use super::network::Network;
use super::presence::{FAR_MS, day, halvings, midnights};
use super::used::Used;

/// A network of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Source {
    /// Which.
    pub(super) network: Network,
    /// When its newest connection began, in milliseconds.
    pub(super) last: i64,
    /// When its first did, in seconds.
    pub(super) first: u32,
    /// Its connections.
    pub(super) connections: u16,
    /// Those that began within seconds of another of its own.
    pub(super) own: u16,
    /// Those that began within seconds of one from elsewhere.
    pub(super) other: u16,
    /// Those of them whose neighbour was new: an address never used before.
    pub(super) beside_new: u16,
    /// How often it came back after hours of silence, and once for its beginning.
    pub(super) stays: u8,
    /// How often it came in after another, in the moment before its last visit and in that one.
    visits: [u8; 2],
    /// The moment of its last visit.
    visited: u32,
    /// When it was in use.
    pub(super) presence: Used,
}

/// An address that was used so often at most is new.
pub(super) const NEW_MAX: u16 = 2;

impl Source {
    pub(super) fn new(network: Network, ts: i64) -> Self {
        Self {
            network,
            last: i64::MIN / 4,
            first: u32::try_from(ts.div_euclid(1000)).unwrap_or(0),
            connections: 0,
            own: 0,
            other: 0,
            beside_new: 0,
            stays: 1,
            visits: [0; 2],
            visited: 0,
            presence: Used::default(),
        }
    }

    /// A connection begins.
    pub(super) fn connect(&mut self, ts: i64) {
        let is_back = self.connections > 0 && ts.saturating_sub(self.last) >= FAR_MS;
        self.stays = self.stays.saturating_add(u8::from(is_back));
        self.connections = self.connections.saturating_add(1);
        self.presence.between(self.last, ts);
        self.last = ts;
    }

    /// It comes in after another. How often it did so lately.
    pub(super) fn visit(&mut self, moment: u32) -> u8 {
        let [_, now] = self.visits;
        self.visits = match moment.saturating_sub(self.visited) {
            0 => self.visits,
            1 => [now, 0],
            _ => [0; 2],
        };
        self.visited = moment;
        let [_, now] = &mut self.visits;
        *now = now.saturating_add(1);
        self.visits_at(moment)
    }

    /// How often it came in lately, as of this moment.
    pub(super) fn visits_at(&self, moment: u32) -> u8 {
        let [before, now] = self.visits;
        match moment.saturating_sub(self.visited) {
            0 => before.saturating_add(now),
            1 => now,
            _ => 0,
        }
    }

    /// Counts halve every third midnight: what was learnt of an address is believed for some days.
    pub(super) fn fade(&mut self, halvings: i64) {
        for count in [&mut self.connections, &mut self.own, &mut self.other, &mut self.beside_new] {
            *count = halved(*count, halvings);
        }
    }

    /// For how long it has been known, in milliseconds.
    pub(super) fn known_ms(&self) -> i64 {
        self.last - i64::from(self.first) * 1000
    }

    /// Whether it shows a client of its own: bursts, or connections that come one at a time with no
    /// stranger's beside them.
    pub(super) fn is_steady(&self) -> bool {
        self.own > 0 || (self.other == 0 && self.connections > NEW_MAX)
    }

    /// Whether it looks like one of many addresses of a carrier that gives each connection its own:
    /// never twice in a burst, or far more often beside others than beside itself.
    pub(super) fn is_loner(&self) -> bool {
        let fold = if self.own <= LONER_OWN_FEW { LONER_FOLD_FEW } else { LONER_FOLD };
        !self.is_steady() || (self.own > 0 && self.other >= self.own.saturating_mul(fold))
    }
}

/// One of four addresses is beside another three times for each time it is beside itself, and each
/// of these meetings is counted for both: six to one. Two to one is what a line with two uplinks
/// shows. A home is beside strangers by chance, as often as once in five times.
const LONER_FOLD: u16 = 4;
/// Where little was seen, less will do.
const LONER_FOLD_FEW: u16 = 3;
const LONER_OWN_FEW: u16 = 2;

/// A count after so many halvings.
pub(super) fn halved(count: u16, halvings: i64) -> u16 {
    u32::try_from(halvings).ok().and_then(|n| count.checked_shr(n)).unwrap_or(0)
}

/// Two networks of one user, between which connections went back and forth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pair {
    /// The one, by its place.
    pub(super) a: u8,
    /// The other, of a higher place.
    pub(super) b: u8,
    /// How often connections from both began within seconds.
    pub(super) close: u16,
    /// When the last two changes from one to the other were, in seconds.
    pub(super) changes: [u32; 2],
    /// When a return was last counted, in seconds.
    pub(super) counted: u32,
    /// Returns counted, by day of the window.
    pub(super) returns: [u8; 3],
}

/// Who comes back to both of two places within half a day has been to each twice: a commuter
/// needs two days for that.
pub(super) const RETURN_MS: i64 = 12 * 3_600_000;
/// Within half an hour returns count once: two clients in use at once alternate every few seconds.
const EPISODE_S: u32 = 1800;

impl Pair {
    pub(super) fn new(a: u8, b: u8) -> Self {
        Self { a, b, close: 0, changes: [0; 2], counted: 0, returns: [0; 3] }
    }

    /// Connections change from one to the other. The third change within half a day is a return.
    pub(super) fn change(&mut self, ts: i64) {
        let now = u32::try_from(ts.div_euclid(1000)).unwrap_or(0);
        let [before, last] = self.changes;
        let since = |moment: u32| now.saturating_sub(moment);
        if i64::from(since(before)) * 1000 <= RETURN_MS && since(self.counted) >= EPISODE_S {
            if let Some(count) = self.returns.get_mut(day(ts)) {
                *count = count.saturating_add(1);
            }
            self.counted = now;
        }
        self.changes = [last, now];
    }

    /// The window moves on.
    pub(super) fn pass(&mut self, from: i64, to: i64) {
        self.close = halved(self.close, halvings(from, to));
        clear_days(&mut self.returns, from, to);
    }

    /// Whether it says anything still.
    pub(super) fn is_alive(&self, now: i64) -> bool {
        let [_, last] = self.changes;
        self.close > 0 || self.returns != [0; 3] || now - i64::from(last) * 1000 <= RETURN_MS
    }

    /// How much it says.
    pub(super) fn weight(&self) -> (u32, u32) {
        let returns: u32 = self.returns.iter().copied().map(u32::from).sum();
        (u32::from(self.close) + returns, self.changes[1])
    }
}

/// Empties the days that begin between two times.
fn clear_days(days: &mut [u8; 3], from: i64, to: i64) {
    for back in 0..midnights(from, to).min(3) {
        if let Some(count) = days.get_mut(day(to - back * 86_400_000)) {
            *count = 0;
        }
    }
}
