//! The flags of `mtp-score`, each on the three days of `examples/three-days.log.gz`, of whose
//! twenty users three share their accounts.

use std::sync::LazyLock;

use mtp::timestamp::Timestamp;
use serde_json::{Value, json};

use crate::demo::log;
use crate::harness::{check_schema, root, run, text};

static EVENTS: LazyLock<Vec<u8>> = LazyLock::new(|| run("mtp-parse", &[], &log()).stdout);

/// All rows of a kind that a run over these events writes.
fn rows_of(events: &[u8], args: &[&str], kind: &str) -> Vec<Value> {
    let output = run("mtp-score", args, events);
    assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
    let rows = text(&output.stdout);
    check_schema(&rows);
    let all = rows.lines().map(|row| serde_json::from_str::<Value>(row).unwrap());
    all.filter(|row| row["type"] == kind).collect()
}

/// The users with verdict sharing, the most suspicious first.
fn shared(args: &[&str]) -> Vec<String> {
    let rows = rows_of(&EVENTS, &[args, &["--only", "sharing"]].concat(), "summary");
    rows.iter().map(|row| row["user"].as_str().unwrap().to_owned()).collect()
}

fn summary(events: &[u8], args: &[&str], user: &str) -> Value {
    let rows = rows_of(events, args, "summary");
    rows.into_iter().find(|row| row["user"] == user).unwrap()
}

#[test]
fn only_and_top_choose_users() {
    assert_eq!(shared(&[]), ["jan", "ned", "hal"]);
    assert_eq!(shared(&["--top", "2"]), ["jan", "ned"]);
    let count = |only| rows_of(&EVENTS, &["--only", only], "summary").len();
    assert!(count("high") > count("watch") && count("watch") >= 3);
}

#[test]
fn limits_apply_to_all_users_or_to_one() {
    let one = summary(&EVENTS, &["--devices", "1"], "hal")["people"].as_f64();
    assert!(one > summary(&EVENTS, &[], "hal")["people"].as_f64());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("limits");
    std::fs::write(&file, "# devices of each user\nhal exempt\n\njan   64\nned 1\n").unwrap();
    let args = ["--limits", file.to_str().unwrap()];
    assert_eq!(shared(&args), ["ned"]);
    for (settled, verdict) in [
        ("hal household", "watch"),
        ("hal acknowledged until 2026-11-23", "watch"),
        ("hal acknowledged until 2026-11-22", "sharing"),
    ] {
        std::fs::write(&file, settled).unwrap();
        assert_eq!(summary(&EVENTS, &args, "hal")["verdict"], verdict, "{settled}");
    }
    std::fs::write(&file, "# devices of each user\nhal exempt\n\njan   64\nned 1\n").unwrap();
    let hal = summary(&EVENTS, &args, "hal");
    assert_eq!((&hal["verdict"], hal.get("people")), (&"unknown".into(), None));
    assert!(rows_of(&EVENTS, &args, "alert").iter().all(|alert| alert["user"] != "hal"));
    for (line, reason) in [
        (
            "hal",
            "invalid limit 'hal' (expected NAME DEVICES, NAME exempt, NAME \
                  household or NAME acknowledged until 2026-12-31)",
        ),
        ("hal 0", "invalid number of devices '0' (expected 1 to 64)"),
        ("hal many", "invalid number of devices 'many' (expected 1 to 64)"),
    ] {
        std::fs::write(&file, format!("# first\n{line}\n")).unwrap();
        let output = run("mtp-score", &args, b"");
        assert_eq!(output.status.code(), Some(1));
        let stderr = text(&output.stderr);
        assert!(stderr.contains("limits:2: ") && stderr.contains(reason), "{stderr}");
    }
}

#[test]
fn the_evidence_names_the_flag_that_would_clear_an_account() {
    let hal = summary(&EVENTS, &[], "hal");
    let with = hal["evidence"].as_array().unwrap().last().unwrap();
    assert_eq!(with["kind"], "counterfactual");
    let flag: Vec<_> = with["option"].as_str().unwrap().split(' ').collect();
    let run = summary(&EVENTS, &flag, "hal");
    assert_eq!(run["verdict"], with["verdict"]);
    assert_ne!(hal["verdict"], with["verdict"]);
}

#[test]
fn ignored_addresses_and_networks_of_many_users_do_not_count() {
    // All of hal's networks but one.
    let ignore = ["--ignore", "198.51.100.49", "--ignore", "198.18.109.0/24"];
    assert_eq!(summary(&EVENTS, &ignore, "hal")["people"], 1.0);
    let everything = ["--ignore", "0.0.0.0/0", "--ignore", "::/0"];
    assert_eq!(shared(&everything), [""; 0]);
    assert_eq!(summary(&EVENTS, &everything, "hal")["verdict"], "unknown");
    // Each network is one user's: until hal's are another's too.
    assert_eq!(shared(&["--relay", "2"]), ["jan", "ned", "hal"]);
    let events = text(&EVENTS);
    let both = events.split_inclusive('\n').flat_map(|row| {
        let other = row.replace("\"user\":\"hal\"", "\"user\":\"twin\"");
        [row.to_owned(), if other == row { String::new() } else { other }]
    });
    let both = both.collect::<String>();
    assert_eq!(summary(both.as_bytes(), &[], "twin")["verdict"], "sharing");
    assert_ne!(summary(both.as_bytes(), &["--relay", "2"], "twin")["verdict"], "sharing");
}

