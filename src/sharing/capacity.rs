//! The maximum number of networks and pairs of one account. Memory is reserved in small steps,
//! since most users have two or three networks.

use super::activity::AccountActivity;
use super::groups::one_shot_addresses;
use super::network::Network;
use super::network_activity::{NetworkActivity, NetworkPair};

/// Networks of one user. Beyond it the least relevant one is removed and counted, so that a client
/// that walks through its IPv6 prefix takes no more memory.
pub const NETWORKS_MAX: usize = 64;
/// Pairs of networks of one user. Beyond it the least relevant one is removed.
pub const PAIRS_MAX: usize = 192;
/// Networks for which memory is reserved at first, and each time it is full.
const NETWORKS_USUAL: usize = 3;

/// The index of a network that was removed.
pub(super) const NO_NETWORK: u8 = u8::MAX;

impl AccountActivity {
    /// The index of a network, which is added if it is new.
    pub(super) fn index_of(&mut self, network: Network, ts: i64) -> u8 {
        let found = self.networks.iter().position(|own| own.network == network);
        let index = found.unwrap_or_else(|| {
            if self.networks.len() >= NETWORKS_MAX {
                self.evict();
            }
            if self.networks.len() == self.networks.capacity() {
                self.networks.reserve_exact(NETWORKS_USUAL.max(self.networks.len() / 4));
            }
            self.networks.push(NetworkActivity::new(network, ts));
            self.networks.len() - 1
        });
        u8::try_from(index).unwrap_or(NO_NETWORK)
    }

    /// Removes the least relevant network. Its presence is added to the transient ones.
    fn evict(&mut self) {
        let one_shot = one_shot_addresses(self);
        let is_one_shot = |index: usize| one_shot.get(index).copied().unwrap_or(false);
        let value = |(index, network): &(usize, &NetworkActivity)| {
            (!is_one_shot(*index), network.last, *index)
        };
        let Some((index, least)) = self.networks.iter().enumerate().min_by_key(value) else {
            return;
        };
        self.transient.presence.merge(&least.presence);
        self.networks_evicted = self.networks_evicted.saturating_add(1);
        self.remove(index);
    }

    /// Removes a network. The last one takes its index.
    pub(super) fn remove(&mut self, index: usize) {
        self.networks.swap_remove(index);
        let (gone, moved) = (index, self.networks.len());
        let gone = u8::try_from(gone).unwrap_or(NO_NETWORK);
        let moved = u8::try_from(moved).unwrap_or(NO_NETWORK);
        self.pairs.retain(|pair| pair.a != gone && pair.b != gone);
        let renumber = |index: u8| if index == moved { gone } else { index };
        for pair in &mut self.pairs {
            let (a, b) = (renumber(pair.a), renumber(pair.b));
            (pair.a, pair.b) = (a.min(b), a.max(b));
        }
        if let Some((index, _)) = &mut self.newest {
            *index = if *index == gone { NO_NETWORK } else { renumber(*index) };
        }
    }

    /// The pair of two networks, which is added if it is new.
    pub(super) fn pair(&mut self, one: u8, other: u8) -> Option<&mut NetworkPair> {
        let (a, b) = (one.min(other), one.max(other));
        let found = self.pairs.iter().rposition(|pair| pair.a == a && pair.b == b);
        let at = found.unwrap_or_else(|| {
            if self.pairs.len() >= PAIRS_MAX {
                let value = |(at, pair): &(usize, &NetworkPair)| (pair.weight(), *at);
                let least = self.pairs.iter().enumerate().min_by_key(value).map(|(at, _)| at);
                self.pairs.swap_remove(least.unwrap_or(0));
            }
            if self.pairs.len() == self.pairs.capacity() {
                self.pairs.reserve_exact(1 + self.pairs.len() / 4);
            }
            self.pairs.push(NetworkPair::new(a, b));
            self.pairs.len() - 1
        });
        self.pairs.get_mut(at)
    }
}
