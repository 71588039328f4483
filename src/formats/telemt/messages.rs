//! Messages of telemt 3.4.25 that name a user or a client, each parsed by its own list of keys.

use std::sync::LazyLock;

use super::NAME;
use crate::formats::bytes::PatternIndex;
use crate::formats::{Meaning, MessagePattern, bytes, pattern, reason, redact};
use crate::net::{parse_ip, parse_peer};
use crate::stream::{Event, Kind, Text};

use Meaning::{Context, Ignored, Rejected};

const CONNECT: Meaning = Meaning::Event(Kind::Connect);
const DISCONNECT: Meaning = Meaning::Event(Kind::Disconnect);
const BEFORE_AUTH: Meaning = Ignored("printed before the client is authenticated");
const AFTER_CONNECT: Meaning = Ignored("the handshake line has the same user and peer");
const AT_END: Meaning = Ignored("the line of the session's end follows or came before");
const MASKED: Meaning = Ignored("a client that is passed on to the masking site");

/// A message that later lines need. Each has its case where it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ContextMessage {
    Routing,
    RelayStarted,
    AdmissionFailed,
    DisabledRejected,
    DisabledAtAdmission,
    IncarnationChanged,
    PressureEviction,
    HardIdleClose,
    DisabledCancelled,
    Cutover,
}

impl ContextMessage {
    const ALL: [Self; 10] = [
        Self::Routing,
        Self::RelayStarted,
        Self::AdmissionFailed,
        Self::DisabledRejected,
        Self::DisabledAtAdmission,
        Self::IncarnationChanged,
        Self::PressureEviction,
        Self::HardIdleClose,
        Self::DisabledCancelled,
        Self::Cutover,
    ];

    const fn words(self) -> &'static str {
        match self {
            Self::Routing => "Routing via Middle-End user=",
            Self::RelayStarted => "ME relay started trace_id=",
            Self::AdmissionFailed => "User admission check failed user=",
            Self::DisabledRejected => "Disabled user rejected user=",
            Self::DisabledAtAdmission => "Disabled user rejected during final admission user=",
            Self::IncarnationChanged => "User incarnation changed during admission user=",
            Self::PressureEviction => {
                "Middle-relay pressure eviction for idle-candidate session conn_id="
            }
            Self::HardIdleClose => "Middle-relay hard idle close trace_id=",
            Self::DisabledCancelled => "Disabled user middle session cancelled user=",
            Self::Cutover => "Cutover affected middle session, closing client connection conn_id=",
        }
    }

    const fn pattern(self) -> MessagePattern {
        pattern(self.words(), Context)
    }

    /// The one that a message is.
    pub(super) fn of(message: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|of| message.starts_with(of.words().as_bytes()))
    }
}

