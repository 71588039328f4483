//! Signals: a stream ends in order on SIGHUP, SIGINT and SIGTERM, whatever its input does.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::harness::{text, tool};

const ROW: &str = "mtp-access ts=2026-11-23T15:40:40.158Z ev=connect id=ebf4a3-1 user=\"alice\" \
                   ip=203.0.113.7 port=35441 mode=tls dc=2";

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// The status, within some seconds: the machine may be busy.
fn status(child: &mut Child) -> Option<ExitStatus> {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(20) {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    None
}

#[test]
fn a_stream_ends_in_order() {
    for of in [Signal::HUP, Signal::INT, Signal::TERM] {
        // Tests started by nohup inherit an ignored SIGHUP, which the tools leave ignored.
        let mut child = Command::new("env")
            .arg("--default-signal=HUP")
            .arg(tool("mtp-parse").get_program())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut rows = BufReader::new(child.stdout.take().unwrap());
        writeln!(stdin, "{ROW}").unwrap();
        let mut row = String::new();
        rows.read_line(&mut row).unwrap();
        signal(&child, of);
        let mut rest = Vec::new();
        rows.read_to_end(&mut rest).unwrap();
        assert!(row.contains("\"user\":\"alice\""), "{of:?}: {row}");
        assert!(text(&rest).starts_with("{\"type\":\"meta\""), "{of:?}: {}", text(&rest));
        assert!(status(&mut child).is_some_and(|status| status.success()), "{of:?}");
    }
}

/// A pipe that nobody writes to is waited for; a signal ends the wait.
#[test]
fn a_pipe_without_a_writer_does_not_hold_a_signal_up() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let mut child = tool("mtp-parse")
        .arg(&pipe)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut rows = BufReader::new(child.stdout.take().unwrap());
    // Once a writer has come and gone, the stream is at its end.
    let mut writer = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    writeln!(writer, "{ROW}").unwrap();
    let mut row = String::new();
    rows.read_line(&mut row).unwrap();
    assert!(row.contains("\"user\":\"alice\""), "{row}");
    signal(&child, Signal::TERM);
    assert!(status(&mut child).is_some_and(|status| status.success()));
    let mut waiting = tool("mtp-parse")
        .arg(&pipe)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(waiting.try_wait().unwrap(), None, "it waits for a writer");
    signal(&waiting, Signal::TERM);
    assert!(status(&mut waiting).is_some_and(|status| status.success()));
}

/// One read brings many lines that take long together: the signal is heeded between two of them, and
/// soon even where each is long and of what parsers search longest.
#[test]
fn a_signal_is_heeded_within_busy_lines() {
    let names: Vec<_> = (0..250).map(|n| format!("p{n}-1")).collect();
    let head = format!("Attaching to {}\n", names.join(", "));
    let pieces =
        ["secret_", "p7-1  | ", "{\"log\":\"", "user=", "mtp-access ts=", "\u{1b}[0m", "| "];
    for piece in pieces {
        let line = format!("{}\n", piece.repeat(100_000 / piece.len()));
        let mut child = tool("mtp-parse")
            .args(["--rejects", "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let head = head.clone();
        let writer = std::thread::spawn(move || {
            let mut lines = 0_u32;
            drop(stdin.write_all(head.as_bytes()));
            while lines < 20_000 && stdin.write_all(line.as_bytes()).is_ok() {
                lines += 1;
            }
        });
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(child.try_wait().unwrap(), None, "it reads lines of {piece:?}");
        signal(&child, Signal::TERM);
        assert!(status(&mut child).is_some_and(|status| status.success()), "{piece:?}");
        writer.join().unwrap();
    }
}
