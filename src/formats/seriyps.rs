//! `mtproto_proxy` (Erlang, seriyps): reports of a header line and a message, in OTP's legacy form
//! or on one line. One secret a listener, so the user is the listener's name.

use super::{Dialect, Line, LogParser, Meaning, MessagePattern, Outcome, reason, saying, scan};
use crate::net::parse_ip;
use crate::net::parse_peer;
use crate::stream::Event;
use crate::stream::Kind;
use crate::stream::Text;
use crate::timestamp::Timestamp;

const NAME: &str = "seriyps";

/// The dialect.
pub const DIALECT: Dialect = Dialect {
    name: NAME,
    also: &["mtproto_proxy", "erlang"],
    brief: "mtproto_proxy (Erlang, by seriyps)",
    logs: "every connection with listener, address and port, before it is authenticated; \
           handshakes that fail, by address. Give each user a listener of his own: its name is \
           the row's user",
    unknown: "which connections were authenticated; their ends; the zone of its times",
    patterns: SAYINGS,
    listen: || Box::<Seriyps>::default(),
};

const SAYINGS: &[MessagePattern] = &[
    saying(": new connection ", Meaning::Event(Kind::Connect)),
    saying(": protocol_error unknown_protocol", Meaning::Rejected(reason::BAD_HANDSHAKE)),
    saying(": protocol_error tls_invalid_digest", Meaning::Rejected(reason::BAD_HANDSHAKE)),
    saying(": protocol_error replay_session_detected", Meaning::Rejected(reason::REPLAY)),
    saying(": protocol_error policy_error", Meaning::Rejected(reason::LIMIT)),
    saying(": protocol_error disabled_protocol", Meaning::Rejected(reason::DISABLED)),
    saying(": protocol_error tls_no_sni", Meaning::Rejected(reason::UNKNOWN_SNI)),
    saying(": protocol_error tls_bad_client_hello", Meaning::Rejected(reason::BAD_HANDSHAKE)),
    saying("terminate normal", Meaning::Chatter),
    saying("Proxy started on ", Meaning::Chatter),
    saying("Links: ", Meaning::Chatter),
    saying("https://t.me/proxy?", Meaning::Chatter),
    saying("Erlang MTProto proxy by @seriyps", Meaning::Chatter),
    saying("Stand with Ukraine!", Meaning::Chatter),
    saying("+++++++++++++++++++++++++++++++++++++++", Meaning::Chatter),
];

/// What an unknown type of protocol error means.
const ERROR: &str = ": protocol_error ";
const MONTHS: [&[u8]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// A listener.
#[derive(Debug, Default)]
struct Seriyps {
    report: Report,
}

/// Where in a report the next line stands.
#[derive(Debug, Default)]
enum Report {
    /// Outside.
    #[default]
    None,
    /// Just below the header, which gave this time.
    Begun(Timestamp),
    /// Below the first line of the message.
    Within,
}

impl LogParser for Seriyps {
    fn read(&mut self, line: &Line<'_>, told: &mut dyn FnMut(Event<'_>)) -> Outcome {
        if line.text.first() == Some(&b'=') {
            let Some(civil) = header(line.text) else { return Outcome::Unrecognized };
            self.report = Report::Begun(line.local(civil));
            return Outcome::Ignored;
        }
        if let Report::Begun(ts) = self.report {
            let reading = message(line.text, ts, told);
            if reading != Outcome::Unrecognized {
                self.report = Report::Within;
            }
            return reading;
        }
        if let Some((ts, rest)) = formatted(line.text) {
            self.report = Report::Within;
            let reading = message(rest, ts, told);
            return if reading == Outcome::Unrecognized { Outcome::Ignored } else { reading };
        }
        let is_startup = SAYINGS.iter().any(|say| {
            say.means == Meaning::Chatter && line.text.starts_with(say.words.as_bytes())
        });
        let flag = memchr::memmem::find(line.text, b" Stand with Ukraine! ").is_some();
        if is_startup || flag { Outcome::Ignored } else { Outcome::Unrecognized }
    }

    /// The first line of a message, whatever it says; then lines that are set in, as Erlang sets
    /// its terms, or begin with the stars of a crash.
    fn continues(&mut self, text: &[u8]) -> bool {
        match self.report {
            Report::None => false,
            Report::Begun(_) => {
                self.report = Report::Within;
                true
            }
            Report::Within => {
                let is_inside = text.starts_with(b" ") || text.starts_with(b"**");
                if !is_inside {
                    self.report = Report::None;
                }
                is_inside
            }
        }
    }
}

