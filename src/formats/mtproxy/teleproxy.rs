//! teleproxy: the label of the secret that matched, and the client.
//!
//! * With fake TLS one line has label and peer. Without TLS the line with the label has no peer: it
//!   is that of the last `trying to determine type of connection from` of the same process. Where
//!   more than one client waits (`--tcp-cpu-threads`), the event has no address.
//! * Where a client asks for an unknown domain, its text is printed as it came, line ends included.
//!   Lines that it can reach are no events; an end among them counts once its socket is reused.
//! * A connection's end is `direct: closing client connection` or, for a client that was passed
//!   on to the site behind, `closing proxy pass connection`: both with the peer. Else it is
//!   `Closing connection socket #N`, by the number of its socket.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::LazyLock;

use super::waiting::WaitingClients;
use super::{LogLine, NAME, TELEPROXY, id_time, start};
use crate::error::Error;
use crate::formats::bytes::PatternIndex;
use crate::formats::connection_table::ConnectionTable;
use crate::formats::{
    Emit, Meaning, MessagePattern, NO_CLIENT, Outcome, bytes, parsed, pattern, reason, redact,
};
use crate::net::{parse_ip, parse_peer};
use crate::stream::{Event, Kind, Text};
use crate::timestamp::Timestamp;

use Meaning::{Context, Ignored, Rejected};

const CONNECT: Meaning = Meaning::Event(Kind::Connect);
const DISCONNECT: Meaning = Meaning::Event(Kind::Disconnect);
/// A refusal whose line has label, reason and peer.
const REFUSED: Meaning = Rejected(reason::DENIED);

pub(super) const PATTERNS: &[MessagePattern] = &[
    pattern("TLS handshake matched secret [", CONNECT),
    pattern("tcp opportunistic encryption mode detected, tag = ", CONNECT),
    pattern("direct: closing client connection #", DISCONNECT),
    pattern("closing proxy pass connection #", DISCONNECT),
    pattern("Closing connection socket #", DISCONNECT),
    pattern("MTP_EVENT handshake_ok ", CONNECT),
    pattern("MTP_EVENT disconnect ", DISCONNECT),
    pattern("TLS connection rejected: secret [", REFUSED),
    pattern("connection rejected: secret [", REFUSED),
    pattern("connection from ", Rejected(reason::DENIED)),
    pattern("Receive request with unmatched client random", Rejected(reason::BAD_HANDSHAKE)),
    pattern("Receive again request with the same client random", Rejected(reason::REPLAY)),
    pattern("Receive request for unknown domain ", Rejected(reason::UNKNOWN_SNI)),
    pattern("Disallow request with timestamp ", Rejected(reason::TIME_SKEW)),
    pattern("Disallow too old request with timestamp ", Rejected(reason::TIME_SKEW)),
    pattern("Expected TLS-transport", Rejected(reason::BAD_HANDSHAKE)),
    pattern("invalid \"random\" 64-byte header", Rejected(reason::BAD_HANDSHAKE)),
    pattern("PROXY protocol parse error from ", Rejected(reason::BAD_PROXY_HEADER)),
    pattern("PROXY protocol header timeout from ", Rejected(reason::EARLY_CLOSE)),
    pattern("Invoking engine ", Meaning::Event(Kind::Start)),
    pattern("config reloaded: ", Meaning::Event(Kind::Reload)),
    pattern("config reload failed: ", Meaning::Event(Kind::Note)),
    pattern("New inbound connection #", Context),
    pattern("New outbound connection #", Context),
    pattern("PROXY protocol: real client ", Context),
    pattern("trying to determine type of connection from ", Context),
    pattern("\"random\" 64-byte header: have ", Context),
    pattern("Established TLS connection from ", Context),
    pattern("got error for tcp socket #", Context),
    pattern("direct client: secret #", Context),
    pattern("TLS type with domain ", Ignored("printed before the client is authenticated")),
    pattern("transport error ", Ignored("the line of the connection's end follows")),
    pattern("direct DC: secret #", Ignored(NO_CLIENT)),
    pattern("Added secret #", Ignored(NO_CLIENT)),
    pattern("direct: closing DC connection #", Ignored(NO_CLIENT)),
    pattern("secret reload: ", Ignored(NO_CLIENT)),
    pattern("secret drain: ", Ignored("each connection's end has a line")),
];

