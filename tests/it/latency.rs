//! A row follows its line at once, and an alert the row that completes it. The bounds are those of a
//! busy machine and a slow build: what they find is output that waits for a time or for more input.
//! `benches/latency.py` measures.

use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout};
use std::time::{Duration, Instant};

use crate::harness::{spawn_piped, tool};

/// The median of times must be below.
const MEDIAN_MAX: Duration = Duration::from_millis(50);
const TIMES: u32 = 60;

/// How long after a line a row came, the median of several times.
fn median(
    stdin: &mut ChildStdin,
    rows: &mut BufReader<ChildStdout>,
    input: impl Fn(u32) -> String,
) -> Duration {
    let mut times = Vec::new();
    for n in 0..TIMES {
        let text = input(n);
        let begin = Instant::now();
        stdin.write_all(text.as_bytes()).unwrap();
        let mut row = String::new();
        rows.read_line(&mut row).unwrap();
        times.push(begin.elapsed());
        assert!(row.contains(&format!("\"u{n}\"")), "{n}: {row}");
        // The next line comes when the input was idle.
        std::thread::sleep(Duration::from_millis(2));
    }
    times.sort_unstable();
    times[times.len() / 2]
}

#[test]
fn a_row_follows_its_line() {
    let (mut child, mut stdin) = spawn_piped("mtp-parse", &[]);
    let mut rows = BufReader::new(child.stdout.take().unwrap());
    let took = median(&mut stdin, &mut rows, |n| {
        format!(
            "mtp-access ts=2026-11-23T15:40:35.158Z ev=connect id=a-{n} user=\"u{n}\" \
             ip=203.0.113.7 port=443 mode=tls dc=2\n"
        )
    });
    drop(stdin);
    assert!(child.wait().unwrap().success());
    assert!(took < MEDIAN_MAX, "{took:?}");
}

#[test]
fn an_alert_follows_the_row_that_completes_it() {
    let args = ["--format", "json", "--alert-on", "risk"];
    let (mut child, mut stdin) = spawn_piped("mtp-score", &args);
    let mut alerts = BufReader::new(child.stdout.take().unwrap());
    // Two addresses at once make the risk of a user medium or high.
    let took = median(&mut stdin, &mut alerts, |n| {
        let row = |at: u32| {
            format!(
                "{{\"type\":\"connect\",\"ts\":\"2026-11-23T15:40:35.158Z\",\"user\":\"u{n}\",\
                 \"ip\":\"203.{at}.113.7\",\"port\":443,\"id\":\"{n}-{at}\",\"proxy\":\"access\"}}\n"
            )
        };
        (0..12).map(row).collect()
    });
    drop(alerts);
    drop(stdin);
    drop(child.wait());
    assert!(took < MEDIAN_MAX, "{took:?}");
}

#[test]
fn a_short_file_is_read_at_once() {
    let log = b"mtp-access ts=2026-11-23T15:40:35.158Z ev=start boot=ebf4a3 pid=25704\n";
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), log).unwrap();
    let once = || {
        let begin = Instant::now();
        assert!(tool("mtp-parse").arg(file.path()).output().unwrap().status.success());
        begin.elapsed()
    };
    let least = (0..10).map(|_| once()).min().unwrap();
    assert!(least < Duration::from_millis(200), "{least:?}");
}
