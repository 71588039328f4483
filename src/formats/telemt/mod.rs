//! telemt (Rust): one line for each step of a connection. At level debug a line names user and
//! peer of each authenticated connection; at info only refused ones are named.
//!
//! Values are not quoted: a user's name may hold spaces, quotes and `=`. So a message is parsed by
//! its own list of keys, from both ends towards the user.

mod messages;
mod sessions;

use std::collections::VecDeque;
use std::net::IpAddr;

use super::{
    Dialect, Emit, LogParser, Meaning, Outcome, ParseContext, bytes, level, parsed, reason,
};
use crate::error::Error;
use crate::stream::{Event, Kind, Text};
use crate::timestamp::Timestamp;
use messages::ContextMessage;
use sessions::SessionTable;

const NAME: &str = "telemt";

pub const DIALECT: Dialect = Dialect {
    name: NAME,
    aliases: &["mtproxymax"],
    brief: "telemt, and MTProxyMax, which runs it",
    logs: "at debug (log_level = \"verbose\", and RUST_LOG unset) user, address and port of every \
           authenticated connection, and each end with user, bytes and duration; at info only who \
           was refused",
    unknown: "in direct mode, which connection an end belongs to: the line has no address",
    version: "3.4.25",
    levels: &[level("info", [false; 4]), level("debug", [true; 4])],
    remedy: "RUST_LOG=info,telemt::proxy::handshake=debug,telemt::proxy::relay=debug,\
             telemt::proxy::middle_relay::session=debug in its environment (it \
             overrides log_level)",
    patterns: messages::PATTERNS,
    new_parser: || Box::<TelemtParser>::default(),
};

/// Refusals that wait for another line of the same client.
const REFUSALS_MAX: usize = 256;
/// The closing line of a refused connection follows within a millisecond.
const CLOSING_MS: i64 = 1000;

/// Bytes in which the level stands.
const DEBUG_WITHIN: usize = 48;

#[derive(Debug, Default)]
struct TelemtParser {
    /// A line with time, level and target was read: lines without are not telemt's.
    is_shaped: bool,
    is_debug: bool,
    /// Clients refused by an address limit. Two more lines report such a refusal, as a limit.
    ip_limited: VecDeque<IpLimited>,
    /// Refusals without an address: mostly the closing line has it.
    refused: VecDeque<Refused>,
    sessions: SessionTable,
}

#[derive(Debug)]
struct IpLimited {
    user: String,
    ip: Option<IpAddr>,
    was_admission_read: bool,
}

#[derive(Debug)]
struct Refused {
    user: String,
    reason: &'static str,
    ts: Option<Timestamp>,
}

impl LogParser for TelemtParser {
    fn parse(
        &mut self,
        line: &[u8],
        _context: &ParseContext<'_>,
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error> {
        if line.starts_with(b"MAESTRO: ") {
            return Ok(Outcome::Ignored);
        }
        let Some((ts, target, message)) = shape(line) else {
            return if self.is_shaped {
                Ok(Outcome::Unrecognized)
            } else {
                self.parse_bare(line, emit)
            };
        };
        self.is_debug = self.is_debug
            || line
                .get(..DEBUG_WITHIN)
                .is_some_and(|head| memchr::memmem::find(head, b"Z DEBUG ").is_some());
        self.is_shaped |= target.starts_with(b"telemt");
        if !self.is_shaped {
            return Ok(Outcome::Unrecognized);
        }
        while let Some(refused) = self
            .refused
            .pop_front_if(|refused| refused.ts.is_none_or(|at| at.0 + CLOSING_MS < ts.0))
        {
            emit(refused.event())?;
        }
        let Some((meaning, rest)) = messages::INDEX.match_prefix(message) else {
            return Ok(Outcome::Ignored);
        };
        self.parse_message(meaning, message, rest, Some(ts), emit)
    }

    fn finish(&mut self, emit: &mut Emit<'_>) -> Result<(), Error> {
        self.refused.drain(..).try_for_each(|refused| emit(refused.event()))
    }

    fn is_certain(&self) -> bool {
        self.is_shaped
    }

    fn level(&self) -> Option<&'static str> {
        Some(if self.is_debug { "debug" } else { "info" })
    }

    fn evicted(&self) -> u64 {
        self.sessions.evicted()
    }
}

impl TelemtParser {
    /// Parses a message alone, as `--syslog` writes it. Only complete messages are recognised: the
    /// words could be those of any program.
    fn parse_bare(&mut self, line: &[u8], emit: &mut Emit<'_>) -> Result<Outcome, Error> {
        match messages::INDEX.match_prefix(line) {
            Some((Meaning::Event(Kind::Start) | Meaning::Ignored(_), _)) | None => {
                Ok(Outcome::Unrecognized)
            }
            Some((meaning, rest)) => {
                let outcome = self.parse_message(meaning, line, rest, None, emit)?;
                let is_complete = outcome == Outcome::Parsed || meaning == Meaning::Context;
                Ok(if is_complete { outcome } else { Outcome::Unrecognized })
            }
        }
    }

