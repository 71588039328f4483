//! Estimates the number of people from what overlaps and what alternates.

use super::activity::AccountActivity;
use super::alternation::{recurring_places, returns, routes};
use super::groups::Groups;
use super::overlap::{ALL_DAYS, Gap, overlap};
use super::presence::DAYS;
use super::rotation::is_rotation;

/// So many unrelated networks in one hour are not one person's, even in an hour of errands: home,
/// carrier, a shop and the office are four, and each device may be on one more.
const MANY_BESIDE_DEVICES: usize = 4;
/// The same for a person with the usual two devices.
pub(super) const MANY_NETWORKS: usize = MANY_BESIDE_DEVICES + 2;

/// Whether so many networks in one hour are more than a person with these devices has.
pub(super) fn is_many(networks: u32, devices: usize) -> bool {
    usize::try_from(networks)
        .is_ok_and(|networks| networks >= MANY_NETWORKS.max(MANY_BESIDE_DEVICES + devices))
}

/// Below three hours of use the overlap counts as if the rest of them were without: one meeting
/// proves nothing.
const ACTIVE_SLOTS_MIN: u32 = 18;
/// Weight of an overlap over long gaps: a round trip looks the same.
const LONG_GAP_WEIGHT: f64 = 0.25;
/// Weight of a return, once for the window and once for its day: together a hundredth of the time,
/// half an hour of the fifty waking hours of three days.
const RETURN_WEIGHT: f64 = 0.005;
/// More returns than these add nothing.
const RETURNS_MAX: u32 = 20;
/// The excess at which the estimate reaches two. Two people who each use an account for four tenths
/// of the day are both on it for a sixth of it: the overlap is the square of the share.
const TWO_PEOPLE_EXCESS: f64 = 1.0 / 6.0;
/// Weight of a recurring place beyond home and work. A weekend house and a gym are honest.
const PLACE_WEIGHT: f64 = 0.03;
const PLACES_MAX: u32 = 3;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// People who use the account at the same time, from 1 up.
    pub people: f64,
    /// Slots of ten minutes in which any network was in use.
    pub active: u32,
    /// Groups in use beyond one person's, summed over all slots.
    pub excess: u32,
    /// Returns between places, of the window and of its days.
    pub returns: u32,
    /// Recurring places beyond home and work.
    pub places: u32,
    /// Whether one hour had more networks, or minutes more rotating ones, than a person has.
    pub is_many_networks: bool,
}

impl Estimate {
    /// The estimate without the addition for recurring places.
    pub fn at_once(&self) -> f64 {
        self.people - of_places(self.places)
    }
}

/// Estimates the number of people if each has so many devices.
pub fn estimate(activity: &AccountActivity, groups: &Groups, devices: usize) -> Estimate {
    // A device may be on another network tomorrow, so it is looked for day by day.
    let short = ALL_DAYS.map(|day| overlap(groups, Gap::Short, &[day], devices));
    let active = short.iter().map(|day| day.active).sum::<u32>();
    let excess = short.iter().map(|day| day.excess).sum();
    let long = overlap(groups, Gap::Long, &ALL_DAYS, devices);
    let routes = routes(activity, groups);
    let of = |days: &[usize]| returns(&routes, groups.count, days, devices);
    let (in_window, on_days) = (of(&ALL_DAYS), ALL_DAYS.map(|day| of(&[day])).iter().sum());
    let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole);
    let share = share(excess, active.max(ACTIVE_SLOTS_MIN))
        + LONG_GAP_WEIGHT * share(long.excess, long.active.max(ACTIVE_SLOTS_MIN / 2))
        + RETURN_WEIGHT * f64::from(in_window.min(RETURNS_MAX) + RETURNS_MAX.min(on_days));
    let (hourly, rotating) = (activity.hourly_networks.max(), activity.rotation.peaks.max());
    let is_many_networks = is_many(hourly, devices) || is_rotation(rotating, devices);
    let least = if is_many_networks { of_many(hourly.max(rotating)) } else { 1.0 };
    let places = recurring_places(activity, groups).len().saturating_sub(usual_places(devices));
    let places = u32::try_from(places).unwrap_or(u32::MAX);
    let people = (of_share(share) + of_places(places)).max(least);
    Estimate { people, active, excess, returns: in_window + on_days, places, is_many_networks }
}

/// The number of people for the share of time that is too much for one person.
fn of_share(excess: f64) -> f64 {
    if excess <= TWO_PEOPLE_EXCESS {
        1.0 + (excess / TWO_PEOPLE_EXCESS).sqrt()
    } else {
        2.0 + (excess - TWO_PEOPLE_EXCESS)
    }
}

/// Recurring places that are usual: home and work, or one for each device.
pub(super) fn usual_places(devices: usize) -> usize {
    devices.max(2)
}

/// What recurring places add, even where no two networks were in use at the same time.
fn of_places(places: u32) -> f64 {
    PLACE_WEIGHT * f64::from(places.min(PLACES_MAX))
}

/// The least number of people with so many networks: two, and one more for each four further ones.
fn of_many(networks: u32) -> f64 {
    let usual = u32::try_from(MANY_NETWORKS).unwrap_or(0);
    2.0 + 0.25 * f64::from(networks.saturating_sub(usual))
}

const _: () = assert!(DAYS == 3, "peaks and returns are kept by thirds of the window");
