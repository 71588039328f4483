//! `--since` and `--until`.

use crate::cli::value::{duration_ms, invalid};
use crate::timestamp::LocalTimeResolver;
use crate::timestamp::Timestamp;

/// A moment that may need a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeBound {
    /// With its zone.
    At(Timestamp),
    /// Without a zone: as if in UTC.
    Local(Timestamp),
    /// Milliseconds before now.
    Ago(i64),
}

impl TimeBound {
    pub(super) fn read(text: &str) -> Result<Self, String> {
        if let Some((stamp, _)) = Timestamp::read(text.as_bytes()).filter(|at| at.1 == text.len()) {
            return Ok(Self::At(stamp));
        }
        // What is left out of a time of day is zero.
        let midnight = "0000-00-00T00:00:00";
        let full = match text.len() {
            10 | 13 | 16 => [text, midnight.get(text.len()..).unwrap_or_default()].concat(),
            _ => text.to_owned(),
        };
        let local = Timestamp::read_local(full.as_bytes()).filter(|at| at.1 == full.len());
        if let Some((civil, _)) = local {
            return Ok(Self::Local(civil));
        }
        duration_ms(text)
            .map(Self::Ago)
            .map_err(|_| invalid("time", text, "2026-11-23T15:00:00Z, 2026-11-23 or 24h"))
    }

    pub(super) fn moment(self, clock: &mut LocalTimeResolver, now: Timestamp) -> Timestamp {
        match self {
            Self::At(stamp) => stamp,
            Self::Local(civil) => clock.local(civil),
            Self::Ago(ms) => Timestamp(now.0 - ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_time() {
        let mut clock = LocalTimeResolver::new(crate::timestamp::Zone::read("+07:00").ok(), None);
        let now = Timestamp::read(b"2026-11-23T12:00:00Z").unwrap().0;
        for (text, want) in [
            ("2026-11-23T15:00:00Z", "2026-11-23T15:00:00Z"),
            ("2026-11-23T15:00:00+02:00", "2026-11-23T13:00:00Z"),
            ("2026-11-23", "2026-11-22T17:00:00Z"),
            ("2026-11-23 15", "2026-11-23T08:00:00Z"),
            ("2026-11-23 15:30", "2026-11-23T08:30:00Z"),
            ("2026-11-23T15:30:10.5", "2026-11-23T08:30:10.5Z"),
            ("90m", "2026-11-23T10:30:00Z"),
        ] {
            assert_eq!(
                TimeBound::read(text).unwrap().moment(&mut clock, now).text(),
                want,
                "{text}"
            );
        }
        for wrong in ["", "soon", "2026-13-01", "2026-11-23T25:00:00Z", "2026-11-23T15:00:00Zx"] {
            assert!(TimeBound::read(wrong).is_err(), "{wrong}");
        }
    }
}
