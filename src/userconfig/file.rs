//! Locks, reads and replaces the file in place, with the same inode. The folder need not be
//! writable, and no other file is made.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Seek};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use rustix::fs::{FlockOperation, Timespec, Timestamps, UTIME_OMIT, flock, futimens};
use rustix::io::Errno;

use super::rename::can_be_renamed;
use super::toml_write::{toml_recovery, toml_write};
use super::{ConfigKind, UserConfig};
use crate::error::{Error, SystemError};
use crate::io::atomic_write;
use crate::pyconfig::crash_safe_write::{WritePlan, WriteStep, plan_write};
use crate::pyconfig::recovery::{EditState, edit_state, recovered};

/// Content of a config file.
#[derive(Debug)]
pub struct ConfigSnapshot {
    /// Name in messages.
    pub name: String,
    /// Its bytes, without the traces of an interrupted edit.
    pub bytes: Vec<u8>,
    /// Notes for the user.
    pub notes: Vec<String>,
}

impl ConfigSnapshot {
    pub fn config(&self, kind: Option<ConfigKind>) -> Result<UserConfig<'_>, Error> {
        UserConfig::read_named(&self.bytes, kind, &self.name)
            .map_err(|error| error.into_error(&self.name))
    }
}

/// A config file locked for an edit.
#[derive(Debug)]
pub struct LockedFile {
    pub snapshot: ConfigSnapshot,
    path: PathBuf,
    file: File,
    original: Metadata,
}

/// Longest wait for another edit.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);
const LOCK_POLL: Duration = Duration::from_millis(3);
/// Time in which a reader reads the whole file.
const READER_GRACE: Duration = Duration::from_millis(2);

/// Reads a config file.
pub fn read_snapshot(path: &Path) -> Result<ConfigSnapshot, Error> {
    let (name, notes) = describe(path)?;
    let mut file = File::open(path).map_err(|error| io_error(&name, &error, "read"))?;
    let lock = || flock(&file, FlockOperation::NonBlockingLockShared);
    let until = Instant::now() + Duration::from_secs(1);
    while lock() == Err(Errno::WOULDBLOCK) && Instant::now() < until {
        std::thread::sleep(LOCK_POLL); // during an edit the file is readable, too
    }
    let bytes = read(&mut file).map_err(|error| io_error(&name, &error, "read"))?;
    Ok(ConfigSnapshot { name, bytes: without_edit(bytes), notes })
}

/// Locks a config file and recovers it from an interrupted edit.
pub fn lock(path: &Path) -> Result<LockedFile, Error> {
    let (name, notes) = describe(path)?;
    let failed = |error: io::Error| io_error(&name, &error, "write");
    let until = Instant::now() + LOCK_TIMEOUT;
    let (mut file, original) = loop {
        let file = OpenOptions::new().read(true).write(true).open(path).map_err(failed)?;
        while let Err(error) = flock(&file, FlockOperation::NonBlockingLockExclusive) {
            if error != Errno::WOULDBLOCK {
                return Err(failed(error.into()));
            }
            if Instant::now() > until {
                return Err(Error::refused(&name, "locked by another mtp-users for 30 s"));
            }
            std::thread::sleep(LOCK_POLL);
        }
        // An editor may have replaced the file meanwhile.
        let (own, there) = (file.metadata().map_err(failed)?, fs::metadata(path).map_err(failed)?);
        if (own.ino(), own.dev()) == (there.ino(), there.dev()) {
            break (file, own);
        }
    };
    let bytes = read(&mut file).map_err(failed)?;
    let mut locked = LockedFile {
        snapshot: ConfigSnapshot { name, bytes, notes },
        path: path.to_owned(),
        file,
        original,
    };
    locked.recover()?;
    Ok(locked)
}

/// Returns the content of a file without the traces of an interrupted edit.
fn without_edit(bytes: Vec<u8>) -> Vec<u8> {
    toml_recovery(&bytes).map_or_else(|| recovered(bytes), |(text, _)| text.into_bytes())
}

