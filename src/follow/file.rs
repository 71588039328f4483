//! Follows files through rotation: renamed and created anew, or copied and truncated.

use std::fs::{self, File, Metadata};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify;
use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

use super::{BATCH_BYTES, Cursor, Disconnected, LINE_MAX, Sender, Updates, gap_line};

/// Bytes at the start of a file, and before a position, that identify them.
const SAMPLE_BYTES: u64 = 256;
/// How long a renamed file is read on: its writer may still have it open.
const LINGER: Duration = Duration::from_secs(10);
/// The longest wait: a file system without inotify is read this often.
const WAIT: Duration = Duration::from_secs(1);

/// The prefix of keys in the state.
pub const KEY: &str = "file:";

/// A position in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCursor {
    inode: u64,
    /// The end of the last line that was sent.
    offset: u64,
    /// Bytes of the start that are hashed.
    head_bytes: u64,
    head_hash: u64,
    /// The same of the bytes before the position: a proxy's first lines are equal at every start.
    #[serde(default)]
    tail_bytes: u64,
    #[serde(default)]
    tail_hash: u64,
}

/// A file to follow.
#[derive(Debug)]
pub struct Followed {
    pub path: PathBuf,
    /// Before each line; empty for a single file.
    pub prefix: String,
    /// Whether a file without a cursor starts with new lines only.
    pub from_now: bool,
    pub cursor: Option<FileCursor>,
}

/// Follows a file until the receiver of the updates ends.
pub fn follow(file: Followed, updates: &Updates) {
    let source = format!("{KEY}{}", file.path.display());
    let mut follower = FileFollower {
        folder: match file.path.parent() {
            Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
            Some(parent) => parent.to_owned(),
            None => PathBuf::from("/"),
        },
        path: file.path,
        prefix: file.prefix,
        sender: Sender::new(source, updates),
        current: None,
        old: None,
        created: 0,
        error: None,
    };
    drop(follower.run(file.from_now, file.cursor));
}

#[derive(Debug)]
struct FileFollower {
    path: PathBuf,
    folder: PathBuf,
    prefix: String,
    sender: Sender,
    current: Option<OpenFile>,
    /// The file before the current one, and until when it is read.
    old: Option<(OpenFile, Instant)>,
    /// Files of this name that appeared since it was last opened.
    created: usize,
    error: Option<String>,
}

#[derive(Debug)]
struct OpenFile {
    file: File,
    cursor: FileCursor,
}

impl FileFollower {
    fn run(&mut self, from_now: bool, cursor: Option<FileCursor>) -> Result<(), Disconnected> {
        let watch = Watch::new(&self.folder, &self.path);
        match cursor {
            Some(cursor) => self.resume(&cursor)?,
            None if from_now => {
                self.current = self.open().ok().flatten();
                if let Some(current) = &mut self.current {
                    current.skip_to_end();
                }
            }
            None => {}
        }
        loop {
            // Before the file is read, so that a later change ends the wait.
            self.created = self.created.saturating_add(watch.take_created());
            self.read()?;
            let is_changed = self.rotate(&watch)?;
            if !is_changed {
                watch.wait(self.old.is_some());
            }
        }
    }

