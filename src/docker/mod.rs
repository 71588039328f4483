//! Docker's own socket, as far as the tools need it: which containers run, their first process,
//! a signal, the last of what they printed. `docker` itself need not be installed; Podman's
//! socket answers alike.

mod answer;
mod http;
mod logs;

use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use self::answer::{Inspected, Listed, Said};
use crate::error::{Error, Plain};

/// A reachable Docker.
#[derive(Clone, Debug)]
pub struct Docker {
    socket: PathBuf,
}

/// A running container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// 64 hex digits.
    pub id: String,
    /// `proxy-mtprotoproxy-1`
    pub name: String,
    /// The Compose service it belongs to: `mtprotoproxy`
    pub service: Option<String>,
    /// Its first process, as this machine numbers it; absent where Docker runs elsewhere.
    pub pid: Option<u32>,
    /// `host`, `bridge`, `container:…`, or the name of a network.
    pub network_mode: String,
    /// Whether it has a terminal.
    pub has_terminal: bool,
    /// Files and folders of this machine that it sees.
    pub mounts: Vec<Mount>,
    /// Its ports that this machine publishes.
    pub published: Vec<Published>,
    /// The gateways of its networks.
    pub gateways: Vec<IpAddr>,
}

/// A file or folder that a container sees.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Mount {
    /// Where it is on this machine.
    #[serde(rename = "Source", default)]
    pub source: PathBuf,
    /// Where the container sees it.
    #[serde(rename = "Destination")]
    pub destination: PathBuf,
}

/// A published TCP port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// Inside.
    pub port: u16,
    /// On this machine.
    pub host_port: u16,
}

impl Docker {
    /// The Docker of `DOCKER_HOST`, of this machine, or of this user. Nothing is asked yet.
    pub fn connect() -> Result<Self, Error> {
        match std::env::var("DOCKER_HOST") {
            Ok(host) if !host.is_empty() => host
                .strip_prefix("unix://")
                .map(Self::at)
                .ok_or_else(|| Error::refused("DOCKER_HOST", "only unix:// is spoken")),
            _ => Ok(Self::at(usual_socket())),
        }
    }

    /// The Docker behind this socket.
    pub fn at(socket: impl Into<PathBuf>) -> Self {
        Self { socket: socket.into() }
    }

    /// The running containers that go by this name: the container's own name, the beginning of
    /// its id (12 digits or more), or its Compose service. An error where there is none.
    pub fn containers(&self, name: &str) -> Result<Vec<Container>, Error> {
        let listed: Vec<Listed> = self.read("/containers/json")?;
        let mut found = Vec::new();
        for one in listed.iter().filter(|one| one.is_called(name)) {
            let target = format!("/containers/{}/json", one.id);
            let answer = self.answer("GET", &target)?;
            if answer.status != GONE {
                let inspected: Inspected = understood(&target, &accepted(answer)?)?;
                found.push(inspected.into_container());
            }
        }
        if found.is_empty() {
            let names: Vec<_> = listed.iter().filter_map(Listed::own_name).collect();
            let has = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            return Err(Error::refused(
                format!("container {name}"),
                format!("no running container or service is called so; running: {has}"),
            ));
        }
        Ok(found)
    }

    /// The name of the running container that this machine publishes the TCP port for.
    pub fn publishing(&self, port: u16) -> Result<Option<String>, Error> {
        let listed: Vec<Listed> = self.read("/containers/json")?;
        let found = listed.iter().find(|one| one.publishes(port)).and_then(Listed::own_name);
        Ok(found.map(str::to_owned))
    }

    /// Sends a signal to the first process of a container.
    pub fn kill(&self, id: &str, signal: &str) -> Result<(), Error> {
        let target = format!("/containers/{}/kill?signal={signal}", http::escaped(id));
        self.ask("POST", &target).map(drop)
    }

    /// What a container has printed since this moment, in seconds since 1970 with a fraction:
    /// standard output and error in the order Docker keeps them.
    pub fn logs_since(&self, of: &Container, since: f64) -> Result<Vec<u8>, Error> {
        let target = format!(
            "/containers/{}/logs?stdout=1&stderr=1&since={since:.6}",
            http::escaped(&of.id)
        );
        let body = self.ask("GET", &target)?;
        Ok(logs::unframed(body, of.has_terminal))
    }

    fn read<T: for<'d> Deserialize<'d>>(&self, target: &str) -> Result<T, Error> {
        understood(target, &self.ask("GET", target)?)
    }

    fn ask(&self, method: &str, target: &str) -> Result<Vec<u8>, Error> {
        accepted(self.answer(method, target)?)
    }

    fn answer(&self, method: &str, target: &str) -> Result<http::Answer, Error> {
        http::ask(&self.socket, method, target).map_err(|error| {
            let is = |kind| error.kind() == kind;
            let hint = if is(ErrorKind::PermissionDenied) {
                " (it takes root or the group docker)"
            } else if is(ErrorKind::NotFound) || is(ErrorKind::ConnectionRefused) {
                " (is Docker running?)"
            } else {
                ""
            };
            let at = format!("docker: {}", self.socket.display());
            Error::refused(at, format!("{}{hint}", Plain(&error)))
        })
    }
}

/// The status where a container has gone since it was listed.
const GONE: u16 = 404;

fn understood<T: for<'d> Deserialize<'d>>(target: &str, body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body)
        .map_err(|error| Error::refused("docker", format!("{target}: not understood: {error}")))
}

fn accepted(answer: http::Answer) -> Result<Vec<u8>, Error> {
    if (200..300).contains(&answer.status) {
        return Ok(answer.body);
    }
    let said: Option<Said> = serde_json::from_slice(&answer.body).ok();
    let said = said.map_or_else(|| format!("status {}", answer.status), |said| said.message);
    Err(Error::refused("docker", said))
}

/// The first of the usual places that exists.
fn usual_socket() -> PathBuf {
    let system = PathBuf::from("/var/run/docker.sock");
    let own = std::env::var_os("XDG_RUNTIME_DIR").map(|dir| Path::new(&dir).join("docker.sock"));
    match own {
        Some(own) if !system.exists() && own.exists() => own,
        _ => system,
    }
}
