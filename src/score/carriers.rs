//! Mobile carriers, from a database of networks in `MaxMind`'s format.
//!
//! A database with the type of a network (`connection_type`, `user_type`, a mobile network code) is
//! taken as it is. In one with only the owner (`autonomous_system_organization`), words are
//! searched that mobile carriers have in their names. Other carriers are detected by how their
//! addresses are used, as without a database.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;

use serde::Deserialize;

use crate::error::Error;
use crate::io::read_file::read_file;

/// Size of a database: the largest have about 1 GiB.
const DATABASE_MAX: u64 = 4 << 30;

/// An open database.
pub struct CarrierDatabase(maxminddb::Reader<Vec<u8>>);

impl fmt::Debug for CarrierDatabase {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.metadata().database_type)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CarrierRecord<'d> {
    #[serde(alias = "asn", borrow)]
    autonomous_system_number: Option<AsNumber<'d>>,
    #[serde(alias = "as_name", borrow)]
    autonomous_system_organization: Option<&'d str>,
    #[serde(borrow)]
    connection_type: Option<&'d str>,
    #[serde(borrow)]
    user_type: Option<&'d str>,
    #[serde(borrow)]
    mobile_network_code: Option<&'d str>,
}

/// A number, or a name such as `AS64500`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum AsNumber<'d> {
    Plain(u32),
    Name(&'d str),
}

impl AsNumber<'_> {
    fn number(&self) -> Option<u32> {
        match self {
            Self::Plain(number) => Some(*number),
            Self::Name(name) => name.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().ok(),
        }
    }
}

/// Words in the names of mobile carriers.
const WORDS: &[&str] =
    &["mobil", "cellular", "celular", "wireless", "gsm", "movil", "móvil", "telefonia movel"];

impl CarrierRecord<'_> {
    fn is_mobile(&self) -> bool {
        let is =
            |value: Option<&str>| value.is_some_and(|value| value.eq_ignore_ascii_case("cellular"));
        let named = self.autonomous_system_organization.map(str::to_lowercase);
        is(self.connection_type)
            || is(self.user_type)
            || self.mobile_network_code.is_some()
            || named.is_some_and(|name| WORDS.iter().any(|word| name.contains(word)))
    }
}

impl CarrierDatabase {
    /// Reads a database file.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let name = path.display();
        let bytes = read_file(path, DATABASE_MAX).map_err(|error| Error::input(&name, error))?;
        let reader = maxminddb::Reader::from_source(bytes);
        reader
            .map(Self)
            .map_err(|error| Error::refused(&name, format!("not an MMDB file: {error}")))
    }

    /// The autonomous system of an address, if it is a mobile carrier's; 0 if the number is not
    /// known.
    pub fn carrier(&self, ip: IpAddr) -> Option<u32> {
        let found = self.0.lookup(ip).ok()?;
        let entry: CarrierRecord<'_> = found.decode().ok().flatten()?;
        let number = || entry.autonomous_system_number.as_ref().and_then(AsNumber::number);
        entry.is_mobile().then(|| number().unwrap_or(0))
    }
}
