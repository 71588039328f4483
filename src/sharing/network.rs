//! A network as the proxy sees it: an IPv4 address, or the prefix of an IPv6 one.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::net;

/// How much of an address names its network. A home is one IPv4 address, and one /64 in which each
/// device takes new addresses every day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefixes {
    /// Of IPv4, at most 32 bits.
    pub v4: u8,
    /// Of IPv6, at most 64 bits.
    pub v6: u8,
}

impl Default for Prefixes {
    fn default() -> Self {
        Self { v4: 32, v6: 64 }
    }
}

/// The kinds of address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
    /// A mobile carrier's, as one.
    Carrier,
}

/// A network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Network {
    /// Its kind of address.
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

    /// The block that a carrier's pool of addresses would share with it: a /20, or a /40 of IPv6.
    /// Carriers hand out addresses from blocks of about that size.
    #[must_use]
    pub fn block(self) -> Self {
        self.without(match self.family {
            Family::V4 => 12,
            Family::V6 => 24,
            Family::Carrier => 0,
        })
    }

    /// Its neighbours on both sides: a /24, or a /56 of IPv6, which is one household's.
    #[must_use]
    pub fn street(self) -> Self {
        self.without(match self.family {
            Family::V4 | Family::V6 => 8,
            Family::Carrier => 0,
        })
    }

    /// The region of addresses it lies in: a /16, or a /32 of IPv6, mostly one provider's.
    #[must_use]
    pub fn region(self) -> Self {
        self.without(match self.family {
            Family::V4 => 16,
            Family::V6 => 32,
            Family::Carrier => 0,
        })
    }

    /// Without the lowest bits.
    fn without(self, below: u32) -> Self {
        Self { family: self.family, bits: self.bits >> below << below }
    }

    /// A mobile carrier, by the number of its autonomous system.
    pub fn carrier(number: u32) -> Self {
        Self { family: Family::Carrier, bits: number.into() }
    }

    /// Its name: an address, with the prefix where it is not a whole one.
    pub fn name(self, prefixes: Prefixes) -> String {
        let v4 = Ipv4Addr::from(u32::try_from(self.bits).unwrap_or(0));
        let v6 = Ipv6Addr::from(u128::from(self.bits) << 64);
        match (self.family, prefixes) {
            (Family::V4, Prefixes { v4: 32, .. }) => v4.to_string(),
            (Family::V4, Prefixes { v4: length, .. }) => format!("{v4}/{length}"),
            (Family::V6, Prefixes { v6: length, .. }) => format!("{v6}/{length}"),
            (Family::Carrier, _) => format!("AS{}", self.bits),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name(Prefixes::default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_have_names() {
        let name = |ip: &str, v4, v6| {
            let prefixes = Prefixes { v4, v6 };
            Network::of(ip.parse().unwrap(), prefixes).name(prefixes)
        };
        assert_eq!(name("203.0.113.7", 32, 64), "203.0.113.7");
        assert_eq!(name("203.0.113.7", 24, 64), "203.0.113.0/24");
        assert_eq!(name("2001:db8:1:2:3:4:5:6", 32, 64), "2001:db8:1:2::/64");
        assert_eq!(name("2001:db8:1:2:3:4:5:6", 32, 48), "2001:db8:1::/48");
        assert_eq!(name("203.0.113.7", 0, 0), "0.0.0.0/0");
    }
}
