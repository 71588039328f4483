//! Where the people of an account come home: to one place, or to several.
//!
//! People who live together are on one network for most of the night. So are all devices of one
//! person. Others are in two places at once at any hour of the day, night after night.

use super::activity::AccountActivity;
use super::groups::{Group, Groups};
use super::measures::together;
use super::presence::{DAY_SLOTS, DAYS, day_number, day_of_window};

/// Twelve hours: who comes home to one place is there from the evening to the morning.
const HOME_SLOTS: u32 = 36;
/// The share of the slots of the busiest twelve hours that others need to show anything.
const HOME_SEEN: f64 = 0.6;
/// Before a whole day was seen the hours at home may be missing, so the share of all slots counts
/// as far as it is above this.
const UNSEEN_SHARE: f64 = 0.56;
/// Slots of a night in which a place must be in use to be a second home,
const SECOND_SLOTS: u32 = 3;
/// and the number of such nights. A carrier gives another address in the next night.
const SECOND_NIGHTS: usize = 2;
/// An hour, in slots: the step of the twelve hours that are looked at.
const SECOND_STEP: usize = 3;

/// Shares of the time in which an account is used in several places at once.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Home {
    /// The least share over any twelve hours of the day, the same on all days.
    pub apart: f64,
    /// The least share over any twelve hours of a day, in the second best of three days: somebody
    /// works at night once, and a guest stays for one.
    pub nightly: f64,
    /// Of the time at the most used place, in the twelve hours of `apart`: the share in which a
    /// place was in use too that is in use at night again and again.
    pub second: f64,
    /// Whether a whole day was seen.
    pub is_day_seen: bool,
}

/// The days of the window, the oldest first.
fn days(activity: &AccountActivity) -> [usize; DAYS] {
    let today = day_number(activity.now());
    [2, 1, 0].map(|back| day_of_window(today - back))
}

/// Measures where an account is at home. Computers are left out, and all fixed devices but one.
pub(super) fn home(activity: &AccountActivity, groups: &Groups, devices: usize) -> Home {
    let order = days(activity);
    let days = order.map(|day| {
        let of = |is_in: fn(&Group) -> bool| {
            let own = || groups.0.iter().filter(|group| is_in(group));
            let used = own().filter_map(|group| group.used.get(day));
            let unheld = own().filter_map(|group| group.unheld.get(day)).copied();
            let fixed = devices.saturating_sub(2);
            (used.fold(0, |any, row| any | row), together(unheld.collect(), fixed))
        };
        let (four, six) = (of(|group| group.is_v4), of(|group| group.is_v6));
        (four.0 | six.0, four.1 | six.1)
    });
    if days.iter().all(|(_, two)| *two == 0) {
        let is_day_seen = activity.is_day_seen();
        return Home { is_day_seen, ..Home::default() };
    }
    if !activity.is_day_seen() {
        let whole = days.iter().fold((0, 0), |sum, day| add(sum, day.0, day.1));
        let apart = (share(whole.1, whole.0) - UNSEEN_SHARE).max(0.0);
        return Home { apart, ..Home::default() };
    }
    let folded = (0..DAY_SLOTS).map(|from| {
        let hours = hours(from);
        days.iter().fold((0, 0), |sum, day| add(sum, day.0 & hours, day.1 & hours))
    });
    let apart = least(folded);
    let mut nights = [0, 1, 2].map(|day| {
        let next = |at: usize| days.get(at).copied().unwrap_or_default();
        let ((one, two), (then_one, then_two)) = (next(day), next(day + 1));
        let is_last = day + 1 == DAYS;
        let count = if is_last { DAY_SLOTS - i64::from(HOME_SLOTS) + 1 } else { DAY_SLOTS };
        let all = (0..count).map(|from| {
            let of = |bits, then| night(bits, then, from).count_ones();
            (of(one, then_one), of(two, then_two))
        });
        least(all)
    });
    nights.sort_by(f64::total_cmp);
    let [_, nightly, _] = nights;
    Home { apart, nightly, second: second(groups, order), is_day_seen: true }
}

