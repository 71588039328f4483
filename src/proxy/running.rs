//! What a running mtprotoproxy shows of its settings: its environment, and the links that it prints
//! when it starts.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use super::process::ProxyProcess;
use super::reload::{MTPROTOPROXY, ProxySelector, ReloadTarget, find_targets};
use crate::docker::{Container, Docker};
use crate::links::{LinkMode, PrintedLink};
use crate::pyconfig::Environment;
use crate::timestamp::Timestamp;

/// A proxy that runs with a config file.
#[derive(Debug)]
pub struct RunningProxy {
    /// `container proxy-1`
    pub name: String,
    pub environment: Environment,
    /// The links of its last start or reload, as far as its log can be read.
    pub links: Vec<PrintedLink>,
}

/// Largest part of a log that is searched for links.
const LOG_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Time after its start in which a proxy prints its links.
const STARTS_WITHIN: Duration = Duration::from_mins(2);
/// Largest environment that is read.
const ENVIRONMENT_BYTES_MAX: u64 = 1024 * 1024;

impl RunningProxy {
    /// Finds the proxy that reads a file, or the one that was selected.
    pub fn find(selector: &ProxySelector, file: &Path) -> Option<Self> {
        let targets = find_targets(selector, file, MTPROTOPROXY).unwrap_or_default();
        if let Some(target) = targets.first() {
            return Some(Self::of(target));
        }
        if selector.is_set() {
            return None;
        }
        let docker = Docker::connect().ok()?;
        let container = docker.mounting(&fs::canonicalize(file).ok()?).ok()??;
        Some(Self::of(&ReloadTarget::Container(docker, Box::new(container), None)))
    }

    fn of(target: &ReloadTarget) -> Self {
        let own = target.process().and_then(environment_of);
        let (environment, log) = match target {
            ReloadTarget::Process(process) => (own, process_log(*process)),
            ReloadTarget::Container(docker, container, _) => {
                let set = || pairs(&container.environment);
                (own.or_else(|| Some(set())), container_log(docker, container))
            }
        };
        Self {
            name: target.name(),
            environment: environment.unwrap_or_default(),
            links: printed_links(&log),
        }
    }

    /// The modes of the printed links, in the order of strength.
    pub fn modes(&self) -> Vec<LinkMode> {
        let is_on = |mode: &LinkMode| self.links.iter().any(|link| link.mode == *mode);
        LinkMode::ALL.into_iter().filter(is_on).collect()
    }
}

fn environment_of(process: ProxyProcess) -> Option<Environment> {
    let file = File::open(format!("/proc/{}/environ", process.0)).ok()?;
    let mut bytes = Vec::new();
    file.take(ENVIRONMENT_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    Some(pairs(&text.split('\0').collect::<Vec<_>>()))
}

fn pairs(variables: &[impl AsRef<str>]) -> Environment {
    let pair = |one: &str| one.split_once('=').map(|(name, value)| (name.into(), value.into()));
    variables.iter().filter_map(|one| pair(one.as_ref())).collect()
}

/// The end of the file that is the standard output or error of a process.
fn process_log(process: ProxyProcess) -> Vec<u8> {
    let mut bytes = Vec::new();
    for descriptor in [1, 2] {
        let path = format!("/proc/{}/fd/{descriptor}", process.0);
        let is_file = fs::metadata(&path).is_ok_and(|meta| meta.is_file());
        let Some(mut file) = is_file.then(|| File::open(&path).ok()).flatten() else { continue };
        let length = file.metadata().map_or(0, |meta| meta.len());
        let from = length.saturating_sub(LOG_BYTES_MAX);
        if file.seek(SeekFrom::Start(from)).is_ok() {
            bytes.clear();
            drop(file.take(LOG_BYTES_MAX).read_to_end(&mut bytes));
        }
        if !printed_links(&bytes).is_empty() {
            break;
        }
    }
    bytes
}

/// What a container printed after its start, when mtprotoproxy prints its links.
fn container_log(docker: &Docker, container: &Container) -> Vec<u8> {
    let Some((started, _)) = Timestamp::read(container.started.as_bytes()) else {
        return Vec::new();
    };
    let since = Duration::from_millis(u64::try_from(started.0).unwrap_or(0)).as_secs_f64();
    docker.logs_between(container, since, since + STARTS_WITHIN.as_secs_f64()).unwrap_or_default()
}

/// The last run of lines with links.
fn printed_links(log: &[u8]) -> Vec<PrintedLink> {
    let mut links = Vec::new();
    let mut is_run = false;
    for line in log.split(|byte| *byte == b'\n') {
        let link = std::str::from_utf8(line).ok().and_then(PrintedLink::read);
        if let Some(link) = link {
            if !is_run {
                links.clear();
            }
            links.push(link);
            is_run = true;
        } else {
            is_run = false;
        }
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_links_of_the_last_start_count() {
        let secret = "00112233445566778899aabbccddeeff";
        let log = format!(
            "tg: tg://proxy?server=192.0.2.1&port=1&secret={secret}\nstarted\n\
             a: tg://proxy?server=192.0.2.2&port=443&secret=dd{secret}\n\
             a: tg://proxy?server=192.0.2.2&port=443&secret=ee{secret}612e62 (new)\n\
             tg: tg://proxy?server=a%2Eb&port=443&secret=ee{secret}612e62\nlistening\n"
        );
        let proxy = RunningProxy {
            name: String::new(),
            environment: pairs(&["A=1", "B=2=3", "C"]),
            links: printed_links(log.as_bytes()),
        };
        assert_eq!(proxy.modes(), [LinkMode::Secure, LinkMode::Tls]);
        let (first, last) = (&proxy.links[0], &proxy.links[2]);
        assert_eq!((first.server.as_str(), first.port.as_str()), ("192.0.2.2", "443"));
        assert_eq!((last.server.as_str(), last.domain.as_deref()), ("a.b", Some("a.b")));
        assert_eq!(proxy.environment["B"], "2=3");
        assert_eq!(proxy.environment.len(), 2);
    }
}