pub(super) const PATTERNS: &[MessagePattern] = &[
    pattern("MTProto handshake successful peer=", CONNECT),
    ContextMessage::Routing.pattern(),
    ContextMessage::RelayStarted.pattern(),
    pattern("ME relay cleanup user=", DISCONNECT),
    pattern("Relay finished user=", DISCONNECT),
    pattern("Relay finished (activity timeout) user=", DISCONNECT),
    pattern("Relay finished (user disabled) user=", DISCONNECT),
    pattern("Relay error user=", DISCONNECT),
    pattern("Data quota reached, closing relay user=", DISCONNECT),
    pattern("IP limit exceeded user=", Rejected(reason::IP_LIMIT)),
    ContextMessage::AdmissionFailed.pattern(),
    ContextMessage::DisabledRejected.pattern(),
    ContextMessage::DisabledAtAdmission.pattern(),
    ContextMessage::IncarnationChanged.pattern(),
    pattern("Connection closed with error peer=", Rejected(reason::LIMIT)),
    pattern("Connection closed during initial handshake peer=", Rejected(reason::EARLY_CLOSE)),
    pattern("Handshake timeout peer=", Rejected(reason::EARLY_CLOSE)),
    pattern("PROXY protocol header timeout peer=", Rejected(reason::EARLY_CLOSE)),
    pattern("Invalid PROXY protocol header peer=", Rejected(reason::BAD_PROXY_HEADER)),
    pattern(
        "Rejecting PROXY protocol header from untrusted source peer=",
        Rejected(reason::DENIED),
    ),
    pattern("MTProto replay attack detected peer=", Rejected(reason::REPLAY)),
    pattern("TLS replay attack detected (duplicate digest) peer=", Rejected(reason::REPLAY)),
    pattern("TLS handshake rejected by unknown SNI policy peer=", Rejected(reason::UNKNOWN_SNI)),
    pattern(
        "TLS handshake validation failed - no matching user, time skew, or budget exhausted peer=",
        Rejected(reason::BAD_HANDSHAKE),
    ),
    pattern(
        "TLS handshake validation failed - no matching user or time skew peer=",
        Rejected(reason::BAD_HANDSHAKE),
    ),
    pattern(
        "TLS handshake rejected: ClientHello did not offer a usable TLS 1.3 key_share peer=",
        Rejected(reason::BAD_HANDSHAKE),
    ),
    pattern(
        "TLS handshake rejected: ClientHello did not offer a supported TLS 1.3 cipher suite peer=",
        Rejected(reason::BAD_HANDSHAKE),
    ),
    pattern("MTProto handshake: no matching user found peer=", Rejected(reason::BAD_HANDSHAKE)),
    pattern(
        "MTProto handshake rejected by pre-auth probe throttle peer=",
        Rejected(reason::BAD_HANDSHAKE),
    ),
    pattern(
        "TLS handshake rejected by pre-auth probe throttle peer=",
        Rejected(reason::BAD_HANDSHAKE),
    ),
    pattern(
        "TLS handshake rejected: client source IP on per-user deny list \
         (access.user_source_deny) peer=",
        Rejected(reason::DENIED),
    ),
    pattern(
        "MTProto handshake rejected: client source IP on per-user deny list \
         (access.user_source_deny) peer=",
        Rejected(reason::DENIED),
    ),
    pattern("config reload: ", Meaning::Event(Kind::Reload)),
    pattern("Listening on ", Meaning::Event(Kind::Start)),
    ContextMessage::PressureEviction.pattern(),
    ContextMessage::HardIdleClose.pattern(),
    ContextMessage::DisabledCancelled.pattern(),
    ContextMessage::Cutover.pattern(),
    // Not needed; each names a user or a client.
    pattern("New connection peer=", BEFORE_AUTH),
    pattern("New connection (generic stream) peer=", BEFORE_AUTH),
    pattern("PROXY protocol header parsed peer=", BEFORE_AUTH),
    pattern("Handshake type detected peer=", BEFORE_AUTH),
    pattern("Processing TLS handshake peer=", BEFORE_AUTH),
    pattern("Reading TLS handshake peer=", BEFORE_AUTH),
    pattern("Reading MTProto handshake through TLS peer=", BEFORE_AUTH),
    pattern("Sending TLS ServerHello peer=", BEFORE_AUTH),
    pattern("TLS handshake accepted by unknown SNI policy peer=", BEFORE_AUTH),
    pattern("Connection closed before first client byte peer=", BEFORE_AUTH),
    pattern("Failed while waiting for first client byte peer=", BEFORE_AUTH),
    pattern("Closing idle pooled connection before first client byte peer=", BEFORE_AUTH),
    pattern("Failed to configure client socket peer=", BEFORE_AUTH),
    pattern("Failed to write TLS ServerHello peer=", BEFORE_AUTH),
    pattern("Failed to flush TLS ServerHello peer=", BEFORE_AUTH),
    pattern("Failed to write unrecognized_name TLS alert peer=", BEFORE_AUTH),
    pattern("Admission gate closed, dropping connection peer=", BEFORE_AUTH),
    pattern("Dropping accepted connection: permit wait timeout peer=", BEFORE_AUTH),
    pattern("Handshake failed peer=", Ignored("the closing line has the cause")),
    pattern("Non-TLS modes disabled peer=", MASKED),
    pattern("TLS handshake too short peer=", MASKED),
    pattern("TLS handshake length out of bounds peer=", MASKED),
    pattern("TLS handshake auth material parsing failed peer=", MASKED),
    pattern("TLS ClientHello body read failed; engaging masking fallback peer=", MASKED),
    pattern("Truncated in-range TLS ClientHello; engaging masking fallback peer=", MASKED),
    pattern("Client ALPN list has no supported protocol; using masking fallback peer=", MASKED),
    pattern(
        "Authenticated TLS session failed MTProto validation; engaging masking fallback peer=",
        MASKED,
    ),
    pattern(
        "TLS handshake successful peer=",
        Ignored("not yet authenticated: the MTProto handshake follows"),
    ),
    pattern("Connecting to Telegram DC user=", AFTER_CONNECT),
    pattern("Connected, performing TG handshake peer=", AFTER_CONNECT),
    pattern("TG handshake complete, starting relay peer=", AFTER_CONNECT),
    pattern("Sending nonce to Telegram peer=", AFTER_CONNECT),
    pattern(
        "Ignoring invalid scope hint and falling back to default upstream selection user=",
        AFTER_CONNECT,
    ),
    pattern("Relay active user=", AFTER_CONNECT),
    pattern("Activity timeout user=", AT_END),
    pattern("User data quota reached, closing relay user=", AT_END),
    pattern("Direct relay completed user=", AT_END),
    pattern("Direct relay ended with error user=", AT_END),
    pattern("Cutover affected direct session, closing client connection user=", AT_END),
    pattern("Connection closed by peer peer=", AT_END),
    pattern("Connection closed: Middle-End dropped session peer=", AT_END),
    pattern("Connection closed by controlled route cutover peer=", AT_END),
    pattern("Client EOF conn_id=", AT_END),
    pattern("ME channel closed conn_id=", AT_END),
    pattern("ME writer stop signal conn_id=", AT_END),
    pattern("ME sent close conn_id=", AT_END),
    pattern("Middle-relay soft idle mark trace_id=", Ignored("the session goes on")),
    pattern("Frame too large", Ignored("a damaged frame: the session's end follows")),
    pattern("Frame too small", Ignored("a damaged frame: the session's end follows")),
    pattern(
        "Disabled user sessions cancelled after config reload user=",
        Ignored("each session's end has a line"),
    ),
    pattern(
        "MTProto handshake matched user without validation material peer=",
        Ignored("a fault of the configuration"),
    ),
    pattern("Skipping user: access secret ", Ignored("a fault of the configuration")),
];

