//! A file replaced as a whole: whoever opens it finds the old one or the new one, never a part.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use crate::error::Error;

/// Writes the file beside its place and renames it there. A file that is there keeps its mode and
/// owner; a link stays a link; what is no regular file (a pipe, `/dev/stdout`) is written to.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = |error| Error::input(path.display(), error);
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let there = fs::metadata(&place).ok();
    match &there {
        Some(meta) if meta.is_dir() => return Err(failed(Errno::ISDIR.into())),
        Some(meta) if !meta.is_file() => {
            let opened = OpenOptions::new().write(true).open(&place);
            return opened.and_then(|mut file| file.write_all(bytes)).map_err(failed);
        }
        Some(_) | None => {}
    }
    let beside = beside(&place);
    let written = write(&beside, bytes, there.as_ref()).and_then(|()| fs::rename(&beside, &place));
    if written.is_err() {
        drop(fs::remove_file(&beside));
    }
    written.map_err(failed)
}

/// A name of its own in the same folder, which no `*.prom` or `*.html` matches.
fn beside(place: &Path) -> PathBuf {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    place.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

fn write(beside: &Path, bytes: &[u8], there: Option<&fs::Metadata>) -> io::Result<()> {
    drop(fs::remove_file(beside)); // left by a run of the same number that was killed
    let mut file = OpenOptions::new().write(true).create_new(true).open(beside)?;
    if let Some(meta) = there {
        // Only root may give a file away; for all others it is theirs.
        own(&file, meta).unwrap_or_default();
        file.set_permissions(meta.permissions())?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}

/// Gives the file to whom the old one belonged.
fn own(file: &File, meta: &fs::Metadata) -> rustix::io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let (uid, gid) = (rustix::fs::Uid::from_raw(meta.uid()), rustix::fs::Gid::from_raw(meta.gid()));
    rustix::fs::fchown(file, Some(uid), Some(gid))
}
