//! The bytes of a file or of standard input: decompressed where they begin as gzip or zstd do,
//! UTF-8 where they begin as UTF-16 does.

use std::fs::File;
use std::io::{self, Chain, Cursor, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use super::read_file;
use crate::error::Error;

/// The name of standard input in messages.
pub const STDIN: &str = "standard input";

/// An open input.
#[derive(Debug)]
pub struct Source {
    /// Its name in messages.
    pub name: String,
    /// The file that is polled, below any decompression.
    file: File,
    bytes: Bytes,
}

/// The first bytes, which were read to find the compression, then the rest.
type Peeked = Chain<Cursor<Vec<u8>>, File>;

enum Bytes {
    /// Nothing was read yet: the first bytes decide.
    Unread,
    Plain(Peeked),
    /// UTF-16, as Windows PowerShell writes files.
    Utf16(Utf16Reader),
    /// A stream of gzip members or zstd frames.
    Compressed(Box<dyn Read>),
}

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unread => "Unread",
            Self::Plain(_) => "Plain",
            Self::Utf16(_) => "Utf16",
            Self::Compressed(_) => "Compressed",
        })
    }
}

/// Whether bytes may be ready that polling does not find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Buffering {
    /// What is polled is what is read.
    Direct,
    /// A decompressor may hold bytes back.
    Decompressed,
}

impl Source {
    /// Whether all inputs are regular files, which end where they end now.
    pub fn are_archives(paths: &[PathBuf]) -> bool {
        let is_file = |path: &Path| std::fs::metadata(path).is_ok_and(|meta| meta.is_file());
        let stdin = Path::new("/dev/stdin");
        let is_stdin = |path: &PathBuf| path.as_os_str() == "-";
        let all = paths.iter().map(|path| if is_stdin(path) { stdin } else { path.as_path() });
        if paths.is_empty() { is_file(stdin) } else { all.into_iter().all(is_file) }
    }

    /// Opens a file, or standard input for `-`.
    pub fn open(path: &Path) -> Result<Self, Error> {
        if path.as_os_str() == "-" {
            return Self::stdin();
        }
        let name = path.display().to_string();
        let file = read_file::open(path).map_err(|error| Error::input(&name, error))?;
        let is_dir = file.metadata().is_ok_and(|meta| meta.is_dir());
        if is_dir {
            return Err(Error::input(&name, Errno::ISDIR.into()));
        }
        Ok(Self::new(name, file))
    }

    /// Standard input.
    pub fn stdin() -> Result<Self, Error> {
        let copy = io::stdin().as_fd().try_clone_to_owned();
        let copy = copy.map_err(|error| Error::input(STDIN, error))?;
        Ok(Self::new(STDIN.to_owned(), File::from(copy)))
    }

    fn new(name: String, file: File) -> Self {
        Self { name, file, bytes: Bytes::Unread }
    }

    /// The files of the command line, or standard input if there are none.
    pub fn named(paths: &[PathBuf]) -> Vec<PathBuf> {
        if paths.is_empty() { vec![PathBuf::from("-")] } else { paths.to_vec() }
    }

    /// The descriptor to poll before a read.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    pub fn buffering(&self) -> Buffering {
        match self.bytes {
            Bytes::Unread | Bytes::Plain(_) | Bytes::Utf16(_) => Buffering::Direct,
            Bytes::Compressed(_) => Buffering::Decompressed,
        }
    }

    /// An error of this input.
    pub fn failed(&self, error: io::Error) -> Error {
        Error::input(&self.name, error)
    }
}

impl Read for Source {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match &mut self.bytes {
            Bytes::Unread => {
                self.bytes = sniff(&self.file)?;
                self.read(into)
            }
            Bytes::Plain(bytes) => bytes.read(into),
            Bytes::Utf16(bytes) => bytes.read(into),
            Bytes::Compressed(bytes) => bytes.read(into),
        }
    }
}

