//! The state in a file: magic and version, the state, its length and checksum. It is written to a
//! temporary file and renamed, so that a reader finds the old state or the new one, complete.

use std::hash::Hasher;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use twox_hash::XxHash3_64;

use super::state::ScoreState;
use crate::error::Error;
use crate::io::atomic_write::{NewFile, replace_with};
use crate::io::read_file::read_file;

const MAGIC: &[u8; 8] = b"MTPSCORE";
/// The version of the layout. Other versions are refused.
const VERSION: u32 = 16;
/// Magic and version.
const HEAD: usize = MAGIC.len() + 4;
/// Size of a state: two million users.
const STATE_MAX: u64 = 16 << 30;
/// Length and checksum.
const TAIL: usize = 8 + 8;

/// Loads a state; `None` if the file does not exist.
pub fn load(path: &Path) -> Result<Option<ScoreState>, Error> {
    let name = path.display();
    let bytes = match read_file(path, STATE_MAX) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::input(&name, error)),
    };
    decode(&bytes).map(Some).map_err(|why| {
        Error::refused(
            &name,
            format!("{why}; the file is unchanged, move it away to start with an empty state"),
        )
    })
}

#[doc(hidden)]
pub fn decode(bytes: &[u8]) -> Result<ScoreState, String> {
    let (magic, rest) =
        bytes.split_at_checked(MAGIC.len()).ok_or("not a state file of mtp-score")?;
    if magic != MAGIC {
        return Err("not a state file of mtp-score".into());
    }
    let (version, _) = rest.split_first_chunk().ok_or("truncated")?;
    let version = u32::from_le_bytes(*version);
    if version != VERSION {
        return Err(format!("unsupported version {version} (expected {VERSION})"));
    }
    let end = bytes.len().checked_sub(TAIL).filter(|end| *end >= HEAD).ok_or("truncated")?;
    let body = bytes.get(HEAD..end).ok_or("truncated")?;
    let (length, rest) =
        bytes.get(end..).and_then(|tail| tail.split_first_chunk()).ok_or("truncated")?;
    let (sum, _) = rest.split_first_chunk().ok_or("truncated")?;
    let is_whole = u64::from_le_bytes(*length) == body.len() as u64;
    if !is_whole || u64::from_le_bytes(*sum) != XxHash3_64::oneshot(body) {
        return Err("checksum mismatch".into());
    }
    postcard::from_bytes(body).map_err(|error| format!("cannot be decoded ({error})"))
}

/// Saves a state.
pub fn save(path: &Path, state: &ScoreState) -> Result<(), Error> {
    replace_with(path, NewFile::Private, |file| write(file, state))
}

#[doc(hidden)]
pub fn write(file: &mut dyn Write, state: &ScoreState) -> io::Result<()> {
    let mut sink = ChecksumWriter {
        to: BufWriter::new(file),
        length: 0,
        sum: XxHash3_64::default(),
        failed: None,
    };
    sink.to.write_all(MAGIC)?;
    sink.to.write_all(&VERSION.to_le_bytes())?;
    if let Err(error) = postcard::to_io(state, &mut sink) {
        return Err(sink.failed.unwrap_or_else(|| io::Error::other(error)));
    }
    let (length, sum) = (sink.length, sink.sum.finish());
    sink.to.write_all(&length.to_le_bytes())?;
    sink.to.write_all(&sum.to_le_bytes())?;
    sink.to.flush()
}

/// Counts and sums up what is written through it.
struct ChecksumWriter<W> {
    to: W,
    length: u64,
    sum: XxHash3_64,
    /// The first error, which postcard does not pass on.
    failed: Option<io::Error>,
}

impl<W: Write> Write for ChecksumWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes).inspect_err(|error| {
            let copy =
                error.raw_os_error().map_or(error.kind().into(), io::Error::from_raw_os_error);
            self.failed.get_or_insert(copy);
        })?;
        self.sum.write(bytes.get(..written).unwrap_or(bytes));
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
