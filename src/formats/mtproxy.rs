//! The official `MTProxy` (C) with `-v`: connections by the number of their socket, which is used
//! again as soon as it is free. Which of its secrets matched is never printed: no user.

use std::net::IpAddr;

use super::connection_table::ConnectionTable;
use super::{Dialect, Line, LogParser, Meaning, MessagePattern, Outcome, reason, saying, scan};
use crate::net::parse_peer;
use crate::stream::Event;
use crate::stream::Kind;
use crate::stream::Text;
use crate::timestamp::Timestamp;

const NAME: &str = "mtproxy";

/// The dialect.
pub const DIALECT: Dialect = Dialect {
    name: NAME,
    also: &["mtproto-proxy", "MTProxy"],
    brief: "the official MTProxy (C), with -v",
    logs: "every connection with address, port and end, before it is authenticated; handshakes \
           that fail",
    unknown: "the user, at any level; which connections were authenticated; the zone of its times",
    patterns: SAYINGS,
    listen: || Box::<MtProxy>::default(),
};

const SAYINGS: &[MessagePattern] = &[
    saying("New inbound connection #", Meaning::Event(Kind::Connect)),
    saying("Closing connection socket #", Meaning::Event(Kind::Disconnect)),
    saying("New outbound connection #", Meaning::Context),
    saying("Invoking engine ", Meaning::Event(Kind::Start)),
    saying("invalid \"random\" 64-byte header", Meaning::Rejected(reason::BAD_HANDSHAKE)),
    saying(
        "Receive request with unmatched client random",
        Meaning::Rejected(reason::BAD_HANDSHAKE),
    ),
    saying("Receive again request with the same client random", Meaning::Rejected(reason::REPLAY)),
    saying("Disallow request with timestamp ", Meaning::Rejected(reason::TIME_SKEW)),
    saying("Disallow too old request with timestamp ", Meaning::Rejected(reason::TIME_SKEW)),
];

/// A listener.
#[derive(Debug, Default)]
struct MtProxy {
    /// Open connections by process and socket: `32740#11`.
    sockets: ConnectionTable<Socket>,
    /// Parsers for that name.
    name: Vec<u8>,
}

/// A connection, as its first line has it.
#[derive(Debug)]
struct Socket {
    ip: IpAddr,
    port: u16,
    since: Timestamp,
    id: String,
}

impl LogParser for MtProxy {
    fn read(&mut self, line: &Line<'_>, told: &mut dyn FnMut(Event<'_>)) -> Outcome {
        if line.text.starts_with(b"[pid ") {
            let is_ours = scan::cut(line.text, "] [time ").is_some();
            return if is_ours { Outcome::Ignored } else { Outcome::Unrecognized };
        }
        let Some((process, time, message)) = shape(line.text) else { return Outcome::Unrecognized };
        let Some((civil, _)) = Timestamp::read_local(time) else {
            return Outcome::Malformed("its time is none");
        };
        let Some((means, rest)) = scan::begins(message, SAYINGS) else { return Outcome::Ignored };
        let ts = line.local(civil);
        if let Meaning::Rejected(why) = means {
            let mut event = Event::new(Kind::Reject, NAME).with_reason(why);
            event.ts = Some(ts);
            told(event);
            return Outcome::Parsed;
        }
        if means == Meaning::Event(Kind::Start) {
            let mut event = Event::new(Kind::Start, NAME);
            event.ts = Some(ts);
            event.id = Some(scan::text(process));
            told(event);
            return Outcome::Parsed;
        }
        let (number, rest) = scan::word(rest);
        if scan::number(number).is_none() {
            return Outcome::Malformed("the number of its socket is none");
        }
        self.name.clear();
        self.name.extend_from_slice(process);
        self.name.push(b'#');
        self.name.extend_from_slice(number);
        match means {
            Meaning::Event(Kind::Connect) => {
                let id = format!("{}@{}", String::from_utf8_lossy(&self.name), id_time(time));
                self.opened(rest, ts, id, told)
            }
            Meaning::Event(Kind::Disconnect) => self.closed(ts, told),
            Meaning::Event(_) | Meaning::Rejected(_) | Meaning::Context | Meaning::Chatter => {
                self.sockets.close(&self.name);
                Outcome::Ignored
            }
        }
    }

    fn forgotten(&self) -> u64 {
        self.sockets.forgotten
    }
}

impl MtProxy {
    /// `127.0.0.12:34617 -> 127.0.0.1:9446`
    fn opened(
        &mut self,
        rest: &[u8],
        since: Timestamp,
        id: String,
        told: &mut dyn FnMut(Event<'_>),
    ) -> Outcome {
        let peer = scan::cut(rest, " -> ").and_then(|(peer, _)| parse_peer(peer));
        let Some((ip, port)) = peer else { return Outcome::Malformed("the peer is no address") };
        let mut event = Event::new(Kind::Connect, NAME);
        event.ts = Some(since);
        event.ip = Some(ip);
        event.port = Some(port);
        event.id = Some(Text::Borrowed(&id));
        told(event);
        self.sockets.open(&self.name, Socket { ip, port, since, id });
        Outcome::Parsed
    }

    fn closed(&mut self, ts: Timestamp, told: &mut dyn FnMut(Event<'_>)) -> Outcome {
        // A socket towards Telegram, or one opened before this log begins.
        let Some(socket) = self.sockets.close(&self.name) else { return Outcome::Ignored };
        let mut event = Event::new(Kind::Disconnect, NAME);
        event.ts = Some(ts);
        event.ip = Some(socket.ip);
        event.port = Some(socket.port);
        event.id = Some(Text::Borrowed(&socket.id));
        event.lasted_ms = u64::try_from(ts.0 - socket.since.0).ok();
        told(event);
        Outcome::Parsed
    }
}

/// `[21389][2026-11-23 15:37:04.479732 local] MESSAGE`: process, time, message.
fn shape(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (process, rest) = scan::cut(text.strip_prefix(b"[")?, "][")?;
    scan::number(process)?;
    let (time, message) = scan::cut(rest, " local] ")?;
    (time.len() < 40).then_some((process, time, message))
}

/// What of a time makes the id of a socket unlike that of the next one of the same number.
fn id_time(time: &[u8]) -> String {
    let digits = time.iter().filter(|byte| byte.is_ascii_digit());
    digits.skip(4).map(|&byte| char::from(byte)).collect()
}
