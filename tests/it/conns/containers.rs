//! Containers on a real engine: true clients, or what hides them; a gateway is never a client.

use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::clients::{Counts, client, counts};
use super::engine::Engine;
use super::net::{Net, V4};
use crate::harness::{schema_holds, text};

/// The port that the engine publishes.
const PUBLISHED: u16 = 28443;

struct Stage {
    engine: Engine,
    net: Net,
}

impl Stage {
    fn set(args: &[&str]) -> Option<Self> {
        let net = Net::new()?;
        let engine = Engine::start(&net, args)?;
        engine.image();
        Some(Self { engine, net })
    }

    /// Runs the tool in the engine's network, until its row is as expected.
    fn sees(&self, args: &[&str], is_right: impl Fn(&serde_json::Value, &Counts) -> bool) {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let mut command = self.net.command(env!("CARGO_BIN_EXE_mtp-conns"));
            let output = command.env("DOCKER_HOST", self.engine.host()).args(args).output();
            let output = output.unwrap();
            let (rows, said) = (text(&output.stdout), text(&output.stderr));
            schema_holds(&rows);
            let row = serde_json::from_str(&rows).unwrap_or_default();
            if output.status.success() && is_right(&row, &counts(&rows)) {
                return;
            }
            assert!(Instant::now() < until, "{args:?}: {rows}{said}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn connect(&self, from: &str, to: &str, port: u16) -> TcpStream {
        let (from, to): (IpAddr, IpAddr) = (from.parse().unwrap(), to.parse().unwrap());
        let to = SocketAddr::new(to, port);
        let until = Instant::now() + Duration::from_secs(10);
        while self
            .net
            .at_clients(|| TcpStream::connect_timeout(&to, Duration::from_secs(2)))
            .is_err()
        {
            assert!(Instant::now() < until, "nobody listens on {to}");
            std::thread::sleep(Duration::from_millis(100));
        }
        self.net.at_clients(|| client(from, to))
    }
}

fn expected(clients: &[(&str, u64)]) -> Counts {
    clients.iter().map(|(ip, count)| ((*ip).to_owned(), *count)).collect()
}

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
    stage.sees(&["--port", "28443"], |row, seen| {
        let note = row["note"].as_str().unwrap_or_default();
        seen.is_empty() && row["hidden_by"] == hidden_by && note.contains("--container bridged")
    });
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
