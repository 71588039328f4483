//! Connections that show the address of a relay, gateway or NAT instead of the client's.
//!
//! Behind Docker's gateway, or a balancer without the PROXY protocol, all clients have one private
//! address. Nothing can be estimated from these connections: they are left out and counted, and the
//! verdict on their user is unknown instead of clear.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::users::Renumbered;
use crate::sharing::presence::decay_steps;
use crate::stream::{Evidence, Origin};

/// Who an address can belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// A client on the internet.
    Public,
    /// Loopback, link-local, private or unspecified. A client only on a LAN (`--trust-private`).
    Local,
    /// Shared address space of carriers (RFC 6598): a subscriber, or a gateway inside the carrier
    /// or a cluster.
    CarrierInternal(Ipv4Addr),
}

impl Scope {
    pub(super) fn of(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => match ip.octets() {
                [100, 64..128, ..] => Self::CarrierInternal(ip),
                [0 | 10 | 127, ..] | [172, 16..32, ..] | [192, 168, ..] | [169, 254, ..] => {
                    Self::Local
                }
                _ => Self::Public,
            },
            IpAddr::V6(ip) => {
                let is_local = ip.is_loopback()
                    || ip.is_unspecified()
                    || ip.is_unique_local()
                    || ip.is_unicast_link_local();
                if is_local { Self::Local } else { Self::Public }
            }
        }
    }
}

/// Addresses listed as evidence.
const ADDRESSES_MAX: usize = 3;
/// One connection in so many that is hidden may be all those of a second person.
const HIDDEN_RATIO: u64 = 20;

/// Hidden and visible connections of one user since the first hidden one, by periods of three days:
/// the current one and the one before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HiddenConnections {
    newest: i64,
    hidden: [u64; 2],
    visible: [u64; 2],
    addresses: Vec<IpAddr>,
}

impl HiddenConnections {
    /// Starts with the number of visible connections so far.
    pub(super) fn new(ts: i64, visible: u64) -> Self {
        Self { newest: ts, visible: [0, visible], ..Self::default() }
    }

    fn advance(&mut self, ts: i64) {
        for _ in 0..decay_steps(self.newest, ts).min(2) {
            for counts in [&mut self.hidden, &mut self.visible] {
                let [_, now] = *counts;
                *counts = [now, 0];
            }
        }
        self.newest = self.newest.max(ts);
    }

    pub(super) fn record_hidden(&mut self, ts: i64, ip: IpAddr) {
        self.advance(ts);
        let [_, now] = &mut self.hidden;
        *now += 1;
        if self.addresses.len() < ADDRESSES_MAX && !self.addresses.contains(&ip) {
            self.addresses.push(ip);
        }
    }

    pub(super) fn record_visible(&mut self, ts: i64) {
        self.advance(ts);
        let [_, now] = &mut self.visible;
        *now += 1;
    }

    fn connections(&self) -> u64 {
        self.hidden.iter().sum()
    }

    /// Whether too many connections are hidden for the account to be clear.
    pub(super) fn is_blind(&self) -> bool {
        let all = self.connections() + self.visible.iter().sum::<u64>();
        self.connections() * HIDDEN_RATIO > all
    }

    /// `None` once all hidden connections are too old.
    pub(super) fn evidence(&self) -> Option<Evidence<'static>> {
        (self.connections() > 0).then(|| Evidence::HiddenAddresses {
            connections: self.connections(),
            networks: self.addresses.iter().copied().map(Origin::Ip).collect(),
        })
    }
}

/// Carrier-internal addresses of which the users are recorded.
const GATEWAYS_MAX: usize = 1 << 16;

/// The users that have only one carrier-internal address, by address. Two such users of one address
/// are behind a gateway: subscribers of a carrier have an address each.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CarrierGateways {
    users: HashMap<Ipv4Addr, Vec<u32>, FixedState>,
}

impl CarrierGateways {
    /// Adds a user whose only address this is.
    pub(super) fn insert(&mut self, ip: Ipv4Addr, user: u32) {
        if self.users.len() < GATEWAYS_MAX || self.users.contains_key(&ip) {
            self.users.entry(ip).or_default().push(user);
        }
    }

    /// Removes a user that has another address too.
    pub(super) fn remove(&mut self, ip: Ipv4Addr, user: u32) {
        if let Some(users) = self.users.get_mut(&ip) {
            users.retain(|own| *own != user);
            if users.is_empty() {
                self.users.remove(&ip);
            }
        }
    }

