//! Connections whose lines are joined: a table by id, bounded; the oldest is forgotten first, and
//! that is counted.

use std::collections::{HashMap, VecDeque};

/// How many open connections of one source are remembered. At about 150 bytes each, 10 MB.
const OPEN_MAX: usize = 65_536;
/// The longest id that is remembered; real ones have 22 letters.
const ID_MAX: usize = 128;

/// What is known of open connections, by id.
#[derive(Debug)]
pub struct ConnectionTable<T> {
    open: HashMap<Box<[u8]>, (u64, T)>,
    /// Ids in the order they came, each with its turn; those of ended connections are passed over.
    order: VecDeque<(u64, Box<[u8]>)>,
    turn: u64,
    /// How many were forgotten while they were open.
    pub forgotten: u64,
}

impl<T> Default for ConnectionTable<T> {
    fn default() -> Self {
        Self { open: HashMap::new(), order: VecDeque::new(), turn: 0, forgotten: 0 }
    }
}

impl<T> ConnectionTable<T> {
    /// Remembers what is known of a connection; an older one of the same id is given back.
    pub fn open(&mut self, id: &[u8], known: T) -> Option<T> {
        if id.len() > ID_MAX {
            self.forgotten += 1;
            return None;
        }
        self.turn += 1;
        self.order.push_back((self.turn, id.into()));
        let before = self.open.insert(id.into(), (self.turn, known));
        if self.open.len() > OPEN_MAX || self.order.len() > 2 * OPEN_MAX {
            self.forget_oldest();
        }
        before.map(|(_, known)| known)
    }

    /// What is known of an open connection.
    pub fn of(&mut self, id: &[u8]) -> Option<&mut T> {
        self.open.get_mut(id).map(|(_, known)| known)
    }

    /// The connection has ended.
    pub fn close(&mut self, id: &[u8]) -> Option<T> {
        self.open.remove(id).map(|(_, known)| known)
    }

    fn forget_oldest(&mut self) {
        while self.open.len() > OPEN_MAX || self.order.len() > 2 * OPEN_MAX {
            let Some((turn, id)) = self.order.pop_front() else { return };
            if self.open.get(&id).is_some_and(|(of, _)| *of == turn) {
                self.open.remove(&id);
                self.forgotten += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_open_one_is_forgotten_and_counted() {
        let mut joins = ConnectionTable::default();
        for n in 0..=OPEN_MAX {
            joins.open(n.to_string().as_bytes(), n);
        }
        assert_eq!(joins.forgotten, 1);
        assert_eq!(joins.of(b"0"), None);
        assert_eq!(joins.close(b"1"), Some(1));
    }

    #[test]
    fn ended_ones_are_not_missed() {
        let mut joins = ConnectionTable::default();
        for n in 0..5 * OPEN_MAX {
            joins.open(b"the same", n);
            joins.close(b"the same");
        }
        assert_eq!((joins.forgotten, joins.open.len()), (0, 0));
        assert!(joins.order.len() <= 2 * OPEN_MAX);
    }
}