#[test]
fn prefixes_make_one_network_of_many_addresses() {
    assert_eq!(shared(&["--v4-prefix", "1", "--v6-prefix", "1"]), [""; 0]);
    let named = |args: &[&str]| summary(&EVENTS, args, "jan")["evidence"].to_string();
    assert!(named(&["--v4-prefix", "24"]).contains(".0/24\""));
    assert!(named(&["--v6-prefix", "48", "--evidence", "full"]).contains("2001:db8:1::/48"));
}

#[test]
fn full_evidence_has_all_intervals() {
    let full = summary(&EVENTS, &["--evidence", "full"], "hal");
    let facts = full["evidence"].as_array().unwrap();
    let used: Vec<_> = facts.iter().filter(|fact| fact["kind"] == "in-use").collect();
    assert_eq!(used.len(), 3, "{facts:?}");
    // Each overlap lies within the intervals of the networks it names.
    for fact in facts.iter().filter(|fact| fact["kind"] == "overlap" && fact["gap"] == 14_400) {
        for network in fact["networks"].as_array().unwrap() {
            let is_it = |of: &&&Value| of["networks"].as_array().unwrap().contains(network);
            let of: Vec<_> = used.iter().filter(is_it).collect();
            assert_eq!(of.len(), 1, "{network} is in several groups");
            let spans = of[0]["intervals"].as_array().unwrap();
            assert!(spans.iter().any(|span| span[0].as_str() <= fact["from"].as_str()));
            assert!(spans.iter().any(|span| span[1].as_str() >= fact["to"].as_str()), "{fact}");
        }
    }
}

/// `tests/fixtures/score/carriers.mmdb` was made with Python's `mmdb_writer`: 198.18.0.0/16 is AS
/// 64500 "Example Mobile Ltd", 198.51.100.0/24 AS 64501 "Example Cable", and 203.0.113.0/24 is
/// reached by "Cellular".
#[test]
fn a_database_of_carriers_makes_one_network_of_each() {
    let mmdb = root().join("tests/fixtures/score/carriers.mmdb");
    let args = ["--asn", mmdb.to_str().unwrap(), "--evidence", "full"];
    // Addresses that take turns, three at a time, within minutes and over hours.
    let events = |block: &str| -> Vec<u8> {
        let row = |n: i64| {
            let ts = Timestamp(1_795_448_000_000 + n * 40_000).text();
            let last = (n * 7 % 5) * 40;
            format!(
                "{{\"type\":\"connect\",\"ts\":\"{ts}\",\"user\":\"u\",\
                 \"ip\":\"{block}.{last}.9\",\"port\":1}}\n"
            )
        };
        (0..900).map(row).collect::<String>().into_bytes()
    };
    for (block, carrier) in [("198.18", Some("AS64500")), ("198.19", None)] {
        let events = events(block);
        let (plain, merged) = (summary(&events, &[], "u"), summary(&events, &args, "u"));
        assert_eq!(plain["verdict"], "sharing", "{block}");
        let evidence = merged["evidence"].to_string();
        assert_eq!(merged["verdict"] == "clear", carrier.is_some(), "{merged}");
        assert!(carrier.is_none_or(|name| evidence.contains(name)), "{evidence}");
    }
    let not_one = root().join("Cargo.toml");
    let output = run("mtp-score", &["--asn", not_one.to_str().unwrap()], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("not an MMDB file"), "{}", text(&output.stderr));
    let missing = run("mtp-score", &["--asn", "/nowhere.mmdb"], b"");
    assert!(text(&missing.stderr).contains("/nowhere.mmdb"));
}

#[test]
fn explain_writes_the_detail_of_one_user() {
    let output = run("mtp-score", &["--explain", "hal"], &EVENTS);
    let story = text(&output.stdout);
    for part in [
        "User: hal",
        ": sharing",
        "in use at once",
        "with --devices 3 it would be clear",
        "- in use  = two at once  # three or more at once",
    ] {
        assert!(story.contains(part), "{part}: {story}");
    }
    for events in [&EVENTS[..], b""] {
        let nobody = run("mtp-score", &["--explain", "nobody"], events);
        assert_eq!((nobody.status.code(), nobody.stdout.len()), (Some(1), 0));
        let want = "mtp-score: --explain: no connection of user 'nobody'\n";
        assert_eq!(text(&nobody.stderr), want);
    }
}

