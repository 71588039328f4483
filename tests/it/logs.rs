//! `mtp-logs` on files that are rotated, containers that are restarted and recreated, and a journal:
//! every line once, across runs that end and runs that are killed.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::harness::{check_schema, run, skip, text, tool};
use crate::live::engine::{Engine, docker, image, succeeds};

/// How long lines may take on a busy machine.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A running mtp-logs whose lines are appended to a file; killed on drop.
pub(crate) struct Logs(Child);

impl Logs {
    pub(crate) fn start(args: &[&str], folder: &Path) -> Self {
        let append =
            |name: &str| File::options().create(true).append(true).open(folder.join(name)).unwrap();
        let mut command = tool("mtp-logs");
        let state = folder.join("state").display().to_string();
        command.args(["--state", &state]).args(args).stdin(Stdio::null());
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
        command.env("PATH", path).stdout(append("out")).stderr(append("err"));
        Self(command.spawn().unwrap())
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }

    /// Ends it with SIGTERM.
    pub(crate) fn end(mut self) {
        self.signal(Signal::TERM);
        assert_eq!(self.0.wait().unwrap().code(), Some(0));
    }

    /// Ends it, and starts it again after something else.
    pub(crate) fn end_and<T>(&mut self, then: impl FnOnce() -> T, args: &[&str], folder: &Path) {
        self.signal(Signal::TERM);
        assert_eq!(self.0.wait().unwrap().code(), Some(0));
        then();
        *self = Self::start(args, folder);
    }

    /// The same with SIGKILL.
    pub(crate) fn kill_and<T>(&mut self, then: impl FnOnce() -> T, args: &[&str], folder: &Path) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
        then();
        *self = Self::start(args, folder);
    }
}

impl Drop for Logs {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Waits until the output has as many lines.
pub(crate) fn wait_for_lines(folder: &Path, count: usize) -> Vec<String> {
    let until = Instant::now() + TIMEOUT;
    loop {
        let out = text(&fs::read(folder.join("out")).unwrap_or_default());
        let lines: Vec<_> = out.lines().map(str::to_owned).collect();
        if lines.len() >= count && out.ends_with('\n') {
            return lines;
        }
        assert!(Instant::now() < until, "{} of {count} lines", lines.len());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Appends numbered lines.
pub(crate) fn write_lines(file: &mut File, numbers: std::ops::Range<usize>) {
    for number in numbers {
        writeln!(file, "line {number}").unwrap();
    }
}

pub(crate) fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("line {number}")).collect()
}

#[test]
fn a_file_is_renamed_truncated_and_followed_across_runs() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, path) = (folder.path(), folder.path().join("log"));
    let append = || File::options().create(true).append(true).open(&path).unwrap();
    let args = ["--file", &path.display().to_string()];
    let logs = Logs::start(&args, dir);
    let mut file = append();
    write_lines(&mut file, 0..1000);
    wait_for_lines(dir, 1000);
    // Renamed, while the writer still has it open.
    fs::rename(&path, dir.join("log.1")).unwrap();
    write_lines(&mut file, 1000..1500);
    write_lines(&mut append(), 1500..2000);
    wait_for_lines(dir, 2000);
    logs.end();
    // Twice renamed while nobody follows.
    write_lines(&mut append(), 2000..2100);
    fs::rename(&path, dir.join("log.2")).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    write_lines(&mut append(), 2100..2200);
    fs::rename(&path, dir.join("log.3")).unwrap();
    write_lines(&mut append(), 2200..2300);
    let logs = Logs::start(&args, dir);
    wait_for_lines(dir, 2300);
    drop(logs); // killed
    // Copied and truncated while nobody follows and while somebody does.
    write_lines(&mut append(), 2300..2400);
    let logs = Logs::start(&args, dir);
    wait_for_lines(dir, 2400);
    fs::copy(&path, dir.join("log.4")).unwrap();
    append().set_len(0).unwrap();
    write_lines(&mut append(), 2400..2500);
    assert_eq!(wait_for_lines(dir, 2500), numbered(2500));
    logs.end();
}

