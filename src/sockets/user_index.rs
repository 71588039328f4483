//! Assigns users to connections: `connect` events of a proxy have the same address and port as the
//! client's socket. telemt's API lists the addresses of each user, without ports.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::{ActiveUser, Address};
use crate::stream::{Event, Kind};

/// Connections that are kept; beyond it the older half is evicted.
const CONNECTIONS_MAX: usize = 500_000;
/// User names that are kept.
const USERS_MAX: usize = 100_000;

/// The users of open connections, by the client's address and port.
#[derive(Debug, Default)]
pub struct UserIndex {
    names: Vec<String>,
    indexes: HashMap<String, u32>,
    connections: HashMap<(Address, u16), KnownConnection>,
    /// The users of each address, as telemt's API lists them.
    active: BTreeMap<Address, Vec<u32>>,
    sequence: u64,
    /// Connections or addresses evicted, or of a user over [`USERS_MAX`].
    pub evicted: u64,
}

#[derive(Clone, Copy, Debug)]
struct KnownConnection {
    user: u32,
    /// The order of its `connect` event.
    sequence: u64,
    source: u64,
}

impl UserIndex {
    /// Ingests a row of mtp-parse; ignores other lines.
    pub fn ingest(&mut self, line: &[u8]) {
        let Some(event) = Event::read(line) else { return };
        let source = hash(event.source.as_deref());
        let ends = event.ip.map(Address::from).zip(event.port);
        match (event.kind, ends) {
            (Kind::Connect, Some(ends)) => {
                if let Some(user) = event.user.as_deref().and_then(|user| self.index(user)) {
                    self.evict();
                    self.sequence += 1;
                    let sequence = self.sequence;
                    self.connections.insert(ends, KnownConnection { user, sequence, source });
                }
            }
            (Kind::Disconnect, Some(ends)) => drop(self.connections.remove(&ends)),
            (Kind::Start, _) => self.connections.retain(|_, one| one.source != source),
            _ => {}
        }
    }

    /// The index of the user of the connection from this address and port.
    pub fn get(&self, peer: Address, port: u16) -> Option<u32> {
        if self.connections.is_empty() {
            return None; // avoids the hash
        }
        self.connections.get(&(peer, port)).map(|one| one.user)
    }

    /// Replaces the users of addresses by those that telemt's API lists now.
    pub fn set_active(&mut self, users: &[ActiveUser]) {
        self.active.clear();
        for user in users {
            let Some(index) = self.index(&user.username) else { continue };
            for ip in &user.active_ips {
                let address = Address::from(*ip);
                if self.active.len() >= CONNECTIONS_MAX && !self.active.contains_key(&address) {
                    self.evicted += 1;
                    continue;
                }
                let users = self.active.entry(address).or_default();
                if !users.contains(&index) {
                    users.push(index);
                }
            }
        }
    }

    /// The users that telemt's API lists for an address.
    pub fn active_at(&self, peer: Address) -> &[u32] {
        self.active.get(&peer).map_or(&[], Vec::as_slice)
    }

    /// The addresses that telemt's API lists, each with its users.
    pub fn active(&self) -> impl Iterator<Item = (Address, &[u32])> {
        self.active.iter().map(|(address, users)| (*address, users.as_slice()))
    }

    /// Whether no user was named.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The name of the user of this index.
    pub fn name(&self, index: u32) -> Option<&str> {
        self.names.get(usize::try_from(index).ok()?).map(String::as_str)
    }

    fn index(&mut self, name: &str) -> Option<u32> {
        if let Some(index) = self.indexes.get(name) {
            return Some(*index);
        }
        if self.names.len() >= USERS_MAX {
            self.evicted += 1;
            return None;
        }
        let index = u32::try_from(self.names.len()).ok()?;
        self.names.push(name.to_owned());
        self.indexes.insert(name.to_owned(), index);
        Some(index)
    }

    fn evict(&mut self) {
        if self.connections.len() >= CONNECTIONS_MAX {
            let before = self.connections.len();
            let mut ages: Vec<_> = self.connections.values().map(|one| one.sequence).collect();
            let (_, middle, _) = ages.select_nth_unstable(before / 2);
            let middle = *middle;
            self.connections.retain(|_, one| one.sequence > middle);
            self.evicted += u64::try_from(before - self.connections.len()).unwrap_or(0);
        }
    }
}

fn hash(source: Option<&str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    source.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index_of(rows: &[&str]) -> UserIndex {
        let mut users = UserIndex::default();
        for row in rows {
            users.ingest(row.as_bytes());
        }
        users
    }

    const ALICE: &str = r#"{"type":"connect","user":"alice","ip":"203.0.113.7","port":50}"#;

    fn user(users: &UserIndex) -> Option<&str> {
        users.get(Address::v4([203, 0, 113, 7]), 50).and_then(|index| users.name(index))
    }

    #[test]
    fn users_of_an_address() {
        let active = |name: &str, ips: &[&str]| ActiveUser {
            username: name.to_owned(),
            active_ips: ips.iter().map(|ip| ip.parse().unwrap()).collect(),
        };
        let mut users = UserIndex::default();
        users.set_active(&[
            active("alice", &["203.0.113.7", "203.0.113.7", "::ffff:203.0.113.8"]),
            active("bob", &["203.0.113.8"]),
        ]);
        let names = |users: &UserIndex, last: u8| {
            let at = users.active_at(Address::v4([203, 0, 113, last])).iter();
            at.map(|user| users.name(*user).unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(&users, 7), ["alice"]);
        assert_eq!(names(&users, 8), ["alice", "bob"]);
        assert_eq!(names(&users, 9), [""; 0]);
        users.set_active(&[active("bob", &["203.0.113.9"])]);
        assert_eq!((names(&users, 8).len(), names(&users, 9)), (0, vec!["bob".to_owned()]));
    }

    #[test]
    fn a_connection_has_a_user_until_it_ends() {
        let end = r#"{"type":"disconnect","user":"alice","ip":"203.0.113.7","port":50}"#;
        let bob = r#"{"type":"connect","user":"bob","ip":"::ffff:203.0.113.7","port":50}"#;
        let start = r#"{"type":"start","proxy":"access"}"#;
        let elsewhere = r#"{"type":"start","proxy":"access","source":"b"}"#;
        assert_eq!(user(&index_of(&[ALICE])), Some("alice"));
        assert_eq!(user(&index_of(&[ALICE, "no json", bob])), Some("bob"));
        assert_eq!(user(&index_of(&[ALICE, end])), None);
        assert_eq!(user(&index_of(&[ALICE, start])), None);
        assert_eq!(user(&index_of(&[ALICE, elsewhere])), Some("alice"));
    }
}
