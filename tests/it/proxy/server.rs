//! The genuine proxy, running on an address of loopback of its own.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::{centre, venv};

/// What makes the proxy of 2019 run on a Python of today, with nothing going out.
const PRELUDE: &str = include_str!("prelude.py");
/// How long anything that must come may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

type Lines = Arc<Mutex<Vec<String>>>;

/// A running proxy. Dropping it ends the process and removes its folder.
pub(crate) struct Proxy {
    /// Where it listens.
    pub(crate) address: SocketAddrV4,
    /// Its config.py: a prelude for tests, then the text it was started with.
    pub(crate) config: PathBuf,
    child: Child,
    out: Lines,
    err: Lines,
    deaf: Arc<AtomicBool>,
    _folder: TempDir,
}

impl Proxy {
    /// Starts it on this config, which needs no PORT; `None` if it cannot be had here.
    pub(crate) fn start(config: &str) -> Option<Self> {
        let installed = venv::installed()?;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("config.py");
        let (text, address) = stage(config);
        fs::write(&path, text).unwrap();
        Some(Self::run(&installed, folder, path, address))
    }

    fn run(
        proxy: &venv::Installed,
        folder: TempDir,
        config: PathBuf,
        address: SocketAddrV4,
    ) -> Self {
        let mut child = Command::new(&proxy.python)
            .arg(&proxy.script)
            .arg(&config)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the proxy starts");
        let deaf = Arc::new(AtomicBool::new(false));
        let out = collect(child.stdout.take().unwrap(), Arc::clone(&deaf));
        let err = collect(child.stderr.take().unwrap(), Arc::default());
        let mut proxy = Self { address, config, child, out, err, deaf, _folder: folder };
        proxy.wait("the proxy listens", |proxy| {
            let ended = proxy.child.try_wait().unwrap();
            assert!(ended.is_none(), "the proxy ended: {:?}", proxy.errors());
            TcpStream::connect(proxy.address).is_ok() && proxy.printed() > 0
        });
        proxy
    }

    /// What it has printed on standard output so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.out.lock().unwrap().clone()
    }

    /// The same of standard error.
    pub(crate) fn errors(&self) -> Vec<String> {
        self.err.lock().unwrap().clone()
    }

    /// Closes the reader's end of its standard output, once one more line has come.
    pub(crate) fn stop_listening(&self) {
        self.deaf.store(true, Ordering::Relaxed);
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Has it read its config again, and waits until it has done so and printed its links. A
    /// second signal before that would interrupt it while it prints, which it may not survive.
    pub(crate) fn reload(&mut self) {
        let before = self.printed();
        let pid = Pid::from_raw(i32::try_from(self.pid()).unwrap()).unwrap();
        kill_process(pid, Signal::USR2).expect("the proxy runs");
        self.wait("the config is reloaded", |proxy| proxy.printed() > before);
    }

    /// How often it has printed all its links.
    fn printed(&self) -> usize {
        self.errors().iter().filter(|line| *line == "all is told").count()
    }

    /// Waits until something holds.
    pub(crate) fn wait(&mut self, what: &str, mut holds: impl FnMut(&mut Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !holds(self) {
            assert!(
                Instant::now() < end,
                "in vain: {what}\n{:#?}\n{:#?}",
                self.lines(),
                self.errors()
            );
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A config.py with the prelude before it, and the address at which its proxy will listen; its
/// data centre runs already.
pub(crate) fn stage(config: &str) -> (String, SocketAddrV4) {
    let (listen, centre) = (free_address(), centre::start());
    (config_at(&listen.ip().to_string(), listen.port(), centre, config), listen)
}

/// A config.py with the prelude before it, for these addresses.
pub(crate) fn config_at(listen: &str, port: u16, centre: u16, config: &str) -> String {
    let prelude = PRELUDE
        .replace("LISTEN_ADDRESS", listen)
        .replace("PROXY_PORT", &port.to_string())
        .replace("CENTRE_PORT", &centre.to_string());
    format!("{prelude}\n{config}")
}

/// An address of loopback that no other proxy of the tests listens on, and a port free there.
fn free_address() -> SocketAddrV4 {
    static COUNT: AtomicU8 = AtomicU8::new(1);
    let [low, high, ..] = std::process::id().to_le_bytes();
    let ip = Ipv4Addr::new(127, 128 | high, low, COUNT.fetch_add(1, Ordering::Relaxed));
    let port =
        TcpListener::bind((ip, 0)).and_then(|listener| listener.local_addr()).unwrap().port();
    SocketAddrV4::new(ip, port)
}

fn collect(from: impl Read + Send + 'static, deaf: Arc<AtomicBool>) -> Lines {
    let lines = Lines::default();
    let into = Arc::clone(&lines);
    thread::spawn(move || {
        for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
            into.lock().unwrap().push(String::from_utf8_lossy(&line).into_owned());
            if deaf.load(Ordering::Relaxed) {
                break;
            }
        }
    });
    lines
}
