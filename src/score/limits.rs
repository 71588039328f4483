//! What is nobody's business: how many devices a user may have, who is not looked at, and which
//! addresses say nothing.

use std::net::IpAddr;
use std::path::Path;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::carriers::Carriers;
use crate::error::Error;
use crate::sharing::{Network, Prefixes};

/// A phone and something that does not move: at home, or at the office.
pub const DEVICES: usize = 2;
/// With more, every account looks like one person's.
pub const DEVICES_MAX: usize = 64;

/// A user's limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// So many devices.
    Devices(usize),
    /// None: nothing is said of this user.
    Exempt,
}

/// How accounts are looked at.
#[derive(Debug)]
pub struct Limits {
    /// Of users without a limit of their own.
    pub devices: usize,
    /// How much of an address is a network.
    pub prefixes: Prefixes,
    /// Addresses that say nothing of anybody.
    pub ignored: Vec<Block>,
    /// So many users make a network a relay.
    pub relay: Option<usize>,
    /// Which addresses are mobile carriers'.
    pub carriers: Option<Carriers>,
    /// Limits of users.
    pub of: HashMap<Box<str>, Limit, FixedState>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            devices: DEVICES,
            prefixes: Prefixes::default(),
            ignored: Vec::new(),
            relay: None,
            carriers: None,
            of: HashMap::default(),
        }
    }
}

impl Limits {
    /// How many devices a user may have; `None`: it is exempt.
    pub fn devices_of(&self, user: &str) -> Option<usize> {
        match self.of.get(user) {
            None => Some(self.devices),
            Some(Limit::Devices(devices)) => Some(*devices),
            Some(Limit::Exempt) => None,
        }
    }

    /// The network of an address; `None` where it is ignored.
    pub fn network(&self, ip: IpAddr) -> Option<Network> {
        if self.ignored.iter().any(|block| block.holds(ip)) {
            return None;
        }
        let carrier = self.carriers.as_ref().and_then(|carriers| carriers.carrier(ip));
        Some(carrier.map_or_else(|| Network::of(ip, self.prefixes), Network::carrier))
    }

    /// Reads limits of users: a line each, the name and then a number or `exempt`.
    pub fn read(&mut self, path: &Path) -> Result<(), Error> {
        let name = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| Error::input(&name, error))?;
        for (n, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (user, limit) =
                entry(line).map_err(|why| Error::refused(format!("{name}:{n}"), why))?;
            self.of.insert(user.into(), limit);
        }
        Ok(())
    }
}

/// `alice 3`, `max power exempt`.
fn entry(line: &str) -> Result<(&str, Limit), String> {
    let usage = "a line is a user's name, a space, and a number of devices or 'exempt'";
    let (user, limit) = line.rsplit_once(char::is_whitespace).ok_or(usage)?;
    let limit = match limit {
        "exempt" => Limit::Exempt,
        number => Limit::Devices(devices(number).map_err(|why| format!("{why}; {usage}"))?),
    };
    Ok((user.trim_end(), limit))
}

/// A number of devices.
pub fn devices(text: &str) -> Result<usize, String> {
    let devices = text.parse().ok().filter(|devices| (1..=DEVICES_MAX).contains(devices));
    devices.ok_or_else(|| format!("'{text}': from 1 to {DEVICES_MAX} devices"))
}

/// A block of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    first: IpAddr,
    length: u8,
}

impl Block {
    /// `203.0.113.0/24`, `2001:db8::/32`, `203.0.113.7`.
    pub fn read(text: &str) -> Result<Self, String> {
        let (address, length) = text.split_once('/').unzip();
        let wrong = || format!("'{text}': an address, or a block like 203.0.113.0/24");
        let address: IpAddr = address.unwrap_or(text).parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length = length.map_or(Ok(most), str::parse).map_err(|_| wrong())?;
        if length > most {
            return Err(wrong());
        }
        Ok(Self { first: address, length })
    }

    /// Whether an address is in it.
    pub fn holds(self, ip: IpAddr) -> bool {
        let high = |ip| match ip {
            IpAddr::V4(ip) => u128::from(u32::from(ip)) << 96,
            IpAddr::V6(ip) => u128::from(ip),
        };
        let differ = high(self.first) ^ high(ip);
        self.first.is_ipv4() == ip.is_ipv4() && differ.leading_zeros() >= u32::from(self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_what_they_say() {
        let holds = |block: &str, ip: &str| Block::read(block).unwrap().holds(ip.parse().unwrap());
        assert!(
            holds("203.0.113.0/24", "203.0.113.255") && !holds("203.0.113.0/24", "203.0.114.0")
        );
        assert!(holds("2001:db8::/32", "2001:db8:9::1") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("203.0.113.7", "203.0.113.7") && !holds("203.0.113.7", "203.0.113.6"));
        for wrong in ["", "203.0.113.0/33", "203.0.113/24", "::/129", "a/8"] {
            assert!(Block::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn entries_name_a_user_and_a_limit() {
        assert_eq!(entry("max power  3"), Ok(("max power", Limit::Devices(3))));
        assert_eq!(entry("bob exempt"), Ok(("bob", Limit::Exempt)));
        for wrong in ["bob", "bob 0", "bob 65", "bob -1"] {
            assert!(entry(wrong).is_err(), "{wrong}");
        }
    }
}
