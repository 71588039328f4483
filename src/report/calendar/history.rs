//! What is kept of the days: small enough for months, mergeable, exact for the last 31 days.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::period::{By, Day};
use super::sketch::Sketch;
use crate::net;
use crate::stream::Usage;

/// Days of which every address is kept; those before are estimated.
pub const EXACT_DAYS: Day = 31;
/// Users that are kept.
const USERS_MAX: usize = 100_000;
/// Addresses of all users within the exact days.
const ADDRESSES_MAX: u64 = 4_000_000;
/// Sources whose newest row is kept.
const SOURCES_MAX: usize = 1024;
/// Sources of one user's statistics.
const COUNTERS_MAX: usize = 64;
/// Networks: as mtp-score groups addresses.
const V4_PREFIX: u8 = 20;
const V6_PREFIX: u8 = 48;

/// Counts of one user on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayCounts {
    pub connections: u64,
    pub bytes: u64,
    /// By the proxy's statistics.
    pub stats_connections: u64,
    pub stats_bytes: u64,
    pub rejects: u64,
}

/// The distinct addresses and networks of a time before the exact days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distinct<const K: usize> {
    pub addresses: Sketch<K>,
    pub networks: Sketch<K>,
}

/// Hashes of a day of all users, and of a week or month of one.
pub(super) type DayDistinct = Distinct<512>;
pub(super) type UserDistinct = Distinct<64>;

impl<const K: usize> Distinct<K> {
    pub fn insert(&mut self, ip: IpAddr) {
        self.addresses.insert(&bytes(ip));
        self.networks.insert(&bytes(network(ip)));
    }

    pub fn merge(&mut self, other: &Self) {
        self.addresses.merge(&other.addresses);
        self.networks.merge(&other.networks);
    }
}

fn bytes(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
        IpAddr::V6(ip) => ip.octets(),
    }
}

/// The network of an address.
pub(super) fn network(ip: IpAddr) -> IpAddr {
    net::network(ip, if ip.is_ipv4() { V4_PREFIX } else { V6_PREFIX })
}

/// The counters of a user by one proxy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Counter {
    source: Box<str>,
    first: CounterValue,
    last: CounterValue,
}

/// What a counter showed, and when.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct CounterValue {
    day: Day,
    at: i64,
    connects: u64,
    megabytes: f64,
}

impl CounterValue {
    /// What it grew by; a smaller counter is of a proxy that was restarted.
    fn since(&self, before: &Self) -> (u64, u64) {
        if self.connects < before.connects || self.megabytes < before.megabytes {
            return (self.connects, bytes_of(self.megabytes));
        }
        let grown = bytes_of(self.megabytes).saturating_sub(bytes_of(before.megabytes));
        (self.connects - before.connects, grown)
    }
}

/// The days of one user.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UserDays {
    /// The first day with a connection, kept or not.
    pub first: Option<Day>,
    /// In order.
    pub days: Vec<(Day, DayCounts)>,
    /// Addresses of the exact days: bit N is the day N days before the newest of the history.
    pub addresses: BTreeMap<IpAddr, u32>,
    /// Before the exact days, by the first day of the week or month.
    pub weeks: BTreeMap<Day, UserDistinct>,
    pub months: BTreeMap<Day, UserDistinct>,
    counters: Vec<Counter>,
    /// Whether a connection was logged: then statistics would count it again.
    has_events: bool,
}

impl UserDays {
    /// Connections of a day.
    pub fn connections(&self, counts: &DayCounts) -> u64 {
        if self.has_events { counts.connections } else { counts.stats_connections }
    }

    /// Bytes of a day, both ways.
    pub fn traffic(&self, counts: &DayCounts) -> u64 {
        if self.has_events { counts.bytes } else { counts.stats_bytes }
    }

    /// Days with a connection, in order.
    pub fn active(&self) -> impl DoubleEndedIterator<Item = Day> {
        self.days.iter().filter(|(_, of)| self.connections(of) > 0).map(|(day, _)| *day)
    }

    fn counts(&mut self, day: Day) -> Option<&mut DayCounts> {
        let place = self.days.binary_search_by_key(&day, |(day, _)| *day);
        let place = place.unwrap_or_else(|place| {
            self.days.insert(place, (day, DayCounts::default()));
            place
        });
        self.days.get_mut(place).map(|(_, counts)| counts)
    }

    /// Adds an address of a day before the exact days.
    fn fold(&mut self, day: Day, ip: IpAddr) {
        self.weeks.entry(By::Week.start(day)).or_default().insert(ip);
        self.months.entry(By::Month.start(day)).or_default().insert(ip);
    }

