//! Bytes that a client or a neighbouring container controls: the events with a user are the same with
//! and without them, whatever they are.

use mtp::io::reporter::Reporter;
use mtp::timestamp::{LocalTimeResolver, Zone};
use mtp::tool::parse::{CLI, ParseFilter};
use serde_json::Value;

use super::capture::{options, rows, written};

/// Hostile lines in a stream: fewer than are needed to make a source that of a proxy.
const HOSTILE_MAX: usize = 16;
/// Separates hostile lines in the fuzzer's bytes.
const SEPARATOR: u8 = 0;

/// What an engine or a collector puts around a line of a named source.
type FrameLine = fn(name: &str, line: &[u8]) -> Vec<u8>;

fn framed(head: &str, line: &[u8]) -> Vec<u8> {
    [head.as_bytes(), line, b"\n"].concat()
}

fn quoted(line: &[u8]) -> String {
    serde_json::to_string(&String::from_utf8_lossy(line)).expect("a string")
}

const TIME: &str = "2026-11-23T15:41:40.324509072Z";

/// Those that name their source before any text of it. In a unit's line another prefix may stand
/// (`docker compose up` as a service), and stern's names are learnt.
pub(crate) const FRAMES: &[FrameLine] = &[
    |name, line| framed(&format!("{name}  | "), line),
    |name, line| framed(&format!("{name}  | {TIME} "), line),
    |name, line| framed(&format!("\x1b[36m{name}  |\x1b[0m "), line),
    |name, line| framed(&format!("[pod/{name}/main] "), line),
    |name, line| framed(&format!("[pod/{name}/main] {TIME} "), line),
    |name, line| framed(&format!("{name}.1.mwsnmqyifo5g@node1    | "), line),
    |name, line| framed(&format!("[{name}]  | "), line),
    |name, line| framed(&format!("7|{name}  | "), line),
    |name, line| {
        let line = quoted(line);
        let pod = format!("\"podName\":\"{name}-6d5f7c9b4-x2x7p\",\"containerName\":\"main\"");
        framed(
            "",
            format!("{{\"message\":{line},\"nodeName\":\"n\",\"namespace\":\"d\",{pod}}}")
                .as_bytes(),
        )
    },
];

/// What a program puts around text of a client.
type QuoteText = fn(text: &[u8]) -> Vec<u8>;

const QUOTES: &[QuoteText] = &[
    // A neighbour, every byte of its lines.
    |text| text.to_vec(),
    |text| {
        let head = "203.0.113.99 - - [20/Nov/2026:00:00:00 +0000] \"GET /";
        [head.as_bytes(), text, b" HTTP/1.1\" 200 615 \"-\" \"-\""].concat()
    },
    |text| [b"{\"level\":\"info\",\"msg\":", quoted(text).as_bytes(), b"}"].concat(),
    |text| [b"level=warn path=", text, b" status=404"].concat(),
];

/// The lines of an honest proxy.
const HONEST: &[&str] = &[
    "mtp-access ts=2026-11-23T15:40:35.158Z ev=start boot=ebf4a3 pid=7",
    "mtp-access ts=2026-11-23T15:40:36.158Z ev=connect id=ebf4a3-1 user=\"alice\" ip=203.0.113.7 \
     port=35441 mode=tls dc=2",
    "mtp-access ts=2026-11-23T15:40:37.158Z ev=connect id=ebf4a3-2 user=\"bob\" ip=203.0.113.8 \
     port=35442 mode=tls dc=2",
    "mtp-access ts=2026-11-23T15:41:12.020Z ev=disconnect id=ebf4a3-1 user=\"alice\" \
     ip=203.0.113.7 port=35441 mode=tls secs=36.862 up=5120 down=91022 end=closed",
];

/// The first two bytes select framing and program, the rest are hostile lines.
pub(crate) fn check(bytes: &[u8]) {
    let Some(([frame, quote], text)) = bytes.split_first_chunk() else { return };
    let frame = FRAMES[usize::from(*frame) % FRAMES.len()];
    let quote = QUOTES[usize::from(*quote) % QUOTES.len()];
    let hostile: Vec<_> = text.split(|byte| *byte == SEPARATOR).take(HOSTILE_MAX).collect();
    let mut log = Vec::new();
    for n in 0..25 {
        log.extend(frame("nginx-1", format!("worker process {n} started").as_bytes()));
    }
    let begin = log.len();
    let mut honest = HONEST.iter();
    let mut with_hostile = log.clone();
    for place in 0..hostile.len().max(HONEST.len()) {
        if let Some(line) = honest.next() {
            log.extend(frame("px-1", line.as_bytes()));
            with_hostile.extend(frame("px-1", line.as_bytes()));
        }
        if let Some(text) = hostile.get(place) {
            let line: Vec<u8> = quote(text).into_iter().filter(|byte| *byte != b'\n').collect();
            with_hostile.extend(frame("nginx-1", &line));
        }
    }
    let (want, have) = (events(&log), events(&with_hostile));
    assert!(!want.is_empty());
    if want != have {
        let log = String::from_utf8_lossy(&with_hostile[begin..]);
        let new = have.iter().find(|row| !want.contains(row));
        let lost = want.iter().find(|row| !have.contains(row));
        panic!("added {new:?}, lost {lost:?}, by\n{log}");
    }
}

/// The events with a user, and those of the proxy's own source.
fn events(log: &[u8]) -> Vec<Value> {
    let (options, format) = options(&CLI, &["--format", "json"]);
    let local_time = LocalTimeResolver::new(Zone::read("UTC").ok(), Some(2026));
    let filter = ParseFilter::new(options, local_time, format, Reporter(""));
    let rows = rows(&written(&mut filter.expect("a filter"), log));
    let is_of_user = |row: &Value| row["user"].is_string() || row["ip"].is_string();
    rows.into_iter().filter(is_of_user).collect()
}