    /// Renumbers users of whom some were removed.
    pub(super) fn renumber(&mut self, numbers: &Renumbered) {
        self.users.retain(|_, users| {
            numbers.apply(users);
            !users.is_empty()
        });
    }

    /// Each address and the number of users that have only it.
    pub(super) fn users(&self) -> impl Iterator<Item = (Ipv4Addr, u64)> + '_ {
        self.users.iter().map(|(ip, users)| (*ip, users.len() as u64))
    }

    /// What makes the proxy log the addresses of its clients, if users have only that of a gateway:
    /// the only user of a log, or several.
    pub(super) fn advice(&self, all: usize) -> Option<String> {
        let (ip, users) = self.users().max_by_key(|(ip, users)| (*users, *ip))?;
        (users > 1 || all == 1).then(|| {
            format!(
                "{users} users have only the address {ip}, which is internal to a carrier or cluster, \
                 so they are not clear: send the PROXY protocol to the proxy, or run the container \
                 with 'network_mode: host'; if the clients are on this network, use --trust-private"
            )
        })
    }

    /// Whether several users have only this address.
    pub(super) fn is_gateway(&self, ip: Ipv4Addr) -> bool {
        self.users.get(&ip).is_some_and(|users| users.len() > 1)
    }
}

/// Log formats remembered for [`advice`].
const FORMATS_MAX: usize = 8;

/// Hidden connections of all users.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct HiddenTotals {
    pub connections: u64,
    /// The address of the first one.
    example: Option<IpAddr>,
    /// The formats of the logs that have them.
    formats: Vec<Box<str>>,
}

impl HiddenTotals {
    pub(super) fn new(
        connections: u64,
        example: Option<IpAddr>,
        formats: &BTreeSet<String>,
    ) -> Self {
        let formats = formats.iter().map(|format| format.as_str().into()).collect();
        Self { connections, example, formats }
    }

    pub(super) fn example(&self) -> Option<IpAddr> {
        self.example
    }

    pub(super) fn formats(&self) -> impl Iterator<Item = &str> {
        self.formats.iter().map(|format| &**format)
    }

    pub(super) fn record(&mut self, ip: IpAddr, format: &str) {
        self.connections += 1;
        self.example.get_or_insert(ip);
        if self.formats.len() < FORMATS_MAX && !self.formats.iter().any(|own| **own == *format) {
            self.formats.push(format.into());
        }
    }

    /// What makes the proxy log the addresses of its clients.
    pub(super) fn advice(&self) -> Option<String> {
        let example = self.example?;
        let mut cures: Vec<&str> = self.formats.iter().map(|format| cure(format)).collect();
        cures.sort_unstable();
        cures.dedup();
        Some(format!(
            "{} connections have the address of a relay or gateway ({example}) instead of their \
             client's, so they are not counted in the verdict: {}, or run the container with \
             'network_mode: host'; if the clients are on this network, use --trust-private",
            self.connections,
            cures.join("; "),
        ))
    }
}

/// The setting with which a proxy takes the client's address from what is in front of it.
fn cure(format: &str) -> &'static str {
    match format {
        "access" | "mtprotoproxy" => {
            "send the PROXY protocol to mtprotoproxy and set PROXY_PROTOCOL = True in config.py"
        }
        "telemt" => {
            "send the PROXY protocol to telemt and set proxy_protocol = true (WEB proxy: \
             web_client_ip_source)"
        }
        "teleproxy" | "mtproxy" => {
            "send the PROXY protocol to teleproxy and start it with --proxy-protocol"
        }
        "mtg" => "send the PROXY protocol to mtg and set proxy-protocol-listener = true",
        _ => "send the PROXY protocol to the proxy",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scope_of_an_address() {
        let of = |ip: &str| Scope::of(ip.parse().unwrap());
        for local in [
            "127.0.0.1",
            "127.9.9.9",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.1",
            "192.168.1.5",
            "169.254.1.1",
            "0.0.0.0",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
        ] {
            assert_eq!(of(local), Scope::Local, "{local}");
        }
        for public in [
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "100.128.0.1",
            "198.18.0.1",
            "203.0.113.7",
            "2001:db8::1",
            "192.169.0.1",
        ] {
            assert_eq!(of(public), Scope::Public, "{public}");
        }
        assert!(matches!(of("100.64.0.1"), Scope::CarrierInternal(_)));
    }
}
