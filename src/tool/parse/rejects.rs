//! The `--rejects` file: lines that were not recognised, as they came but without secrets.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use memchr::memmem;

use crate::error::{Error, SystemError};
use crate::formats::redact;
use crate::io::atomic_write;
use crate::tool::event_loop::LineOrigin;

#[derive(Debug)]
pub(super) struct Rejects {
    path: PathBuf,
    file: BufWriter<File>,
    /// The number of the raw line written last: one with several messages is written once.
    last: Option<u64>,
}

impl Rejects {
    /// Creates the file, or empties it.
    pub(super) fn create(path: &Path, inputs: &[PathBuf]) -> Result<Self, Error> {
        let file = atomic_write::create(path, inputs)?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file), last: None })
    }

    /// Writes a line. `is_in_secret`: it may continue a secret from the line before.
    pub(super) fn keep(
        &mut self,
        raw: &[u8],
        text: &[u8],
        is_in_secret: bool,
        origin: LineOrigin<'_>,
    ) -> Result<(), Error> {
        let line = masked(raw, text, is_in_secret);
        let is_raw = line.1;
        if is_raw && self.last == Some(origin.line) && origin.line > 0 {
            return Ok(());
        }
        self.last = Some(origin.line).filter(|_| is_raw);
        let line = line.0;
        let written = self.file.write_all(&line).and_then(|()| self.file.write_all(b"\n"));
        self.checked(written)
    }

    pub(super) fn flush(&mut self) -> Result<(), Error> {
        let written = self.file.flush();
        self.checked(written)
    }

    fn checked(&self, written: std::io::Result<()>) -> Result<(), Error> {
        written.map_err(|error| Error::refused(self.path.display(), SystemError(&error)))
    }
}

/// The raw line with its framing, so that it can be read again, and true. Where the framing wrote
/// the message in another form (numbers for letters, in pieces), the message itself and false: a
/// secret in that form would not be found.
fn masked<'l>(raw: &'l [u8], text: &'l [u8], is_in_secret: bool) -> (Cow<'l, [u8]>, bool) {
    let at = memmem::find(raw, text);
    match at {
        None => (redact::mask_after(text, is_in_secret), false),
        Some(at) if is_in_secret => {
            let (head, tail) = raw.split_at_checked(at).unwrap_or((b"", raw));
            ([redact::mask(head), redact::mask_after(tail, true)].concat().into(), true)
        }
        Some(_) => (redact::mask(raw), true),
    }
}
