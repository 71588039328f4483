//! The targets of one flag: a single namespace, or the containers of a name, which come and go.

use std::fmt::Display;
use std::path::Path;
use std::time::{Duration, Instant};

use super::{NamespaceRef, SampleConfig, Target};
use crate::docker::{Container, Docker};
use crate::error::Error;
use crate::io::reporter::Reporter;
use crate::timestamp::Timestamp;

/// How often the engine is asked for new containers of a service.
const LIST_INTERVAL: Duration = Duration::from_secs(10);

/// What one flag refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetSpec {
    Namespace(NamespaceRef),
    /// The containers of this name, id or Compose service.
    Container(String),
}

/// The targets of one flag.
#[derive(Debug)]
pub struct TargetSet {
    spec: TargetSpec,
    pub entries: Vec<TargetEntry>,
    error: StickyError,
    listed_at: Option<Instant>,
    /// Whether containers were never listed: those found later have started since.
    is_first: bool,
}

/// A target and its errors.
#[derive(Debug)]
pub struct TargetEntry {
    /// The container's id and first process, which changes on a restart.
    key: (String, u32),
    pub target: Target,
    pub error: StickyError,
    /// For each port of the target: nothing listens on it.
    pub no_listener: Vec<StickyError>,
}

impl TargetEntry {
    fn new(key: (String, u32), target: Target) -> Self {
        let no_listener = target.ports.iter().map(|_| StickyError::default()).collect();
        Self { key, target, error: StickyError::default(), no_listener }
    }
}

impl TargetSet {
    pub fn new(spec: TargetSpec, config: &SampleConfig) -> Self {
        let entries = match &spec {
            TargetSpec::Namespace(namespace) => {
                let target = Target::new(source_name(namespace), namespace.clone(), config);
                vec![TargetEntry::new((String::new(), 0), target)]
            }
            TargetSpec::Container(_) => Vec::new(),
        };
        Self { spec, entries, error: StickyError::default(), listed_at: None, is_first: true }
    }

    /// Lists the containers of the name when one has ended or the list is old. `finished` gets the
    /// targets that are gone. Returns whether there is a target.
    pub fn update(
        &mut self,
        config: &SampleConfig,
        now: Timestamp,
        finished: &mut dyn FnMut(&Target),
        reporter: Reporter,
    ) -> bool {
        let TargetSpec::Container(name) = &self.spec else { return true };
        let is_running = |entry: &TargetEntry| entry.target.is_open() && !entry.target.is_gone();
        let is_changed = self.entries.is_empty() || !self.entries.iter().all(is_running);
        if is_changed || self.listed_at.is_none_or(|at| at.elapsed() >= LIST_INTERVAL) {
            let mut gone = match running_containers(name) {
                Ok(running) => {
                    self.error.clear(format!("container {name}: it runs again"), reporter);
                    self.listed_at = Some(Instant::now());
                    let gone = self.replace(running, config);
                    self.is_first = false;
                    gone
                }
                Err(error) => {
                    self.error.report_once_for(&format!("container {name}: "), &error, reporter);
                    // Containers may outlive their engine.
                    self.entries.extract_if(.., |entry| entry.target.is_gone()).collect()
                }
            };
            for entry in &mut gone {
                entry.target.finish(config, now);
                finished(&entry.target);
            }
        }
        !self.entries.is_empty()
    }

    /// Keeps the targets of running containers and adds new ones; returns those that are gone.
    fn replace(
        &mut self,
        running: Vec<(u32, Container)>,
        config: &SampleConfig,
    ) -> Vec<TargetEntry> {
        let mut before = std::mem::take(&mut self.entries);
        for (pid, container) in running {
            let key = (container.id, pid);
            let known = before.iter().position(|entry| entry.key == key);
            let entry = known.map(|at| before.swap_remove(at));
            let entry = entry.unwrap_or_else(|| {
                let namespace = NamespaceRef::Process(pid);
                let target = Target::new(Some(container.name), namespace, config)
                    .with_gateways(&container.gateways);
                let target = if self.is_first { target } else { target.as_successor() };
                TargetEntry::new(key, target)
            });
            self.entries.push(entry);
        }
        before
    }

    /// Connections and addresses over the limits.
    pub fn untracked(&self) -> u64 {
        self.entries.iter().map(|entry| entry.target.untracked()).sum()
    }
}

/// Containers of the name with a process on this machine; one that is stopping has none.
fn running_containers(name: &str) -> Result<Vec<(u32, Container)>, Error> {
    let containers = Docker::connect()?.containers(name)?;
    let containers = containers.into_iter().filter_map(|one| Some((one.pid?, one)));
    let is_here = |(pid, _): &(u32, _)| Path::new(&format!("/proc/{pid}")).exists();
    let running: Vec<_> = containers.filter(is_here).collect();
    if running.is_empty() {
        let what = "no process of it is on this machine: does it run, and Docker here?";
        return Err(Error::refused(format!("container {name}"), what));
    }
    Ok(running)
}

/// The row's `source`.
fn source_name(namespace: &NamespaceRef) -> Option<String> {
    match namespace {
        NamespaceRef::Current => None,
        NamespaceRef::Process(pid) => Some(format!("process {pid}")),
        NamespaceRef::File(path) => Some(path.display().to_string()),
    }
}

/// An error that is reported when it starts and when it ends, not at every sample.
#[derive(Debug, Default)]
pub struct StickyError {
    reported: Option<String>,
}

impl StickyError {
    /// Reports an error unless it is the one reported last.
    pub fn report(&mut self, error: impl Display, reporter: Reporter) {
        let error = error.to_string();
        if self.reported.as_ref() != Some(&error) {
            reporter.print(&error);
            self.reported = Some(error);
        }
    }

    /// Reports an error unless the last one had the same prefix: the reason why something is absent
    /// may change while it ends.
    pub fn report_once_for(&mut self, prefix: &str, error: impl Display, reporter: Reporter) {
        let error = error.to_string();
        let is_same = |last: &String| last.starts_with(prefix) && error.starts_with(prefix);
        if !self.reported.as_ref().is_some_and(is_same) {
            self.report(error, reporter);
        }
    }

    /// Reports that an error has ended, if one was reported.
    pub fn clear(&mut self, message: impl Display, reporter: Reporter) {
        if self.reported.take().is_some() {
            reporter.print(message);
        }
    }
}
