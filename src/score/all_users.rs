//! Facts about all users, for a run that has a part of them.

use std::net::Ipv4Addr;

use foldhash::fast::FixedState;
use hashbrown::HashSet;

use super::hidden::HiddenTotals;
use super::policy::Policy;
use super::state::{Counters, ScoreState};
use crate::sharing::Network;
use crate::stream::{AllUsersTable, ByName, Origin};
use crate::timestamp::Timestamp;

/// A table, ready for lookups.
#[derive(Clone, Debug)]
pub struct AllUsers {
    table: AllUsersTable,
    relays: HashSet<Network, FixedState>,
}

impl AllUsers {
    pub fn new(table: AllUsersTable, policy: &Policy) -> Self {
        let min = policy.relay.unwrap_or(usize::MAX) as u64;
        let relays = table.networks.0.iter().filter(|(_, users)| *users >= min);
        let relays = relays.filter_map(|(name, _)| {
            Network::of_origin(&Origin::read(name.clone()), policy.prefixes)
        });
        Self { relays: relays.collect(), table }
    }

    pub fn newest(&self) -> Option<i64> {
        self.table.ts.map(|ts| ts.0)
    }

    pub(super) fn is_relay(&self, network: Network) -> bool {
        self.relays.contains(&network)
    }

    /// The number of users.
    pub fn users(&self) -> usize {
        usize::try_from(self.table.users).unwrap_or(usize::MAX)
    }

    /// Whether several users have only this address.
    pub(super) fn is_gateway(&self, ip: Ipv4Addr) -> bool {
        self.table.gateways.get(&ip).is_some_and(|users| *users > 1)
    }

    /// The counts that advice depends on.
    pub(super) fn counters(&self) -> Counters {
        Counters {
            connections: self.table.connections,
            no_address: self.table.no_address,
            no_user: self.table.no_user,
            usage: self.table.usage,
            ..Counters::default()
        }
    }

    pub(super) fn hidden(&self) -> HiddenTotals {
        let table = &self.table;
        HiddenTotals::new(table.hidden, table.hidden_example, &table.hidden_formats)
    }

    /// Log lines that were not recognised, and those that were understood.
    pub(super) fn lines(&self) -> (u64, u64) {
        (self.table.proxy_not_recognised, self.table.understood)
    }
}

/// The table of the users of a run.
pub fn table(state: &ScoreState, policy: &Policy) -> AllUsersTable {
    let (counters, parsed) = (&state.counters, state.parsed.total());
    let name = |network: Network| network.origin(policy.prefixes).to_string().into();
    let min = policy.relay.unwrap_or(usize::MAX);
    let mut networks: Vec<_> =
        state.networks(min).map(|(network, users)| (name(network), users as u64)).collect();
    networks.sort_unstable();
    AllUsersTable {
        ts: state.newest().map(Timestamp),
        users: state.users.len() as u64,
        connections: counters.connections,
        no_address: counters.no_address,
        no_user: counters.no_user,
        usage: counters.usage,
        understood: parsed.understood,
        proxy_not_recognised: parsed.proxy_not_recognised,
        hidden: state.hidden.connections,
        hidden_example: state.hidden.example(),
        hidden_formats: state.hidden.formats().map(str::to_owned).collect(),
        gateways: state.gateways.users().collect(),
        networks: ByName(networks),
    }
}
