//! What is kept of the connections of one account.

use serde::{Deserialize, Serialize};

use super::capacity::NO_NETWORK;
use super::daily_peaks::DailyPeaks;
use super::estimate::MANY_NETWORKS;
use super::network::{Family, Network};
use super::network_activity::{NEW_MAX, NetworkActivity, NetworkPair, RETURN_MS, decayed};
use super::presence::{LazyPresence, Presence, SHORT_GAP, days_between, decay_steps};
use super::rotation::Rotation;

/// Connections that a client opens together begin within this time.
const BURST_MS: i64 = 5_000;
/// On a busy account the burst is shorter, so that another client falls into it by chance once in
/// five times at most, but it is never shorter than this.
const BURST_MIN_MS: i64 = 500;

/// The networks of one account and how they were used.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AccountActivity {
    pub(super) networks: Vec<NetworkActivity>,
    pub(super) pairs: Vec<NetworkPair>,
    pub(super) transient: Transient,
    /// The newest connection: the index of its network, and its time.
    pub(super) newest: Option<(u8, i64)>,
    /// Connections of the slot before and of this one.
    slot_connections: [u16; 2],
    /// The most networks within an hour, by day of the window.
    pub(super) hourly_networks: DailyPeaks,
    pub(super) rotation: Rotation,
    /// Networks that were removed to make room for others.
    pub networks_evicted: u32,
}

/// New addresses, which a device on the move is given, as one network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Transient {
    last: i64,
    /// Number of times that two of them followed each other within seconds.
    pub(super) own_bursts: u16,
    pub(super) presence: LazyPresence,
}

impl Default for Transient {
    fn default() -> Self {
        Self { last: i64::MIN / 4, own_bursts: 0, presence: LazyPresence::default() }
    }
}

impl Transient {
    fn connect(&mut self, ts: i64) {
        let last = std::mem::replace(&mut self.last, ts);
        self.presence.record(last, ts);
    }
}

impl AccountActivity {
    /// Records a connection. Connections must come in order of time. Returns whether a new estimate
    /// is due: a new slot has begun, or more networks rotate than before.
    pub fn connect(&mut self, ts: i64, network: Network) -> bool {
        let last = self.newest.map(|(_, last)| last);
        let ts = last.map_or(ts, |last| ts.max(last));
        let is_new_slot = last.is_none_or(|last| SHORT_GAP.slot(ts) > SHORT_GAP.slot(last));
        if is_new_slot {
            self.advance(ts);
        }
        let index = self.index_of(network, ts);
        self.record_burst(index, ts);
        self.record_changes(index, ts);
        let is_due = self.record_rotation(index, ts) || is_new_slot;
        let Some(network) = self.networks.get_mut(usize::from(index)) else { return is_due };
        network.connect(ts);
        if network.connections <= NEW_MAX {
            self.transient.connect(ts);
        }
        self.newest = Some((index, ts));
        is_due
    }

    /// The time of the newest connection.
    pub fn newest(&self) -> Option<i64> {
        self.newest.map(|(_, ts)| ts)
    }

    /// The presence of a network that is still kept.
    pub fn presence(&self, network: Network) -> Option<Presence> {
        let own = self.networks.iter().find(|own| own.network == network);
        own.map(|own| own.presence.get())
    }

    /// Number of networks kept, at most [`super::NETWORKS_MAX`].
    pub fn networks(&self) -> usize {
        self.networks.len()
    }

    pub(super) fn network(&self, index: u8) -> Option<&NetworkActivity> {
        self.networks.get(usize::from(index))
    }

    /// Moves the window on.
    fn advance(&mut self, ts: i64) {
        let Some((_, last)) = self.newest else { return };
        self.count_hourly_networks(last);
        let [_, now] = self.slot_connections;
        let is_next = SHORT_GAP.slot(ts) == SHORT_GAP.slot(last) + 1;
        self.slot_connections = [if is_next { now } else { 0 }, 0];
        for network in &mut self.networks {
            network.presence.advance(last, ts);
        }
        self.transient.presence.advance(last, ts);
        if days_between(last, ts) > 0 {
            self.advance_days(last, ts);
        }
    }

