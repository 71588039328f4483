//! The kernel's socket tables over netlink (`sock_diag`): the request, the dump, the parsing.
//!
//! A netlink socket belongs to the network namespace it was created in and keeps reading there.
//! The request is the older one (`TCPDIAG_GETSOCK`): it covers both address families in one pass
//! over the kernel's sockets, where the newer one takes a pass a family.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, send, socket_with,
};
use rustix::thread::{CapabilitySet, capabilities, set_capabilities};

use super::{Address, Query, Socket, State, TcpInfo};

/// The kernel fills at most 32 KiB at once.
const RECEIVE_BYTES: usize = 32 * 1024;
/// The kernel answers at once; this bounds a wait that should not happen.
const RECEIVE_TIMEOUT: Duration = Duration::from_secs(5);

/// An open `sock_diag` socket.
#[derive(Debug)]
pub(super) struct SockDiag {
    socket: OwnedFd,
    buffer: Vec<u8>,
    sequence: u32,
}

impl SockDiag {
    /// Opens one in the network namespace of the calling thread.
    pub(super) fn open() -> io::Result<Self> {
        let (family, kind) = (AddressFamily::NETLINK, SocketType::RAW);
        let open = || socket_with(family, kind, SocketFlags::CLOEXEC, Some(netlink::SOCK_DIAG));
        let socket = without_net_admin(open)?;
        set_socket_timeout(&socket, Timeout::Recv, Some(RECEIVE_TIMEOUT))?;
        Ok(Self { socket, buffer: vec![0; RECEIVE_BYTES], sequence: 0 })
    }

    /// Passes every socket on the query's ports to `each`, listening ones included.
    pub(super) fn read(&mut self, query: &Query, each: &mut dyn FnMut(&Socket)) -> io::Result<()> {
        self.sequence = self.sequence.wrapping_add(1);
        send(&self.socket, &request(query, self.sequence), SendFlags::empty())?;
        loop {
            let received = match recv(&self.socket, self.buffer.as_mut_slice(), RecvFlags::empty())
            {
                Ok((received, _)) => received,
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            };
            let block = self.buffer.get(..received).unwrap_or_default();
            if read_block(block, self.sequence, query.with_info, each)? {
                return Ok(());
            }
        }
    }
}

/// Passes the sockets of a block of messages to `each`. True at the end of the dump.
pub(super) fn read_block(
    mut block: &[u8],
    sequence: u32,
    with_info: bool,
    each: &mut dyn FnMut(&Socket),
) -> io::Result<bool> {
    while let Some((message, after)) = next_message(block, sequence) {
        block = after;
        match message {
            NetlinkMessage::Socket(body) => {
                if let Some(socket) = parse_socket(body, with_info) {
                    each(&socket);
                }
            }
            NetlinkMessage::Done => return Ok(true),
            NetlinkMessage::Error(code) => return Err(io::Error::from_raw_os_error(code)),
            NetlinkMessage::Other => {}
        }
    }
    Ok(false)
}

/// Runs `open` without `CAP_NET_ADMIN`. With it the kernel adds marks, keys and modules to every
/// socket of a dump, unasked.
fn without_net_admin<T>(open: impl FnOnce() -> T) -> T {
    let held =
        capabilities(None).ok().filter(|held| held.effective.contains(CapabilitySet::NET_ADMIN));
    if let Some(mut reduced) = held {
        reduced.effective.remove(CapabilitySet::NET_ADMIN);
        let _ = set_capabilities(None, reduced);
    }
    let opened = open();
    if let Some(held) = held {
        let _ = set_capabilities(None, held);
    }
    opened
}

/// `TCPDIAG_GETSOCK`: all families at once.
const GETSOCK: u16 = 18;
/// `NLM_F_REQUEST | NLM_F_DUMP`
const DUMP: u16 = 0x301;
/// `1 << (INET_DIAG_INFO - 1)`: adds `struct tcp_info` to each socket.
const WITH_INFO: u8 = 2;
/// `INET_DIAG_REQ_BYTECODE`
const BYTECODE: u16 = 1;
/// `ESTABLISHED`, `SYN_RECV`, `FIN_WAIT1`, `FIN_WAIT2`, `CLOSE_WAIT`, `LAST_ACK`, `LISTEN`,
/// `CLOSING`: every state but `TIME_WAIT` and `CLOSE`.
const STATES: u32 = 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 11;
/// The length of a netlink header.
const HEADER: usize = 16;

