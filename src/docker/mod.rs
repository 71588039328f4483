//! A client of the Docker Engine API on its Unix socket: containers, signals, logs. The command
//! `docker` is not needed; Podman's socket has the same API.

mod api;
mod http;
pub mod logs;

use std::io::{self, ErrorKind, Read};
use std::net::IpAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use self::api::{ApiError, ContainerInspect, ContainerSummary};
use self::http::Response;
use crate::error::{Error, SystemError};

/// A container engine's socket.
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
    /// The Compose service: `mtprotoproxy`
    pub service: Option<String>,
    /// Its first process, in this machine's numbering; absent if it does not run.
    pub pid: Option<u32>,
    /// `host`, `bridge`, `container:…`, or the name of a network.
    pub network_mode: String,
    pub has_terminal: bool,
    /// `NAME=value`
    pub environment: Vec<String>,
    /// `2026-11-23T15:40:35.158Z`
    pub started: String,
    pub mounts: Vec<Mount>,
    pub published: Vec<Published>,
    pub gateways: Vec<IpAddr>,
}

/// Selects containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// By name, by the beginning of an id or by Compose service.
    Name(String),
    /// A Compose project, or one of its services.
    Compose { project: String, service: Option<String> },
}

/// A container of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedContainer {
    pub id: String,
    pub name: String,
    /// `mtprotoproxy-1`, as Compose names a container in its logs.
    pub compose_name: Option<String>,
    pub is_running: bool,
}

/// A file or folder of this machine that a container has.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Mount {
    /// The path on this machine.
    #[serde(rename = "Source", default)]
    pub source: PathBuf,
    /// The path in the container.
    #[serde(rename = "Destination")]
    pub destination: PathBuf,
}

/// A published TCP port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// In the container.
    pub port: u16,
    /// On this machine.
    pub host_port: u16,
}

impl Docker {
    /// Finds the socket: `DOCKER_HOST`, the machine's, or the user's. Sends nothing.
    pub fn connect() -> Result<Self, Error> {
        match std::env::var("DOCKER_HOST") {
            Ok(host) if !host.is_empty() => {
                host.strip_prefix("unix://").map(Self::at).ok_or_else(|| {
                    Error::refused(
                        "DOCKER_HOST",
                        format!("invalid address '{host}' (expected unix://PATH)"),
                    )
                })
            }
            _ => Ok(Self::at(default_socket())),
        }
    }

    pub fn at(socket: impl Into<PathBuf>) -> Self {
        Self { socket: socket.into() }
    }

    /// Finds running containers by name, by the beginning of an id (12 digits or more) or by Compose
    /// service. An error if there is none.
    pub fn containers(&self, name: &str) -> Result<Vec<Container>, Error> {
        let listed: Vec<ContainerSummary> = self.read("/containers/json")?;
        let matching: Vec<_> = listed.iter().filter(|one| one.matches(name)).collect();
        if matching.len() > CONTAINERS_MAX {
            let what =
                format!("{} containers have this name (at most {CONTAINERS_MAX})", matching.len());
            return Err(Error::refused(format!("container {name}"), what));
        }
        let found = self.inspect(&matching)?;
        if found.is_empty() {
            let names: Vec<_> = listed.iter().filter_map(ContainerSummary::name).collect();
            let has = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            return Err(Error::refused(
                format!("container {name}"),
                format!("no running container or service has this name (running: {has})"),
            ));
        }
        Ok(found)
    }

    /// The running container that has this file of the machine: mounted itself, or in a folder.
    pub fn mounting(&self, file: &Path) -> Result<Option<Container>, Error> {
        let listed: Vec<ContainerSummary> = self.read("/containers/json")?;
        let is_in = |mount: &Mount| {
            !mount.source.as_os_str().is_empty()
                && mount.source != Path::new("/")
                && file.starts_with(&mount.source)
        };
        let all = self.inspect(&listed.iter().take(INSPECTED_MAX).collect::<Vec<_>>())?;
        Ok(all.into_iter().find(|one| one.mounts.iter().any(is_in)))
    }