    fn merge(&mut self, other: Self) {
        self.first = self.first.into_iter().chain(other.first).min();
        self.has_events |= other.has_events;
        for (day, of) in other.days {
            if let Some(counts) = self.counts(day) {
                counts.connections += of.connections;
                counts.bytes += of.bytes;
                counts.stats_connections += of.stats_connections;
                counts.stats_bytes += of.stats_bytes;
                counts.rejects += of.rejects;
            }
        }
        for (ip, bits) in other.addresses {
            *self.addresses.entry(ip).or_default() |= bits;
        }
        for (day, of) in &other.weeks {
            self.weeks.entry(*day).or_default().merge(of);
        }
        for (day, of) in &other.months {
            self.months.entry(*day).or_default().merge(of);
        }
        other.counters.into_iter().for_each(|counter| self.merge_counter(counter));
    }

    /// Joins the counters of two times: the first row of the later time was counted whole.
    fn merge_counter(&mut self, other: Counter) {
        let place = self.counters.iter().position(|own| own.source == other.source);
        let Some(own) = place.map(|place| self.counters.swap_remove(place)) else {
            self.counters.push(other);
            return;
        };
        let (early, late) =
            if own.first.at <= other.first.at { (own, other) } else { (other, own) };
        let (connections, bytes) = late.first.since(&early.last);
        if early.last.at <= late.first.at
            && let Some(counts) = self.counts(late.first.day)
        {
            let (whole, all) = (late.first.connects, bytes_of(late.first.megabytes));
            counts.stats_connections =
                (counts.stats_connections + connections).saturating_sub(whole);
            counts.stats_bytes = (counts.stats_bytes + bytes).saturating_sub(all);
        }
        self.counters.push(Counter { first: early.first, ..late });
    }

    /// Drops the days before this one.
    fn retain(&mut self, oldest: Day) {
        self.days.retain(|(day, _)| *day >= oldest);
        self.weeks.retain(|start, _| By::Week.end(*start) >= oldest);
        self.months.retain(|start, _| By::Month.end(*start) >= oldest);
    }
}

/// A day of all users.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayTotals {
    /// Refusals by reason.
    pub reasons: BTreeMap<Box<str>, u64>,
    /// Of a day before the exact days.
    pub distinct: DayDistinct,
}

/// The newest row of a source: its time, and how many rows had that time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub at: i64,
    pub rows: u32,
}

/// What was not kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HistoryDropped {
    /// Rows of users beyond the maximum.
    pub user_rows: u64,
    /// Connections whose address is not counted.
    pub addresses: u64,
}

/// The days.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// The zone of the days, as `--tz` has it.
    pub zone: String,
    pub newest: Option<Day>,
    pub users: BTreeMap<Box<str>, UserDays>,
    /// Connections without a user.
    pub without_user: UserDays,
    pub days: BTreeMap<Day, DayTotals>,
    pub marks: BTreeMap<Box<str>, Mark>,
    /// Addresses of all users within the exact days.
    addresses: u64,
    #[serde(skip)]
    pub dropped: HistoryDropped,
}

impl History {
    pub fn is_empty(&self) -> bool {
        self.newest.is_none()
    }

    /// Counts a connection.
    pub fn connect(&mut self, day: Day, name: Option<&str>, ip: Option<IpAddr>) {
        self.advance(day);
        let (age, is_full) = (self.age(day), self.addresses >= ADDRESSES_MAX);
        let Some(user) = self.user(name) else { return };
        user.has_events = true;
        if let Some(counts) = user.counts(day) {
            counts.connections += 1;
        }
        user.first = Some(user.first.map_or(day, |first| first.min(day)));
        let Some(ip) = ip else { return };
        let Some(bit) = 1_u32.checked_shl(age).filter(|_| age < EXACT_DAYS.unsigned_abs()) else {
            user.fold(day, ip);
            self.days.entry(day).or_default().distinct.insert(ip);
            return;
        };
        match user.addresses.get_mut(&ip) {
            Some(bits) => *bits |= bit,
            None if is_full => self.dropped.addresses += 1,
            None => {
                user.addresses.insert(ip, bit);
                self.addresses += 1;
            }
        }
    }

    /// Counts the bytes of a connection that ended.
    pub fn bytes(&mut self, day: Day, name: Option<&str>, bytes: u64) {
        self.advance(day);
        if let Some(counts) = self.user(name).and_then(|user| user.counts(day)) {
            counts.bytes = counts.bytes.saturating_add(bytes);
        }
    }

    /// Counts refusals.
    pub fn reject(&mut self, day: Day, name: Option<&str>, reason: &str, times: u64) {
        self.advance(day);
        let reasons = &mut self.days.entry(day).or_default().reasons;
        let count = match reasons.get_mut(reason) {
            Some(count) => count,
            None => reasons.entry(reason.into()).or_default(),
        };
        *count = count.saturating_add(times);
        if let Some(counts) = self.user(name).and_then(|user| user.counts(day)) {
            counts.rejects = counts.rejects.saturating_add(times);
        }
    }

