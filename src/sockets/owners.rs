//! Whose a connection is: what the events of a proxy say of (address, port), for the sockets of
//! the same ends.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::Address;
use crate::stream::Kind;
use crate::stream::event::Record;

/// How many connections are remembered; beyond it the older half is forgotten.
pub const CONNECTIONS_MAX: usize = 500_000;
/// How many users are told apart.
pub const USERS_MAX: usize = 100_000;

/// The open connections that events told of.
#[derive(Debug, Default)]
pub struct Owners {
    names: Vec<String>,
    numbers: HashMap<String, u32>,
    open: HashMap<(Address, u16), Open>,
    told: u64,
    /// Connections that were forgotten, or whose user was one too many.
    pub forgotten: u64,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    user: u32,
    /// The number of the event that told.
    told: u64,
    source: u64,
}

impl Owners {
    /// Takes a row of mtp-parse in. What is none is passed over.
    pub fn read(&mut self, line: &[u8]) {
        let Some(record) = Record::read(line) else { return };
        let source = of_source(record.source.as_deref());
        let ends = record.address().map(Address::from).zip(record.port);
        match (Kind::read(&record.kind), ends) {
            (Some(Kind::Connect), Some(ends)) => {
                if let Some(user) = record.user.as_deref().and_then(|user| self.number(user)) {
                    self.make_room();
                    self.told += 1;
                    self.open.insert(ends, Open { user, told: self.told, source });
                }
            }
            (Some(Kind::Disconnect), Some(ends)) => drop(self.open.remove(&ends)),
            (Some(Kind::Start), _) => self.open.retain(|_, open| open.source != source),
            _ => {}
        }
    }

    /// The number of the user who holds the connection from there.
    pub fn of(&self, peer: Address, port: u16) -> Option<u32> {
        if self.open.is_empty() {
            return None; // without the cost of a look-up
        }
        self.open.get(&(peer, port)).map(|open| open.user)
    }

    /// Whether no event told of any user.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// A user's name.
    pub fn name(&self, number: u32) -> Option<&str> {
        self.names.get(usize::try_from(number).ok()?).map(String::as_str)
    }

    fn number(&mut self, name: &str) -> Option<u32> {
        if let Some(number) = self.numbers.get(name) {
            return Some(*number);
        }
        if self.names.len() >= USERS_MAX {
            self.forgotten += 1;
            return None;
        }
        let number = u32::try_from(self.names.len()).ok()?;
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        Some(number)
    }

    fn make_room(&mut self) {
        if self.open.len() >= CONNECTIONS_MAX {
            let before = self.open.len();
            let mut ages: Vec<_> = self.open.values().map(|open| open.told).collect();
            let (_, middle, _) = ages.select_nth_unstable(before / 2);
            let middle = *middle;
            self.open.retain(|_, open| open.told > middle);
            self.forgotten += u64::try_from(before - self.open.len()).unwrap_or(0);
        }
    }
}

fn of_source(source: Option<&str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    source.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(rows: &[&str]) -> Owners {
        let mut owners = Owners::default();
        for row in rows {
            owners.read(row.as_bytes());
        }
        owners
    }

    const ALICE: &str = r#"{"type":"connect","user":"alice","ip":"203.0.113.7","port":50}"#;

    fn holder(owners: &Owners) -> Option<&str> {
        owners.of(Address::v4([203, 0, 113, 7]), 50).and_then(|number| owners.name(number))
    }

    #[test]
    fn from_its_connect_to_its_disconnect() {
        let bye = r#"{"type":"disconnect","user":"alice","ip":"203.0.113.7","port":50}"#;
        let bob = r#"{"type":"connect","user":"bob","ip":"::ffff:203.0.113.7","port":50}"#;
        let start = r#"{"type":"start","proxy":"access"}"#;
        let elsewhere = r#"{"type":"start","proxy":"access","source":"b"}"#;
        assert_eq!(holder(&told(&[ALICE])), Some("alice"));
        assert_eq!(holder(&told(&[ALICE, "no json", bob])), Some("bob"));
        assert_eq!(holder(&told(&[ALICE, bye])), None);
        assert_eq!(holder(&told(&[ALICE, start])), None);
        assert_eq!(holder(&told(&[ALICE, elsewhere])), Some("alice"));
    }
}
