//! All that is looked at, and where the rows of it go.

use std::os::fd::BorrowedFd;

use super::ask::{Ask, What};
use super::group::{Group, Member};
use super::hidden;
use super::options::{Asked, Options};
use super::rows::{self, Frame};
use super::text::Text;
use super::trouble::Trouble;
use crate::error::{Error, ExitStatus};
use crate::io::follow::Follow;
use crate::io::output::Output;
use crate::io::reporter::Reporter;
use crate::sockets::owners::Owners;

/// All that is looked at.
#[derive(Debug)]
pub(super) struct Watch {
    ask: Ask,
    groups: Vec<Group>,
    owners: Owners,
    events: Option<Follow>,
    events_trouble: Trouble,
    text: Option<Text>,
    out: Output,
    rows: Vec<u8>,
    reporter: Reporter,
    /// Samples taken.
    pub(super) samples: u64,
    /// Places that could not be looked at, over all samples.
    failed: u64,
}

impl Watch {
    pub(super) fn new(
        ask: Ask,
        asked: Vec<Asked>,
        options: &Options,
        is_text: bool,
        reporter: Reporter,
    ) -> Result<Self, Error> {
        let events = options.events.as_deref().map(Follow::open).transpose()?;
        Ok(Self {
            groups: asked.into_iter().map(|asked| Group::new(asked, &ask)).collect(),
            ask,
            owners: Owners::default(),
            events,
            events_trouble: Trouble::default(),
            text: is_text.then(|| Text::new(options)),
            out: Output::stdout()?,
            rows: Vec::new(),
            reporter,
            samples: 0,
            failed: 0,
        })
    }

    /// What may bring events before the next sample.
    pub(super) fn events_fd(&self) -> Option<BorrowedFd<'_>> {
        self.events.as_ref().and_then(Follow::fd)
    }

    /// Takes the events in that have come.
    pub(super) fn take_events(&mut self) {
        let Some(events) = &mut self.events else { return };
        let owners = &mut self.owners;
        match events.lines(&mut |line| owners.read(line)) {
            Ok(()) => self.events_trouble.is_over("events: they can be read again", self.reporter),
            Err(error) => self.events_trouble.is(&error, self.reporter),
        }
    }

    /// Takes a sample of everything, and writes it at once.
    pub(super) fn sample(&mut self) -> Result<(), Error> {
        self.take_events();
        // Text is made of rows; rows go straight to where they are written from.
        let rows = if self.text.is_some() { &mut self.rows } else { &mut self.out.buffer };
        for group in &mut self.groups {
            if !group.find(&self.ask, &self.owners, rows, self.reporter) {
                self.failed += 1;
            }
            for member in &mut group.members {
                let is_seen = look(member, &self.ask, &self.owners, rows, self.reporter);
                self.failed += u64::from(!is_seen);
            }
        }
        self.samples += 1;
        if let Some(text) = &mut self.text {
            text.show(&self.rows, &mut self.out.buffer);
            self.rows.clear();
        }
        self.out.flush()
    }

    /// Says what was not remembered, if anything.
    pub(super) fn tell_forgotten(&self) {
        let unremembered: u64 = self.groups.iter().map(Group::unremembered).sum();
        if unremembered > 0 {
            self.reporter.print(format!(
                "{unremembered} times a connection or address was one too many to remember"
            ));
        }
        if self.owners.forgotten > 0 {
            let forgotten = self.owners.forgotten;
            self.reporter
                .print(format!("events: {forgotten} connections were too many to remember"));
        }
    }

    /// The end; whether all was seen.
    pub(super) fn end(&self) -> ExitStatus {
        self.tell_forgotten();
        if self.failed > 0 { ExitStatus::Failure } else { ExitStatus::Success }
    }
}

/// Looks at one network and writes what it finds; says, once, what is wrong with it.
fn look(
    member: &mut Member,
    ask: &Ask,
    owners: &Owners,
    rows: &mut Vec<u8>,
    reporter: Reporter,
) -> bool {
    let looked = member.target.look(ask, owners);
    if let Err(error) = looked {
        rows.extend_from_slice(&member.target.rows);
        member.trouble.is(&error, reporter);
        return false;
    }
    let name = member.target.name();
    member.trouble.is_over(format!("{name}: there again"), reporter);
    if ask.what != What::Changes {
        let hidden = hidden::of(member);
        for (port, hidden) in member.target.ports.iter().zip(&hidden) {
            let frame = Frame {
                prefix: ask.prefix,
                top: ask.top,
                owners,
                has_details: ask.want.info || !owners.is_empty(),
                hidden_by: hidden.as_ref().map(|hidden| hidden.by),
                note: hidden.as_ref().map(|hidden| hidden.note.as_str()),
            };
            rows::sample(rows, &member.target, port, &frame);
        }
    }
    rows.extend_from_slice(&member.target.rows);
    listening(member, reporter);
    true
}

/// Says which ports nobody listens on.
fn listening(member: &mut Member, reporter: Reporter) {
    let name = member.target.name();
    for port in &mut member.target.ports {
        let at = format!("port {}", port.number);
        if port.listeners.is_empty() {
            let what = format!(
                "{at}: nothing listens on it in {name}: is the proxy running, on another port \
                 (--port), or in a container (--container NAME)?"
            );
            port.silence.is(what, reporter);
        } else {
            port.silence.is_over(format!("{at}: something listens on it again"), reporter);
        }
    }
}
