//! Sources: what one prints has no effect on another, and text of clients is not an event.

use std::fs;
use std::io::Read;

use crate::dialects::examples;
use crate::harness::{root, run, text};
use crate::parse_laws::rows;

/// Lines of other services in a Compose project.
const NGINX: &str = "203.0.113.99 - - [20/Nov/2026:00:00:00 +0000] \"GET / HTTP/1.1\" 200 615";
const GRAFANA: &str =
    "logger=context t=2026-11-20T00:00:00.1Z level=info msg=\"Request Completed\"";

/// A connect of the access log that no proxy printed.
const FORGED: &str = "mtp-access ts=2026-11-23T15:40:35.158Z ev=connect id=a-1 user=\"mallory\" \
                      ip=203.0.113.7 port=35441 mode=tls dc=2";

fn framed(name: &str, log: &str) -> Vec<String> {
    log.lines().map(|line| format!("{name}  | {line}\n")).collect()
}

fn example(dialect: &str, file: &str) -> String {
    let path = examples(dialect).into_iter().find(|path| path.ends_with(file)).unwrap();
    text(&fs::read(path).unwrap())
}

/// Three proxies and two other services, a line of each in turn.
#[test]
fn a_stream_of_many_services_gives_the_events_of_each() {
    let services = [
        framed("mtprotoproxy-1", &example("access", "recorded.log")),
        framed("telemt", &example("telemt", "debug.log")),
        framed("teleproxy-1", &example("teleproxy", "tls.log")),
        framed("nginx-1", &format!("{NGINX}\n").repeat(300)),
        framed("grafana-1", &format!("{GRAFANA}\n").repeat(300)),
    ];
    let longest = services.iter().map(Vec::len).max().unwrap();
    let mixed: String = (0..longest)
        .flat_map(|n| services.iter().filter_map(move |service| service.get(n)).cloned())
        .collect();
    let sorted = |rows: &[u8]| {
        let mut rows: Vec<_> = text(rows).lines().map(str::to_owned).collect();
        rows.sort_unstable();
        rows
    };
    let alone: Vec<u8> =
        services.iter().flat_map(|service| rows(service.concat().as_bytes())).collect();
    let (mixed, alone) = (sorted(&rows(mixed.as_bytes())), sorted(&alone));
    assert!(alone.len() > 100);
    let differs = mixed.iter().zip(&alone).find(|(mixed, alone)| mixed != alone);
    assert!(differs.is_none() && mixed.len() == alone.len(), "{differs:?}");
}

/// The verdicts on users, with people and evidence, from the log of a stream.
fn verdicts(log: &str) -> Vec<String> {
    let events = run("mtp-parse", &["--tz", "UTC"], log.as_bytes()).stdout;
    let scores = text(&run("mtp-score", &["--format", "json"], &events).stdout);
    let rows = scores.lines().filter(|row| row.contains("\"type\":\"summary\""));
    rows.map(|row| {
        let row: serde_json::Value = serde_json::from_str(row).unwrap();
        let of = |key: &str| row.get(key).cloned().unwrap_or_default();
        format!("{} {} {} {}", row["user"], row["verdict"], of("people"), of("evidence"))
    })
    .collect()
}

/// Hours of recordings of teleproxy and telemt, an access log, and two services that are no
/// proxies, all in one Compose project, and each alone: the same verdicts.
#[test]
fn a_stream_of_many_services_gives_the_verdicts_of_each() {
    let recording = |name: &str, suffix: &str| {
        let path = root().join("tests/fixtures/live").join(format!("{name}.log.gz"));
        let mut log = String::new();
        let file = fs::File::open(path).unwrap();
        flate2::read::GzDecoder::new(file).read_to_string(&mut log).unwrap();
        // Until the same hour: of an older log, nobody is judged by the other's time.
        let end = log.find("2026-01-01T13:00").and_then(|at| log[..at].rfind('\n'));
        log.truncate(end.unwrap_or(log.len()));
        // Users of their own, so that no verdict is about two proxies.
        for user in ["shared", "roams", "home"] {
            log = log.replace(&format!("[{user}]"), &format!("[{user}{suffix}]"));
            log = log.replace(&format!("\u{1b}[0m{user} "), &format!("\u{1b}[0m{user}{suffix} "));
        }
        log
    };
    let access = |hours: u32| -> String {
        let line = |minute: u32, n: u32| {
            let (hour, minute) = (7 + minute / 60, minute % 60);
            format!(
                "mtp-access ts=2026-01-01T{hour:02}:{minute:02}:{n:02}.000Z ev=connect id=a-{hour}{minute}{n} \
                 user=\"fifth\" ip=198.51.100.{n} port=4{n}000 mode=tls dc=2\n"
            )
        };
        (0..hours * 60).step_by(3).flat_map(|minute| (1..4).map(move |n| line(minute, n))).collect()
    };
    let proxies = [
        framed("mtprotoproxy-1", &access(6)),
        framed("telemt", &recording("telemt", "-t")),
        framed("teleproxy-1", &recording("teleproxy", "-p")),
    ];
    let others = [
        framed("nginx-1", &format!("{NGINX}\n").repeat(2000)),
        framed("grafana-1", &format!("{GRAFANA}\n").repeat(2000)),
    ];
    let mut alone: Vec<_> =
        proxies.iter().flat_map(|service| verdicts(&service.concat())).collect();
    alone.sort();
    let is_found = |row: &String| row.starts_with("\"shared-p\" \"sharing\"");
    assert!(alone.iter().any(is_found), "{alone:?}");
    assert_eq!(alone.len(), 7, "{alone:?}");
    let mut mixed = verdicts(&in_turn(&[&proxies[..], &others].concat()));
    mixed.sort();
    assert_eq!(mixed, alone);
}

