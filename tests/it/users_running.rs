//! Edits as running proxies see them: a user who was added is let in with the printed link's
//! secret, and a disabled one is kept out. The programs are named by `MTP_TELEMT` and
//! `MTP_TELEPROXY`; they are not part of this package.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::harness::{run, text};
use crate::proxy::{Client, Mode, Opening, start_centre};

/// Longest wait for the proxy to listen.
const START_MAX: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(50);

struct Running {
    child: Child,
    config: String,
    address: SocketAddrV4,
}

impl Drop for Running {
    /// Ends the proxy and the workers that it started.
    fn drop(&mut self) {
        let pid = self.child.id();
        let workers = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        drop(self.child.kill());
        for worker in workers.unwrap_or_default().split_whitespace() {
            if let Some(worker) = worker.parse().ok().and_then(Pid::from_raw) {
                kill_process(worker, Signal::KILL).unwrap_or_default();
            }
        }
        drop(self.child.wait());
    }
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

impl Running {
    /// Starts a proxy on a config file, with its log in a file beside it.
    fn start(program: &str, args: &[&str], folder: &Path, config: &str, port: u16) -> Self {
        let path = folder.join("config.toml");
        fs::write(&path, config).unwrap();
        let log = File::create(folder.join("log")).unwrap();
        let child = Command::new(program)
            .args(args)
            .arg(&path)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
        let mut running = Self { child, config: path.to_str().unwrap().to_owned(), address };
        let until = Instant::now() + START_MAX;
        while std::net::TcpStream::connect(address).is_err() {
            let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
            let has_ended = running.child.try_wait().unwrap().is_some();
            assert!(Instant::now() < until && !has_ended, "it does not listen: {log}");
            thread::sleep(POLL);
        }
        running
    }

    /// Runs a command that succeeds; returns its rows.
    fn users(&self, args: &[&str]) -> Vec<serde_json::Value> {
        let args = [args, &["--config", &self.config]].concat();
        let output = run("mtp-users", &args, b"");
        assert!(output.status.success(), "{args:?} {}", text(&output.stderr));
        text(&output.stdout).lines().map(|row| serde_json::from_str(row).unwrap()).collect()
    }

    /// Tests if a client with this secret gets an answer of the data centre.
    fn lets_in(&self, secret: [u8; 16]) -> bool {
        let opening = Opening::new(Mode::Secure, secret, 2);
        let client = Client::open(Ipv4Addr::LOCALHOST, self.address, &opening);
        client.is_ok_and(|mut client| client.ask(3).is_ok())
    }
}

/// Reads the secret out of the printed link.
fn linked_secret(row: &serde_json::Value) -> [u8; 16] {
    let links = row["links"].as_array().unwrap();
    let secure = links.iter().find(|link| link["mode"] == "secure").unwrap();
    let link = secure["tg"].as_str().unwrap();
    let hex = link.split("secret=dd").nth(1).unwrap();
    hex::decode(&hex[..32]).unwrap().try_into().unwrap()
}

fn check_edits(proxy: &Running) {
    let confirmed = |rows: &[serde_json::Value]| {
        assert_eq!(rows.last().unwrap()["confirmed"], true, "{rows:?}");
    };
    let rows = proxy.users(&["add", "bob", "--reload", "--server", "127.0.0.1"]);
    confirmed(&rows);
    let secret = linked_secret(&rows[0]);
    assert!(proxy.lets_in(secret), "bob is let in");
    confirmed(&proxy.users(&["disable", "bob", "--reload"]));
    assert!(!proxy.lets_in(secret), "bob is disabled");
    confirmed(&proxy.users(&["enable", "bob", "--reload"]));
    assert!(proxy.lets_in(secret), "bob is enabled");
    let rows = proxy.users(&["rotate", "bob", "--reload", "--server", "127.0.0.1"]);
    confirmed(&rows);
    assert!(!proxy.lets_in(secret), "the old secret of bob");
    let secret = linked_secret(&rows[0]);
    assert!(proxy.lets_in(secret), "the new secret of bob");
    confirmed(&proxy.users(&["rename", "bob", "robert", "--reload"]));
    assert!(proxy.lets_in(secret), "robert has it");
    proxy.users(&["remove", "robert"]);
    confirmed(&proxy.users(&["reload"]));
    assert!(!proxy.lets_in(secret), "robert is removed");
}

#[test]
#[ignore = "no registry has telemt: MTP_TELEMT=PROGRAM cargo test -- --ignored"]
fn telemt_applies_edits() {
    let program = std::env::var("MTP_TELEMT").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (port, api, centre) = (free_port(), free_port(), start_centre());
    let config = format!(
        "dc_overrides = {{ \"2\" = \"127.0.0.1:{centre}\" }}\n\
         [general]\nuse_middle_proxy = false\n[general.modes]\nsecure = true\ntls = false\n\
         [network]\nstun_use = false\n\
         [server]\nport = {port}\nlisten_addr_ipv4 = \"127.0.0.1\"\n\
         [server.api]\nlisten = \"127.0.0.1:{api}\"\n\
         [censorship]\ntls_domain = \"a.example\"\nmask = false\ntls_emulation = false\n\
         [access.users]\nalice = \"00112233445566778899aabbccddeeff\"\n"
    );
    check_edits(&Running::start(&program, &[], folder.path(), &config, port));
}

#[test]
#[ignore = "no registry has teleproxy: MTP_TELEPROXY=PROGRAM cargo test -- --ignored"]
fn teleproxy_applies_edits() {
    let program = std::env::var("MTP_TELEPROXY").unwrap();
    for workers in [0, 1] {
        let folder = tempfile::tempdir().unwrap();
        let (port, centre) = (free_port(), start_centre());
        let config = format!(
            "port = {port}\ndirect = true\nmaxconn = 100\nuser = \"root\"\nworkers = {workers}\n\
         [[secret]]\nkey = \"00112233445566778899aabbccddeeff\"\nlabel = \"alice\"\n\
         [[dc_override]]\ndc = 2\nhost = \"127.0.0.1\"\nport = {centre}\n"
        );
        check_edits(&Running::start(&program, &["-v", "--config"], folder.path(), &config, port));
    }
}
