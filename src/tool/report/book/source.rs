//! Where connections come from, as sources are told apart: an IPv4 address or an IPv6 /64, and
//! wider networks for a user that has too many of them.

use std::fmt;
use std::net::IpAddr;

use crate::net::network;

/// How finely a user's sources are told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Grain {
    /// IPv4 addresses and IPv6 /64s.
    #[default]
    Address,
    /// IPv4 /24s and IPv6 /48s: what a carrier rotates under one phone is often one of these.
    Network,
}

/// A source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Source {
    /// An address, or a network of this prefix length.
    Net(IpAddr, u8),
    /// All that had no room of their own.
    Others,
}

impl Source {
    /// The source of an address.
    pub(crate) fn of(ip: IpAddr, grain: Grain) -> Self {
        let length = match (ip, grain) {
            (IpAddr::V4(_), Grain::Address) => 32,
            (IpAddr::V4(_), Grain::Network) => 24,
            (IpAddr::V6(_), Grain::Address) => 64,
            (IpAddr::V6(_), Grain::Network) => 48,
        };
        Self::Net(network(ip, length), length)
    }

    /// The wider network that holds it.
    pub(crate) fn widened(self, grain: Grain) -> Self {
        match self {
            Self::Net(ip, _) => Self::of(ip, grain),
            Self::Others => Self::Others,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Net(ip, 32) => write!(f, "{ip}"),
            Self::Net(ip, length) => write!(f, "{ip}/{length}"),
            Self::Others => f.write_str("…"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_as_people_write_them() {
        let of = |text: &str, grain| Source::of(text.parse().unwrap(), grain).to_string();
        assert_eq!(of("203.0.113.7", Grain::Address), "203.0.113.7");
        assert_eq!(of("203.0.113.7", Grain::Network), "203.0.113.0/24");
        assert_eq!(of("2001:db8:1:2:3::4", Grain::Address), "2001:db8:1:2::/64");
        assert_eq!(of("2001:db8:1:2:3::4", Grain::Network), "2001:db8:1::/48");
    }
}
