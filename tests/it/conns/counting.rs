//! Counts equal the connections that the test holds, for both families, netlink and `/proc`, root and
//! a plain user.

use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use super::clients::{Counts, accepted, address, client, counts, half_client, server};
use super::net::{Copy, MAPPED, Net, V4, V6};
use crate::harness::{check_schema, text};

/// Clients, and their addresses.
const CLIENTS: u16 = 1000;
const ADDRESSES: u16 = 300;

/// The server's ends: what listens, what was accepted, and connections of its own.
struct Server {
    listeners: Vec<TcpListener>,
    accepted: Vec<TcpStream>,
}

/// A client's connections.
struct Clients {
    held: Vec<(u16, TcpStream)>,
}

impl Clients {
    fn expected(&self) -> Counts {
        let mut counts = Counts::new();
        for (number, _) in &self.held {
            *counts.entry(address(number % ADDRESSES).to_string()).or_default() += 1;
        }
        counts
    }
}

/// The listener and address a client connects to: IPv6, IPv4 or IPv4-mapped IPv6.
fn target(number: u16, port: u16) -> (usize, SocketAddr) {
    match (address(number % ADDRESSES).is_ipv6(), number % 2) {
        (true, _) => (2, SocketAddr::new(V6.parse().unwrap(), port)),
        (false, 0) => (0, SocketAddr::new(V4.parse().unwrap(), port)),
        (false, _) => (1, SocketAddr::new(MAPPED.parse().unwrap(), port)),
    }
}

fn listeners(net: &Net, port: u16) -> Vec<TcpListener> {
    net.at_server(|| {
        let mapped = MAPPED.parse::<std::net::Ipv4Addr>().unwrap().to_ipv6_mapped();
        vec![
            server(SocketAddr::new(V4.parse().unwrap(), port)),
            server(SocketAddr::new(mapped.into(), port)),
            server(SocketAddr::new(V6.parse().unwrap(), port)),
        ]
    })
}

fn connected(net: &Net, server: &mut Server, numbers: std::ops::Range<u16>) -> Clients {
    let mut held = Vec::new();
    for number in numbers {
        let (listener, to) = target(number, 443);
        let stream = net_client(net, number, to);
        server.accepted.extend(accepted(&server.listeners[listener], 1));
        held.push((number, stream));
    }
    Clients { held }
}

fn net_client(net: &Net, number: u16, to: SocketAddr) -> TcpStream {
    net.at_clients(|| client(address(number % ADDRESSES), to))
}

/// Commands of root and a plain user, by netlink and `/proc`.
fn commands(net: &Net, copy: &Copy) -> Vec<(&'static str, Command)> {
    const PLAIN: [&str; 4] =
        ["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"];
    let mut by_root = Command::new(&copy.path);
    by_root.args(["--netns", &net.server()]);
    let mut by_root_proc = Command::new(&copy.path);
    by_root_proc.args(["--netns", &net.server(), "--via", "proc"]);
    let mut by_user = net.command("setpriv");
    by_user.args(PLAIN).arg(&copy.path);
    let mut by_user_proc = Command::new("setpriv");
    by_user_proc.args(PLAIN).arg(&copy.path).args(["--pid", &net.inside.id().to_string()]);
    vec![("netlink", by_root), ("proc", by_root_proc), ("netlink", by_user), ("proc", by_user_proc)]
}

/// How long the last packets may take on a busy machine.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(20);

