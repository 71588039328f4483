//! Sets aside connections whose time is implausible, so that one wrong time does not make all
//! others late.
//!
//! A time far ahead of the stream is plausible once the connections after it confirm it: after a
//! quiet night they do, after an outlier they do not. No number of them confirms a time ahead of
//! the clock by which they arrived, unless the whole stream is ahead of it. What is set aside is
//! used when the stream reaches its time, and counted if it never does. A source whose clock is up to
//! two hours ahead confirms it by its own connections.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::reorder_buffer::HOLD_MAX_MS;
use super::state::ConnectEvent;

/// A time so far ahead of the newest one is set aside.
const JUMP_MS: i64 = 30 * 60_000;
/// A jump is confirmed by so many connections in a row;
const RUN_MIN: u32 = 3;
/// one of more than a day by so many.
const RUN_MIN_FAR: u32 = 20;
const FAR_MS: i64 = 86_400_000;
/// Sources whose connections in a row are counted apart.
const SOURCES_MAX: usize = 256;
/// Connections set aside. Beyond it the one furthest ahead is removed and counted.
const SET_ASIDE_MAX: usize = 256;

/// A connection that is set aside.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetAside {
    ts: i64,
    open_ms: i64,
    user: Box<str>,
    ip: IpAddr,
    port: Option<u16>,
    id: Option<Box<str>>,
    source: Box<str>,
    format: Box<str>,
}

impl SetAside {
    fn written(&self) -> i64 {
        self.ts.saturating_add(self.open_ms)
    }

    pub fn event(&self) -> ConnectEvent<'_> {
        ConnectEvent {
            ts: self.ts,
            open_ms: self.open_ms,
            user: &self.user,
            ip: self.ip,
            port: self.port,
            id: self.id.as_deref(),
            source: &self.source,
            format: &self.format,
        }
    }
}

/// Connections set aside in a row.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Run {
    length: u32,
    /// The times of the last three.
    last: [i64; 3],
}

impl Run {
    fn push(&mut self, ts: i64) {
        self.length = self.length.saturating_add(1);
        let [_, before, last] = self.last;
        self.last = [before, last, ts];
    }

