//! Starts the followers, writes their lines and saves their positions.

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, Instant};

use super::LogsOptions;
use crate::docker::Docker;
use crate::error::{Error, ExitStatus};
use crate::follow::{
    Batch, ContainerCursor, Cursor, SavedPositions, Update, Updates,
    container::{self, Containers},
    file::{self, Followed},
    journal,
};
use crate::io::output::{Output, OutputFormat};
use crate::io::reporter::Reporter;
use crate::io::state_lock::StateLock;
use crate::io::wait::{Signals, Wakeup};

/// Batches that wait to be written, of all sources together.
const QUEUE: usize = 16;

/// Runs the tool.
pub fn run(
    options: LogsOptions,
    _format: OutputFormat,
    reporter: Reporter,
) -> Result<ExitStatus, Error> {
    if options.selections.is_empty() && options.files.is_empty() && options.units.is_empty() {
        let what = "nothing to follow (expected --container, --compose, --file or --journal)";
        return Err(Error::Usage(what.to_owned()));
    }
    let _lock = options.state.as_deref().map(StateLock::acquire).transpose()?;
    let state = options.state.as_deref().map(SavedPositions::load).transpose()?.unwrap_or_default();
    let signals = Signals::take().map_err(|error| Error::input("signals", error))?;
    let (updates, received) = sync_channel(QUEUE);
    start(&options, &state, &updates)?;
    thread::spawn(move || forward_signals(&signals, &updates));
    let (path, out) = (options.state, Output::stdout()?);
    let mut writer = Writer { state, path, out, reporter, lines: 0, has_failed_to_save: false };
    for update in received {
        match update {
            Update::Lines(batch) => writer.write(batch)?,
            Update::Forget(source) => {
                writer.state.sources.remove(&source);
                writer.save();
            }
            Update::Report(what) => reporter.print(what),
            Update::ReportCounts => reporter.print(format!("{} lines", writer.lines)),
            Update::Stop => break,
        }
    }
    writer.finish()
}

/// Starts a follower for each source.
fn start(options: &LogsOptions, state: &SavedPositions, updates: &Updates) -> Result<(), Error> {
    let from_now = options.from_now;
    if !options.selections.is_empty() {
        let containers = Containers {
            selections: options.selections.clone(),
            from_now,
            host: options.name.clone(),
            cursors: container_cursors(state),
        };
        let (docker, updates) = (Docker::connect()?, updates.clone());
        thread::spawn(move || container::follow(docker, containers, updates));
    }
    let absolute = |path: &PathBuf| {
        std::path::absolute(path).map_err(|error| Error::input(path.display(), error))
    };
    let paths = options.files.iter().map(absolute).collect::<Result<BTreeSet<_>, _>>()?;
    for path in paths.iter().cloned() {
        let cursor = match state.sources.get(&format!("{}{}", file::KEY, path.display())) {
            Some(Cursor::File(cursor)) => Some(cursor.clone()),
            _ => None,
        };
        let prefix = match (&options.name, paths.len()) {
            (None, 1) => String::new(),
            (None, _) => format!("{}  | ", plain_name(&path, &paths)),
            (Some(host), 1) => format!("{host}  | "),
            (Some(host), _) => format!("{host}.{}  | ", plain_name(&path, &paths)),
        };
        let (followed, updates) = (Followed { path, prefix, from_now, cursor }, updates.clone());
        thread::spawn(move || file::follow(followed, &updates));
    }
    for unit in &options.units {
        let cursor = match state.sources.get(&format!("{}{unit}", journal::KEY)) {
            Some(Cursor::Journal { cursor }) => Some(cursor.clone()),
            _ => None,
        };
        let (unit, updates) = (unit.clone(), updates.clone());
        thread::spawn(move || journal::follow(&unit, from_now, cursor, &updates));
    }
    Ok(())
}

fn container_cursors(state: &SavedPositions) -> HashMap<String, ContainerCursor> {
    let cursors = state.sources.iter().filter_map(|(source, cursor)| match cursor {
        Cursor::Container(cursor) => {
            Some((source.strip_prefix(container::KEY)?.to_owned(), cursor.clone()))
        }
        Cursor::File(_) | Cursor::Journal { .. } => None,
    });
    cursors.collect()
}

/// The name of a file in letters that mtp-parse reads in a prefix; the whole path where another file
/// has the same name.
fn plain_name(path: &Path, paths: &BTreeSet<PathBuf>) -> String {
    let plain = |name: &OsStr| -> String {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
        let name = name.to_string_lossy();
        name.chars().map(|letter| if is_plain(letter) { letter } else { '-' }).collect()
    };
    let name = |path: &Path| plain(path.file_name().unwrap_or_default());
    let is_unique = paths.iter().filter(|other| name(other) == name(path)).count() == 1;
    if is_unique { name(path) } else { plain(path.as_os_str()).trim_start_matches('-').to_owned() }
}

/// Sends the signals as updates.
fn forward_signals(signals: &Signals, updates: &Updates) {
    loop {
        let update = match signals.sleep(Instant::now() + Duration::from_hours(24)) {
            Ok(Wakeup::Report) => Update::ReportCounts,
            Ok(Wakeup::Tick | Wakeup::Ready) => continue,
            Ok(Wakeup::Stop) | Err(_) => Update::Stop,
        };
        if updates.send(update).is_err() {
            return;
        }
    }
}

/// Writes lines, then their position.
#[derive(Debug)]
struct Writer {
    state: SavedPositions,
    path: Option<PathBuf>,
    out: Output,
    reporter: Reporter,
    lines: u64,
    has_failed_to_save: bool,
}

impl Writer {
    fn write(&mut self, batch: Batch) -> Result<(), Error> {
        let lines = memchr::memchr_iter(b'\n', &batch.lines).count();
        self.lines += u64::try_from(lines).unwrap_or(0);
        self.out.buffer.extend_from_slice(&batch.lines);
        self.out.flush()?;
        if let Some(cursor) = batch.cursor {
            self.state.sources.insert(batch.source, cursor);
            self.save();
        }
        Ok(())
    }

    fn finish(&self) -> Result<ExitStatus, Error> {
        if let Some(path) = &self.path {
            self.state.save(path)?;
        }
        Ok(ExitStatus::Success)
    }

    /// Saves the positions. A full disk does not end the stream: the next batch tries again.
    fn save(&mut self) {
        let Some(path) = self.path.as_deref() else { return };
        match self.state.save_quickly(path) {
            Ok(()) if std::mem::take(&mut self.has_failed_to_save) => {
                self.reporter.print(format!("{}: saved again", path.display()));
            }
            // Once, and not for each batch of an outage.
            Err(error) if !std::mem::replace(&mut self.has_failed_to_save, true) => {
                self.reporter.print(format!("{error}; positions are kept in memory"));
            }
            Ok(()) | Err(_) => {}
        }
    }
}
