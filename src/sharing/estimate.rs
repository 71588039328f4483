//! The number of people, from what overlaps and what returns.

use super::AccountActivity;
use super::chorus::is_chorus;
use super::overlap::{ALL_DAYS, overlap};
use super::presence::DAYS;
use super::returns::returns;

/// So many unrelated networks in one hour are no one person's, not on an hour of errands either:
/// home, carrier, a shop and the office are four, and each device may be on one more.
const CROWD_BESIDE_DEVICES: usize = 4;
/// Of a person with the usual two devices.
pub(super) const CROWD: usize = CROWD_BESIDE_DEVICES + 2;

/// Whether so many networks in one hour are too many.
pub(super) fn is_crowd(networks: u32, devices: usize) -> bool {
    usize::try_from(networks).is_ok_and(|n| n >= CROWD.max(CROWD_BESIDE_DEVICES + devices))
}

/// Until three hours of use were seen, they count as if alone: a single meeting proves nothing.
const LIVE_MIN: u32 = 18;
/// What is bridged over hours says a quarter of what is bridged within one: a trip there and back
/// looks the same.
const FAR_WEIGHT: f64 = 0.25;
/// A return is worth half of a hundredth in the window and as much on its day: together
/// a hundredth of the time, half an hour of the fifty hours that three days are waked.
const RETURN_WEIGHT: f64 = 0.005;
/// More returns than these say no more.
const RETURNS_MAX: u32 = 20;
/// Two people who each use an account for four tenths of the day are both on it for a sixth of it:
/// the overlap is the square of the share. Here it reaches the second whole person.
const SQUARE_UPTO: f64 = 1.0 / 6.0;

/// What is thought of a user.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// How many people use the account at once, from 1 up.
    pub people: f64,
    /// For how long anything was seen in use, in moments of ten minutes.
    pub live: u32,
    /// How much more than one person's networks was in use, in such moments.
    pub beyond_one: u32,
    /// Returns between places, of the window and of its days.
    pub returns: u32,
    /// Places that were left and come back to for days, beyond home and work.
    pub places: u32,
    /// Whether one hour had more networks than a person meets, or minutes more than take turns.
    pub is_crowd: bool,
}

impl Estimate {
    /// How many people were seen at once: without what further places add.
    pub fn at_once(&self) -> f64 {
        self.people - of_places(self.places)
    }
}

impl AccountActivity {
    /// How many people, if each has so many devices.
    pub fn estimate(&self, devices: usize) -> Estimate {
        let groups = &self.groups();
        // A device may stand elsewhere tomorrow: it is looked for day by day.
        let near = ALL_DAYS.map(|day| overlap(groups, false, &[day], devices));
        let live = near.iter().map(|day| day.live).sum::<u32>();
        let beyond_one = near.iter().map(|day| day.beyond_one).sum();
        let far = overlap(groups, true, &ALL_DAYS, devices);
        let ways = self.ways(groups);
        let of = |days: &[usize]| returns(&ways, groups.count, days, devices);
        let (in_window, on_days) = (of(&ALL_DAYS), ALL_DAYS.map(|day| of(&[day])).iter().sum());
        let crowd = self.crowd.most();
        let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole);
        let excess = share(beyond_one, live.max(LIVE_MIN))
            + FAR_WEIGHT * share(far.beyond_one, far.live.max(LIVE_MIN / 2))
            + RETURN_WEIGHT * f64::from(in_window.min(RETURNS_MAX) + RETURNS_MAX.min(on_days));
        let chorus = self.chorus.most.most();
        let is_crowd = is_crowd(crowd, devices) || is_chorus(chorus, devices);
        let least = if is_crowd { of_crowd(crowd.max(chorus)) } else { 1.0 };
        let places = self.places(groups).len().saturating_sub(usual_places(devices));
        let places = u32::try_from(places).unwrap_or(u32::MAX);
        let people = (people(excess) + of_places(places)).max(least);
        Estimate { people, live, beyond_one, returns: in_window + on_days, places, is_crowd }
    }
}

/// From the share of time that is too much for one person to a number of people.
fn people(excess: f64) -> f64 {
    if excess <= SQUARE_UPTO {
        1.0 + (excess / SQUARE_UPTO).sqrt()
    } else {
        2.0 + (excess - SQUARE_UPTO)
    }
}

/// Home and work are nobody's business, nor is a place for each device.
pub(super) fn usual_places(devices: usize) -> usize {
    devices.max(2)
}

/// A further place that is come back to for days is a little of a person, even where no two were
/// ever seen in use at once: a weekend house and a gym are honest, so it never is much.
fn of_places(places: u32) -> f64 {
    PLACE_WEIGHT * f64::from(places.min(PLACES_MAX))
}

const PLACE_WEIGHT: f64 = 0.03;
const PLACES_MAX: u32 = 3;

/// Of a crowd at least: two, and one more for each four networks more.
fn of_crowd(networks: u32) -> f64 {
    let usual = u32::try_from(CROWD).unwrap_or(0);
    2.0 + 0.25 * f64::from(networks.saturating_sub(usual))
}

const _: () = assert!(DAYS == 3, "crowds and returns are kept by thirds of the window");
