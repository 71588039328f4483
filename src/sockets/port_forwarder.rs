//! Finds container engines that publish a port: the proxy and its clients' sockets are then in the
//! container's namespace, and the listener here is the engine's.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use super::proc_tables::ProcTables;
use super::{Address, Query, State};

/// How a port is forwarded to a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortForwarder {
    /// A program connects to the container for each client (docker-proxy, rootless engines): inside,
    /// all of these connections come from one address.
    UserlandProxy,
    /// The kernel translates addresses; the engine's listener only reserves the port.
    Nat,
}

/// Forwarding programs, by `/proc/PID/comm`.
const PROGRAMS: &[(&str, PortForwarder)] = &[
    ("docker-proxy", PortForwarder::UserlandProxy),
    ("rootlesskit", PortForwarder::UserlandProxy),
    ("rootlessport", PortForwarder::UserlandProxy),
    ("slirp4netns", PortForwarder::UserlandProxy),
    ("pasta", PortForwarder::UserlandProxy),
    ("pasta.avx2", PortForwarder::UserlandProxy),
    ("dockerd", PortForwarder::Nat),
    ("conmon", PortForwarder::Nat),
];

/// `comm` holds 15 bytes and a newline.
const COMM_BYTES: usize = 16;

/// Finds the forwarder that holds one of these listening sockets, given by inode.
pub(super) fn find(port: u16, listeners: &[u32]) -> Option<PortForwarder> {
    processes().find_map(|pid| {
        let forwarder = by_program(pid)?;
        let folder = format!("/proc/{pid}");
        let folder = Path::new(&folder);
        let holds = holds(folder, listeners).unwrap_or_else(|| {
            // Its file descriptors are not readable: compare the port in its command line and
            // the sockets of its network.
            has_arguments(folder, &[("-host-port", &port.to_string())])
                && shares_network(folder, port, listeners)
        });
        holds.then_some(forwarder)
    })
}

/// Looks a process up in [`PROGRAMS`]. Runs for every process of the machine: one read a process.
fn by_program(pid: u32) -> Option<PortForwarder> {
    let mut name = [0; COMM_BYTES];
    let read = File::open(format!("/proc/{pid}/comm")).ok()?.read(&mut name).ok()?;
    let name = name.get(..read)?.trim_ascii_end();
    PROGRAMS.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, forwarder)| *forwarder)
}

/// Whether a docker-proxy forwards to this port of the container with this address.
pub(super) fn forwards_to(address: Address, port: u16) -> bool {
    let (address, port) = (address.ip().to_string(), port.to_string());
    let wanted = [("-container-ip", address.as_str()), ("-container-port", &port)];
    processes().any(|pid| has_arguments(Path::new(&format!("/proc/{pid}")), &wanted))
}

/// Lists processes, without kernel threads.
pub(super) fn processes() -> impl Iterator<Item = u32> {
    let threads = kernel_threads();
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let all = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    all.filter(move |pid| threads.binary_search(pid).is_err())
}

/// Lists kernel threads, sorted; empty where the kernel does not list them.
fn kernel_threads() -> Vec<u32> {
    let is_first = fs::read("/proc/2/comm").is_ok_and(|name| name == b"kthreadd\n");
    let listed = is_first.then(|| fs::read_to_string("/proc/2/task/2/children").ok()).flatten();
    let listed = listed.unwrap_or_default();
    let mut listed: Vec<_> = listed.split(' ').filter_map(|pid| pid.parse().ok()).collect();
    listed.sort_unstable();
    listed
}

/// Whether a process holds one of these sockets; `None` if its descriptors are not readable.
fn holds(folder: &Path, listeners: &[u32]) -> Option<bool> {
    let names: Vec<_> = listeners.iter().map(|inode| format!("socket:[{inode}]")).collect();
    let files = fs::read_dir(folder.join("fd")).ok()?.flatten();
    let mut links = files.filter_map(|file| fs::read_link(file.path()).ok());
    Some(links.any(|link| names.iter().any(|name| link.as_os_str() == name.as_str())))
}

/// `docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 443 -container-ip … -container-port …`
fn has_arguments(folder: &Path, wanted: &[(&str, &str)]) -> bool {
    let line = fs::read(folder.join("cmdline")).unwrap_or_default();
    let words: Vec<_> = line.split(|byte| *byte == 0).collect();
    let is_proxy = words.first().is_some_and(|program| program.ends_with(b"docker-proxy"));
    let after = |flag: &str| {
        let at = words.iter().position(|word| *word == flag.as_bytes())?;
        words.get(at + 1).copied()
    };
    let is_tcp = after("-proto").is_none_or(|proto| proto == b"tcp");
    let is_wanted = |(flag, value): &(&str, &str)| after(flag) == Some(value.as_bytes());
    is_proxy && is_tcp && wanted.iter().all(is_wanted)
}

/// Whether these sockets are in the network of a process.
fn shares_network(folder: &Path, port: u16, listeners: &[u32]) -> bool {
    let query = Query { ports: vec![port], with_info: false };
    let mut found = false;
    let read = ProcTables::open(&folder.join("net")).and_then(|mut tables| {
        tables.read(&query, &mut |socket| {
            found |= socket.state == State::Listen && listeners.contains(&socket.inode);
        })
    });
    read.is_ok() && found
}
