//! The users of a stream, by name and by number.

use std::hash::BuildHasher;
use std::net::Ipv4Addr;

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use serde::{Deserialize, Serialize};

use super::hidden::HiddenConnections;
use super::window::Window;
use crate::sharing::presence::decay_steps;
use crate::sharing::{AccountActivity, VerdictState};
use crate::stream::Risk;

/// Users that are kept. Names come from the log, and a log can be damaged.
pub const USERS_MAX: usize = 2_000_000;

/// Bytes of a name. Longer ones are damage: their events are left out and counted.
pub const NAME_MAX: usize = 256;

/// More devices than these are not tried: nothing would be left of most accounts.
pub const MORE_DEVICES_MAX: usize = 4;

/// The state of one user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UserState {
    pub name: Box<str>,
    /// The connections that the rule counts.
    pub window: Window,
    /// The connections that the verdict depends on.
    pub activity: AccountActivity,
    pub verdict: VerdictState,
    /// The verdicts with one more device, two more, and so on; of a suspected account.
    pub with_more_devices: Option<Box<[VerdictState; MORE_DEVICES_MAX]>>,
    /// The connection that changed the verdict, in milliseconds.
    pub verdict_since: i64,
    pub hidden: Option<Box<HiddenConnections>>,
    /// Visible connections in the period of three days of the newest one, up to the first hidden one.
    /// Counted in order of time: those that have come depend on how far the sources are apart.
    pub visible: u32,
    /// The only address so far, if it is internal to a carrier.
    pub carrier_address: Option<Ipv4Addr>,
    /// Start of the first connection, in milliseconds.
    pub first: i64,
    /// Start of the last connection, in milliseconds.
    pub last: i64,
    /// Newest time of a row without an address, in milliseconds.
    pub mentioned: i64,
    /// The last risk.
    pub risk: Risk,
    /// Whether a connection came since the last summary.
    pub is_changed: bool,
}

impl UserState {
    /// The visible connections of the period of this time.
    pub(super) fn visible_at(&self, ts: i64) -> u32 {
        let is_past = self.activity.newest().is_some_and(|newest| decay_steps(newest, ts) > 0);
        if is_past { 0 } else { self.visible }
    }
}

/// What exceeded a maximum, over all users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Truncation {
    /// Connections that the rule did not count in full.
    pub connections: u64,
    /// Networks that were removed to make room for others of their user.
    pub networks: u64,
}

/// The new number of each user after some were removed; `None`: removed.
#[derive(Clone, Debug)]
pub(super) struct Renumbered(Vec<Option<u32>>);

impl Renumbered {
    pub(super) fn of(&self, number: u32) -> Option<u32> {
        self.0.get(number as usize).copied().flatten()
    }

    pub(super) fn removed(&self) -> usize {
        self.0.iter().filter(|number| number.is_none()).count()
    }

    /// Renumbers a list of users.
    pub(super) fn apply(&self, users: &mut Vec<u32>) {
        users.retain_mut(|user| self.of(*user).map(|number| *user = number).is_some());
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct UserStates {
    all: Vec<UserState>,
    #[serde(skip)]
    by_name: HashTable<u32>,
    /// Events of users beyond [`USERS_MAX`].
    pub too_many: u64,
    /// Events of users with names beyond [`NAME_MAX`].
    pub names_too_long: u64,
}

impl UserStates {
    pub fn len(&self) -> usize {
        self.all.len()
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The number of a known user.
    pub fn find(&mut self, name: &str) -> Option<u32> {
        if self.by_name.is_empty() && !self.all.is_empty() {
            self.index();
        }
        let all = &self.all;
        let is_same =
            |number: &u32| all.get(*number as usize).is_some_and(|user| *user.name == *name);
        self.by_name.find(hash(name), is_same).copied()
    }

    /// The number of a user, who is added if new; `None` beyond [`USERS_MAX`] and [`NAME_MAX`].
    pub fn number(&mut self, name: &str) -> Option<u32> {
        if name.len() > NAME_MAX {
            self.names_too_long += 1;
            return None;
        }
        if let Some(number) = self.find(name) {
            return Some(number);
        }
        if self.all.len() >= USERS_MAX {
            self.too_many += 1;
            return None;
        }
        let number = u32::try_from(self.all.len()).ok()?;
        self.all.push(UserState {
            name: name.into(),
            window: Window::default(),
            activity: AccountActivity::default(),
            verdict: VerdictState::default(),
            with_more_devices: None,
            verdict_since: i64::MIN,
            hidden: None,
            visible: 0,
            carrier_address: None,
            first: i64::MAX,
            last: i64::MIN,
            mentioned: i64::MIN,
            risk: Risk::Low,
            is_changed: false,
        });
        let all = &self.all;
        self.by_name.insert_unique(hash(name), number, |number| hash_of(all, *number));
        Some(number)
    }

    pub fn truncation(&self) -> Truncation {
        self.all.iter().fold(Truncation::default(), |sum, user| Truncation {
            connections: sum.connections + user.window.truncated(),
            networks: sum.networks + u64::from(user.activity.networks_evicted),
        })
    }

    /// Removes users, so that those after them have other numbers. Returns the new number of each.
    pub(super) fn retain(&mut self, is_kept: impl Fn(&UserState) -> bool) -> Renumbered {
        let mut next = 0;
        let numbers = self.all.iter().map(|user| {
            let number = is_kept(user).then_some(next);
            next += u32::from(number.is_some());
            number
        });
        let numbers = Renumbered(numbers.collect());
        if numbers.removed() > 0 {
            self.all.retain(is_kept);
            self.by_name.clear();
        }
        numbers
    }

    /// Builds the index of a state that was loaded.
    fn index(&mut self) {
        let all = &self.all;
        for (number, user) in all.iter().enumerate() {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            self.by_name.insert_unique(hash(&user.name), number, |number| hash_of(all, *number));
        }
    }

    pub fn get(&self, number: u32) -> Option<&UserState> {
        self.all.get(number as usize)
    }

    pub fn get_mut(&mut self, number: u32) -> Option<&mut UserState> {
        self.all.get_mut(number as usize)
    }

    /// All users, in the order of their first events.
    pub fn all_mut(&mut self) -> &mut [UserState] {
        &mut self.all
    }
}

fn hash_of(all: &[UserState], number: u32) -> u64 {
    all.get(number as usize).map_or(0, |user| hash(&user.name))
}

fn hash(name: &str) -> u64 {
    FixedState::default().hash_one(name)
}
