//! A network with a Docker engine in it, and the tool beside it.

use std::net::{IpAddr, SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use super::clients::{Counts, client, counts};
use super::engine::Engine;
use super::net::Net;
use crate::harness::{check_schema, text};

/// Both.
pub(super) struct Stage {
    pub(super) engine: Engine,
    pub(super) net: Net,
}

impl Stage {
    /// Sets it; nothing where that cannot be.
    pub(super) fn set(args: &[&str]) -> Option<Self> {
        let net = Net::new()?;
        let engine = Engine::start(&net, args)?;
        engine.image();
        Some(Self { engine, net })
    }

    /// The tool in the engine's network.
    pub(super) fn tool(&self, args: &[&str]) -> Command {
        let mut command = self.net.command(env!("CARGO_BIN_EXE_mtp-conns"));
        command.env("DOCKER_HOST", self.engine.host()).args(args);
        command
    }

    /// Runs the tool until its only row is as expected.
    pub(super) fn sees(
        &self,
        args: &[&str],
        is_right: impl Fn(&serde_json::Value, &Counts) -> bool,
    ) {
        self.shows(args, |rows| matches!(rows, [row] if is_right(row, &counts(&row.to_string()))));
    }

    /// Runs the tool until its rows are as expected.
    pub(super) fn shows(&self, args: &[&str], are_right: impl Fn(&[serde_json::Value]) -> bool) {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let output = self.tool(args).output().unwrap();
            let (text, stderr) = (text(&output.stdout), text(&output.stderr));
            check_schema(&text);
            let rows: Vec<_> = text.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
            if output.status.success() && are_right(&rows) {
                return;
            }
            assert!(Instant::now() < until, "{args:?}: {text}{stderr}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Connects from an address of the clients, once somebody listens.
    pub(super) fn connect(&self, from: &str, to: &str, port: u16) -> TcpStream {
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
