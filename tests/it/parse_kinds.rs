//! Ten and more of each kind of input that public reports had: the kind is read right, not the
//! one example.

use std::collections::BTreeSet;
use std::io::Write;

use serde_json::Value;

use crate::harness::{root, run, spawn_piped, text};

const ACCESS: &str = "mtp-access ts=2026-11-23T15:40:35.158Z ev=connect id=a-1 user=\"alice\" \
                      ip=203.0.113.7 port=35441 mode=tls dc=2";
const HEAD: &str = "Stats for 23.11.2026 15:40:45";
const USAGE: &str = "alice: 3 connects (3 current), 0.01 MB, 22 msgs";

fn parse_with(args: &[&str], log: &str) -> (Vec<Value>, String) {
    let args = [&["--tz", "UTC", "--year", "2026"], args].concat();
    let output = run("mtp-parse", &args, log.as_bytes());
    let rows = text(&output.stdout);
    let rows = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    (rows, text(&output.stderr))
}

fn parse(log: &str) -> Vec<Value> {
    parse_with(&[], log).0
}

/// Kind, user and address of the rows of these kinds.
fn of(rows: &[Value], kinds: &[&str]) -> Vec<String> {
    let is_kind = |row: &&Value| kinds.contains(&row["type"].as_str().unwrap());
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    rows.iter()
        .filter(is_kind)
        .map(|row| format!("{} {} {}", word(&row["type"]), word(&row["user"]), word(&row["ip"])))
        .collect()
}

/// Framings in front of the same three lines: the user is alice, never more of the line.
#[test]
fn framings_of_services_and_tools() {
    for frame in [
        "mtproxy-1  | ",
        "my.proxy_1 | ",
        "mtproxy_mtproxy_1 | ",
        "2026-11-23T15:40:45.158581906Z ",
        "mtproxy.1.mwsnmqyifo5g@node1    | ",
        "stack_mtproxy.2.q0zkkwuj1xsbdkwuilejuv3x9@worker-02.example.com    | ",
        "2026-11-23T15:40:45.158581906Z mtproxy.1.mwsnmqyifo5g@node1    | ",
        "com.docker.swarm.node.id=a,com.docker.swarm.service.id=b,com.docker.swarm.task.id=c ",
        "[pod/mtproxy-7d9f8-abcde/mtproxy] ",
        "mtproxy-7d9f8-abcde mtproxy ",
        "0|mtproxy  | ",
        "3|mtproxy  | 2026-11-23T15:40:45: ",
        "[mtproxy] | ",
        "2026-11-23T15:40:45.158581906Z stdout F ",
        "Nov 23 15:40:45 vps1 mtproxy[812]: ",
        "2026-11-23T15:40:45+0000 vps1 mtproxy[812]: ",
        "2026-11-23T15:40:45.874131+00:00 vps1 mtproxy[812]: ",
        "<30>1 2026-11-23T15:40:45.843161Z vps1 mtproxy 812 - - ",
        "<30>Nov 23 15:40:45 mtproxy[812]: ",
        "Mon Nov 23 15:40:45 2026 daemon.info mtproxy[812]: ",
    ] {
        let log = [ACCESS, HEAD, USAGE].map(|line| format!("{frame}{line}\n")).concat();
        let rows = parse(&log);
        let seen = of(&rows, &["connect", "usage"]);
        let is_right = |row: &String| row == "connect alice 203.0.113.7" || row == "usage alice -";
        assert!(seen.iter().all(is_right), "{frame}: {seen:?}");
        if !["com.docker.swarm", "[mtproxy] | "].iter().any(|of| frame.starts_with(of)) {
            assert_eq!(seen.len(), 2, "{frame}: {seen:?}");
        }
    }
}

/// Framings that no program of the list has: no user takes part of them.
#[test]
fn unknown_framings_become_no_user() {
    for frame in [
        "[2026-11-23 15:40:45] ",
        "2026-11-23 15:40:45 - ",
        "15:40:45 ",
        "INFO: ",
        "I1123 15:40:45.158581 1 main.go:12] ",
        "(mtproxy) ",
        "<mtproxy> ",
        "mtproxy> ",
        "mtproxy: ",
        "proxy=mtproxy ",
        "{mtproxy} ",
        "* ",
        "\u{25cf} mtproxy ",
        "stdout: ",
        "#12 ",
        "mtproxy\t",
    ] {
        for lines in [&[USAGE][..], &[HEAD, USAGE], &[ACCESS], &[HEAD, USAGE, USAGE, ACCESS]] {
            let log = lines.iter().map(|line| format!("{frame}{line}\n")).collect::<Vec<_>>();
            let log = log.concat();
            for row in of(&parse(&log), &["connect", "usage"]) {
                let known = ["connect alice 203.0.113.7", "usage alice -"];
                assert!(known.contains(&row.as_str()), "{frame:?}: {row}");
            }
        }
    }
}

