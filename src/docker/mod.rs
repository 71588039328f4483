//! Docker's own socket, as far as the tools need it: which containers run, their first process,
//! a signal, the last of what they printed. `docker` itself need not be installed; Podman's
//! socket answers alike.

mod http;
mod logs;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;

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
            let inspected: Inspected = self.read(&format!("/containers/{}/json", one.id))?;
            found.push(inspected.into_container());
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
        let publishes = |one: &&Listed| {
            one.ports.iter().any(|at| at.protocol == "tcp" && at.public_port == Some(port))
        };
        let found = listed.iter().find(publishes).and_then(Listed::own_name);
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
        let body = self.ask("GET", target)?;
        serde_json::from_slice(&body)
            .map_err(|error| Error::refused("docker", format!("{target}: not understood: {error}")))
    }

    fn ask(&self, method: &str, target: &str) -> Result<Vec<u8>, Error> {
        let answer = http::ask(&self.socket, method, target).map_err(|error| {
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
        })?;
        if (200..300).contains(&answer.status) {
            return Ok(answer.body);
        }
        let said: Option<Said> = serde_json::from_slice(&answer.body).ok();
        let said = said.map_or_else(|| format!("status {}", answer.status), |said| said.message);
        Err(Error::refused("docker", said))
    }
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

/// What Docker says when it refuses.
#[derive(Deserialize)]
struct Said {
    message: String,
}

/// A row of the list.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    id: String,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    labels: Option<Labels>,
    #[serde(default)]
    ports: Vec<ListedPort>,
}

/// A port in the list.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListedPort {
    #[serde(default)]
    public_port: Option<u16>,
    #[serde(rename = "Type", default)]
    protocol: String,
}

type Labels = std::collections::BTreeMap<String, String>;

/// The label Compose puts its service's name in.
const SERVICE: &str = "com.docker.compose.service";
/// How many digits of an id are enough to mean it.
const ID_MIN: usize = 12;

impl Listed {
    fn own_name(&self) -> Option<&str> {
        self.names.first().map(|name| name.trim_start_matches('/'))
    }

    fn is_called(&self, name: &str) -> bool {
        let by_id = name.len() >= ID_MIN && self.id.starts_with(name);
        let by_name = self.names.iter().any(|own| own.trim_start_matches('/') == name);
        let service = self.labels.as_ref().and_then(|labels| labels.get(SERVICE));
        by_id || by_name || service.is_some_and(|service| service == name)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    id: String,
    name: String,
    state: State,
    config: Config,
    #[serde(default)]
    host_config: HostConfig,
    #[serde(default)]
    network_settings: NetworkSettings,
    #[serde(default)]
    mounts: Vec<Mount>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    #[serde(default)]
    pid: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    #[serde(default)]
    tty: bool,
    #[serde(default)]
    labels: Option<Labels>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct HostConfig {
    network_mode: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct NetworkSettings {
    ports: Option<std::collections::BTreeMap<String, Option<Vec<Binding>>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Binding {
    host_port: String,
}

impl Inspected {
    fn into_container(self) -> Container {
        let mut published = Vec::new();
        for (inside, bindings) in self.network_settings.ports.unwrap_or_default() {
            let port = inside.strip_suffix("/tcp").and_then(|port| port.parse().ok());
            for binding in bindings.unwrap_or_default() {
                let (Some(port), Ok(host_port)) = (port, binding.host_port.parse()) else {
                    continue;
                };
                let one = Published { port, host_port };
                if !published.contains(&one) {
                    published.push(one); // IPv4 and IPv6 are two bindings of one port
                }
            }
        }
        Container {
            id: self.id,
            name: self.name.trim_start_matches('/').to_owned(),
            service: self.config.labels.and_then(|mut labels| labels.remove(SERVICE)),
            pid: (self.state.pid > 0).then_some(self.state.pid),
            network_mode: self.host_config.network_mode,
            has_terminal: self.config.tty,
            mounts: self.mounts,
            published,
        }
    }
}
