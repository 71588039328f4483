//! Who listens on this machine's port in a proxy's stead: a container engine that publishes it.
//! Its clients are inside, as far as it does not hide them.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use super::procfs::Proc;
use super::{Address, State, Want};

/// What publishes a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publisher {
    /// A program that connects to the container on behalf of each client (docker-proxy, and what
    /// rootless engines have): inside, all of these come from one address.
    Proxy,
    /// The engine itself, to keep the port: the kernel rewrites addresses on the way in.
    Kernel,
}

/// The programs that do so, by the name the kernel knows them by.
const PROGRAMS: &[(&str, Publisher)] = &[
    ("docker-proxy", Publisher::Proxy),
    ("rootlesskit", Publisher::Proxy),
    ("rootlessport", Publisher::Proxy),
    ("slirp4netns", Publisher::Proxy),
    ("pasta", Publisher::Proxy),
    ("pasta.avx2", Publisher::Proxy),
    ("dockerd", Publisher::Kernel),
    ("conmon", Publisher::Kernel),
];

/// The kernel keeps 15 bytes of a program's name, and prints a line.
const COMM: usize = 16;

/// Who holds these listening sockets of a port, by their inodes.
pub fn of(port: u16, listeners: &[u32]) -> Option<Publisher> {
    processes().find_map(|pid| {
        let publisher = of_program(pid)?;
        let folder = format!("/proc/{pid}");
        let folder = Path::new(&folder);
        let holds = holds(folder, listeners).unwrap_or_else(|| {
            // Not ours to look into: but its command line may say the port, and its network
            // whether it is the one with these sockets.
            forwards(folder, &[("-host-port", &port.to_string())])
                && shares(folder, port, listeners)
        });
        holds.then_some(publisher)
    })
}

/// What a program publishes ports by. Asked of every process of the machine, at the first look:
/// so the name is read without first asking how long it is.
fn of_program(pid: u32) -> Option<Publisher> {
    let mut name = [0; COMM];
    let read = File::open(format!("/proc/{pid}/comm")).ok()?.read(&mut name).ok()?;
    let name = name.get(..read)?.trim_ascii_end();
    PROGRAMS.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, publisher)| *publisher)
}

/// Whether a docker-proxy of this machine forwards to this port of the container of this address.
pub fn forwards_to(address: Address, port: u16) -> bool {
    let (address, port) = (address.ip().to_string(), port.to_string());
    let wanted = [("-container-ip", address.as_str()), ("-container-port", &port)];
    processes().any(|pid| forwards(Path::new(&format!("/proc/{pid}")), &wanted))
}

/// The processes of this machine, without the kernel's own threads.
pub fn processes() -> impl Iterator<Item = u32> {
    let kernels = kernels_own();
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let all = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    all.filter(move |pid| kernels.binary_search(pid).is_err())
}

/// The kernel's own threads, where it lists them: of the processes of a small machine the most.
fn kernels_own() -> Vec<u32> {
    let is_first = fs::read("/proc/2/comm").is_ok_and(|name| name == b"kthreadd\n");
    let listed = is_first.then(|| fs::read_to_string("/proc/2/task/2/children").ok()).flatten();
    let listed = listed.unwrap_or_default();
    let mut listed: Vec<_> = listed.split(' ').filter_map(|pid| pid.parse().ok()).collect();
    listed.sort_unstable();
    listed
}

/// Whether one of its files is one of these sockets; nothing if that may not be known.
fn holds(folder: &Path, listeners: &[u32]) -> Option<bool> {
    let names: Vec<_> = listeners.iter().map(|inode| format!("socket:[{inode}]")).collect();
    let files = fs::read_dir(folder.join("fd")).ok()?.flatten();
    let mut links = files.filter_map(|file| fs::read_link(file.path()).ok());
    Some(links.any(|link| names.iter().any(|name| link.as_os_str() == name.as_str())))
}

/// `docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 443 -container-ip … -container-port …`
fn forwards(folder: &Path, wanted: &[(&str, &str)]) -> bool {
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

/// Whether these sockets are in its network.
fn shares(folder: &Path, port: u16, listeners: &[u32]) -> bool {
    let want = Want { ports: vec![port], info: false };
    let mut is_there = false;
    let read = Proc::open(&folder.join("net")).and_then(|mut tables| {
        tables.read(&want, &mut |socket| {
            is_there |= socket.state == State::Listen && listeners.contains(&socket.inode);
        })
    });
    read.is_ok() && is_there
}
