//! The options of mtp-conns.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cli::value::{bounded, count, invalid, one_of};
use crate::error::Error;
use crate::io::read_file::{CONFIG_MAX, read_file};
use crate::pyconfig;
use crate::sockets::{Backend, NamespaceRef, PORTS_MAX, Prefix, TargetSpec, TelemtApi};
use crate::view::{self, Lang};

const DEFAULT_PORT: u16 = 443;
/// Holds the `Authorization` for telemt's API where no file does.
const AUTH_VARIABLE: &str = "MTP_TELEMT_AUTH";
const AUTH_MAX: u64 = 64 * 1024;
const INTERVAL_MAX_S: f64 = 365.0 * 86_400.0;

/// The options of mtp-conns.
#[expect(clippy::struct_excessive_bools, reason = "each is an independent flag")]
#[derive(Debug, Default)]
pub struct ConnsOptions {
    ports: Vec<u16>,
    pub(super) config: Option<PathBuf>,
    interval: Option<Duration>,
    pub(super) count: Option<u64>,
    pub(super) sockets: bool,
    pub(super) changes: bool,
    pub(super) info: bool,
    pub(super) top: Option<usize>,
    prefix: Option<Prefix>,
    pub(super) targets: Vec<TargetSpec>,
    pub(super) backend: Backend,
    pub(super) events: Option<PathBuf>,
    pub(super) telemt_api: Option<String>,
    pub(super) telemt_auth: Option<PathBuf>,
    warn: Option<u64>,
    pub(super) no_emoji: bool,
    pub(super) lang: Option<Lang>,
}

impl ConnsOptions {
    pub(super) fn port(&mut self, text: &str) -> Result<(), String> {
        self.add(bounded("port", text, 1, u16::MAX)?)
    }

    fn add(&mut self, port: u16) -> Result<(), String> {
        if !self.ports.contains(&port) {
            self.ports.push(port);
        }
        let few = self.ports.len() <= PORTS_MAX;
        few.then_some(()).ok_or_else(|| format!("too many ports (at most {PORTS_MAX})"))
    }

    pub(super) fn interval(&mut self, text: &str) -> Result<(), String> {
        let seconds = text.trim_end_matches('s').parse::<f64>().ok();
        let seconds = seconds.filter(|seconds| (0.001..=INTERVAL_MAX_S).contains(seconds));
        let wrong = || invalid("interval", text, "a number of seconds like 10 or 0.5");
        self.interval = Some(Duration::from_secs_f64(seconds.ok_or_else(wrong)?));
        Ok(())
    }

    pub(super) fn count(&mut self, text: &str) -> Result<(), String> {
        self.count = Some(count(text, 1)?);
        Ok(())
    }

    pub(super) fn top(&mut self, text: &str) -> Result<(), String> {
        self.top = Some(count(text, 1)?);
        Ok(())
    }

    pub(super) fn warn(&mut self, text: &str) -> Result<(), String> {
        self.warn = Some(count(text, 1)?);
        Ok(())
    }

    pub(super) fn prefix(&mut self, text: &str) -> Result<(), String> {
        let (v4, v6) = text.split_once(',').unwrap_or((text, "64"));
        let bits = |text: &str, max: u8| {
            text.trim_start_matches('/').parse().ok().filter(|bits| *bits <= max)
        };
        let wrong = || invalid("prefix", text, "0 to 32, or V4,V6 like 24,56");
        let (v4, v6) = bits(v4, 32).zip(bits(v6, 128)).ok_or_else(wrong)?;
        self.prefix = Some(Prefix { v4, v6 });
        Ok(())
    }

    pub(super) fn pid(&mut self, text: &str) -> Result<(), String> {
        let pid = text.parse().ok().filter(|pid| *pid != 0);
        let pid = pid.ok_or_else(|| invalid("process id", text, "a number"))?;
        self.add_target(TargetSpec::Namespace(NamespaceRef::Process(pid)));
        Ok(())
    }