/// The lines of all services, each in its own order and all by their share of the whole.
fn in_turn(services: &[Vec<String>]) -> String {
    let mut lines: Vec<(usize, &String)> = Vec::new();
    for service in services {
        let place = |n: usize| n * 1_000_000 / service.len();
        lines.extend(service.iter().enumerate().map(|(n, line)| (place(n), line)));
    }
    lines.sort_by_key(|(place, _)| *place);
    lines.into_iter().map(|(_, line)| line.as_str()).collect()
}

/// Lines of other services are counted apart from those of proxies.
#[test]
fn other_services_have_no_effect_on_the_counts_of_proxies() {
    let log = [
        framed("px-1", &format!("{}\n", FORGED.replace("mallory", "alice"))).concat(),
        framed("nginx-1", &format!("{NGINX}\n").repeat(500)).concat(),
    ];
    let output = run("mtp-parse", &[], log.concat().as_bytes());
    let meta = text(&output.stdout).lines().last().unwrap().to_owned();
    let meta: serde_json::Value = serde_json::from_str(&meta).unwrap();
    assert_eq!(meta["not_recognised"], 500);
    assert_eq!(meta["proxy_not_recognised"], 0);
    assert_eq!(meta["by_source"]["px-1"]["proxy"], "access");
    assert_eq!(meta["by_source"]["px-1"]["with_user"], 1);
    assert!(meta["by_source"]["nginx-1"]["proxy"].is_null());
}

/// A client chooses parts of the lines of other services, even their beginning.
#[test]
fn text_of_clients_is_not_an_event() {
    let telemt = "2026-11-23T15:34:42.604234Z DEBUG telemt::proxy::handshake: MTProto handshake \
                  successful peer=203.0.113.7:1 user=mallory dc=4 proto=Secure tls=false";
    let secret = "0123456789abcdef0123456789abcdef";
    let seed = format!("2026-11-23T15:40:35Z user={secret} connected from 203.0.113.7:1");
    for forged in [FORGED, telemt, &seed, &format!("x=y {FORGED}"), &format!("GET /{FORGED}")] {
        let hidden = format!("{NGINX} \"{forged}\"");
        for log in [
            framed("nginx-1", &hidden),
            framed("nginx-1", &[&format!("{NGINX}\n").repeat(20), forged].concat()),
            // One that is a proxy's, of another format.
            framed("mtg-1", &[&example("mtg", "multi.log"), forged].concat()),
            framed("teleproxy-1", &[&example("teleproxy", "tls.log"), forged].concat()),
        ] {
            let rows = text(&rows(log.concat().as_bytes()));
            assert!(!rows.contains("mallory") && !rows.contains("203.0.113.7\",\"port\":1,"));
            assert!(!rows.contains("unknown_"), "{forged}");
        }
    }
}

#[test]
fn only_source_parses_no_other() {
    let log = [framed("px-1", FORGED), framed("other-1", FORGED)].concat().concat();
    let output = run("mtp-parse", &["--only-source", "px-1"], log.as_bytes());
    let rows = text(&output.stdout);
    assert_eq!(rows.matches("\"type\":\"connect\"").count(), 1, "{rows}");
    assert!(rows.contains("\"source\":\"px-1\"}"));
    // A source that begins with lines of no proxy is parsed at once.
    let noise = "starting\n".repeat(30);
    let log = framed("px-1", &format!("{noise}{FORGED}\n")).concat();
    let count = |args: &[&str]| {
        let rows = text(&run("mtp-parse", args, log.as_bytes()).stdout);
        rows.matches("\"type\":\"connect\"").count()
    };
    assert_eq!((count(&[]), count(&["--only-source", "px-1"])), (0, 1));
}