impl LockedFile {
    fn recover(&mut self) -> Result<(), Error> {
        let mut is_finished = None;
        loop {
            let journal = toml_recovery(&self.snapshot.bytes);
            let state = match journal {
                Some((text, steps)) => EditState::Enclosed(text, steps),
                None => edit_state(&self.snapshot.bytes),
            };
            let (steps, is_new) = match state {
                EditState::Clean => break,
                EditState::Trailing(keep, is_done) => {
                    (vec![WriteStep::Truncate(keep), WriteStep::SyncAndWait], is_done)
                }
                EditState::Enclosed(_, steps) => (steps, true),
                EditState::Folded(_, steps, is_new) => (steps, is_new),
            };
            for step in &steps {
                self.execute(step).map_err(|error| self.failed(&error))?;
                step.apply(&mut self.snapshot.bytes);
            }
            is_finished = Some(is_new);
        }
        if let Some(is_new) = is_finished {
            let outcome = if is_new { "finished" } else { "undone" };
            self.snapshot.notes.push(format!("an interrupted edit was {outcome}"));
            self.original = self.file.metadata().map_err(|error| self.failed(&error))?;
        }
        Ok(())
    }

    /// Replaces the text by the verified one. TOML, which some proxies watch, is replaced by a
    /// rename where that is possible.
    pub fn replace(&mut self, old: &UserConfig<'_>, new: &UserConfig<'_>) -> Result<(), Error> {
        if old.text() == new.text() {
            return Ok(());
        }
        match (old, new) {
            (UserConfig::Python(old), UserConfig::Python(new)) => {
                let plan = plan_write(old.text, new.text, [&old.statements, &new.statements]);
                self.write_in_place(new.text, &plan)
            }
            _ if can_be_renamed(&self.path, &self.original) => self.rename(new.text()),
            _ => self.write_in_place(new.text(), &toml_write(old.text(), new.text())),
        }
    }

    fn rename(&mut self, text: &str) -> Result<(), Error> {
        let current = self.snapshot.bytes.clone();
        self.check_unchanged(&current, false)?;
        atomic_write::replace(&self.path, text.as_bytes())?;
        self.snapshot.bytes = text.as_bytes().to_vec();
        Ok(())
    }

    /// Executes a plan. Before each write, the bytes to be overwritten are compared with those
    /// expected, and the whole file at each synchronisation: a write by another program wins.
    fn write_in_place(&mut self, new: &str, plan: &WritePlan) -> Result<(), Error> {
        let old = self.snapshot.bytes.clone();
        let mut current = old.clone();
        self.check_unchanged(&current, false)?;
        for (n, step) in plan.steps.iter().enumerate() {
            let has_effect = n > plan.commit;
            self.check_step(step, &current, has_effect)?;
            self.execute(step).map_err(|error| {
                if has_effect {
                    let message = "the edit has taken effect, and the next run completes it";
                    Error::refused(
                        &self.snapshot.name,
                        format!("{}; {message}", SystemError(&error)),
                    )
                } else {
                    if current.starts_with(&old) {
                        drop(self.file.set_len(old.len() as u64));
                    }
                    let message = format!("{}; nothing was changed", SystemError(&error));
                    Error::refused(&self.snapshot.name, message)
                }
            })?;
            step.apply(&mut current);
            if matches!(step, WriteStep::Sync | WriteStep::SyncAndWait) {
                self.check_unchanged(&current, has_effect)?;
            }
        }
        self.check_unchanged(&current, true)?;
        self.advance_mtime(old.len() == new.len()).map_err(|error| self.failed(&error))?;
        self.snapshot.bytes = new.as_bytes().to_vec();
        Ok(())
    }

    fn execute(&self, step: &WriteStep) -> io::Result<()> {
        match step {
            WriteStep::Write(at, bytes) => self.file.write_all_at(bytes, *at as u64),
            WriteStep::Truncate(length) => self.file.set_len(*length as u64),
            WriteStep::Sync => self.file.sync_data(),
            WriteStep::SyncAndWait => {
                self.file.sync_data()?;
                std::thread::sleep(READER_GRACE);
                Ok(())
            }
        }
    }