pub(super) static INDEX: LazyLock<PatternIndex> = LazyLock::new(|| PatternIndex::of(PATTERNS));

/// `P user=U dc=D proto=Secure tls=false`
pub(super) fn connect(rest: &[u8]) -> Option<Event<'_>> {
    let (peer, rest) = bytes::split_once(rest, " user=")?;
    let (user, rest) = bytes::rsplit_once(rest, " dc=")?;
    let (_, rest) = bytes::split_once(rest, " proto=")?;
    let (proto, tls) = bytes::split_once(rest, " tls=")?;
    let mut event = at_peer(Kind::Connect, peer)?;
    event.user = Some(bytes::to_text(user));
    event.mode = Some(Text::Borrowed(match (bytes::first_word(tls).0, proto) {
        (b"true", _) => "tls",
        (b"false", b"Secure") => "secure",
        (b"false", _) => "classic",
        _ => return None,
    }));
    Some(event)
}

/// `U c2s_bytes=1401 s2c_bytes=1401 c2s_msgs=3 s2c_msgs=3 duration_secs=0`, with an error also
/// ` error=E`.
pub(super) fn disconnect<'l>(message: &[u8], rest: &'l [u8]) -> Option<Event<'l>> {
    let mut event = Event::new(Kind::Disconnect, NAME);
    let (user, rest) = bytes::rsplit_once(rest, " c2s_bytes=")?;
    let (up, rest) = bytes::split_once(rest, " s2c_bytes=")?;
    let (down, rest) = bytes::split_once(rest, " c2s_msgs=")?;
    let (_, seconds) = bytes::split_once(rest, " duration_secs=")?;
    event.user = Some(bytes::to_text(user));
    event.bytes_up = Some(bytes::parse_u64(up)?);
    event.bytes_down = Some(bytes::parse_u64(down)?);
    event.lasted_ms = bytes::parse_u64(bytes::first_word(seconds).0)?.checked_mul(1000);
    let begins = |words: &str| message.starts_with(words.as_bytes());
    Some(event.with_reason(if begins("Relay error") {
        reason::ABORTED
    } else if begins("Data quota") {
        reason::QUOTA
    } else if begins("Relay finished (activity") {
        reason::IDLE
    } else if begins("Relay finished (user") {
        reason::DISABLED
    } else {
        reason::CLOSED
    }))
}

/// `U conn_id=C trace_id=0x… duration_ms=152 bytes_c2me=496 bytes_me2c=496 frames_ok=1`
pub(super) struct MeCleanup<'l> {
    pub(super) user: &'l [u8],
    pub(super) conn_id: &'l [u8],
    pub(super) duration_ms: u64,
    pub(super) bytes_up: u64,
    pub(super) bytes_down: u64,
}

impl<'l> MeCleanup<'l> {
    pub(super) fn read(rest: &'l [u8]) -> Option<Self> {
        let (user, rest) = bytes::rsplit_once(rest, " conn_id=")?;
        let (conn_id, rest) = bytes::split_once(rest, " trace_id=")?;
        let (_, rest) = bytes::split_once(rest, " duration_ms=")?;
        let (duration, rest) = bytes::split_once(rest, " bytes_c2me=")?;
        let (up, down) = bytes::split_once(rest, " bytes_me2c=")?;
        Some(Self {
            user,
            conn_id,
            duration_ms: bytes::parse_u64(duration)?,
            bytes_up: bytes::parse_u64(up)?,
            bytes_down: bytes::parse_u64(bytes::first_word(down).0)?,
        })
    }
}

