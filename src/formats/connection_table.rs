//! Open connections by id, to join their lines. Bounded: the oldest is dropped first, which is
//! counted.

use std::collections::VecDeque;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

/// Open connections of one source. At about 150 bytes each, 10 MB.
const OPEN_MAX: usize = 65_536;
/// The longest id kept; real ones have 22 letters.
const ID_MAX: usize = 128;

#[derive(Debug)]
pub struct ConnectionTable<T> {
    open: HashMap<Box<[u8]>, (u64, T), RandomState>,
    /// Ids in order of insertion, each with its number; those of closed connections are skipped.
    order: VecDeque<(u64, Box<[u8]>)>,
    inserted: u64,
    /// Connections that were dropped while they were open.
    pub evicted: u64,
}

impl<T> Default for ConnectionTable<T> {
    fn default() -> Self {
        Self { open: HashMap::default(), order: VecDeque::new(), inserted: 0, evicted: 0 }
    }
}

impl<T> ConnectionTable<T> {
    /// Inserts a connection, and returns an older one of the same id.
    pub fn insert(&mut self, id: &[u8], connection: T) -> Option<T> {
        if id.len() > ID_MAX {
            self.evicted += 1;
            return None;
        }
        self.inserted += 1;
        self.order.push_back((self.inserted, id.into()));
        let before = self.open.insert(id.into(), (self.inserted, connection));
        if self.open.len() > OPEN_MAX || self.order.len() > 2 * OPEN_MAX {
            self.evict_oldest();
        }
        before.map(|(_, connection)| connection)
    }

    pub fn get_mut(&mut self, id: &[u8]) -> Option<&mut T> {
        self.open.get_mut(id).map(|(_, connection)| connection)
    }

    pub fn remove(&mut self, id: &[u8]) -> Option<T> {
        self.open.remove(id).map(|(_, connection)| connection)
    }

    fn evict_oldest(&mut self) {
        while self.open.len() > OPEN_MAX || self.order.len() > 2 * OPEN_MAX {
            let Some((number, id)) = self.order.pop_front() else { return };
            if self.open.get(&id).is_some_and(|(of, _)| *of == number) {
                self.open.remove(&id);
                self.evicted += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_open_one_is_dropped_and_counted() {
        let mut table = ConnectionTable::default();
        for n in 0..=OPEN_MAX {
            table.insert(n.to_string().as_bytes(), n);
        }
        assert_eq!(table.evicted, 1);
        assert_eq!(table.get_mut(b"0"), None);
        assert_eq!(table.remove(b"1"), Some(1));
    }

    #[test]
    fn closed_ones_do_not_count() {
        let mut table = ConnectionTable::default();
        for n in 0..5 * OPEN_MAX {
            table.insert(b"the same", n);
            table.remove(b"the same");
        }
        assert_eq!((table.evicted, table.open.len()), (0, 0));
        assert!(table.order.len() <= 2 * OPEN_MAX);
    }
}
