//! The official `MTProxy`: connections by the number of their socket, which is used again as soon
//! as it is free. It never prints which of its secrets matched.

use std::net::IpAddr;
use std::sync::LazyLock;

use super::{LogLine, NAME, id_time, start};
use crate::error::Error;
use crate::formats::bytes::PatternIndex;
use crate::formats::connection_table::ConnectionTable;
use crate::formats::{
    Emit, Meaning, MessagePattern, NO_CLIENT, Outcome, bytes, parsed, pattern, reason,
};
use crate::net::parse_peer;
use crate::stream::{Event, Kind, Text};
use crate::timestamp::Timestamp;

const BEFORE_AUTH: Meaning =
    Meaning::Ignored("the line of the connection's beginning has the same peer");

pub(super) const PATTERNS: &[MessagePattern] = &[
    pattern("New inbound connection #", Meaning::Event(Kind::Connect)),
    pattern("Closing connection socket #", Meaning::Event(Kind::Disconnect)),
    pattern("New outbound connection #", Meaning::Context),
    pattern("Invoking engine ", Meaning::Event(Kind::Start)),
    pattern("invalid \"random\" 64-byte header", Meaning::Rejected(reason::BAD_HANDSHAKE)),
    pattern(
        "Receive request with unmatched client random",
        Meaning::Rejected(reason::BAD_HANDSHAKE),
    ),
    pattern("Receive again request with the same client random", Meaning::Rejected(reason::REPLAY)),
    pattern("Disallow request with timestamp ", Meaning::Rejected(reason::TIME_SKEW)),
    pattern("Disallow too old request with timestamp ", Meaning::Rejected(reason::TIME_SKEW)),
    pattern("trying to determine type of connection from ", BEFORE_AUTH),
    pattern("Established TLS connection from ", BEFORE_AUTH),
    pattern("TLS type with domain ", BEFORE_AUTH),
    pattern("got error for tcp socket #", BEFORE_AUTH),
    pattern("proxy pass connected #", BEFORE_AUTH),
    pattern("closing proxy pass connection #", BEFORE_AUTH),
    pattern("Too much EAGAINs for connection ", BEFORE_AUTH),
    pattern("tcp opportunistic encryption mode detected, tag = ", Meaning::Ignored(NO_CLIENT)),
];

static INDEX: LazyLock<PatternIndex> = LazyLock::new(|| PatternIndex::of(PATTERNS));

#[derive(Debug, Default)]
pub(super) struct OfficialReader {
    /// Open connections by process and socket: `32740#11`.
    sockets: ConnectionTable<InboundSocket>,
    /// Reused for that key.
    key: Vec<u8>,
}

#[derive(Debug)]
struct InboundSocket {
    ip: IpAddr,
    port: u16,
    since: Timestamp,
    id: String,
}

impl OfficialReader {
    pub(super) fn parse(
        &mut self,
        record: &LogLine<'_>,
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error> {
        let Some((meaning, rest)) = INDEX.match_prefix(record.message) else {
            return Ok(Outcome::Ignored);
        };
        match meaning {
            Meaning::Event(Kind::Start) => return start(record, NAME, emit),
            Meaning::Rejected(reason) => {
                let mut event = Event::new(Kind::Reject, NAME).with_reason(reason);
                event.ts = Some(record.ts);
                return parsed(event, emit);
            }
            Meaning::Ignored(_) => return Ok(Outcome::Ignored),
            Meaning::Event(_) | Meaning::Context => {}
        }
        let (number, rest) = bytes::first_word(rest);
        if bytes::parse_u64(number).is_none() {
            return Ok(Outcome::Malformed("invalid socket number"));
        }
        self.key.clear();
        self.key.extend_from_slice(record.process);
        self.key.push(b'#');
        self.key.extend_from_slice(number);
        match meaning {
            Meaning::Event(Kind::Connect) => self.opened(rest, record, emit),
            Meaning::Event(Kind::Disconnect) => self.closed(record.ts, emit),
            Meaning::Event(_) | Meaning::Rejected(_) | Meaning::Context | Meaning::Ignored(_) => {
                self.sockets.remove(&self.key);
                Ok(Outcome::Ignored)
            }
        }
    }

    /// `127.0.0.12:34617 -> 127.0.0.1:9446`
    fn opened(
        &mut self,
        rest: &[u8],
        record: &LogLine<'_>,
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error> {
        let peer = bytes::split_once(rest, " -> ").and_then(|(peer, _)| parse_peer(peer));
        let Some((ip, port)) = peer else { return Ok(Outcome::Malformed("invalid peer")) };
        let id = format!("{}@{}", String::from_utf8_lossy(&self.key), id_time(record.time));
        let mut event = Event::new(Kind::Connect, NAME);
        event.ts = Some(record.ts);
        event.ip = Some(ip);
        event.port = Some(port);
        event.id = Some(Text::Borrowed(&id));
        emit(event)?;
        self.sockets.insert(&self.key, InboundSocket { ip, port, since: record.ts, id });
        Ok(Outcome::Parsed)
    }

    fn closed(&mut self, ts: Timestamp, emit: &mut Emit<'_>) -> Result<Outcome, Error> {
        // A socket towards Telegram, or one opened before this log begins.
        let Some(socket) = self.sockets.remove(&self.key) else { return Ok(Outcome::Ignored) };
        let mut event = Event::new(Kind::Disconnect, NAME);
        event.ts = Some(ts);
        event.ip = Some(socket.ip);
        event.port = Some(socket.port);
        event.id = Some(Text::Borrowed(&socket.id));
        event.lasted_ms = u64::try_from(ts.0.saturating_sub(socket.since.0)).ok();
        parsed(event, emit)
    }

    pub(super) fn evicted(&self) -> u64 {
        self.sockets.evicted
    }
}
