//! Logs of public reports, with made-up names, secrets and addresses.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::harness::{root, run, text};

/// The rows of a report, the last of them `meta`, and the messages.
fn parse(name: &str) -> (Vec<Value>, String) {
    let log = fs::read(root().join("tests/fixtures/reports").join(name)).unwrap();
    let output = run("mtp-parse", &["--tz", "UTC", "--year", "2026"], &log);
    let rows = text(&output.stdout);
    let rows = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    (rows, text(&output.stderr))
}

fn of<'r>(rows: &'r [Value], kind: &str) -> Vec<&'r Value> {
    rows.iter().filter(|row| row["type"] == kind).collect()
}

fn users(rows: &[&Value]) -> BTreeSet<String> {
    rows.iter().map(|row| row["user"].as_str().unwrap_or("").to_owned()).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn mtg_multi_names_its_users() {
    let (rows, _) = parse("01-mtg-multi.log");
    let connects = of(&rows, "connect");
    assert_eq!(users(&connects), set(&["alice", "bob", "carol"]));
    for row in connects {
        let address = match row["user"].as_str().unwrap() {
            "alice" => "203.0.113.7",
            "bob" => "198.51.100.20",
            _ => "192.0.2.33",
        };
        assert_eq!(row["ip"], address);
    }
}

#[test]
fn zig_before_0_20_has_user_and_address() {
    let (rows, _) = parse("03-zig-tls-auth-ok.log");
    let connects = of(&rows, "connect");
    assert_eq!(users(&connects), set(&["alice", "bob"]));
    assert_eq!((&connects[0]["ip"], &connects[0]["port"]), (&"203.0.113.7".into(), &62857.into()));
}

#[test]
fn advice_is_for_the_proxy_that_was_seen() {
    let (_, errors) = parse("05-zig-369-journal.log");
    assert!(
        errors.contains("zig logs no user and no address; no setting changes this"),
        "{errors}"
    );
    assert!(!errors.contains("mtp-users"), "{errors}");
    let (rows, errors) = parse("12-mtproxymax-56.log");
    assert!(of(&rows, "connect").is_empty());
    assert!(errors.contains("RUST_LOG=info,telemt::proxy::handshake=debug,"), "{errors}");
}

#[test]
fn statistics_of_all_versions() {
    let (rows, _) = parse("06-alexbers-12-old-stats.log");
    let usage = of(&rows, "usage");
    assert_eq!(users(&usage), set(&["tg", "tg2"]));
    assert_eq!(usage[1]["connects"], 1268);
    assert!(usage[1]["messages"].is_null());
    let (rows, _) = parse("09-alexbers-323-stats.log");
    assert_eq!(of(&rows, "usage").len(), 5);
}

#[test]
fn the_banner_of_the_official_image_is_passed_over() {
    let (rows, _) = parse("14-mtproxy-302-docker-logs.log");
    assert_eq!(rows.last().unwrap()["not_recognised"], 0);
    assert_eq!(of(&rows, "start").len(), 1);
}

#[test]
fn lager_lines_of_seriyps() {
    let (rows, _) = parse("20-seriyps-lager-35-92.log");
    assert_eq!(users(&of(&rows, "connect")), set(&["mtp_handler_1"]));
    assert_eq!(of(&rows, "reject")[0]["ip"], "203.0.113.51");
    assert_eq!(rows.last().unwrap()["not_recognised"], 0);
}

#[test]
fn a_line_of_a_configuration_is_not_a_connect() {
    let (rows, _) = parse("27-tg-ws-proxy-1054.log");
    assert!(of(&rows, "connect").is_empty());
}

#[test]
fn the_user_of_a_service_called_mtg() {
    let (rows, _) = parse("30-mtg-498-sni-router.log");
    assert_eq!(users(&of(&rows, "connect")), set(&["mtg"]));
}

#[test]
fn a_configuration_over_two_lines_is_passed_over() {
    let (rows, _) = parse("34-mtg-457-config-2lines.log");
    assert_eq!(rows.last().unwrap()["not_recognised"], 0);
    assert_eq!(of(&rows, "connect").len(), 1);
}

#[test]
fn other_services_are_counted_by_source() {
    let (rows, _) = parse("38-compose-haproxy-nginx.log");
    let meta = rows.last().unwrap();
    assert_eq!(meta["proxy_not_recognised"], 0);
    assert!(meta["not_recognised"].as_u64().unwrap() > 0);
    assert_eq!(users(&of(&rows, "connect")), set(&["alice"]));
    let (rows, _) = parse("33-docker-gateway-access.log");
    assert_eq!(users(&of(&rows, "connect")), set(&["alice", "bob"]));
}

#[test]
fn the_inbound_of_3x_ui_is_the_source() {
    let (rows, _) = parse("02-3x-ui-journal.log");
    let connects = of(&rows, "connect");
    assert_eq!(users(&connects), set(&["alice"]));
    assert_eq!(connects[0]["ip"], "203.0.113.7");
}

#[test]
fn service_logs_of_a_swarm() {
    let (rows, _) = parse("31-swarm-service-logs.log");
    assert_eq!(users(&of(&rows, "usage")), set(&["alice"]));
    assert_eq!(users(&of(&rows, "connect")), set(&["alice", "bob"]));
}

#[test]
fn output_of_powershell_is_decoded() {
    let (rows, _) = parse("36-powershell-utf16.log");
    assert!(!of(&rows, "connect").is_empty());
}

/// A framing never becomes part of a user's name.
#[test]
fn statistics_outside_a_block_are_not_recognised() {
    let line = "alice: 3 connects (3 current), 0.01 MB, 22 msgs\n";
    for frame in [
        "0|mtproxy  | ",
        "[mtproxy] ",
        "mtproxy.1.abc@node1    | ",
        "[2026-11-23 15:40:45] ",
        "mtproxy mtproxy-7d9f8 ",
        "Mon Nov 23 15:40:45 2026 daemon.info mtproxy: ",
        "2026-11-23T15:40:45 mtproxy > ",
    ] {
        let log = format!("{frame}Stats for 23.11.2026 15:40:45\n{frame}{line}");
        let rows = text(&run("mtp-parse", &[], log.as_bytes()).stdout);
        let names = rows.lines().filter(|row| row.contains("\"usage\""));
        for row in names {
            assert!(row.contains("\"user\":\"alice\""), "{frame}: {row}");
        }
        let alone = format!("{frame}{line}");
        let rows = text(&run("mtp-parse", &[], alone.as_bytes()).stdout);
        assert!(!rows.contains("\"usage\""), "{rows}");
    }
}
