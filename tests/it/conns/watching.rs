//! Samples over time: written at once, changes, users, the end on a signal.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::clients::counts;
use crate::harness::{check_schema, run, text, tool};

/// A running mtp-conns, killed on drop.
pub(super) struct Watch {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Watch {
    pub(super) fn start(args: &[&str]) -> Self {
        let mut command = tool("mtp-conns");
        command.args(args);
        Self::of(command)
    }

    pub(super) fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// Waits for the next row.
    pub(super) fn row(&mut self) -> String {
        let mut row = String::new();
        self.lines.read_line(&mut row).unwrap();
        check_schema(&row);
        row
    }

    /// Waits for a row that matches; panics after 20 s.
    pub(super) fn row_where(&mut self, matches: impl Fn(&str) -> bool) -> String {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let row = self.row();
            if matches(&row) {
                return row;
            }
            assert!(!row.is_empty() && Instant::now() < until, "not until now: {row}");
        }
    }

    /// The processor time it has used, to 10 ms.
    pub(super) fn processor_time(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let after_name = stat.rsplit(')').next().unwrap();
        let ticks = after_name.split_whitespace().skip(11).take(2);
        Duration::from_millis(ticks.map(|ticks| ticks.parse::<u64>().unwrap() * 10).sum())
    }

    pub(super) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// Interrupts it; returns its status and stderr without the lines on skipped samples.
    pub(super) fn interrupted(mut self) -> (Option<i32>, String) {
        self.signal(Signal::INT);
        let mut stderr = String::new();
        let status = self.child.wait().unwrap().code();
        std::io::Read::read_to_string(self.child.stderr.as_mut().unwrap(), &mut stderr).unwrap();
        let lines = stderr.split_inclusive('\n').filter(|line| !line.contains("skipped"));
        (status, lines.collect())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub(super) fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    (listener, port)
}

pub(super) fn pair(listener: &TcpListener) -> (TcpStream, TcpStream) {
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (client, listener.accept().unwrap().0)
}

#[test]
fn each_sample_is_written_at_once() {
    let (listener, port) = listener();
    let began = Instant::now();
    let mut watch = Watch::start(&["--port", &port, "--interval", "0.3"]);
    assert!(watch.row().contains("\"total\":0,"));
    let held = pair(&listener);
    let row = watch.row_where(|row| row.contains("\"total\":1,"));
    assert!(row.contains("\"ip\":\"127.0.0.1\",\"connections\":1,\"since\":"), "{row}");
    drop(held);
    watch.row_where(|row| row.contains("\"total\":0,"));
    assert!(began.elapsed() >= Duration::from_millis(600));
    let (status, stderr) = watch.interrupted();
    assert_eq!((status, stderr.as_str()), (Some(0), ""));
}

#[test]
fn samples_missed_in_a_pause_are_skipped() {
    let (_listener, port) = listener();
    let mut watch = Watch::start(&["--port", &port, "--interval", "0.2"]);
    watch.row();
    watch.signal(Signal::STOP);
    std::thread::sleep(Duration::from_millis(1500));
    watch.signal(Signal::CONT);
    let began = Instant::now();
    for _ in 0..5 {
        watch.row();
    }
    // A burst of what was missed would be over at once.
    assert!(began.elapsed() >= Duration::from_millis(600), "{:?}", began.elapsed());
    assert_eq!(watch.interrupted(), (Some(0), String::new()));
}

#[test]
fn opened_and_closed_connections() {
    let (listener, port) = listener();
    let before = pair(&listener);
    for via in ["netlink", "proc"] {
        let flags = ["--port", &port, "--interval", "0.2", "--changes", "--via", via];
        let mut watch = Watch::start(&flags);
        // Connections of the first sample are not changes: open one after another until a row comes.
        let is_seen = std::sync::atomic::AtomicBool::new(false);
        let (row, held) = std::thread::scope(|scope| {
            let opening = scope.spawn(|| {
                let mut held = Vec::new();
                while !is_seen.load(std::sync::atomic::Ordering::Relaxed) && held.len() < 200 {
                    held.push(pair(&listener));
                    std::thread::sleep(Duration::from_millis(100));
                }
                held
            });
            let row = watch.row();
            is_seen.store(true, std::sync::atomic::Ordering::Relaxed);
            (row, opening.join().unwrap())
        });
        let opened: serde_json::Value = serde_json::from_str(&row).unwrap();
        assert!(opened["type"] == "opened" && opened["ip"] == "127.0.0.1", "{row}");
        let ports = held.iter().map(|(client, _)| client.local_addr().unwrap().port());
        assert!(ports.into_iter().any(|port| opened["port"] == port), "{row}");
        drop(held);
        let row = watch.row_where(|row| row.contains("\"type\":\"closed\""));
        let closed: serde_json::Value = serde_json::from_str(&row).unwrap();
        assert_eq!(closed["local_port"].to_string(), port);
        assert!(closed["age_seconds"].as_f64().is_some(), "{row}");
        assert_eq!(watch.interrupted(), (Some(0), String::new()));
    }
    drop(before);
}

#[test]
fn sockets_have_measurements() {
    let (listener, port) = listener();
    let (mut client, mut server) = pair(&listener);
    client.write_all(&[1; 1000]).unwrap();
    std::io::Read::read_exact(&mut server, &mut [0; 1000]).unwrap();
    server.write_all(&[1; 3000]).unwrap();
    std::io::Read::read_exact(&mut client, &mut [0; 3000]).unwrap();
    std::thread::sleep(Duration::from_millis(150));
    let output = run("mtp-conns", &["--port", &port, "--sockets"], b"");
    let rows = text(&output.stdout);
    check_schema(&rows);
    let rows: Vec<serde_json::Value> =
        rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    let [sample, socket] = rows.as_slice() else { panic!("{rows:?}") };
    for row in [socket, &sample["by_ip"][0]] {
        assert_eq!((&row["bytes_up"], &row["bytes_down"]), (&1000.into(), &3000.into()), "{row}");
        assert!(row["rtt_ms"].as_f64().unwrap() > 0.0 && row["idle_seconds"].as_f64() >= Some(0.1));
    }
    assert!(socket["age_seconds"].as_f64() >= Some(0.1), "{socket}");
    assert_eq!(socket["port"], client.local_addr().unwrap().port());
}

#[test]
fn events_assign_users() {
    let (listener, port) = listener();
    let dir = tempfile::tempdir().unwrap();
    let events = dir.path().join("events");
    let connect = |stream: &TcpStream, user: &str| {
        let port = stream.local_addr().unwrap().port();
        format!(
            "{{\"type\":\"connect\",\"ts\":\"2026-11-23T15:40:35Z\",\"user\":\"{user}\",\
             \"ip\":\"127.0.0.1\",\"port\":{port},\"proxy\":\"access\"}}\n"
        )
    };
    let (first, second) = (pair(&listener), pair(&listener));
    fs::write(&events, connect(&first.0, "alice")).unwrap();
    let file = events.display().to_string();
    let flags = ["--port", &port, "--interval", "0.2", "--events", &file];
    let mut watch = Watch::start(&flags);
    watch.row_where(|row| row.contains("\"connections\":2,") && row.contains("\"user\":\"alice\""));
    let mut more = fs::OpenOptions::new().append(true).open(&events).unwrap();
    more.write_all(connect(&second.0, "max power").as_bytes()).unwrap();
    let row = watch.row_where(|row| row.contains("\"users\":["));
    assert!(row.contains("alice") && row.contains("max power"), "{row}");
    assert_eq!(watch.interrupted(), (Some(0), String::new()));
    let output = run("mtp-conns", &["--port", &port, "--sockets", "--events", &file], b"");
    let rows = text(&output.stdout);
    let matchescket = |row: &&str| row.contains("\"socket\"");
    let of = |user: &str| rows.lines().filter(matchescket).filter(|row| row.contains(user)).count();
    assert_eq!((of("alice"), of("max power")), (1, 1), "{rows}");
}

#[test]
fn text_has_the_lines_of_the_script() {
    let (listener, port) = listener();
    let held: Vec<_> = (0..10).map(|_| pair(&listener)).collect();
    let output = run("mtp-conns", &["--port", &port, "--warn", "2", "--format", "text"], b"");
    let out = text(&output.stdout);
    let mut lines = out.lines();
    assert!(lines.next().unwrap().starts_with("🔍 MTProxy Monitor - 20"), "{out}");
    for line in ["📊 Total active connections: 10", "👥 Unique users (IPs): 1"] {
        assert!(out.contains(line), "{out}");
    }
    assert!(
        out.contains("\n📋 Connections by IP:\n  ⚠️ 127.0.0.1: 10 connection(s)   rtt "),
        "{out}"
    );
    assert!(out.contains("127.0.0.1: 10 connections at once"), "{out}");
    let row = text(&run("mtp-conns", &["--port", &port], b"").stdout);
    let output = run("mtp-conns", &["--port", &port, "--format", "text", "--warn", "11"], b"");
    assert!(text(&output.stdout).contains("  ✅ 127.0.0.1: 10 connection(s)"));
    assert_eq!(counts(&row).values().sum::<u64>(), 10);
    assert!(row.contains("\"reason\":\"multiple_connections\",\"connections\":10,"), "{row}");
    drop(held);
}
