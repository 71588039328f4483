//! A Docker engine in a network namespace of the test: its firewall rules, bridges and ports are
//! separate from the machine's.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::net::Net;
use crate::harness::skip;

/// The program of the containers: accepts connections on 443 and holds them.
const SERVER: &str = r#"fn main() {
    let server = std::net::TcpListener::bind("[::]:443").unwrap();
    let mut held = Vec::new();
    for stream in server.incoming() { held.push(stream); }
}"#;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A running engine, ended when this is dropped.
pub(super) struct Engine {
    dir: tempfile::TempDir,
    daemon: Child,
}

impl Engine {
    /// Starts one in the server's network.
    pub(super) fn start(net: &Net, args: &[&str]) -> Option<Self> {
        let has = |program: &str| {
            let tried = Command::new(program).arg("--version").stdout(Stdio::null()).status();
            tried.is_ok_and(|status| status.success())
        };
        if !has("dockerd") || !has("docker") || !has("iptables") || !has("nsenter") {
            skip("a Docker engine (dockerd, docker, iptables, nsenter)");
            return None;
        }
        let dir = tempfile::tempdir_in("/tmp").unwrap();
        // Distinct address ranges: docker-proxy processes are matched by container address.
        let number = (std::process::id() + COUNT.fetch_add(1, Ordering::Relaxed)) % 50;
        let bridge = format!("10.{}.0.1/24", 100 + number);
        let pool = format!("base=10.{}.0.0/16,size=24", 150 + number);
        let path = |name: &str| dir.path().join(name).display().to_string();
        let log = File::create(path("log")).unwrap();
        fs::write(path("daemon.json"), "{}").unwrap(); // not what the machine's own engine has
        // Not by `ip netns exec`, whose own /sys lacks the control groups.
        let daemon = Command::new("nsenter")
            .args([&format!("--net=/run/netns/{}", net.server()), "dockerd"])
            .args(["--host", &format!("unix://{}", path("sock")), "--data-root", &path("root")])
            .args(["--exec-root", &path("exec"), "--pidfile", &path("pid")])
            .args(["--config-file", &path("daemon.json")])
            .args(["--bip", &bridge, "--default-address-pool", &pool])
            .args(args)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut engine = Self { dir, daemon };
        let until = Instant::now() + Duration::from_mins(1);
        while !engine.docker(&["version"]).status.success() {
            let log = fs::read_to_string(engine.dir.path().join("log")).unwrap_or_default();
            let runs = engine.daemon.try_wait().unwrap().is_none();
            assert!(runs && Instant::now() < until, "the engine does not start: {log}");
            std::thread::sleep(Duration::from_millis(200));
        }
        Some(engine)
    }

    /// The value of `DOCKER_HOST`.
    pub(super) fn host(&self) -> String {
        format!("unix://{}", self.dir.path().join("sock").display())
    }

    /// Runs `docker`.
    pub(super) fn docker(&self, args: &[&str]) -> std::process::Output {
        Command::new("docker").env("DOCKER_HOST", self.host()).args(args).output().unwrap()
    }

    /// The same, which must succeed.
    pub(super) fn must(&self, args: &[&str]) -> String {
        let output = self.docker(args);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "docker {args:?}: {stderr}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Makes the image `server` without a registry: one static program.
    pub(super) fn image(&self) {
        let dir = self.dir.path().join("image");
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join("server.rs"), SERVER).unwrap();
        let built = Command::new("rustc")
            .current_dir(&dir)
            .args(["-C", "target-feature=+crt-static", "-o", "server", "server.rs"])
            .status()
            .unwrap();
        assert!(built.success());
        let tar = dir.join("image.tar").display().to_string();
        let packed = Command::new("tar")
            .args(["-C", &dir.display().to_string(), "-cf", &tar, "server"])
            .status()
            .unwrap();
        assert!(packed.success() && Path::new(&tar).exists());
        self.must(&["import", "-c", "ENTRYPOINT [\"/server\"]", &tar, "server"]);
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let all = self.docker(&["ps", "-aq"]);
        let all = String::from_utf8_lossy(&all.stdout).into_owned();
        for id in all.split_whitespace() {
            self.docker(&["rm", "-f", id]);
        }
        let pid = i32::try_from(self.daemon.id()).ok().and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let until = Instant::now() + Duration::from_secs(20);
        while self.daemon.try_wait().is_ok_and(|ended| ended.is_none()) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(100));
        }
        drop(self.daemon.kill());
        drop(self.daemon.wait());
    }
}
