//! Several servers over ssh into one mtp-score, as the README has it.

use std::collections::BTreeSet;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{run, skip, text, tool};

/// How long anything may take on a busy machine.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Connections at each server.
const COUNT: usize = 4000;

/// A server on loopback; ended on drop.
struct Sshd(Child, u16);

impl Sshd {
    fn start(folder: &Path) -> Option<Self> {
        let key = |name: &str| {
            let path = folder.join(name);
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(&path)
                .status();
            made.is_ok_and(|status| status.success()).then_some(path)
        };
        let (host, user) = (key("host")?, key("user")?);
        fs::copy(user.with_extension("pub"), folder.join("authorized")).ok()?;
        // Made by the package's own unit.
        fs::create_dir_all("/run/sshd").ok()?;
        let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let child = Command::new("/usr/sbin/sshd")
            .args(["-D", "-q", "-f", "/dev/null", "-o", "ListenAddress=127.0.0.1"])
            .args(["-o", &format!("Port={port}"), "-o", "StrictModes=no", "-o", "UsePAM=no"])
            .args(["-o", "PermitRootLogin=yes", "-o", "PidFile=none"])
            .args(["-o", &format!("HostKey={}", host.display())])
            .args(["-o", &format!("AuthorizedKeysFile={}", folder.join("authorized").display())])
            .stdin(Stdio::null())
            .spawn()
            .ok()?;
        let server = Self(child, port);
        let end = Instant::now() + TIMEOUT;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > end {
                return None;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(server)
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The lines of a host: connections of one user from one address, others of users of its own.
fn log(host: &str, address: &str, count: usize) -> String {
    let line = |n: usize| {
        let (minute, second) = (n / 60, n % 60);
        let user =
            if n.is_multiple_of(10) { "shared".to_owned() } else { format!("{host}-{}", n % 7) };
        let at = format!("2026-11-23T{:02}:{:02}:{second:02}.000Z", 10 + minute / 60, minute % 60);
        format!(
            "mtp-access ts={at} ev=connect id={host}-{n} user=\"{user}\" ip={address} port={} mode=tls dc=2\n",
            1024 + n
        )
    };
    (0..count).map(line).collect()
}

#[test]
fn two_servers_over_ssh_are_one_stream() {
    if !Path::new("/usr/sbin/sshd").exists() {
        return skip("sshd");
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(sshd) = Sshd::start(folder.path()) else { return skip("sshd as root") };
    let logs = [log("a", "198.51.100.7", COUNT), log("b", "203.0.113.9", COUNT)];
    // The format is that of the access log.
    let rows = text(&run("mtp-parse", &[], logs[0].as_bytes()).stdout);
    assert_eq!(
        rows.matches("\"type\":\"connect\"").count(),
        COUNT,
        "{}",
        &rows[..400.min(rows.len())]
    );
    for (name, log) in ["a", "b"].iter().zip(&logs) {
        fs::write(folder.path().join(format!("{name}.log")), log).unwrap();
    }
    // The `ssh` of the recipe, with the port and key of this server.
    let ssh = folder.path().join("ssh");
    let key = folder.path().join("user");
    let script = format!(
        "#!/bin/sh\nshift\nexec /usr/bin/ssh -p {} -i {} -o StrictHostKeyChecking=no -o \
         UserKnownHostsFile=/dev/null -o LogLevel=ERROR root@127.0.0.1 \"$@\"\n",
        sshd.1,
        key.display()
    );
    fs::write(&ssh, script).unwrap();
    fs::set_permissions(&ssh, fs::Permissions::from_mode(0o755)).unwrap();
    let program = |name: &str| tool(name).get_program().to_owned().into_string().unwrap();
    let (logs, dir) = (program("mtp-logs"), folder.path().display().to_string());
    let host = |name: &str| {
        format!(
            "ssh {name} timeout 10 {logs} --name {name} --file {dir}/{name}.log | \
             grep --line-buffered ''"
        )
    };
    let recipe = format!(
        "{{ {} & {} & wait; }} | {} | {} --late 3h --events --format json > {dir}/out",
        host("a"),
        host("b"),
        program("mtp-parse"),
        program("mtp-score")
    );
    let path = format!("{dir}:{}", std::env::var("PATH").unwrap());
    let output = Command::new("bash").args(["-c", &recipe]).env("PATH", path).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let out = fs::read_to_string(folder.path().join("out")).unwrap();
    let rows: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let connects = || rows.iter().filter(|row| row["type"] == "connect");
    let of = |name: &str| connects().filter(|row| row["source"] == name).count();
    assert_eq!((of("a"), of("b"), connects().count()), (COUNT, COUNT, 2 * COUNT));
    let users: BTreeSet<_> = connects().map(|row| row["user"].as_str().unwrap()).collect();
    let summaries: Vec<_> = rows.iter().filter(|row| row["type"] == "summary").collect();
    assert_eq!(summaries.len(), users.len(), "each user once");
    let shared = summaries.iter().find(|row| row["user"] == "shared").unwrap();
    assert_eq!(
        (&shared["connections"], &shared["addresses"]),
        (&Value::from(2 * COUNT / 10), &Value::from(2))
    );
}
