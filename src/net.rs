//! Addresses as text, there and back: every row has one, and half of them are IPv6, for which the
//! standard library's formatting machinery costs more than all the rest of a row.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Reads a client address; IPv4-mapped IPv6 becomes IPv4.
pub fn parse_ip(text: &[u8]) -> Option<IpAddr> {
    parse_ip_text(text).map(|(ip, _)| ip)
}

/// The same, and whether [`write`] gives this text.
#[inline]
pub fn parse_ip_text(text: &[u8]) -> Option<(IpAddr, bool)> {
    if let Some(ip) = read_v4(text) {
        return Some((IpAddr::V4(ip), true));
    }
    if let Some((ip, is_short)) = read_v6(text) {
        let canonical = IpAddr::V6(ip).to_canonical();
        return Some((canonical, is_short && canonical.is_ipv6()));
    }
    // What is left is rare: IPv4 inside IPv6.
    let text = std::str::from_utf8(text).ok()?;
    text.parse::<IpAddr>().ok().map(|ip| (ip.to_canonical(), false))
}

/// Four decimal numbers without leading zeros.
fn read_v4(text: &[u8]) -> Option<Ipv4Addr> {
    let mut octets = [0; 4];
    let mut rest = text;
    for (n, octet) in octets.iter_mut().enumerate() {
        if n > 0 {
            rest = rest.strip_prefix(b".")?;
        }
        let [first @ b'0'..=b'9', tail @ ..] = rest else { return None };
        rest = tail;
        let mut value = u32::from(first - b'0');
        while let [digit @ b'0'..=b'9', tail @ ..] = rest {
            if value == 0 || value > 25 {
                return None; // a leading zero, or more than three digits
            }
            value = value * 10 + u32::from(digit - b'0');
            rest = tail;
        }
        *octet = u8::try_from(value).ok()?;
    }
    rest.is_empty().then(|| Ipv4Addr::from(octets))
}

/// Groups of hexadecimal digits, with `::` at most once; and whether they are in the short form.
fn read_v6(text: &[u8]) -> Option<(Ipv6Addr, bool)> {
    let mut groups = [0_u16; 8];
    let (mut count, mut gap, mut has_zeros) = (0, None, false);
    let mut rest = text;
    if let Some(after) = rest.strip_prefix(b"::") {
        (gap, rest) = (Some(0), after);
    }
    while !rest.is_empty() {
        let mut value = 0_u16;
        let mut digits = 0;
        while let Some(digit) = rest.get(digits).and_then(|byte| hex_digit(*byte)) {
            value = value << 4 | digit;
            digits += 1;
            if digits > 4 {
                return None;
            }
        }
        if digits == 0 {
            return None;
        }
        has_zeros |= digits > 1 && rest.first() == Some(&b'0');
        *groups.get_mut(count)? = value;
        count += 1;
        rest = rest.get(digits..)?;
        if let Some(after) = rest.strip_prefix(b"::") {
            if gap.is_some() {
                return None;
            }
            (gap, rest) = (Some(count), after);
        } else if !rest.is_empty() {
            rest = rest.strip_prefix(b":").filter(|after| !after.is_empty())?;
        }
    }
    let zeros = match gap {
        None if count == 8 => 0..0,
        Some(at) if count < 8 => {
            groups.get_mut(at..)?.rotate_right(8 - count);
            at..at + 8 - count
        }
        _ => return None,
    };
    let has_capitals = || text.iter().any(u8::is_ascii_uppercase);
    let is_gap_short = || match longest_zeros(&groups) {
        longest if zeros.is_empty() => longest.start > groups.len(),
        longest => longest == zeros,
    };
    let is_short = !has_zeros && is_gap_short() && !has_capitals();
    Some((Ipv6Addr::from(groups), is_short))
}

#[inline]
fn hex_digit(byte: u8) -> Option<u16> {
    let value = match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        b'A'..=b'F' => byte - b'A' + 10,
        _ => return None,
    };
    Some(value.into())
}

/// Writes an address as the standard library does: IPv6 in its short form, small letters.
pub fn write(ip: IpAddr, out: &mut Vec<u8>) {
    match ip {
        IpAddr::V4(ip) => write_v4(ip, out),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => {
                out.extend_from_slice(b"::ffff:");
                write_v4(ip, out);
            }
            None => write_v6(ip, out),
        },
    }
}

