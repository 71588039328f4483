//! The `--rejects` file: lines that were not recognised, as they came but without secrets.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use memchr::memmem;

use crate::error::{Error, SystemError};
use crate::formats::redact;
use crate::io::atomic_write;
use crate::io::reporter::Reporter;
use crate::tool::event_loop::LineOrigin;

#[derive(Debug)]
pub(super) struct Rejects {
    path: PathBuf,
    file: BufWriter<File>,
    /// The number of the raw line written last: one with several messages is written once.
    last: Option<u64>,
    /// Lines that could not be written.
    missing: u64,
    /// The reason of the last failure.
    failed: Option<String>,
    reporter: Reporter,
}

impl Rejects {
    /// Creates the file, or empties it.
    pub(super) fn create(
        path: &Path,
        inputs: &[PathBuf],
        reporter: Reporter,
    ) -> Result<Self, Error> {
        let file = BufWriter::new(atomic_write::create(path, inputs)?);
        let path = path.to_owned();
        Ok(Self { path, file, last: None, missing: 0, failed: None, reporter })
    }

    /// Writes a line. `is_in_secret`: it may continue a secret from the line before. A line that
    /// cannot be written is counted: events do not depend on this file.
    pub(super) fn keep(
        &mut self,
        raw: &[u8],
        text: &[u8],
        is_in_secret: bool,
        origin: LineOrigin<'_>,
    ) {
        let line = masked(raw, text, is_in_secret);
        let is_raw = line.1;
        if is_raw && self.last == Some(origin.line) && origin.line > 0 {
            return;
        }
        self.last = Some(origin.line).filter(|_| is_raw);
        let written = self.file.write_all(&line.0).and_then(|()| self.file.write_all(b"\n"));
        self.missing += u64::from(written.is_err());
        self.record(written);
    }

    /// Writes what is buffered; a failure is reported.
    pub(super) fn flush(&mut self) {
        let written = self.file.flush();
        self.record(written);
    }

    /// Reports the first failure of several.
    fn record(&mut self, written: std::io::Result<()>) {
        let failed = written.err().map(|error| SystemError(&error).to_string());
        if let (None, Some(reason)) = (&self.failed, &failed) {
            self.reporter.print(format_args!("{}: {reason}; trying again", self.path.display()));
        }
        self.failed = failed;
    }

    /// Writes what is buffered. An error where lines are missing.
    pub(super) fn finish(&mut self) -> Result<(), Error> {
        let failed = self.file.flush().err().map(|error| SystemError(&error).to_string());
        let what = match (failed, self.missing) {
            (None, 0) => return Ok(()),
            (None, missing) => format!("{missing} lines are missing"),
            (Some(reason), 0) => format!("{reason}; the last lines are missing"),
            (Some(reason), missing) => format!("{reason}; {missing} lines or more are missing"),
        };
        Err(Error::refused(self.path.display(), what))
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
