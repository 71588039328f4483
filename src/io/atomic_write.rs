//! Files replaced as a whole: a reader finds the old one or the new one, never a part.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, Gid, OFlags, Uid, fchown, fcntl_setfl, flock};
use rustix::io::Errno;
use tempfile::NamedTempFile;

use crate::error::Error;

/// Who may read a file that is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewFile {
    /// Its owner.
    Private,
    /// Whom the umask allows.
    Shared,
}

/// How many links are followed.
const LINKS_MAX: usize = 16;
/// How often a temporary file is made anew that another process removed.
const TRIES: usize = 8;
/// How the names of temporary files end.
const SUFFIX: &str = ".tmp";

/// When a file is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Durability {
    /// Before the call returns.
    Synced,
    /// When the kernel writes it.
    Unsynced,
}

/// Replaces a file by these bytes; see [`replace_with`].
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    replace_with(path, NewFile::Shared, |file| file.write_all(bytes))
}

/// Replaces a private file as [`replace_with`] does, but does not wait until it is on the disk, and
/// leaves abandoned temporary files to that.
pub fn replace_quickly(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let write = |file: &mut dyn Write| file.write_all(bytes);
    place(path, NewFile::Private, Durability::Unsynced, write)
        .map_err(|error| Error::input(path.display(), error))
}

/// Writes a temporary file in the same folder and renames it. A file that is there keeps its mode
/// and owner; a link stays a link; what is not a regular file (a pipe, `/dev/stdout`) is written to.
/// In a folder where anybody may write, links and files of other users are refused. Temporary files
/// that a killed process left are removed.
pub fn replace_with(
    path: &Path,
    new: NewFile,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    place(path, new, Durability::Synced, write).map_err(|error| Error::input(path.display(), error))
}

fn place(
    path: &Path,
    new: NewFile,
    durability: Durability,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(meta) if meta.is_dir() => return Err(Errno::ISDIR.into()),
        Ok(meta) if !meta.is_file() => return write(&mut open_device(path)?),
        Ok(_) | Err(_) => {}
    }
    let path = target(path)?;
    let old = fs::symlink_metadata(&path).ok();
    if let Some(old) = &old {
        refuse_planted(&path, old)?;
    }
    if durability == Durability::Synced {
        remove_abandoned(&path);
    }
    let mut file = temporary(&path, new)?;
    if let Some(old) = &old {
        // Only root may give a file away; all others own the file that is there.
        let (uid, gid) = (Uid::from_raw(old.uid()), Gid::from_raw(old.gid()));
        fchown(file.as_file(), Some(uid), Some(gid)).unwrap_or_default();
        file.as_file().set_permissions(old.permissions())?;
    }
    write(file.as_file_mut())?;
    if durability == Durability::Unsynced {
        file.persist(&path)?;
        return Ok(());
    }
    persist(file, &path)
}

/// Creates a file of mode 0600 that will replace a path by [`persist`].
pub fn temporary_for(path: &Path) -> io::Result<NamedTempFile> {
    remove_abandoned(path);
    temporary(path, NewFile::Private)
}

/// Gives a temporary file its path, and waits until both are on the disk.
pub fn persist(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(folder(path))?.sync_all()
}

/// Creates a file that is written as a stream goes on, or empties it. Links and files of other users
/// are refused as by [`replace_with`], and so is a file that is one of these inputs.
pub fn create(path: &Path, inputs: &[PathBuf]) -> Result<File, Error> {
    open_stream(path, inputs).map_err(|error| Error::input(path.display(), error))
}

fn open_stream(path: &Path, inputs: &[PathBuf]) -> io::Result<File> {
    if let Ok(there) = fs::metadata(path) {
        if !there.is_file() && !there.is_dir() {
            return open_device(path);
        }
        let is_it = |input: &Path| {
            let input = if input.as_os_str() == "-" { Path::new("/dev/stdin") } else { input };
            let meta = fs::metadata(input).ok();
            meta.is_some_and(|meta| (meta.dev(), meta.ino()) == (there.dev(), there.ino()))
        };
        let has_stdin = inputs.is_empty() && is_it(Path::new("-"));
        if has_stdin || inputs.iter().any(|input| is_it(input)) {
            return Err(io::Error::other("this file is also an input; write to another file"));
        }
    }
    let path = target(path)?;
    if let Ok(old) = fs::symlink_metadata(&path) {
        refuse_planted(&path, &old)?;
    }
    let flags = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or(0);
    OpenOptions::new().write(true).create(true).truncate(true).custom_flags(flags).open(path)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Opens a pipe or device. A pipe without a reader is an error, not a wait.
fn open_device(path: &Path) -> io::Result<File> {
    let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    let file = OpenOptions::new().write(true).custom_flags(nonblocking).open(path)?;
    fcntl_setfl(&file, OFlags::empty())?;
    Ok(file)
}

/// The path behind links.
fn target(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        let Ok(meta) = fs::symlink_metadata(&path) else { return Ok(path) };
        if !meta.is_symlink() {
            return Ok(path);
        }
        refuse_planted(&path, &meta)?;
        path = folder(&path).join(fs::read_link(&path)?);
    }
    Err(Errno::LOOP.into())
}

