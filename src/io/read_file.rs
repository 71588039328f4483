//! Reads a whole file of bounded size.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{OFlags, fcntl_setfl};
use rustix::io::Errno;

/// The largest configuration file: 100,000 users take 6 MB.
pub const CONFIG_MAX: u64 = 64 << 20;

/// Reads a regular file of at most `max` bytes. Pipes, devices and larger files are refused: they
/// could block, or fill the memory.
pub fn read_file(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let too_large = || io::Error::other(format!("larger than {max} bytes"));
    if meta.len() > max {
        return Err(too_large());
    }
    // A sparse file is long and takes no room on the disk.
    let mut bytes = Vec::new();
    bytes.try_reserve(usize::try_from(meta.len()).unwrap_or(0)).map_err(|_| Errno::NOMEM)?;
    file.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max {
        return Err(too_large());
    }
    Ok(bytes)
}

/// Opens any file for reading. A pipe without a writer opens at once, and is waited for by polling.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    fcntl_setfl(&file, OFlags::empty())?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_files_devices_and_pipes_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, b"12345").unwrap();
        assert_eq!(read_file(&path, 5).unwrap(), b"12345");
        assert_eq!(read_file(&path, 4).unwrap_err().to_string(), "larger than 4 bytes");
        let sparse = folder.path().join("sparse");
        File::create(&sparse).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(read_file(&sparse, 5).unwrap_err().to_string(), "larger than 5 bytes");
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .unwrap();
        for refused in [pipe.as_path(), Path::new("/dev/zero"), folder.path()] {
            assert_eq!(read_file(refused, 5).unwrap_err().to_string(), "not a regular file");
        }
        assert_eq!(
            read_file(&folder.path().join("none"), 5).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
    }
}
