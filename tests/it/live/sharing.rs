//! The main job: the genuine proxy in a container, its users and its access log from mtp-users,
//! and which of its accounts is shared.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::compose::{Compose, Project};
use super::engine::Engine;
use super::pipeline::Pipeline;
use crate::harness::{SeededRng, run, skip, text};
use crate::proxy::{Client, Installed, Mode, Opening, installed, stage};

const PATIENCE: Duration = Duration::from_secs(90);
const SHARED: [u8; 16] = [0xc3; 16];
const ROAMS: [u8; 16] = [0xd4; 16];
/// Where the phone that roams is, by half hours: at home, at two cells, at work, at a third cell.
const ROAM: [u8; 12] = [0, 0, 0, 0, 1, 2, 3, 3, 3, 4, 0, 0];
/// Where the proxy's clock begins, in milliseconds.
const MORNING: u64 = 1_767_250_800_000;

/// A folder with a config.py that has one user, and where its proxy will listen.
fn folder() -> (TempDir, SocketAddrV4) {
    let users = "USERS = {\n    \"first\": \"00112233445566778899aabbccddeeff\",\n}";
    let (config, to) = stage(&[include_str!("clock.py"), users].concat());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.py");
    fs::write(&path, config).unwrap();
    let clock = folder.path().join("clock");
    fs::write(&clock, MORNING.to_string()).unwrap();
    for path in [path, clock] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    }
    (folder, to)
}

/// The proxy in a container, with config.py mounted as a single file.
fn up(engine: &Arc<Engine>, compose: &Compose, proxy: &Installed, folder: TempDir) -> Project {
    let venv = proxy.python.ancestors().nth(2).unwrap().display();
    let file = |name| format!("./{name}:/home/tgproxy/{name}");
    let mounts = [format!("{venv}:{venv}:ro"), file("config.py"), file("clock")];
    let [python, script] = [&proxy.python, &proxy.script].map(|path| path.to_str().unwrap());
    Project::up(engine, compose, folder, &[python, script, "config.py"], &mounts)
}

/// Has mtp-users edit the file, which must go well.
fn users(config: &Path, args: &[&str], input: &str) {
    let args = [args, &["--config", config.to_str().unwrap()]].concat();
    let output = run("mtp-users", &args, input.as_bytes());
    assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
}

/// Five phones in five places on one account, and one phone that is out for work: six hours of
/// use, as bursts of three connections every few minutes. How many connections it was in all.
fn six_hours(to: SocketAddrV4, clock: &File) -> usize {
    let (mut random, mut bursts) = (SeededRng::new(5), Vec::new());
    for phone in 1..=6_u8 {
        let mut time = random.below(200);
        while time < 6 * 3600 {
            let place = ROAM[usize::try_from(time / 1800).unwrap()];
            bursts.push(match phone {
                6 => (time, ROAMS, Ipv4Addr::new(127, 32 + place, 7, 9)),
                _ => (time, SHARED, Ipv4Addr::new(127, 40 + phone, 7, 9)),
            });
            time += 100 + random.below(200);
        }
    }
    bursts.sort_unstable();
    for (seconds, secret, from) in &bursts {
        let now = MORNING + seconds * 1000;
        for n in 0..3 {
            clock.write_all_at((now + n * 300).to_string().as_bytes(), 0).unwrap();
            let client = Client::open(*from, to, &Opening::new(Mode::Secure, *secret, 2));
            client.and_then(|mut client| client.ask(9)).expect("it is served");
        }
    }
    bursts.len() * 3
}

/// Another file under the same name is not what the container sees, and that is said.
fn an_editor_that_replaces(config: &Path, container: &str) {
    let fresh = config.with_extension("new");
    fs::copy(config, &fresh).unwrap();
    fs::rename(&fresh, config).unwrap();
    let args = ["reload", "--container", container, "--config", config.to_str().unwrap()];
    let output = run("mtp-users", &args, b"");
    let said = text(&output.stderr);
    let want = "has an older file of that name open";
    assert!(output.status.code() == Some(1) && said.contains(want), "{said}");
    assert!(said.contains("restart the container, and never replace the file that it mounts"));
    assert!(text(&output.stdout).contains("\"confirmed\":true"), "it reads what it sees again");
}

/// The last verdict on a user.
fn verdict(rows: &[String], user: &str) -> String {
    let rows = rows.iter().rev().map(|row| serde_json::from_str::<Value>(row).unwrap());
    let mut rows = rows.filter(|row| row["type"] == "summary" && row["user"] == user);
    rows.next().map_or(String::new(), |row| row["verdict"].as_str().unwrap_or_default().to_owned())
}

fn wait(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "in vain: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn five_at_once_share_and_one_that_roams_does_not() {
    let (Some(compose), Some(engine)) = (Compose::old(), Engine::get()) else {
        return skip("a Docker engine and Compose");
    };
    let Some(proxy) = installed() else { return skip("mtprotoproxy") };
    let (folder, to) = folder();
    let project = up(&engine, &compose, &proxy, folder);
    let config = project.folder.path().join("config.py");
    let before = fs::read(&config).unwrap();
    let mut pipeline = Pipeline::start(
        &mut project.command(&["logs", "-f"]),
        &["--every", "10m", "--trust-private"],
    );
    wait("the proxy listens", || TcpStream::connect(to).is_ok());

    let container = project.container();
    let reload = ["--reload", "--container", &container];
    let secrets = [SHARED, ROAMS].map(hex::encode).join("\n");
    let add = ["add", "shared", "roams", "--secret-from", "-"];
    users(&config, &[&add[..], &reload].concat(), &secrets);
    users(&config, &[&["access-log", "on"][..], &reload].concat(), "");

    let clock = File::options().write(true).open(project.folder.path().join("clock")).unwrap();
    let visits = six_hours(to, &clock);
    wait("a verdict", || verdict(&pipeline.scores(), "shared") == "sharing");

    users(&config, &["access-log", "off"], "");
    users(&config, &["remove", "shared", "roams"], "");
    an_editor_that_replaces(&config, &container);
    assert_eq!(fs::read(&config).unwrap(), before);
    assert!(project.down());
    assert_eq!(pipeline.end(), [Some(0), Some(0)]);
    let (events, scores) = (pipeline.events(), pipeline.scores());
    assert_eq!(verdict(&scores, "shared"), "sharing");
    assert_ne!(verdict(&scores, "roams"), "sharing");
    let connects = events.iter().filter(|(_, row)| row.contains(r#""type":"connect""#));
    assert_eq!(connects.count(), visits);
}
