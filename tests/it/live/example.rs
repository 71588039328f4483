//! The example of `contrib/compose` beside the genuine proxy: the image is made as a release makes it,
//! with the programs of this build.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::compose::Compose;
use super::engine::{Engine, docker, image, succeeds};
use crate::harness::{SeededRng, root, skip, text, tool};
use crate::notify::Server;
use crate::proxy::{Client, Installed, Mode, Opening, installed, start_centre_at};

const PATIENCE: Duration = Duration::from_secs(90);
const SHARED: [u8; 16] = [0xc3; 16];
const HOME: [u8; 16] = [0xd4; 16];
/// Where the proxy's clock begins, in milliseconds.
const MORNING: u64 = 1_767_250_800_000;

/// The project; dropping it removes its containers, volumes and image.
struct Example {
    compose: Compose,
    folder: TempDir,
    name: String,
    files: Vec<&'static str>,
    port: u16,
    notify: String,
}

impl Example {
    /// Copies the example and makes the image.
    fn new(compose: Compose) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["compose.yaml", "compose.socket.yaml"] {
            fs::copy(root().join("contrib/compose").join(name), folder.path().join(name)).unwrap();
        }
        let program = tool("mtp-logs");
        let binaries = Path::new(program.get_program()).parent().unwrap();
        let version = if matches!(compose, Compose::Old) { 1 } else { 2 };
        let name = format!("mtpexample{}v{version}", std::process::id());
        let mut image = Command::new(root().join("contrib/packages/image"));
        let made = image.arg(binaries).arg(format!("{name}:1")).output().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let files = vec!["compose.yaml", "test.yaml"];
        assert!(made.status.success(), "{}", text(&made.stderr));
        Self { compose, folder, name, files, port, notify: String::new() }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.compose.command();
        command.args(["-p", &self.name]);
        for file in &self.files {
            command.args(["-f", file]);
        }
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env("TOOLS_IMAGE", format!("{}:1", self.name)).env("PROXY_IMAGE", image());
        command.env("PROXY_PORT", format!("127.0.0.1:{}", self.port));
        command.env("MTP_NOTIFY", &self.notify).env("PAGE_EVERY", "1");
        command
    }

    fn run(&self, args: &[&str]) -> String {
        let output = self.command(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    }

    /// The gateway of the project's network: the address of this machine.
    fn gateway(&self) -> Ipv4Addr {
        let network = format!("{}_default", self.name);
        let form = "{{(index .IPAM.Config 0).Gateway}}";
        let output = docker().args(["network", "inspect", "-f", form, &network]).output().unwrap();
        text(&output.stdout).trim().parse().unwrap()
    }

    /// A file of the volume `state`.
    fn state(&self, name: &str) -> String {
        let path = format!("/state/{name}");
        text(&self.command(&["exec", "-T", "watch", "cat", &path]).output().unwrap().stdout)
    }

    /// The clients in the rows, each of which is there once.
    fn connects(&self) -> BTreeSet<SocketAddrV4> {
        let rows = self.state("rows.jsonl");
        let rows: Vec<_> = rows.lines().filter(|row| row.contains(r#""type":"connect""#)).collect();
        assert_eq!(rows.iter().collect::<BTreeSet<_>>().len(), rows.len(), "repeated rows");
        let client = |row: &&str| {
            let row: Value = serde_json::from_str(row).ok()?;
            let port = u16::try_from(row["port"].as_u64()?).ok()?;
            Some(SocketAddrV4::new(row["ip"].as_str()?.parse().ok()?, port))
        };
        rows.iter().filter_map(client).collect()
    }

    fn wait(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !holds() {
            let logs = || text(&self.command(&["logs", "--no-color"]).output().unwrap().stdout);
            assert!(Instant::now() < end, "in vain: {what}\n{}", logs());
            thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        succeeds(&mut self.command(&["down", "-v", "-t", "0"]));
        succeeds(docker().args(["rmi", "-f", &format!("{}:1", self.name)]));
    }
}

/// The proxy's script and what it needs of this machine; everything else is in the example.
fn mounts(proxy: &Installed) -> String {
    let venv = proxy.python.ancestors().nth(2).unwrap().display();
    let script = proxy.script.display();
    let packages = fs::read_dir(proxy.python.ancestors().nth(2).unwrap().join("lib")).unwrap();
    let packages = packages.flatten().next().unwrap().path().join("site-packages");
    let service = serde_json::json!({
        "user": "10000",
        "working_dir": "/home/tgproxy",
        "stop_grace_period": "0s",
        "environment": {"PYTHONPATH": packages, "PYTHONDONTWRITEBYTECODE": "1"},
        "volumes": [
            "/usr:/usr:ro",
            format!("{venv}:{venv}:ro"),
            format!("{script}:/home/tgproxy/mtprotoproxy.py:ro"),
            "./clock:/home/tgproxy/clock:ro",
        ],
    });
    serde_json::json!({"version": "3", "services": {"proxy": service}}).to_string()
}

/// Hours of use: one account on five phones in five places, another on one. The clients that were served.
fn visits(to: SocketAddrV4, clock: &File, hours: u64) -> BTreeSet<SocketAddrV4> {
    let (mut random, mut bursts) = (SeededRng::new(5), Vec::new());
    let mut served = BTreeSet::new();
    for phone in 1..=6_u8 {
        let mut time = random.below(200);
        while time < hours * 3600 {
            bursts.push((time, phone));
            time += 100 + random.below(200);
        }
    }
    bursts.sort_unstable();
    for (seconds, phone) in &bursts {
        clock.write_all_at((MORNING + seconds * 1000).to_string().as_bytes(), 0).unwrap();
        // The client's address is that of the header, as behind a balancer: a published port hides it.
        let from = SocketAddrV4::new(
            Ipv4Addr::new(80 + phone, 0, 2, 7),
            1024 + u16::try_from(*seconds).unwrap(),
        );
        let visit = || {
            let mut stream = TcpStream::connect(to)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            let header = format!("PROXY TCP4 {} 192.0.2.1 {} 443\r\n", from.ip(), from.port());
            stream.write_all(header.as_bytes())?;
            let secret = if *phone == 6 { HOME } else { SHARED };
            let opening = Opening::new(Mode::Secure, secret, 2);
            Client::begin(stream, &opening)?.ask(9)
        };
        // On a busy machine the proxy may give a client up.
        if visit().or_else(|_| visit()).is_ok() {
            served.insert(from);
        }
    }
    assert!(served.len() * 10 > bursts.len() * 9, "{} of {}", served.len(), bursts.len());
    served
}

fn the_example_finds_the_shared_account(compose: Compose) {
    let Some(_engine) = Engine::get() else { return skip("a Docker engine") };
    let Some(proxy) = installed() else { return skip("mtprotoproxy") };
    if !succeeds(Command::new("sh").args(["-c", "! ldd $(command -v busybox)"])) {
        return skip("busybox-static");
    }
    let mut example = Example::new(compose);
    // The tools first: they make the network, in which the data centre and the webhook listen.
    example.write("test.yaml", &mounts(&proxy));
    example.write("clock", &MORNING.to_string());
    example.write("config.py", "");
    example.run(&["up", "-d", "watch"]);
    let gateway = example.gateway();
    let server = Server::listen(TcpListener::bind((gateway, 0)).unwrap(), &[]);
    let centre = start_centre_at(gateway);
    let users = format!(
        "USERS = {{'shared': '{}', 'home': '{}'}}\nPROXY_PROTOCOL = True\n\
         proxy.TG_DATACENTERS_V4 = ['{gateway}'] * 5\n",
        hex::encode(SHARED),
        hex::encode(HOME)
    );
    let config = crate::proxy::config_at("0.0.0.0", 443, centre, &users);
    example.write("config.py", &[include_str!("clock.py"), &config].concat());
    let path = example.folder.path().join("config.py").display().to_string();
    let on = tool("mtp-users").args(["access-log", "on", "--config", &path]).output().unwrap();
    assert!(on.status.success(), "{}", text(&on.stderr));
    example.notify = format!("--webhook {} --lang en", server.url);
    example.run(&["up", "-d"]);

    let to = SocketAddrV4::new(Ipv4Addr::LOCALHOST, example.port);
    let clock = File::options().write(true).open(example.folder.path().join("clock")).unwrap();
    let listens = || text(&example.command(&["logs", "proxy"]).output().unwrap().stdout);
    example.wait("the proxy listens", || listens().contains("tg://proxy"));
    let clients = visits(to, &clock, 4);
    example.wait("all rows", || example.connects().is_superset(&clients));
    let alert = server.next().json();
    assert_eq!(
        (&alert["row"]["user"], &alert["row"]["verdict"]),
        (&"shared".into(), &"sharing".into())
    );
    assert!(server.is_quiet(Duration::from_millis(300)), "one message");
    example.wait("the page", || example.state("report.html").contains("shared"));

    // The option: the same log through the engine's socket. What was read before changes nothing.
    if matches!(example.compose, Compose::Old) {
        example.files.push("compose.socket.yaml");
        example.run(&["up", "-d", "--no-deps", "watch"]);
        example.wait("its log", || example.state("logs.state").contains("container:"));
        visits(to, &clock, 1);
        assert!(server.is_quiet(Duration::from_secs(1)), "no message is repeated");
        example.connects();
    }
}

#[test]
fn the_example_runs_with_compose_1() {
    let Some(compose) = Compose::old() else { return skip("Compose 1") };
    the_example_finds_the_shared_account(compose);
}

#[test]
fn the_example_runs_with_compose_2() {
    let Some(compose) = Compose::new() else { return skip("Compose 2") };
    the_example_finds_the_shared_account(compose);
}