    /// Inspects containers; those that are gone meanwhile are left out.
    fn inspect(&self, listed: &[&ContainerSummary]) -> Result<Vec<Container>, Error> {
        let mut found = Vec::new();
        for one in listed {
            let target = format!("/containers/{}/json", http::percent_encode(&one.id));
            let response = self.send("GET", &target)?;
            if response.status != NOT_FOUND {
                let inspected: ContainerInspect = parse(&target, &body_of(response)?)?;
                found.push(inspected.into_container());
            }
        }
        Ok(found)
    }

    /// The name of the running container that a TCP port of this machine is published for.
    pub fn publishing(&self, port: u16) -> Result<Option<String>, Error> {
        let listed: Vec<ContainerSummary> = self.read("/containers/json")?;
        let found = listed.iter().find(|one| one.publishes(port)).and_then(ContainerSummary::name);
        Ok(found.map(str::to_owned))
    }

    /// Sends a signal to the first process of a container.
    pub fn kill(&self, id: &str, signal: &str) -> Result<(), Error> {
        let target = format!("/containers/{}/kill?signal={signal}", http::percent_encode(id));
        self.request("POST", &target).map(drop)
    }

    /// Runs a program in a container with this standard input, and returns its standard output.
    pub fn exec(&self, id: &str, command: &[&str], input: &[u8]) -> Result<Vec<u8>, Error> {
        let create = serde_json::json!({
            "AttachStdin": true, "AttachStdout": true, "OpenStdin": true, "Cmd": command,
        });
        let target = format!("/containers/{}/exec", http::percent_encode(id));
        let created = http::post(&self.socket, &target, create.to_string().as_bytes());
        let created = body_of(created.map_err(|error| self.explained(&error))?)?;
        let Created { id } = parse(&target, &created)?;
        let target = format!("/exec/{}/start", http::percent_encode(&id));
        let start = br#"{"Detach":false,"Tty":false}"#;
        let response = http::exchange(&self.socket, &target, start, input);
        let response = response.map_err(|error| self.explained(&error))?;
        // The engine answers with an upgrade of the connection.
        let status = if response.status == 101 { 200 } else { response.status };
        let body = body_of(Response { status, ..response })?;
        Ok(logs::demultiplex(&body, false))
    }

    /// The output of a container since a moment, in seconds since 1970: standard output and error in
    /// the engine's order.
    pub fn logs_since(&self, of: &Container, since: f64) -> Result<Vec<u8>, Error> {
        let target = format!(
            "/containers/{}/logs?stdout=1&stderr=1&since={since:.6}",
            http::percent_encode(&of.id)
        );
        let body = self.request("GET", &target)?;
        Ok(logs::demultiplex(&body, of.has_terminal))
    }

    /// The output of a container in these seconds since 1970.
    pub fn logs_between(&self, of: &Container, since: f64, until: f64) -> Result<Vec<u8>, Error> {
        let id = http::percent_encode(&of.id);
        let target =
            format!("/containers/{id}/logs?stdout=1&stderr=1&since={since:.6}&until={until:.6}");
        let body = self.request("GET", &target)?;
        Ok(logs::demultiplex(&body, of.has_terminal))
    }

    /// Lists all containers of a selection, stopped ones included.
    pub fn select(&self, selection: &Selection) -> Result<Vec<ListedContainer>, Error> {
        let listed: Vec<ContainerSummary> = self.read("/containers/json?all=1")?;
        let selected = listed.into_iter().filter(|one| one.is_selected(selection));
        Ok(selected.map(ContainerSummary::into_listed).collect())
    }

    /// Whether a container has a terminal, so that its log has no framing.
    pub fn has_terminal(&self, id: &str) -> Result<bool, Error> {
        let target = format!("/containers/{}/json", http::percent_encode(id));
        let inspected: ContainerInspect = self.read(&target)?;
        Ok(inspected.into_container().has_terminal)
    }

    /// Opens the log of a container with timestamps, from the last `tail` messages on. `None`: the
    /// container does not exist.
    pub fn open_log(&self, id: &str, tail: Option<u64>) -> Result<Option<UnixStream>, Error> {
        let tail = tail.map_or_else(|| "all".to_owned(), |tail| tail.to_string());
        let id = http::percent_encode(id);
        let target = format!("/containers/{id}/logs?stdout=1&stderr=1&timestamps=1&tail={tail}");
        let (status, stream) =
            http::open_body(&self.socket, &target).map_err(|error| self.explained(&error))?;
        match status {
            200 => Ok(Some(stream)),
            NOT_FOUND => Ok(None),
            status => {
                let mut body = Vec::new();
                drop(stream.take(ERROR_MAX).read_to_end(&mut body));
                Err(refusal(status, &body))
            }
        }
    }