    /// Counts what a proxy's counters grew by since the row before; of the first row, all.
    pub fn usage(&mut self, (day, at): (Day, i64), name: &str, usage: Usage, source: &str) {
        self.advance(day);
        let Some(user) = self.user(Some(name)) else { return };
        let value = CounterValue {
            day,
            at,
            connects: usage.connects.unwrap_or(0),
            megabytes: usage.megabytes.unwrap_or(0.0),
        };
        let is_full = user.counters.len() >= COUNTERS_MAX;
        let known = user.counters.iter_mut().find(|counter| *counter.source == *source);
        let (connections, bytes) = match known {
            Some(counter) => {
                let grown = value.since(&counter.last);
                counter.last = value;
                grown
            }
            None if is_full => return,
            None => {
                let source = source.into();
                user.counters.push(Counter { source, first: value, last: value });
                (value.connects, bytes_of(value.megabytes))
            }
        };
        if let Some(counts) = user.counts(day) {
            counts.stats_connections = counts.stats_connections.saturating_add(connections);
            counts.stats_bytes = counts.stats_bytes.saturating_add(bytes);
        }
        if connections > 0 {
            user.first = Some(user.first.map_or(day, |first| first.min(day)));
        }
    }

    /// Notes a row of a source as the newest, if it is.
    pub fn mark(&mut self, source: &str, at: i64) {
        let is_full = self.marks.len() >= SOURCES_MAX;
        let mark = match self.marks.get_mut(source) {
            Some(mark) => mark,
            None if is_full => return,
            None => self.marks.entry(source.into()).or_default(),
        };
        if at > mark.at {
            *mark = Mark { at, rows: 1 };
        } else if at == mark.at {
            mark.rows = mark.rows.saturating_add(1);
        }
    }

    /// Adds the days of another history: of other rows.
    pub fn merge(&mut self, mut other: Self) {
        let newest = self.newest.into_iter().chain(other.newest).max();
        if let Some(newest) = newest {
            self.advance(newest);
            other.advance(newest);
        }
        self.without_user.merge(other.without_user);
        for (name, of) in other.users {
            if let Some(user) = self.user(Some(&name)) {
                user.merge(of);
            }
        }
        for (day, of) in other.days {
            let totals = self.days.entry(day).or_default();
            for (reason, count) in of.reasons {
                *totals.reasons.entry(reason).or_default() += count;
            }
            totals.distinct.merge(&of.distinct);
        }
        for (source, of) in other.marks {
            let mark = self.marks.entry(source).or_default();
            *mark = if of.at > mark.at { of } else { *mark };
        }
        self.addresses = self.each().map(|user| user.addresses.len() as u64).sum();
    }

    /// Drops the days before this one, and users without a day.
    pub fn retain(&mut self, oldest: Day) {
        self.days.retain(|day, _| *day >= oldest);
        self.without_user.retain(oldest);
        self.users.values_mut().for_each(|user| user.retain(oldest));
        self.users.retain(|_, user| !user.days.is_empty());
    }

    /// Erases a user. Whether there was one.
    pub fn forget(&mut self, name: &str) -> bool {
        let gone = self.users.remove(name);
        self.addresses -= gone.as_ref().map_or(0, |user| user.addresses.len() as u64);
        gone.is_some()
    }

    /// All users, and the connections without one.
    pub fn each(&self) -> impl Iterator<Item = &UserDays> {
        self.users.values().chain([&self.without_user])
    }

    /// Days before the newest.
    pub fn age(&self, day: Day) -> u32 {
        u32::try_from(self.newest.unwrap_or(day).saturating_sub(day)).unwrap_or(0)
    }

    fn user(&mut self, name: Option<&str>) -> Option<&mut UserDays> {
        let Some(name) = name else { return Some(&mut self.without_user) };
        if !self.users.contains_key(name) {
            if self.users.len() >= USERS_MAX {
                self.dropped.user_rows += 1;
                return None;
            }
            self.users.insert(name.into(), UserDays::default());
        }
        self.users.get_mut(name)
    }

    /// Makes a day the newest: addresses of days that are no longer exact become estimates.
    fn advance(&mut self, day: Day) {
        let Some(newest) = self.newest else {
            self.newest = Some(day);
            return;
        };
        if day <= newest {
            return;
        }
        self.newest = Some(day);
        let days = day.abs_diff(newest);
        let Self { users, without_user, days: totals, addresses, .. } = self;
        for user in users.values_mut().chain([without_user]) {
            let old = std::mem::take(&mut user.addresses);
            for (ip, bits) in old {
                for age in (0..u32::BITS).filter(|age| bits >> age & 1 == 1) {
                    let is_exact = age + days < EXACT_DAYS.unsigned_abs();
                    if !is_exact {
                        let day = newest - i32::try_from(age).unwrap_or(0);
                        user.fold(day, ip);
                        totals.entry(day).or_default().distinct.insert(ip);
                    }
                }
                let kept = bits.checked_shl(days).unwrap_or(0) & EXACT_BITS;
                if kept == 0 {
                    *addresses -= 1;
                } else {
                    user.addresses.insert(ip, kept);
                }
            }
        }
    }
}

/// A bit for each exact day.
const EXACT_BITS: u32 = (1 << EXACT_DAYS) - 1;

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn bytes_of(megabytes: f64) -> u64 {
    (megabytes * 1e6).round() as u64
}
