//! Several targets at once, and containers that start and stop while they are sampled.

use std::collections::BTreeMap;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use super::clients::{Counts, client, counts, expected, server};
use super::net::{Net, V4};
use super::stage::Stage;
use super::watching::Watch;
use crate::harness::{check_schema, skip, text, tool};

/// The counts of each source.
fn by_source(rows: &[serde_json::Value]) -> BTreeMap<String, Counts> {
    rows.iter()
        .map(|row| (row["source"].as_str().unwrap_or("").to_owned(), counts(&row.to_string())))
        .collect()
}

#[test]
fn namespaces_and_processes_at_once() {
    let (Some(one), Some(two)) = (Net::new(), Net::new()) else { return };
    let at = SocketAddr::new(V4.parse().unwrap(), 443);
    let listeners = [&one, &two].map(|net| net.at_server(|| server(at)));
    let from = |net: &Net, ip: &str| net.at_clients(|| client(ip.parse().unwrap(), at));
    let held = [from(&one, "10.77.0.1"), from(&two, "10.77.0.2"), from(&two, "10.77.0.2")];
    let pid = two.inside.id().to_string();
    let mut command = tool("mtp-conns");
    let nowhere = ["--netns", "nowhere-at-all"];
    command.args(["--netns", &one.server(), "--pid", &pid]).args(nowhere);
    let output = command.output().unwrap();
    let rows = text(&output.stdout);
    check_schema(&rows);
    let rows: Vec<_> = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    let first = format!("/run/netns/{}", one.server());
    let want = [
        (first, expected(&[("10.77.0.1", 1)])),
        (format!("process {pid}"), expected(&[("10.77.0.2", 2)])),
    ];
    assert_eq!(by_source(&rows), BTreeMap::from(want));
    // A missing target is reported and does not affect the others.
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stderr).lines().count(), 1, "{}", text(&output.stderr));
    drop((listeners, held));
}

/// A project of the engine's network: a service of this name, with so many containers.
fn compose(stage: &Stage, folder: &std::path::Path, args: &[&str]) {
    let output = Command::new("timeout")
        .args(["120", "docker-compose", "-p", "px"])
        .args(args)
        .env("DOCKER_HOST", stage.engine.host())
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "docker-compose {args:?}: {}", text(&output.stderr));
}

#[test]
fn a_service_with_two_containers_beside_another() {
    let Some(stage) = Stage::set(&[]) else { return };
    if Command::new("docker-compose").arg("version").output().is_err() {
        return skip("docker-compose");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = "version: '2.4'\nservices:\n  proxy:\n    image: server\n    ports: ['443']\n";
    fs::write(folder.path().join("docker-compose.yml"), file).unwrap();
    compose(&stage, folder.path(), &["up", "-d", "--scale", "proxy=2"]);
    stage.engine.must(&["run", "-d", "--name", "other", "-p", "443", "server"]);
    let published = |name: &str| {
        let ports = stage.engine.must(&["port", name, "443"]);
        ports.lines().next().unwrap().rsplit(':').next().unwrap().parse::<u16>().unwrap()
    };
    let call = |from: &str, name: &str| stage.connect(from, V4, published(name));
    let held = [
        call("10.77.1.1", "px_proxy_1"),
        call("10.77.1.2", "px_proxy_2"),
        call("10.77.1.2", "px_proxy_2"),
        call("10.77.1.3", "other"),
    ];
    // From this machine through Compose's network: the gateway is not a client.
    let path = "{{.NetworkSettings.Networks.px_default.IPAddress}}";
    let inside = stage.engine.must(&["inspect", "-f", path, "px_proxy_1"]).parse().unwrap();
    let published = SocketAddr::new("127.0.0.1".parse().unwrap(), published("px_proxy_1"));
    let local: Vec<_> = [SocketAddr::new(inside, 443), published]
        .map(|to| stage.net.at_server(|| TcpStream::connect(to).unwrap()))
        .into();
    let one = ("px_proxy_1".to_owned(), expected(&[("10.77.1.1", 1)]));
    let two = ("px_proxy_2".to_owned(), expected(&[("10.77.1.2", 2)]));
    let other = ("other".to_owned(), expected(&[("10.77.1.3", 1)]));
    let service = BTreeMap::from([one.clone(), two.clone()]);
    let all = BTreeMap::from([one.clone(), two, other]);
    stage.shows(&["--container", "proxy"], |rows| {
        by_source(rows) == service && rows.iter().any(|row| row["hidden"] == 2)
    });
    stage.shows(&["--container", "proxy", "--container", "other"], |rows| by_source(rows) == all);

    // One stops: its connections are closed, the other's are not.
    let args = ["--container", "proxy", "--interval", "0.2", "--changes"];
    let mut watch = Watch::of(stage.tool(&args));
    std::thread::sleep(Duration::from_secs(1));
    compose(&stage, folder.path(), &["up", "-d", "--scale", "proxy=1"]);
    for _ in 0..2 {
        let row = watch.row();
        assert!(row.contains("\"closed\"") && row.contains("\"source\":\"px_proxy_2\""), "{row}");
    }
    assert_eq!(watch.interrupted(), (Some(0), String::new()));
    stage.shows(&["--container", "proxy"], |rows| by_source(rows) == BTreeMap::from([one.clone()]));
    compose(&stage, folder.path(), &["down", "-t", "0"]);
    drop((held, local));
}

#[test]
fn a_container_restarts_while_it_is_sampled() {
    let Some(stage) = Stage::set(&[]) else { return };
    stage.engine.must(&["run", "-d", "--name", "held", "-p", "28443:443", "server"]);
    let before = stage.connect("10.77.1.1", V4, 28443);
    let mut watch = Watch::of(stage.tool(&["--container", "held", "--interval", "0.2"]));
    watch.row_where(|row| row.contains("\"10.77.1.1\""));
    stage.engine.must(&["stop", "-t", "0", "held"]);
    std::thread::sleep(Duration::from_secs(1));
    stage.engine.must(&["start", "held"]);
    let after = stage.connect("10.77.1.2", V4, 28443);
    let row = watch.row_where(|row| row.contains("\"10.77.1.2\""));
    assert!(!row.contains("\"10.77.1.1\""), "{row}");
    let (status, stderr) = watch.interrupted();
    assert_eq!(status, Some(0), "{stderr}");
    let lines: Vec<_> = stderr.lines().filter(|line| !line.contains("listens on it")).collect();
    let [gone, back] = lines.as_slice() else { panic!("{stderr}") };
    assert!(gone.starts_with("mtp-conns: container held: no "), "{stderr}");
    assert_eq!(*back, "mtp-conns: container held: it runs again");
    drop((before, after));
}
