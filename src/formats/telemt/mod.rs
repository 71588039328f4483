//! telemt (Rust): one line a step of a connection. At level debug a line names user and peer of
//! each authenticated connection; at info only those turned away are named.
//!
//! Values are not quoted: a user may hold spaces, quotes and `=`. So a message is read by its own
//! list of keys, from both ends towards the user.

mod says;

use super::{Dialect, Line, LogParser, Meaning, MessagePattern, Outcome, reason, saying, scan};
use crate::stream::Event;
use crate::stream::Kind;
use crate::timestamp::Timestamp;

const NAME: &str = "telemt";

/// The dialect.
pub const DIALECT: Dialect = Dialect {
    name: NAME,
    also: &["mtproxymax"],
    brief: "telemt, and MTProxyMax, which runs it",
    logs: "at debug (log_level = \"verbose\", and RUST_LOG unset) user, address and port of every \
           authenticated connection, and each end with user, bytes and whole seconds; at info only \
           who was turned away",
    unknown: "which connection an end belongs to: the line has no address",
    patterns: SAYINGS,
    listen: || Box::<Telemt>::default(),
};

const REPLAY: Meaning = Meaning::Rejected(reason::REPLAY);
const BAD_HANDSHAKE: Meaning = Meaning::Rejected(reason::BAD_HANDSHAKE);

const SAYINGS: &[MessagePattern] = &[
    saying("MTProto handshake successful peer=", Meaning::Event(Kind::Connect)),
    saying("Relay finished user=", Meaning::Event(Kind::Disconnect)),
    saying("Relay finished (activity timeout) user=", Meaning::Event(Kind::Disconnect)),
    saying("Relay finished (user disabled) user=", Meaning::Event(Kind::Disconnect)),
    saying("Relay error user=", Meaning::Event(Kind::Disconnect)),
    saying("Data quota reached, closing relay user=", Meaning::Event(Kind::Disconnect)),
    saying("IP limit exceeded user=", Meaning::Rejected(reason::IP_LIMIT)),
    saying("Connection closed with error peer=", Meaning::Rejected(reason::LIMIT)),
    saying(
        "Connection closed during initial handshake peer=",
        Meaning::Rejected(reason::EARLY_CLOSE),
    ),
    saying("Disabled user rejected user=", Meaning::Rejected(reason::DISABLED)),
    saying("MTProto replay attack detected peer=", REPLAY),
    saying("TLS replay attack detected (duplicate digest) peer=", REPLAY),
    saying(
        "TLS handshake rejected by unknown SNI policy peer=",
        Meaning::Rejected(reason::UNKNOWN_SNI),
    ),
    saying(
        "TLS handshake validation failed - no matching user, time skew, or budget exhausted peer=",
        BAD_HANDSHAKE,
    ),
    saying("MTProto handshake: no matching user found peer=", BAD_HANDSHAKE),
    saying("MTProto handshake rejected by pre-auth probe throttle peer=", BAD_HANDSHAKE),
    saying("TLS handshake rejected by pre-auth probe throttle peer=", BAD_HANDSHAKE),
    saying(
        "TLS handshake rejected: client source IP on per-user deny list \
         (access.user_source_deny) peer=",
        Meaning::Rejected(reason::DENIED),
    ),
    saying(
        "MTProto handshake rejected: client source IP on per-user deny list \
         (access.user_source_deny) peer=",
        Meaning::Rejected(reason::DENIED),
    ),
    saying("config reload: ", Meaning::Event(Kind::Reload)),
    saying("Listening on ", Meaning::Event(Kind::Start)),
];

/// How many addresses turned away by an address limit wait for the line that says it again.
const TURNED_AWAY_MAX: usize = 256;

