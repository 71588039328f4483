//! The cost of a sample: less than `ss` for many connections, and constant memory over thousands of
//! samples. Every wait is bounded.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Resource, Rlimit, getrlimit, pidfd_open, setrlimit};

use super::clients::{accepted, client, server};
use super::net::{Net, V4};
use crate::harness::{skip, text};

/// How many connections there are. Nobody accepts them: so they take one file each, not two.
const MANY: u16 = 10_000;
/// What the tests beside this one may need of files.
const OTHER_FILES: u64 = 3000;
/// A build that is not optimised writes its rows through serde, and took 1.6 times as long as ss.
const AGAINST_SS: f64 = if cfg!(debug_assertions) { 2.5 } else { 0.75 };
/// How long it may take to show that.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long one run may take.
const RUN: Timespec = Timespec { tv_sec: 10, tv_nsec: 0 };

/// Raises how many files this process may have open; says whether it is enough.
fn has_files(needed: u64) -> bool {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|now| now >= needed) {
        return true;
    }
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    limit.maximum.is_none_or(|most| most >= needed) && setrlimit(Resource::Nofile, raised).is_ok()
}

/// How long a program runs in the server's network.
fn took(net: &Net, program: &str, args: &[&str]) -> Duration {
    let began = Instant::now();
    let mut child = net.at_server(|| {
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::null());
        command.spawn().unwrap()
    });
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    let ended = pidfd_open(pid, PidfdFlags::empty()).unwrap();
    let has_ended = poll(&mut [PollFd::new(&ended.as_fd(), PollFlags::IN)], Some(&RUN));
    let took = began.elapsed();
    drop(child.kill());
    let status = child.wait().unwrap();
    assert!(has_ended == Ok(1) && status.success(), "{program} {args:?}: {status}");
    took
}

#[test]
fn a_sample_of_ten_thousand_connections_takes_less_than_ss() {
    if !has_files(u64::from(MANY) + OTHER_FILES) {
        return skip("so many open files");
    }
    if Command::new("ss").arg("-V").stdout(Stdio::null()).status().is_err() {
        return skip("the command ss");
    }
    let Some(net) = Net::new() else { return };
    let at = SocketAddr::new(V4.parse().unwrap(), 443);
    let queue = "/proc/sys/net/core/somaxconn";
    let _listener = net.at_server(|| {
        std::fs::write(queue, "65535").unwrap();
        let listener = server(at);
        rustix::net::listen(&listener, i32::from(i16::MAX)).unwrap();
        listener
    });
    let _held: Vec<_> = net.at_clients(|| {
        let from = |n: u16| Ipv4Addr::from(0x0a4d_0000 + u32::from(n % 6000));
        (0..MANY).map(|n| client(from(n).into(), at)).collect()
    });
    let sample = net.at_server(|| {
        Command::new(env!("CARGO_BIN_EXE_mtp-conns")).args(["--top", "1"]).output().unwrap()
    });
    let sample = text(&sample.stdout);
    assert!(sample.contains("\"total\":10000,\"addresses\":6000,"), "{sample}");

    let ss = ["-Htn", "state", "established", "( sport = :443 )"];
    let (mut own, mut others) = (Duration::MAX, Duration::MAX);
    let until = Instant::now() + PATIENCE;
    for run in 0.. {
        own = own.min(took(&net, env!("CARGO_BIN_EXE_mtp-conns"), &[]));
        others = others.min(took(&net, "ss", &ss));
        if run >= 5 && own < others.mul_f64(AGAINST_SS) {
            break;
        }
        assert!(Instant::now() < until, "a sample takes {own:?}, ss {others:?}");
    }
    eprintln!("a sample of {MANY} connections takes {own:?}, ss {others:?}");
}

/// A program that is ended when this is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// How much memory a process has taken, in kilobytes.
fn memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Samples until memory must have settled, and until the end.
const SETTLED: usize = 300;
const SAMPLES: usize = 3000;
/// What chance may add: a table that doubles, a page of the allocator's.
const GROWTH_KB: u64 = 256;

#[test]
fn memory_is_flat_over_thousands_of_samples() {
    let Some(net) = Net::new() else { return };
    let at = SocketAddr::new(V4.parse().unwrap(), 443);
    let listener = net.at_server(|| server(at));
    let child = net.at_server(|| {
        let count = SAMPLES.to_string();
        let mut command = Command::new(env!("CARGO_BIN_EXE_mtp-conns"));
        command.args(["--interval", "0.002", "--count", &count, "--info"]);
        command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
    });
    let mut running = Running(child);
    let pid = running.0.id();
    let lines = BufReader::new(running.0.stdout.take().unwrap()).lines();
    let (is_over, until) = (AtomicBool::new(false), Instant::now() + PATIENCE * 2);
    let (mut before, mut after, mut samples) = (0, 0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| churn(&net, &listener, at, &is_over));
        for line in lines.map_while(Result::ok) {
            assert!(line.starts_with("{\"type\":\"sample\""), "{line}");
            samples += 1;
            match samples {
                SETTLED => before = memory(pid),
                // The last one is followed by the end.
                _ if samples == SAMPLES - 50 => after = memory(pid),
                _ => {}
            }
            if Instant::now() > until {
                break;
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert_eq!(samples, SAMPLES, "within {:?}", PATIENCE * 2);
    assert!(after < before + GROWTH_KB, "{before} kB after {SETTLED} samples, then {after} kB");
}

/// Connections that come and go, until it is over.
fn churn(net: &Net, listener: &TcpListener, at: SocketAddr, is_over: &AtomicBool) {
    let mut held = VecDeque::<(TcpStream, Vec<TcpStream>)>::new();
    net.at_clients(|| {
        for n in 0_u32.. {
            if is_over.load(Ordering::Relaxed) {
                return;
            }
            let from = Ipv4Addr::from(0x0a4d_0000 + n % 100);
            held.push_back((client(from.into(), at), accepted(listener, 1)));
            if held.len() > 100 {
                held.pop_front();
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    });
}