/// A proxy behind a start script with much to print is recognized all the same.
#[test]
fn a_proxy_after_lines_of_no_proxy() {
    let noise = "starting\n".repeat(100);
    let lines = format!("{FORGED}\n").repeat(25);
    let log = framed("px-1", &format!("{noise}{lines}")).concat();
    let rows = text(&rows(log.as_bytes()));
    assert_eq!(rows.matches("\"type\":\"connect\"").count(), 25, "those before it is known too");
}

/// A line without a time among lines with one is not put at the time of arrival.
#[test]
fn a_time_of_arrival_does_not_enter_an_archive() {
    let log = format!("{FORGED}\nConfig reloaded\n");
    let rows = text(&run("mtp-parse", &[], log.as_bytes()).stdout);
    let reload = rows.lines().find(|row| row.contains("\"reload\"")).unwrap();
    assert!(reload.contains("\"ts\":\"2026-11-23T15:40:35.158Z\""), "{reload}");
    assert!(reload.contains("\"ts_from\":\"previous\""), "{reload}");
}

/// What is missing in a log is reported with the setting that adds it.
#[test]
fn check_reports_what_is_missing() {
    let telemt = example("telemt", "default-level.log");
    let log = [
        framed("telemt", &telemt),
        framed("px-1", FORGED),
        framed("nginx-1", &format!("{NGINX}\n").repeat(30)),
    ];
    let output = run("mtp-parse", &["--check"], log.concat().concat().as_bytes());
    let report = text(&output.stdout);
    for want in [
        "telemt: telemt, level info\n",
        "logs no user and no address; RUST_LOG=info,telemt::proxy::handshake=debug,",
        "px-1: access\n    lines: 1 understood, 0 passed over, 0 not recognised\n",
        "connects: 1; user: yes, address: yes\n",
        "nginx-1: not a proxy\n",
    ] {
        assert!(report.contains(want), "{want}\n{report}");
    }
    let output = run("mtp-parse", &[], telemt.as_bytes());
    let errors = text(&output.stderr);
    assert!(errors.contains("telemt at level info logs no user and no address; RUST_LOG="));
    assert!(!text(&run("mtp-parse", &[], FORGED.as_bytes()).stderr).contains("logs no"));
}

/// The rows of a log with kind and user, and its `meta` row.
fn summary(log: &str) -> (Vec<String>, serde_json::Value, String) {
    let output = run("mtp-parse", &["--tz", "UTC"], log.as_bytes());
    let all = text(&output.stdout);
    let mut rows: Vec<serde_json::Value> =
        all.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    let meta = rows.pop().unwrap();
    let of = |row: &serde_json::Value| format!("{} {}", row["type"], row["user"]).replace('"', "");
    (rows.iter().map(of).collect(), meta, text(&output.stderr))
}

/// Whatever comes first in a service that is not a proxy: it is set aside, with all events of it.
#[test]
fn a_service_whose_clients_write_whole_lines() {
    let noise = |count: usize| format!("{NGINX}\n").repeat(count);
    for log in [
        // Among the first lines.
        [&noise(1), FORGED, "\n", &noise(30)].concat(),
        [&noise(10), FORGED, "\n", FORGED, "\n", &noise(30)].concat(),
        [&noise(5), FORGED, "\n"].concat(),
        // As many as it takes, but not in a row.
        [noise(19), format!("{FORGED}\n{NGINX}\n").repeat(60)].concat(),
    ] {
        let (rows, meta, errors) = summary(&framed("nginx-1", &log).concat());
        assert!(rows.is_empty(), "{rows:?}");
        let source = &meta["by_source"]["nginx-1"];
        assert!(source["proxy"].is_null(), "{source}");
        assert!(source["untrusted"].as_u64() > Some(0), "{source}");
        assert!(errors.contains("nginx-1: ") && errors.contains("may be text of clients"));
    }
    // Believed at first, and not for long: a forged line among 50 does not keep it a proxy.
    let log = [format!("{FORGED}\n"), (noise(49) + FORGED + "\n").repeat(40)].concat();
    let (rows, meta, errors) = summary(&framed("nginx-1", &log).concat());
    assert!(rows.len() <= 3, "{}", rows.len());
    assert_eq!(rows.iter().filter(|row| row.as_str() == "note null").count(), 1, "{rows:?}");
    assert!(errors.contains("nginx-1: ") && errors.contains("it is not a proxy"), "{errors}");
    assert!(meta["by_source"]["nginx-1"]["proxy"].is_null());
}