/// A listener.
#[derive(Debug, Default)]
struct Telemt {
    /// A line with time, level and target was seen: lines without are not telemt's own.
    is_shaped: bool,
    /// Addresses whose turning away by an address limit was told; the line that closes such a
    /// connection says it once more, as a limit.
    turned_away: std::collections::VecDeque<std::net::IpAddr>,
}

impl LogParser for Telemt {
    fn read(&mut self, line: &Line<'_>, told: &mut dyn FnMut(Event<'_>)) -> Outcome {
        if line.text.starts_with(b"MAESTRO: ") {
            return Outcome::Ignored;
        }
        let Some((ts, message)) = shape(line.text) else {
            return if self.is_shaped { Outcome::Unrecognized } else { self.bare(line.text, told) };
        };
        self.is_shaped = true;
        let Some((means, rest)) = scan::begins(message, SAYINGS) else { return Outcome::Ignored };
        self.say(means, message, rest, Some(ts), told)
    }
}

impl Telemt {
    /// As `--syslog` writes: the message alone. Only what is whole counts, and nothing is chatter:
    /// these words could be anyone's.
    fn bare(&mut self, text: &[u8], told: &mut dyn FnMut(Event<'_>)) -> Outcome {
        match scan::begins(text, SAYINGS) {
            Some((Meaning::Event(Kind::Start), _)) | None => Outcome::Unrecognized,
            Some((means, rest)) => {
                let reading = self.say(means, text, rest, None, told);
                if reading == Outcome::Parsed { reading } else { Outcome::Unrecognized }
            }
        }
    }

    fn say(
        &mut self,
        means: Meaning,
        message: &[u8],
        rest: &[u8],
        ts: Option<Timestamp>,
        told: &mut dyn FnMut(Event<'_>),
    ) -> Outcome {
        let said = match means {
            Meaning::Event(Kind::Connect) => says::connect(rest),
            Meaning::Event(Kind::Disconnect) => says::disconnect(message, rest),
            Meaning::Event(Kind::Reload) => Some(says::reload(rest)),
            Meaning::Event(kind) => Some(Event::new(kind, NAME)),
            Meaning::Rejected(reason::LIMIT) => match says::closed(rest) {
                Some(event) if self.was_told(&event) => return Outcome::Ignored,
                Some(event) => Some(event),
                None => return Outcome::Ignored,
            },
            Meaning::Rejected(reason) => says::rejected(rest, reason),
            Meaning::Context | Meaning::Chatter => return Outcome::Ignored,
        };
        let Some(mut event) = said else {
            return Outcome::Malformed("a value is missing or wrong");
        };
        if event.reason.as_deref() == Some(reason::IP_LIMIT) {
            self.remember(event.ip);
        }
        event.ts = ts;
        told(event);
        Outcome::Parsed
    }

    fn remember(&mut self, ip: Option<std::net::IpAddr>) {
        if self.turned_away.len() >= TURNED_AWAY_MAX {
            self.turned_away.pop_front();
        }
        self.turned_away.extend(ip);
    }

    /// Whether this limit was told already, as an address limit.
    fn was_told(&mut self, event: &Event<'_>) -> bool {
        let is_limit = event.reason.as_deref() == Some(reason::LIMIT);
        let at = self.turned_away.iter().position(|ip| is_limit && Some(*ip) == event.ip);
        at.is_some_and(|at| self.turned_away.remove(at).is_some())
    }
}

/// `2026-11-23T15:34:42.604234Z DEBUG telemt::proxy::handshake: MESSAGE`: time and message.
fn shape(text: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (ts, taken) = Timestamp::read(text)?;
    let rest = text.get(taken..)?.strip_prefix(b" ")?;
    let rest = ["DEBUG ", " INFO ", " WARN ", "ERROR ", "TRACE "]
        .iter()
        .find_map(|level| rest.strip_prefix(level.as_bytes()))?;
    let (target, message) = scan::cut(rest, ": ")?;
    let is_path =
        target.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':'));
    (is_path && !target.is_empty()).then_some((ts, message))
}
