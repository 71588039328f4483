//! The users that were seen, by name and by number.

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use serde::{Deserialize, Serialize};
use std::hash::BuildHasher;

use super::rule::Risk;
use super::window::Window;
use crate::sharing::AccountActivity;

/// How many users are told apart. Names come from the log, and a log can be damaged.
pub const USERS_MAX: usize = 2_000_000;

/// What is kept of a user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// As logged.
    pub name: Box<str>,
    /// The connections the rule counts.
    pub window: Window,
    /// What tells how many people there are.
    pub people: AccountActivity,
    /// When the first connection began, in milliseconds.
    pub first: i64,
    /// When the last one began.
    pub last: i64,
    /// The risk that was told last.
    pub risk: Risk,
    /// Whether something came since the last summary.
    pub is_changed: bool,
}

/// What found no room, over all users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Crowded {
    /// Connections that the rule did not count in full.
    pub connections: u64,
    /// Networks that had to go, to make room for others of their user.
    pub networks: u64,
}

/// All users.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Users {
    all: Vec<User>,
    #[serde(skip)]
    places: HashTable<u32>,
    /// Events of users that were too many.
    pub unremembered: u64,
}

impl Users {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The number of the user of this name, a new one if need be; `None` if they are too many.
    pub fn number(&mut self, name: &str) -> Option<u32> {
        if self.places.is_empty() && !self.all.is_empty() {
            self.index();
        }
        let all = &self.all;
        let same = |number: &u32| all.get(*number as usize).is_some_and(|user| *user.name == *name);
        if let Some(number) = self.places.find(hash(name), same) {
            return Some(*number);
        }
        if self.all.len() >= USERS_MAX {
            self.unremembered += 1;
            return None;
        }
        let number = u32::try_from(self.all.len()).ok()?;
        self.all.push(User {
            name: name.into(),
            window: Window::default(),
            people: AccountActivity::default(),
            first: i64::MAX,
            last: i64::MIN,
            risk: Risk::Low,
            is_changed: false,
        });
        let all = &self.all;
        self.places.insert_unique(hash(name), number, |number| hash_of(all, *number));
        Some(number)
    }

    /// What found no room.
    pub fn crowded(&self) -> Crowded {
        self.all.iter().fold(Crowded::default(), |sum, user| Crowded {
            connections: sum.connections + user.window.truncated(),
            networks: sum.networks + u64::from(user.people.crowded_out),
        })
    }

    /// Builds the table, after a state was loaded.
    fn index(&mut self) {
        let all = &self.all;
        for (number, user) in all.iter().enumerate() {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            self.places.insert_unique(hash(&user.name), number, |number| hash_of(all, *number));
        }
    }

    /// A user by number.
    pub fn get_mut(&mut self, number: u32) -> Option<&mut User> {
        self.all.get_mut(number as usize)
    }

    /// All of them, in the order they came.
    pub fn all_mut(&mut self) -> &mut [User] {
        &mut self.all
    }
}

fn hash_of(all: &[User], number: u32) -> u64 {
    all.get(number as usize).map_or(0, |user| hash(&user.name))
}

fn hash(name: &str) -> u64 {
    FixedState::default().hash_one(name)
}
