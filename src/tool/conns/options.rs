//! The command line of `mtp-conns` as values.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cli::value::{bounded, count, invalid, one_of};
use crate::error::Error;
use crate::pyconfig;
use crate::sockets::{PORTS_MAX, Place, Prefix, Via};

/// The port of a proxy that nobody configured.
const PORT: u16 = 443;
/// The longest interval: beyond it an overflow would be nearer than the next sample.
const INTERVAL_MAX_S: f64 = 365.0 * 86_400.0;

/// What `mtp-conns` was asked for.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that stands for itself")]
#[derive(Debug, Default)]
pub struct Options {
    ports: Vec<u16>,
    pub(super) config: Option<PathBuf>,
    interval: Option<Duration>,
    pub(super) count: Option<u64>,
    pub(super) sockets: bool,
    pub(super) changes: bool,
    pub(super) info: bool,
    pub(super) top: Option<usize>,
    prefix: Option<Prefix>,
    pub(super) asked: Vec<Asked>,
    pub(super) via: Via,
    pub(super) events: Option<PathBuf>,
    warn: Option<u64>,
    pub(super) no_emoji: bool,
}

/// Where to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Into this network.
    Place(Place),
    /// Into the networks of the containers of this name or service.
    Container(String),
}

impl Options {
    pub(super) fn port(&mut self, text: &str) -> Result<(), String> {
        self.add(bounded("port", text, 1, u16::MAX)?)
    }

    fn add(&mut self, port: u16) -> Result<(), String> {
        if !self.ports.contains(&port) {
            self.ports.push(port);
        }
        let few = self.ports.len() <= PORTS_MAX;
        few.then_some(()).ok_or_else(|| format!("at most {PORTS_MAX} ports at once"))
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
        self.ask(Asked::Place(Place::Process(pid)));
        Ok(())
    }

    pub(super) fn netns(&mut self, name: &Path) {
        self.ask(Asked::Place(Place::named(name)));
    }

    pub(super) fn container(&mut self, text: &str) -> Result<(), String> {
        if text.is_empty() {
            return Err(invalid("container", text, "a name"));
        }
        self.ask(Asked::Container(text.to_owned()));
        Ok(())
    }

    fn ask(&mut self, asked: Asked) {
        if !self.asked.contains(&asked) {
            self.asked.push(asked);
        }
    }

    pub(super) fn via(&mut self, text: &str) -> Result<(), String> {
        let wrong = || invalid("method", text, one_of(&Via::names()));
        self.via = Via::read(text).ok_or_else(wrong)?;
        Ok(())
    }

    /// The ports to look at.
    pub(super) fn ports(&self) -> Result<Vec<u16>, Error> {
        let mut ports = self.ports.clone();
        if let Some(path) = &self.config {
            let port = configured(path)?;
            if !ports.contains(&port) {
                ports.push(port);
            }
        } else if ports.is_empty() {
            ports.push(PORT);
        }
        Ok(ports)
    }

    /// The time between samples, if there are several. `--changes` and `--count` mean several.
    pub(super) fn every(&self) -> Option<Duration> {
        let several = self.changes || self.count.is_some_and(|count| count > 1);
        self.interval.or(several.then_some(Duration::from_secs(1)))
    }

    /// The networks that are told apart.
    pub(super) fn networks(&self) -> Prefix {
        self.prefix.unwrap_or(Prefix::WHOLE)
    }

    /// How many connections are marked.
    pub(super) fn marked(&self) -> u64 {
        self.warn.unwrap_or(crate::view::conns::WARN)
    }

    /// What cannot be meant together.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.changes && self.sockets {
            let why = "--sockets: not with --changes, whose rows are connections already";
            return Err(Error::Usage(why.to_owned()));
        }
        Ok(())
    }
}

/// The port of a proxy with this config file.
fn configured(path: &Path) -> Result<u16, Error> {
    let name = path.display();
    let bytes = std::fs::read(path).map_err(|error| Error::input(&name, error))?;
    let port = pyconfig::port(&bytes).map_err(|fault| fault.of(&name))?;
    let computed = "PORT is computed, so only Python knows it: say it with --port";
    port.filter(|port| *port != 0).ok_or_else(|| Error::refused(&name, computed))
}
