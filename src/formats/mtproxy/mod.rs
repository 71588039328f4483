//! The official `MTProxy` (C) and its descendant teleproxy, with `-v`. Their lines have one form,
//! and many are the same in both. So a log is read as both until a line shows which it is.

mod official;
mod startup;
mod teleproxy;
mod waiting;

use super::{Dialect, Emit, LogParser, Outcome, ParseContext, bytes, into_static, level, parsed};
use crate::error::Error;
use crate::stream::{Event, Kind};
use crate::timestamp::Timestamp;
use official::OfficialReader;
use teleproxy::TeleproxyReader;

const NAME: &str = "mtproxy";
const TELEPROXY: &str = "teleproxy";

pub const DIALECT: Dialect = Dialect {
    name: NAME,
    aliases: &["mtproto-proxy", "MTProxy"],
    brief: "the official MTProxy (C), with -v",
    logs: "every connection with address, port and end, before it is authenticated; handshakes \
           that fail; with the patch that prints MTP_EVENT also the number of the secret",
    unknown: "the user, at any level; which connections were authenticated; the zone of its times",
    version: "dc0c7f3",
    levels: &[level("default", [false; 4]), level("-v", [false, true, true, false])],
    remedy: "-v in its command gives addresses; no setting gives users",
    patterns: official::PATTERNS,
    new_parser: || Box::<MtProxyParser>::default(),
};

pub const TELEPROXY_DIALECT: Dialect = Dialect {
    name: TELEPROXY,
    aliases: &[],
    brief: "teleproxy (C), with -v",
    logs: "every authenticated connection with its secret's label as user, address, port and end; \
           refused ones with the reason. -v is not a setting: it stands in the command",
    unknown: "bytes; the end of a connection behind PROXY protocol in middle-end mode; the zone of \
              its times; some addresses where several threads serve clients without TLS",
    version: "4.10.0",
    levels: &[level("default", [false; 4]), level("-v", [true, true, true, false])],
    remedy: "-v in its command",
    patterns: teleproxy::PATTERNS,
    new_parser: || Box::<MtProxyParser>::default(),
};

/// Events kept while it is not known which proxy a log is from.
const HELD_MAX: usize = 1024;

#[derive(Debug, Default)]
struct MtProxyParser {
    program: Program,
    official: OfficialReader,
    teleproxy: TeleproxyReader,
    /// Events of both readers, until the program is known.
    held_official: Vec<Event<'static>>,
    held_teleproxy: Vec<Event<'static>>,
    is_certain: bool,
    is_verbose: bool,
    client_text: ClientText,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Program {
    #[default]
    Unknown,
    Official,
    Teleproxy,
}

/// A line of either program, as `[21389][2026-11-23 15:37:04.479732 local] MESSAGE`.
#[derive(Clone, Copy, Debug)]
struct LogLine<'l> {
    process: &'l [u8],
    /// As written.
    time: &'l [u8],
    ts: Timestamp,
    message: &'l [u8],
    /// It may be text of a client.
    is_untrusted: bool,
}

/// Bytes of a domain that a client chooses; line ends may be among them.
const DOMAIN_MAX: usize = 255;
/// Is followed by that domain, as it came.
const UNKNOWN_DOMAIN: &[u8] = b"Receive request for unknown domain ";

/// The lines that text of a client can reach: those after an unknown domain, as far as the
/// longest domain goes. The program writes domain and line end at once, so no other line of it
/// is in between. No genuine handshake is that short: the lines before `matched secret` alone
/// take more bytes.
#[derive(Debug, Default)]
struct ClientText {
    left: usize,
}

impl ClientText {
    /// Takes the next line; returns whether it may be text of a client.
    fn take(&mut self, line: &[u8]) -> bool {
        let is_within = line.len() < self.left;
        self.left = if is_within { self.left - line.len() - 1 } else { 0 };
        is_within
    }

    /// Notes the domain in a message.
    fn note(&mut self, message: &[u8]) {
        if let Some(domain) = message.strip_prefix(UNKNOWN_DOMAIN) {
            self.left = self.left.max(DOMAIN_MAX.saturating_sub(domain.len()));
        }
    }
}

