//! Networks that many users come from: relays, VPN exits, the NAT of a whole town. That two of them
//! are in use at once says little of one user.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use crate::sharing::Network;
use crate::sharing::presence::halvings;

/// How many networks are told apart; users of further ones are not counted. At some 32 bytes each.
pub(super) const NETWORKS_MAX: usize = 1 << 22;

/// Who came from where, in this three days and the three before.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Relays {
    newest: i64,
    users: HashMap<Network, Users, FixedState>,
    before: HashMap<Network, Users, FixedState>,
    /// Connections from networks that were too many.
    pub(super) unremembered: u64,
}

/// Who came from a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Users {
    /// These.
    Few(Vec<u32>),
    /// Enough.
    Many,
}

impl Relays {
    /// A user comes from a network. Says whether so many users do.
    pub(super) fn is_relay(&mut self, ts: i64, network: Network, user: u32, enough: usize) -> bool {
        if self.users.is_empty() && self.before.is_empty() {
            self.newest = ts;
        }
        for _ in 0..halvings(self.newest, ts).min(2) {
            self.before = std::mem::take(&mut self.users);
        }
        self.newest = self.newest.max(ts);
        let was = self.before.get(&network).is_some_and(|users| *users == Users::Many);
        if self.users.len() >= NETWORKS_MAX && !self.users.contains_key(&network) {
            self.unremembered += 1;
            return was;
        }
        let users = self.users.entry(network).or_insert_with(|| Users::Few(Vec::new()));
        if let Users::Few(few) = users
            && !few.contains(&user)
        {
            few.push(user);
            if few.len() >= enough {
                *users = Users::Many;
            }
        }
        was || *users == Users::Many
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sharing::Prefixes;

    #[test]
    fn a_relay_is_known_for_three_to_six_days() {
        let network = Network::of("203.0.113.7".parse().unwrap(), Prefixes::default());
        let mut relays = Relays::default();
        let seen: Vec<_> = (0..4).map(|user| relays.is_relay(0, network, user, 3)).collect();
        assert_eq!(seen, [false, false, true, true]);
        assert!(relays.is_relay(3 * 86_400_000, network, 9, 3));
        assert!(!relays.is_relay(6 * 86_400_000, network, 9, 3));
    }
}