    fn median(self) -> i64 {
        let mut sorted = self.last;
        sorted.sort_unstable();
        let [_, median, _] = sorted;
        median
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TimeGate {
    /// The newest plausible time.
    newest: Option<i64>,
    /// Plausible connections so far, up to [`RUN_MIN`].
    accepted: u32,
    /// Connections in a row that are more than a day before the newest time.
    behind: u32,
    set_aside: Vec<SetAside>,
    /// Connections of any source that were set aside in a row.
    run: Run,
    /// Those of each source: one whose clock is ahead is confirmed by its own connections, whatever
    /// others come in between.
    runs: BTreeMap<Box<str>, Run>,
    /// Connections that were removed.
    removed: u64,
}

impl TimeGate {
    /// Whether the newest time is wrong, seen from a connection of this time that arrived now: it is
    /// that of the first connections alone, and this one and those before it are more than a day
    /// before them; or it is ahead of the clock, and this one is not.
    pub fn is_wrong(&self, ts: i64, arrival: i64) -> bool {
        let Some(newest) = self.newest else { return false };
        let ahead = arrival.saturating_add(JUMP_MS);
        let is_run = ts < newest - FAR_MS && self.behind + 1 >= RUN_MIN;
        let is_start = self.accepted < RUN_MIN && is_run;
        is_start || (newest > ahead && ts <= ahead && ts < newest - JUMP_MS)
    }

    /// Whether a connection that arrived now is plausible. If not, it is set aside.
    pub fn admit(&mut self, event: &ConnectEvent<'_>, arrival: i64) -> bool {
        let ts = event.written();
        let Some(newest) = self.newest.filter(|newest| ts > newest + JUMP_MS) else {
            let is_wrong = self.is_wrong(ts, arrival);
            let is_behind = self.newest.is_some_and(|newest| ts < newest - FAR_MS);
            self.newest = if is_wrong { Some(ts) } else { self.newest.max(Some(ts)) };
            if is_behind && !is_wrong {
                self.behind = self.behind.saturating_add(1).min(RUN_MIN);
            } else {
                self.behind = 0;
                self.accepted = self.accepted.saturating_add(1).min(RUN_MIN);
            }
            self.run = Run::default();
            if !self.runs.is_empty() {
                self.runs.remove(event.source);
            }
            return true;
        };
        self.push(event);
        let ahead = arrival.saturating_add(JUMP_MS);
        if ts > ahead && newest <= ahead {
            return false;
        }
        self.run.push(ts);
        let any = self.run;
        let run_min = if any.median() > newest + FAR_MS { RUN_MIN_FAR } else { RUN_MIN };
        // A further jump of one source alone is not a clock that is ahead.
        let own = self.own_run(event.source, ts);
        let own = own.filter(|own| own.length >= RUN_MIN && own.median() <= newest + HOLD_MAX_MS);
        let confirmed = if any.length >= run_min { Some(any) } else { own };
        if let Some(run) = confirmed {
            let plausible = self.set_aside.iter().map(SetAside::written);
            self.newest = plausible.filter(|ts| *ts <= run.median() + JUMP_MS).max();
        }
        false
    }

    /// The connections of a source that were set aside in a row, with this one.
    fn own_run(&mut self, source: &str, ts: i64) -> Option<Run> {
        if !self.runs.contains_key(source) && self.runs.len() < SOURCES_MAX {
            self.runs.insert(source.into(), Run::default());
        }
        let run = self.runs.get_mut(source)?;
        run.push(ts);
        Some(*run)
    }

    fn push(&mut self, event: &ConnectEvent<'_>) {
        self.set_aside.push(SetAside {
            ts: event.ts,
            open_ms: event.open_ms,
            user: event.user.into(),
            ip: event.ip,
            port: event.port,
            id: event.id.map(Into::into),
            source: event.source.into(),
            format: event.format.into(),
        });
        if self.set_aside.len() > SET_ASIDE_MAX {
            let furthest = self.set_aside.iter().enumerate().max_by_key(|(_, own)| own.written());
            let furthest = furthest.map_or(0, |(at, _)| at);
            self.set_aside.remove(furthest);
            self.removed += 1;
        }
    }

    /// Takes the next connection whose time the stream has reached.
    pub fn take_plausible(&mut self) -> Option<SetAside> {
        let newest = self.newest?;
        let at = self.set_aside.iter().position(|own| own.written() <= newest)?;
        Some(self.set_aside.remove(at))
    }

    /// At the end of a stream nothing can confirm a jump: takes the next connection that is within
    /// a day.
    pub fn take_last(&mut self) -> Option<SetAside> {
        let newest = self.newest?;
        let (at, next) = self.set_aside.iter().enumerate().min_by_key(|(_, own)| own.written())?;
        let ts = next.written();
        if ts > newest + FAR_MS {
            return None;
        }
        self.newest = Some(newest.max(ts));
        Some(self.set_aside.remove(at))
    }

    /// Drops the connections of a user.
    pub(super) fn forget(&mut self, name: &str) {
        self.set_aside.retain(|own| *own.user != *name);
    }

    /// Connections that are set aside, or were removed.
    pub fn set_aside(&self) -> u64 {
        self.set_aside.len() as u64 + self.removed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The times that are used for connections at these minutes, and the number set aside.
    fn used(minutes: &[i64]) -> (Vec<i64>, u64) {
        used_at(i64::MAX, minutes)
    }

    /// The same where all of them arrive at this minute.
    fn used_at(arrival: i64, minutes: &[i64]) -> (Vec<i64>, u64) {
        let (mut gate, mut used) = (TimeGate::default(), Vec::new());
        for minute in minutes {
            let ip = "203.0.113.7".parse().unwrap();
            let ts = minute * 60_000;
            let (id, source, format) = (None, "", "");
            let open_ms = 0;
            let event = ConnectEvent { ts, open_ms, user: "a", ip, port: None, id, source, format };
            if gate.admit(&event, arrival.saturating_mul(60_000)) {
                used.push(*minute);
            }
            while let Some(taken) = gate.take_plausible() {
                used.push(taken.ts / 60_000);
            }
        }
        (used, gate.set_aside())
    }

    #[test]
    fn an_outlier_is_set_aside_and_a_jump_is_confirmed() {
        const FAR: i64 = 4_000_000_000;
        assert_eq!(used(&[0, 1, FAR, 2, 3, 4]), (vec![0, 1, 2, 3, 4], 1));
        assert_eq!(used(&[0, FAR, FAR, 1, FAR, 2]), (vec![0, 1, 2], 3));
        assert_eq!(used(&[FAR, 1, 2, 3]), (vec![FAR, 1, 2, 3], 0));
        // A clock an hour ahead is used when the stream has reached its time.
        assert_eq!(used(&[0, 60, 1, 20, 40, 61]), (vec![0, 1, 20, 40, 61, 60], 0));
        // A quiet night, and a stream with a connection every 40 minutes.
        assert_eq!(used(&[0, 1, 480, 481, 482, 483]), (vec![0, 1, 480, 481, 482, 483], 0));
        assert_eq!(used(&[0, 40, 80, 120, 160]), (vec![0, 40, 80, 120], 1));
        // An outlier within the first connections after a night.
        assert_eq!(used(&[0, FAR, 480, 481, 482]), (vec![0, 480, 481, 482], 1));
    }

    /// A source whose clock is an hour ahead is used, and so are the others.
    #[test]
    fn each_source_confirms_its_own_clock() {
        let mut gate = TimeGate::default();
        let mut used = 0;
        for minute in 0..200_i64 {
            for (source, ahead) in [("a", 0), ("b", 60), ("c", 0)] {
                let (ip, ts) = ("203.0.113.7".parse().unwrap(), (minute + ahead) * 60_000);
                let (port, id, format, open_ms) = (None, None, "", 0);
                let event = ConnectEvent { ts, open_ms, user: "a", ip, port, id, source, format };
                used += usize::from(gate.admit(&event, i64::MAX));
                used += std::iter::from_fn(|| gate.take_plausible()).count();
            }
            assert_eq!(
                gate.set_aside(),
                u64::try_from(minute + 1).unwrap() * u64::from(minute < 2)
            );
        }
        assert_eq!(used, 600);
        // Not a day: others go on meanwhile.
        let (ip, format, open_ms) = ("203.0.113.7".parse().unwrap(), "", 0);
        for minute in 200..400_i64 {
            for (source, ahead) in [("a", 60), ("b", 10_000)] {
                let ts = (minute + ahead) * 60_000;
                let event = ConnectEvent {
                    ts,
                    open_ms,
                    user: "a",
                    ip,
                    port: None,
                    id: None,
                    source,
                    format,
                };
                assert_eq!(gate.admit(&event, i64::MAX), source == "a");
            }
        }
    }

    /// However many connections of the future follow each other, those of the present are used.
    #[test]
    fn times_of_the_future_move_nothing() {
        const FAR: i64 = 4_000_000_000;
        for far in [FAR, 100, 2000] {
            let forged: Vec<i64> = (far..far + 200).collect();
            let (honest, later) = ([0, 1, 2], [3, 4, 5]);
            let all = [&honest[..], &forged, &later].concat();
            assert_eq!(used_at(5, &all), (vec![0, 1, 2, 3, 4, 5], 200));
            // From the first line on: the clock is set right by the first honest one.
            let (used, set_aside) = used_at(5, &[&forged[..], &honest, &later].concat());
            assert_eq!((&used[used.len() - 6..], set_aside), (&[0, 1, 2, 3, 4, 5][..], 0));
        }
        // The machine's own clock is wrong: all connections are of its future.
        let minutes: Vec<i64> = (FAR..FAR + 100).chain(FAR + 600..FAR + 700).collect();
        assert_eq!(used_at(0, &minutes), (minutes.clone(), 0));
    }

    /// Nor does a source of the past from the second line on, which no clock disproves.
    #[test]
    fn times_of_the_past_move_nothing() {
        let year = 365 * 1440;
        let minutes: Vec<i64> = (0..300).map(|n| if n % 2 == 0 { year + n } else { 0 }).collect();
        assert_eq!(used(&minutes), (minutes.clone(), 0));
        let mut gate = TimeGate::default();
        let event = |ts| {
            let (ip, source) = ("203.0.113.7".parse().unwrap(), "");
            ConnectEvent { ts, open_ms: 0, user: "a", ip, port: None, id: None, source, format: "" }
        };
        for minute in minutes {
            assert!(!gate.is_wrong(minute * 60_000, i64::MAX));
            assert!(gate.admit(&event(minute * 60_000), i64::MAX));
        }
    }

    #[test]
    fn a_long_pause_needs_more_connections() {
        let week = 7 * 1440;
        let minutes: Vec<i64> = [0].into_iter().chain(week..week + 25).collect();
        assert_eq!(used(&minutes[..15]), (vec![0], 14));
        assert_eq!(used(&minutes), (minutes.clone(), 0));
    }

    #[test]
    fn what_is_set_aside_is_bounded() {
        let minutes: Vec<i64> = (0..2000).map(|n| if n % 2 == 0 { 0 } else { n * 9_999 }).collect();
        let (used, set_aside) = used(&minutes);
        assert_eq!((used.len(), set_aside), (1000, 1000));
    }
}