/// The names that mtg-multi's secrets may have.
#[test]
fn names_of_secrets_of_mtg_multi() {
    for name in [
        "alice",
        "default",
        "1",
        "Елена",
        "max power",
        "a\"b",
        "a\\b",
        "a/b",
        "user@example.com",
        "tab\tin",
        "line\nend",
        "\u{1f98a}",
        "dc",
        "client-ip",
        "",
        "null",
    ] {
        let json = serde_json::to_string(name).unwrap();
        let line = |fields: &str, ms: u64, message: &str| {
            format!(
                "{{\"level\":\"info\",{fields}\"client-ip\":\"203.0.113.7\",\"stream-id\":\"s1\",\
                 \"logger\":\"proxy\",\"timestamp\":17957097{ms},\"message\":\"{message}\"}}\n"
            )
        };
        let log = [
            line("", 76253, "Stream has been started"),
            line(&format!("\"dc\":2,\"secret_name\":{json},"), 86253, "Stream has been finished"),
        ];
        let log: String = log.map(|line| format!("mtg-1  | {line}")).concat();
        let seen = of(&parse(&log), &["connect", "disconnect"]);
        let want = ["connect", "disconnect"].map(|kind| format!("{kind} {name} 203.0.113.7"));
        assert_eq!(seen, want, "{name:?}");
    }
}

/// 3x-ui's journal and its log file, of several versions and inbounds.
#[test]
fn frames_of_3x_ui() {
    for (frame, source) in [
        (
            "Jul 18 20:00:47 vp1 /usr/local/x-ui/x-ui[1809663]: INFO - mtproto: mtg inbound 25 | ",
            "25",
        ),
        ("Jul  8 20:00:47 vp1 /usr/local/x-ui/x-ui[9]: INFO - mtproto: mtg inbound 1 | ", "1"),
        ("Jul 18 20:00:47 vp1 x-ui[9]: INFO - mtproto: mtg inbound 1 | ", "1"),
        ("Jul 18 20:00:47 vp1 x-ui[9]: DEBUG - mtproto: mtg inbound 1 | ", "1"),
        ("Jul 18 20:00:47 vp1 x-ui[9]: WARNING - mtproto: mtg inbound 1 | ", "1"),
        ("2026-07-18T20:00:47+0300 vp1 x-ui[9]: INFO - mtproto: mtg inbound 1 | ", "1"),
        ("2026-07-18T20:00:47.123456+03:00 vp1 x-ui[9]: INFO - mtproto: mtg inbound 12 | ", "12"),
        ("2026/07/18 20:00:47 INFO - mtproto: mtg inbound 3 | ", "3"),
        ("2026/07/18 20:00:47 DEBUG - mtproto: mtg inbound 4294967295 | ", "4294967295"),
        ("x-ui  | 2026/07/18 20:00:47 INFO - mtproto: mtg inbound 3 | ", "3"),
        ("INFO - mtproto: mtg inbound 3 | ", "3"),
    ] {
        let log: String = [
            r#"{"level":"info","client-ip":"203.0.113.7","stream-id":"s","logger":"proxy","timestamp":1784400047088,"message":"Stream has been started"}"#,
            r#"{"level":"info","dc":2,"secret_name":"alice","client-ip":"203.0.113.7","stream-id":"s","logger":"proxy","timestamp":1784400107088,"message":"Stream has been finished"}"#,
        ]
        .map(|line| format!("{frame}{line}\n"))
        .concat();
        let rows = parse(&log);
        let seen = of(&rows, &["connect", "disconnect"]);
        assert_eq!(seen, ["connect alice 203.0.113.7", "disconnect alice 203.0.113.7"], "{frame}");
        let name = rows[0]["source"].as_str().unwrap();
        assert!(name.ends_with(source), "{frame}: {name}");
    }
}

