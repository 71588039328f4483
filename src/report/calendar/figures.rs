//! The rows of a calendar: what a history has of each period.

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;

use super::history::{Distinct, History, UserDays, network};
use super::period::{By, Day, day_text};
use crate::stream::PeriodRow;

/// The rows that are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CalendarRows {
    /// One for each period.
    Totals,
    /// One for each period and user.
    EachUser,
    /// One for each period, of one user.
    User(String),
}

/// The exact addresses of a period, and the hashes of those before.
struct DistinctAddresses<const K: usize> {
    exact: HashSet<IpAddr>,
    before: Option<Distinct<K>>,
}

impl<const K: usize> Default for DistinctAddresses<K> {
    fn default() -> Self {
        Self { exact: HashSet::new(), before: None }
    }
}

impl<const K: usize> DistinctAddresses<K> {
    fn add(&mut self, before: &Distinct<K>) {
        if !before.addresses.is_empty() {
            self.before.get_or_insert_default().merge(before);
        }
    }

    /// Writes both counts.
    fn count(self, row: &mut PeriodRow<'static>) {
        let Some(mut all) = self.before else {
            let networks: HashSet<_> = self.exact.iter().map(|ip| network(*ip)).collect();
            row.addresses = Some(self.exact.len() as u64);
            row.networks = Some(networks.len() as u64);
            return;
        };
        self.exact.into_iter().for_each(|ip| all.insert(ip));
        row.addresses = Some(all.addresses.estimate());
        row.networks = Some(all.networks.estimate());
        row.estimated = true;
    }
}

impl History {
    /// The rows, the oldest period first, users by name.
    pub fn rows(&self, by: By, which: &CalendarRows) -> Vec<PeriodRow<'static>> {
        match which {
            CalendarRows::Totals => self.totals(by),
            CalendarRows::EachUser => {
                let each =
                    self.users.iter().flat_map(|(name, user)| self.user_rows(by, name, user));
                let mut rows: Vec<_> = each.collect();
                rows.sort_by(|a, b| (&a.from, &a.user).cmp(&(&b.from, &b.user)));
                rows
            }
            CalendarRows::User(name) => match self.users.get(name.as_str()) {
                Some(user) => self.user_rows(by, name, user),
                None => Vec::new(),
            },
        }
    }

    /// The periods from the first day to the last.
    fn periods(&self, by: By) -> BTreeMap<Day, PeriodRow<'static>> {
        let first = |user: &UserDays| user.days.first().map(|(day, _)| *day);
        let oldest = self.each().filter_map(first).chain(self.days.keys().copied()).min();
        let mut periods = BTreeMap::new();
        let Some((oldest, newest)) = oldest.zip(self.newest) else { return periods };
        let mut start = by.start(oldest);
        while start <= newest {
            let end = by.end(start);
            let row = PeriodRow {
                by: by.name().into(),
                from: day_text(start).into(),
                to: day_text(end).into(),
                ..PeriodRow::default()
            };
            periods.insert(start, row);
            start = end.saturating_add(1);
        }
        periods
    }

    fn totals(&self, by: By) -> Vec<PeriodRow<'static>> {
        let mut periods = self.periods(by);
        let Some(oldest) = periods.keys().next().copied() else { return Vec::new() };
        // Ends of connections may follow the last of their beginnings.
        let newest = self.users.values().filter_map(|user| user.active().next_back()).max();
        let newest = newest.map_or(oldest, |day| by.start(day));
        let mut at = |start: Day, change: &mut dyn FnMut(&mut PeriodRow<'static>)| {
            if let Some(row) = periods.get_mut(&start) {
                change(row);
            }
        };
        let add = |count: &mut Option<u64>| *count = Some(count.unwrap_or(0) + 1);
        let mut addresses = BTreeMap::<Day, DistinctAddresses<512>>::new();
        for user in self.each() {
            for (day, counts) in &user.days {
                at(by.start(*day), &mut |row| {
                    row.connections += user.connections(counts);
                    row.bytes += user.traffic(counts);
                });
            }
            self.exact_addresses(by, user, &mut addresses);
        }
        for user in self.users.values() {
            let mut active: Vec<_> = user.active().map(|day| by.start(day)).collect();
            active.dedup();
            let (first, last) = (user.first.map(|day| by.start(day)), active.last().copied());
            for start in active {
                at(start, &mut |row| add(&mut row.users));
            }
            if let Some(first) = first.filter(|_| last.is_some()) {
                at(first, &mut |row| add(&mut row.new_users));
            }
            if let Some(last) = last {
                at(last, &mut |row| add(&mut row.gone_users));
            }
        }
        for (day, totals) in &self.days {
            addresses.entry(by.start(*day)).or_default().add(&totals.distinct);
            at(by.start(*day), &mut |row| {
                for (reason, count) in &totals.reasons {
                    row.rejected += count;
                    *row.reasons.entry(reason.to_string().into()).or_default() += count;
                }
            });
        }
        let finish = |(start, mut row): (Day, PeriodRow<'static>)| {
            addresses.remove(&start).unwrap_or_default().count(&mut row);
            row.users.get_or_insert(0);
            // Who came with the first period, or will come after the last, is not known.
            let known = |is_known: bool, count: Option<u64>| is_known.then(|| count.unwrap_or(0));
            row.new_users = known(start > oldest, row.new_users);
            row.gone_users = known(start < newest, row.gone_users);
            row
        };
        periods.into_iter().map(finish).collect()
    }

    /// Rows of the periods in which a user did anything.
    fn user_rows(&self, by: By, name: &str, user: &UserDays) -> Vec<PeriodRow<'static>> {
        let mut periods = BTreeMap::<Day, PeriodRow<'static>>::new();
        for (day, counts) in &user.days {
            let start = by.start(*day);
            let row = periods.entry(start).or_insert_with(|| PeriodRow {
                by: by.name().into(),
                from: day_text(start).into(),
                to: day_text(by.end(start)).into(),
                user: Some(name.to_owned().into()),
                ..PeriodRow::default()
            });
            row.connections += user.connections(counts);
            row.bytes += user.traffic(counts);
            row.rejected += counts.rejects;
        }
        let mut addresses = BTreeMap::new();
        self.exact_addresses(by, user, &mut addresses);
        let before = match by {
            By::Day => None,
            By::Week => Some(&user.weeks),
            By::Month => Some(&user.months),
        };
        for (start, distinct) in before.into_iter().flatten() {
            addresses.entry(*start).or_insert_with(DistinctAddresses::<64>::default).add(distinct);
        }
        let exact_from = self.newest.map(|newest| newest - super::EXACT_DAYS);
        for (start, row) in &mut periods {
            // Of single days before the exact ones, nothing is kept of a user's addresses.
            if by != By::Day || Some(*start) > exact_from {
                addresses.remove(start).unwrap_or_default().count(row);
            }
        }
        periods.into_values().collect()
    }

    fn exact_addresses<const K: usize>(
        &self,
        by: By,
        user: &UserDays,
        to: &mut BTreeMap<Day, DistinctAddresses<K>>,
    ) {
        let Some(newest) = self.newest else { return };
        for (ip, bits) in &user.addresses {
            let mut rest = *bits;
            while rest != 0 {
                let age = rest.trailing_zeros();
                rest &= rest - 1;
                let day = newest - i32::try_from(age).unwrap_or(0);
                to.entry(by.start(day)).or_default().exact.insert(*ip);
            }
        }
    }
}