/// Builds the request. A single port goes into the request's own field, which the kernel compares
/// first; several need a filter program.
fn request(query: &Query, sequence: u32) -> Vec<u8> {
    let mut body = vec![0, 0, 0, if query.with_info { WITH_INFO } else { 0 }];
    let mut ends = [0; 48];
    if let ([port], [high, low, ..]) = (query.ports.as_slice(), &mut ends) {
        [*high, *low] = port.to_be_bytes();
    }
    body.extend_from_slice(&ends);
    body.extend_from_slice(&STATES.to_ne_bytes());
    body.extend_from_slice(&0_u32.to_ne_bytes());
    if query.ports.len() > 1 {
        let program = program(&query.ports);
        body.extend_from_slice(&short(program.len() + 4).to_ne_bytes());
        body.extend_from_slice(&BYTECODE.to_ne_bytes());
        body.extend_from_slice(&program);
    }
    let length = u32::from(short(HEADER + body.len()));
    let mut message = length.to_ne_bytes().to_vec();
    message.extend_from_slice(&GETSOCK.to_ne_bytes());
    message.extend_from_slice(&DUMP.to_ne_bytes());
    message.extend_from_slice(&sequence.to_ne_bytes());
    message.extend_from_slice(&0_u32.to_ne_bytes());
    message.extend_from_slice(&body);
    message
}

/// `INET_DIAG_BC_JMP`
const JUMP: u8 = 1;
/// `INET_DIAG_BC_S_GE`: the local port is at least this.
const AT_LEAST: u8 = 2;
/// `INET_DIAG_BC_S_LE`: the local port is at most this.
const AT_MOST: u8 = 3;
/// Bytes of a comparison: the operation, and a second one that holds the number.
const COMPARE: usize = 8;
/// Bytes of a jump.
const JUMP_BYTES: usize = 4;

/// Builds a filter program that accepts these local ports: for each, "at least" and "at most", then
/// a jump to the end. An operation holds two offsets from its own start, one for true and one for
/// false; the end of the program accepts, four bytes past it reject.
fn program(ports: &[u16]) -> Vec<u8> {
    let mut code = Vec::new();
    for (n, port) in ports.iter().enumerate() {
        let left = ports.len() - n - 1;
        operation(&mut code, AT_LEAST, 2 * COMPARE + JUMP_BYTES, *port);
        operation(&mut code, AT_MOST, COMPARE + JUMP_BYTES, *port);
        if left > 0 {
            let end = left * (2 * COMPARE + JUMP_BYTES);
            code.extend_from_slice(&[JUMP, 4]);
            code.extend_from_slice(&short(end).to_ne_bytes());
        }
    }
    code
}

fn operation(code: &mut Vec<u8>, compare: u8, otherwise: usize, port: u16) {
    code.extend_from_slice(&[compare, 8]);
    code.extend_from_slice(&short(otherwise).to_ne_bytes());
    code.extend_from_slice(&[0, 0]);
    code.extend_from_slice(&port.to_ne_bytes());
}