/// Waits until the last packets have arrived.
fn settled(command: &mut Command, expected: &Counts, has: &[(&str, u64)]) {
    let until = Instant::now() + SETTLE_TIMEOUT;
    while Instant::now() < until {
        let rows = text(&command.output().unwrap().stdout);
        let row: serde_json::Value = serde_json::from_str(&rows).unwrap_or_default();
        let has_all = has.iter().all(|(key, count)| row[key].as_u64().unwrap_or(0) == *count);
        if !rows.is_empty() && has_all && &counts(&rows) == expected {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Checks that all four commands count the same.
fn all_agree(net: &Net, copy: &Copy, expected: &Counts, has: &[(&str, u64)]) {
    for (via, mut command) in commands(net, copy) {
        settled(&mut command, expected, has);
        let output = command.output().unwrap();
        let (rows, stderr) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success() && stderr.is_empty(), "{command:?}: {stderr}");
        check_schema(&rows);
        assert_eq!(&counts(&rows), expected, "{command:?}");
        let row: serde_json::Value = serde_json::from_str(&rows).unwrap();
        assert_eq!(row["via"], via, "{command:?}");
        for (key, count) in has {
            assert_eq!(row[key].as_u64().unwrap_or(0), *count, "{key}: {command:?}");
        }
    }
}

#[test]
fn counts_a_thousand_clients_of_three_hundred_addresses() {
    let Some(net) = Net::new() else { return };
    let copy = Copy::new();
    let mut server = Server { listeners: listeners(&net, 443), accepted: Vec::new() };
    all_agree(&net, &copy, &Counts::new(), &[]);
    let mut clients = connected(&net, &mut server, 0..CLIENTS);
    assert_eq!(clients.expected().len(), usize::from(ADDRESSES));
    all_agree(&net, &copy, &clients.expected(), &[("closing", 0), ("half_open", 0)]);

    // A port with the same leading digits, and outgoing connections of the server to port 443.
    let other = listeners(&net, 4430);
    let others: Vec<_> = (0..40)
        .map(|number| {
            let (listener, to) = target(number, 4430);
            (net_client(&net, number, to), accepted(&other[listener], 1))
        })
        .collect();
    let upstream: SocketAddr = "10.78.0.2:443".parse().unwrap();
    let far = net.at_clients(|| super::clients::server(upstream));
    let outgoing: Vec<_> = (0..25)
        .map(|_| net.at_server(|| (client(V4.parse().unwrap(), upstream), accepted(&far, 1))))
        .collect();
    all_agree(&net, &copy, &clients.expected(), &[("closing", 0), ("half_open", 0)]);

    // Closed by the client only, closed by the server first, handshakes that never complete.
    let leaving: Vec<_> = clients.held.drain(..50).collect();
    drop(leaving);
    let half: Vec<_> = (1..=7)
        .map(|n| {
            let from = format!("10.76.0.{n}").parse().unwrap();
            net.at_clients(|| half_client(from, SocketAddr::new(V4.parse().unwrap(), 443)))
        })
        .collect();
    let refused = server.accepted.split_off(usize::from(CLIENTS) - 30);
    let mut left = clients.held.split_off(clients.held.len() - 30);
    for stream in &refused {
        stream.shutdown(Shutdown::Write).unwrap();
    }
    all_agree(&net, &copy, &clients.expected(), &[("closing", 80), ("half_open", 7)]);

    // The connections closed by the server first are in TIME_WAIT now: not counted.
    left.drain(..).for_each(drop);
    drop(refused);
    all_agree(&net, &copy, &clients.expected(), &[("closing", 50), ("half_open", 7)]);

    let mut more = connected(&net, &mut server, 1000..1100);
    clients.held.append(&mut more.held);
    all_agree(&net, &copy, &clients.expected(), &[]);
    drop((half, others, outgoing, clients));
}

#[test]
fn ports_prefixes_and_top() {
    let Some(net) = Net::new() else { return };
    let copy = Copy::new();
    let mut server = Server { listeners: listeners(&net, 443), accepted: Vec::new() };
    let clients = connected(&net, &mut server, 0..310);
    let other = listeners(&net, 4430);
    let held: Vec<_> = (0..5)
        .map(|number| {
            let (listener, to) = target(number, 4430);
            (net_client(&net, number, to), accepted(&other[listener], 1))
        })
        .collect();
    for via in ["netlink", "proc"] {
        let run = |args: &[&str]| {
            let mut command = Command::new(&copy.path);
            let output = command.args(["--netns", &net.server(), "--via", via]).args(args).output();
            text(&output.unwrap().stdout)
        };
        let rows = run(&["--port", "443", "--port", "4430", "--port", "44"]);
        let totals: Vec<_> = rows.lines().map(|row| counts(row).values().sum::<u64>()).collect();
        assert_eq!(totals, [310, 5, 0], "{rows}");
        let row = run(&["--top", "10"]);
        assert!(row.contains("\"total\":310,\"addresses\":300,"), "{row}");
        assert_eq!(row.matches("\"connections\":2").count(), 10, "{row}");
        assert_eq!(row.matches("\"since\"").count(), 10, "{row}");
        let row = run(&["--prefix", "24,64"]);
        let mut networks = Counts::new();
        for (number, _) in &clients.held {
            let network = match address(number % ADDRESSES) {
                IpAddr::V4(ip) => format!("10.77.{}.0/24", ip.octets()[2]),
                IpAddr::V6(_) => "2001:db8:77::/64".to_owned(),
            };
            *networks.entry(network).or_default() += 1;
        }
        assert_eq!(counts(&row), networks, "{row}");
        check_schema(&row);
    }
    drop((clients, held));
}
