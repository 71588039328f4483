//! The `--users` file: read at the start, and again when it changes.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::error::Error;
use crate::formats::secret_index::SecretIndex;
use crate::io::read_file::{CONFIG_MAX, read_file};
use crate::io::reporter::Reporter;
use crate::pyconfig;

/// Under load the file is checked once in so many lines.
const LINES: u32 = 1024;

#[derive(Debug)]
pub(super) struct UsersFile {
    path: PathBuf,
    state: Option<FileState>,
    lines: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileState {
    changed: SystemTime,
    size: u64,
    inode: u64,
}

impl UsersFile {
    /// Reads the file for the first time: it must exist and have users.
    pub(super) fn open(path: PathBuf) -> Result<(Self, SecretIndex), Error> {
        let mut file = Self { path, state: None, lines: 0 };
        file.state = file.state();
        let secrets = file.read()?;
        if secrets.is_empty() {
            let what = "no user with a secret (expected USERS = {\"name\": \"32 digits\"})";
            return Err(Error::refused(file.path.display(), what));
        }
        Ok((file, secrets))
    }

    /// Has the file checked before the next line.
    pub(super) fn idle(&mut self) {
        self.lines = LINES;
    }

    /// The users, if they changed. While the file cannot be read, or is being written and has no
    /// users, the last ones are kept.
    pub(super) fn changed(&mut self, reporter: Reporter) -> Option<SecretIndex> {
        self.lines += 1;
        if self.lines < LINES {
            return None;
        }
        self.lines = 0;
        let now = self.state();
        if now == self.state {
            return None;
        }
        match self.read() {
            Ok(secrets) if secrets.is_empty() => None,
            Ok(secrets) => {
                self.state = now;
                Some(secrets)
            }
            Err(error) => {
                reporter.print(format_args!("{error}; the last users are kept"));
                self.state = now;
                None
            }
        }
    }

    fn state(&self) -> Option<FileState> {
        let meta = fs::metadata(&self.path).ok()?;
        let inode = std::os::unix::fs::MetadataExt::ino(&meta);
        Some(FileState { changed: meta.modified().ok()?, size: meta.len(), inode })
    }

    fn read(&self) -> Result<SecretIndex, Error> {
        let bytes = read_file(&self.path, CONFIG_MAX)
            .map_err(|error| Error::input(self.path.display(), error))?;
        let users =
            pyconfig::users(&bytes).map_err(|error| error.into_error(self.path.display()))?;
        Ok(SecretIndex::new(users))
    }
}
