//! How many connections began in each hour.

use crate::timestamp::Timestamp;

/// Hours that are remembered: a month. Older ones are dropped and counted.
const HOURS_MAX: usize = 24 * 31;

/// Counts by hour since 1970, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hours {
    all: Vec<(u32, u32)>,
    /// Connections of hours that were dropped.
    pub(crate) forgotten: u64,
}

impl Hours {
    /// In order of time; hours without a connection are left out.
    pub(crate) fn all(&self) -> &[(u32, u32)] {
        &self.all
    }

    /// Adds a connection.
    pub(crate) fn add(&mut self, at: Timestamp) {
        let hour = u32::try_from(at.0 / 3_600_000).unwrap_or(0);
        match self.all.last_mut() {
            Some((last, count)) if *last == hour => *count += 1,
            Some((last, _)) if *last > hour => self.add_late(hour),
            Some(_) | None => self.all.push((hour, 1)),
        }
        if self.all.len() > HOURS_MAX {
            let (_, count) = self.all.remove(0);
            self.forgotten += u64::from(count);
        }
    }

    fn add_late(&mut self, hour: u32) {
        match self.all.binary_search_by_key(&hour, |(hour, _)| *hour) {
            Ok(at) => {
                if let Some((_, count)) = self.all.get_mut(at) {
                    *count += 1;
                }
            }
            Err(at) => self.all.insert(at, (hour, 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_matter_and_a_month_is_kept() {
        let mut hours = Hours::default();
        for hour in [5, 3, 5, 9, 3, 3] {
            hours.add(Timestamp(hour * 3_600_000 + 1));
        }
        assert_eq!(hours.all(), [(3, 3), (5, 2), (9, 1)]);
        for hour in 10..2000 {
            hours.add(Timestamp(hour * 3_600_000));
        }
        assert_eq!(hours.all().len(), HOURS_MAX);
        let kept: u64 = hours.all().iter().map(|(_, count)| u64::from(*count)).sum();
        assert_eq!(kept + hours.forgotten, 6 + 1990);
    }
}
