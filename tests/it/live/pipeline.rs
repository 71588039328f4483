//! `docker compose logs -f | mtp-parse | mtp-score`, with an ear on what leaves each tool.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::harness::tool;

/// Rows, each with the moment it was seen, in nanoseconds since 1970.
type Rows = Arc<Mutex<Vec<(u128, String)>>>;

/// The three programs. Dropping it ends those that still run.
pub(crate) struct Pipeline {
    children: [Child; 3],
    events: Rows,
    scores: Rows,
}

impl Pipeline {
    /// Starts them on what a command prints.
    pub(crate) fn start(logs: &mut Command, score: &[&str]) -> Self {
        let mut logs = logs.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut parse = tool("mtp-parse")
            .stdin(logs.stdout.take().unwrap())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut score = tool("mtp-score")
            .args(score)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let events = read_rows(parse.stdout.take().unwrap(), score.stdin.take());
        let scores = read_rows(score.stdout.take().unwrap(), None);
        Self { children: [logs, parse, score], events, scores }
    }

    /// What left mtp-parse so far.
    pub(crate) fn events(&self) -> Vec<(u128, String)> {
        self.events.lock().unwrap().clone()
    }

    /// What left mtp-score so far.
    pub(crate) fn scores(&self) -> Vec<String> {
        self.scores.lock().unwrap().iter().map(|(_, row)| row.clone()).collect()
    }

    /// Waits until the programs end by themselves; the statuses of mtp-parse and mtp-score.
    pub(crate) fn end(&mut self) -> [Option<i32>; 2] {
        let end = Instant::now() + Duration::from_secs(30);
        while Instant::now() < end && self.children.iter_mut().any(running) {
            thread::sleep(Duration::from_millis(20));
        }
        [1, 2].map(|n| self.children[n].try_wait().unwrap().and_then(|status| status.code()))
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        for child in &mut self.children {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

fn running(child: &mut Child) -> bool {
    child.try_wait().unwrap().is_none()
}

fn read_rows(from: impl Read + Send + 'static, mut to: Option<ChildStdin>) -> Rows {
    let rows = Rows::default();
    let into = Arc::clone(&rows);
    thread::spawn(move || {
        for row in BufReader::new(from).lines().map_while(Result::ok) {
            let seen = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
            if let Some(to) = &mut to {
                drop(writeln!(to, "{row}"));
            }
            into.lock().unwrap().push((seen, row));
        }
    });
    rows
}
