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
    autonomous_system_number: Option<u32>,
    #[serde(borrow)]
    autonomous_system_organization: Option<&'d str>,
    #[serde(borrow)]
    connection_type: Option<&'d str>,
    #[serde(borrow)]
    user_type: Option<&'d str>,
    #[serde(borrow)]
    mobile_network_code: Option<&'d str>,
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
        entry.is_mobile().then(|| entry.autonomous_system_number.unwrap_or(0))
    }
}