/// Without a copy, lines may be missing: a note is written.
#[test]
fn a_gap_becomes_a_note() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, path) = (folder.path(), folder.path().join("log"));
    fs::write(&path, "line 0\nline 1\n").unwrap();
    let args = ["--file", &path.display().to_string()];
    let logs = Logs::start(&args, dir);
    wait_for_lines(dir, 2);
    fs::write(&path, "line 2\n").unwrap();
    let lines = wait_for_lines(dir, 4);
    assert!(lines[2].starts_with("mtp-logs found a gap: ") && lines[3] == "line 2", "{lines:?}");
    logs.end();
    let framed = format!("px-1  | 2026-11-23T15:40:35.158000000Z {}\n", lines[2]);
    for (input, time) in [(framed, "\"2026-11-23T15:40:35.158Z\""), (lines[2].clone(), "\"20")] {
        let rows = text(&run("mtp-parse", &[], input.as_bytes()).stdout);
        check_schema(&rows);
        let row = rows.lines().next().unwrap();
        let is_note = row.starts_with(&format!("{{\"type\":\"note\",\"ts\":{time}"));
        assert!(is_note && row.contains("lines may be missing"), "{rows}");
    }
}

#[test]
fn a_damaged_state_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    fs::write(&state, "{\"version\":1,").unwrap();
    let state = state.display().to_string();
    let output = run("mtp-logs", &["--file", "x", "--state", &state], b"");
    let stderr = text(&output.stderr);
    assert_eq!((output.status.code(), stderr.lines().count()), (Some(1), 1), "{stderr}");
    assert!(stderr.contains("invalid state file"), "{stderr}");
    assert_eq!(fs::read_to_string(&state).unwrap(), "{\"version\":1,");
}

#[test]
fn a_state_in_use_is_refused_with_its_process() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, path) = (folder.path(), folder.path().join("log"));
    fs::write(&path, "line 0\n").unwrap();
    let args = ["--file", &path.display().to_string()];
    let logs = Logs::start(&args, dir);
    wait_for_lines(dir, 1);
    let state = dir.join("state").display().to_string();
    let output = run("mtp-logs", &[&args[..], &["--state", &state]].concat(), b"");
    let want = format!("in use by process {}", logs.0.id());
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains(&want), "{}", text(&output.stderr));
    logs.end();
    assert!(!dir.join("state.lock").exists());
}

/// Positions that cannot be saved do not end the lines, and are saved once they can be.
#[test]
fn a_failed_save_is_reported_and_the_lines_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, path) = (folder.path(), folder.path().join("log"));
    let inside = dir.join("inside");
    fs::create_dir(&inside).unwrap();
    let state = inside.join("state");
    let mut file = File::create(&path).unwrap();
    let output = |name| File::create(dir.join(name)).unwrap();
    let mut logs = Logs(
        tool("mtp-logs")
            .args(["--file", &path.display().to_string(), "--state", &state.display().to_string()])
            .stdin(Stdio::null())
            .stdout(output("out"))
            .stderr(output("err"))
            .spawn()
            .unwrap(),
    );
    write_lines(&mut file, 0..10);
    wait_for_lines(dir, 10);
    while fs::remove_dir_all(&inside).is_err() {}
    write_lines(&mut file, 10..20);
    wait_for_lines(dir, 20);
    let reported = || text(&fs::read(dir.join("err")).unwrap());
    let wait = |what: &str| {
        let until = Instant::now() + TIMEOUT;
        while !reported().contains(what) {
            assert!(Instant::now() < until, "{}", reported());
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    wait("positions are kept in memory");
    assert_eq!(logs.0.try_wait().unwrap(), None);
    fs::create_dir(&inside).unwrap();
    write_lines(&mut file, 20..30);
    wait("saved again");
    assert_eq!(wait_for_lines(dir, 30), numbered(30));
    logs.end();
    assert_eq!(reported().lines().count(), 2, "{}", reported());
    assert!(fs::read_to_string(state).unwrap().contains("\"offset\""));
}

/// A program in the place of journalctl: entries from a cursor on, then a wait.
const JOURNALCTL: &str = r#"#!/bin/sh
from=1
for word; do case $word in --cursor=c*) from=${word#--cursor=c};; esac; done
i=$from
while [ $i -le $((from + 9)) ]; do echo "{\"__CURSOR\":\"c$i\",\"MESSAGE\":\"line $i\"}"; i=$((i + 1)); done
exec sleep 1
"#;

#[test]
fn a_journal_continues_after_its_cursor() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("journalctl");
    fs::write(&program, JOURNALCTL).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let logs = Logs::start(&["--journal", "telemt"], folder.path());
    wait_for_lines(folder.path(), 10);
    logs.end();
    let logs = Logs::start(&["--journal", "telemt"], folder.path());
    // The program ends after a second and is started again.
    let lines = wait_for_lines(folder.path(), 30);
    logs.end();
    for (n, line) in (1..).zip(&lines) {
        assert_eq!(*line, format!("{{\"__CURSOR\":\"c{n}\",\"MESSAGE\":\"line {n}\"}}"));
    }
}

