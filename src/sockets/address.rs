//! Addresses as 128-bit numbers: IPv4 is mapped into IPv6, so that a client has one address in both
//! families and a comparison is one instruction or two.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address, canonical: IPv4-mapped IPv6 is IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(u128);

/// `::ffff:0.0.0.0`
const MAPPED: u128 = 0xffff_0000_0000;
/// The bits of an IPv6 address before an IPv4 address in it.
const BEFORE_V4: u32 = 96;

impl Address {
    pub fn v4(bytes: [u8; 4]) -> Self {
        Self(MAPPED | u128::from(u32::from_be_bytes(bytes)))
    }

    pub fn v6(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    pub fn is_v4(self) -> bool {
        self.0 >> 32 == MAPPED >> 32
    }

    /// The 32-bit number of an IPv4 address.
    pub fn as_v4(self) -> Option<u32> {
        self.is_v4().then(|| u32::try_from(self.0 & u128::from(u32::MAX)).unwrap_or(0))
    }

    pub fn ip(self) -> IpAddr {
        match self.as_v4() {
            Some(number) => IpAddr::V4(Ipv4Addr::from(number)),
            None => IpAddr::V6(Ipv6Addr::from(self.0)),
        }
    }

    pub fn is_loopback(self) -> bool {
        self.ip().is_loopback()
    }
}

impl From<IpAddr> for Address {
    fn from(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => Self::v4(ip.octets()),
            IpAddr::V6(ip) => Self::v6(ip.octets()),
        }
    }
}

/// Prefix lengths that networks are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// Of IPv4; 32 is the whole address.
    pub v4: u8,
    /// Of IPv6; 128 is the whole address.
    pub v6: u8,
}

impl Prefix {
    /// Whole addresses.
    pub const WHOLE: Self = Self { v4: 32, v6: 128 };

    /// The network of an address: its first address.
    pub fn of(self, address: Address) -> Address {
        let bits =
            if address.is_v4() { BEFORE_V4 + u32::from(self.v4) } else { u32::from(self.v6) };
        Address(address.0 & crate::net::prefix_mask(bits))
    }

    /// How many bits of this address count, where not all do.
    pub fn length(self, address: Address) -> Option<u8> {
        let (bits, all) = if address.is_v4() { (self.v4, 32) } else { (self.v6, 128) };
        (bits < all).then_some(bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn one_client_has_one_address() {
        assert_eq!(address("::ffff:203.0.113.7"), address("203.0.113.7"));
        for text in ["203.0.113.7", "2001:db8::1", "::1", "::", "::fffe:203.0.113.7"] {
            assert_eq!(address(text).ip(), text.parse::<IpAddr>().unwrap());
        }
        assert!(address("::ffff:127.0.0.9").is_loopback() && address("::1").is_loopback());
    }

    #[test]
    fn networks_of_addresses() {
        let of = |ip: &str, v4, v6| Prefix { v4, v6 }.of(address(ip)).ip().to_string();
        assert_eq!(of("203.0.113.77", 24, 64), "203.0.113.0");
        assert_eq!(of("203.0.113.77", 0, 64), "0.0.0.0");
        assert_eq!(of("203.0.113.77", 32, 0), "203.0.113.77");
        assert_eq!(of("2001:db8:1:2:3:4:5:6", 24, 64), "2001:db8:1:2::");
        assert_eq!(of("2001:db8:1:2:3:4:5:6", 24, 0), "::");
        assert_eq!(Prefix::WHOLE.length(address("::1")), None);
        assert_eq!(Prefix::WHOLE.of(address("2001:db8::1")), address("2001:db8::1"));
    }
}