fn write_v4(ip: Ipv4Addr, out: &mut Vec<u8>) {
    let mut text = ShortText::<15>::default();
    for (n, octet) in ip.octets().into_iter().enumerate() {
        if n > 0 {
            text.push(b'.');
        }
        if octet >= 100 {
            text.push(b'0' + octet / 100);
        }
        if octet >= 10 {
            text.push(b'0' + octet / 10 % 10);
        }
        text.push(b'0' + octet % 10);
    }
    out.extend_from_slice(text.written());
}

fn write_v6(ip: Ipv6Addr, out: &mut Vec<u8>) {
    let groups = ip.segments();
    let gap = longest_zeros(&groups);
    let mut text = ShortText::<39>::default();
    for (n, group) in groups.into_iter().enumerate() {
        let in_gap = gap.contains(&n);
        if n == gap.start && in_gap {
            text.push(b':');
            text.push(b':');
        } else if !in_gap {
            if n > 0 && n != gap.end {
                text.push(b':');
            }
            write_hex(group, &mut text);
        }
    }
    out.extend_from_slice(text.written());
}

/// Text of at most so many bytes.
struct ShortText<const MAX: usize> {
    bytes: [u8; MAX],
    length: usize,
}

impl<const MAX: usize> Default for ShortText<MAX> {
    fn default() -> Self {
        Self { bytes: [0; MAX], length: 0 }
    }
}

impl<const MAX: usize> ShortText<MAX> {
    #[inline]
    fn push(&mut self, byte: u8) {
        if let Some(next) = self.bytes.get_mut(self.length) {
            *next = byte;
            self.length += 1;
        }
    }

    fn written(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// The first of the longest runs of zeros, if it is of two or more; else a range that is nowhere.
fn longest_zeros(groups: &[u16; 8]) -> std::ops::Range<usize> {
    let (mut best, mut begin) = (0..0, 0);
    for (n, group) in groups.iter().enumerate() {
        if *group != 0 {
            begin = n + 1;
        } else if n + 1 - begin > best.len() {
            best = begin..n + 1;
        }
    }
    if best.len() > 1 { best } else { 9..9 }
}

fn write_hex(group: u16, out: &mut ShortText<39>) {
    let digit = |shift: u16| {
        let value = u8::try_from(group >> shift & 15).unwrap_or(0);
        if value < 10 { b'0' + value } else { b'a' + value - 10 }
    };
    for shift in [12, 8, 4] {
        if group >> shift != 0 {
            out.push(digit(shift));
        }
    }
    out.push(digit(0));
}

/// The bits of a prefix of this length, of an address in 128 bits.
pub fn prefix_mask(length: u32) -> u128 {
    u128::MAX.checked_shl(128_u32.saturating_sub(length)).unwrap_or(0)
}

/// The first address of the network of this prefix length: at most 32 for IPv4, 128 for IPv6.
pub fn network(ip: IpAddr, length: u8) -> IpAddr {
    let length = u32::from(length);
    match ip {
        IpAddr::V4(ip) => {
            let mask = prefix_mask(V4_MAPPED_BITS + length.min(32));
            let bits = ip.to_ipv6_mapped().to_bits() & mask;
            IpAddr::V6(Ipv6Addr::from_bits(bits)).to_canonical()
        }
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & prefix_mask(length))),
    }
}

/// The prefix of IPv4 addresses in IPv6.
const V4_MAPPED_BITS: u32 = 96;