#[test]
fn peers_and_users_of_zig_before_0_20() {
    for (peer, ip) in [
        ("203.0.113.7:62857", "203.0.113.7"),
        ("203.0.113.7:1", "203.0.113.7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("[::ffff:203.0.113.7]:62857", "203.0.113.7"),
    ] {
        for user in ["alice", "Елена", "max power", "a=b", "user=bob", "(x) y", "a, b", "1"] {
            let log = format!("info(proxy): [7] ({peer}) TLS auth OK: user={user}\n");
            assert_eq!(of(&parse(&log), &["connect"]), [format!("connect {user} {ip}")], "{peer}");
        }
    }
}

/// Statistics of several versions and locales of the same lines.
#[test]
fn statistics_with_and_without_messages() {
    for (line, connects, current, mb) in [
        ("tg: 7171 connects (5 current), 26632.11 MB", 7171, 5, 26632.11),
        ("tg: 0 connects (0 current), 0.00 MB", 0, 0, 0.0),
        ("tg: 1 connects (-3 current), 0.10 MB", 1, -3, 0.1),
        ("tg: 1268 connects (14 current), 12.50 MB, 99 msgs", 1268, 14, 12.5),
        ("tg: 18446744073 connects (1 current), 0.01 MB, 0 msgs", 18_446_744_073_u64, 1, 0.01),
    ] {
        for head in ["Stats for 23.11.2026 15:40:45", "Stats for 01.02.2018 00:00:00"] {
            for name in ["tg", "my user", "a: b", "Елена", "7", "x: 3 connects (1 current), 0.1 MB"]
            {
                let line = line.replacen("tg", name, 1);
                let rows = parse(&format!("{head}\n{line}\n\n"));
                let usage = rows.iter().find(|row| row["type"] == "usage").expect(&line);
                assert_eq!(usage["user"], name);
                assert_eq!(usage["connects"].as_u64(), Some(connects), "{line}");
                assert_eq!(usage["current"].as_i64(), Some(current), "{line}");
                assert_eq!(usage["megabytes"].as_f64(), Some(mb), "{line}: {usage}");
                assert_eq!(usage.get("messages").is_some(), line.ends_with("msgs"), "{line}");
            }
        }
    }
}

/// Configurations and messages of other programs that have users, secrets and addresses.
#[test]
fn lines_of_other_programs_are_no_connects() {
    const SECRET: &str = "ce83cdc780a6145eb85f1e160111cafa";
    for line in [
        "Config: {'host': '127.0.0.1', 'port': 1080, 'secret': 'SECRET', 'dc_ip': ['2:149.154.167.220']}",
        "Listening on 203.0.113.7:1080 secret SECRET",
        "user=alice secret=SECRET addr=203.0.113.7:443",
        "client 203.0.113.7:1 connected with secret SECRET",
        "2026-11-23T15:40:35Z user=SECRET connected from 203.0.113.7:1",
        "2026-11-23 15:40:35 INFO user SECRET connected from 203.0.113.7",
        "{\"user\":\"alice\",\"secret\":\"SECRET\",\"ip\":\"203.0.113.7\"}",
        "accepted 203.0.113.7:1 -> 192.0.2.1:443 email: alice",
        "2026/11/23 15:40:35 from 203.0.113.7:1 accepted tcp:149.154.167.51:443 email: alice",
        "sshd[1]: Accepted publickey for alice from 203.0.113.7 port 1 ssh2",
        "dovecot: imap-login: Login: user=<alice>, rip=203.0.113.7, lip=192.0.2.1",
        "LOG5[1]: Service [mtproxy] accepted connection from 203.0.113.7:1",
        "tg://proxy?server=203.0.113.7&port=443&secret=SECRET",
    ] {
        let line = line.replace("SECRET", SECRET);
        for frame in ["", "proxy-1  | ", "2026-08-31 17:56:56  INFO   tg-ws-tray  "] {
            let (rows, errors) =
                parse_with(&["--explain", "--format", "json"], &format!("{frame}{line}\n"));
            let all = format!("{rows:?}{errors}");
            assert!(!all.contains(SECRET), "{line}: {all}");
            let events =
                of(&parse(&format!("{frame}{line}\n")), &["connect", "disconnect", "usage"]);
            assert!(events.is_empty(), "{line}: {events:?}");
        }
    }
}

/// The user of an mtg is the name of what runs it.
#[test]
fn names_of_services_that_run_mtg() {
    for (service, user) in [
        ("mtg-1", "mtg"),
        ("mtg_1", "mtg"),
        ("mtg", "mtg"),
        ("mtg-alice-1", "alice"),
        ("mtg-alice", "alice"),
        ("mtg_bob_2", "bob"),
        ("alice-1", "alice"),
        ("proxy-1", "proxy"),
        ("mtg-nat-family-1", "nat-family"),
        ("mtg-v2-1", "v2"),
        ("mtg-12-1", "12"),
        ("tg-1-1", "tg-1"),
    ] {
        let log: String = [
            r#"{"level":"info","client-ip":"203.0.113.7","stream-id":"s","logger":"proxy","timestamp":1784400047088,"message":"Stream has been started"}"#,
            r#"{"level":"info","dc":2,"client-ip":"203.0.113.7","stream-id":"s","logger":"proxy","timestamp":1784400107088,"message":"Stream has been finished"}"#,
        ]
        .map(|line| format!("{service}  | {line}\n"))
        .concat();
        assert_eq!(
            of(&parse(&log), &["connect"]),
            [format!("connect {user} 203.0.113.7")],
            "{service}"
        );
    }
}

/// mtg's configuration broken over two lines at any comma.
#[test]
fn configurations_over_two_lines() {
    let whole = "{\"level\":\"debug\",\"configuration\":{\"debug\":true,\"secret\":\
                 \"7gEjRWeJq83vASNFZ4mrze93d3cuZXhhbXBsZS5jb20\",\"bindTo\":\"0.0.0.0:8444\",\
                 \"preferIp\":\"\",\"stats\":{\"statsd\":{\"enabled\":false,\"address\":\"\"}}}";
    let tail = ",\"logger\":\"\",\"timestamp\":1775606822334,\"message\":\"configuration\"}";
    for frame in
        ["", "mtg-1  | ", "Nov 23 15:40:45 vps1 mtg[812]: ", "2026-11-23T15:40:45.158581906Z "]
    {
        for end in ["\n", "\r\n"] {
            let log = format!("{frame}{whole}{end}{frame}{tail}{end}");
            let (rows, errors) = parse_with(&["--strict"], &log);
            assert_eq!(rows.last().unwrap()["not_recognised"], 0, "{frame}: {errors}");
            assert!(!format!("{rows:?}{errors}").contains("7gEjRWeJq83v"));
        }
    }
}

fn utf16(text: &str, is_little: bool, has_mark: bool) -> Vec<u8> {
    let mark = if has_mark { "\u{feff}" } else { "" };
    let units = format!("{mark}{text}");
    let bytes = |unit: u16| if is_little { unit.to_le_bytes() } else { unit.to_be_bytes() };
    units.encode_utf16().flat_map(bytes).collect()
}

/// UTF-16 in pieces of any size, with `\r\n` or `\n`, and names outside ASCII.
#[test]
fn utf16_in_pieces_of_any_size() {
    let line = ACCESS.replace("alice", "\\u0415\\u043b\\u0435\\u043d\\u0430");
    let plain = "telemt  | \u{1f98a} started\r\n";
    for end in ["\r\n", "\n"] {
        let log = format!("{plain}{ACCESS}{end}{line}{end}mtproxy-1  | {line}{end}");
        let want = of(&parse(&log), &["connect"]);
        assert_eq!(want.len(), 3);
        for is_little in [true, false] {
            let bytes = utf16(&log, is_little, true);
            for size in [1, 2, 3, 5, 7, 64, 4096] {
                let (child, mut stdin) = spawn_piped("mtp-parse", &["--tz", "UTC"]);
                let (head, tail) = bytes.split_at(size.min(bytes.len()));
                stdin.write_all(head).unwrap();
                stdin.flush().unwrap();
                for piece in tail.chunks(size * 37) {
                    stdin.write_all(piece).unwrap();
                }
                drop(stdin);
                let rows = text(&child.wait_with_output().unwrap().stdout);
                let rows: Vec<Value> =
                    rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
                assert_eq!(of(&rows, &["connect"]), want, "{end:?} {is_little} {size}");
            }
        }
        assert_eq!(of(&parse(&format!("\u{feff}{log}")), &["connect"]), want, "UTF-8 with a mark");
    }
}

/// Other services in a Compose project: the proxy's own counts and rows stay.
#[test]
fn other_services_in_a_project() {
    let alone = parse(&format!("px-1  | {ACCESS}\n"));
    for line in [
        "203.0.113.99 - - [20/Nov/2026:00:00:00 +0000] \"GET / HTTP/1.1\" 200 615",
        "2026/11/20 00:00:00 [error] 29#29: *1 connect() failed (111: Connection refused)",
        "<134>Nov 20 00:00:00 haproxy[8]: 203.0.113.99:1 [20/Nov/2026] fe be/s1 1/0/5 212 -- 1/1/1/1/0 0/0",
        "level=info ts=2026-11-20T00:00:00.000Z caller=main.go:55 msg=\"Starting\"",
        "{\"level\":\"info\",\"ts\":1795651200,\"logger\":\"http\",\"msg\":\"handled request\"}",
        "{\"level\":\"debug\",\"time\":\"2026-11-20T00:00:00Z\",\"message\":\"tick\"}",
        "2026-11-20T00:00:00.000000Z  INFO request{method=GET}: tower_http::trace: started",
        "2026-11-20 00:00:00.000 UTC [1] LOG:  database system is ready to accept connections",
        "1:M 20 Nov 2026 00:00:00.000 * Ready to accept connections",
        "[Nest] 1  - 11/20/2026, 12:00:00 AM     LOG [App] started",
        "[2026-11-20 00:00:00 +0000] [1] [INFO] Listening at: http://0.0.0.0:8000 (1)",
        "time=\"2026-11-20T00:00:00Z\" level=info msg=\"Configuration loaded\"",
        "",
    ] {
        let noise = format!("other-1  | {line}\n").repeat(60);
        let rows = parse(&format!("{noise}px-1  | {ACCESS}\n{noise}"));
        let (events, meta) = rows.split_at(rows.len() - 1);
        assert_eq!(events, &alone[..1], "{line}");
        assert_eq!(meta[0]["proxy_not_recognised"], 0, "{line}");
        assert!(meta[0]["by_source"]["other-1"]["proxy"].is_null(), "{line}");
    }
}

/// Three hours of a proxy that sees one gateway: unknown, unless the addresses are trusted.
#[test]
fn gateways_of_all_kinds_hide_clients() {
    let line = |minute: u32, user: &str, ip: &str| {
        format!(
            "mtp-access ts=2026-11-23T{:02}:{:02}:00.000Z ev=connect id={user}-{minute} \
             user=\"{user}\" ip={ip} port={} mode=tls dc=2\n",
            15 + minute / 60,
            minute % 60,
            1024 + minute
        )
    };
    for ip in [
        "172.18.0.1",
        "172.17.0.1",
        "10.0.0.1",
        "10.88.0.1",
        "192.168.65.1",
        "192.168.1.1",
        "127.0.0.1",
        "169.254.1.1",
        "::1",
        "fe80::1",
        "fd00::1",
        "::ffff:172.18.0.1",
    ] {
        let log: String = (0..180)
            .flat_map(|minute| ["alice", "bob"].map(|user| line(minute, user, ip)))
            .collect();
        let events = run("mtp-parse", &[], log.as_bytes()).stdout;
        let output = run("mtp-score", &["--format", "json"], &events);
        let rows = text(&output.stdout);
        assert_eq!(rows.matches("\"verdict\":\"unknown\"").count(), 2, "{ip}: {rows}");
        assert!(rows.contains("hidden-addresses"), "{ip}");
        assert!(text(&output.stderr).contains("PROXY_PROTOCOL"), "{ip}: {}", text(&output.stderr));
        let trusted = run("mtp-score", &["--format", "json", "--trust-private"], &events).stdout;
        assert!(!text(&trusted).contains("hidden-addresses"), "{ip}");
    }
}

/// Days of a real household behind Docker's gateway.
#[test]
fn the_log_of_a_gateway() {
    let log = root().join("tests/fixtures/reports/gw.log.gz");
    let events = run("mtp-parse", &[log.to_str().unwrap()], b"").stdout;
    let output = run("mtp-score", &["--format", "json"], &events);
    let rows = text(&output.stdout);
    let summaries: BTreeSet<_> = rows
        .lines()
        .map(|row| serde_json::from_str::<Value>(row).unwrap())
        .filter(|row| row["type"] == "summary")
        .map(|row| (row["user"].to_string(), row["verdict"].to_string()))
        .collect();
    assert!(!summaries.is_empty());
    assert!(summaries.iter().all(|(_, verdict)| verdict == "\"unknown\""), "{summaries:?}");
}
