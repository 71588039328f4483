//! What `contrib` has: the pipeline of the service, a format for lnav, a filter for fail2ban, and the
//! list of what a release contains.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::harness::{root, run, skip, text, tool};
use crate::notify::Server;

/// How long anything may take on a busy machine.
const TIMEOUT: Duration = Duration::from_mins(2);

fn has(program: &str) -> bool {
    let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).output();
    found.is_ok_and(|output| output.status.success())
}

/// The script of mtp-watch.service on a file.
fn watch(folder: &Path, url: &str) -> Child {
    let mut command = Command::new(root().join("contrib/systemd/mtp-watch"));
    let bin = Path::new(tool("mtp-logs").get_program()).parent().unwrap().display().to_string();
    let path = format!("{bin}:{}", std::env::var("PATH").unwrap());
    let err = File::options().create(true).append(true).open(folder.join("err")).unwrap();
    command.env("PATH", path).env("STATE_DIRECTORY", folder).env("RUNTIME_DIRECTORY", folder);
    command.env("MTP_LOGS", format!("--file {}", folder.join("log").display()));
    command.env("MTP_NOTIFY", format!("--webhook {url} --lang en")).env("TZ", "UTC");
    let lines = folder.join("lines");
    drop(fs::remove_file(&lines));
    let child = command.stdin(Stdio::null()).stderr(err).spawn().unwrap();
    // From here on it handles signals.
    let end = Instant::now() + TIMEOUT;
    while !lines.exists() {
        assert!(Instant::now() < end, "no pipe");
        std::thread::sleep(Duration::from_millis(10));
    }
    child
}

fn terminate(mut child: Child) {
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

fn connects(rows: &[u8]) -> Vec<String> {
    let is_connect = |line: &&str| line.starts_with("{\"type\":\"connect\"");
    text(rows).lines().filter(is_connect).map(str::to_owned).collect()
}

/// Three days of a log through the service, which is stopped and started four times in between: each
/// event once, and one message for each shared account.
#[test]
fn the_service_loses_and_repeats_nothing_when_it_is_restarted() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start(&[]));
    let mut gunzip = Command::new("gunzip");
    let log =
        gunzip.arg("-c").arg(root().join("examples/three-days.log.gz")).output().unwrap().stdout;
    let lines: Vec<_> = log.split_inclusive(|byte| *byte == b'\n').collect();
    let mut file = File::create(folder.path().join("log")).unwrap();
    let want = connects(&run("mtp-parse", &["--tz", "UTC"], &log).stdout);
    let rows = folder.path().join("rows.jsonl");
    let mut child = watch(folder.path(), &server.url);
    for part in lines.chunks(lines.len().div_ceil(5)) {
        file.write_all(&part.concat()).unwrap();
        std::thread::sleep(Duration::from_millis(700));
        terminate(child);
        child = watch(folder.path(), &server.url);
    }
    let end = Instant::now() + TIMEOUT;
    while connects(&fs::read(&rows).unwrap_or_default()).len() < want.len() {
        assert!(Instant::now() < end, "{}", text(&fs::read(folder.path().join("err")).unwrap()));
        std::thread::sleep(Duration::from_millis(100));
    }
    terminate(child);
    let have = connects(&fs::read(&rows).unwrap());
    let distinct: BTreeSet<_> = have.iter().collect();
    assert_eq!(distinct.len(), have.len(), "repeated events");
    assert_eq!(have.len(), want.len());
    // The accounts that a single run finds.
    let summaries = run("mtp-score", &["--format", "json"], &fs::read(&rows).unwrap()).stdout;
    let is_shared = |row: &Value| row["type"] == "summary" && row["verdict"] == "sharing";
    let summaries = text(&summaries);
    let read = summaries.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let shared: BTreeSet<_> =
        read.filter(is_shared).map(|row| row["user"].as_str().unwrap().to_owned()).collect();
    assert!(!shared.is_empty());
    let mut messages = BTreeMap::<String, u32>::new();
    while shared.iter().any(|user| !messages.contains_key(user)) {
        let user = server.next().json()["row"]["user"].as_str().unwrap().to_owned();
        *messages.entry(user).or_default() += 1;
    }
    assert!(shared.iter().all(|user| messages[user] >= 1));
    let page = Command::new(root().join("contrib/systemd/mtp-watch-page"))
        .env("PATH", format!("{}:{}", bin(), std::env::var("PATH").unwrap()))
        .env("STATE_DIRECTORY", folder.path())
        .env("MTP_ROWS_MAX", "1000")
        .output()
        .unwrap();
    assert!(page.status.success(), "{}", text(&page.stderr));
    assert!(folder.path().join("rows.jsonl.1.gz").exists(), "the rows are bounded");
    assert_eq!(fs::metadata(&rows).unwrap().len(), 0);
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(shared.iter().all(|user| page.contains(user.as_str())));
}

