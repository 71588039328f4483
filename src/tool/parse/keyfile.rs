//! The `--users` file: read at the start, and again when it changes.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::error::Error;
use crate::formats::secret_index::SecretIndex;
use crate::io::reporter::Reporter;
use crate::pyconfig;

/// Under load it is looked at once in so many lines.
const LINES: u32 = 1024;
/// The largest file that is read: 100,000 users take 6 MB.
const SIZE_MAX: u64 = 64 << 20;

/// A config file and what it was like when it was read.
#[derive(Debug)]
pub(super) struct KeyFile {
    path: PathBuf,
    seen: Option<ConfigSnapshot>,
    lines: u32,
}

/// What tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ConfigSnapshot {
    changed: SystemTime,
    size: u64,
    inode: u64,
}

impl KeyFile {
    /// Reads it for the first time: then it must be there and have users.
    pub(super) fn open(path: PathBuf) -> Result<(Self, SecretIndex), Error> {
        let mut file = Self { path, seen: None, lines: 0 };
        file.seen = file.look();
        let keys = file.read()?;
        if keys.is_empty() {
            let what = "no user with a secret: USERS = {\"name\": \"32 digits\"} is looked for";
            return Err(Error::refused(file.path.display(), what));
        }
        Ok((file, keys))
    }

    /// The input is idle: the next line is a good moment to look.
    pub(super) fn idle(&mut self) {
        self.lines = LINES;
    }

    /// Before a line: the users, if they changed. While the file cannot be read, or is being
    /// written and has no users, those known before are kept.
    pub(super) fn changed(&mut self, reporter: Reporter) -> Option<SecretIndex> {
        self.lines += 1;
        if self.lines < LINES {
            return None;
        }
        self.lines = 0;
        let now = self.look();
        if now == self.seen {
            return None;
        }
        match self.read() {
            Ok(keys) if keys.is_empty() => None,
            Ok(keys) => {
                self.seen = now;
                Some(keys)
            }
            Err(error) => {
                reporter.print(format_args!("{error}; the users known before are kept"));
                self.seen = now;
                None
            }
        }
    }

    fn look(&self) -> Option<ConfigSnapshot> {
        let meta = fs::metadata(&self.path).ok()?;
        let inode = std::os::unix::fs::MetadataExt::ino(&meta);
        Some(ConfigSnapshot { changed: meta.modified().ok()?, size: meta.len(), inode })
    }

    fn read(&self) -> Result<SecretIndex, Error> {
        let failed = |error| Error::input(self.path.display(), error);
        if fs::metadata(&self.path).map_err(failed)?.len() > SIZE_MAX {
            return Err(Error::refused(self.path.display(), "larger than any config.py"));
        }
        let bytes = fs::read(&self.path).map_err(failed)?;
        let users =
            pyconfig::users(&bytes).map_err(|error| error.into_error(self.path.display()))?;
        Ok(SecretIndex::new(users))
    }
}
