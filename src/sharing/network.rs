//! A network as clients are counted by: an IPv4 address, an IPv6 prefix, or a mobile carrier.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::net;
use crate::stream::Origin;

/// Prefix lengths that make one network. A home is one IPv4 address, and one IPv6 /64 in which each
/// device takes new addresses every day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefixes {
    /// At most 32 bits.
    pub v4: u8,
    /// At most 64 bits.
    pub v6: u8,
}

impl Default for Prefixes {
    fn default() -> Self {
        Self { v4: 32, v6: 64 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Family {
    V4,
    V6,
    /// All addresses of a mobile carrier.
    Carrier,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Network {
    pub family: Family,
    /// The address, or the upper half of an IPv6 one, without the bits below the prefix; or the
    /// number of the carrier's autonomous system.
    pub bits: u64,
}

impl Network {
    /// The network of an address.
    pub fn of(ip: IpAddr, prefixes: Prefixes) -> Self {
        let length = if ip.is_ipv4() { prefixes.v4 } else { prefixes.v6.min(64) };
        match net::network(ip, length) {
            IpAddr::V4(ip) => Self { family: Family::V4, bits: ip.to_bits().into() },
            IpAddr::V6(ip) => {
                let upper = u64::try_from(ip.to_bits() >> 64).unwrap_or(0);
                Self { family: Family::V6, bits: upper }
            }
        }
    }

    /// The block of addresses that counts as one place: an IPv4 /20 or an IPv6 /48. Carriers hand
    /// out addresses from blocks of about that size, and one home has many addresses of a /48.
    #[must_use]
    pub fn block(self) -> Self {
        self.without(match self.family {
            Family::V4 => 12,
            Family::V6 => 16,
            Family::Carrier => 0,
        })
    }

    /// The addresses of one line or office: an IPv4 /26 or an IPv6 /56.
    #[must_use]
    pub fn subnet(self) -> Self {
        self.without(match self.family {
            Family::V4 => 6,
            Family::V6 => 8,
            Family::Carrier => 0,
        })
    }

    /// The network without the lowest bits.
    fn without(self, low_bits: u32) -> Self {
        let mask = u64::MAX.checked_shl(low_bits).unwrap_or(0);
        Self { family: self.family, bits: self.bits & mask }
    }

    /// The network of a mobile carrier, by the number of its autonomous system.
    pub fn carrier(number: u32) -> Self {
        Self { family: Family::Carrier, bits: number.into() }
    }

    /// The network that a row names, as [`Network::origin`] does.
    pub fn of_origin(origin: &Origin<'_>, prefixes: Prefixes) -> Option<Self> {
        match origin {
            Origin::Ip(ip) | Origin::Net(ip, _) => Some(Self::of(*ip, prefixes)),
            Origin::Name(name) => name.strip_prefix("AS")?.parse().ok().map(Self::carrier),
        }
    }

    /// The network as rows name it: with the prefix length where it is not a whole address.
    pub fn origin(self, prefixes: Prefixes) -> Origin<'static> {
        let v4 = Ipv4Addr::from(u32::try_from(self.bits).unwrap_or(0));
        let v6 = Ipv6Addr::from(u128::from(self.bits) << 64);
        match self.family {
            Family::V4 if prefixes.v4 == 32 => Origin::Ip(v4.into()),
            Family::V4 => Origin::Net(v4.into(), prefixes.v4),
            Family::V6 => Origin::Net(v6.into(), prefixes.v6),
            Family::Carrier => Origin::Name(format!("AS{}", self.bits).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_named_with_their_prefix() {
        let name = |ip: &str, v4, v6| {
            let prefixes = Prefixes { v4, v6 };
            let network = Network::of(ip.parse().unwrap(), prefixes);
            let origin = network.origin(prefixes);
            assert_eq!(Network::of_origin(&origin, prefixes), Some(network));
            origin.to_string()
        };
        assert_eq!(name("203.0.113.7", 32, 64), "203.0.113.7");
        assert_eq!(name("203.0.113.7", 24, 64), "203.0.113.0/24");
        assert_eq!(name("2001:db8:1:2:3:4:5:6", 32, 64), "2001:db8:1:2::/64");
        assert_eq!(name("2001:db8:1:2:3:4:5:6", 32, 48), "2001:db8:1::/48");
        assert_eq!(name("203.0.113.7", 0, 0), "0.0.0.0/0");
    }
}