fn bin() -> String {
    Path::new(tool("mtp-logs").get_program()).parent().unwrap().display().to_string()
}

#[test]
fn the_service_reports_that_nothing_is_configured() {
    let output = Command::new(root().join("contrib/systemd/mtp-watch")).output().unwrap();
    assert_eq!(output.status.code(), Some(78));
    assert!(text(&output.stderr).contains("/etc/mtp-tools/watch.env"));
}

/// journalctl fails without the id of the boot, which is in /proc/sys.
#[test]
fn the_service_sees_the_id_of_the_boot() {
    let unit = fs::read_to_string(root().join("contrib/systemd/mtp-watch.service")).unwrap();
    assert!(!unit.lines().any(|line| line.starts_with("ProcSubset=")));
}

#[test]
fn the_units_are_sound() {
    if !has("systemd-analyze") {
        return skip("systemd-analyze");
    }
    let folder = tempfile::tempdir().unwrap();
    // The programs of the package stand elsewhere here.
    for name in ["mtp-watch.service", "mtp-watch-page.service", "mtp-watch-page.timer"] {
        let unit = fs::read_to_string(root().join("contrib/systemd").join(name)).unwrap();
        let unit = unit
            .replace("/usr/lib/mtp-tools", &root().join("contrib/systemd").display().to_string());
        let unit = unit.replace("Documentation=man", "#Documentation=man");
        fs::write(folder.path().join(name), unit).unwrap();
    }
    let output = Command::new("systemd-analyze")
        .args(["verify", "mtp-watch.service", "mtp-watch-page.timer"])
        .env("SYSTEMD_UNIT_PATH", format!("{}:", folder.path().display()))
        .current_dir(folder.path())
        .output()
        .unwrap();
    let errors = text(&output.stderr);
    let own: Vec<_> = errors.lines().filter(|line| line.contains("mtp-watch")).collect();
    assert!(own.is_empty(), "{own:#?}");
}

/// The rows of the recorded logs.
fn recorded_rows() -> String {
    let mut rows = String::new();
    for name in ["access/recorded.log", "mtprotoproxy/recorded.log", "telemt/debug.log"] {
        let log = fs::read(root().join("tests/fixtures/dialects").join(name)).unwrap();
        rows += &text(&run("mtp-parse", &["--tz", "UTC"], &log).stdout);
    }
    rows
}

#[test]
fn fail2ban_finds_the_clients_without_a_secret() {
    if !has("fail2ban-regex") {
        return skip("fail2ban");
    }
    let folder = tempfile::tempdir().unwrap();
    let reject = |user: &str, reason: &str| {
        let user = Value::from(user);
        format!(
            "{{\"type\":\"reject\",\"ts\":\"2026-11-23T15:40:45.5Z\",\"user\":{user},\
             \"ip\":\"2001:db8::1\",\"port\":5,\"reason\":\"{reason}\",\"proxy\":\"telemt\"}}\n"
        )
    };
    let forged = r#"x","ip":"198.51.100.1","reason":"replay"#;
    let rows = recorded_rows() + &reject("bob", "replay") + &reject(forged, "limit");
    fs::write(folder.path().join("rows"), &rows).unwrap();
    let counted = ["bad-handshake", "replay", "unknown-sni", "bad-proxy-header"];
    let is_counted = |line: &&str| {
        let row: Value = serde_json::from_str(line).unwrap();
        let reason = row["reason"].as_str().unwrap_or_default();
        row["type"] == "reject" && row.get("ip").is_some() && counted.contains(&reason)
    };
    let want = rows.lines().filter(is_counted).count();
    assert!(want > 10);
    let output = Command::new("fail2ban-regex")
        .arg(folder.path().join("rows"))
        .arg(root().join("contrib/fail2ban/mtp-tools.conf"))
        .args(["-o", "<ip>"])
        .output()
        .unwrap();
    let found = text(&output.stdout);
    assert_eq!(found.lines().count(), want, "{found}{}", text(&output.stderr));
    assert!(!found.contains("198.51.100.1") && found.contains("2001:db8::1"), "{found}");
}