impl LogParser for MtProxyParser {
    fn parse(
        &mut self,
        line: &[u8],
        context: &ParseContext<'_>,
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error> {
        let is_untrusted = self.client_text.take(line);
        if line.starts_with(b"[pid ") {
            let is_known = bytes::split_once(line, "] [time ").is_some();
            return Ok(if is_known { Outcome::Ignored } else { Outcome::Unrecognized });
        }
        let Some((process, time, message)) = shape(line) else {
            let is_known = startup::is_line(line);
            return Ok(if is_known { Outcome::Ignored } else { Outcome::Unrecognized });
        };
        let Some((civil, _)) = Timestamp::read_local(time) else {
            return Ok(Outcome::Malformed("invalid time"));
        };
        self.is_certain = true;
        self.is_verbose |= message.starts_with(b"New inbound connection #");
        let ts = context.local(civil);
        let message = without_glued(message);
        self.client_text.note(message);
        let record = LogLine { process, time, ts, message, is_untrusted };
        match self.program {
            Program::Official if !is_teleproxy(record.message) => {
                self.official.parse(&record, emit)
            }
            Program::Teleproxy => self.teleproxy.parse(&record, emit),
            Program::Official | Program::Unknown => self.parse_as_both(&record, emit),
        }
    }

    fn finish(&mut self, emit: &mut Emit<'_>) -> Result<(), Error> {
        match self.program {
            Program::Unknown => self.decide(Program::Official, emit),
            Program::Official | Program::Teleproxy => Ok(()),
        }
    }

    fn format_name(&self) -> Option<&'static str> {
        (self.program == Program::Teleproxy).then_some(TELEPROXY)
    }

    fn is_certain(&self) -> bool {
        self.is_certain
    }

    fn level(&self) -> Option<&'static str> {
        Some(if self.is_verbose { "-v" } else { "default" })
    }

    fn evicted(&self) -> u64 {
        self.official.evicted() + self.teleproxy.evicted()
    }

    fn untrusted(&self) -> u64 {
        self.teleproxy.untrusted
    }
}

impl MtProxyParser {
    fn parse_as_both(
        &mut self,
        record: &LogLine<'_>,
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error> {
        let Self { official, teleproxy, held_official, held_teleproxy, .. } = self;
        let is_teleproxy = is_teleproxy(record.message);
        let outcome = teleproxy.parse(record, &mut |event| {
            held_teleproxy.push(into_static(event));
            Ok(())
        })?;
        if is_teleproxy {
            self.decide(Program::Teleproxy, emit)?;
            return Ok(outcome);
        }
        let outcome = official.parse(record, &mut |event| {
            held_official.push(into_static(event));
            Ok(())
        })?;
        if is_official(record.message) || held_official.len().max(held_teleproxy.len()) >= HELD_MAX
        {
            self.decide(Program::Official, emit)?;
        }
        Ok(outcome)
    }

    fn decide(&mut self, program: Program, emit: &mut Emit<'_>) -> Result<(), Error> {
        self.program = program;
        let official = std::mem::take(&mut self.held_official);
        let teleproxy = std::mem::take(&mut self.held_teleproxy);
        let mut held = if program == Program::Official { official } else { teleproxy }.into_iter();
        held.try_for_each(emit)
    }
}

/// Whether only teleproxy, or the official program with a patch that logs users, prints this.
fn is_teleproxy(message: &[u8]) -> bool {
    teleproxy::has_label(message)
        || message.starts_with(b"Invoking engine teleproxy-")
        || message.starts_with(b"MTP_EVENT ")
}

/// Whether only the official program prints this.
fn is_official(message: &[u8]) -> bool {
    message.starts_with(b"Invoking engine mtproxy-0.01")
        || (message.starts_with(b"tcp opportunistic encryption mode detected, tag = ")
            && !teleproxy::has_label(message))
}

/// Process, time and message of `[21389][2026-11-23 15:37:04.479732 local] MESSAGE`.
fn shape(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (process, rest) = bytes::split_once(text.strip_prefix(b"[")?, "][")?;
    bytes::parse_u64(process)?;
    let (time, message) = bytes::split_once(rest, " local] ")?;
    (time.len() < 40).then_some((process, time, message))
}

/// Some messages of teleproxy have no line end: the next line is glued to them.
fn without_glued(message: &[u8]) -> &[u8] {
    let is_glued = message.starts_with(b"It is recommended to not use workers with TLS-transport[")
        || message.starts_with(b"failed to create proxy pass connection");
    let next = is_glued.then(|| bytes::split_once(message, "[")).flatten();
    let inside = next.and_then(|(head, _)| shape(message.get(head.len()..)?));
    inside.map_or(message, |(_, _, message)| message)
}

/// An event of a process's start.
fn start(record: &LogLine<'_>, name: &'static str, emit: &mut Emit<'_>) -> Result<Outcome, Error> {
    let mut event = Event::new(Kind::Start, name);
    event.ts = Some(record.ts);
    event.id = Some(bytes::to_text(record.process));
    parsed(event, emit)
}

/// The digits of a time that make the id of a socket differ from that of the next one with the
/// same number.
fn id_time(time: &[u8]) -> String {
    let digits = time.iter().filter(|byte| byte.is_ascii_digit());
    digits.skip(4).map(|&byte| char::from(byte)).collect()
}
