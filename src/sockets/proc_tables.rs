//! The kernel's socket tables in `/proc/PID/net/tcp` and `tcp6`, readable without privilege. An open
//! file keeps reading the namespace it was opened in.

use std::fs::File;
use std::io::{self, Seek};
use std::path::Path;

use memchr::memchr;

use crate::io::LineBuffer;

use super::{Address, Query, Socket, State};

/// The kernel returns at most a page a read.
const READ: usize = 64 * 1024;

/// The open tables of one namespace.
#[derive(Debug)]
pub(super) struct ProcTables {
    tables: Vec<File>,
    buffer: LineBuffer,
}

impl ProcTables {
    /// Opens the tables in `/proc/PID/net`. A kernel without IPv6 has only `tcp`.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let mut tables = vec![File::open(folder.join("tcp"))?];
        tables.extend(File::open(folder.join("tcp6")).ok());
        Ok(Self { tables, buffer: LineBuffer::new(READ) })
    }

    /// Passes every socket on the query's ports to `each`, listening ones included.
    pub(super) fn read(&mut self, query: &Query, each: &mut dyn FnMut(&Socket)) -> io::Result<()> {
        for table in &mut self.tables {
            table.rewind()?;
            self.buffer.restart();
            loop {
                match self.buffer.read_from(table) {
                    Ok(0) => break,
                    Ok(_) => {}
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => return Err(error),
                }
                while let Some(line) = self.buffer.take_line() {
                    if let Some(socket) = parse_row(line.text, &query.ports) {
                        each(&socket);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Parses a row whose local port is one of these:
/// `   0: 0100007F:01BB 0200007F:C350 01 00000000:00000000 00:00000000 00000000  0  0 1234 …`
pub(super) fn parse_row(line: &[u8], ports: &[u16]) -> Option<Socket> {
    let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let (local, remote, state) = (words.nth(1)?, words.next()?, words.next()?);
    let local_colon = memchr(b':', local)?;
    let port = hex(local.get(local_colon + 1..)?)?;
    let port = u16::try_from(port).ok().filter(|port| ports.contains(port))?;
    let inode = std::str::from_utf8(words.nth(5)?).ok()?.parse().ok()?;
    let colon = memchr(b':', remote)?;
    let peer_port = u16::try_from(hex(remote.get(colon + 1..)?)?).ok()?;
    Some(Socket {
        state: State::read(u8::try_from(hex(state)?).ok()?),
        local: address(local.get(..local_colon)?)?,
        port,
        peer: address(remote.get(..colon)?)?,
        peer_port,
        id: u64::from(inode),
        inode,
        info: None,
    })
}

/// Parses an address: 32-bit words in native byte order.
fn address(text: &[u8]) -> Option<Address> {
    let word = |n: usize| Some(hex(text.get(n * 8..n * 8 + 8)?)?.to_ne_bytes());
    if text.len() == 8 {
        return Some(Address::v4(word(0)?));
    }
    let mut bytes = [0; 16];
    for (n, part) in bytes.chunks_exact_mut(4).enumerate() {
        part.copy_from_slice(&word(n)?);
    }
    Some(Address::v6(bytes))
}

fn hex(text: &[u8]) -> Option<u32> {
    (!text.is_empty() && text.len() <= 8).then_some(())?;
    text.iter().try_fold(0, |sum: u32, byte| {
        let digit = char::from(*byte).to_digit(16)?;
        Some(sum << 4 | digit)
    })
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    /// Formats an address as the kernel does.
    fn printed(bytes: &[u8]) -> String {
        let word = |four: &[u8]| u32::from_ne_bytes([four[0], four[1], four[2], four[3]]);
        let words: Vec<_> = bytes.chunks(4).map(|four| format!("{:08X}", word(four))).collect();
        words.concat()
    }

    fn line(local: &str, remote: &str, state: &str) -> String {
        format!(
            "   0: {local} {remote} {state} 00000000:00000000 00:00000000 00000000     0        0 \
             4242 1 0000000000000000 20 4 30 10 -1"
        )
    }

    #[test]
    fn parses_rows_of_both_tables() {
        let v4 = printed(&[203, 0, 113, 7]);
        let text = line(&format!("{}:01BB", printed(&[10, 0, 0, 1])), &format!("{v4}:C350"), "01");
        let socket = parse_row(text.as_bytes(), &[443]).unwrap();
        assert_eq!(
            (socket.peer.ip().to_string().as_str(), socket.peer_port),
            ("203.0.113.7", 50000)
        );
        assert_eq!((socket.state, socket.id), (State::Established, 4242));
        assert_eq!(parse_row(text.as_bytes(), &[4430]), None);
        let mapped: Ipv6Addr = "::ffff:203.0.113.7".parse().unwrap();
        let any = printed(&[0; 16]);
        for (peer, want) in
            [(mapped, "203.0.113.7"), ("2001:db8::1".parse().unwrap(), "2001:db8::1")]
        {
            let text =
                line(&format!("{any}:01BB"), &format!("{}:0001", printed(&peer.octets())), "08");
            let socket = parse_row(text.as_bytes(), &[1, 443]).unwrap();
            assert_eq!(
                (socket.peer.ip().to_string().as_str(), socket.state),
                (want, State::Closing)
            );
        }
    }

    #[test]
    fn rejects_headings_and_truncated_rows() {
        let whole = line("0100007F:01BB", "0100007F:C350", "0A");
        for end in 0..whole.len() {
            let _ = parse_row(&whole.as_bytes()[..end], &[443]);
        }
        let heading =
            b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt";
        assert_eq!(parse_row(heading, &[443]), None);
    }
}