/// The bits of twelve hours of every day.
fn hours(from: i64) -> u128 {
    let (whole, hours) = ((1_u128 << DAY_SLOTS) - 1, (1_u128 << HOME_SLOTS) - 1);
    (hours << from | hours >> (DAY_SLOTS - from)) & whole
}

/// The bits of twelve hours from a slot of a day on, where this day and the next have these bits.
fn night(bits: u128, next: u128, from: i64) -> u128 {
    (bits >> from | next << (DAY_SLOTS - from)) & ((1_u128 << HOME_SLOTS) - 1)
}

fn add(sum: (u32, u32), one: u128, two: u128) -> (u32, u32) {
    (sum.0 + one.count_ones(), sum.1 + two.count_ones())
}

/// The least share, of the windows that show anything.
fn least(windows: impl Iterator<Item = (u32, u32)> + Clone) -> f64 {
    let busiest = windows.clone().map(|(one, _)| one).max().unwrap_or(0);
    let is_seen = |one: u32| one > 0 && f64::from(one) >= HOME_SEEN * f64::from(busiest);
    let seen = windows.filter(|(one, _)| is_seen(*one));
    seen.map(|(one, two)| share(two, one)).fold(1.0, f64::min)
}

/// The first slot of the twelve hours of the day in which the fewest places are in use.
fn night_from(groups: &Groups, order: [usize; DAYS]) -> i64 {
    let places = |from: i64| {
        let all = groups.0.iter().flat_map(|group| nights(&group.used, order, from));
        all.filter(|night| *night != 0).count()
    };
    let used = |from: i64| {
        let all = groups.0.iter().flat_map(|group| nights(&group.used, order, from));
        all.map(u128::count_ones).sum::<u32>()
    };
    let windows = (0..DAY_SLOTS).step_by(SECOND_STEP);
    windows.min_by_key(|from| (places(*from), std::cmp::Reverse(used(*from)))).unwrap_or(0)
}

/// The share of the time at the most used place at night in which a recurring one was in use too.
fn second(groups: &Groups, order: [usize; DAYS]) -> f64 {
    let from = night_from(groups, order);
    let of = |is_in: fn(&Group) -> bool| {
        let own = || groups.0.iter().filter(|group| is_in(group));
        let at = |group: &Group| count(&nights(&group.used, order, from));
        let Some(home) = own().rev().max_by_key(|group| at(group)) else { return 0.0 };
        let at_home = nights(&home.used, order, from);
        let mut both = [0; DAYS + 1];
        for group in own().filter(|group| !std::ptr::eq(*group, home)) {
            let here = nights(&group.unheld, order, from);
            let is_used = |night: &&u128| night.count_ones() >= SECOND_SLOTS;
            if here.iter().filter(is_used).count() >= SECOND_NIGHTS {
                both.iter_mut()
                    .zip(here)
                    .zip(at_home)
                    .for_each(|((both, own), home)| *both |= own & home);
            }
        }
        share(count(&both), count(&at_home))
    };
    of(|group| group.is_v4).max(of(|group| group.is_v6))
}

/// The bits of twelve hours from a slot of the day on: before the first midnight of the window, and
/// on each of its days.
fn nights(rows: &[u128; DAYS], order: [usize; DAYS], from: i64) -> [u128; DAYS + 1] {
    let [one, two, three] = order.map(|day| rows.get(day).copied().unwrap_or(0));
    [night(0, one, from), night(one, two, from), night(two, three, from), night(three, 0, from)]
}

fn count(rows: &[u128]) -> u32 {
    rows.iter().map(|row| row.count_ones()).sum()
}

pub(super) fn share(part: u32, all: u32) -> f64 {
    if all == 0 { 0.0 } else { f64::from(part) / f64::from(all) }
}
