//! How accounts are assessed: the devices of each user, the users that are exempt, and the
//! addresses that do not count.

use std::net::IpAddr;
use std::path::Path;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::carriers::CarrierDatabase;
use crate::error::Error;
use crate::io::escape::Escaped;
use crate::io::read_file::read_file;
use crate::net;
use crate::sharing::{Network, Prefixes};

/// A phone, and a device that stays at home or at the office.
pub const DEVICES: usize = 2;
/// Size of a `--limits` file: a million users.
const LIMITS_FILE_MAX: u64 = 64 << 20;
/// With more, every account looks like one person's.
pub const DEVICES_MAX: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceLimit {
    Devices(usize),
    /// The user is not assessed.
    Exempt,
}

#[derive(Debug)]
pub struct Policy {
    /// Devices of a user without a limit of their own.
    pub devices: usize,
    pub prefixes: Prefixes,
    /// Addresses that do not count.
    pub ignored: Vec<CidrBlock>,
    /// Whether private addresses are those of clients.
    pub trust_private: bool,
    /// The number of users that makes a network a relay.
    pub relay: Option<usize>,
    pub carriers: Option<CarrierDatabase>,
    pub users: HashMap<Box<str>, DeviceLimit, FixedState>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            devices: DEVICES,
            prefixes: Prefixes::default(),
            ignored: Vec::new(),
            trust_private: false,
            relay: None,
            carriers: None,
            users: HashMap::default(),
        }
    }
}

impl Policy {
    /// The devices of a user; `None` for an exempt one.
    pub fn devices_of(&self, user: &str) -> Option<usize> {
        match self.users.get(user) {
            None => Some(self.devices),
            Some(DeviceLimit::Devices(devices)) => Some(*devices),
            Some(DeviceLimit::Exempt) => None,
        }
    }

    /// The network of an address; `None` for an ignored one.
    pub fn network(&self, ip: IpAddr) -> Option<Network> {
        if self.ignored.iter().any(|block| block.contains(ip)) {
            return None;
        }
        let carrier = self.carriers.as_ref().and_then(|carriers| carriers.carrier(ip));
        Some(carrier.map_or_else(|| Network::of(ip, self.prefixes), Network::carrier))
    }

    /// Reads the limits of users from a file with lines `NAME DEVICES` and `NAME exempt`.
    pub fn read(&mut self, path: &Path) -> Result<(), Error> {
        let name = path.display();
        let bytes = read_file(path, LIMITS_FILE_MAX).map_err(|error| Error::input(&name, error))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Error::refused(&name, "not UTF-8 text".to_owned()))?;
        for (n, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (user, limit) =
                entry(line).map_err(|why| Error::refused(format!("{name}:{n}"), why))?;
            self.users.insert(user.into(), limit);
        }
        Ok(())
    }
}

/// Parses `alice 3` or `max power exempt`.
fn entry(line: &str) -> Result<(&str, DeviceLimit), String> {
    let invalid =
        || format!("invalid limit '{}' (expected NAME DEVICES or NAME exempt)", Escaped(line));
    let (user, limit) = line.rsplit_once(char::is_whitespace).ok_or_else(invalid)?;
    let limit = match limit {
        "exempt" => DeviceLimit::Exempt,
        number => DeviceLimit::Devices(devices(number)?),
    };
    Ok((user.trim_end(), limit))
}

/// Parses a number of devices.
pub fn devices(text: &str) -> Result<usize, String> {
    let devices = text.parse().ok().filter(|devices| (1..=DEVICES_MAX).contains(devices));
    devices.ok_or_else(|| {
        format!("invalid number of devices '{}' (expected 1 to {DEVICES_MAX})", Escaped(text))
    })
}

/// A block of addresses in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CidrBlock {
    first: IpAddr,
    length: u8,
}

impl CidrBlock {
    /// Parses `203.0.113.0/24`, `2001:db8::/32` or `203.0.113.7`.
    pub fn read(text: &str) -> Result<Self, String> {
        let (address, length) = text.split_once('/').unzip();
        let invalid = || {
            format!("invalid network '{}' (expected 203.0.113.7 or 203.0.113.0/24)", Escaped(text))
        };
        let address: IpAddr = address.unwrap_or(text).parse().map_err(|_| invalid())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length = length.map_or(Ok(most), str::parse).map_err(|_| invalid())?;
        if length > most {
            return Err(invalid());
        }
        Ok(Self { first: net::network(address, length), length })
    }

    pub fn contains(self, ip: IpAddr) -> bool {
        self.first.is_ipv4() == ip.is_ipv4() && net::network(ip, self.length) == self.first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_contains_the_addresses_of_its_prefix() {
        let contains =
            |block: &str, ip: &str| CidrBlock::read(block).unwrap().contains(ip.parse().unwrap());
        assert!(
            contains("203.0.113.0/24", "203.0.113.255")
                && !contains("203.0.113.0/24", "203.0.114.0")
        );
        assert!(contains("2001:db8::/32", "2001:db8:9::1") && !contains("0.0.0.0/0", "::1"));
        assert!(contains("203.0.113.7", "203.0.113.7") && !contains("203.0.113.7", "203.0.113.6"));
        for wrong in ["", "203.0.113.0/33", "203.0.113/24", "::/129", "a/8"] {
            assert!(CidrBlock::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn entries_name_a_user_and_a_limit() {
        assert_eq!(entry("max power  3"), Ok(("max power", DeviceLimit::Devices(3))));
        assert_eq!(entry("bob exempt"), Ok(("bob", DeviceLimit::Exempt)));
        for wrong in ["bob", "bob 0", "bob 65", "bob -1"] {
            assert!(entry(wrong).is_err(), "{wrong}");
        }
    }
}