/// Finds the compression by the first bytes. A stream that sends fewer than four bytes and then
/// waits is not compressed: a compressed one begins with four or more at once.
fn sniff(file: &File) -> io::Result<Bytes> {
    let mut rest = file.try_clone()?;
    let mut first = vec![0; 4];
    let mut have = 0;
    while have < first.len() {
        let room = first.get_mut(have..).unwrap_or_default();
        match rest.read(room) {
            Ok(0) => break,
            Ok(n) => have += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        let seen = first.get(..have).unwrap_or_default();
        let may_be = |magic: &[u8]| seen.starts_with(magic) || magic.starts_with(seen);
        if ![GZIP, ZSTD, UTF16_LE, UTF16_BE].into_iter().any(may_be) && !is_skippable(seen) {
            break;
        }
    }
    first.truncate(have);
    let is_gzip = first.starts_with(GZIP);
    let is_zstd = first.starts_with(ZSTD) || (first.len() == 4 && is_skippable(&first));
    let byte_order = byte_order(&first);
    let peeked = Cursor::new(first).chain(rest);
    Ok(if is_gzip {
        Bytes::Compressed(Box::new(flate2::read::MultiGzDecoder::new(peeked)))
    } else if is_zstd {
        Bytes::Compressed(Box::new(ZstdFrames::new(peeked)))
    } else if let Some(order) = byte_order {
        Bytes::Utf16(Utf16Reader::new(peeked, order))
    } else {
        Bytes::Plain(peeked)
    })
}

/// The byte order of UTF-16, by its mark.
fn byte_order(first: &[u8]) -> Option<ByteOrder> {
    match first {
        [0xff, 0xfe, ..] => Some(u16::from_le_bytes),
        [0xfe, 0xff, ..] => Some(u16::from_be_bytes),
        _ => None,
    }
}

type ByteOrder = fn([u8; 2]) -> u16;

/// UTF-16 as UTF-8. Half a surrogate pair becomes U+FFFD.
struct Utf16Reader {
    bytes: Peeked,
    order: ByteOrder,
    /// Half a unit, or a unit that waits for its second half.
    kept: Vec<u8>,
    /// What was decoded and not read yet.
    text: Cursor<Vec<u8>>,
    is_ended: bool,
}

impl Utf16Reader {
    fn new(bytes: Peeked, order: ByteOrder) -> Self {
        Self { bytes, order, kept: Vec::new(), text: Cursor::default(), is_ended: false }
    }

    /// Decodes one read.
    fn decode(&mut self) -> io::Result<()> {
        let mut block = [0; 8192];
        let count = self.bytes.read(&mut block)?;
        self.is_ended = count == 0;
        self.kept.extend_from_slice(block.get(..count).unwrap_or_default());
        let mut units: Vec<u16> =
            self.kept.as_chunks().0.iter().map(|pair| (self.order)(*pair)).collect();
        let is_high = |unit: &u16| (0xd800..0xdc00).contains(unit);
        if !self.is_ended && units.last().is_some_and(is_high) {
            units.pop();
        }
        self.kept.drain(..units.len() * 2);
        if self.is_ended && !std::mem::take(&mut self.kept).is_empty() {
            units.push(0xfffd); // half a unit
        }
        let mut text = String::new();
        for letter in char::decode_utf16(units) {
            match letter.unwrap_or(char::REPLACEMENT_CHARACTER) {
                '\u{feff}' => {}
                letter => text.push(letter),
            }
        }
        self.text = Cursor::new(text.into_bytes());
        Ok(())
    }
}

impl Read for Utf16Reader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.text.read(into)? {
                0 if self.is_ended || into.is_empty() => return Ok(0),
                0 => self.decode()?,
                count => return Ok(count),
            }
        }
    }
}

const UTF16_LE: &[u8] = &[0xff, 0xfe];
const UTF16_BE: &[u8] = &[0xfe, 0xff];
const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Whether a zstd frame begins so that holds no data, as pzstd writes them.
fn is_skippable(first: &[u8]) -> bool {
    let mut bytes = first.iter().zip([0x50, 0x2a, 0x4d, 0x18]);
    bytes.next().is_some_and(|(byte, magic)| byte & 0xf0 == magic)
        && bytes.all(|(byte, magic)| *byte == magic)
}

/// zstd frames one after another, as `cat a.zst b.zst` and pzstd make them. Their checksums are
/// verified.
struct ZstdFrames {
    decoder: Option<StreamingDecoder<Peeked, FrameDecoder>>,
    rest: Option<Peeked>,
}

impl ZstdFrames {
    fn new(rest: Peeked) -> Self {
        Self { decoder: None, rest: Some(rest) }
    }

