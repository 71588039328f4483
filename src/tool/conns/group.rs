//! What one flag asks to look at: one network, or those of the containers of a name, which come
//! and go.

use std::path::Path;
use std::time::{Duration, Instant};

use super::ask::Ask;
use super::options::Asked;
use super::target::Target;
use super::trouble::Trouble;
use crate::docker::{Container, Docker};
use crate::error::Error;
use crate::io::reporter::Reporter;
use crate::sockets::Place;
use crate::sockets::owners::Owners;

/// How often it is asked whether a service has containers that it did not have before.
const LIST_EVERY: Duration = Duration::from_secs(10);

/// The networks that one flag asks for.
#[derive(Debug)]
pub(super) struct Group {
    asked: Asked,
    pub(super) members: Vec<Member>,
    trouble: Trouble,
    listed: Option<Instant>,
    /// Whether it was looked at before: what appears now has begun since.
    is_first: bool,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Member {
    /// The container's id and first process: another after a restart.
    key: (String, u32),
    pub(super) target: Target,
    pub(super) trouble: Trouble,
}

impl Group {
    pub(super) fn new(asked: Asked, ask: &Ask) -> Self {
        let members = match &asked {
            Asked::Place(place) => vec![Member {
                key: (String::new(), 0),
                target: Target::new(source(place), place.clone(), ask),
                trouble: Trouble::default(),
            }],
            Asked::Container(_) => Vec::new(),
        };
        Self { asked, members, trouble: Trouble::default(), listed: None, is_first: true }
    }

    /// Finds the containers of the name, if it is one and it is time to. `closed` gets the rows of
    /// those that are gone. Gives whether there is anything to look at.
    pub(super) fn find(
        &mut self,
        ask: &Ask,
        owners: &Owners,
        closed: &mut Vec<u8>,
        reporter: Reporter,
    ) -> bool {
        let Asked::Container(name) = &self.asked else { return true };
        let is_seen = |member: &Member| member.target.is_open() && !member.target.is_gone();
        let is_changed = self.members.is_empty() || !self.members.iter().all(is_seen);
        if is_changed || self.listed.is_none_or(|at| at.elapsed() >= LIST_EVERY) {
            match found(name) {
                Ok(found) => {
                    self.trouble.is_over(format!("container {name}: it runs again"), reporter);
                    self.listed = Some(Instant::now());
                    self.replace(found, ask, owners, closed);
                    self.is_first = false;
                }
                Err(error) => {
                    self.trouble.is_with(&format!("container {name}: "), &error, reporter);
                    // Docker may be away while its containers run on.
                    let gone = self.members.extract_if(.., |member| member.target.is_gone());
                    for mut member in gone {
                        member.end(ask, owners, closed);
                    }
                }
            }
        }
        !self.members.is_empty()
    }

    fn replace(
        &mut self,
        found: Vec<(u32, Container)>,
        ask: &Ask,
        owners: &Owners,
        closed: &mut Vec<u8>,
    ) {
        let mut before = std::mem::take(&mut self.members);
        for (pid, container) in found {
            let key = (container.id, pid);
            let same = before.iter().position(|member| member.key == key);
            let member = same.map(|at| before.swap_remove(at));
            let member = member.unwrap_or_else(|| {
                let place = Place::Process(pid);
                let target = Target::new(Some(container.name), place, ask);
                let target = target.behind(&container.gateways);
                let target = if self.is_first { target } else { target.after_another() };
                Member { key, target, trouble: Trouble::default() }
            });
            self.members.push(member);
        }
        for member in &mut before {
            member.end(ask, owners, closed);
        }
    }

    /// Connections and addresses that there was no room to remember.
    pub(super) fn unremembered(&self) -> u64 {
        self.members.iter().map(|member| member.target.unremembered()).sum()
    }
}

impl Member {
    fn end(&mut self, ask: &Ask, owners: &Owners, closed: &mut Vec<u8>) {
        self.target.rows.clear();
        self.target.leave(ask, owners);
        closed.extend_from_slice(&self.target.rows);
    }
}

/// The containers of the name that have a process here: one that is on its way out has none.
fn found(name: &str) -> Result<Vec<(u32, Container)>, Error> {
    let found = Docker::connect()?.containers(name)?;
    let found = found.into_iter().filter_map(|one| Some((one.pid?, one)));
    let is_here = |(pid, _): &(u32, _)| Path::new(&format!("/proc/{pid}")).exists();
    let found: Vec<_> = found.filter(is_here).collect();
    if found.is_empty() {
        let why = "no process of it is on this machine: does it run, and Docker here?";
        return Err(Error::refused(format!("container {name}"), why));
    }
    Ok(found)
}

/// What rows call a place.
fn source(place: &Place) -> Option<String> {
    match place {
        Place::Here => None,
        Place::Process(pid) => Some(format!("process {pid}")),
        Place::File(path) => Some(path.display().to_string()),
    }
}
