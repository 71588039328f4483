//! The memory of mtp-score does not grow with the stream, nor with what a hostile client sends.

use std::io::Write;
use std::net::Ipv6Addr;
use std::time::{Duration, Instant};

use crate::harness::{spawn_piped, text};

/// Variation by allocators and buffers, in KiB: less than one word for each connection of the
/// longer runs.
const TOLERANCE_KIB: u64 = 200;
/// What so many more connections of the last 24 hours take, at 8 bytes each.
const fn window_kib(connections: u64) -> u64 {
    connections * 8 / 1024
}

/// The peak memory of mtp-score while it reads these rows, in KiB, and its output.
fn peak(rows: impl Iterator<Item = String>) -> (u64, String) {
    let args = ["--window", "30m", "--only", "high", "--top", "1"];
    let (child, mut stdin) = spawn_piped("mtp-score", &args);
    for row in rows {
        stdin.write_all(row.as_bytes()).unwrap();
    }
    let deadline = Instant::now() + Duration::from_mins(1);
    while rustix::io::ioctl_fionread(&stdin).unwrap() > 0 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    // It has read the last bytes and still has to process them.
    std::thread::sleep(Duration::from_millis(200));
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib = most.trim().trim_end_matches(" kB").parse().unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    (kib, text(&output.stdout))
}

/// A connection a second.
fn connect(n: u64, user: &str, ip: &str) -> String {
    let ts = mtp::timestamp::Timestamp(1_795_448_000_000 + i64::try_from(n).unwrap() * 1000).text();
    format!(
        "{{\"type\":\"connect\",\"ts\":\"{ts}\",\"user\":\"{user}\",\"ip\":\"{ip}\",\
         \"port\":{},\"id\":\"m-{n}\"}}\n",
        1024 + n % 60_000
    )
}

#[test]
fn a_stream_ten_times_as_long_takes_the_same_memory() {
    let rows = |count: u64| {
        let of = |n| (n * 7919 % 23, n * 104_729 % 31);
        (0..count)
            .map(move |n| connect(n, &format!("u{}", of(n).0), &format!("198.51.{}.7", of(n).1)))
    };
    let (short, _) = peak(rows(8_000));
    let (long, _) = peak(rows(80_000));
    let most = short + window_kib(72_000) + TOLERANCE_KIB;
    assert!(long <= most, "{short} KiB for one, {long} KiB for ten times as much");
}

#[test]
fn a_client_that_walks_through_its_addresses_takes_no_more_memory() {
    let walk = |count: u64| {
        let ip = |n: u64| Ipv6Addr::from((0x2001_0db8_u128 << 96) | u128::from(n) << 80);
        (0..count).map(move |n| connect(n, "mallory", &ip(n).to_string()))
    };
    let (few, _) = peak(walk(4_000));
    let (many, output) = peak(walk(40_000));
    let most = few + window_kib(36_000) + TOLERANCE_KIB;
    assert!(many <= most, "{few} KiB for 4,000 addresses, {many} KiB for 40,000");
    let meta = output.lines().last().unwrap();
    assert!(meta.contains("\"networks_too_many\":39936,"), "{meta}");
}
