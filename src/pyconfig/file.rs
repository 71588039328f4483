//! The file itself: found, locked, read, and replaced in place under the same inode. The folder
//! need not be writable, and nothing is left beside the file.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Seek};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use rustix::fs::{FlockOperation, Timespec, Timestamps, UTIME_OMIT, flock, futimens};
use rustix::io::Errno;

use super::leftover::{Found, look, settled};
use super::shield::{Step, steps};
use crate::error::{Error, Plain};

/// A config file that was looked at.
#[derive(Debug)]
pub struct Seen {
    /// What messages call it.
    pub name: String,
    /// Its bytes, with an interrupted edit thought to its end.
    pub bytes: Vec<u8>,
    /// What is worth telling about it.
    pub told: Vec<String>,
}

impl Seen {
    /// What it says.
    pub fn config(&self) -> Result<super::Config<'_>, Error> {
        super::read(&self.bytes).map_err(|fault| fault.of(&self.name))
    }
}

/// A config file that is held for an edit: nobody else's edit comes in between.
#[derive(Debug)]
pub struct Held {
    /// What was seen of it.
    pub seen: Seen,
    path: PathBuf,
    file: File,
    was: Metadata,
}

/// How long another edit may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked whether it is over.
const LOOK: Duration = Duration::from_millis(3);
/// How long a reader may take from its first byte to its last.
const GRACE: Duration = Duration::from_millis(2);

/// Looks at a config file.
pub fn see(path: &Path) -> Result<Seen, Error> {
    let (name, told) = named(path)?;
    let mut file = File::open(path).map_err(|error| refused(&name, &error, "read"))?;
    let lock = || flock(&file, FlockOperation::NonBlockingLockShared);
    let until = Instant::now() + Duration::from_secs(1);
    while lock() == Err(Errno::WOULDBLOCK) && Instant::now() < until {
        std::thread::sleep(LOOK); // an edit is under way; what is there can be read all the same
    }
    let bytes = read(&mut file).map_err(|error| refused(&name, &error, "read"))?;
    Ok(Seen { name, bytes: settled(bytes), told })
}

/// Takes hold of a config file, and puts right what an interrupted edit left in it.
pub fn hold(path: &Path) -> Result<Held, Error> {
    let (name, told) = named(path)?;
    let failed = |error: io::Error| refused(&name, &error, "written");
    let until = Instant::now() + PATIENCE;
    let (mut file, was) = loop {
        let file = OpenOptions::new().read(true).write(true).open(path).map_err(failed)?;
        while let Err(error) = flock(&file, FlockOperation::NonBlockingLockExclusive) {
            if error != Errno::WOULDBLOCK {
                return Err(failed(error.into()));
            }
            if Instant::now() > until {
                return Err(Error::refused(&name, "another mtp-users has held it for 30 s"));
            }
            std::thread::sleep(LOOK);
        }
        // An editor may have put another file in its place meanwhile.
        let (own, there) = (file.metadata().map_err(failed)?, fs::metadata(path).map_err(failed)?);
        if (own.ino(), own.dev()) == (there.ino(), there.dev()) {
            break (file, own);
        }
    };
    let bytes = read(&mut file).map_err(failed)?;
    let mut held = Held { seen: Seen { name, bytes, told }, path: path.to_owned(), file, was };
    held.put_right()?;
    Ok(held)
}

impl Held {
    fn put_right(&mut self) -> Result<(), Error> {
        let mut is_finished = None;
        loop {
            let (steps, is_new) = match look(&self.seen.bytes) {
                Found::Whole => break,
                Found::Rest(keep, is_done) => (vec![Step::Cut(keep), Step::Settle], is_done),
                Found::Shielded(_, steps) => (steps, true),
                Found::Folded(_, steps, is_new) => (steps, is_new),
            };
            for step in &steps {
                self.make(step).map_err(|error| self.failed(&error))?;
                step.done(&mut self.seen.bytes);
            }
            is_finished = Some(is_new);
        }
        if let Some(is_new) = is_finished {
            let said = if is_new { "finished" } else { "undone" };
            self.seen.told.push(format!("an edit that had been interrupted was {said}"));
            self.was = self.file.metadata().map_err(|error| self.failed(&error))?;
        }
        Ok(())
    }

