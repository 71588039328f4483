//! Keeps two processes from using one state or history.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;

use crate::error::Error;

/// The exclusive use of a state file, until it is dropped: a lock on `FILE.lock`, which holds the
/// number of the process. A process that is killed leaves the file but not the lock.
#[derive(Debug)]
pub struct StateLock {
    path: PathBuf,
    _file: File,
}

/// Times that the lock is tried again because its holder has just removed it.
const LOCK_TRIES: usize = 8;

impl StateLock {
    /// Refuses a state that another process uses.
    pub fn acquire(state: &Path) -> Result<Self, Error> {
        let mut path = state.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        let holder = Self::lock(&path).map_err(|error| Error::input(path.display(), error))?;
        match holder {
            Ok(file) => Ok(Self { path, _file: file }),
            Err(pid) => {
                let process = if pid.is_empty() { String::new() } else { format!(" {pid}") };
                Err(Error::refused(state.display(), format!("in use by process{process}")))
            }
        }
    }

    /// The locked file, or the number of the process that has locked it.
    fn lock(path: &Path) -> io::Result<Result<File, String>> {
        let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).unwrap_or(0);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(flags);
        for _ in 0..LOCK_TRIES {
            let mut file = options.open(path)?;
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(Errno::WOULDBLOCK) => {
                    let mut pid = String::new();
                    file.take(20).read_to_string(&mut pid)?;
                    return Ok(Err(pid.trim().to_owned()));
                }
                Err(error) => return Err(error.into()),
            }
            let is_same =
                |meta: fs::Metadata| meta.ino() == file.metadata().map_or(0, |own| own.ino());
            if fs::metadata(path).is_ok_and(is_same) {
                // A full disk has no room for the number; the lock does not depend on it.
                let written = file.set_len(0);
                let number = written.and_then(|()| writeln!(file, "{}", std::process::id()));
                number.unwrap_or_default();
                return Ok(Ok(file));
            }
        }
        Err(io::Error::other("cannot be locked"))
    }
}

impl Drop for StateLock {
    fn drop(&mut self) {
        // The lock ends with the file. A file that cannot be removed does no harm.
        fs::remove_file(&self.path).unwrap_or_default();
    }
}