/// The session's id in `C trace_id=… user=U`, `0x… conn_id=C user=U …` or `U conn_id=C`.
pub(super) fn conn_id(rest: &[u8]) -> Option<&[u8]> {
    let first = bytes::first_word(rest).0;
    if bytes::parse_u64(first).is_some() {
        return Some(first);
    }
    let after_trace = first.starts_with(b"0x").then(|| bytes::split_once(rest, " conn_id="));
    let found = after_trace.unwrap_or_else(|| bytes::rsplit_once(rest, " conn_id="));
    found.map(|(_, rest)| bytes::first_word(rest).0)
}

/// A refused client: `P`, `P user=U`, `P sni=…` or `U ip=A reason=…`.
pub(super) fn rejected<'l>(rest: &'l [u8], reason: &'static str) -> Option<Event<'l>> {
    if reason == reason::IP_LIMIT {
        let mut event = Event::new(Kind::Reject, NAME).with_reason(reason);
        let (user, rest) = bytes::split_once(rest, " ip=")?;
        event.user = Some(bytes::to_text(user));
        event.ip = Some(parse_ip(bytes::first_word(rest).0)?);
        return Some(event);
    }
    let (peer, more) = bytes::first_word(rest);
    let mut event = at_peer(Kind::Reject, real_peer(peer, more))?.with_reason(reason);
    let names_user = matches!(reason, reason::REPLAY | reason::DENIED);
    let user = more.strip_prefix(b"user=").filter(|_| names_user);
    event.user = user.map(bytes::to_text);
    Some(event)
}

/// `U error=User U exceeded connection limit`: user and reason of a refusal without an address.
pub(super) fn admission_failed(rest: &[u8]) -> Option<(Text<'_>, &'static str)> {
    let (user, error) = bytes::split_once(rest, " error=")?;
    let reason = user_error(error).map_or(reason::DENIED, |(_, reason)| reason);
    Some((bytes::to_text(user), reason))
}

/// `P real_peer=R error=User alice exceeded connection limit`: who was refused, and the reason.
/// Other errors have lines of their own.
pub(super) fn closed(rest: &[u8]) -> Option<Event<'_>> {
    let (peer, more) = bytes::first_word(rest);
    let (_, error) = bytes::split_once(rest, " error=")?;
    let (user, reason) = user_error(error)?;
    let mut event = at_peer(Kind::Reject, real_peer(peer, more))?.with_reason(reason);
    event.user = Some(bytes::to_text(user));
    Some(event)
}

/// `User alice exceeded connection limit`: user and reason.
fn user_error(error: &[u8]) -> Option<(&[u8], &'static str)> {
    let error = error.strip_prefix(b"User ")?;
    [
        (" exceeded connection limit", reason::LIMIT),
        (" exceeded data quota", reason::QUOTA),
        (" expired", reason::EXPIRED),
        (" disabled", reason::DISABLED),
    ]
    .into_iter()
    .find_map(|(end, reason)| Some((error.strip_suffix(end.as_bytes())?, reason)))
}

/// `users added: [a, b]`; a reload that failed or has no effect is a note.
pub(super) fn reload(rest: &[u8]) -> Event<'_> {
    let has_no_effect = ["restart required", "keeping old config", "failed to ", "could not "]
        .iter()
        .any(|words| memchr::memmem::find(rest, words.as_bytes()).is_some());
    let mut event = Event::new(if has_no_effect { Kind::Note } else { Kind::Reload }, NAME);
    event.text = Some(redact::masked(rest));
    event
}

/// The client's address: behind a load balancer it is `real_peer`.
fn real_peer<'l>(peer: &'l [u8], more: &'l [u8]) -> &'l [u8] {
    more.strip_prefix(b"real_peer=").map_or(peer, |rest| bytes::first_word(rest).0)
}

fn at_peer<'l>(kind: Kind, peer: &[u8]) -> Option<Event<'l>> {
    let (ip, port) = parse_peer(peer)?;
    let mut event = Event::new(kind, NAME);
    event.ip = Some(ip);
    event.port = Some(port);
    Some(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_context_pattern_is_a_context_message() {
        let contexts = PATTERNS.iter().filter(|pattern| pattern.meaning == Context);
        let words: Vec<_> = contexts.map(|pattern| pattern.words).collect();
        assert_eq!(words.len(), ContextMessage::ALL.len());
        for of in ContextMessage::ALL {
            assert!(words.contains(&of.words()), "{of:?}");
            assert_eq!(ContextMessage::of(of.words().as_bytes()), Some(of));
        }
        assert_eq!(ContextMessage::of(b"Disabled user"), None);
    }
}