#[test]
fn a_log_without_user_and_address_makes_nobody_clear() {
    let log = |path: &str| run("mtp-parse", &[root().join(path).to_str().unwrap()], b"").stdout;
    // Users here and addresses there, as stock mtprotoproxy prints them.
    let stock = log("tests/fixtures/dialects/mtprotoproxy/recorded.log");
    let users = rows_of(&stock, &[], "summary");
    assert_eq!(users.len(), 11);
    assert!(users.iter().all(|user| user["verdict"] == "unknown" && user["connections"] == 0));
    let advice = "run 'mtp-users access-log on'";
    assert!(rows_of(&stock, &[], "meta")[0]["advice"].as_str().unwrap().ends_with(advice));
    assert!(text(&run("mtp-score", &[], &stock).stderr).trim_end().ends_with(advice));
    // Another proxy's: its own setting, or that there is none.
    for (path, advice) in [
        ("zig/recorded.log", "zig logs no user and no address; no setting changes this"),
        ("telemt/default-level.log", "telemt at level info logs no user and no address; RUST_LOG="),
    ] {
        let events = log(&format!("tests/fixtures/dialects/{path}"));
        let errors = text(&run("mtp-score", &[], &events).stderr);
        assert!(errors.contains(advice) && !errors.contains("mtp-users"), "{path}: {errors}");
        assert!(rows_of(&events, &[], "meta")[0]["advice"].as_str().unwrap().contains(advice));
    }
    // Addresses alone, as the official proxy prints them.
    let official = log("tests/fixtures/dialects/mtproxy/recorded.log");
    let meta = &rows_of(&official, &[], "meta")[0];
    assert!(meta["advice"].as_str().unwrap().contains("has addresses and no users"));
    assert_eq!(rows_of(&EVENTS, &[], "meta")[0].get("advice"), None);
}

#[test]
fn clear_becomes_unknown_where_much_of_the_log_was_not_recognised() {
    let verdicts = |lost: u32| {
        let meta = format!(
            "{{\"type\":\"meta\",\"tool\":\"mtp-parse\",\"lines\":10000,\"understood\":{},\
             \"not_recognised\":{lost}}}\n",
            10_000 - lost
        );
        let own = text(&EVENTS);
        let events = own.lines().filter(|row| !row.contains("\"tool\":\"mtp-parse\""));
        let events = events.flat_map(|row| [row, "\n"]).collect::<String>() + &meta;
        let count = |verdict| {
            let all = rows_of(events.as_bytes(), &[], "summary");
            all.iter().filter(|user| user["verdict"] == verdict).count()
        };
        (count("sharing"), count("clear"), count("unknown"))
    };
    assert_eq!(verdicts(500), (3, 17, 0));
    assert_eq!(verdicts(501), (3, 0, 17));
}

/// While an account that looks shared must still be watched for hours, it is not clear: the
/// confidence beside it is high.
#[test]
fn sharing_that_must_still_hold_is_watch() {
    let log = root().join("tests/fixtures/live/telemt.log.gz");
    let rows = run("mtp-parse", &["--tz", "UTC", log.to_str().unwrap()], b"").stdout;
    let of_hours = |hours: i64| -> Value {
        let is_in = |row: &&str| {
            let row: Value = serde_json::from_str(row).unwrap();
            let ts = Timestamp::read(row["ts"].as_str().unwrap_or_default().as_bytes());
            let begin = Timestamp::read(b"2026-01-01T07:00:00Z").unwrap().0.0;
            ts.is_some_and(|(ts, _)| ts.0 < begin + hours * 3_600_000)
        };
        let rows = text(&rows);
        let rows: String = rows.split_inclusive('\n').filter(is_in).collect();
        let out = text(&run("mtp-score", &["--format", "json"], rows.as_bytes()).stdout);
        let mut rows = out.lines().map(|row| serde_json::from_str::<Value>(row).unwrap());
        rows.find(|row| row["type"] == "summary" && row["user"] == "shared").unwrap()
    };
    let (early, late) = (of_hours(4), of_hours(9));
    assert_eq!((&early["verdict"], &late["verdict"]), (&json!("watch"), &json!("sharing")));
    assert!(early["confidence"].as_f64().unwrap() > 0.5, "{early}");
}

/// One address, however often it connects: no evidence without networks, with any number of devices.
#[test]
fn one_address_alone_is_evidence_of_nothing() {
    let rows = std::fs::read(root().join("tests/fixtures/score/one-address.jsonl")).unwrap();
    for devices in ["1", "2", "3"] {
        for detail in ["short", "full"] {
            let args = ["--devices", devices, "--evidence", detail];
            let output = text(&run("mtp-score", &args, &rows).stdout);
            check_schema(&output);
            let summary: Value = serde_json::from_str(output.lines().next().unwrap()).unwrap();
            assert_eq!((&summary["verdict"], &summary["people"]), (&json!("clear"), &json!(1.0)));
            let evidence = summary["evidence"].as_array().unwrap();
            assert_eq!(evidence.len(), usize::from(detail == "full"), "{evidence:?}");
            for fact in evidence {
                assert_eq!(fact["networks"], json!(["203.0.113.7"]), "{fact}");
            }
        }
    }
}
