//! Where bytes come from: a file or standard input, unpacked if its first bytes say so.

use std::fs::File;
use std::io::{self, Chain, Cursor, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use crate::error::Error;

/// What an input is called where it has no name.
pub const STDIN: &str = "standard input";

/// An open input.
#[derive(Debug)]
pub struct Source {
    /// What messages call it.
    pub name: String,
    /// What is polled: the descriptor below any unpacking.
    below: File,
    bytes: Bytes,
}

/// The bytes that were looked at to know what follows, then the rest.
type Again = Chain<Cursor<Vec<u8>>, File>;

enum Bytes {
    /// Not opened to the reader yet: the first bytes tell what it is.
    Unseen,
    Plain(Again),
    /// A stream of gzip members or zstd frames.
    Packed(Box<dyn Read>),
}

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unseen => "Unseen",
            Self::Plain(_) => "Plain",
            Self::Packed(_) => "Packed",
        })
    }
}

/// Whether reading may find bytes that polling does not see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Buffering {
    /// What is polled is what is read.
    Direct,
    /// An unpacker may hold bytes back.
    Unpacked,
}

impl Source {
    /// Opens a file, or standard input for `-`.
    pub fn open(path: &Path) -> Result<Self, Error> {
        if path.as_os_str() == "-" {
            return Self::stdin();
        }
        let name = path.display().to_string();
        let file = File::open(path).map_err(|error| Error::input(&name, error))?;
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

    fn new(name: String, below: File) -> Self {
        Self { name, below, bytes: Bytes::Unseen }
    }

    /// All that the command line names, or standard input if it names nothing.
    pub fn named(paths: &[PathBuf]) -> Vec<PathBuf> {
        if paths.is_empty() { vec![PathBuf::from("-")] } else { paths.to_vec() }
    }

    /// What to poll before a read.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.below.as_fd()
    }

    /// Whether polling sees all there is.
    pub fn depth(&self) -> Buffering {
        if matches!(self.bytes, Bytes::Packed(_)) { Buffering::Unpacked } else { Buffering::Direct }
    }

    /// Reads some bytes; 0 at the end.
    pub fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match &mut self.bytes {
            Bytes::Unseen => {
                self.bytes = look(&self.below)?;
                self.read(into)
            }
            Bytes::Plain(bytes) => bytes.read(into),
            Bytes::Packed(bytes) => bytes.read(into),
        }
    }
}

/// Takes the first bytes and decides by them. A stream that sends fewer than four bytes and then
/// waits is no compressed one: they always begin with four or more at once.
fn look(file: &File) -> io::Result<Bytes> {
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
        if !seen.starts_with(GZIP) && !GZIP.starts_with(seen) && !ZSTD.starts_with(seen) {
            break;
        }
    }
    first.truncate(have);
    let again = |first: Vec<u8>| Cursor::new(first).chain(rest);
    Ok(if first.starts_with(GZIP) {
        Bytes::Packed(Box::new(flate2::read::MultiGzDecoder::new(again(first))))
    } else if first.starts_with(ZSTD) {
        Bytes::Packed(Box::new(Frames::new(again(first))))
    } else {
        Bytes::Plain(again(first))
    })
}

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// zstd frames one after another, as `cat a.zst b.zst` makes them.
struct Frames {
    decoder: Option<ruzstd::decoding::StreamingDecoder<Again, ruzstd::decoding::FrameDecoder>>,
    rest: Option<Again>,
}

impl Frames {
    fn new(rest: Again) -> Self {
        Self { decoder: None, rest: Some(rest) }
    }
}

impl Read for Frames {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(mut decoder) = self.decoder.take() {
                let n = decoder.read(into)?;
                if n > 0 {
                    self.decoder = Some(decoder);
                    return Ok(n);
                }
                self.rest = Some(decoder.into_inner());
            }
            let Some(mut rest) = self.rest.take() else { return Ok(0) };
            let mut first = [0; 1];
            if rest.read(&mut first)? == 0 {
                return Ok(0);
            }
            let (mut seen, file) = rest.into_inner();
            let left = seen.get_ref().get(usize::try_from(seen.position()).unwrap_or(0)..);
            let begin = [&first, left.unwrap_or_default()].concat();
            seen = Cursor::new(begin);
            let decoder = ruzstd::decoding::StreamingDecoder::new(seen.chain(file));
            self.decoder = Some(decoder.map_err(io::Error::other)?);
        }
    }
}