/// Writes numbered lines, and each number to a file after it. Continues where that file ends.
const WRITER: &str = r#"n=$(wc -l < /data/written)
while [ ! -e /data/end ]; do
  i=0
  while [ $i -lt 100 ]; do
    echo "line $n xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    echo >> /data/written
    n=$((n + 1)); i=$((i + 1))
  done
  sleep 0.01
done
"#;

/// A container that is removed at the end.
struct Container(String);

impl Container {
    fn start(&self, data: &Path) {
        let volume = format!("{}:/data", data.display());
        let mut command = docker();
        command.args(["run", "-d", "--name", &self.0, "-v", "/usr:/usr:ro", "-v", &volume]);
        // Rotated every few hundred milliseconds.
        command.args(["--log-opt", "max-size=200k", "--log-opt", "max-file=20"]);
        command.args([image(), "/bin/sh", "/data/writer"]);
        assert!(succeeds(&mut command));
    }

    fn docker(&self, args: &[&str]) {
        assert!(succeeds(docker().args(args).arg(&self.0)), "docker {args:?}");
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        succeeds(docker().args(["rm", "-f", &self.0]));
    }
}

#[test]
fn a_container_is_restarted_and_recreated_while_its_log_is_rotated() {
    let Some(_engine) = Engine::get() else { return skip("a Docker engine") };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("writer"), WRITER).unwrap();
    fs::write(data.join("written"), "").unwrap();
    let container = Container(format!("mtp-logs-{}", std::process::id()));
    let args = ["--container", &container.0];
    let written = || fs::read(data.join("written")).unwrap().len();
    let wait = |more: usize| {
        let (until, goal) = (Instant::now() + TIMEOUT, written() + more);
        while written() < goal {
            assert!(Instant::now() < until, "{} of {goal} lines", written());
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let logs = Logs::start(&args, folder.path());
    container.start(&data);
    wait(4000);
    container.docker(&["restart", "-t", "0"]);
    wait(4000);
    logs.end();
    wait(2000);
    let logs = Logs::start(&args, folder.path());
    wait(4000);
    drop(logs); // killed
    wait(1000);
    let logs = Logs::start(&args, folder.path());
    wait(2000);
    container.docker(&["stop", "-t", "0"]);
    // The rest is read before the log is removed with the container.
    std::thread::sleep(Duration::from_secs(2));
    container.docker(&["rm"]);
    container.start(&data);
    wait(2000);
    fs::write(data.join("end"), "").unwrap();
    let last = format!(" line {} ", {
        std::thread::sleep(Duration::from_secs(1));
        written() - 1
    });
    let until = Instant::now() + TIMEOUT;
    while !text(&fs::read(folder.path().join("out")).unwrap()).contains(&last) {
        assert!(Instant::now() < until, "the last line{last}is missing");
        std::thread::sleep(Duration::from_millis(100));
    }
    logs.end();
    let out = text(&fs::read(folder.path().join("out")).unwrap());
    // By the engine's timestamp a repeated line differs from one that the writer, killed between
    // its two writes, wrote again.
    let lines: Vec<_> = out.lines().collect();
    let distinct: BTreeSet<_> = lines.iter().collect();
    assert_eq!(distinct.len(), lines.len(), "repeated lines");
    let numbers: BTreeSet<usize> = lines
        .iter()
        .filter_map(|line| line.split("Z line ").nth(1)?.split(' ').next()?.parse().ok())
        .collect();
    assert_eq!(numbers, (0..written()).collect(), "missing lines");
    assert!(!out.contains("mtp-logs found a gap"), "a gap");
}
