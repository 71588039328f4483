//! Rows that go to every partition of a stream: facts about all users, and the time.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};

use super::Text;
use super::value::{self, ByName};
use crate::timestamp::Timestamp;

/// What rows about one user depend on beside that user's connections. The tables of partitions add
/// up to that of the stream, because no user is in two of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "table", default)]
pub struct AllUsersTable {
    /// The newest time.
    #[serde(deserialize_with = "value::moment", skip_serializing_if = "Option::is_none")]
    pub ts: Option<Timestamp>,
    pub users: u64,
    pub connections: u64,
    pub no_address: u64,
    pub no_user: u64,
    pub usage: u64,
    /// Log lines that mtp-parse understood.
    pub understood: u64,
    /// Lines that it did not recognise in sources of proxies, or without a source.
    pub proxy_not_recognised: u64,
    /// Connections that have the address of a relay or gateway.
    pub hidden: u64,
    /// One of these addresses: the lowest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden_example: Option<IpAddr>,
    /// The formats of the logs that have them.
    pub hidden_formats: BTreeSet<String>,
    /// The users that have only one carrier-internal address, by address.
    pub gateways: BTreeMap<Ipv4Addr, u64>,
    /// Users by network, up to the number that makes a relay.
    pub networks: ByName<'static, u64>,
}

impl AllUsersTable {
    /// Adds the table of another partition.
    pub fn merge(&mut self, other: Self) {
        self.ts = self.ts.max(other.ts);
        self.users += other.users;
        self.connections += other.connections;
        self.no_address += other.no_address;
        self.no_user += other.no_user;
        self.usage += other.usage;
        self.understood += other.understood;
        self.proxy_not_recognised += other.proxy_not_recognised;
        self.hidden += other.hidden;
        let examples = self.hidden_example.into_iter().chain(other.hidden_example);
        self.hidden_example = examples.min();
        self.hidden_formats.extend(other.hidden_formats);
        for (address, users) in other.gateways {
            *self.gateways.entry(address).or_default() += users;
        }
        let mut networks: BTreeMap<_, u64> =
            std::mem::take(&mut self.networks).0.into_iter().collect();
        for (network, users) in other.networks.0 {
            *networks.entry(network).or_default() += users;
        }
        self.networks = ByName(networks.into_iter().collect());
    }

    /// Removes what no row depends on: addresses of one user, and networks of fewer than `relay`.
    pub fn shrink(&mut self, relay: Option<usize>) {
        self.gateways.retain(|_, users| *users > 1);
        let relay = relay.unwrap_or(usize::MAX) as u64;
        self.networks.0.retain(|(_, users)| *users >= relay);
        // Each partition counts up to this number.
        self.networks.0.iter_mut().for_each(|(_, users)| *users = relay);
    }
}

/// The time that a source has reached.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "clock", default)]
pub struct Clock<'l> {
    #[serde(deserialize_with = "value::moment", skip_serializing_if = "Option::is_none")]
    pub ts: Option<Timestamp>,
    #[serde(borrow, skip_serializing_if = "str::is_empty")]
    pub source: Text<'l>,
    /// The source ends here; without a source, the stream.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub end: bool,
}
