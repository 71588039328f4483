//! The state of one network of one user (56 bytes, and 88 more once it was in use), and of a pair
//! of networks.

use serde::{Deserialize, Serialize};

use super::network::Network;
use super::presence::{DAY_MS, LONG_GAP, LazyPresence, day, days_between, decay_steps};

/// One network of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct NetworkActivity {
    pub(super) network: Network,
    /// Start of the newest connection, in milliseconds.
    pub(super) last: i64,
    /// Start of the first connection, in seconds.
    pub(super) first: u32,
    pub(super) connections: u16,
    /// Connections within seconds of another one of this network.
    pub(super) own_bursts: u16,
    /// Connections within seconds of one of another network.
    pub(super) mixed_bursts: u16,
    /// Those of `mixed_bursts` whose neighbour was a new network.
    pub(super) beside_new: u16,
    /// Number of stays: one, and one more for each return after hours of silence.
    pub(super) stays: u8,
    /// Changes to this network from another one, in the slot before `visited_slot` and in it.
    visits: [u8; 2],
    /// Slot of the last change to this network.
    visited_slot: u32,
    pub(super) presence: LazyPresence,
}

/// A network with at most this many connections is new.
pub(super) const NEW_MAX: u16 = 2;

impl NetworkActivity {
    pub(super) fn new(network: Network, ts: i64) -> Self {
        Self {
            network,
            last: i64::MIN / 4,
            first: u32::try_from(ts.div_euclid(1000)).unwrap_or(0),
            connections: 0,
            own_bursts: 0,
            mixed_bursts: 0,
            beside_new: 0,
            stays: 1,
            visits: [0; 2],
            visited_slot: 0,
            presence: LazyPresence::default(),
        }
    }

    /// Records a connection.
    pub(super) fn connect(&mut self, ts: i64) {
        let is_return = self.connections > 0 && ts.saturating_sub(self.last) >= LONG_GAP.gap_ms;
        self.stays = self.stays.saturating_add(u8::from(is_return));
        self.connections = self.connections.saturating_add(1);
        self.presence.record(self.last, ts);
        self.last = ts;
    }

    /// Records a change to this network from another one. Returns the recent number of changes.
    pub(super) fn visit(&mut self, slot: u32) -> u8 {
        let [_, now] = self.visits;
        self.visits = match slot.saturating_sub(self.visited_slot) {
            0 => self.visits,
            1 => [now, 0],
            _ => [0; 2],
        };
        self.visited_slot = slot;
        let [_, now] = &mut self.visits;
        *now = now.saturating_add(1);
        self.visits_at(slot)
    }

    /// Number of changes to this network in a slot and the slot before it.
    pub(super) fn visits_at(&self, slot: u32) -> u8 {
        let [before, now] = self.visits;
        match slot.saturating_sub(self.visited_slot) {
            0 => before.saturating_add(now),
            1 => now,
            _ => 0,
        }
    }

    /// Halves the counts this many times: old behaviour of an address counts for some days.
    pub(super) fn decay(&mut self, steps: i64) {
        let counts = [
            &mut self.connections,
            &mut self.own_bursts,
            &mut self.mixed_bursts,
            &mut self.beside_new,
        ];
        for count in counts {
            *count = decayed(*count, steps);
        }
    }

    /// Time from the first to the newest connection, in milliseconds.
    pub(super) fn age_ms(&self) -> i64 {
        self.last - i64::from(self.first) * 1000
    }

    /// Whether a client stays on this network: it has bursts of its own, or single connections that
    /// are never beside those of another network.
    pub(super) fn is_steady(&self) -> bool {
        self.own_bursts > 0 || (self.mixed_bursts == 0 && self.connections > NEW_MAX)
    }

    /// Whether this looks like one address of a carrier that gives each connection its own: never
    /// twice in a burst, or far more often beside other networks than beside itself.
    pub(super) fn is_one_shot_address(&self) -> bool {
        let ratio =
            if self.own_bursts <= FEW_OWN_BURSTS { ONE_SHOT_RATIO_FEW } else { ONE_SHOT_RATIO };
        !self.is_steady()
            || (self.own_bursts > 0 && self.mixed_bursts >= self.own_bursts.saturating_mul(ratio))
    }
}

/// With four addresses, each is beside another one three times as often as beside itself, and each
/// such meeting counts for both: six to one. A line with two uplinks shows two to one. A home is
/// beside other networks by chance, as often as one to five.
const ONE_SHOT_RATIO: u16 = 4;
/// The ratio while there are few bursts.
const ONE_SHOT_RATIO_FEW: u16 = 3;
const FEW_OWN_BURSTS: u16 = 2;

/// A count after this many halvings.
pub(super) fn decayed(count: u16, steps: i64) -> u16 {
    u32::try_from(steps).ok().and_then(|n| count.checked_shr(n)).unwrap_or(0)
}

/// Two networks of one user between which connections changed back and forth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct NetworkPair {
    /// The lower index.
    pub(super) a: u8,
    /// The higher index.
    pub(super) b: u8,
    /// Number of times that connections of both began within seconds.
    pub(super) meetings: u16,
    /// Times of the last two changes from one to the other, in seconds.
    changes: [u32; 2],
    /// Time of the last counted return, in seconds.
    counted: u32,
    /// Returns by day of the window.
    pub(super) returns: [u8; 3],
}

/// A return is a third change within this time: there, back, and there again. A commuter needs two
/// days for that.
pub(super) const RETURN_MS: i64 = 12 * 3_600_000;
/// Returns within half an hour count once: two clients in use at the same time alternate every few
/// seconds.
const EPISODE_S: u32 = 1800;

impl NetworkPair {
    pub(super) fn new(a: u8, b: u8) -> Self {
        Self { a, b, meetings: 0, changes: [0; 2], counted: 0, returns: [0; 3] }
    }

    /// Records a change from one to the other.
    pub(super) fn change(&mut self, ts: i64) {
        let now = u32::try_from(ts.div_euclid(1000)).unwrap_or(0);
        let [before, last] = self.changes;
        let since = |then: u32| now.saturating_sub(then);
        if i64::from(since(before)) * 1000 <= RETURN_MS && since(self.counted) >= EPISODE_S {
            if let Some(count) = self.returns.get_mut(day(ts)) {
                *count = count.saturating_add(1);
            }
            self.counted = now;
        }
        self.changes = [last, now];
    }

    /// Moves the window on.
    pub(super) fn advance(&mut self, from: i64, to: i64) {
        self.meetings = decayed(self.meetings, decay_steps(from, to));
        for back in 0..days_between(from, to).min(3) {
            if let Some(count) = self.returns.get_mut(day(to - back * DAY_MS)) {
                *count = 0;
            }
        }
    }

    /// Whether anything in it still counts.
    pub(super) fn is_relevant(&self, now: i64) -> bool {
        let [_, last] = self.changes;
        self.meetings > 0 || self.returns != [0; 3] || now - i64::from(last) * 1000 <= RETURN_MS
    }

    /// Order in which pairs are kept.
    pub(super) fn weight(&self) -> (u32, u32) {
        let returns: u32 = self.returns.iter().copied().map(u32::from).sum();
        (u32::from(self.meetings) + returns, self.changes[1])
    }
}
