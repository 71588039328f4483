//! HTTP/1.0 over a Unix socket: a response is a head, and a body up to the end of the connection.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

/// How long a whole response may take, however its bytes are spread.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// The head of a response is a few hundred bytes.
const HEAD_MAX: usize = 64 * 1024;
/// The list of containers of a crowded host is a few megabytes.
const BODY_MAX: u64 = 64 * 1024 * 1024;

#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// Sends a request without a body and reads the whole response.
pub(super) fn request(socket: &Path, method: &str, target: &str) -> io::Result<Response> {
    request_within(socket, method, target, REQUEST_TIMEOUT)
}

fn request_within(
    socket: &Path,
    method: &str,
    target: &str,
    timeout: Duration,
) -> io::Result<Response> {
    let mut stream = open(socket, timeout)?;
    write_request(&mut stream, method, target)?;
    read_response(DeadlineReader { stream, deadline: Instant::now() + timeout })
}

/// Sends a request with a JSON body. The response opens the connection, on which `input` is sent;
/// what comes back is its body.
pub(super) fn exchange(
    socket: &Path,
    target: &str,
    json: &[u8],
    input: &[u8],
) -> io::Result<Response> {
    let mut stream = open(socket, REQUEST_TIMEOUT)?;
    let head = format!(
        "POST {target} HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\nConnection: \
         Upgrade\r\nUpgrade: tcp\r\nContent-Length: {}\r\n\r\n",
        json.len()
    );
    stream.write_all(&[head.as_bytes(), json].concat())?;
    let mut sender = stream.try_clone()?;
    let mut reader = DeadlineReader { stream, deadline: Instant::now() + REQUEST_TIMEOUT };
    let (status, rest) = read_head(&mut reader)?;
    if matches!(status, 101 | 200) {
        sender.write_all(input)?;
        sender.shutdown(Shutdown::Write)?;
    }
    let mut body = Vec::new();
    rest.as_slice().chain(reader).take(BODY_MAX).read_to_end(&mut body)?;
    Ok(Response { status, body })
}

/// Sends a request with a JSON body and reads the whole response.
pub(super) fn post(socket: &Path, target: &str, json: &[u8]) -> io::Result<Response> {
    let mut stream = open(socket, REQUEST_TIMEOUT)?;
    let head = format!(
        "POST {target} HTTP/1.0\r\nHost: docker\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        json.len()
    );
    stream.write_all(&[head.as_bytes(), json].concat())?;
    read_response(DeadlineReader { stream, deadline: Instant::now() + REQUEST_TIMEOUT })
}

/// Reads a response to its end.
pub(super) fn read_response(mut stream: impl Read) -> io::Result<Response> {
    let (status, rest) = read_head(&mut stream)?;
    let mut body = Vec::new();
    rest.as_slice().chain(stream).take(BODY_MAX + 1).read_to_end(&mut body)?;
    if body.len() as u64 > BODY_MAX {
        return Err(invalid("the response is too long"));
    }
    Ok(Response { status, body })
}

/// Sends a `GET` request; the response is not read.
pub(super) fn send(socket: &Path, target: &str) -> io::Result<UnixStream> {
    let mut stream = open(socket, REQUEST_TIMEOUT)?;
    write_request(&mut stream, "GET", target)?;
    Ok(stream)
}

/// Sends a `GET` request and reads the head. The body follows, with a timeout for each read.
pub(super) fn open_body(socket: &Path, target: &str) -> io::Result<(u16, UnixStream)> {
    let mut stream = send(socket, target)?;
    stream.set_read_timeout(Some(REQUEST_TIMEOUT))?;
    let status = read_head_only(&mut stream)?;
    Ok((status, stream))
}

/// Reads a head byte by byte, so that the stream is at the start of the body.
fn read_head_only(stream: &mut impl Read) -> io::Result<u16> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 || head.len() > HEAD_MAX {
            return Err(invalid("the response has no head"));
        }
        head.push(byte[0]);
    }
    parse_status(&head).ok_or_else(|| invalid("the response is not HTTP"))
}

/// Connects. The timeout covers a full backlog, where connecting waits, and every write.
fn open(socket: &Path, timeout: Duration) -> io::Result<UnixStream> {
    let (family, kind) = (AddressFamily::UNIX, SocketType::STREAM);
    let stream = socket_with(family, kind, SocketFlags::CLOEXEC, None)?;
    set_socket_timeout(&stream, Timeout::Send, Some(timeout))?;
    connect(&stream, &SocketAddrUnix::new(socket)?)?;
    Ok(stream.into())
}

fn write_request(stream: &mut UnixStream, method: &str, target: &str) -> io::Result<()> {
    let request =
        format!("{method} {target} HTTP/1.0\r\nHost: docker\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(request.as_bytes())
}

/// Reads the head of a response. Returns the status, and the bytes of the body that were read.
fn read_head(stream: &mut impl Read) -> io::Result<(u16, Vec<u8>)> {
    let mut head = Vec::new();
    let mut block = [0; 4096];
    loop {
        if let Some(end) = memchr::memmem::find(&head, b"\r\n\r\n") {
            let status = parse_status(&head).ok_or_else(|| invalid("the response is not HTTP"))?;
            return Ok((status, head.split_off(end + 4)));
        }
        let read = stream.read(&mut block)?;
        if read == 0 || head.len() > HEAD_MAX {
            return Err(invalid("the response has no head"));
        }
        head.extend_from_slice(block.get(..read).unwrap_or_default());
    }
}

/// Reads until a deadline: a read timeout alone would start anew with every byte.
struct DeadlineReader {
    stream: UnixStream,
    deadline: Instant,
}

impl Read for DeadlineReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let timed_out = || io::Error::new(io::ErrorKind::TimedOut, "no response in time");
        if left.is_zero() {
            return Err(timed_out());
        }
        self.stream.set_read_timeout(Some(left))?;
        self.stream.read(into).map_err(|error| {
            if error.kind() == io::ErrorKind::WouldBlock { timed_out() } else { error }
        })
    }
}

/// `HTTP/1.0 200 OK`
fn parse_status(head: &[u8]) -> Option<u16> {
    let rest = head.strip_prefix(b"HTTP/1.")?;
    let digits = rest.get(2..5)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Percent-encodes a part of a target.
pub(super) fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn parses_heads_and_encodes_targets() {
        assert_eq!(parse_status(b"HTTP/1.0 204 No Content\r\n"), Some(204));
        assert_eq!(parse_status(b"HTTP/1.1 404 Not Found\r\n"), Some(404));
        assert_eq!(parse_status(b"SSH-2.0-x"), None);
        assert_eq!(percent_encode("/proxy_1 {\"a\"}"), "%2Fproxy_1%20%7B%22a%22%7D");
    }

    /// Bytes that arrive one by one, each well within the timeout, do not extend it.
    #[test]
    fn a_slow_response_ends_at_the_deadline() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("slow.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n");
            while stream.write_all(b" ").is_ok() {
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        let started = Instant::now();
        let error = request_within(&path, "GET", "/", Duration::from_millis(300)).unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        server.join().unwrap();
    }
}
