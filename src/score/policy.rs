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
use crate::sharing::{DEVICES, Network, Prefixes, Thresholds};
use crate::stream::Verdict;
use crate::timestamp::Timestamp;

/// Size of a `--limits` file: a million users.
const LIMITS_FILE_MAX: u64 = 64 << 20;
/// With more, every account looks like one person's.
pub const DEVICES_MAX: usize = 64;

/// The share of accounts that are shared, by default.
pub const PRIOR: f64 = 0.05;

/// What an administrator knows of one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceLimit {
    Devices(usize),
    /// The user is not assessed.
    Exempt,
    /// Several people under one roof: the verdict is watch at most.
    Household,
    /// Settled until this time: the verdict is watch at most.
    Acknowledged(Timestamp),
}

#[derive(Debug)]
pub struct Policy {
    /// Devices of a user without a limit of their own.
    pub devices: usize,
    /// The share of accounts that are shared.
    pub prior: f64,
    pub thresholds: Thresholds,
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
            prior: PRIOR,
            thresholds: Thresholds::default(),
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
            None | Some(DeviceLimit::Household | DeviceLimit::Acknowledged(_)) => {
                Some(self.devices)
            }
            Some(DeviceLimit::Devices(devices)) => Some(*devices),
            Some(DeviceLimit::Exempt) => None,
        }
    }

    /// The verdict on a user at a time, with what an administrator has settled.
    pub fn settled(&self, user: &str, verdict: Verdict, at: i64) -> Verdict {
        match self.users.get(user) {
            Some(DeviceLimit::Household) => verdict.min(Verdict::Watch),
            Some(DeviceLimit::Acknowledged(until)) if at < until.0 => verdict.min(Verdict::Watch),
            None
            | Some(DeviceLimit::Devices(_) | DeviceLimit::Exempt | DeviceLimit::Acknowledged(_)) => {
                verdict
            }
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

    /// Reads the limits of users from a file with lines `NAME DEVICES`, `NAME exempt`,
    /// `NAME household` and `NAME acknowledged until 2026-12-31`.
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

/// Parses `alice 3`, `max power exempt` or `bob acknowledged until 2026-12-31`.
fn entry(line: &str) -> Result<(&str, DeviceLimit), String> {
    let invalid = || {
        format!(
            "invalid limit '{}' (expected NAME DEVICES, NAME exempt, NAME household or NAME \
             acknowledged until 2026-12-31)",
            Escaped(line)
        )
    };
    let (user, limit) = line.rsplit_once(char::is_whitespace).ok_or_else(invalid)?;
    if let Some((user, "until")) = user.trim_end().rsplit_once(char::is_whitespace)
        && let Some((user, "acknowledged")) = user.trim_end().rsplit_once(char::is_whitespace)
    {
        let until = format!("{limit}T00:00:00");
        let (until, _) = Timestamp::read_local(until.as_bytes()).ok_or_else(invalid)?;
        return Ok((user.trim_end(), DeviceLimit::Acknowledged(until)));
    }
    let limit = match limit {
        "exempt" => DeviceLimit::Exempt,
        "household" => DeviceLimit::Household,
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
        assert_eq!(entry("bob household"), Ok(("bob", DeviceLimit::Household)));
        let until = DeviceLimit::Acknowledged(Timestamp(1_798_675_200_000));
        assert_eq!(entry("max power acknowledged until 2026-12-31"), Ok(("max power", until)));
        for wrong in ["bob", "bob 0", "bob 65", "bob -1", "bob acknowledged until 31.12."] {
            assert!(entry(wrong).is_err(), "{wrong}");
        }
    }
}