    /// Halves old counts and removes what is out of the window.
    fn advance_days(&mut self, last: i64, ts: i64) {
        let steps = decay_steps(last, ts);
        self.networks.iter_mut().for_each(|network| network.decay(steps));
        self.pairs.iter_mut().for_each(|pair| pair.advance(last, ts));
        self.pairs.retain(|pair| pair.is_relevant(ts));
        self.hourly_networks.advance(last, ts);
        self.rotation.peaks.advance(last, ts);
        self.transient.own_bursts = decayed(self.transient.own_bursts, steps);
        let window_ms = SHORT_GAP.slot_ms * i64::try_from(SHORT_GAP.slots).unwrap_or(0);
        for index in (0..self.networks.len()).rev() {
            if self.networks.get(index).is_some_and(|network| ts - network.last > window_ms) {
                self.remove(index);
            }
        }
    }

    /// Counts a connection within seconds of the one before it: one client opened both, mostly.
    fn record_burst(&mut self, index: u8, ts: i64) {
        let [before, now] = &mut self.slot_connections;
        *now = now.saturating_add(1);
        let burst_ms =
            (SHORT_GAP.slot_ms / 5 / i64::from((*before).max(*now))).clamp(BURST_MIN_MS, BURST_MS);
        let Some((previous, last)) = self.newest else { return };
        if previous == NO_NETWORK || ts - last > burst_ms {
            return;
        }
        let (here, there) = (usize::from(index), usize::from(previous));
        if here == there {
            if let Some(network) = self.networks.get_mut(here) {
                network.own_bursts = network.own_bursts.saturating_add(1);
            }
            return;
        }
        let connections = |at: usize| self.networks.get(at).map_or(0, |own| own.connections);
        let (is_new, was_new) = (connections(here) < NEW_MAX, connections(there) <= NEW_MAX);
        if is_new && was_new {
            self.transient.own_bursts = self.transient.own_bursts.saturating_add(1);
        }
        for (at, is_beside_new) in [(here, was_new && !is_new), (there, is_new && !was_new)] {
            if let Some(network) = self.networks.get_mut(at) {
                network.mixed_bursts = network.mixed_bursts.saturating_add(1);
                network.beside_new = network.beside_new.saturating_add(u16::from(is_beside_new));
            }
        }
        if let Some(pair) = self.pair(index, previous) {
            pair.meetings = pair.meetings.saturating_add(1);
        }
    }

    /// Counts the changes to this network from all that were in use since it last was.
    fn record_changes(&mut self, index: u8, ts: i64) {
        if self.newest.is_none_or(|(previous, _)| previous == index) {
            return;
        }
        let here = self.network(index).map_or(i64::MIN, |network| network.last);
        for other in 0..self.networks.len() {
            let Some(network) = self.networks.get(other) else { continue };
            let is_since = network.last > here && ts - network.last <= RETURN_MS;
            let other = u8::try_from(other).unwrap_or(NO_NETWORK);
            if is_since
                && network.is_steady()
                && other != index
                && let Some(pair) = self.pair(index, other)
            {
                pair.change(ts);
            }
        }
    }

    /// Counts the steady networks of the last hour: one of each provider, since a phone on a train
    /// gets addresses from several pools of its carrier; and by family, since homes have both.
    fn count_hourly_networks(&mut self, ts: i64) {
        let is_recent =
            |own: &&NetworkActivity| ts - own.last <= SHORT_GAP.gap_ms && own.is_steady();
        let recent = self.networks.iter().filter(is_recent);
        let mut providers: Vec<Network> = recent.map(|own| own.network.provider()).collect();
        if providers.len() < MANY_NETWORKS {
            return;
        }
        providers.sort_unstable();
        providers.dedup();
        let six = providers.iter().filter(|provider| provider.family == Family::V6).count();
        self.hourly_networks.raise(ts, six.max(providers.len() - six));
    }
}
