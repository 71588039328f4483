//! Requests to a service on a Unix socket. Speaks HTTP/1.0, so that an answer is a head and then
//! bytes to the end of the connection: no chunks, nothing kept alive.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// How long the service may be silent.
const PATIENCE: Duration = Duration::from_secs(10);
/// An answer's head is a few hundred bytes.
const HEAD_MAX: usize = 64 * 1024;
/// The longest answer that is read: the list of a crowded host is a few megabytes.
const BODY_MAX: u64 = 64 * 1024 * 1024;

/// An answer, whole.
#[derive(Debug)]
pub(super) struct Answer {
    /// `200`
    pub(super) status: u16,
    /// What follows the head.
    pub(super) body: Vec<u8>,
}

/// Asks, and reads the answer to its end.
pub(super) fn ask(socket: &Path, method: &str, target: &str) -> io::Result<Answer> {
    let (status, rest) = send(socket, method, target)?;
    let mut body = Vec::new();
    let mut limited = rest.take(BODY_MAX + 1);
    limited.read_to_end(&mut body)?;
    if body.len() as u64 > BODY_MAX {
        return Err(broken("the answer is too long"));
    }
    Ok(Answer { status, body })
}

/// Sends a request without a body and reads the answer's head; the rest is the caller's.
fn send(socket: &Path, method: &str, target: &str) -> io::Result<(u16, impl Read + use<>)> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request =
        format!("{method} {target} HTTP/1.0\r\nHost: docker\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut seen = Vec::new();
    let mut block = [0; 4096];
    loop {
        if let Some(end) = memchr::memmem::find(&seen, b"\r\n\r\n") {
            let status = status(&seen).ok_or_else(|| broken("the answer is no HTTP"))?;
            let rest = seen.split_off(end + 4);
            return Ok((status, io::Cursor::new(rest).chain(stream)));
        }
        let read = stream.read(&mut block)?;
        if read == 0 || seen.len() > HEAD_MAX {
            return Err(broken("the answer has no head"));
        }
        seen.extend_from_slice(block.get(..read).unwrap_or_default());
    }
}

/// `HTTP/1.0 200 OK`
fn status(head: &[u8]) -> Option<u16> {
    let rest = head.strip_prefix(b"HTTP/1.")?;
    let digits = rest.get(2..5)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn broken(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Text as part of a target.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            safe.push(char::from(byte));
        } else {
            safe.push_str(&format!("%{byte:02X}"));
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_and_targets() {
        assert_eq!(status(b"HTTP/1.0 204 No Content\r\n"), Some(204));
        assert_eq!(status(b"HTTP/1.1 404 Not Found\r\n"), Some(404));
        assert_eq!(status(b"SSH-2.0-x"), None);
        assert_eq!(escaped("/proxy_1 {\"a\"}"), "%2Fproxy_1%20%7B%22a%22%7D");
    }
}
