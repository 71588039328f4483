//! What a parser accepts and Python's compiler does not: the proxy would stop on such a file.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::{run, skip, text, tool};
use crate::live::engine::{Engine, docker, image, succeeds};

const USERS: &str = "USERS = {'tg': '0f112233445566778899aabbccddee00'}\n";

/// Code that no parser has to refuse.
const UNCOMPILED: &[&str] = &[
    "return 1",
    "def f(a):\n    global a",
    "def f(a, a): pass",
    "nonlocal a",
    "import os\nfrom __future__ import annotations",
    "def f():\n    print(a)\n    global a",
    "def f():\n    from os import *",
    "while 1:\n    def f(): break",
    "async def f():\n    yield 1\n    return 2",
    "await 1",
    "f(**a, *b)",
    "__debug__ = 1",
    "def f():\n    a: int = 1\n    global a",
    "[a := 1 for a in [1]]",
    "class A:\n    [b := 1 for c in [1]]",
    "a = 1\ndef f():\n    nonlocal a",
    "try: pass\nexcept: pass\nexcept OSError: pass",
    "match 1:\n    case a: pass\n    case 1: pass",
];

/// A program in the place of the proxy: it prints that it has reloaded.
const PROXY: &str = "import signal, sys, time\n\
    signal.signal(signal.SIGUSR2, lambda *_: print('Config reloaded', file=sys.stderr, flush=True))\n\
    print('started', file=sys.stderr, flush=True)\n\
    while True: time.sleep(60)\n";

struct Stub(Child);

impl Drop for Stub {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn wait_for(log: &Path, what: &str) {
    let end = Instant::now() + Duration::from_secs(30);
    while !fs::read_to_string(log).unwrap_or_default().contains(what) {
        assert!(Instant::now() < end, "no {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn python_compiles_the_file_before_a_reload() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (config, log) = (at("config.py"), at("log"));
    fs::write(at("mtprotoproxy.py"), PROXY).unwrap();
    let started = Command::new("python3")
        .arg(at("mtprotoproxy.py"))
        .stdin(Stdio::null())
        .stderr(File::create(&log).unwrap())
        .spawn();
    let Ok(stub) = started.map(Stub) else { return skip("python3") };
    wait_for(&log, "started");
    let pid = stub.0.id().to_string();
    let users = |args: &[&str]| {
        let output =
            run("mtp-users", &[args, &["--config", config.to_str().unwrap()]].concat(), b"");
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    for code in UNCOMPILED {
        fs::write(&config, format!("{USERS}{code}\n")).unwrap();
        let (status, _, reported) = users(&["reload", "--pid", &pid]);
        assert_eq!(status, Some(1), "{code}: {reported}");
        let is_refused = reported.contains("; not reloaded") || reported.contains("invalid Python");
        assert!(is_refused, "{code}: {reported}");
        let (status, rows, _) = users(&["check"]);
        assert!(status == Some(1) && rows.contains("\"level\":\"fatal\""), "{code}: {rows}");
    }
    assert!(!fs::read_to_string(&log).unwrap().contains("reloaded"), "a signal was sent");
    fs::write(&config, USERS).unwrap();
    let (status, rows, reported) = users(&["reload", "--pid", &pid]);
    assert!(status == Some(0) && rows.contains("\"confirmed\":true"), "{rows} {reported}");
    assert_eq!(users(&["check"]).0, Some(0));
}

/// The proxy's Python may be older than that of this machine, or the only one.
#[test]
fn the_python_of_the_container_compiles_the_file() {
    let Some(_engine) = Engine::get() else { return skip("a Docker engine") };
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.py");
    fs::write(&config, USERS).unwrap();
    fs::write(folder.path().join("mtprotoproxy.py"), PROXY).unwrap();
    let name = format!("mtp-compile-{}", std::process::id());
    let volume = format!("{}:/srv", folder.path().display());
    let python = "/usr/bin/python3";
    if !Path::new(python).exists() {
        return skip(python);
    }
    let mut start = docker();
    start.args(["run", "-d", "--name", &name, "-v", "/usr:/usr:ro", "-v", &volume, "-w", "/srv"]);
    start.args([image(), python, "mtprotoproxy.py"]);
    let is_started = succeeds(&mut start);
    let started = || docker().args(["logs", &name]).output().unwrap();
    let end = Instant::now() + Duration::from_secs(30);
    while is_started && !text(&started().stderr).contains("started") && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(50));
    }
    let reload = |code: &str| {
        fs::write(&config, format!("{USERS}{code}\n")).unwrap();
        let args = ["reload", "--container", &name, "--config", config.to_str().unwrap()];
        // No other Python is at hand.
        let output = tool("mtp-users").args(args).env("PATH", "/nonexistent").output().unwrap();
        (output.status.code(), text(&output.stderr))
    };
    let refused = reload("def f(a):\n    global a");
    let accepted = reload("a = 1");
    drop(docker().args(["rm", "-f", &name]).output());
    assert!(is_started, "the container");
    assert!(refused.0 == Some(1) && refused.1.contains("Python cannot compile"), "{refused:?}");
    assert!(accepted.0 == Some(0) && !accepted.1.contains("no Python"), "{accepted:?}");
}