    fn parse_message(
        &mut self,
        meaning: Meaning,
        message: &[u8],
        rest: &[u8],
        ts: Option<Timestamp>,
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error> {
        let event = match meaning {
            Meaning::Event(Kind::Connect) => messages::connect(rest),
            Meaning::Event(Kind::Disconnect) if message.starts_with(b"ME relay cleanup") => {
                let cleanup = messages::MeCleanup::read(rest);
                return match cleanup.map(|cleanup| self.sessions.end(&cleanup)) {
                    Some(event) => parsed(Event { ts, ..event }, emit),
                    None => Ok(Outcome::Malformed("missing or invalid value")),
                };
            }
            Meaning::Event(Kind::Disconnect) => messages::disconnect(message, rest),
            Meaning::Event(Kind::Reload) => Some(messages::reload(rest)),
            Meaning::Event(kind) => Some(Event::new(kind, NAME)),
            Meaning::Rejected(reason::LIMIT) => match messages::closed(rest) {
                Some(event) if self.was_ip_limited(&event) => return Ok(Outcome::Ignored),
                Some(event) => {
                    self.refused.retain(|known| {
                        Some(known.user.as_str()) != event.user.as_deref()
                            || Some(known.reason) != event.reason.as_deref()
                    });
                    Some(event)
                }
                None => return Ok(Outcome::Ignored),
            },
            Meaning::Rejected(reason) => messages::rejected(rest, reason),
            Meaning::Context => {
                return match self.remember(message, rest, ts, emit)? {
                    Some(()) => Ok(Outcome::Ignored),
                    None => Ok(Outcome::Malformed("missing or invalid value")),
                };
            }
            Meaning::Ignored(_) => return Ok(Outcome::Ignored),
        };
        let Some(event) = event else {
            return Ok(Outcome::Malformed("missing or invalid value"));
        };
        if event.reason.as_deref() == Some(reason::IP_LIMIT) {
            let user = event.user.as_deref().unwrap_or_default().to_owned();
            let limited = IpLimited { user, ip: event.ip, was_admission_read: false };
            push_bounded(&mut self.ip_limited, limited);
        }
        parsed(Event { ts, ..event }, emit)
    }

    /// Keeps what later lines need. `None`: the message is damaged.
    fn remember(
        &mut self,
        message: &[u8],
        rest: &[u8],
        ts: Option<Timestamp>,
        emit: &mut Emit<'_>,
    ) -> Result<Option<()>, Error> {
        let Some(kind) = ContextMessage::of(message) else { return Ok(None) };
        let refused = match kind {
            ContextMessage::Routing => return Ok(self.sessions.route(rest)),
            ContextMessage::RelayStarted => return Ok(self.sessions.start(rest)),
            ContextMessage::PressureEviction | ContextMessage::HardIdleClose => {
                return Ok(self.sessions.set_reason(rest, reason::IDLE));
            }
            ContextMessage::DisabledCancelled => {
                return Ok(self.sessions.set_reason(rest, reason::DISABLED));
            }
            ContextMessage::Cutover => {
                return Ok(self.sessions.set_reason(rest, reason::ABORTED));
            }
            ContextMessage::AdmissionFailed => messages::admission_failed(rest),
            ContextMessage::DisabledRejected
            | ContextMessage::DisabledAtAdmission
            | ContextMessage::IncarnationChanged => Some((bytes::to_text(rest), reason::DISABLED)),
        };
        let Some((user, reason)) = refused else { return Ok(None) };
        let limited = self.ip_limited.iter_mut().find(|limited| {
            !limited.was_admission_read && limited.user.as_bytes() == user.as_bytes()
        });
        if let Some(limited) = limited.filter(|_| reason == reason::LIMIT) {
            limited.was_admission_read = true;
            return Ok(Some(()));
        }
        let user = user.into_owned();
        if let Some(oldest) = push_bounded(&mut self.refused, Refused { user, reason, ts }) {
            emit(oldest.event())?;
        }
        Ok(Some(()))
    }

    /// Whether this refusal was emitted as one by an address limit.
    fn was_ip_limited(&mut self, event: &Event<'_>) -> bool {
        let is_limit = event.reason.as_deref() == Some(reason::LIMIT);
        let at = self.ip_limited.iter().position(|limited| is_limit && limited.ip == event.ip);
        at.is_some_and(|at| self.ip_limited.remove(at).is_some())
    }
}

impl Refused {
    fn event(&self) -> Event<'_> {
        let mut event = Event::new(Kind::Reject, NAME).with_reason(self.reason);
        event.user = Some(Text::Borrowed(&self.user));
        event.ts = self.ts;
        event
    }
}

/// Appends to a list, and returns its oldest entry if it was full.
fn push_bounded<T>(list: &mut VecDeque<T>, entry: T) -> Option<T> {
    let oldest = if list.len() >= REFUSALS_MAX { list.pop_front() } else { None };
    list.push_back(entry);
    oldest
}

/// `2026-11-23T15:34:42.604234Z DEBUG telemt::proxy::handshake: MESSAGE`: time, target
/// and message. Other Rust programs have lines of this form too.
fn shape(text: &[u8]) -> Option<(Timestamp, &[u8], &[u8])> {
    let (ts, length) = Timestamp::read(text)?;
    let rest = text.get(length..)?.strip_prefix(b" ")?;
    let rest = ["DEBUG ", " INFO ", " WARN ", "ERROR ", "TRACE "]
        .iter()
        .find_map(|level| rest.strip_prefix(level.as_bytes()))?;
    let (target, message) = bytes::split_once(rest, ": ")?;
    let is_path =
        target.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':'));
    (is_path && !target.is_empty()).then_some((ts, target, message))
}
