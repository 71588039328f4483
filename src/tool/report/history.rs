//! The history of the calendar: loaded, changed as the options ask, and saved.

use std::path::Path;
use std::time::Duration;

use super::ReportOptions;
use crate::error::Error;
use crate::io::atomic_write::NewFile;
use crate::io::escape::Escaped;
use crate::io::reporter::Reporter;
use crate::io::state_lock::StateLock;
use crate::report::Calendar;
use crate::report::calendar::{History, file};
use crate::report::throttled_file::ThrottledFile;
use crate::timestamp::{Timestamp, Zone};

/// A history costs more to write than a page, and a restart reads the log again.
const SAVE_EVERY_MIN: Duration = Duration::from_secs(10);

/// The file of a history, locked.
#[derive(Debug)]
pub(super) struct HistoryFile {
    pub(super) file: ThrottledFile,
    retain_ms: i64,
    _lock: StateLock,
}

/// Makes the calendar that the options ask for, and opens its file.
pub(super) fn open(
    options: &ReportOptions,
    zone: Zone,
    reporter: Reporter,
) -> Result<(Option<Calendar>, Option<HistoryFile>), Error> {
    let Some(path) = &options.history else {
        let calendar = options.by.map(|_| Calendar::new(History::default(), zone));
        return Ok((calendar, None));
    };
    let lock = StateLock::acquire(path)?;
    let mut history = load(path, options)?.unwrap_or_default();
    history.zone.clone_from(&options.zone_name);
    for name in &options.forget {
        if !history.forget(name) {
            let reason = format!("no user '{}' in {}", Escaped(name), path.display());
            return Err(Error::refused("--forget", reason));
        }
    }
    for part in &options.merge {
        let other = load(part, options)?;
        history.merge(other.ok_or_else(|| Error::refused(part.display(), "no such history"))?);
    }
    let new = NewFile::Private;
    let file = ThrottledFile::new(path.clone(), new, options.every.max(SAVE_EVERY_MIN)).unchanged();
    let mut file = HistoryFile { file, retain_ms: options.retain_ms, _lock: lock };
    let mut calendar = Calendar::new(history, zone);
    if options.is_maintenance() {
        file.save(&mut calendar, reporter);
    }
    Ok((Some(calendar), Some(file)))
}

/// The days of another zone do not add up with these.
fn load(path: &Path, options: &ReportOptions) -> Result<Option<History>, Error> {
    let history = file::load(path)?;
    if let Some(history) = &history
        && history.zone != options.zone_name
        && !history.is_empty()
    {
        let zone = match &*history.zone {
            "" => "of the system's zone: use no --tz".to_owned(),
            zone => format!("of another zone: use --tz {zone}"),
        };
        return Err(Error::refused(path.display(), format!("its days are {zone}")));
    }
    Ok(history)
}

impl HistoryFile {
    pub(super) fn save(&mut self, calendar: &mut Calendar, reporter: Reporter) {
        calendar.retain(self.retain_ms, Timestamp::now());
        self.file.write(reporter, || file::encode(&calendar.history));
    }
}
