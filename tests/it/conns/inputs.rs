//! Other inputs: the port of a config.py, events from pipes.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::watching::{Watch, listener, pair};
use crate::harness::{run, text, tool};

#[test]
fn config_gives_the_port() {
    let (listener, port) = listener();
    let held = pair(&listener);
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config.py");
    let file = config.display().to_string();
    fs::write(&config, format!("# PORT = 1\nPORT = {port}\nUSERS = {{}}\n")).unwrap();
    let rows = text(&run("mtp-conns", &["--config", &file], b"").stdout);
    assert!(rows.contains(&format!("\"port\":{port},\"total\":1,")), "{rows}");
    // After the ports of the command line, without repeating one.
    let both = ["--port", "1", "--port", &port, "--config", &file];
    let rows = text(&run("mtp-conns", &both, b"").stdout);
    let has_total: Vec<_> = rows.lines().map(|row| row.contains("\"total\":1,")).collect();
    assert_eq!(has_total, [false, true], "{rows}");
    // mtprotoproxy's default.
    fs::write(&config, "USERS = {}\n").unwrap();
    let rows = text(&run("mtp-conns", &["--config", &file], b"").stdout);
    assert!(rows.contains("\"port\":3256,"), "{rows}");
    for (source, what) in [("PORT = int('1')\n", "PORT is computed"), ("PORT = (\n", "config.py")] {
        fs::write(&config, source).unwrap();
        let output = run("mtp-conns", &["--config", &file], b"");
        let stderr = text(&output.stderr);
        assert!(stderr.lines().count() == 1 && stderr.contains(what), "{source}: {stderr}");
        assert!(output.stdout.is_empty() && !output.status.success());
    }
    drop(held);
}

/// A row of mtp-parse: somebody's connection.
fn connect(stream: &TcpStream, user: &str) -> String {
    let port = stream.local_addr().unwrap().port();
    format!(
        "{{\"type\":\"connect\",\"ts\":\"2026-11-23T15:40:35Z\",\"user\":\"{user}\",\
         \"ip\":\"127.0.0.1\",\"port\":{port},\"proxy\":\"access\"}}\n"
    )
}

/// Names come through the pipe while samples are taken, and samples go on when it has ended.
fn names_come(
    listener: &TcpListener,
    mut watch: Watch,
    mut pipe: impl Write,
    more: impl Fn(&TcpStream),
    is_enough: impl Fn(&str) -> bool,
) {
    let first = pair(listener);
    watch.row_where(|row| row.contains("\"total\":1,"));
    pipe.write_all(connect(&first.0, "alice").as_bytes()).unwrap();
    pipe.flush().unwrap();
    watch.row_where(|row| row.contains("\"user\":\"alice\""));
    drop(pipe);
    let second = pair(listener);
    let row = watch.row_where(|row| row.contains("\"total\":2,"));
    assert!(row.contains("\"user\":\"alice\""), "{row}");
    more(&second.0);
    let before = watch.processor_time();
    watch.row_where(|row| row.contains("\"total\":2,") && is_enough(row));
    // A pipe without a writer is always ready: that must keep nobody busy.
    std::thread::sleep(Duration::from_secs(1));
    let spent = watch.processor_time().saturating_sub(before);
    assert!(spent < Duration::from_millis(500), "{spent:?} of processor time in a second");
    assert_eq!(watch.interrupted(), (Some(0), String::new()));
    drop((first, second));
}

#[test]
fn events_from_a_named_pipe() {
    let (listener, port) = listener();
    let dir = tempfile::tempdir().unwrap();
    let fifo = dir.path().join("events");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let file = fifo.display().to_string();
    let watch = Watch::start(&["--port", &port, "--interval", "0.2", "--events", &file]);
    let pipe = fs::OpenOptions::new().write(true).open(&fifo).unwrap();
    // Another writer comes later.
    let more = |stream: &TcpStream| {
        let mut pipe = fs::OpenOptions::new().write(true).open(&fifo).unwrap();
        pipe.write_all(connect(stream, "bob").as_bytes()).unwrap();
    };
    names_come(&listener, watch, pipe, more, |row| row.contains("\"bob\""));
}

#[test]
fn events_from_standard_input() {
    let (listener, port) = listener();
    let (read, write) = std::io::pipe().unwrap();
    let mut command = tool("mtp-conns");
    command.args(["--port", &port, "--interval", "0.2", "--events", "-"]).stdin(read);
    let watch = Watch::of(command);
    names_come(&listener, watch, write, |_| {}, |_| true);
}

/// What reads the samples has each as soon as it is taken, and may leave.
#[test]
fn a_reader_gets_each_sample_at_once_and_may_leave() {
    let (_listener, port) = listener();
    let script = "\"$0\" --port \"$1\" --interval 0.2 | \
                  for n in 1 2 3; do read -r row; echo \"$row\"; done";
    let mut child = Command::new("bash")
        .args(["-c", script, env!("CARGO_BIN_EXE_mtp-conns"), &port])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let began = std::time::Instant::now();
    let mut times = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        assert!(line.unwrap().starts_with("{\"type\":\"sample\""));
        times.push(began.elapsed().as_millis());
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(times.len(), 3);
    // Not all together, when a buffer was full or the program had ended.
    assert!(times[2] - times[0] >= 200, "{times:?}");
}
