//! Networks of many users: relays, VPN exits, the NAT of a whole town. That two of them are in use
//! at the same time is weak evidence about one user.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::users::Renumbered;
use crate::sharing::Network;
use crate::sharing::presence::decay_steps;

/// Networks whose users are counted, of about 32 bytes each.
const NETWORKS_MAX: usize = 1 << 22;

/// The users of each network, in this period of three days and in the one before.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct SharedNetworks {
    newest: i64,
    current: HashMap<Network, NetworkUsers, FixedState>,
    previous: HashMap<Network, NetworkUsers, FixedState>,
    /// Connections of networks beyond [`NETWORKS_MAX`].
    pub(super) too_many: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum NetworkUsers {
    /// The numbers of these users.
    Few(Vec<u32>),
    /// As many as make a relay.
    Many,
}

impl SharedNetworks {
    /// The networks of this period with their users, up to `min`, which makes a relay.
    pub(super) fn users(&self, min: usize) -> impl Iterator<Item = (Network, usize)> + '_ {
        self.current.iter().map(move |(network, users)| match users {
            NetworkUsers::Few(few) => (*network, few.len()),
            NetworkUsers::Many => (*network, min),
        })
    }

    /// Renumbers users of whom some were removed. A network of enough users for a relay stays one.
    pub(super) fn renumber(&mut self, numbers: &Renumbered) {
        for networks in [&mut self.current, &mut self.previous] {
            networks.retain(|_, users| match users {
                NetworkUsers::Few(few) => {
                    numbers.apply(few);
                    !few.is_empty()
                }
                NetworkUsers::Many => true,
            });
        }
    }

    /// Records a connection. Returns whether at least `min` users use the network.
    pub(super) fn is_relay(&mut self, ts: i64, network: Network, user: u32, min: usize) -> bool {
        if self.current.is_empty() && self.previous.is_empty() {
            self.newest = ts;
        }
        for _ in 0..decay_steps(self.newest, ts).min(2) {
            self.previous = std::mem::take(&mut self.current);
        }
        self.newest = self.newest.max(ts);
        let was = self.previous.get(&network).is_some_and(|users| *users == NetworkUsers::Many);
        if self.current.len() >= NETWORKS_MAX && !self.current.contains_key(&network) {
            self.too_many += 1;
            return was;
        }
        let users = self.current.entry(network).or_insert_with(|| NetworkUsers::Few(Vec::new()));
        if let NetworkUsers::Few(few) = users
            && !few.contains(&user)
        {
            few.push(user);
            if few.len() >= min {
                *users = NetworkUsers::Many;
            }
        }
        was || *users == NetworkUsers::Many
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sharing::Prefixes;

    #[test]
    fn a_relay_is_remembered_for_three_to_six_days() {
        let network = Network::of("203.0.113.7".parse().unwrap(), Prefixes::default());
        let mut networks = SharedNetworks::default();
        let seen: Vec<_> = (0..4).map(|user| networks.is_relay(0, network, user, 3)).collect();
        assert_eq!(seen, [false, false, true, true]);
        assert!(networks.is_relay(3 * 86_400_000, network, 9, 3));
        assert!(!networks.is_relay(6 * 86_400_000, network, 9, 3));
    }
}