/// Refuses a link or file of another user in a folder where anybody may write, as the kernel does
/// with `fs.protected_symlinks` and `fs.protected_regular`.
fn refuse_planted(path: &Path, meta: &Metadata) -> io::Result<()> {
    const STICKY_AND_WORLD_WRITABLE: u32 = 0o1002;
    let folder = fs::metadata(folder(path))?;
    let is_open = folder.mode() & STICKY_AND_WORLD_WRITABLE == STICKY_AND_WORLD_WRITABLE;
    let own = rustix::process::geteuid().as_raw();
    if is_open && meta.uid() != own && meta.uid() != folder.uid() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "belongs to another user, in a folder where anybody may write",
        ));
    }
    Ok(())
}

/// How the names of the temporary files of a path begin. No `*.prom` or `*.html` matches them.
fn prefix(path: &Path) -> String {
    format!(".{}.", path.file_name().unwrap_or_default().to_string_lossy())
}

/// A locked temporary file beside the path.
fn temporary(path: &Path, new: NewFile) -> io::Result<NamedTempFile> {
    let folder = folder(path);
    let prefix = prefix(path);
    let mode = match new {
        NewFile::Private => 0o600,
        NewFile::Shared => 0o666,
    };
    for _ in 0..TRIES {
        let file = tempfile::Builder::new()
            .prefix(&prefix)
            .suffix(SUFFIX)
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder)?;
        flock(file.as_file(), FlockOperation::NonBlockingLockExclusive)?;
        let own = file.as_file().metadata()?.ino();
        if fs::symlink_metadata(file.path()).is_ok_and(|meta| meta.ino() == own) {
            return Ok(file);
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Removes the temporary files of a path that no process has locked: their writers were killed.
fn remove_abandoned(path: &Path) {
    let (folder, prefix) = (folder(path), prefix(path));
    let own = rustix::process::geteuid().as_raw();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_temporary = name.starts_with(&prefix) && name.ends_with(SUFFIX);
        let is_own = || entry.metadata().is_ok_and(|meta| meta.is_file() && meta.uid() == own);
        if !is_temporary || !is_own() {
            continue;
        }
        let Ok(file) = File::open(entry.path()) else { continue };
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok() {
            drop(fs::remove_file(entry.path()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    type Replace = fn(&Path, &[u8]) -> Result<(), Error>;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn mode_and_link_stay_and_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("state"), folder.path().join("link"));
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        symlink("state", &link).unwrap();
        for (text, write) in [("new", replace as Replace), ("newer", replace_quickly)] {
            write(&link, text.as_bytes()).unwrap();
            assert_eq!(fs::read(&path).unwrap(), text.as_bytes());
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o640);
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        }
        assert_eq!(names(folder.path()), ["link", "state"]);
    }

    #[test]
    fn a_failed_write_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        fs::write(&path, "old").unwrap();
        let failed = replace_with(&path, NewFile::Private, |file| {
            file.write_all(b"half")?;
            Err(Errno::NOSPC.into())
        });
        assert!(failed.unwrap_err().to_string().ends_with("No space left on device"));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["state"]);
    }

    #[test]
    fn new_files_are_private_where_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        replace_with(&path, NewFile::Private, |file| file.write_all(b"x")).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }

    /// What a killed process left goes; what a process that runs is writing stays.
    #[test]
    fn abandoned_temporary_files_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        fs::write(folder.path().join(".state.abcdef.tmp"), "left").unwrap();
        fs::write(folder.path().join(".other.abcdef.tmp"), "of another").unwrap();
        let busy = temporary(&path, NewFile::Private).unwrap();
        replace(&path, b"new").unwrap();
        assert!(busy.path().exists());
        drop(busy);
        assert_eq!(names(folder.path()), [".other.abcdef.tmp", "state"]);
    }

    #[test]
    fn a_link_of_another_user_in_a_shared_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o1777)).unwrap();
        let (victim, link) = (folder.path().join("victim"), folder.path().join("page"));
        fs::write(&victim, "kept").unwrap();
        symlink("victim", &link).unwrap();
        if rustix::fs::chownat(
            rustix::fs::CWD,
            &link,
            Some(Uid::from_raw(65_534)),
            None,
            rustix::fs::AtFlags::SYMLINK_NOFOLLOW,
        )
        .is_err()
        {
            return; // only root can make a link of another user
        }
        // The folder's owner is this user, and so is the link's not.
        let error = replace(&link, b"new").unwrap_err().to_string();
        assert!(error.contains("belongs to another user"), "{error}");
        assert_eq!(fs::read(&victim).unwrap(), b"kept");
    }

    #[test]
    fn a_stream_is_not_written_over_its_input() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("log"), folder.path().join("link"));
        fs::write(&path, "kept").unwrap();
        symlink("log", &link).unwrap();
        for output in [&path, &link] {
            let error = create(output, std::slice::from_ref(&path)).unwrap_err().to_string();
            assert!(error.contains("also an input"), "{error}");
        }
        assert_eq!(fs::read(&path).unwrap(), b"kept");
        create(&link, &[]).unwrap().write_all(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn a_pipe_without_a_reader_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &path,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::from_raw_mode(0o600),
            0,
        )
        .unwrap();
        assert!(replace(&path, b"x").is_err());
    }
}
