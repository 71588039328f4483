//! telemt (Rust): one line a step of a connection. At level debug a line names user and peer of
//! each authenticated connection; at info only those turned away are named.
//!
//! Values are not quoted: a user may hold spaces, quotes and `=`. So a message is read by its own
//! list of keys, from both ends towards the user.

mod says;

use super::{Dialect, Line, Means, Reading, Saying, Speech, reason, saying, scan};
use crate::event::{Event, Kind, Stamp};

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
    sayings: SAYINGS,
    listen: || Box::<Telemt>::default(),
};

const REPLAY: Means = Means::Rejected(reason::REPLAY);
const BAD_HANDSHAKE: Means = Means::Rejected(reason::BAD_HANDSHAKE);

const SAYINGS: &[Saying] = &[
    saying("MTProto handshake successful peer=", Means::Event(Kind::Connect)),
    saying("Relay finished user=", Means::Event(Kind::Disconnect)),
    saying("Relay finished (activity timeout) user=", Means::Event(Kind::Disconnect)),
    saying("Relay finished (user disabled) user=", Means::Event(Kind::Disconnect)),
    saying("Relay error user=", Means::Event(Kind::Disconnect)),
    saying("Data quota reached, closing relay user=", Means::Event(Kind::Disconnect)),
    saying("IP limit exceeded user=", Means::Rejected(reason::IP_LIMIT)),
    saying("Connection closed with error peer=", Means::Rejected(reason::LIMIT)),
    saying(
        "Connection closed during initial handshake peer=",
        Means::Rejected(reason::EARLY_CLOSE),
    ),
    saying("Disabled user rejected user=", Means::Rejected(reason::DISABLED)),
    saying("MTProto replay attack detected peer=", REPLAY),
    saying("TLS replay attack detected (duplicate digest) peer=", REPLAY),
    saying(
        "TLS handshake rejected by unknown SNI policy peer=",
        Means::Rejected(reason::UNKNOWN_SNI),
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
        Means::Rejected(reason::DENIED),
    ),
    saying(
        "MTProto handshake rejected: client source IP on per-user deny list \
         (access.user_source_deny) peer=",
        Means::Rejected(reason::DENIED),
    ),
    saying("config reload: ", Means::Event(Kind::Reload)),
    saying("Listening on ", Means::Event(Kind::Start)),
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

impl Speech for Telemt {
    fn read(&mut self, line: &Line<'_>, told: &mut dyn FnMut(Event<'_>)) -> Reading {
        if line.text.starts_with(b"MAESTRO: ") {
            return Reading::Chatter;
        }
        let Some((ts, message)) = shape(line.text) else {
            return if self.is_shaped { Reading::Foreign } else { self.bare(line.text, told) };
        };
        self.is_shaped = true;
        let Some((means, rest)) = scan::begins(message, SAYINGS) else { return Reading::Chatter };
        self.say(means, message, rest, Some(ts), told)
    }
}

impl Telemt {
    /// As `--syslog` writes: the message alone. Only what is whole counts, and nothing is chatter:
    /// these words could be anyone's.
    fn bare(&mut self, text: &[u8], told: &mut dyn FnMut(Event<'_>)) -> Reading {
        match scan::begins(text, SAYINGS) {
            Some((Means::Event(Kind::Start), _)) | None => Reading::Foreign,
            Some((means, rest)) => {
                let reading = self.say(means, text, rest, None, told);
                if reading == Reading::Said { reading } else { Reading::Foreign }
            }
        }
    }

    fn say(
        &mut self,
        means: Means,
        message: &[u8],
        rest: &[u8],
        ts: Option<Stamp>,
        told: &mut dyn FnMut(Event<'_>),
    ) -> Reading {
        let said = match means {
            Means::Event(Kind::Connect) => says::connect(rest),
            Means::Event(Kind::Disconnect) => says::disconnect(message, rest),
            Means::Event(Kind::Reload) => Some(says::reload(rest)),
            Means::Event(kind) => Some(Event::new(kind, NAME)),
            Means::Rejected(reason::LIMIT) => match says::closed(rest) {
                Some(event) if self.was_told(&event) => return Reading::Chatter,
                Some(event) => Some(event),
                None => return Reading::Chatter,
            },
            Means::Rejected(reason) => says::rejected(rest, reason),
            Means::Context | Means::Chatter => return Reading::Chatter,
        };
        let Some(mut event) = said else { return Reading::Broken("a value is missing or wrong") };
        if event.reason.as_deref() == Some(reason::IP_LIMIT) {
            self.remember(event.ip);
        }
        event.ts = ts;
        told(event);
        Reading::Said
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
fn shape(text: &[u8]) -> Option<(Stamp, &[u8])> {
    let (ts, taken) = Stamp::read(text)?;
    let rest = text.get(taken..)?.strip_prefix(b" ")?;
    let rest = ["DEBUG ", " INFO ", " WARN ", "ERROR ", "TRACE "]
        .iter()
        .find_map(|level| rest.strip_prefix(level.as_bytes()))?;
    let (target, message) = scan::cut(rest, ": ")?;
    let is_path =
        target.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':'));
    (is_path && !target.is_empty()).then_some((ts, message))
}
