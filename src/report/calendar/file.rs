//! The history in a file: magic and version, the days compressed, a checksum.

use std::io::{self, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use twox_hash::XxHash3_64;

use super::history::History;
use crate::error::Error;
use crate::io::read_file::read_file;

const MAGIC: &[u8; 8] = b"MTPHIST\n";
/// The version of the layout. Other versions are refused.
const VERSION: u32 = 1;
const HEAD: usize = MAGIC.len() + 4;
/// Bytes of a file, and of what is in it.
const FILE_MAX: u64 = 1 << 30;
const DAYS_MAX: u64 = 8 << 30;

/// Loads a history; `None` if the file does not exist or is empty.
pub fn load(path: &Path) -> Result<Option<History>, Error> {
    let name = path.display();
    let bytes = match read_file(path, FILE_MAX) {
        Ok(bytes) if bytes.is_empty() => return Ok(None),
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::input(&name, error)),
    };
    decode(&bytes).map(Some).map_err(|why| {
        Error::refused(&name, format!("{why}; the file is unchanged, move it away to start anew"))
    })
}

fn decode(bytes: &[u8]) -> Result<History, String> {
    let rest = bytes.strip_prefix(MAGIC).ok_or("not a history of mtp-report")?;
    let (version, rest) = rest.split_first_chunk().ok_or("truncated")?;
    let version = u32::from_le_bytes(*version);
    if version != VERSION {
        return Err(format!("unsupported version {version} (expected {VERSION})"));
    }
    let (body, sum) = rest.split_last_chunk().ok_or("truncated")?;
    if u64::from_le_bytes(*sum) != XxHash3_64::oneshot(body) {
        return Err("checksum mismatch".into());
    }
    let mut days = Vec::new();
    let inflated = DeflateDecoder::new(body).take(DAYS_MAX).read_to_end(&mut days);
    inflated.map_err(|error| format!("cannot be decompressed ({error})"))?;
    postcard::from_bytes(&days).map_err(|error| format!("cannot be decoded ({error})"))
}

/// The bytes of a file.
pub fn encode(history: &History) -> Vec<u8> {
    // Writing into memory does not fail, and every type of a history has a form in postcard.
    let days = postcard::to_stdvec(history).unwrap_or_default();
    let mut out = MAGIC.to_vec();
    out.extend(VERSION.to_le_bytes());
    let mut encoder = DeflateEncoder::new(out, Compression::default());
    drop(encoder.write_all(&days));
    let mut out = encoder.finish().unwrap_or_default();
    let sum = XxHash3_64::oneshot(out.get(HEAD..).unwrap_or_default());
    out.extend(sum.to_le_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_is_read_as_it_was_written_and_damage_is_refused() {
        let mut history = History::default();
        for day in 0..40 {
            history.connect(2_461_000 + day, Some("a"), "192.0.2.1".parse().ok());
        }
        let bytes = encode(&history);
        assert_eq!(decode(&bytes).unwrap(), history);
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1;
            assert!(decode(&damaged).is_err(), "byte {place}");
            assert!(decode(&bytes[..place]).is_err(), "the first {place} bytes");
        }
    }
}
