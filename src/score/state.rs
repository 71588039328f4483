//! The book on disk: a magic word and version, the book, its length and checksum. Written beside
//! and renamed, so that whoever reads finds the old one or the new one, whole.

use std::fs;
use std::hash::Hasher;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use twox_hash::XxHash3_64;

use super::book::ScoreState;
use crate::error::Error;

const MAGIC: &[u8; 8] = b"MTPSCORE";
/// The form of the book. Another form is refused, never guessed at.
const VERSION: u32 = 5;
/// Magic word and version before, length and checksum after.
const HEAD: usize = MAGIC.len() + 4;
const TAIL: usize = 8 + 8;

/// Loads a book. `None`: there is no file yet.
pub fn load(path: &Path) -> Result<Option<ScoreState>, Error> {
    let name = path.display();
    let mut bytes = Vec::new();
    match fs::File::open(path) {
        Ok(mut file) => file.read_to_end(&mut bytes).map_err(|error| Error::input(&name, error))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::input(&name, error)),
    };
    read(&bytes).map(Some).map_err(|why| {
        Error::refused(&name, format!("{why}; it is left alone: move it away to begin anew"))
    })
}

fn read(bytes: &[u8]) -> Result<ScoreState, String> {
    let (magic, rest) = bytes.split_at_checked(MAGIC.len()).ok_or("it is no state of mtp-score")?;
    if magic != MAGIC {
        return Err("it is no state of mtp-score".into());
    }
    let (version, _) = rest.split_first_chunk().ok_or("it is cut short")?;
    let version = u32::from_le_bytes(*version);
    if version != VERSION {
        return Err(format!("its version is {version}, and this program knows {VERSION}"));
    }
    let end = bytes.len().checked_sub(TAIL).filter(|end| *end >= HEAD).ok_or("it is cut short")?;
    let body = bytes.get(HEAD..end).ok_or("it is cut short")?;
    let (length, rest) =
        bytes.get(end..).and_then(|tail| tail.split_first_chunk()).ok_or("it is cut short")?;
    let (sum, _) = rest.split_first_chunk().ok_or("it is cut short")?;
    let is_whole = u64::from_le_bytes(*length) == body.len() as u64;
    if !is_whole || u64::from_le_bytes(*sum) != XxHash3_64::oneshot(body) {
        return Err("its checksum is wrong: it is damaged".into());
    }
    postcard::from_bytes(body).map_err(|error| format!("it cannot be read ({error})"))
}

/// Saves a book.
pub fn save(path: &Path, book: &ScoreState) -> Result<(), Error> {
    write(path, book).map_err(|error| Error::input(path.display(), error))
}

fn write(path: &Path, book: &ScoreState) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let beside = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    let mut sink = Summed { to: BufWriter::new(beside), length: 0, sum: XxHash3_64::default() };
    sink.to.write_all(MAGIC)?;
    sink.to.write_all(&VERSION.to_le_bytes())?;
    postcard::to_io(book, &mut sink).map_err(io::Error::other)?;
    let (length, sum) = (sink.length, sink.sum.finish());
    sink.to.write_all(&length.to_le_bytes())?;
    sink.to.write_all(&sum.to_le_bytes())?;
    let beside = sink.to.into_inner().map_err(io::IntoInnerError::into_error)?;
    beside.as_file().sync_all()?;
    beside.persist(path)?;
    Ok(())
}

/// Writes through, and sums up what it writes.
struct Summed<W> {
    to: W,
    length: u64,
    sum: XxHash3_64,
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.sum.write(bytes.get(..written).unwrap_or(bytes));
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