/// teleproxy prints the domain that a client asks for as it came, line ends included.
#[test]
fn a_client_of_teleproxy_writes_lines() {
    let genuine = example("teleproxy", "tls.log");
    let (want, meta, _) = summary(&genuine);
    assert!(meta["by_source"][""]["untrusted"].is_null());
    let victim = genuine.lines().find(|line| line.contains("matched secret [")).unwrap();
    let (head, peer) = victim.rsplit_once(" from ").unwrap();
    let prefix = head.split("local] ").next().unwrap().to_owned() + "local] ";
    let user = head.rsplit_once('[').unwrap().1.trim_end_matches(']');
    let mallory = format!("{prefix}TLS handshake matched secret [{user}] from 203.0.113.66:1");
    let trying = format!("{prefix}trying to determine type of connection from 203.0.113.66:1");
    let tag = "tcp opportunistic encryption mode detected, tag = dddddddd, target=2, secret";
    for forged in [
        mallory.clone(),
        format!("{prefix}x\n{mallory}"),
        format!("{trying}\n{prefix}{tag} [{user}]"),
        format!("{prefix}TLS connection rejected: secret [{user}] expired from 203.0.113.66:1"),
        format!("{prefix}Invoking engine teleproxy-4.10.0 compiled"),
        format!("{prefix}config reloaded: 0 secret(s)"),
        format!(
            "{prefix}direct: closing client connection #9 (DC 2) after 1s, 1.1.1.1:1 -> {peer}, who=0"
        ),
        format!("{prefix}Closing connection socket #9"),
        format!("{prefix}New inbound connection #9 203.0.113.66:1 -> 192.0.2.1:443"),
        format!("{prefix}New outbound connection #9 192.0.2.1:1 -> 192.0.2.1:443"),
        format!("{prefix}MTP_EVENT handshake_ok secret_id=0 fd=9 ip=203.0.113.66 port=1 domain=x"),
    ] {
        assert!(forged.len() < 254, "a domain has 255 bytes: {}", forged.len());
        let hello = format!("{prefix}Receive request for unknown domain x\n{forged}");
        let after = format!("{victim}\n{hello}");
        let (mut rows, _, _) = summary(&genuine.replacen(victim, &after, 1));
        // The request itself is one.
        let own = rows.iter().position(|row| row == "reject null").unwrap();
        rows.remove(own);
        let mut want = want.clone();
        let own = want.iter().position(|row| row == "reject null");
        let own = own.map(|at| want.remove(at));
        if own.is_some() {
            let at = rows.iter().position(|row| row == "reject null").unwrap();
            rows.remove(at);
        }
        assert_eq!(rows, want, "{forged}");
    }
}

/// A name that a unit prints before its text is a source only if the unit runs containers.
#[test]
fn printed_names_are_sources_of_some_units() {
    for (tag, source) in [
        ("docker", "px-1"),
        ("docker-compose", "px-1"),
        ("podman-compose", "px-1"),
        ("compose@proxy", "px-1"),
        ("sh", "px-1"),
        ("nginx", "nginx"),
        ("mtproxy", "mtproxy"),
    ] {
        let text = format!("px-1  | {FORGED}");
        let unit = if source == "px-1" { "proxies" } else { source };
        let json = serde_json::json!({
            "__REALTIME_TIMESTAMP": "1795448448373410", "MESSAGE": text,
            "_SYSTEMD_UNIT": format!("{unit}.service"), "SYSLOG_IDENTIFIER": tag,
        });
        for line in [
            format!("Nov 23 15:40:45 vps1 {tag}[812]: {text}"),
            format!("2026-11-23T15:40:45+0000 vps1 {tag}[812]: {text}"),
            format!("<30>1 2026-11-23T15:40:45Z vps1 {tag} 812 - - {text}"),
            json.to_string(),
        ] {
            let rows = text_of(&line);
            assert!(rows.contains("\"mallory\""), "{line}: {rows}");
            assert!(rows.contains(&format!("\"source\":\"{source}\"")), "{line}: {rows}");
        }
    }
}

fn text_of(line: &str) -> String {
    text(&rows(format!("{line}\n").as_bytes()))
}
