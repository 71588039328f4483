//! Namespaces and processes that end and start again while they are sampled.

use std::net::SocketAddr;
use std::process::Command;

use super::clients::{client, server};
use super::net::{Copy, Net, V4, ip};
use super::watching::Watch;
use crate::harness::{run, text};

#[test]
fn a_namespace_is_deleted_and_added_again() {
    let Some(net) = Net::new() else { return };
    let at = SocketAddr::new(V4.parse().unwrap(), 443);
    let listener = net.at_server(|| server(at));
    let held = net.at_clients(|| client("10.77.0.5".parse().unwrap(), at));
    let name = net.server();
    let mut watch = Watch::start(&["--netns", &name, "--interval", "0.2"]);
    watch.row_where(|row| row.contains("\"total\":1,"));
    assert!(ip(&format!("netns del {name}")));
    std::thread::sleep(std::time::Duration::from_millis(700));
    assert!(ip(&format!("netns add {name}")));
    watch.row_where(|row| row.contains("\"total\":0,"));
    let (status, stderr) = watch.interrupted();
    assert_eq!(status, Some(0));
    let lines: Vec<_> = stderr.lines().collect();
    let [gone, silent, back] = lines.as_slice() else { panic!("{stderr}") };
    assert_eq!(*gone, format!("mtp-conns: /run/netns/{name}: no such namespace"));
    let both = [*silent, *back];
    assert!(both.iter().any(|line| line.ends_with(": available again")), "{stderr}");
    assert!(both.iter().any(|line| line.contains("nothing listens on it")), "{stderr}");
    drop((listener, held));
}

#[test]
fn a_process_ends() {
    let Some(net) = Net::new() else { return };
    let at = SocketAddr::new(V4.parse().unwrap(), 443);
    let listener = net.at_server(|| server(at));
    let held = net.at_clients(|| client("10.77.0.5".parse().unwrap(), at));
    let mut other = net.command("sleep").arg("100").spawn().unwrap();
    let pid = other.id().to_string();
    // The process is `ip` until it has executed `sleep`.
    let comm = format!("/proc/{pid}/comm");
    while std::fs::read_to_string(&comm).unwrap() != "sleep\n" {
        std::thread::yield_now();
    }
    let mut watch = Watch::start(&["--pid", &pid, "--changes", "--interval", "0.2"]);
    std::thread::sleep(std::time::Duration::from_millis(600));
    other.kill().unwrap();
    other.wait().unwrap();
    let row = watch.row();
    assert!(row.starts_with("{\"type\":\"closed\"") && row.contains("10.77.0.5"), "{row}");
    let (status, stderr) = watch.interrupted();
    assert_eq!(status, Some(0));
    assert_eq!(stderr, format!("mtp-conns: process {pid}: no such process\n"));
    drop((listener, held));
}

#[test]
fn a_missing_target_is_an_error() {
    for (args, what) in [
        (&["--netns", "nowhere-at-all"][..], "/run/netns/nowhere-at-all: no such namespace"),
        (&["--pid", "4194999"], "process 4194999: no such process"),
    ] {
        let output = run("mtp-conns", args, b"");
        assert_eq!(text(&output.stderr), format!("mtp-conns: {what}\n"));
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    }
}

#[test]
fn an_error_of_permission_names_the_alternative() {
    let Some(net) = Net::new() else { return };
    let copy = Copy::new();
    // Not readable by other users.
    let folder = tempfile::tempdir().unwrap();
    let shut = format!("unix://{}", folder.path().join("docker.sock").display());
    let run = |args: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"]);
        command.arg(&copy.path).args(args).env("DOCKER_HOST", &shut);
        let output = command.output().unwrap();
        (output.status.code(), text(&output.stderr))
    };
    let (status, stderr) = run(&["--netns", &net.server()]);
    assert_eq!((status, stderr.lines().count()), (Some(1), 1), "{stderr}");
    assert!(stderr.contains("requires root") && stderr.contains("--pid"), "{stderr}");
    let pid = net.inside.id().to_string();
    let (status, stderr) = run(&["--pid", &pid, "--via", "netlink"]);
    assert_eq!((status, stderr.lines().count()), (Some(1), 1), "{stderr}");
    assert!(stderr.contains("--via proc does not"), "{stderr}");
    let (status, stderr) = run(&["--container", "x"]);
    assert_eq!((status, stderr.lines().count()), (Some(1), 1), "{stderr}");
    assert!(stderr.contains("docker"), "{stderr}");
}
