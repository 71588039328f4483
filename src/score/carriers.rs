//! Mobile carriers, from a database of networks in `MaxMind`'s format.
//!
//! A database that says how a network is reached (`connection_type`, `user_type`, a mobile network
//! code) is believed. One that says only whose it is (`autonomous_system_organization`) is read for
//! words that mobile carriers have in their names; a carrier that hides under another name is told
//! by how its addresses are used, as without a database.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;

use serde::Deserialize;

use crate::error::Error;

/// A database.
pub struct Carriers(maxminddb::Reader<Vec<u8>>);

impl fmt::Debug for Carriers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.metadata().database_type)
    }
}

/// What is read of a network.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry<'d> {
    #[serde(alias = "asn", borrow)]
    autonomous_system_number: Option<Number<'d>>,
    #[serde(alias = "as_name", borrow)]
    autonomous_system_organization: Option<&'d str>,
    #[serde(borrow)]
    connection_type: Option<&'d str>,
    #[serde(borrow)]
    user_type: Option<&'d str>,
    #[serde(borrow)]
    mobile_network_code: Option<&'d str>,
}

/// A number, in as few bytes as it needs, or written out: `AS64500`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Number<'d> {
    Plain(u32),
    Name(&'d str),
}

impl Number<'_> {
    fn number(&self) -> Option<u32> {
        match self {
            Self::Plain(number) => Some(*number),
            Self::Name(name) => name.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().ok(),
        }
    }
}

/// Words in the names of mobile carriers, in the languages of the networks' registries.
const WORDS: &[&str] =
    &["mobil", "cellular", "celular", "wireless", "gsm", "movil", "móvil", "telefonia movel"];

impl Entry<'_> {
    fn is_mobile(&self) -> bool {
        let is =
            |said: Option<&str>| said.is_some_and(|said| said.eq_ignore_ascii_case("cellular"));
        let named = self.autonomous_system_organization.map(str::to_lowercase);
        is(self.connection_type)
            || is(self.user_type)
            || self.mobile_network_code.is_some()
            || named.is_some_and(|name| WORDS.iter().any(|word| name.contains(word)))
    }
}

impl Carriers {
    /// Opens a database.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let name = path.display();
        let bytes = std::fs::read(path).map_err(|error| Error::input(&name, error))?;
        let reader = maxminddb::Reader::from_source(bytes);
        reader.map(Self).map_err(|error| Error::refused(&name, format!("no MMDB: {error}")))
    }

    /// The number of the mobile carrier of an address.
    pub fn carrier(&self, ip: IpAddr) -> Option<u32> {
        let found = self.0.lookup(ip).ok()?;
        let entry: Entry<'_> = found.decode().ok().flatten()?;
        let number = || entry.autonomous_system_number.as_ref().and_then(Number::number);
        entry.is_mobile().then(|| number().unwrap_or(0))
    }
}