/// `alice: new connection 127.0.0.2:43911`, `127.0.0.25: protocol_error TYPE <<206,…`
fn message(text: &[u8], ts: Timestamp, told: &mut dyn FnMut(Event<'_>)) -> Outcome {
    if let Some((listener, peer)) = scan::cut_last(text, ": new connection ") {
        let Some((ip, port)) = parse_peer(peer) else {
            return Outcome::Malformed("the peer is no address");
        };
        let mut event = Event::new(Kind::Connect, NAME);
        event.ts = Some(ts);
        event.user = Some(scan::text(listener));
        event.ip = Some(ip);
        event.port = Some(port);
        told(event);
        return Outcome::Parsed;
    }
    let Some((ip, what)) = scan::cut(text, ERROR) else { return Outcome::Unrecognized };
    let Some(ip) = parse_ip(ip) else { return Outcome::Malformed("the client is no address") };
    let kind = scan::word(what).0;
    let means = SAYINGS.iter().find(|saying| {
        saying.words.as_bytes().strip_prefix(ERROR.as_bytes()).is_some_and(|known| known == kind)
    });
    let why = match means.map(|saying| saying.means) {
        Some(Meaning::Rejected(why)) => why,
        _ => reason::BAD_HANDSHAKE,
    };
    let mut event = Event::new(Kind::Reject, NAME);
    event.ts = Some(ts);
    event.ip = Some(ip);
    event.reason = Some(Text::Borrowed(why));
    told(event);
    Outcome::Parsed
}

/// `=INFO REPORT==== 23-Nov-2026::15:58:19.978158 ===`: its time, as if in UTC.
fn header(text: &[u8]) -> Option<Timestamp> {
    let (kind, rest) = scan::cut(text.strip_prefix(b"=")?, " REPORT==== ")?;
    let time = rest.strip_suffix(b" ===")?;
    let is_kind = !kind.is_empty() && kind.iter().all(u8::is_ascii_uppercase);
    let (date, time) = scan::cut(time, "::")?;
    let mut parts = date.split(|&byte| byte == b'-');
    let day = scan::small(parts.next()?)?;
    let name = parts.next()?;
    let month = MONTHS.iter().zip(1..).find(|(known, _)| **known == name)?.1;
    let year = scan::signed(parts.next()?)?;
    let (hms, fraction) = scan::cut(time, ".").unwrap_or((time, b""));
    let mut parts = hms.split(|&byte| byte == b':').map(scan::small);
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let ms = scan::small(fraction.get(..3).unwrap_or(b"0"))?;
    let stamp = Timestamp::civil((year, month, day), (hour, minute, second), ms)?;
    (is_kind && parts.next().is_none()).then_some(stamp)
}

/// `2026-11-23T15:58:19.978158+00:00 info: MESSAGE`, as OTP's own formatter writes.
fn formatted(text: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (ts, taken) = Timestamp::read(text)?;
    let rest = text.get(taken..)?.strip_prefix(b" ")?;
    ["info: ", "notice: ", "warning: ", "error: ", "debug: ", "critical: "]
        .iter()
        .find_map(|level| rest.strip_prefix(level.as_bytes()))
        .map(|message| (ts, message))
}
