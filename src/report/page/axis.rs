//! Time along the width of a chart.

use crate::timestamp::{Timestamp, Zone};

/// Chart units over the whole width: fine enough for a pixel each on a wide screen.
pub(super) const WIDTH: u32 = 1000;
/// Ticks with a label that there is room for on a phone.
const TICKS_MAX: u32 = 6;
/// Seconds between ticks, as clocks and calendars are divided.
const STEPS: [u32; 16] = [
    60, 300, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 345_600, 604_800,
    1_209_600, 2_592_000, 7_776_000,
];
const DAY: u32 = 86_400;

/// A stretch of time, in seconds since 1970, drawn over the width.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    pub(super) from: u32,
    pub(super) to: u32,
    zone: Zone,
}

impl Axis {
    /// From the first to the last moment; never empty.
    pub(super) fn new(from: u32, to: u32, zone: Zone) -> Self {
        let to = to.max(from.saturating_add(60));
        Self { from, to, zone }
    }

    /// Seconds.
    pub(super) fn length(&self) -> u32 {
        self.to - self.from
    }

    /// Where a moment is, from 0 to [`WIDTH`].
    pub(super) fn at(&self, moment: u32) -> u32 {
        let since = u64::from(moment.clamp(self.from, self.to) - self.from);
        let place = since * u64::from(WIDTH) / u64::from(self.length());
        u32::try_from(place).unwrap_or(WIDTH)
    }

    /// Moments to label, at full hours or days of the zone, and their labels.
    pub(super) fn ticks(&self) -> Vec<(u32, String)> {
        let fits = |step: &u32| self.length() / step <= TICKS_MAX;
        let step = STEPS.into_iter().find(fits).unwrap_or(self.length().max(1));
        let is_days = self.length() > DAY;
        let offset = self.offset(self.from);
        let local = i64::from(self.from) + offset;
        let mut next = local.div_euclid(i64::from(step)) * i64::from(step) - offset;
        let mut ticks = Vec::new();
        while next <= i64::from(self.to) && ticks.len() < 3 * TICKS_MAX as usize {
            if let Some(at) = u32::try_from(next).ok().filter(|at| *at >= self.from) {
                let is_midnight = (next + offset).rem_euclid(i64::from(DAY)) == 0;
                let form = if is_days && is_midnight { "%m-%d" } else { "%H:%M" };
                ticks.push((at, self.show(at, form)));
            }
            next += i64::from(step);
        }
        ticks
    }

    /// A moment in a form of `strftime(3)`.
    pub(super) fn show(&self, at: u32, form: &str) -> String {
        show(Timestamp(i64::from(at) * 1000), form, &self.zone)
    }

    /// The first moment of the day in the zone, and of the next.
    pub(super) fn day_of(&self, at: u32) -> (u32, u32) {
        let offset = self.offset(at);
        let day = i64::from(DAY);
        let start = (i64::from(at) + offset).div_euclid(day) * day - offset;
        let start = u32::try_from(start).unwrap_or(0);
        (start, start.saturating_add(DAY))
    }

    /// The same zone over another stretch.
    pub(super) fn over(&self, from: u32, to: u32) -> Self {
        Self::new(from, to, self.zone.clone())
    }

    /// Seconds east of UTC.
    fn offset(&self, at: u32) -> i64 {
        self.zone.offset_ms(Timestamp(i64::from(at) * 1000)) / 1000
    }
}

/// A moment in a form of `strftime(3)`.
pub(super) fn show(at: Timestamp, form: &str, zone: &Zone) -> String {
    zone.strftime(at, form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_few_and_round() {
        for length in [1, 60, 5000, 86_400, 400_000, 2_592_000, 40_000_000] {
            let axis = Axis::new(1_795_448_472, 1_795_448_472 + length, Zone::utc());
            let ticks = axis.ticks();
            assert!(ticks.len() <= TICKS_MAX as usize + 1, "{length}: {ticks:?}");
            assert!(ticks.iter().all(|(at, _)| axis.at(*at) <= WIDTH));
        }
        let axis = Axis::new(1_795_392_000, 1_795_478_400, Zone::utc());
        assert_eq!(axis.ticks().first().map(|tick| tick.1.clone()).as_deref(), Some("00:00"));
        assert_eq!((axis.at(axis.from), axis.at(axis.to)), (0, WIDTH));
    }
}