    /// The next frame with data; `None` at the end of the file.
    fn next_frame(&mut self) -> io::Result<Option<StreamingDecoder<Peeked, FrameDecoder>>> {
        let Some(mut rest) = self.rest.take() else { return Ok(None) };
        loop {
            let mut magic = Vec::with_capacity(4);
            (&mut rest).take(4).read_to_end(&mut magic)?;
            if magic.is_empty() {
                return Ok(None);
            }
            if magic.len() == 4 && is_skippable(&magic) {
                let mut length = [0; 4];
                rest.read_exact(&mut length)?;
                let length = u64::from(u32::from_le_bytes(length));
                if io::copy(&mut (&mut rest).take(length), &mut io::sink())? < length {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                continue;
            }
            let (peeked, file) = rest.into_inner();
            let at = usize::try_from(peeked.position()).unwrap_or(usize::MAX);
            magic.extend_from_slice(peeked.get_ref().get(at..).unwrap_or_default());
            let decoder = StreamingDecoder::new(Cursor::new(magic).chain(file));
            return decoder.map(Some).map_err(io::Error::other);
        }
    }
}

impl Read for ZstdFrames {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(mut decoder) = self.decoder.take() {
                let count = decoder.read(into)?;
                if count > 0 || into.is_empty() {
                    self.decoder = Some(decoder);
                    return Ok(count);
                }
                let (rest, frame) = decoder.into_parts();
                let stored = frame.get_checksum_from_data();
                if stored.is_some() && stored != frame.get_calculated_checksum() {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "checksum mismatch"));
                }
                self.rest = Some(rest);
            }
            self.decoder = self.next_frame()?;
            if self.decoder.is_none() {
                return Ok(0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};

    use super::*;

    fn read(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut file = tempfile::tempfile()?;
        file.write_all(bytes)?;
        file.rewind()?;
        let mut read = Vec::new();
        Source::new("test".to_owned(), file).read_to_end(&mut read)?;
        Ok(read)
    }

    #[test]
    fn utf_16_is_read_as_utf_8() {
        let text = "mtproto  | Елена 😀\r\n".repeat(5000);
        for order in [u16::to_le_bytes, u16::to_be_bytes] {
            let units = std::iter::once(0xfeff).chain(text.encode_utf16());
            let mut bytes: Vec<u8> = units.flat_map(order).collect();
            assert!(read(&bytes).unwrap() == text.as_bytes());
            bytes.push(b'x');
            assert!(read(&bytes).unwrap() == format!("{text}\u{fffd}").as_bytes());
        }
        assert_eq!(read(b"\xff\xfe").unwrap(), b"");
        assert_eq!(read(b"\xff").unwrap(), b"\xff");
    }

    /// A frame of zstd with a checksum: one raw block.
    fn zstd(data: &[u8]) -> Vec<u8> {
        use std::hash::Hasher;
        let size = u32::try_from(data.len()).unwrap();
        let mut sum = twox_hash::XxHash64::with_seed(0);
        sum.write(data);
        let mut frame = ZSTD.to_vec();
        // A single segment with a content size of four bytes, and a checksum.
        frame.push(0b1010_0100);
        frame.extend(size.to_le_bytes());
        frame.extend(&(size << 3 | 1).to_le_bytes()[..3]);
        frame.extend(data);
        frame.extend(&sum.finish().to_le_bytes()[..4]);
        frame
    }

    #[test]
    fn checksums_are_verified_and_skippable_frames_skipped() {
        let data = b"one line\n".repeat(50);
        let skippable = [&[0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
        let archive = [&skippable[..], &zstd(&data), &skippable, &zstd(b"end\n")].concat();
        assert!(read(&archive).unwrap() == [&data[..], b"end\n"].concat());
        let frame = zstd(&data);
        for at in ZSTD.len() + 8..frame.len() {
            for bit in 0..8 {
                let mut damaged = frame.clone();
                damaged[at] ^= 1 << bit;
                assert!(read(&damaged).is_err(), "bit {bit} of byte {at}");
            }
        }
        for length in 1..archive.len() {
            let is_whole = [skippable.len(), skippable.len() + frame.len()].contains(&length)
                || length == 2 * skippable.len() + frame.len();
            let is_magic = length < 4;
            assert_eq!(read(&archive[..length]).is_ok(), is_whole || is_magic, "{length} bytes");
        }
    }
}