#[test]
fn lnav_reads_rows_and_the_access_log() {
    if !has("lnav") {
        return skip("lnav");
    }
    let folder = tempfile::tempdir().unwrap();
    let lnav = || {
        let mut command = Command::new("lnav");
        command.env("HOME", folder.path()).env("TERM", "dumb").env_remove("XDG_CONFIG_HOME");
        command.stdin(Stdio::null());
        command
    };
    // Its samples are checked too.
    let installed =
        lnav().arg("-i").arg(root().join("contrib/lnav/mtp-tools.json")).output().unwrap();
    assert!(installed.status.success(), "{}{}", text(&installed.stdout), text(&installed.stderr));
    let rows = recorded_rows();
    let access = fs::read(root().join("tests/fixtures/dialects/access/recorded.log")).unwrap();
    let access: Vec<_> = text(&access)
        .lines()
        .filter(|line| line.starts_with("mtp-access "))
        .map(str::to_owned)
        .collect();
    fs::write(folder.path().join("rows.jsonl"), &rows).unwrap();
    fs::write(folder.path().join("access.log"), access.join("\n") + "\n").unwrap();
    let count = |query: &str, name: &str| {
        let query = format!(";select count(*) from {query}");
        let output = lnav()
            .args(["-n", "-c", &query, "-c", ":write-csv-to -"])
            .arg(folder.path().join(name))
            .output()
            .unwrap();
        let shown = text(&output.stdout);
        let number = shown.lines().find_map(|line| line.trim().parse::<usize>().ok());
        number.unwrap_or_else(|| panic!("{shown}{}", text(&output.stderr)))
    };
    let rejects = rows.lines().filter(|line| line.starts_with("{\"type\":\"reject\"")).count();
    let query = "mtp_stream_log where type = 'reject' and log_level = 'warning'";
    assert_eq!(count(query, "rows.jsonl"), rejects);
    assert_eq!(count("mtp_access_log", "access.log"), access.len());
}

/// A small population of the simulator: resold accounts stand out, and the tables have their form.
#[test]
fn the_judge_measures_a_small_population() {
    if !has("python3") {
        return skip("python3");
    }
    let folder = tempfile::tempdir().unwrap();
    let judge = |name: &str| root().join("contrib/judge").join(name);
    let output = Command::new("python3")
        .arg(judge("tables.py"))
        .args(["--worlds", "own", "--seeds", "5", "--users", "30", "--days", "2"])
        .args(["--score", &tool("mtp-score").get_program().to_string_lossy()])
        .arg(folder.path())
        .output()
        .unwrap();
    let tables = text(&output.stdout);
    assert!(output.status.success(), "{tables}{}", text(&output.stderr));
    let line = |start: &str| {
        let found = tables.lines().find(|line| line.starts_with(start));
        found.unwrap_or_else(|| panic!("'{start}' in {tables}"))
    };
    for ends in ["with ends", "no ends"] {
        let cells: Vec<_> = line(&format!("| 2 | {ends} |")).split('|').map(str::trim).collect();
        let area: f64 = cells[3].parse().unwrap();
        assert!(area > 0.85, "{tables}");
        assert!(cells[5].starts_with("0 of "), "an honest user is accused: {tables}");
        assert_eq!(cells.len(), 13, "{tables}");
    }
    assert!(line("| resold |").contains(" of "), "{tables}");
    assert!(tables.contains("| confidence |") && tables.contains("| alarms |"), "{tables}");
}

/// The version, the changelog and the lists of the packages name the same programs and files.
#[test]
fn a_release_is_complete() {
    let cargo = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    let first = changelog.lines().find_map(|line| line.strip_prefix("## ")).unwrap();
    let is_current = first == "Unreleased" || first.split(' ').next() == Some(version);
    assert!(is_current, "the changelog begins with '{first}', the version is {version}");
    let manual = fs::read_to_string(root().join("man/mtp-stream.5")).unwrap();
    assert!(manual.contains(&format!("mtp\\-tools {version}")), "mtp-stream(5): {version}");
    let (deb, rpm) = cargo.split_once("[package.metadata.generate-rpm]").unwrap();
    for entry in fs::read_dir(root().join("src/bin")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let program = name.trim_end_matches(".rs");
        for list in [deb, rpm] {
            assert!(list.contains(&format!("\"target/release/{program}\"")), "{program}");
            assert!(list.contains(&format!("\"completions/{program}.bash\"")), "{program}");
        }
        for file in [
            format!("man/{program}.1"),
            format!("completions/{program}.fish"),
            format!("completions/_{program}"),
        ] {
            assert!(root().join(&file).exists(), "{file}");
        }
    }
    // Each file that the lists name exists; the programs are built.
    let source = regex::Regex::new(r#"(?m)^  (?:\[|\{ source = )"([^"]+)""#).unwrap();
    let mut count = 0;
    for found in source.captures_iter(&cargo) {
        let path = &found[1];
        count += 1;
        if path.starts_with("target/") {
            continue;
        }
        let exists = match path.split_once('*') {
            None => root().join(path).exists(),
            Some((before, after)) => {
                let (folder, start) = before.rsplit_once('/').unwrap();
                fs::read_dir(root().join(folder)).unwrap().any(|entry| {
                    let name = entry.unwrap().file_name().into_string().unwrap();
                    name.starts_with(start) && name.ends_with(after)
                })
            }
        };
        assert!(exists, "Cargo.toml lists {path}");
    }
    assert!(count > 40, "{count} entries");
}