    /// Requests new messages of a container, with timestamps. The response starts with its head,
    /// which the engine sends with the first message.
    pub fn follow_log(&self, id: &str) -> Result<UnixStream, Error> {
        let id = http::percent_encode(id);
        let target =
            format!("/containers/{id}/logs?stdout=1&stderr=1&timestamps=1&tail=0&follow=1");
        http::send(&self.socket, &target).map_err(|error| self.explained(&error))
    }

    /// Requests the starts, ends and removals of containers.
    pub fn follow_events(&self) -> Result<UnixStream, Error> {
        let filters = r#"{"type":["container"],"event":["start","die","destroy"]}"#;
        let target = format!("/events?filters={}", http::percent_encode(filters));
        http::send(&self.socket, &target).map_err(|error| self.explained(&error))
    }

    fn read<T: for<'d> Deserialize<'d>>(&self, target: &str) -> Result<T, Error> {
        parse(target, &self.request("GET", target)?)
    }

    fn request(&self, method: &str, target: &str) -> Result<Vec<u8>, Error> {
        body_of(self.send(method, target)?)
    }

    fn send(&self, method: &str, target: &str) -> Result<Response, Error> {
        http::request(&self.socket, method, target).map_err(|error| self.explained(&error))
    }

    /// Adds the socket and a likely cause to an error of the system.
    fn explained(&self, error: &io::Error) -> Error {
        let hint = if error.kind() == ErrorKind::PermissionDenied {
            " (it requires root or the group docker)"
        } else if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) {
            " (is Docker running?)"
        } else {
            ""
        };
        let at = format!("docker: {}", self.socket.display());
        Error::refused(at, format!("{}{hint}", SystemError(error)))
    }
}

/// Most containers that are searched for a mount.
const INSPECTED_MAX: usize = 256;

/// What the engine answers to a new `exec`.
#[derive(Deserialize)]
struct Created {
    #[serde(rename = "Id")]
    id: String,
}

/// Containers of one service. Each is asked for by itself.
const CONTAINERS_MAX: usize = 256;

/// The status of a container that was removed after it was listed.
const NOT_FOUND: u16 = 404;
/// The longest body of an error that is read.
const ERROR_MAX: u64 = 4096;

fn parse<T: for<'d> Deserialize<'d>>(target: &str, body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body)
        .map_err(|error| Error::refused("docker", format!("{target}: invalid response: {error}")))
}

fn body_of(response: Response) -> Result<Vec<u8>, Error> {
    if (200..300).contains(&response.status) {
        return Ok(response.body);
    }
    Err(refusal(response.status, &response.body))
}

/// The engine's message, if there is one.
fn refusal(status: u16, body: &[u8]) -> Error {
    let error: Option<ApiError> = serde_json::from_slice(body).ok();
    Error::refused(
        "docker",
        error.map_or_else(|| format!("status {status}"), |error| error.message),
    )
}

/// The machine's socket, or the user's where only that exists.
fn default_socket() -> PathBuf {
    let system = PathBuf::from("/var/run/docker.sock");
    let own = std::env::var_os("XDG_RUNTIME_DIR").map(|dir| Path::new(&dir).join("docker.sock"));
    match own {
        Some(own) if !system.exists() && own.exists() => own,
        _ => system,
    }
}
/// Parses what an engine may answer: a response with its head, whose body is a list of containers,
/// one container, or an error. For tests.
#[doc(hidden)]
pub fn containers_of(answer: &[u8]) -> Vec<Container> {
    let Ok(response) = http::read_response(answer) else { return Vec::new() };
    let listed: Vec<ContainerSummary> = serde_json::from_slice(&response.body).unwrap_or_default();
    let all = Selection::Name("px-1".to_owned());
    let listed = listed.into_iter().filter(|one| one.publishes(443) || one.is_selected(&all));
    drop(listed.map(ContainerSummary::into_listed).collect::<Vec<_>>());
    let inspected: Option<ContainerInspect> = serde_json::from_slice(&response.body).ok();
    drop(body_of(response));
    inspected.map(ContainerInspect::into_container).into_iter().collect()
}
