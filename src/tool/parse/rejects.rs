//! The `--rejects` file: lines that were not recognised, as they came but without secrets.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use memchr::memmem;

use crate::error::{Error, Plain};
use crate::formats::redact;

/// The file.
#[derive(Debug)]
pub(super) struct Rejects {
    path: PathBuf,
    to: BufWriter<File>,
}

impl Rejects {
    /// Begins it anew.
    pub(super) fn create(path: &Path) -> Result<Self, Error> {
        let file = File::create(path);
        let file = file.map_err(|error| Error::refused(path.display(), Plain(&error)))?;
        Ok(Self { path: path.to_owned(), to: BufWriter::new(file) })
    }

    /// Keeps a line.
    pub(super) fn keep(&mut self, raw: &[u8], text: &[u8]) -> Result<(), Error> {
        let line = shown(raw, text);
        let written = self.to.write_all(&line).and_then(|()| self.to.write_all(b"\n"));
        self.done(written)
    }

    /// Writes what was gathered.
    pub(super) fn flush(&mut self) -> Result<(), Error> {
        let written = self.to.flush();
        self.done(written)
    }

    fn done(&self, written: std::io::Result<()>) -> Result<(), Error> {
        written.map_err(|error| Error::refused(self.path.display(), Plain(&error)))
    }
}

/// The raw line, framing and all, so that it can be read again; without secrets. Where the framing
/// wrote the message in another form (numbers for letters, in pieces), the message itself: in that
/// form no secret would be found.
pub(super) fn shown<'l>(raw: &'l [u8], text: &'l [u8]) -> Cow<'l, [u8]> {
    redact::mask(if memmem::find(raw, text).is_some() { raw } else { text })
}
