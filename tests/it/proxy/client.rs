//! A real client of an MTProto proxy: obfuscated2 as Telegram's clients speak it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType, bind, connect, socket};

use super::cipher::{HEADER, Stream, directions};
use super::tls;

/// How a client speaks, as its secret tells it to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A plain secret, messages with a length of one byte.
    Abridged,
    /// A plain secret, messages with a length of four.
    Intermediate,
    /// A `dd` secret: padded.
    Secure,
    /// An `ee` secret: padded, and dressed as TLS.
    Tls,
}

impl Mode {
    pub(crate) const ALL: [Self; 4] = [Self::Abridged, Self::Intermediate, Self::Secure, Self::Tls];

    /// What the access log calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Abridged | Self::Intermediate => "classic",
            Self::Secure => "secure",
            Self::Tls => "tls",
        }
    }

    fn tag(self) -> u8 {
        match self {
            Self::Abridged => 0xef,
            Self::Intermediate => 0xee,
            Self::Secure | Self::Tls => 0xdd,
        }
    }
}

/// What a client opens a connection with; kept, it can be sent again.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    pub(crate) mode: Mode,
    pub(crate) secret: [u8; 16],
    /// As the sender made it; its last eight bytes go out hidden.
    header: [u8; HEADER],
    hello: Vec<u8>,
}

impl Opening {
    pub(crate) fn new(mode: Mode, secret: [u8; 16], dc: i16) -> Self {
        let mut header = random::<HEADER>();
        header[0] = 0x77; // no other protocol begins so, and TLS does not
        header[56..60].fill(mode.tag());
        header[60..62].copy_from_slice(&dc.to_le_bytes());
        let hello = if mode == Mode::Tls { tls::hello(&secret, 0).to_vec() } else { Vec::new() };
        Self { mode, secret, header, hello }
    }

    /// A TLS greeting with a right secret, made this many seconds ago.
    pub(crate) fn late(secret: [u8; 16], seconds: i64) -> Self {
        let hello = tls::hello(&secret, -seconds).to_vec();
        Self { hello, ..Self::new(Mode::Tls, secret, 2) }
    }

    /// The header as it is sent, and the two directions it begins.
    fn hide(&self) -> ([u8; HEADER], Stream, Stream) {
        let (mut says, hears) = directions(&self.header, &self.secret);
        let mut hidden = self.header;
        says.pass(&mut hidden);
        hidden[..56].copy_from_slice(&self.header[..56]);
        (hidden, says, hears)
    }

    /// Sends the first bytes and leaves: what a prober does with a recorded opening.
    pub(crate) fn replay(&self, from: Ipv4Addr, to: SocketAddrV4) -> io::Result<()> {
        let mut stream = dial(from, to)?;
        if self.mode == Mode::Tls {
            stream.write_all(&self.hello)
        } else {
            stream.write_all(&self.hide().0)
        }
    }
}

/// One connection to a proxy.
pub(crate) struct Client {
    stream: TcpStream,
    says: Stream,
    hears: Stream,
    mode: Mode,
    /// The port it came from.
    pub(crate) port: u16,
    /// Payload bytes sent so far; with the stand-in centre as many come back.
    pub(crate) sent: usize,
}

impl Client {
    /// Connects from an address of loopback and says who it is. That it was let in shows only
    /// when an answer comes, but for TLS, where a wrong secret is refused at once.
    pub(crate) fn open(from: Ipv4Addr, to: SocketAddrV4, opening: &Opening) -> io::Result<Self> {
        Self::begin(dial(from, to)?, opening)
    }

    /// The same on a connection that is there already.
    pub(crate) fn begin(mut stream: TcpStream, opening: &Opening) -> io::Result<Self> {
        if let Ok(hello) = opening.hello.as_slice().try_into() {
            stream.write_all(&opening.hello)?;
            tls::greet(&mut stream, &opening.secret, hello)?;
        }
        let (header, says, hears) = opening.hide();
        let port = stream.local_addr()?.port();
        let mode = opening.mode;
        if mode == Mode::Tls {
            tls::write(&mut stream, &header)?;
        } else {
            stream.write_all(&header)?;
        }
        Ok(Self { stream, says, hears, mode, port, sent: 0 })
    }

    /// Sends a message of this many bytes, four at a time, and waits for it to come back.
    pub(crate) fn ask(&mut self, words: u8) -> io::Result<()> {
        let body = vec![words; 4 * usize::from(words)];
        let length = u32::from(words) * 4;
        let message = match self.mode {
            Mode::Abridged => [&[words.min(0x7e)], &body[..]].concat(),
            Mode::Intermediate => [&length.to_le_bytes(), &body[..]].concat(),
            Mode::Secure | Mode::Tls => [&(length + 3).to_le_bytes(), &body[..], b"pad"].concat(),
        };
        let mut hidden = message.clone();
        self.says.pass(&mut hidden);
        if self.mode == Mode::Tls {
            tls::write(&mut self.stream, &hidden)?;
        } else {
            self.stream.write_all(&hidden)?;
        }
        self.sent += message.len();
        let mut heard = self.read_bytes(message.len())?;
        self.hears.pass(&mut heard);
        if heard == message { Ok(()) } else { Err(io::Error::other("something else came back")) }
    }

    fn read_bytes(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut heard = Vec::new();
        if self.mode == Mode::Tls {
            while heard.len() < count {
                heard.extend(tls::read(&mut self.stream)?);
            }
        } else {
            heard.resize(count, 0);
            self.stream.read_exact(&mut heard)?;
        }
        Ok(heard)
    }
}

/// A connection from a chosen address; answers are waited for no longer than a busy machine takes.
pub(crate) fn dial(from: Ipv4Addr, to: SocketAddrV4) -> io::Result<TcpStream> {
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    bind(&socket, &SocketAddrV4::new(from, 0))?;
    connect(&socket, &to)?;
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Random bytes from the system.
pub(crate) fn random<const COUNT: usize>() -> [u8; COUNT] {
    let mut bytes = [0; COUNT];
    File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes)).expect("urandom");
    bytes
}