    fn open(&self) -> io::Result<Option<OpenFile>> {
        let open = || {
            // Opening a pipe would wait for its writer.
            if !fs::metadata(&self.path)?.is_file() {
                return Err(io::Error::other("not a regular file"));
            }
            File::open(&self.path).and_then(OpenFile::new)
        };
        match open() {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Continues at a cursor: in this file or in one that it was renamed to, and in all later ones.
    fn resume(&mut self, cursor: &FileCursor) -> Result<(), Disconnected> {
        let files = rotated(&self.folder, &self.path);
        let Some(at) = files.iter().position(|(_, file)| file.is_at(cursor)) else {
            // Compressed or removed; a file with the same name is a new one.
            return self.gap("the file of the last line was not found");
        };
        let last = files.len() - 1;
        for (n, (path, mut file)) in files.into_iter().enumerate().skip(at) {
            if n == at {
                file.cursor = cursor.clone();
            }
            if n == last && path == self.path {
                self.current = Some(file);
            } else {
                self.drain(&mut file, true)?;
            }
        }
        Ok(())
    }

    fn gap(&mut self, what: &str) -> Result<(), Disconnected> {
        let what = format!("{}: {what}; lines may be missing", self.path.display());
        self.sender.lines.extend_from_slice(&gap_line(&self.prefix, &what));
        self.sender.flush(None)
    }

    /// Reads both files to their ends.
    fn read(&mut self) -> Result<(), Disconnected> {
        if let Some((mut old, until)) = self.old.take() {
            let is_over = Instant::now() >= until;
            let is_last = self.current.as_ref().is_none_or(|current| current.cursor.offset == 0);
            self.drain_with(&mut old, is_over, is_last)?;
            self.old = (!is_over).then_some((old, until));
        }
        let Some(mut current) = self.current.take() else { return Ok(()) };
        let result = self.drain(&mut current, false);
        self.current = Some(current);
        result
    }

    /// Sends the lines after the cursor; with `is_final` a last one without a newline too.
    fn drain(&mut self, open: &mut OpenFile, is_final: bool) -> Result<(), Disconnected> {
        self.drain_with(open, is_final, true)
    }

    /// The same; without `moves_cursor` the state keeps the position in a later file.
    fn drain_with(
        &mut self,
        open: &mut OpenFile,
        is_final: bool,
        moves_cursor: bool,
    ) -> Result<(), Disconnected> {
        let (mut buffer, mut have) = (vec![0; BATCH_BYTES], 0);
        loop {
            let at = open.cursor.offset + u64::try_from(have).unwrap_or(0);
            let read = match open.file.read_at(buffer.get_mut(have..).unwrap_or_default(), at) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return self.report(&error),
            };
            have += read;
            // A writer that goes on at its old place in a truncated file leaves a hole before it.
            let zeros = buffer.iter().take(have).take_while(|byte| **byte == 0).count();
            if zeros > 0 {
                open.cursor.offset += u64::try_from(zeros).unwrap_or(0);
                buffer.copy_within(zeros..have, 0);
                have -= zeros;
            }
            let bytes = buffer.get(..have).unwrap_or_default();
            let end = memchr::memrchr(b'\n', bytes).map(|end| end + 1);
            let is_full = have == buffer.len();
            let end = match end {
                Some(end) => end,
                None if have > 0 && ((is_final && read == 0) || have >= LINE_MAX) => have,
                None if is_full => {
                    buffer.resize(buffer.len() * 2, 0);
                    continue;
                }
                None if read == 0 => return Ok(()),
                None => continue,
            };
            // Truncated and written again: these bytes are not those after the cursor.
            if open.is_truncated() {
                return Ok(());
            }
            let (lines, rest) = bytes.split_at_checked(end).unwrap_or_default();
            for line in lines.split_inclusive(|byte| *byte == b'\n') {
                self.sender.lines.extend_from_slice(self.prefix.as_bytes());
                self.sender.lines.extend_from_slice(line);
            }
            if self.sender.lines.last() != Some(&b'\n') {
                self.sender.lines.push(b'\n');
            }
            open.cursor.offset += u64::try_from(end).unwrap_or(0);
            open.update_samples();
            have = rest.len();
            buffer.copy_within(end..end + have, 0);
            self.sender.flush(moves_cursor.then(|| Cursor::File(open.cursor.clone())))?;
        }
    }

    /// Switches to a new file of this name, or to the start of a truncated one. Returns whether it
    /// did.
    fn rotate(&mut self, watch: &Watch) -> Result<bool, Disconnected> {
        let opened = match self.open() {
            Ok(opened) => opened,
            Err(error) => return self.report(&error).map(|()| false),
        };
        if opened.is_some() && self.error.take().is_some() {
            self.sender.report(format!("{}: available again", self.path.display()))?;
        }
        let Some(new) = opened else {
            if self.current.is_none() {
                self.report(&rustix::io::Errno::NOENT.into())?;
            }
            return Ok(false);
        };
        match self.current.take() {
            None => {
                (self.current, self.created) = (Some(new), 0);
                Ok(true)
            }
            Some(mut current) if current.cursor.inode != new.cursor.inode => {
                if let Some((mut old, _)) = self.old.take() {
                    self.drain_with(&mut old, true, false)?;
                }
                if self.created.saturating_add(watch.take_created()) > 1 {
                    self.drain(&mut current, false)?;
                    self.read_between(&current, &new, current.created())?;
                    self.sender.flush(Some(Cursor::File(new.cursor.clone())))?;
                }
                self.created = 0;
                self.old = Some((current, Instant::now() + LINGER));
                self.current = Some(new);
                Ok(true)
            }
            Some(current) if current.is_truncated() => {
                self.read_copy(&current)?;
                (self.current, self.created) = (Some(new), 0);
                Ok(true)
            }
            same => {
                self.current = same;
                self.created = 0;
                Ok(false)
            }
        }
    }

    /// Reads what a truncated file still had from the copy that was made of it.
    fn read_copy(&mut self, truncated: &OpenFile) -> Result<(), Disconnected> {
        let copies = rotated(&self.folder, &self.path);
        let copy = copies.into_iter().rev().find(|(path, copy)| {
            *path != self.path
                && copy.cursor.inode != truncated.cursor.inode
                && copy.has_samples(&truncated.cursor)
        });
        match copy {
            Some((_, mut copy)) => {
                copy.cursor = FileCursor { inode: copy.cursor.inode, ..truncated.cursor.clone() };
                self.drain(&mut copy, true)?;
                // It may have been truncated more than once.
                self.read_between(truncated, &copy, copy.created())
            }
            None => self.gap("it was truncated"),
        }
    }

    /// Reads files that were made since this time beside two that are read already: it was rotated
    /// more than once between two looks.
    fn read_between(
        &mut self,
        old: &OpenFile,
        new: &OpenFile,
        since: Option<SystemTime>,
    ) -> Result<(), Disconnected> {
        let inodes = [old.cursor.inode, new.cursor.inode];
        for (_, mut file) in rotated(&self.folder, &self.path) {
            let is_copy = old.cursor.head_bytes > 0 && file.has_samples(&old.cursor);
            if !inodes.contains(&file.cursor.inode) && file.created() > since && !is_copy {
                self.drain_with(&mut file, true, false)?;
            }
        }
        Ok(())
    }

    /// Reports an error once.
    fn report(&mut self, error: &io::Error) -> Result<(), Disconnected> {
        let what = format!("{}: {}", self.path.display(), crate::error::SystemError(error));
        if self.error.as_ref() == Some(&what) {
            return Ok(());
        }
        self.sender.report(&what)?;
        self.error = Some(what);
        Ok(())
    }
}

impl OpenFile {
    fn new(file: File) -> io::Result<Self> {
        let inode = file.metadata()?.ino();
        let (offset, head_bytes, head_hash, tail_bytes, tail_hash) = (0, 0, 0, 0, 0);
        let cursor = FileCursor { inode, offset, head_bytes, head_hash, tail_bytes, tail_hash };
        Ok(Self { file, cursor })
    }