    /// Replaces the text. `starts` are the places where statements begin in what is there and in
    /// what comes.
    pub fn replace(&mut self, new: &str, starts: [&[usize]; 2]) -> Result<(), Error> {
        let old = std::str::from_utf8(&self.seen.bytes).unwrap_or_default().to_owned();
        if old == new {
            return Ok(());
        }
        let steps = steps(&old, new, starts);
        let (before, after) = steps.all.split_at(steps.commit);
        self.unchanged(old.as_bytes())?;
        let mut now = old.clone().into_bytes();
        for step in before {
            self.make(step).map_err(|error| {
                if now.starts_with(old.as_bytes()) {
                    drop(self.file.set_len(old.len() as u64));
                }
                Error::refused(&self.seen.name, format!("{}; nothing was changed", Plain(&error)))
            })?;
            step.done(&mut now);
        }
        self.unchanged(&now)?;
        for step in after {
            self.make(step).map_err(|error| {
                let what = "the edit is in force, and the next run finishes it";
                Error::refused(&self.seen.name, format!("{}; {what}", Plain(&error)))
            })?;
        }
        self.outdate(old.len() == new.len()).map_err(|error| self.failed(&error))?;
        self.seen.bytes = new.as_bytes().to_vec();
        Ok(())
    }

    fn make(&self, step: &Step) -> io::Result<()> {
        match step {
            Step::Write(at, bytes) => self.file.write_all_at(bytes, *at as u64),
            Step::Cut(length) => self.file.set_len(*length as u64),
            Step::Sync => self.file.sync_data(),
            Step::Settle => {
                self.file.sync_data()?;
                std::thread::sleep(GRACE);
                Ok(())
            }
        }
    }

    /// Whether the file is what it should be now: an editor asks no lock.
    fn unchanged(&mut self, want: &[u8]) -> Result<(), Error> {
        let have = read(&mut self.file).map_err(|error| self.failed(&error))?;
        let there = fs::metadata(&self.path).map_err(|error| self.failed(&error))?;
        let is_same = (there.ino(), there.dev()) == (self.was.ino(), self.was.dev());
        if have == want && is_same {
            return Ok(());
        }
        let what = "was changed by someone else meanwhile; nothing was edited, try again";
        Err(Error::refused(&self.seen.name, what))
    }

    /// Python keeps what it compiled by a file's size and the second of its change: two edits in
    /// one second that leave the size alone would go unnoticed.
    fn outdate(&self, is_same_size: bool) -> io::Result<()> {
        let now = self.file.metadata()?.mtime();
        if !is_same_size || now > self.was.mtime() {
            return Ok(());
        }
        let next = Timespec { tv_sec: self.was.mtime() + 1, tv_nsec: 0 };
        let omit = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
        let set = futimens(&self.file, &Timestamps { last_access: omit, last_modification: next });
        if set.is_err() {
            // Only its owner may choose the time; a writer may wait for it.
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            let into = since.unwrap_or_default().subsec_nanos();
            std::thread::sleep(Duration::from_nanos(1_000_000_000 - u64::from(into)));
            let first = self.seen.bytes.get(..1).unwrap_or_default();
            self.file.write_all_at(first, 0)?;
        }
        Ok(())
    }

    fn failed(&self, error: &io::Error) -> Error {
        refused(&self.seen.name, error, "written")
    }
}

fn read(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What to call a file, and what is special about it; an error for what can be no config file.
fn named(path: &Path) -> Result<(String, Vec<String>), Error> {
    let name = path.display().to_string();
    let is_link = fs::symlink_metadata(path).is_ok_and(|meta| meta.file_type().is_symlink());
    let kind = match fs::metadata(path) {
        Ok(meta) => meta.file_type(),
        Err(error) if is_link && error.kind() == io::ErrorKind::NotFound => {
            let to = fs::read_link(path).unwrap_or_default();
            let what = format!("is a symlink to {}, which is not there", to.display());
            return Err(Error::refused(name, what));
        }
        Err(error) => return Err(refused(&name, &error, "read")),
    };
    if kind.is_dir() {
        return Err(Error::refused(name, "is a directory; --config names the file in it"));
    }
    if !kind.is_file() {
        return Err(Error::refused(name, "is no regular file"));
    }
    let real = is_link.then(|| fs::canonicalize(path).ok()).flatten();
    let told = real.map(|real| format!("is a symlink: {} is meant", real.display()));
    Ok((name, told.into_iter().collect()))
}

/// Why a file cannot be read or written, and what would help.
fn refused(name: &str, error: &io::Error, done: &str) -> Error {
    let hint = match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::NOENT) => "there is no such file; --config FILE names another".to_owned(),
        Some(Errno::ACCESS) => format!("may not be {done} by this user"),
        Some(Errno::PERM) => format!("may not be {done}, not even so: is it immutable (lsattr)?"),
        Some(Errno::ROFS) => "is on a read-only mount; edit it where it is mounted from".to_owned(),
        _ => Plain(error).to_string(),
    };
    Error::refused(name, hint)
}
