//! Recordings of real proxies, replayed by a container: `docker compose logs -f` into the tools.
//!
//! The recordings are of teleproxy 4.10.0 (fake TLS, direct mode, `-v`) and telemt 3.4.25 (level debug, in
//! direct and in middle-proxy mode), built from source and run in a network namespace; the clients, real
//! ones with fake TLS, came from documentation and benchmark ranges over a veth pair, and a clock of their
//! own made six or ten hours pass in minutes. All connections had the right user in each log. The
//! middle-end was a stand-in that answers each request; most of telemt's lines about it are left out.

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::compose::{Compose, Project};
use super::engine::Engine;
use super::pipeline::Pipeline;
use crate::harness::{root, run, skip, text};
use crate::proxy::python;

const PATIENCE: Duration = Duration::from_secs(90);
/// The recordings, each with its connections. Ends of telemt's direct mode have no address, so that
/// its verdict takes longer: ten hours.
const RECORDINGS: [(&str, usize); 3] =
    [("teleproxy", 760), ("telemt", 1273), ("telemt-middle", 464)];
/// Who was where.
const ADDRESSES: [(&str, &[&str]); 3] = [
    ("home", &["198.19.200.2"]),
    ("roams", &["198.18.130.77", "198.18.130.9", "198.18.64.5", "198.19.20.4", "198.51.100.99"]),
    ("shared", &["198.18.200.9", "198.18.5.7", "198.19.77.3", "198.51.100.7", "203.0.113.9"]),
];

/// The same in middle-proxy mode.
const MIDDLE_ADDRESSES: [(&str, &[&str]); 4] = [
    ("home", &["198.51.100.20"]),
    ("roams", &["198.51.100.41", "198.51.100.43", "203.0.113.40", "203.0.113.42", "203.0.113.44"]),
    ("shared", &["198.18.200.9", "198.19.77.3", "198.51.100.7", "2001:db8:7::9", "203.0.113.9"]),
    ("two dev", &["2001:db8:22::5", "203.0.113.77"]),
];

/// The users with their addresses, and how many connects there are.
fn users(rows: &[Value]) -> (BTreeMap<String, Vec<String>>, usize) {
    let mut users: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let connects: Vec<_> = rows.iter().filter(|row| row["type"] == "connect").collect();
    for row in &connects {
        let of = |key: &str| row[key].as_str().unwrap().to_owned();
        let addresses = users.entry(of("user")).or_default();
        if let Err(at) = addresses.binary_search(&of("ip")) {
            addresses.insert(at, of("ip"));
        }
    }
    (users, connects.len())
}

fn expected(recording: &str) -> BTreeMap<String, Vec<String>> {
    let owned = |names: &[&str]| {
        let mut names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        names.sort();
        names
    };
    let addresses =
        if recording == "telemt-middle" { &MIDDLE_ADDRESSES[..] } else { &ADDRESSES[..] };
    addresses.iter().map(|(user, of)| ((*user).to_owned(), owned(of))).collect()
}

/// The last verdict of each user.
fn verdicts(rows: &[String]) -> BTreeMap<String, String> {
    let rows = rows.iter().map(|row| serde_json::from_str::<Value>(row).unwrap());
    let of = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    rows.filter(|row| row["type"] == "summary")
        .map(|row| (of(&row, "user"), of(&row, "verdict")))
        .collect()
}

fn are_right(verdicts: &BTreeMap<String, String>) -> bool {
    let of = |user: &str| verdicts.get(user).map(String::as_str);
    of("shared") == Some("sharing") && of("home") == Some("clear") && of("roams") == Some("clear")
}

/// Without a container: the same rows and verdicts from the file.
#[test]
fn recordings_give_the_right_users_and_verdicts() {
    for (name, count) in RECORDINGS {
        let log = root().join("tests/fixtures/live").join(format!("{name}.log.gz"));
        let output = run("mtp-parse", &["--tz", "UTC", log.to_str().unwrap()], b"");
        let rows = text(&output.stdout);
        let events: Vec<Value> =
            rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
        assert_eq!(users(&events), (expected(name), count), "{name}");
        let meta = events.last().unwrap();
        assert_eq!(meta["not_recognised"], 0, "{name}");
        let ends: Vec<_> = events.iter().filter(|row| row["type"] == "disconnect").collect();
        assert_eq!(ends.len(), count, "{name}: an end of each");
        let with_address = ends.iter().filter(|row| row.get("ip").is_some()).count();
        assert_eq!(with_address, if name == "telemt" { 0 } else { count });
        let is_whole = |row: &&&Value| {
            ["user", "ip", "port", "bytes_up", "bytes_down"].iter().all(|key| !row[*key].is_null())
        };
        if name == "telemt-middle" {
            assert_eq!(ends.iter().filter(is_whole).count(), count, "ends with bytes");
        }
        let scores = text(&run("mtp-score", &["--format", "json"], rows.as_bytes()).stdout);
        let scores: Vec<_> = scores.lines().map(str::to_owned).collect();
        let verdicts = verdicts(&scores);
        assert!(are_right(&verdicts), "{name}: {verdicts:?}");
    }
}

fn replayed(compose: &Compose, (name, count): (&str, usize)) {
    let Some(engine) = Engine::get() else { return skip("a Docker engine") };
    let folder = tempfile::tempdir().unwrap();
    let log = format!("{name}.log.gz");
    fs::copy(root().join("tests/fixtures/live").join(&log), folder.path().join(&log)).unwrap();
    fs::write(folder.path().join("replay.py"), include_str!("replay.py")).unwrap();
    let python = python();
    let command = [python.to_str().unwrap(), "replay.py", &log, "4"];
    let mounts = ["replay.py", &log].map(|file| format!("./{file}:/home/tgproxy/{file}"));
    let project = Project::up(&engine, compose, folder, &command, &mounts);
    let mut pipeline = Pipeline::start(&mut project.command(&["logs", "-f"]), &["--every", "10m"]);
    let end = Instant::now() + PATIENCE;
    let connects = |pipeline: &Pipeline| {
        pipeline.events().iter().filter(|(_, row)| row.contains(r#""type":"connect""#)).count()
    };
    while connects(&pipeline) < count {
        assert!(Instant::now() < end, "{name}: {} connects", connects(&pipeline));
        thread::sleep(Duration::from_millis(100));
    }
    assert!(project.down());
    assert_eq!(pipeline.end(), [Some(0), Some(0)], "{name}");
    let events = pipeline.events();
    let events: Vec<Value> =
        events.iter().map(|(_, row)| serde_json::from_str(row).unwrap()).collect();
    assert_eq!(users(&events), (expected(name), count), "{name}");
    let source = events.iter().find(|row| row["type"] == "connect").unwrap();
    assert!(source["source"].as_str().unwrap().starts_with("mtprotoproxy"), "{source}");
    let verdicts = verdicts(&pipeline.scores());
    assert!(are_right(&verdicts), "{name}: {verdicts:?}");
}

#[test]
fn teleproxy_through_compose() {
    let Some(compose) = Compose::old().or_else(Compose::new) else { return skip("Compose") };
    replayed(&compose, RECORDINGS[0]);
}

#[test]
fn telemt_through_compose() {
    let Some(compose) = Compose::new().or_else(Compose::old) else { return skip("Compose") };
    replayed(&compose, RECORDINGS[1]);
}

#[test]
fn telemt_in_middle_proxy_mode_through_compose() {
    let Some(compose) = Compose::new().or_else(Compose::old) else { return skip("Compose") };
    replayed(&compose, RECORDINGS[2]);
}