    fn skip_to_end(&mut self) {
        let length = self.file.metadata().map_or(0, |meta| meta.len());
        // At the end of a line: the rest of an incomplete one is new.
        let start = length.saturating_sub(u64::try_from(LINE_MAX).unwrap_or(0));
        let mut tail = vec![0; usize::try_from(length - start).unwrap_or(0)];
        let read = self.file.read_at(&mut tail, start).unwrap_or(0);
        let end = memchr::memrchr(b'\n', tail.get(..read).unwrap_or_default());
        let end = end.map_or(0, |end| end + 1);
        self.cursor.offset = start + u64::try_from(end).unwrap_or(0);
        self.update_samples();
    }

    /// Hashes the start of the file, as far as it was read, and the bytes before the position.
    fn update_samples(&mut self) {
        let bytes = self.cursor.offset.min(SAMPLE_BYTES);
        if bytes > self.cursor.head_bytes
            && let Some(hash) = self.hash(0, bytes)
        {
            (self.cursor.head_bytes, self.cursor.head_hash) = (bytes, hash);
        }
        let tail = self.hash(self.cursor.offset - bytes, bytes);
        (self.cursor.tail_bytes, self.cursor.tail_hash) = tail.map_or((0, 0), |hash| (bytes, hash));
    }

    fn hash(&self, at: u64, bytes: u64) -> Option<u64> {
        let mut sample = vec![0; usize::try_from(bytes).ok()?];
        self.file.read_exact_at(&mut sample, at).ok()?;
        Some(XxHash3_64::oneshot(&sample))
    }

    /// Whether the file has the cursor's bytes at its start and before its position.
    fn has_samples(&self, of: &FileCursor) -> bool {
        let tail = of.offset.saturating_sub(of.tail_bytes);
        (of.head_bytes == 0 || self.hash(0, of.head_bytes) == Some(of.head_hash))
            && (of.tail_bytes == 0 || self.hash(tail, of.tail_bytes) == Some(of.tail_hash))
    }