static INDEX: LazyLock<PatternIndex> = LazyLock::new(|| PatternIndex::of(PATTERNS));

/// Processes whose last client is kept; a proxy has one for each worker.
const PROCESSES_MAX: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct TeleproxyReader {
    /// The last client of each process.
    processes: HashMap<Box<[u8]>, LastClient>,
    /// Peers of inbound sockets by process and number: `365#9`.
    sockets: ConnectionTable<Vec<u8>>,
    /// Authenticated clients by process and peer: `365 198.51.100.162:42141`.
    clients: ConnectionTable<Client>,
    /// It accepts fake TLS, and so no other clients: the line with label and peer is the connect.
    has_tls: bool,
    /// Lines that a client may have written, and that are no events.
    pub(super) untrusted: u64,
}

/// The clients that the next line without a peer may be about.
#[derive(Debug, Default)]
struct LastClient {
    /// The last one, as written.
    peer: Vec<u8>,
    waiting: WaitingClients,
}

#[derive(Debug)]
struct Client {
    user: String,
    peer: (IpAddr, u16),
    since: Timestamp,
    id: String,
    reason: &'static str,
    /// When a line that a client may have written reported its end.
    may_have_ended: Option<Timestamp>,
}

/// Whether a message has a secret's label.
pub(super) fn has_label(message: &[u8]) -> bool {
    let is_tag = message.starts_with(b"tcp opportunistic encryption mode detected, ");
    (is_tag && memchr::memmem::find(message, b", secret [").is_some())
        || message.starts_with(b"TLS handshake matched secret [")
        || message.starts_with(b"TLS connection rejected: secret [")
        || message.starts_with(b"connection rejected: secret [")
}

