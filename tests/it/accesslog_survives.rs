//! What the access log's block must live through: reloads without it, readers that leave,
//! addresses that a header only claims, and programs that are no proxy it knows.

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::process::Command;

use mtp::accesslog;

use crate::harness::{skip, text};
use crate::proxy::{Client, Log, Mode, Opening, Proxy, dial, python};

const SECRET: [u8; 16] = *b"0123456789abcdef";
const FROM: Ipv4Addr = Ipv4Addr::new(127, 3, 2, 1);

fn users() -> String {
    format!("USERS = {{'alice': '{}'}}\n", hex::encode(SECRET))
}

/// One served connection, over again.
fn visit(to: SocketAddrV4) {
    let opening = Opening::new(Mode::Secure, SECRET, 2);
    Client::open(FROM, to, &opening).and_then(|mut client| client.ask(5)).expect("it is served");
}

#[test]
fn a_reload_without_the_block_ends_the_log_and_one_with_it_begins_it_again() {
    let Some(mut proxy) = Proxy::start(&users()) else {
        return skip("mtprotoproxy");
    };
    let without = fs::read_to_string(&proxy.config).unwrap();
    let with = format!("{without}{}", accesslog::text("\n"));
    for round in 1..=3 {
        visit(proxy.address);
        fs::write(&proxy.config, &with).unwrap();
        proxy.reload();
        let early = Client::open(FROM, proxy.address, &Opening::new(Mode::Tls, SECRET, 2));
        visit(proxy.address);
        proxy.wait("a visit is logged", |proxy| Log::read(&proxy.lines()).done.len() == round);
        fs::write(&proxy.config, &without).unwrap();
        proxy.reload();
        drop(early); // came while the log was on, leaves after
        visit(proxy.address);
        let log = Log::read(&proxy.lines());
        assert_eq!((log.starts, log.open, log.done.len()), (round, round, round));
    }
}

#[test]
fn a_reader_that_leaves_hurts_no_client() {
    let Some(proxy) = Proxy::start(&(users() + &accesslog::text("\n"))) else {
        return skip("mtprotoproxy");
    };
    proxy.stop_listening();
    for _ in 0..20 {
        visit(proxy.address);
    }
    let errors = proxy.errors();
    assert!(errors.iter().all(|line| !line.contains("Error")), "{errors:?}");
}

#[test]
fn the_address_is_that_of_the_proxy_header_or_none() {
    let block = accesslog::text("\r\n"); // and a file whose lines end so
    let Some(mut proxy) = Proxy::start(&(users() + "PROXY_PROTOCOL = True\n" + &block)) else {
        return skip("mtprotoproxy");
    };
    let own = FROM.to_string();
    let headers = [
        ("TCP4 203.0.113.7 192.0.2.1 40001 443", "203.0.113.7", 40001),
        ("TCP6 2001:DB8::0:7 2001:db8::1 40002 443", "2001:db8::7", 40002),
        ("TCP6 ::ffff:198.51.100.9 ::1 40003 443", "198.51.100.9", 40003),
        ("TCP4 \u{1b}[2Jmtp-access\n 192.0.2.1 40004 443", "-", 0),
        ("TCP4 203.0.113.8 192.0.2.1 70000 443", "-", 0),
        ("UNKNOWN", own.as_str(), 0),
    ];
    let mut truth = Vec::new();
    for (header, ip, port) in headers {
        let mut stream = dial(FROM, proxy.address).unwrap();
        stream.write_all(format!("PROXY {header}\r\n").as_bytes()).unwrap();
        let own = stream.local_addr().unwrap().port();
        let opening = Opening::new(Mode::Intermediate, SECRET, 2);
        Client::begin(stream, &opening).and_then(|mut client| client.ask(3)).expect(header);
        truth.push((ip.to_owned(), if header == "UNKNOWN" { own } else { port }));
    }
    proxy.wait("all have left", |proxy| Log::read(&proxy.lines()).done.len() == headers.len());
    let log = Log::read(&proxy.lines());
    let mut seen: Vec<_> = log.done.into_iter().map(|access| (access.ip, access.port)).collect();
    truth.sort();
    seen.sort();
    assert_eq!(seen, truth);
}

/// What the block prints in a program that is not the proxy; the program itself must go on.
fn in_unknown_proxy(before: &str, after: &str) -> Option<String> {
    let script = format!("{before}\n{}\n{after}\nprint('goes on')", accesslog::text("\n"));
    let output = Command::new(python()).arg("-c").arg(script).output().ok()?;
    assert!(output.status.success(), "{}", text(&output.stderr));
    Some(text(&output.stdout))
}

#[test]
fn an_unknown_proxy_prints_in_one_line_that_the_log_is_off() {
    let Some(printed) = in_unknown_proxy("", "") else {
        return skip("python3");
    };
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(lines.len(), 2, "{printed}");
    assert!(lines[0].starts_with("mtp-access is off: AttributeError("), "{printed}");
    assert_eq!(lines[1], "goes on");
    // A proxy whose handshake returns something else than the known ones: no line is made up.
    let before = "\
        config = {}\n\
        def update_stats(user): pass\n\
        async def handle_handshake(reader, writer): return 1, 2, 3\n\
        async def handle_client(reader, writer): return await handle_handshake(reader, writer)";
    let after = "\
        import asyncio\n\
        config['MTP_ACCESS_LOG'] = True\n\
        for _ in range(3): assert asyncio.run(handle_client(1, 2)) == (1, 2, 3)";
    let printed = in_unknown_proxy(before, after).unwrap();
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(lines.len(), 3, "{printed}");
    assert!(lines[0].contains(" ev=start boot="), "{printed}");
    assert!(lines[1].starts_with("mtp-access is off: TypeError("), "{printed}");
}

#[test]
fn the_block_is_python_that_3_6_reads() {
    let check = "import ast, sys; ast.parse(sys.argv[1], feature_version=(3, 6))";
    let output = Command::new(python()).args(["-c", check, &accesslog::text("\n")]).output();
    match output {
        Ok(output) => assert!(output.status.success(), "{}", text(&output.stderr)),
        Err(_) => skip("python3"),
    }
}