    /// Compares the length of the file, and the bytes that a step overwrites, with those expected.
    fn check_step(&self, step: &WriteStep, current: &[u8], has_effect: bool) -> Result<(), Error> {
        let (from, to) = match step {
            WriteStep::Write(at, bytes) => (*at, (at + bytes.len()).min(current.len())),
            WriteStep::Truncate(length) => (*length, current.len()),
            WriteStep::Sync | WriteStep::SyncAndWait => return Ok(()),
        };
        let expected = current.get(from..to).unwrap_or_default();
        let mut bytes = vec![0; expected.len()];
        let length = self.file.metadata().map_err(|error| self.failed(&error))?.len();
        let is_read = self.file.read_exact_at(&mut bytes, from as u64).is_ok();
        if is_read && bytes == expected && length == current.len() as u64 {
            return Ok(());
        }
        Err(self.foreign_write(has_effect))
    }

    /// Compares the whole file and its inode with those expected.
    fn check_unchanged(&mut self, current: &[u8], has_effect: bool) -> Result<(), Error> {
        let bytes = read(&mut self.file).map_err(|error| self.failed(&error))?;
        let there = fs::metadata(&self.path).map_err(|error| self.failed(&error))?;
        let is_same_file = (there.ino(), there.dev()) == (self.original.ino(), self.original.dev());
        if bytes == current && is_same_file {
            return Ok(());
        }
        Err(self.foreign_write(has_effect))
    }

    fn foreign_write(&self, has_effect: bool) -> Error {
        let effect = if has_effect { "the edit may be lost" } else { "nothing was edited" };
        let message = format!("changed by another program during the edit; {effect}, try again");
        Error::refused(&self.snapshot.name, message)
    }

    /// Makes the modification time differ by a second: Python's cache of compiled files compares
    /// size and second.
    fn advance_mtime(&self, is_same_size: bool) -> io::Result<()> {
        let now = self.file.metadata()?.mtime();
        if !is_same_size || now > self.original.mtime() {
            return Ok(());
        }
        let next = Timespec { tv_sec: self.original.mtime() + 1, tv_nsec: 0 };
        let omit = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
        let set = futimens(&self.file, &Timestamps { last_access: omit, last_modification: next });
        if set.is_err() {
            // Only the owner may set the time; others wait for the next second and write a byte.
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            let into = since.unwrap_or_default().subsec_nanos();
            std::thread::sleep(Duration::from_nanos(1_000_000_000 - u64::from(into)));
            let first = self.snapshot.bytes.get(..1).unwrap_or_default();
            self.file.write_all_at(first, 0)?;
        }
        Ok(())
    }

    fn failed(&self, error: &io::Error) -> Error {
        io_error(&self.snapshot.name, error, "write")
    }
}

fn read(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Returns the name of a file and notes about it; an error for what cannot be a config file.
fn describe(path: &Path) -> Result<(String, Vec<String>), Error> {
    let name = path.display().to_string();
    let is_link = fs::symlink_metadata(path).is_ok_and(|meta| meta.file_type().is_symlink());
    let kind = match fs::metadata(path) {
        Ok(meta) => meta.file_type(),
        Err(error) if is_link && error.kind() == io::ErrorKind::NotFound => {
            let to = fs::read_link(path).unwrap_or_default();
            let what = format!("symlink to {}, which does not exist", to.display());
            return Err(Error::refused(name, what));
        }
        Err(error) => return Err(io_error(&name, &error, "read")),
    };
    if kind.is_dir() {
        return Err(Error::refused(name, "is a directory (expected a file)"));
    }
    if !kind.is_file() {
        return Err(Error::refused(name, "not a regular file"));
    }
    let real = is_link.then(|| fs::canonicalize(path).ok()).flatten();
    let notes = real.map(|real| format!("symlink to {}", real.display()));
    Ok((name, notes.into_iter().collect()))
}

/// Explains why a file cannot be read or written.
fn io_error(name: &str, error: &io::Error, action: &str) -> Error {
    let hint = match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::NOENT) => "no such file (use --config FILE)".to_owned(),
        Some(Errno::ACCESS) => format!("permission denied: this user cannot {action} it"),
        Some(Errno::PERM) => "operation not permitted: is the file immutable (lsattr)?".to_owned(),
        Some(Errno::ROFS) => "on a read-only mount (edit it where it is mounted from)".to_owned(),
        _ => SystemError(error).to_string(),
    };
    Error::refused(name, hint)
}
