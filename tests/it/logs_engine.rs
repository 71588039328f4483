//! `mtp-logs` while the engine itself is restarted and killed: an engine of this test's own.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::harness::{skip, text, tool};
use crate::live::engine::{Engine, image, succeeds};

/// How long anything may take on a busy machine.
const TIMEOUT: Duration = Duration::from_mins(1);

/// An engine with a socket of its own and no network.
struct OwnEngine {
    child: Child,
    folder: TempDir,
}

impl OwnEngine {
    fn spawn(folder: &Path) -> Option<Child> {
        let log = File::options().create(true).append(true).open(folder.join("log")).ok()?;
        // Not the configuration of this machine, which may contradict the options.
        let config = folder.join("daemon.json");
        fs::write(&config, "{}").ok()?;
        // An engine without a bridge removes docker0 from its network namespace.
        let mut command = Command::new("unshare");
        command.args(["--net", "dockerd", "--config-file"]).arg(config);
        command.args(["--bridge=none", "--iptables=false", "--ip-forward=false", "--data-root"]);
        command.arg(folder.join("root")).arg("--exec-root").arg(folder.join("exec"));
        command.arg("--pidfile").arg(folder.join("pid"));
        command.arg("-H").arg(host(folder)).stdin(Stdio::null());
        command.stdout(log.try_clone().ok()?).stderr(log).spawn().ok()
    }

    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().ok()?;
        let child = Self::spawn(folder.path())?;
        let engine = Self { child, folder };
        engine.wait_for_answer().then_some(engine)
    }

    fn wait_for_answer(&self) -> bool {
        let end = Instant::now() + TIMEOUT;
        while !succeeds(self.docker().arg("info")) {
            if Instant::now() > end {
                return false;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        true
    }

    fn docker(&self) -> Command {
        let mut command = Command::new("docker");
        command.env("DOCKER_HOST", host(self.folder.path()));
        command
    }

    /// Ends the engine with this signal and starts it again.
    fn restart(&mut self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        self.child.wait().unwrap();
        std::thread::sleep(Duration::from_millis(300));
        drop(fs::remove_file(self.folder.path().join("pid")));
        self.child = Self::spawn(self.folder.path()).unwrap();
        assert!(self.wait_for_answer(), "the engine does not come back");
    }
}

impl Drop for OwnEngine {
    fn drop(&mut self) {
        succeeds(self.docker().args(["rm", "-f", "writer"]));
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap_or_default();
        drop(self.child.wait());
    }
}

fn host(folder: &Path) -> String {
    format!("unix://{}", folder.join("socket").display())
}

/// Ends on SIGTERM, as the engine sends it when it ends.
const WRITER: &str = "trap 'exit 0' TERM; n=0; while [ $n -lt 100000 ]; do \
    n=$((n + 1)); echo \"$(date +%s%N) line $n\"; sleep 0.005; done";

#[test]
fn an_engine_is_restarted_while_its_log_is_followed() {
    // The image comes from the engine that all tests share.
    let Some(_shared) = Engine::get() else { return skip("a Docker engine") };
    let Some(mut engine) = OwnEngine::start() else { return skip("a second Docker engine") };
    let load =
        format!("docker save {} | DOCKER_HOST={} docker load", image(), host(engine.folder.path()));
    assert!(succeeds(Command::new("sh").args(["-c", &load])), "the image");
    let mut run = engine.docker();
    run.args(["run", "-d", "--name", "writer", "--network", "none", "-v", "/usr:/usr:ro"]);
    assert!(succeeds(run.args([image(), "/bin/sh", "-c", WRITER])), "the container");
    let out = engine.folder.path().join("out");
    let err = engine.folder.path().join("err");
    let mut command = tool("mtp-logs");
    command.args(["--container", "writer", "--state"]).arg(engine.folder.path().join("state"));
    command.env("DOCKER_HOST", host(engine.folder.path())).stdin(Stdio::null());
    let mut logs = command
        .stdout(File::create(&out).unwrap())
        .stderr(File::create(&err).unwrap())
        .spawn()
        .unwrap();
    let lines = || text(&fs::read(&out).unwrap()).lines().count();
    let wait = |count: usize| {
        let end = Instant::now() + TIMEOUT;
        while lines() < count {
            let errors = text(&fs::read(&err).unwrap());
            assert!(Instant::now() < end, "{} of {count} lines\n{errors}", lines());
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    for signal in [Signal::TERM, Signal::TERM] {
        wait(lines() + 100);
        engine.restart(signal);
        assert!(succeeds(engine.docker().args(["start", "writer"])), "start");
    }
    wait(lines() + 100);
    assert!(succeeds(engine.docker().args(["stop", "writer"])), "stop");
    let whole = engine.docker().args(["logs", "-t", "writer"]).output().unwrap();
    let logged: Vec<_> =
        text(&whole.stdout).lines().map(|line| format!("writer  | {line}")).collect();
    assert!(logged.len() > 300);
    wait(logged.len());
    kill_process(Pid::from_child(&logs), Signal::TERM).unwrap();
    assert_eq!(logs.wait().unwrap().code(), Some(0));
    let have: Vec<_> = text(&fs::read(&out).unwrap()).lines().map(str::to_owned).collect();
    let distinct: BTreeSet<_> = have.iter().collect();
    assert_eq!(distinct.len(), have.len(), "repeated lines");
    assert!(have == logged, "{} lines of {}", have.len(), logged.len());
    let errors = text(&fs::read(&err).unwrap());
    assert!(errors.contains("docker: available again"), "{errors}");
}
