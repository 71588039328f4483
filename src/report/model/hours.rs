//! Connections and traffic by hour.

use crate::timestamp::Timestamp;

/// Hours that are kept: a month. Older ones are dropped and counted.
const HOURS_MAX: usize = 24 * 31;
const HOUR_MS: i64 = 3_600_000;

/// What was counted in one hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hour {
    /// Hours since 1970.
    pub hour: u32,
    pub connections: u32,
    /// Both ways, of connections that ended.
    pub bytes: u64,
}

/// Counts by hour since 1970, in order.
#[derive(Clone, Debug, Default)]
pub struct Hours {
    all: Vec<Hour>,
    /// Connections of hours that were dropped.
    pub dropped: u64,
}

impl Hours {
    /// In order of time; hours without anything are left out.
    pub fn all(&self) -> &[Hour] {
        &self.all
    }

    pub fn add_connection(&mut self, at: Timestamp) {
        if let Some(hour) = self.hour(at) {
            hour.connections = hour.connections.saturating_add(1);
        }
        self.drop_oldest();
    }

    pub fn add_bytes(&mut self, at: Timestamp, bytes: u64) {
        if let Some(hour) = self.hour(at) {
            hour.bytes = hour.bytes.saturating_add(bytes);
        }
        self.drop_oldest();
    }

    /// Bytes of the hours that ended within `seconds` before a moment.
    pub fn bytes_within(&self, seconds: u64, until: Timestamp) -> u64 {
        let from =
            i64::try_from(seconds).ok().and_then(|s| until.0.checked_sub(s.checked_mul(1000)?));
        let from = from.unwrap_or(0);
        let recent = |hour: &&Hour| (i64::from(hour.hour) + 1) * HOUR_MS > from;
        self.all.iter().filter(recent).fold(0, |sum, hour| sum.saturating_add(hour.bytes))
    }

    fn hour(&mut self, at: Timestamp) -> Option<&mut Hour> {
        let hour = u32::try_from(at.0 / HOUR_MS).ok()?;
        let place = match self.all.last() {
            Some(last) if last.hour == hour => Ok(self.all.len() - 1),
            Some(last) if last.hour > hour => {
                self.all.binary_search_by_key(&hour, |known| known.hour)
            }
            Some(_) | None => Err(self.all.len()),
        };
        let place = place.unwrap_or_else(|place| {
            self.all.insert(place, Hour { hour, ..Hour::default() });
            place
        });
        self.all.get_mut(place)
    }

    fn drop_oldest(&mut self) {
        if self.all.len() > HOURS_MAX {
            self.dropped += u64::from(self.all.remove(0).connections);
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
            hours.add_connection(Timestamp(hour * HOUR_MS + 1));
            hours.add_bytes(Timestamp(hour * HOUR_MS + 1), 10);
        }
        let counts: Vec<_> =
            hours.all().iter().map(|hour| (hour.hour, hour.connections, hour.bytes)).collect();
        assert_eq!(counts, [(3, 3, 30), (5, 2, 20), (9, 1, 10)]);
        assert_eq!(hours.bytes_within(4 * 3600, Timestamp(9 * HOUR_MS + 2)), 30);
        for hour in 10..2000 {
            hours.add_connection(Timestamp(hour * HOUR_MS));
        }
        assert_eq!(hours.all().len(), HOURS_MAX);
        let kept: u64 = hours.all().iter().map(|hour| u64::from(hour.connections)).sum();
        assert_eq!(kept + hours.dropped, 6 + 1990);
    }
}
