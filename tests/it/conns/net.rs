//! Two network namespaces, for a server and its clients, joined by a veth pair. Clients may bind any
//! of 65,536 addresses; there is no route out of the machine.

use std::fs::{self, File};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::harness::skip;

/// The server's addresses: IPv4, IPv4-mapped IPv6, IPv6.
pub(super) const V4: &str = "10.78.0.1";
pub(super) const MAPPED: &str = "10.78.0.3";
pub(super) const V6: &str = "2001:db8:78::1";

/// What is made, and deleted when this is dropped.
pub(super) struct Net {
    name: String,
    /// A process in the server's network.
    pub(super) inside: Child,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl Net {
    /// Makes one; nothing where that takes more than is allowed here.
    pub(super) fn new() -> Option<Self> {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("mt{}x{number}", std::process::id());
        if !rustix::process::geteuid().is_root() || !ip(&format!("netns add {name}s")) {
            skip("network namespaces (root and the command ip)");
            return None;
        }
        let inside = Command::new("ip")
            .args(["netns", "exec", &format!("{name}s"), "sleep", "1000"])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let net = Self { name, inside };
        net.add_link();
        Some(net)
    }

    fn add_link(&self) {
        let (server, clients) = (self.server(), self.clients());
        let name = &self.name;
        for line in [
            format!("netns add {clients}"),
            format!("link add {name}a netns {server} type veth peer name {name}b netns {clients}"),
            format!("-n {server} addr add {V4}/24 dev {name}a"),
            format!("-n {server} addr add {MAPPED}/24 dev {name}a"),
            format!("-n {server} addr add {V6}/64 dev {name}a nodad"),
            format!("-n {clients} addr add 10.78.0.2/24 dev {name}b"),
            format!("-n {clients} addr add 2001:db8:78::2/64 dev {name}b nodad"),
            format!("-n {server} link set lo up"),
            format!("-n {clients} link set lo up"),
            format!("-n {server} link set {name}a up"),
            format!("-n {clients} link set {name}b up"),
            format!("-n {server} route add 10.77.0.0/16 via 10.78.0.2"),
            format!("-n {server} route add 2001:db8:77::/64 via 2001:db8:78::2"),
            // Replies to these go to a neighbour that does not exist: handshakes stay half open.
            format!("-n {server} route add 10.76.0.0/16 via 10.78.0.99"),
            format!("-n {server} neigh add 10.78.0.99 lladdr 02:00:00:00:00:99 dev {name}a"),
            format!("-n {clients} route add local 10.77.0.0/16 dev lo"),
            format!("-n {clients} route add local 10.76.0.0/16 dev lo"),
            format!("-n {clients} route add local 2001:db8:77::/64 dev lo"),
        ] {
            assert!(ip(&line), "ip {line}");
        }
        let nonlocal = "/proc/sys/net/ipv6/ip_nonlocal_bind";
        self.at_clients(|| fs::write(nonlocal, "1").unwrap());
    }

    /// The name of the server's namespace.
    pub(super) fn server(&self) -> String {
        format!("{}s", self.name)
    }

    /// The name of the clients' namespace.
    pub(super) fn clients(&self) -> String {
        format!("{}c", self.name)
    }

    /// Does something in the server's network; sockets made there stay there.
    pub(super) fn at_server<T: Send>(&self, what: impl FnOnce() -> T + Send) -> T {
        inside(&self.server(), what)
    }

    /// Does something in the clients' network.
    pub(super) fn at_clients<T: Send>(&self, what: impl FnOnce() -> T + Send) -> T {
        inside(&self.clients(), what)
    }

    /// A command in the server's network.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.server(), program]);
        command
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        drop(self.inside.kill());
        drop(self.inside.wait());
        ip(&format!("netns del {}", self.server()));
        ip(&format!("netns del {}", self.clients()));
    }
}

/// Runs `ip`; says whether it could.
pub(super) fn ip(line: &str) -> bool {
    let status = Command::new("ip").args(line.split(' ')).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Does something in a thread that is in the network of this name.
pub(super) fn inside<T: Send>(name: &str, what: impl FnOnce() -> T + Send) -> T {
    let file = File::open(format!("/run/netns/{name}")).unwrap();
    std::thread::scope(|scope| {
        let thread = scope.spawn(move || {
            move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
            what()
        });
        thread.join().unwrap()
    })
}

/// `mtp-conns` where every user may run it.
pub(super) struct Copy {
    _dir: tempfile::TempDir,
    /// The program.
    pub(super) path: PathBuf,
}

impl Copy {
    pub(super) fn new() -> Self {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir_in("/tmp").unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let path = dir.path().join("mtp-conns");
        fs::copy(env!("CARGO_BIN_EXE_mtp-conns"), &path).unwrap();
        Self { _dir: dir, path }
    }
}
