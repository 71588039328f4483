//! Sockets of the tests' clients and servers, bound to given addresses.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::thread::sleep;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketFlags, SocketType, accept, bind, connect, listen, socket, socket_with,
    sockopt,
};

/// Listens on exactly this address; IPv4-mapped IPv6 is an IPv6 socket.
pub(super) fn server(at: SocketAddr) -> TcpListener {
    let family = if at.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let fd = socket(family, SocketType::STREAM, None).unwrap();
    sockopt::set_socket_reuseaddr(&fd, true).unwrap();
    bind(&fd, &at).unwrap();
    listen(&fd, 4096).unwrap();
    TcpListener::from(fd)
}

/// Connects from this address.
pub(super) fn client(from: IpAddr, to: SocketAddr) -> TcpStream {
    for _ in 0..100 {
        let fd = bound(from, SocketFlags::empty());
        match connect(&fd, &to) {
            Ok(()) => return TcpStream::from(fd),
            // The link is new and its neighbours are not resolved yet.
            Err(Errno::HOSTUNREACH | Errno::NETUNREACH) => sleep(Duration::from_millis(100)),
            Err(error) => panic!("{from} to {to}: {error}"),
        }
    }
    panic!("{from} to {to}: no way there")
}

/// Starts to connect from an address that no reply reaches.
pub(super) fn half_client(from: IpAddr, to: SocketAddr) -> OwnedFd {
    let fd = bound(from, SocketFlags::NONBLOCK);
    assert!(connect(&fd, &to).is_err());
    fd
}

fn bound(from: IpAddr, flags: SocketFlags) -> OwnedFd {
    let family = if from.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let fd = socket_with(family, SocketType::STREAM, flags, None).unwrap();
    bind(&fd, &SocketAddr::new(from, 0)).unwrap();
    fd
}

/// Accepts so many.
pub(super) fn accepted(server: &TcpListener, count: usize) -> Vec<TcpStream> {
    (0..count).map(|_| TcpStream::from(accept(server).unwrap())).collect()
}

/// The client of this number: every fourth over IPv6.
pub(super) fn address(number: u16) -> IpAddr {
    let [high, low] = number.to_be_bytes();
    if number % 4 == 3 {
        IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0x77, 0, 0, 0, 0, number))
    } else {
        IpAddr::V4(Ipv4Addr::new(10, 77, high, low))
    }
}

/// How many connections each address holds.
pub(super) type Counts = BTreeMap<String, u64>;

/// The counts of a sample row.
pub(super) fn counts(sample: &str) -> Counts {
    let row: serde_json::Value = serde_json::from_str(sample).expect(sample);
    let by_ip = row["by_ip"].as_array().unwrap();
    let counts: Counts = by_ip
        .iter()
        .map(|one| (one["ip"].as_str().unwrap().into(), one["connections"].as_u64().unwrap()))
        .collect();
    assert_eq!(row["total"].as_u64(), Some(counts.values().sum()));
    assert_eq!(row["addresses"].as_u64(), Some(counts.len() as u64));
    counts
}

/// Builds expected counts.
pub(super) fn expected(clients: &[(&str, u64)]) -> Counts {
    clients.iter().map(|(ip, count)| ((*ip).to_owned(), *count)).collect()
}
