//! The access log of the genuine proxy, held against what its clients know they did.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::thread;

use mtp::accesslog;
use serde_json::Value;

use crate::harness::{run, skip, text};
use crate::proxy::{Access, Client, Log, Mode, Opening, Proxy, dial, random};

/// Names that a log line, a shell or a terminal may stumble over, and their secrets' last byte.
const NAMES: &[(&str, u8)] = &[
    ("alice", 1),
    ("max power: 2", 2),
    ("\u{415}\u{43b}\u{435}\u{43d}\u{430}", 3),
    ("quote\" back\\ line\n tab\t %s \u{202e}bidi", 4),
    ("", 5),
    ("limited", 6),
    ("expired", 7),
];

fn secret(last: u8) -> [u8; 16] {
    let mut secret = [0xa5; 16];
    secret[15] = last;
    secret
}

/// A config for these users, and the block.
fn config(block: &str) -> String {
    let user = |(name, last): &(&str, u8)| {
        format!("    {}: \"{}\",\n", serde_json::json!(name), hex::encode(secret(*last)))
    };
    let users: String = NAMES.iter().map(user).collect();
    format!(
        "USERS = {{\n{users}}}\nUSER_MAX_TCP_CONNS = {{\"limited\": 0}}\n\
         USER_EXPIRATIONS = {{\"expired\": \"01/02/2020\"}}\n{block}"
    )
}

/// What one client does, and what the log must say of it.
fn visit(to: SocketAddrV4, from: Ipv4Addr, n: usize) -> Access {
    let (name, last) = NAMES[n % NAMES.len()];
    let dc = [2, -4, 1, 9, 5][n % 5];
    let opening = Opening::new(Mode::ALL[n / 3 % 4], secret(last), dc);
    let mut client = Client::open(from, to, &opening).expect("it is let in");
    let end = match (dc, name) {
        (9, _) => "no-dc",
        (_, "limited" | "expired") => "limit",
        _ => "closed",
    };
    for round in 0..=u8::try_from(n % 4).unwrap() {
        assert_eq!(client.ask(round * 3 + 1).is_ok(), end == "closed", "{n}: {name:?} to {dc}");
    }
    // What was overheard is sent again, by somebody else.
    opening.replay(Ipv4Addr::new(127, 67, from.octets()[2], 1), to).unwrap();
    let sent = if end == "closed" { client.sent } else { 0 };
    Access {
        user: name.to_owned(),
        ip: from.to_string(),
        port: client.port,
        mode: opening.mode.name().to_owned(),
        dc: dc.into(),
        up: sent,
        down: sent,
        end: end.to_owned(),
    }
}

/// What somebody does who must not be in the log.
fn probe(to: SocketAddrV4, from: Ipv4Addr, n: usize) -> io::Result<()> {
    let mode = Mode::ALL[n / 5 % 4];
    match n % 5 {
        0 => Opening::new(mode, secret(99), 2).replay(from, to),
        1 => dial(from, to)?.write_all(&random::<90>()),
        2 => dial(from, to)?.write_all(b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"),
        3 => Opening::late(secret(1), 3 * 3600).replay(from, to),
        _ => dial(from, to).map(drop),
    }
}

/// Sixty visits from nine networks, each after a probe.
fn crowd(to: SocketAddrV4, thread: u8) -> Vec<Access> {
    let visits = (0..60).map(|n: u8| {
        probe(to, Ipv4Addr::new(127, 66, thread, n + 1), usize::from(n)).unwrap();
        let from = Ipv4Addr::new(127, 20 + thread, n % 9, 1 + n % 50);
        visit(to, from, usize::from(thread) * 60 + usize::from(n))
    });
    visits.collect()
}

#[test]
fn each_authenticated_connection_has_two_lines_and_nobody_else_any() {
    let Some(mut proxy) = Proxy::start(&config(&accesslog::text("\n"))) else {
        return skip("mtprotoproxy");
    };
    let to = proxy.address;
    let crowds: Vec<_> = (0..4).map(|k| thread::spawn(move || crowd(to, k))).collect();
    for _ in 0..50 {
        proxy.reload();
    }
    let mut truth: Vec<Access> = crowds.into_iter().flat_map(|each| each.join().unwrap()).collect();
    truth.sort();
    proxy.wait("every connection is over", |proxy| Log::read(&proxy.lines()).open == 0);
    let log = Log::read(&proxy.lines());
    assert_eq!(log.starts, 1);
    assert_eq!(log.done, truth);
    // A row does not say which data centre.
    for access in &mut truth {
        access.dc = 0;
    }
    truth.sort();
    assert_eq!(rows(&proxy.lines()), truth);
}

/// The same connections as mtp-parse reads them from all that the proxy printed.
fn rows(lines: &[String]) -> Vec<Access> {
    let output = run("mtp-parse", &[], (lines.join("\n") + "\n").as_bytes());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let (mut open, mut done) = (BTreeMap::new(), Vec::new());
    for row in text(&output.stdout).lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        let string = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let number = |key: &str| usize::try_from(row[key].as_u64().unwrap_or_default()).unwrap();
        let who = (string("user"), string("ip"), number("port"), string("mode"));
        match row["type"].as_str().unwrap() {
            "connect" => assert!(open.insert(string("id"), who).is_none(), "twice: {row}"),
            "disconnect" => {
                assert_eq!(open.remove(&string("id")), Some(who.clone()), "{row}");
                let (user, ip, port, mode) = who;
                let (up, down) = (number("bytes_up"), number("bytes_down"));
                let (port, end) = (u16::try_from(port).unwrap(), string("reason"));
                done.push(Access { user, ip, port, mode, up, down, end, dc: 0 });
            }
            other => assert!(!["reject", "seen"].contains(&other), "{row}"),
        }
    }
    assert!(open.is_empty(), "{open:?}");
    done.sort();
    done
}