impl TeleproxyReader {
    pub(super) fn parse(
        &mut self,
        record: &LogLine<'_>,
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error> {
        let Some((meaning, rest)) = INDEX.match_prefix(record.message) else {
            return Ok(Outcome::Ignored);
        };
        let has_claim = match meaning {
            Meaning::Event(_) => true,
            Rejected(_) => has_label(record.message) || record.message.starts_with(b"connection"),
            Context | Ignored(_) => false,
        };
        if record.is_untrusted && has_claim {
            return Ok(self.distrust(record, meaning, rest));
        }
        match meaning {
            Meaning::Event(Kind::Start) => {
                // In a container the process ids of the last run come again.
                if record.message.starts_with(b"Invoking engine teleproxy-") {
                    *self = Self::default();
                }
                start(record, TELEPROXY, emit)
            }
            CONNECT => self.authenticated(record, rest, emit),
            DISCONNECT => self.closed(record, rest, emit),
            Meaning::Event(kind) => {
                let mut event = Event::new(kind, TELEPROXY);
                event.ts = Some(record.ts);
                event.text = Some(redact::masked(record.message));
                parsed(event, emit)
            }
            Rejected(reason) => {
                if record.message.starts_with(b"invalid \"random\"") {
                    self.last_client(record.process).waiting.take();
                }
                self.rejected(record, rest, reason, emit)
            }
            Context => {
                let is_end = self.remember(record, rest, emit)?;
                Ok(if is_end { Outcome::Parsed } else { Outcome::Ignored })
            }
            Ignored(_) => Ok(Outcome::Ignored),
        }
    }

    /// What a line that a client may have written comes to. The number of a connection's socket
    /// shows later whether an end was real.
    fn distrust(&mut self, record: &LogLine<'_>, meaning: Meaning, rest: &[u8]) -> Outcome {
        self.untrusted += 1;
        let is_end = meaning == DISCONNECT && !record.message.starts_with(b"MTP_EVENT ");
        if !is_end {
            return Outcome::Malformed("may be text of a client, which chose the domain before it");
        }
        let (number, more) = bytes::first_word(rest);
        let peer = match bytes::split_once(more, " -> ") {
            Some((_, peer)) => bytes::split_once(peer, ", who=").map(|(peer, _)| peer.to_vec()),
            None => self.sockets.get_mut(&socket_key(record.process, number)).cloned(),
        };
        let key = peer.map(|peer| client_key(record.process, &peer));
        if let Some(client) = key.and_then(|key| self.clients.get_mut(&key)) {
            client.may_have_ended.get_or_insert(record.ts);
        }
        Outcome::Ignored
    }

    /// A socket's number is used again: its connection has ended, whatever reported that.
    /// Returns whether there was one whose end was not emitted.
    fn reused(
        &mut self,
        record: &LogLine<'_>,
        number: &[u8],
        emit: &mut Emit<'_>,
    ) -> Result<bool, Error> {
        let Some(peer) = self.sockets.remove(&socket_key(record.process, number)) else {
            return Ok(false);
        };
        let key = client_key(record.process, &peer);
        // Else its end follows: the next client may come first.
        let has_ended =
            self.clients.get_mut(&key).is_some_and(|client| client.may_have_ended.is_some());
        match has_ended.then(|| self.clients.remove(&key)).flatten() {
            Some(client) => client.end(TELEPROXY, record, emit).map(|_| true),
            None => Ok(false),
        }
    }

    fn remember(
        &mut self,
        record: &LogLine<'_>,
        rest: &[u8],
        emit: &mut Emit<'_>,
    ) -> Result<bool, Error> {
        let message = record.message;
        let is_trying = message.starts_with(b"trying ");
        let is_last_client = is_trying || message.starts_with(b"Established");
        if message.starts_with(b"New inbound connection #") {
            let (number, ends) = bytes::first_word(rest);
            let Some((peer, _)) = bytes::split_once(ends, " -> ") else { return Ok(false) };
            let key = socket_key(record.process, number);
            if record.is_untrusted {
                if self.sockets.get_mut(&key).is_none() {
                    self.sockets.insert(&key, peer.to_vec());
                }
                return Ok(false);
            }
            let is_end = self.reused(record, number, emit)?;
            self.sockets.insert(&key, peer.to_vec());
            self.clients.remove(&client_key(record.process, peer));
            return Ok(is_end);
        }
        if record.is_untrusted && !is_last_client {
            return Ok(false);
        }
        if message.starts_with(b"New outbound connection #") {
            return self.reused(record, bytes::first_word(rest).0, emit);
        } else if message.starts_with(b"PROXY protocol: real client ") {
            self.clients.remove(&client_key(record.process, rest));
        } else if message.starts_with(b"got error for tcp socket #") {
            // `9, [198.51.100.162]:42141 : Connection reset by peer`
            let Some((_, rest)) = bytes::split_once(rest, ", [") else { return Ok(false) };
            let Some((ip, rest)) = bytes::split_once(rest, "]:") else { return Ok(false) };
            let peer = [ip, b":", bytes::first_word(rest).0].concat();
            self.set_reason(record.process, &peer, reason::ABORTED);
        } else if message.starts_with(b"direct client: secret #") {
            let Some((_, peer)) = bytes::split_once(rest, ", closing from ") else {
                return Ok(false);
            };
            self.set_reason(record.process, peer, reason::QUOTA);
        } else if is_last_client {
            self.has_tls |= !is_trying && !record.is_untrusted;
            let last = self.last_client(record.process);
            last.peer.clear();
            last.peer.extend_from_slice(rest);
            if is_trying {
                last.waiting.add(rest, record.ts);
            }
        } else {
            // `"random" 64-byte header: have 40 bytes, need 24 more bytes to distinguish`
            self.last_client(record.process).waiting.take();
        }
        Ok(false)
    }

    fn last_client(&mut self, process: &[u8]) -> &mut LastClient {
        if self.processes.len() >= PROCESSES_MAX {
            self.processes.clear();
        }
        self.processes.entry(process.into()).or_default()
    }

    fn set_reason(&mut self, process: &[u8], peer: &[u8], reason: &'static str) {
        if let Some(client) = self.clients.get_mut(&client_key(process, peer)) {
            client.reason = reason;
        }
    }

    /// `alice] from 198.51.100.162:42141`, `dddddddd, target=2, secret [alice]`, and
    /// `secret_id=0 fd=11 ip=203.0.113.7 port=35441 …`
    fn authenticated(
        &mut self,
        record: &LogLine<'_>,
        rest: &[u8],
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error> {
        if record.message.starts_with(b"MTP_EVENT ") {
            let Some(event) = EventFields::read(rest) else {
                return Ok(Outcome::Malformed("missing or invalid value"));
            };
            let user = format!("secret_{}", String::from_utf8_lossy(event.secret_id));
            let key = client_key(record.process, &[b"#", event.fd].concat());
            let Some(peer) = event.peer else { return Ok(Outcome::Malformed("missing peer")) };
            return self.connect(NAME, record, &key, user, peer, None, emit);
        }
        if let Some((user, peer)) = bytes::rsplit_once(rest, "] from ") {
            self.has_tls = true;
            return self.labelled(record, user, peer, "tls", emit);
        }
        let Some((tag, rest)) = bytes::split_once(rest, ",") else {
            return Ok(Outcome::Malformed("missing target="));
        };
        let label = bytes::split_once(rest, " secret [");
        let label = label.and_then(|(_, label)| label.strip_suffix(b"]"));
        // Without a label: printed by the official program. With TLS it is the client's second line.
        let Some(user) = label.filter(|_| !self.has_tls) else { return Ok(Outcome::Ignored) };
        let mode = if tag == b"dddddddd" { "secure" } else { "classic" };
        let waiting = &mut self.last_client(record.process).waiting;
        let are_several = waiting.are_several();
        match waiting.take() {
            Some(peer) => self.labelled(record, user, &peer, mode, emit),
            None if are_several => {
                let mut event = Event::new(Kind::Connect, TELEPROXY);
                event.ts = Some(record.ts);
                event.user = Some(bytes::to_text(user));
                event.mode = Some(Text::Borrowed(mode));
                parsed(event, emit)
            }
            None => Ok(Outcome::Malformed("no client before this line")),
        }
    }

    /// A connect with a known user and peer.
    fn labelled(
        &mut self,
        record: &LogLine<'_>,
        user: &[u8],
        peer: &[u8],
        mode: &'static str,
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error> {
        let key = client_key(record.process, peer);
        if self.clients.get_mut(&key).is_some() {
            return Ok(Outcome::Ignored);
        }
        let Some(peer) = parse_peer(peer) else {
            return Ok(Outcome::Malformed("no client before this line"));
        };
        let user = bytes::to_text(user).into_owned();
        self.connect(TELEPROXY, record, &key, user, peer, Some(mode), emit)
    }

    #[expect(clippy::too_many_arguments, reason = "the values of one event")]
    fn connect(
        &mut self,
        name: &'static str,
        record: &LogLine<'_>,
        key: &[u8],
        user: String,
        peer: (IpAddr, u16),
        mode: Option<&'static str>,
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error> {
        let id = format!("{}@{}", String::from_utf8_lossy(record.process), id_time(record.time));
        let mut event = Event::new(Kind::Connect, name);
        event.ts = Some(record.ts);
        event.user = Some(Text::Borrowed(&user));
        event.ip = Some(peer.0);
        event.port = Some(peer.1);
        event.mode = mode.map(Text::Borrowed);
        event.id = Some(Text::Borrowed(&id));
        emit(event)?;
        let client = Client {
            user,
            peer,
            since: record.ts,
            id,
            reason: reason::CLOSED,
            may_have_ended: None,
        };
        self.clients.insert(key, client);
        Ok(Outcome::Parsed)
    }

    fn closed(
        &mut self,
        record: &LogLine<'_>,
        rest: &[u8],
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error> {
        let (number, more) = bytes::first_word(rest);
        let (key, name) = if record.message.starts_with(b"MTP_EVENT ") {
            let Some(event) = EventFields::read(rest) else {
                return Ok(Outcome::Malformed("missing or invalid value"));
            };
            (client_key(record.process, &[b"#", event.fd].concat()), NAME)
        } else if record.message.starts_with(b"Closing connection socket #") {
            let peer = self.sockets.remove(&socket_key(record.process, number));
            (client_key(record.process, &peer.unwrap_or_default()), TELEPROXY)
        } else {
            // `9 (DC 2) after 2643.3s, 192.0.2.10:443 -> 198.51.100.162:42141, who=0`
            let Some((_, peer)) = bytes::split_once(more, " -> ") else {
                return Ok(Outcome::Malformed("missing peer"));
            };
            let peer = bytes::split_once(peer, ", who=").map_or(peer, |(peer, _)| peer);
            (client_key(record.process, peer), TELEPROXY)
        };
        // Another connection's, one that never authenticated, or one whose end was read.
        let Some(client) = self.clients.remove(&key) else { return Ok(Outcome::Ignored) };
        client.end(name, record, emit)
    }

    fn rejected(
        &mut self,
        record: &LogLine<'_>,
        rest: &[u8],
        reason: &'static str,
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error> {
        let mut event = Event::new(Kind::Reject, TELEPROXY).with_reason(reason);
        event.ts = Some(record.ts);
        let has_peer = record.message.starts_with(b"PROXY protocol ");
        let peer = if let Some((user, rest)) =
            has_label(record.message).then(|| bytes::split_once(rest, "] ")).flatten()
        {
            let Some((why, peer)) = bytes::rsplit_once(rest, " from ") else {
                return Ok(Outcome::Malformed("missing peer"));
            };
            event.user = Some(bytes::to_text(user));
            event.reason = Some(Text::Borrowed(refusal(why)));
            peer.to_vec()
        } else if record.message.starts_with(b"connection from ") {
            match bytes::split_once(rest, " rejected by IP ACL") {
                Some((ip, _)) => ip.to_vec(),
                None => return Ok(Outcome::Ignored),
            }
        } else if has_peer {
            rest.to_vec()
        } else {
            self.last_client(record.process).peer.clone()
        };
        let peer = parse_peer(&peer)
            .map(|(ip, port)| (ip, Some(port)))
            .or_else(|| parse_ip(&peer).map(|ip| (ip, None)));
        event.ip = peer.map(|(ip, _)| ip);
        event.port = peer.and_then(|(_, port)| port);
        parsed(event, emit)
    }

    pub(super) fn evicted(&self) -> u64 {
        self.sockets.evicted + self.clients.evicted
    }
}

impl Client {
    /// Emits the end of a connection.
    fn end(
        &self,
        name: &'static str,
        record: &LogLine<'_>,
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error> {
        let end = self.may_have_ended.unwrap_or(record.ts);
        let mut event = Event::new(Kind::Disconnect, name).with_reason(self.reason);
        event.ts = Some(record.ts);
        event.user = Some(Text::Borrowed(&self.user));
        event.ip = Some(self.peer.0);
        event.port = Some(self.peer.1);
        event.id = Some(Text::Borrowed(&self.id));
        event.lasted_ms = u64::try_from(end.0.saturating_sub(self.since.0)).ok();
        parsed(event, emit)
    }
}

/// The reason in `secret [bob] IP limit 3 from …`.
fn refusal(text: &[u8]) -> &'static str {
    match text {
        b"draining" => reason::DISABLED,
        b"expired" => reason::EXPIRED,
        b"quota exhausted" => reason::QUOTA,
        [b'I', b'P', ..] => reason::IP_LIMIT,
        [b'a', b't', ..] => reason::LIMIT,
        _ => reason::DENIED,
    }
}

/// `secret_id=0 fd=11 ip=203.0.113.7 port=35441 domain=example.com`, as a patch of the official
/// program prints.
struct EventFields<'l> {
    secret_id: &'l [u8],
    fd: &'l [u8],
    peer: Option<(IpAddr, u16)>,
}

impl<'l> EventFields<'l> {
    fn read(rest: &'l [u8]) -> Option<Self> {
        let value = |key: &str| {
            let mut words = rest.split(|byte| *byte == b' ');
            words.find_map(|word| word.strip_prefix(key.as_bytes()))
        };
        let port = value("port=").and_then(bytes::parse_u32);
        let port = port.and_then(|port| u16::try_from(port).ok());
        let peer = value("ip=").and_then(parse_ip).zip(port);
        Some(Self { secret_id: value("secret_id=").unwrap_or_default(), fd: value("fd=")?, peer })
    }
}

fn socket_key(process: &[u8], number: &[u8]) -> Vec<u8> {
    [process, b"#", number].concat()
}

fn client_key(process: &[u8], peer: &[u8]) -> Vec<u8> {
    [process, b" ", peer].concat()
}