fn short(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

/// `NLMSG_ERROR`
const ERROR: u16 = 2;
/// `NLMSG_DONE`
const DONE: u16 = 3;
/// `AF_INET`
const V4: u8 = 2;
/// `INET_DIAG_INFO`
const INFO: u16 = 2;
/// The length of `struct inet_diag_msg`.
const SOCKET: usize = 72;
/// Offsets of the two addresses in it.
const LOCAL: usize = 8;
const PEER: usize = 24;
/// Bytes of `struct tcp_info` that are read; Linux 4.1 and later have them.
const TCP_INFO_BYTES: usize = 136;

/// One message of a dump.
#[derive(Clone, Copy, Debug, PartialEq)]
enum NetlinkMessage<'b> {
    /// A socket, for [`parse_socket`].
    Socket(&'b [u8]),
    /// The end of the dump.
    Done,
    /// An error number.
    Error(i32),
    /// Another type, or a reply to an older request.
    Other,
}

/// Splits the first message off; `None` where it is incomplete.
fn next_message(bytes: &[u8], sequence: u32) -> Option<(NetlinkMessage<'_>, &[u8])> {
    let header: &[u8; HEADER] = bytes.first_chunk()?;
    let length = usize::try_from(word(header, 0)).ok()?;
    let message = bytes.get(..length)?;
    let rest = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    let body = message.get(HEADER..)?;
    let message = match u16::from_ne_bytes([header[4], header[5]]) {
        _ if word(header, 8) != sequence => NetlinkMessage::Other,
        DONE => NetlinkMessage::Done,
        ERROR => {
            let code: &[u8; 4] = body.first_chunk()?;
            NetlinkMessage::Error(i32::from_ne_bytes(*code).wrapping_neg())
        }
        18.. => NetlinkMessage::Socket(body),
        _ => NetlinkMessage::Other,
    };
    Some((message, rest))
}

/// Parses a `struct inet_diag_msg`, and its `tcp_info` attribute if `with_info`.
fn parse_socket(body: &[u8], with_info: bool) -> Option<Socket> {
    let (fixed, mut rest) = body.split_first_chunk::<SOCKET>()?;
    let mut info = None;
    while with_info && let Some((kind, value, after)) = attribute(rest) {
        if kind == INFO {
            info = parse_tcp_info(value);
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

/// The address at this offset.
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

/// Parses a `struct tcp_info`, which grows only at its end.
fn parse_tcp_info(value: &[u8]) -> Option<TcpInfo> {
    let info: &[u8; TCP_INFO_BYTES] = value.first_chunk()?;
    Some(TcpInfo {
        rtt_us: word(info, 68),
        bytes_down: long(info, 120),
        bytes_up: long(info, 128),
        sent_ms_ago: word(info, 44),
        received_ms_ago: word(info, 52),
    })
}

/// A 32-bit number in native byte order; 0 past the end.
fn word<const N: usize>(bytes: &[u8; N], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |four| u32::from_ne_bytes(*four))
}

/// A 64-bit number in native byte order; 0 past the end.
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
        let mut info = [0; TCP_INFO_BYTES];
        info[68..72].copy_from_slice(&48_000_u32.to_ne_bytes());
        info[120..128].copy_from_slice(&5_000_000_000_u64.to_ne_bytes());
        body.extend_from_slice(&[5, 0, 8, 0, 0, 0, 0, 0]);
        body.extend_from_slice(&140_u16.to_ne_bytes());
        body.extend_from_slice(&INFO.to_ne_bytes());
        body.extend_from_slice(&info);
        body
    }

    #[test]
    fn parses_a_socket_with_tcp_info() {
        let bytes =
            [packed(20, 9, &body()), packed(20, 8, &body()), packed(3, 9, &[0; 4])].concat();
        let Some((NetlinkMessage::Socket(inner), rest)) = next_message(&bytes, 9) else {
            panic!("no socket")
        };
        let Some((NetlinkMessage::Other, rest)) = next_message(rest, 9) else {
            panic!("not a reply to an older request")
        };
        assert_eq!(next_message(rest, 9), Some((NetlinkMessage::Done, &[][..])));
        let socket = parse_socket(inner, true).unwrap();
        assert_eq!((socket.state, socket.port, socket.peer_port), (State::Established, 443, 50000));
        assert_eq!(socket.peer.ip().to_string(), "203.0.113.7");
        let info = socket.info.unwrap();
        assert_eq!((info.rtt_us, info.bytes_down), (48_000, 5_000_000_000));
    }

    #[test]
    fn truncated_messages_are_incomplete() {
        let whole = packed(20, 9, &body());
        for end in 0..whole.len() {
            assert_eq!(next_message(&whole[..end], 9), None);
            let _ = parse_socket(&whole[..end], true);
        }
        let refused = packed(2, 9, &(-13_i32).to_ne_bytes());
        assert_eq!(next_message(&refused, 9).map(|at| at.0), Some(NetlinkMessage::Error(13)));
    }

    /// Interprets a program as the kernel does.
    fn accepts(code: &[u8], port: u16) -> bool {
        let mut at = 0;
        while at < code.len() {
            let word = |at: usize| u16::from_ne_bytes([code[at], code[at + 1]]);
            let holds = match code[at] {
                AT_LEAST => port >= word(at + 6),
                AT_MOST => port <= word(at + 6),
                _ => false,
            };
            at += if holds { usize::from(code[at + 1]) } else { usize::from(word(at + 2)) };
        }
        at == code.len()
    }

    #[test]
    fn a_filter_program_accepts_its_ports_only() {
        for ports in [&[443][..], &[443, 8443], &[1, 65535, 443], &[443, 444, 445, 4430, 443]] {
            let code = program(ports);
            for port in 0..=u16::MAX {
                assert_eq!(accepts(&code, port), ports.contains(&port), "{port} {ports:?}");
            }
        }
    }

    #[test]
    fn a_request_contains_its_length() {
        for ports in [vec![443], vec![443, 8443]] {
            let message = request(&Query { ports, with_info: true }, 7);
            let length = u32::from_ne_bytes([message[0], message[1], message[2], message[3]]);
            assert_eq!(usize::try_from(length).ok(), Some(message.len()));
            assert_eq!(message.len() % 4, 0);
        }
    }
}
