//! The hot paths, each alone: `cargo bench`, or `cargo bench -- decode` for those of this name.

use std::fs;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use mtp::formats::Decoder;
use mtp::frame::{Deframed, Deframer, Message};
use mtp::score::{ConnectEvent, Policy, Rule, ScoreState, WindowConfig};
use mtp::sharing::{AccountActivity, Network, Prefixes, estimate, group_networks};
use mtp::sockets::{Address, ConnectionTracker, PortSnapshot, Prefix, Socket, State};
use mtp::stream::Event;
use mtp::timestamp::{LocalTimeResolver, Timestamp, Zone};

fn main() {
    divan::main();
}

/// Bytes of log that a benchmark reads.
const SIZE: usize = 1 << 20;
const BEGIN: i64 = 1_795_448_472_020;

/// A log of the fixtures, repeated.
fn log(path: &Path) -> Vec<u8> {
    let text = fs::read(path).unwrap_or_default();
    text.repeat(SIZE / text.len().max(1) + 1)
}

fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(folder)
}

fn resolver() -> LocalTimeResolver {
    LocalTimeResolver::new(Zone::read("UTC").ok(), Some(2026))
}

fn lines(log: &[u8]) -> impl Iterator<Item = &[u8]> {
    log.split(|byte| *byte == b'\n')
}

#[divan::bench(args = ["compose.v2", "json-file", "journal-json", "short-iso", "rfc5424", "cri"])]
fn deframe(bencher: Bencher<'_, '_>, name: &str) {
    let log = log(&fixtures("frames").join(name).with_extension("log"));
    bencher.counter(BytesCount::of_slice(&log)).bench(|| {
        let mut deframer = Deframer::new(resolver());
        let mut count = 0_u64;
        for line in lines(&log) {
            let counted = deframer.read(line, Timestamp(0), &mut |deframed| {
                count += u64::from(matches!(deframed, Deframed::Message(_)));
                Ok(())
            });
            drop(counted);
        }
        count
    });
}

#[divan::bench(args = [
    "access/recorded", "telemt/debug", "telemt/info", "teleproxy/tls", "mtg/v2", "seriyps/recorded", "zig/recorded",
    "mtproxy/recorded", "mtprotoproxy/recorded",
])]
fn decode(bencher: Bencher<'_, '_>, name: &str) {
    let log = log(&fixtures("dialects").join(name).with_extension("log"));
    bencher.counter(BytesCount::of_slice(&log)).bench(|| {
        let mut decoder = Decoder::new(resolver());
        let mut rows = Vec::with_capacity(2 * SIZE);
        for text in lines(&log) {
            let message = Message { text, ts: None, source: None, frame: "none", inner: None };
            let outcome = decoder.decode(&message, Timestamp(0), &mut |event| {
                event.write(&mut rows);
                Ok(())
            });
            drop(black_box(outcome));
        }
        rows
    });
}

/// The events of the recorded access log as rows.
fn rows() -> Vec<u8> {
    let log = log(&fixtures("dialects/access/recorded.log"));
    let mut decoder = Decoder::new(resolver());
    let mut rows = Vec::new();
    for text in lines(&log) {
        let message = Message { text, ts: None, source: None, frame: "none", inner: None };
        let outcome = decoder.decode(&message, Timestamp(0), &mut |event| {
            event.write(&mut rows);
            Ok(())
        });
        drop(outcome);
    }
    rows
}

#[divan::bench]
fn read_rows(bencher: Bencher<'_, '_>) {
    let rows = rows();
    bencher
        .counter(BytesCount::of_slice(&rows))
        .bench(|| lines(&rows).filter_map(|row| black_box(Event::read(row))).count());
}

fn address(n: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from(0x5a00_0000 + n.wrapping_mul(2_654_435_769) / 16))
}

/// Three addresses a user, one connection a second.
#[divan::bench(args = [1_000, 100_000])]
fn ingest(bencher: Bencher<'_, '_>, users: u32) {
    let names: Vec<String> = (0..users).map(|n| format!("u{n}")).collect();
    let (rule, policy) = (Rule::default(), Policy::default());
    let window =
        WindowConfig { window_ms: Some(86_400_000), together_ms: 300_000, late_ms: 30_000 };
    bencher.counter(ItemsCount::new(3 * users)).bench(|| {
        let mut state = ScoreState::new(window);
        for (n, ts) in (0..3 * users).zip((BEGIN..).step_by(1000)) {
            let user = n.wrapping_mul(48_271) % users;
            let name = names.get(user as usize).map_or("", String::as_str);
            let event = ConnectEvent {
                ts,
                open_ms: 0,
                user: name,
                ip: address(user * 3 + n % 3),
                port: Some(443),
                id: None,
                source: "px",
                format: "access",
            };
            black_box(state.ingest(&event, &rule, &policy));
            while state.drain_due(&policy).is_some() {}
        }
        state
    });
}

/// An account that uses so many networks in turn, for three days.
#[divan::bench(args = [2, 8, 64])]
fn judge(bencher: Bencher<'_, '_>, networks: u32) {
    let mut activity = AccountActivity::default();
    for n in 0..3 * 24 * 12_u32 {
        let network = Network::of(address((n % networks) << 12), Prefixes::default());
        activity.connect(BEGIN + i64::from(n) * 300_000, network, 2);
    }
    bencher.bench(|| estimate(&activity, &group_networks(&activity), 2));
}

/// A sample of so many sockets, of which one in a hundred is new.
#[divan::bench(args = [1_000, 10_000, 100_000])]
fn sample(bencher: Bencher<'_, '_>, sockets: u32) {
    let socket = |n: u32| Socket {
        state: State::read(1),
        local: Address::v4([192, 0, 2, 10]),
        port: 443,
        peer: Address::from(address(n / 3)),
        peer_port: 1024,
        id: u64::from(n) + 1,
        inode: n,
        info: None,
    };
    let mut tracker = ConnectionTracker::default();
    let mut first = 0;
    bencher.counter(ItemsCount::new(sockets)).bench_local(|| {
        let now = Timestamp(BEGIN);
        first += sockets / 100;
        tracker.start();
        (first..first + sockets).for_each(|n| tracker.insert(&socket(n), now, None));
        let (mut opened, mut closed) = (0_u64, 0_u64);
        tracker.diff(&mut |_| opened += 1, &mut |_| closed += 1);
        let mut snapshot = PortSnapshot::new(Prefix::WHOLE);
        snapshot.add_tracked(tracker.connections(), 443);
        snapshot.count(tracker.connections(), now);
        (opened + closed, snapshot.counts().len())
    });
}
