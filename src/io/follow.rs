//! A file that grows, or a pipe, read as far as it is written: whole lines, without a wait.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::line_buffer::LineBuffer;
use crate::error::Error;

/// How much is read at once.
const READ: usize = 64 * 1024;

/// How much of a pipe is read before others have their turn: a writer may be as fast as this.
const AT_ONCE: usize = 4 * 1024 * 1024;

/// A file that is followed.
#[derive(Debug)]
pub struct Follow {
    path: PathBuf,
    open: Option<Open>,
    buffer: LineBuffer,
}

#[derive(Debug)]
struct Open {
    file: File,
    is_file: bool,
    inode: u64,
    has_ended: bool,
    /// A pipe that nobody writes to at present: always ready, with nothing in it.
    is_idle: bool,
}

impl Follow {
    /// Follows a file, pipe, or standard input for `-`.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let mut new = Self { path: path.to_owned(), open: None, buffer: LineBuffer::new(READ) };
        new.open = Some(new.reopen().map_err(|error| new.failed(error))?);
        Ok(new)
    }

    fn failed(&self, error: io::Error) -> Error {
        Error::input(self.path.display(), error)
    }

    fn reopen(&self) -> io::Result<Open> {
        let file = if self.path.as_os_str() == "-" {
            File::from(io::stdin().as_fd().try_clone_to_owned()?)
        } else {
            // A pipe nobody writes to yet must not hold the opening up.
            let nonblocking = rustix::fs::OFlags::NONBLOCK.bits();
            let flags = i32::try_from(nonblocking).unwrap_or(0);
            OpenOptions::new().read(true).custom_flags(flags).open(&self.path)?
        };
        let meta = file.metadata()?;
        if meta.is_dir() {
            return Err(Errno::ISDIR.into());
        }
        let (is_file, inode) = (meta.is_file(), meta.ino());
        Ok(Open { file, is_file, inode, has_ended: false, is_idle: false })
    }

    /// What can be waited for, where waiting makes sense: a pipe that is still written to. A file
    /// is always ready, and so is a pipe between two writers: these are looked at now and then.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        let open = self.open.as_ref()?;
        (!open.is_file && !open.has_ended && !open.is_idle).then(|| open.file.as_fd())
    }

    /// How many lines were left out because they are longer than
    /// [`LINE_MAX`](super::line_buffer::LINE_MAX).
    pub fn cut(&self) -> u64 {
        self.buffer.cut()
    }

    /// Gives the whole lines that were written since. A file that was replaced or truncated is
    /// read from its beginning. A line that is too long is left out.
    pub fn lines(&mut self, each: &mut dyn FnMut(&[u8])) -> Result<(), Error> {
        let Some(mut open) = self.open.take() else { return Ok(()) };
        let read = self.drain(&mut open, each).and_then(|()| {
            if let Some(new) = self.successor(&mut open)? {
                open = new;
                self.buffer.restart();
                self.drain(&mut open, each)?;
            }
            Ok(())
        });
        self.open = Some(open);
        read.map_err(|error| self.failed(error))
    }

    /// The file that has taken the name over, or this one again if it was truncated.
    fn successor(&self, open: &mut Open) -> io::Result<Option<Open>> {
        if !open.is_file {
            return Ok(None);
        }
        let at = open.file.stream_position()?;
        if open.file.metadata()?.len() < at {
            open.file.rewind()?;
            let file = open.file.try_clone()?;
            return Ok(Some(Open { file, ..*open }));
        }
        let is_other =
            fs::metadata(&self.path).is_ok_and(|meta| meta.is_file() && meta.ino() != open.inode);
        if is_other { self.reopen().map(Some) } else { Ok(None) }
    }

    fn drain(&mut self, open: &mut Open, each: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        let mut taken = 0;
        while !open.has_ended && (open.is_file || (taken < AT_ONCE && is_ready(open.file.as_fd())?))
        {
            match self.buffer.read_from(&mut open.file) {
                Ok(0) => {
                    // A pipe may get another writer; one that was opened and never written to has
                    // not had its first yet.
                    open.is_idle = !open.is_file;
                    open.has_ended = open.is_idle && !self.is_named_pipe(&open.file);
                    break;
                }
                Ok(read) => {
                    open.is_idle = false;
                    taken += read;
                    while let Some(line) = self.buffer.take_line() {
                        if !line.is_cut {
                            each(line.text);
                        }
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn is_named_pipe(&self, file: &File) -> bool {
        let is_pipe = file.metadata().is_ok_and(|meta| meta.file_type().is_fifo());
        is_pipe && self.path.as_os_str() != "-"
    }
}

fn is_ready(fd: BorrowedFd<'_>) -> io::Result<bool> {
    let mut all = [PollFd::from_borrowed_fd(fd, PollFlags::IN)];
    match poll(&mut all, Some(&Timespec::default())) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::line_buffer::LINE_MAX;
    use super::*;

    fn lines(follow: &mut Follow) -> Vec<String> {
        let mut found = Vec::new();
        follow.lines(&mut |line| found.push(String::from_utf8_lossy(line).into_owned())).unwrap();
        found
    }

    #[test]
    fn a_file_grows_is_truncated_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events");
        fs::write(&path, "one\ntw").unwrap();
        let mut follow = Follow::open(&path).unwrap();
        assert_eq!(lines(&mut follow), ["one"]);
        assert!(lines(&mut follow).is_empty(), "an unfinished line is not a line yet");
        let mut more = OpenOptions::new().append(true).open(&path).unwrap();
        more.write_all(b"o\nthree\n").unwrap();
        assert_eq!(lines(&mut follow), ["two", "three"]);
        fs::write(&path, "x\n").unwrap();
        assert_eq!(lines(&mut follow), ["x"]);
        let long = vec![b'y'; 3 * LINE_MAX];
        fs::write(folder.path().join("new"), [&long[..], b"\nafter\n"].concat()).unwrap();
        fs::rename(folder.path().join("new"), &path).unwrap();
        assert_eq!(lines(&mut follow), ["after"]);
        assert_eq!(follow.cut(), 1);
        assert!(lines(&mut follow).is_empty());
    }
}