    /// Whether the cursor is one of this file.
    fn is_at(&self, cursor: &FileCursor) -> bool {
        let length = self.file.metadata().map_or(0, |meta| meta.len());
        self.cursor.inode == cursor.inode && length >= cursor.offset && self.has_samples(cursor)
    }

    fn is_truncated(&self) -> bool {
        self.file.metadata().is_ok_and(|meta| meta.len() < self.cursor.offset)
            || !self.has_samples(&self.cursor)
    }

    /// When the file was made; of a file system without this time, when it was last written.
    fn created(&self) -> Option<SystemTime> {
        let meta = self.file.metadata().ok()?;
        meta.created().or_else(|_| meta.modified()).ok()
    }
}

/// The file and those it was rotated to (`NAME.1`, `NAME-20261126`; `@…` of svlogd, multilog and
/// s6-log for `current`), oldest first.
fn rotated(folder: &Path, path: &Path) -> Vec<(PathBuf, OpenFile)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let is_rotated = |other: &str| {
        let rest = other.strip_prefix(&name);
        let is_named =
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']));
        let is_other = [".gz", ".zst", ".xz", ".bz2", ".tmp", ".t"];
        (is_named || (name == "current" && other.starts_with('@')))
            && !is_other.iter().any(|end| other.ends_with(end))
    };
    let mut found: Vec<(Metadata, PathBuf, OpenFile)> = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(meta) = fs::metadata(entry.path()) else { continue };
        if meta.is_file()
            && is_rotated(&entry.file_name().to_string_lossy())
            && let Ok(file) = File::open(entry.path()).and_then(OpenFile::new)
        {
            let entry_path =
                if entry.file_name() == name.as_str() { path.to_owned() } else { entry.path() };
            found.push((meta, entry_path, file));
        }
    }
    found.sort_by_key(|(meta, entry, _)| (entry == path, meta.mtime(), meta.mtime_nsec()));
    found.into_iter().map(|(_, path, file)| (path, file)).collect()
}

/// Waits for changes of a file, and in its folder.
#[derive(Debug)]
struct Watch {
    /// `None`: not available.
    events: Option<OwnedFd>,
    folder: PathBuf,
    path: PathBuf,
}

impl Watch {
    fn new(folder: &Path, path: &Path) -> Self {
        let flags = inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK;
        let events = inotify::init(flags).ok();
        let watch = Self { events, folder: folder.to_owned(), path: path.to_owned() };
        watch.add();
        watch
    }

    /// Adds the folder and the file that are there now: either may be another than before, and the
    /// file may be a link into another folder.
    fn add(&self) -> bool {
        let Some(events) = &self.events else { return false };
        let kinds = inotify::WatchFlags::MODIFY
            | inotify::WatchFlags::CREATE
            | inotify::WatchFlags::MOVED_TO
            | inotify::WatchFlags::MOVED_FROM;
        let _ = inotify::add_watch(events, &self.path, inotify::WatchFlags::MODIFY);
        inotify::add_watch(events, &self.folder, kinds).is_ok()
    }

    /// Returns after a change, or after a while without one.
    fn wait(&self, is_rotating: bool) {
        let is_watched = self.add();
        let Some(events) = self.events.as_ref().filter(|_| is_watched) else {
            return thread::sleep(WAIT);
        };
        let wait = if is_rotating { WAIT } else { WAIT * 10 };
        let timeout = Timespec::try_from(wait).ok();
        let _ = poll(&mut [PollFd::new(events, PollFlags::IN)], timeout.as_ref());
    }

    /// Reads the events so far: how many files of this name appeared. Nothing else of them matters,
    /// since the file is read in any case.
    fn take_created(&self) -> usize {
        let Some(events) = &self.events else { return usize::MAX };
        let name = self.path.file_name().unwrap_or_default();
        let kinds = inotify::ReadFlags::CREATE | inotify::ReadFlags::MOVED_TO;
        let (mut buffer, mut count) = ([MaybeUninit::uninit(); 4096], 0_usize);
        let mut reader = inotify::Reader::new(events, &mut buffer);
        while let Ok(event) = reader.next() {
            let of_name = event.file_name().is_some_and(|of| of.to_bytes() == name.as_bytes());
            if event.events().contains(inotify::ReadFlags::QUEUE_OVERFLOW) {
                count = usize::MAX;
            } else if of_name && event.events().intersects(kinds) {
                count = count.saturating_add(1);
            }
        }
        count
    }
}