/// `203.0.113.7:35441`, `[2001:db8::1]:35441`, and the bracketless IPv6 of Erlang's `inet:ntoa`.
pub fn parse_peer(text: &[u8]) -> Option<(IpAddr, u16)> {
    let colon = memchr::memrchr(b':', text)?;
    let (host, port) = (text.get(..colon)?, text.get(colon + 1..)?);
    let host = host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]")).unwrap_or(host);
    let port = std::str::from_utf8(port).ok()?.parse().ok()?;
    Some((parse_ip(host)?, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(ip: IpAddr) -> String {
        let mut out = Vec::new();
        write(ip, &mut out);
        String::from_utf8(out).unwrap()
    }

    /// As the standard library reads and writes, over every place and length of zeros.
    #[test]
    fn as_the_standard_library() {
        for zeros in 0..=255_u32 {
            for value in [1_u16, 0x20, 0x300, 0xabcd] {
                let mut groups = [0; 8];
                for (n, group) in groups.iter_mut().enumerate() {
                    *group = if zeros >> n & 1 == 1 { 0 } else { value };
                }
                let ip = IpAddr::from(groups);
                assert_eq!(text(ip), ip.to_string());
                let is_v6 = ip.to_canonical().is_ipv6() && !ip.to_string().contains('.');
                let want = Some((ip.to_canonical(), is_v6));
                assert_eq!(parse_ip_text(ip.to_string().as_bytes()), want);
            }
        }
        for octet in 0..=255 {
            let ip = IpAddr::from([octet, 0, 255 - octet, 7]);
            assert_eq!(text(ip), ip.to_string());
            assert_eq!(parse_ip(ip.to_string().as_bytes()), Some(ip));
        }
    }

    /// A text that is taken for the written one is that, however it is spelled.
    #[test]
    fn a_text_is_written_again_as_it_is() {
        let (mut same, mut other) = (0, 0);
        for n in 0..20_000_u32 {
            let random = |at: u32| n.wrapping_mul(2_654_435_769).rotate_left(at * 5) >> 7;
            let group = |at: u32| match random(at) % 5 {
                0 | 1 => "0".to_owned(),
                2 => format!("{:x}", random(at) % 0x1_0000),
                3 => format!("{:04x}", random(at) % 0x300),
                _ => format!("{:X}", random(at) % 0x1_0000),
            };
            let groups: Vec<_> = (0..8).map(group).collect();
            let (from, to) = ((random(9) % 9) as usize, (random(10) % 9) as usize);
            let spelled = match groups.get(..from).zip(groups.get(to..)).filter(|_| from < to) {
                Some((before, after)) => format!("{}::{}", before.join(":"), after.join(":")),
                None => groups.join(":"),
            };
            let read = parse_ip_text(spelled.as_bytes());
            let std = spelled.parse::<IpAddr>().ok().map(|ip| ip.to_canonical());
            assert_eq!(read.map(|(ip, _)| ip), std, "{spelled}");
            if let Some((ip, is_written)) = read {
                assert_eq!(is_written, text(ip) == spelled, "{spelled}");
                *if is_written { &mut same } else { &mut other } += 1;
            }
        }
        assert!(same > 300 && other > 300, "{same} {other}");
    }

    #[test]
    fn only_whole_addresses() {
        for spelled in [
            "1.2.3.4",
            "1.2.3",
            "1.2.3.4.5",
            "1.2.3.04",
            "1.2.3.256",
            "1.2.3.4 ",
            "",
            ".",
            "1..2.3",
            "::",
            "::1",
            "1::",
            "1::2::3",
            ":1",
            "1:",
            ":::",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7::",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7:8::",
            "12345::",
            "g::",
            "::ffff:1.2.3.4",
            "ABCD::Ef",
            "::1.2.3.4",
            "::1.2.3",
            "1::2:",
            "::ffff:102:304",
            "fe80::1%eth0",
            "00001::",
            "0001::",
        ] {
            let want = spelled.parse::<IpAddr>().ok().map(|ip| ip.to_canonical());
            assert_eq!(parse_ip(spelled.as_bytes()), want, "{spelled}");
        }
    }

    /// Each bit of a network is that of the address up to the prefix length, and 0 behind it.
    #[test]
    fn networks_of_every_length() {
        let bits = |ip: IpAddr| match ip {
            IpAddr::V4(ip) => (u128::from(ip.to_bits()) << 96, 32),
            IpAddr::V6(ip) => (ip.to_bits(), 128),
        };
        for text in ["203.0.113.255", "255.255.255.255", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"] {
            let ip: IpAddr = text.parse().unwrap();
            let (all, width) = bits(ip);
            for length in 0..=width {
                let network = network(ip, length);
                assert_eq!(network.is_ipv4(), ip.is_ipv4());
                for n in 0..width {
                    let bit = 1 << (127 - n);
                    let want = if n < length { all & bit } else { 0 };
                    assert_eq!(bits(network).0 & bit, want, "{text}/{length}, bit {n}");
                }
            }
        }
    }

    #[test]
    fn peers_in_every_spelling() {
        let read =
            |text: &str| parse_peer(text.as_bytes()).map(|(ip, port)| format!("{ip} {port}"));
        assert_eq!(read("203.0.113.7:80").as_deref(), Some("203.0.113.7 80"));
        assert_eq!(read("[2001:db8::1]:80").as_deref(), Some("2001:db8::1 80"));
        assert_eq!(read("2001:db8::1:80").as_deref(), Some("2001:db8::1 80"));
        assert_eq!(read("[::ffff:203.0.113.7]:1").as_deref(), Some("203.0.113.7 1"));
        assert_eq!(read("[203.0.113.7]:7443").as_deref(), Some("203.0.113.7 7443"));
        assert_eq!(read("203.0.113.7:99999"), None);
        assert_eq!(read("203.0.113.7"), None);
    }
}
