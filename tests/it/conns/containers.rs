//! Containers on a real engine: clients, hidden clients, and gateways, which are not clients.

use std::net::{SocketAddr, TcpStream};

use super::clients::{Counts, expected};
use super::net::V4;
use super::stage::Stage;

/// The port that the engine publishes.
const PUBLISHED: u16 = 28443;

/// In bridge mode: remote clients are seen inside, what comes through this machine is hidden.
fn bridge(args: &[&str], hidden_by: &str) {
    let Some(stage) = Stage::set(args) else { return };
    let publish = format!("{PUBLISHED}:443");
    stage.engine.must(&["run", "-d", "--name", "bridged", "-p", &publish, "server"]);
    let remote: Vec<_> = ["10.77.1.2", "10.77.1.2", "10.77.1.3"]
        .iter()
        .map(|from| stage.connect(from, V4, PUBLISHED))
        .collect();
    let clients = expected(&[("10.77.1.2", 2), ("10.77.1.3", 1)]);
    stage.sees(&["--container", "bridged"], |row, seen| {
        *seen == clients && row["source"] == "bridged" && row.get("hidden_by").is_none()
    });
    let pid = stage.engine.must(&["inspect", "-f", "{{.State.Pid}}", "bridged"]);
    stage.sees(&["--pid", &pid, "--via", "proc"], |_, seen| *seen == clients);

    // From this machine itself, through the engine's proxy or the kernel's rewriting.
    let to = SocketAddr::new("127.0.0.1".parse().unwrap(), PUBLISHED);
    let local: Vec<_> =
        stage.net.at_server(|| (0..3).map(|_| TcpStream::connect(to).unwrap()).collect());
    for args in
        [&["--container", "bridged"][..], &["--pid", &pid], &["--pid", &pid, "--via", "proc"]]
    {
        stage.sees(args, |row, seen| {
            *seen == clients && row["hidden"] == 3 && row["hidden_by"] == hidden_by
        });
    }
    // Outside there is nothing of the remote ones, and no leg of the engine's proxy counts.
    let (name, beside) = (stage.net.server(), stage.net.inside.id().to_string());
    for place in [&[][..], &["--netns", &name], &["--pid", &beside]] {
        stage.sees(&[&["--port", "28443"], place].concat(), |row, seen| {
            let note = row["note"].as_str().unwrap_or_default();
            seen.is_empty() && row["hidden_by"] == hidden_by && note.contains("--container bridged")
        });
    }
    drop((remote, local));
}

#[test]
fn a_bridge_with_the_engines_proxy() {
    bridge(&[], "userland-proxy");
}

#[test]
fn a_bridge_without_the_engines_proxy() {
    bridge(&["--userland-proxy=false"], "nat");
}

#[test]
fn on_the_hosts_network_and_after_a_restart() {
    let Some(stage) = Stage::set(&[]) else { return };
    let labels = "com.docker.compose.service=proxy";
    stage.engine.must(&["run", "-d", "--name", "p1", "--network", "host", "-l", labels, "server"]);
    let held = stage.connect("10.77.1.9", V4, 443);
    let clients = expected(&[("10.77.1.9", 1)]);
    let right =
        |row: &serde_json::Value, seen: &Counts| *seen == clients && row.get("hidden_by").is_none();
    stage.sees(&[], right);
    stage.sees(&["--container", "proxy"], right);
    stage.engine.must(&["restart", "-t", "0", "p1"]);
    drop(held);
    let again = stage.connect("10.77.1.10", V4, 443);
    let clients = expected(&[("10.77.1.10", 1)]);
    stage.sees(&["--container", "p1"], |_, seen| *seen == clients);
    drop(again);
}

/// A container in two networks, and in one that leads nowhere: calls from this machine come from
/// as many gateways, and one alone is behind a route.
#[test]
fn every_network_has_a_gateway() {
    let Some(stage) = Stage::set(&[]) else { return };
    let engine = &stage.engine;
    engine.must(&["network", "create", "one"]);
    // Not the usual address: only the engine knows.
    let odd = ["network", "create", "--subnet", "172.29.0.0/16", "--gateway", "172.29.9.9", "two"];
    engine.must(&odd);
    engine.must(&["network", "create", "--internal", "three"]);
    engine.must(&["run", "-d", "--name", "many", "--network", "one", "server"]);
    let address = |network: &str| {
        let path = format!("{{{{(index .NetworkSettings.Networks \"{network}\").IPAddress}}}}");
        SocketAddr::new(engine.must(&["inspect", "-f", &path, "many"]).parse().unwrap(), 443)
    };
    let call = |network: &str| {
        let to = address(network);
        stage.net.at_server(|| TcpStream::connect(to).unwrap())
    };
    stage.sees(&["--container", "many"], |_, seen| seen.is_empty());
    let first = call("one");
    let pid = engine.must(&["inspect", "-f", "{{.State.Pid}}", "many"]);
    let hidden = |count: u64| {
        move |row: &serde_json::Value, seen: &Counts| {
            seen.is_empty() && row["hidden"] == count && row["hidden_by"] == "nat"
        }
    };
    let file = format!("/proc/{pid}/ns/net");
    for args in [["--container", "many"], ["--pid", &pid], ["--netns", &file]] {
        stage.sees(&args, hidden(1));
    }
    engine.must(&["network", "connect", "two", "many"]);
    engine.must(&["network", "connect", "three", "many"]);
    let others = [call("two"), call("three")];
    stage.sees(&["--container", "many"], hidden(3));
    engine.must(&["run", "-d", "--name", "inward", "--network", "three", "server"]);
    let path = "{{.NetworkSettings.Networks.three.IPAddress}}";
    let to = SocketAddr::new(engine.must(&["inspect", "-f", path, "inward"]).parse().unwrap(), 443);
    let inward = stage.net.at_server(|| TcpStream::connect(to).unwrap());
    let pid = engine.must(&["inspect", "-f", "{{.State.Pid}}", "inward"]);
    for args in [["--container", "inward"], ["--pid", &pid]] {
        stage.sees(&args, hidden(1));
    }
    drop((first, others, inward));
}