    pub(super) fn netns(&mut self, name: &Path) {
        self.add_target(TargetSpec::Namespace(NamespaceRef::named(name)));
    }

    pub(super) fn container(&mut self, text: &str) -> Result<(), String> {
        if text.is_empty() {
            return Err(invalid("container", text, "a name"));
        }
        self.add_target(TargetSpec::Container(text.to_owned()));
        Ok(())
    }

    fn add_target(&mut self, target: TargetSpec) {
        if !self.targets.contains(&target) {
            self.targets.push(target);
        }
    }

    pub(super) fn via(&mut self, text: &str) -> Result<(), String> {
        let wrong = || invalid("method", text, one_of(&Backend::names()));
        self.backend = Backend::read(text).ok_or_else(wrong)?;
        Ok(())
    }

    /// The ports to sample.
    pub(super) fn ports(&self) -> Result<Vec<u16>, Error> {
        let mut ports = self.ports.clone();
        if let Some(path) = &self.config {
            let port = configured(path)?;
            if !ports.contains(&port) {
                ports.push(port);
            }
        } else if ports.is_empty() {
            ports.push(DEFAULT_PORT);
        }
        Ok(ports)
    }

    /// The time between samples; `None` for a single one. `--changes` and `--count` imply several.
    pub(super) fn interval_or_default(&self) -> Option<Duration> {
        let several = self.changes || self.count.is_some_and(|count| count > 1);
        self.interval.or(several.then_some(Duration::from_secs(1)))
    }

    pub(super) fn prefix_or_whole(&self) -> Prefix {
        self.prefix.unwrap_or(Prefix::WHOLE)
    }

    /// From how many connections on an address is marked.
    pub(super) fn warn_or_default(&self) -> u64 {
        self.warn.unwrap_or(view::monitor::WARN)
    }

    /// The client of telemt's API, with the `Authorization` of a file or of the environment: an
    /// argument could be read by every user of the machine.
    pub(super) fn telemt(&self) -> Result<Option<TelemtApi>, Error> {
        let Some(url) = &self.telemt_api else { return Ok(None) };
        let authorization = match &self.telemt_auth {
            Some(path) => Some(authorization(path)?),
            None => std::env::var(AUTH_VARIABLE).ok().filter(|value| !value.is_empty()),
        };
        let api = TelemtApi::new(url, authorization);
        api.map(Some).map_err(|why| Error::Usage(format!("--telemt-api: {why}")))
    }

    /// Rejects combinations without a meaning.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.changes && self.sockets {
            let why = "--sockets: not with --changes, whose rows are single connections";
            return Err(Error::Usage(why.to_owned()));
        }
        if self.telemt_api.is_some() && self.targets.len() > 1 {
            let why = "--telemt-api: the users are those of one proxy, not of several targets";
            return Err(Error::Usage(why.to_owned()));
        }
        if self.telemt_auth.is_some() && self.telemt_api.is_none() {
            return Err(Error::Usage("--telemt-auth: needs --telemt-api".to_owned()));
        }
        Ok(())
    }
}

/// The first line of a file, without the space around it.
fn authorization(path: &Path) -> Result<String, Error> {
    let bytes = read_file(path, AUTH_MAX).map_err(|error| Error::input(path.display(), error))?;
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let value = std::str::from_utf8(line.trim_ascii()).ok().filter(|value| !value.is_empty());
    let wrong = "no value of the Authorization header in its first line";
    value.map(str::to_owned).ok_or_else(|| Error::refused(path.display(), wrong))
}

/// The PORT of a config.py.
fn configured(path: &Path) -> Result<u16, Error> {
    let name = path.display();
    let bytes = read_file(path, CONFIG_MAX).map_err(|error| Error::input(&name, error))?;
    let port = pyconfig::port(&bytes).map_err(|error| error.into_error(&name))?;
    let computed = "PORT is computed, not a literal (use --port)";
    port.filter(|port| *port != 0).ok_or_else(|| Error::refused(&name, computed))
}
