//! `mtp-logs --journal` with a journald of its own: rotated, vacuumed, killed and started again.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{check_schema, run, skip, text};
use crate::logs::Logs;

const TIMEOUT: Duration = Duration::from_mins(1);
const UNIT: &str = "telemt.service";

/// A journald in a mount namespace whose /run and journal are in a folder.
struct Journald {
    child: Child,
    folder: TempDir,
}

const START: &str = r#"set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/journal /run/systemd/journald.conf.d /run/log /var/log/journal
mount --bind "$0/socket" /run/systemd/journal
mount --bind "$0/log" /var/log/journal
printf '[Journal]\nStorage=persistent\nSystemMaxUse=64M\nSystemMaxFileSize=512K\nRateLimitBurst=0\nSyncIntervalSec=1\n' \
    >/run/systemd/journald.conf.d/test.conf
exec /lib/systemd/systemd-journald
"#;

impl Journald {
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let id = fs::read_to_string("/etc/machine-id").ok()?;
        fs::create_dir_all(folder.path().join("log").join(id.trim())).unwrap();
        fs::create_dir(folder.path().join("socket")).unwrap();
        let child = Self::spawn(folder.path())?;
        let started = Self { child, folder };
        // Its own journalctl, which mtp-logs finds in PATH.
        started.write_program();
        started.wait_for_socket().then_some(started)
    }

    fn spawn(folder: &Path) -> Option<Child> {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", START]).arg(folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()
    }

    fn write_program(&self) {
        let path = self.folder.path().join("journalctl");
        let pid = self.child.id();
        let script = format!("#!/bin/sh\nexec nsenter -t {pid} -m /usr/bin/journalctl \"$@\"\n");
        let new = path.with_extension("new");
        fs::write(&new, script).unwrap();
        fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(new, path).unwrap();
    }

    fn wait_for_socket(&self) -> bool {
        let until = Instant::now() + TIMEOUT;
        while self.connect().is_none() {
            if Instant::now() > until {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // To the disk, as systemd has it done after the start.
        self.journalctl(&["--flush"]);
        true
    }

    /// The standard output of a service.
    fn connect(&self) -> Option<UnixStream> {
        let mut stream = UnixStream::connect(self.folder.path().join("socket/stdout")).ok()?;
        write!(stream, "telemt\n{UNIT}\n6\n0\n0\n0\n0\n").ok()?;
        Some(stream)
    }

    fn journalctl(&self, args: &[&str]) -> String {
        let output =
            Command::new(self.folder.path().join("journalctl")).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// What the journal has of the unit.
    fn entries(&self) -> Vec<Entry> {
        let all = ["--unit", UNIT, "--output=json", "--all", "--no-pager", "--quiet"];
        self.journalctl(&all).lines().map(entry).collect()
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let socket = self.folder.path().join("socket/stdout");
        drop(fs::remove_file(socket));
        self.child = Self::spawn(self.folder.path()).unwrap();
        self.write_program();
        assert!(self.wait_for_socket(), "journald does not come back");
    }
}

impl Drop for Journald {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The cursor and message of an entry; journalctl orders the fields anew in each run.
type Entry = (String, String);

fn entry(line: &str) -> Entry {
    let Ok(row) = serde_json::from_str::<Value>(line) else { return ("gap".into(), line.into()) };
    let field = |name: &str| row[name].as_str().unwrap_or("not text").to_owned();
    (field("__CURSOR"), field("MESSAGE"))
}

fn lines(folder: &Path) -> Vec<Entry> {
    let out = text(&fs::read(folder.join("out")).unwrap_or_default());
    // The last line may be on its way.
    let whole = out.rfind('\n').map_or("", |end| &out[..end]);
    whole.lines().map(entry).collect()
}

/// Waits until the output ends with the journal's last entry.
fn wait(journald: &Journald) {
    let folder = journald.folder.path();
    let until = Instant::now() + TIMEOUT;
    loop {
        let (entries, out) = (journald.entries(), lines(folder));
        if entries.last().is_some_and(|last| out.last() == Some(last)) {
            return;
        }
        assert!(Instant::now() < until, "{} lines, {} entries", out.len(), entries.len());
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_journal_is_rotated_vacuumed_and_its_daemon_killed() {
    let Some(mut journald) = Journald::start() else { return skip("systemd-journald") };
    let folder = journald.folder.path().to_owned();
    let args = ["--journal", UNIT];
    let mut logs = Logs::start(&args, &folder);
    let mut number = 0;
    for round in 0..6 {
        // As a service writes: through journald's socket, with long lines among them.
        let mut stream = journald.connect().unwrap();
        for _ in 0..300 {
            let rest = if number % 100 == 7 { "x".repeat(20_000) } else { "x".repeat(200) };
            writeln!(stream, "line {number} {rest}").unwrap();
            number += 1;
            if number % 60 == 0 {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        drop(stream);
        match round {
            1 => drop(journald.journalctl(&["--rotate"])),
            2 => {
                wait(&journald);
                journald.kill();
            }
            3 => logs.end_and(|| journald.journalctl(&["--rotate"]), &args, &folder),
            4 => logs.kill_and(|| {}, &args, &folder),
            _ => {}
        }
    }
    wait(&journald);
    let (entries, out) = (journald.entries(), lines(&folder));
    assert!(entries.len() > 1500, "{}", entries.len());
    assert_eq!(out.len(), out.iter().collect::<BTreeSet<_>>().len(), "repeated entries");
    assert!(out == entries, "{} lines of {} entries", out.len(), entries.len());
    let long = out.iter().filter(|(_, text)| text.len() > 20_000).count();
    assert_eq!(long, 18, "long messages are whole");

    // The last entry leaves the journal while nobody follows.
    logs.kill_and(
        || {
            let mut stream = journald.connect().unwrap();
            for _ in 0..100 {
                writeln!(stream, "line {number} {}", "x".repeat(200)).unwrap();
                number += 1;
            }
            drop(stream);
            std::thread::sleep(Duration::from_millis(500));
            journald.journalctl(&["--rotate"]);
            journald.journalctl(&["--vacuum-files=1", "--quiet"]);
            let mut stream = journald.connect().unwrap();
            writeln!(stream, "the first one after").unwrap();
        },
        &args,
        &folder,
    );
    wait(&journald);
    logs.end();
    let all = lines(&folder);
    let (gaps, rest): (Vec<_>, Vec<_>) =
        all[out.len()..].iter().partition(|(cursor, _)| cursor == "gap");
    assert!(gaps.len() == 1 && gaps[0].1.contains("mtp-logs found a gap"), "{gaps:?}");
    let whole: BTreeSet<_> = journald.entries().into_iter().collect();
    assert!(rest.iter().all(|line| whole.contains(*line)), "{rest:?}");
    assert!(rest.len() < 101, "some are gone");
    let rows = text(&run("mtp-parse", &[], format!("{}\n", gaps[0].1).as_bytes()).stdout);
    check_schema(&rows);
    assert!(rows.starts_with("{\"type\":\"note\""), "{rows}");
}
