//! The time of the daily digest.

use crate::timestamp::{Timestamp, Zone};

const DAY_MS: i64 = 86_400_000;

/// A time of day in a zone.
#[derive(Clone, Debug)]
pub struct DigestTime {
    /// Minutes after midnight.
    pub minute: u32,
    pub zone: Zone,
}

/// The first digest after a moment. Where the zone skips the time of day, it is as much later.
pub fn next_digest(after: Timestamp, time: &DigestTime) -> Timestamp {
    let local = after.0.saturating_add(time.zone.offset_ms(after));
    let of_day = i64::from(time.minute) * 60_000;
    let today = local.div_euclid(DAY_MS) * DAY_MS + of_day;
    let days = [today, today + DAY_MS, today + 2 * DAY_MS];
    let found = days.into_iter().map(|local| utc(local, time)).find(|at| at.0 > after.0);
    found.unwrap_or(Timestamp(after.0 + DAY_MS))
}

/// The digest that follows the last one. Where the clock was days ahead then, the next one follows
/// now.
pub(super) fn due_digest(last: Timestamp, now: Timestamp, time: &DigestTime) -> Timestamp {
    let is_ahead = last.0 > now.0.saturating_add(DAY_MS);
    next_digest(if is_ahead { now } else { Timestamp(last.0.max(0)) }, time)
}

/// The moment of a local time.
fn utc(local: i64, time: &DigestTime) -> Timestamp {
    let near = Timestamp(local - time.zone.offset_ms(Timestamp(local)));
    Timestamp(local - time.zone.offset_ms(near))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_neither_repeats_nor_stops_digests() {
        let time = DigestTime { minute: 540, zone: Zone::read("UTC").unwrap() };
        let nine = 1_774_342_800_000; // 2026-03-24T09:00:00Z
        let due = |last: i64, now: i64| due_digest(Timestamp(last), Timestamp(now), &time).0;
        assert_eq!(due(nine, nine + 1), nine + DAY_MS);
        // Set back by a second, by a day, and from another year.
        assert_eq!(due(nine, nine - 1000), nine + DAY_MS);
        assert_eq!(due(nine, nine - DAY_MS), nine + DAY_MS);
        assert_eq!(due(nine + 1000 * DAY_MS, nine), nine + DAY_MS);
        assert_eq!(due(0, nine), DAY_MS * 3 / 8, "long ago: due now");
    }

    #[test]
    fn digests_are_a_day_apart_in_local_time() {
        let zone = Zone::read("Europe/Berlin").unwrap();
        for minute in [0, 150, 540, 1439] {
            let time = DigestTime { minute, zone: zone.clone() };
            // From 2026-03-20, through the change to summer time, to 2026-11-15.
            let mut at = Timestamp(1_774_000_000_000);
            let mut days = Vec::new();
            for _ in 0..240 {
                let next = next_digest(at, &time);
                assert!(next.0 > at.0);
                let is_exact = zone.strftime(next, "%H:%M")
                    == format!("{:02}:{:02}", minute / 60, minute % 60);
                // 02:30 is skipped on 2026-03-29.
                assert!(is_exact || zone.strftime(next, "%m-%d") == "03-29", "{next:?}");
                days.push(zone.date(next));
                at = next;
            }
            days.dedup();
            assert_eq!(days.len(), 240, "one each day");
        }
    }
}
