//! The kernel's answer, read where it lies in the receive buffer: nothing is allocated a socket.

use super::{Address, Info, Socket, State};

/// `NLMSG_ERROR`
const ERROR: u16 = 2;
/// `NLMSG_DONE`
const DONE: u16 = 3;
/// `AF_INET`
const V4: u8 = 2;
/// `INET_DIAG_INFO`
const INFO: u16 = 2;
/// The length of a netlink header.
const HEADER: usize = 16;
/// The length of `struct inet_diag_msg`.
const SOCKET: usize = 72;
/// Where the addresses of the two ends are in it.
const LOCAL: usize = 8;
const PEER: usize = 24;
/// As much of `struct tcp_info` as is read here; Linux 4.1 and later have it.
const MEASURED: usize = 136;

/// One message of an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Message<'b> {
    /// A socket, still packed: see [`socket`].
    Socket(&'b [u8]),
    /// That was all.
    Done,
    /// The kernel refuses, with this error number.
    Refused(i32),
    /// Something else, or an answer to an older question.
    Other,
}

/// The next message of what was received, and what follows it.
pub fn next(bytes: &[u8], sequence: u32) -> Option<(Message<'_>, &[u8])> {
    let header: &[u8; HEADER] = bytes.first_chunk()?;
    let length = usize::try_from(word(header, 0)).ok()?;
    let message = bytes.get(..length)?;
    let rest = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    let body = message.get(HEADER..)?;
    let message = match u16::from_ne_bytes([header[4], header[5]]) {
        _ if word(header, 8) != sequence => Message::Other,
        DONE => Message::Done,
        ERROR => {
            let code: &[u8; 4] = body.first_chunk()?;
            Message::Refused(i32::from_ne_bytes(*code).wrapping_neg())
        }
        18.. => Message::Socket(body),
        _ => Message::Other,
    };
    Some((message, rest))
}

/// Unpacks a socket, and what was measured of it if that is wanted.
pub fn socket(body: &[u8], with_info: bool) -> Option<Socket> {
    let (fixed, mut rest) = body.split_first_chunk::<SOCKET>()?;
    let mut info = None;
    while with_info && let Some((kind, value, after)) = attribute(rest) {
        if kind == INFO {
            info = measured(value);
        }
        rest = after;
    }
    let cookie = u64::from(word(fixed, 44)) | u64::from(word(fixed, 48)) << 32;
    Some(Socket {
        state: State::read(fixed[1]),
        port: u16::from_be_bytes([fixed[4], fixed[5]]),
        local: address(fixed, LOCAL),
        peer: address(fixed, PEER),
        peer_port: u16::from_be_bytes([fixed[6], fixed[7]]),
        id: cookie,
        inode: word(fixed, 68),
        info,
    })
}

/// The address at this byte.
fn address(fixed: &[u8; SOCKET], at: usize) -> Address {
    let bytes = fixed.get(at..).and_then(|rest| rest.first_chunk());
    let bytes: [u8; 16] = bytes.copied().unwrap_or_default();
    let [a, b, c, d, ..] = bytes;
    if fixed[0] == V4 { Address::v4([a, b, c, d]) } else { Address::v6(bytes) }
}

fn attribute(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let header: &[u8; 4] = bytes.first_chunk()?;
    let length = usize::from(u16::from_ne_bytes([header[0], header[1]]));
    let kind = u16::from_ne_bytes([header[2], header[3]]);
    let value = bytes.get(4..length)?;
    Some((kind, value, bytes.get(length.next_multiple_of(4)..).unwrap_or_default()))
}

/// `struct tcp_info`: the offsets are the kernel's, which only ever adds at the end.
fn measured(value: &[u8]) -> Option<Info> {
    let info: &[u8; MEASURED] = value.first_chunk()?;
    Some(Info {
        rtt_us: word(info, 68),
        bytes_down: long(info, 120),
        bytes_up: long(info, 128),
        sent_ms_ago: word(info, 44),
        received_ms_ago: word(info, 52),
    })
}

/// Four bytes of a fixed array as the kernel wrote them; 0 past its end, which no caller reaches.
fn word<const N: usize>(bytes: &[u8; N], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |four| u32::from_ne_bytes(*four))
}

/// Eight bytes, likewise.
fn long<const N: usize>(bytes: &[u8; N], at: usize) -> u64 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |all| u64::from_ne_bytes(*all))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(kind: u16, sequence: u32, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(HEADER + body.len()).unwrap();
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend_from_slice(&kind.to_ne_bytes());
        bytes.extend_from_slice(&[0; 2]);
        bytes.extend_from_slice(&sequence.to_ne_bytes());
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(body);
        bytes
    }

    fn body() -> Vec<u8> {
        let mut body = vec![0; SOCKET];
        body[0] = 10;
        body[1] = 1;
        body[4..8].copy_from_slice(&[0x01, 0xbb, 0xc3, 0x50]);
        body[34..36].copy_from_slice(&[0xff, 0xff]);
        body[36..40].copy_from_slice(&[203, 0, 113, 7]);
        body[44..52].copy_from_slice(&0x0102_0304_0506_0708_u64.to_ne_bytes());
        let mut info = [0; MEASURED];
        info[68..72].copy_from_slice(&48_000_u32.to_ne_bytes());
        info[120..128].copy_from_slice(&5_000_000_000_u64.to_ne_bytes());
        body.extend_from_slice(&[5, 0, 8, 0, 0, 0, 0, 0]);
        body.extend_from_slice(&140_u16.to_ne_bytes());
        body.extend_from_slice(&INFO.to_ne_bytes());
        body.extend_from_slice(&info);
        body
    }

    #[test]
    fn a_socket_with_what_was_measured() {
        let bytes =
            [packed(20, 9, &body()), packed(20, 8, &body()), packed(3, 9, &[0; 4])].concat();
        let Some((Message::Socket(inner), rest)) = next(&bytes, 9) else { panic!("no socket") };
        let Some((Message::Other, rest)) = next(rest, 9) else { panic!("an old answer") };
        assert_eq!(next(rest, 9), Some((Message::Done, &[][..])));
        let socket = socket(inner, true).unwrap();
        assert_eq!((socket.state, socket.port, socket.peer_port), (State::Established, 443, 50000));
        assert_eq!(socket.peer.ip().to_string(), "203.0.113.7");
        let info = socket.info.unwrap();
        assert_eq!((info.rtt_us, info.bytes_down), (48_000, 5_000_000_000));
    }

    #[test]
    fn cut_anywhere_it_is_no_panic() {
        let whole = packed(20, 9, &body());
        for end in 0..whole.len() {
            assert_eq!(next(&whole[..end], 9), None);
            let _ = socket(&whole[..end], true);
        }
        let refused = packed(2, 9, &(-13_i32).to_ne_bytes());
        assert_eq!(next(&refused, 9).map(|at| at.0), Some(Message::Refused(13)));
    }
}
