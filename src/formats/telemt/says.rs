//! telemt's messages, each by its own list of keys.

use super::NAME;
use crate::formats::{reason, redact, scan};
use crate::net::parse_ip;
use crate::net::parse_peer;
use crate::stream::Event;
use crate::stream::Kind;
use crate::stream::Text;

/// `P user=U dc=D proto=Secure tls=false`
pub(super) fn connect(rest: &[u8]) -> Option<Event<'_>> {
    let (peer, rest) = scan::cut(rest, " user=")?;
    let (user, rest) = scan::cut_last(rest, " dc=")?;
    let (_, rest) = scan::cut(rest, " proto=")?;
    let (proto, tls) = scan::cut(rest, " tls=")?;
    let mut event = at_peer(Kind::Connect, peer)?;
    event.user = Some(scan::text(user));
    event.mode = Some(Text::Borrowed(match (scan::word(tls).0, proto) {
        (b"true", _) => "tls",
        (b"false", b"Secure") => "secure",
        (b"false", _) => "classic",
        _ => return None,
    }));
    Some(event)
}

/// `U c2s_bytes=1401 s2c_bytes=1401 c2s_msgs=3 s2c_msgs=3 duration_secs=0`, with an error the same
/// and ` error=E`.
pub(super) fn disconnect<'l>(message: &[u8], rest: &'l [u8]) -> Option<Event<'l>> {
    let mut event = Event::new(Kind::Disconnect, NAME);
    let (user, rest) = scan::cut_last(rest, " c2s_bytes=")?;
    let (up, rest) = scan::cut(rest, " s2c_bytes=")?;
    let (down, rest) = scan::cut(rest, " c2s_msgs=")?;
    let (_, seconds) = scan::cut(rest, " duration_secs=")?;
    event.user = Some(scan::text(user));
    event.bytes_up = Some(scan::number(up)?);
    event.bytes_down = Some(scan::number(down)?);
    event.lasted_ms = scan::number(scan::word(seconds).0)?.checked_mul(1000);
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

/// A message that turns a client away: `P`, `P user=U`, `P sni=…`, `U ip=A reason=…` or `U`.
pub(super) fn rejected<'l>(rest: &'l [u8], why: &'static str) -> Option<Event<'l>> {
    let mut event = Event::new(Kind::Reject, NAME).with_reason(why);
    match why {
        reason::IP_LIMIT => {
            let (user, rest) = scan::cut(rest, " ip=")?;
            event.user = Some(scan::text(user));
            event.ip = Some(parse_ip(scan::word(rest).0)?);
        }
        reason::DISABLED => event.user = Some(scan::text(rest)),
        _ => {
            let (peer, more) = scan::word(rest);
            event = at_peer(Kind::Reject, real(peer, more))?.with_reason(why);
            let names_user = matches!(why, reason::REPLAY | reason::DENIED);
            let user = more.strip_prefix(b"user=").filter(|_| names_user);
            event.user = user.map(scan::text);
        }
    }
    Some(event)
}

/// `P real_peer=R error=User alice exceeded connection limit`: who was turned away, and why.
/// Other errors are told by lines of their own.
pub(super) fn closed(rest: &[u8]) -> Option<Event<'_>> {
    let (peer, more) = scan::word(rest);
    let (_, error) = scan::cut(rest, " error=User ")?;
    let (user, why) = [
        (" exceeded connection limit", reason::LIMIT),
        (" exceeded data quota", reason::QUOTA),
        (" expired", reason::EXPIRED),
    ]
    .into_iter()
    .find_map(|(end, why)| Some((error.strip_suffix(end.as_bytes())?, why)))?;
    let mut event = at_peer(Kind::Reject, real(peer, more))?.with_reason(why);
    event.user = Some(scan::text(user));
    Some(event)
}

/// `users added: [a, b]`
pub(super) fn reload(rest: &[u8]) -> Event<'_> {
    let mut event = Event::new(Kind::Reload, NAME);
    event.text = Some(redact::masked(rest));
    event
}

/// Behind a load balancer `peer` is its address, and `real_peer` the client's.
fn real<'l>(peer: &'l [u8], more: &'l [u8]) -> &'l [u8] {
    more.strip_prefix(b"real_peer=").map_or(peer, |rest| scan::word(rest).0)
}

fn at_peer<'l>(kind: Kind, peer: &[u8]) -> Option<Event<'l>> {
    let (ip, port) = parse_peer(peer)?;
    let mut event = Event::new(kind, NAME);
    event.ip = Some(ip);
    event.port = Some(port);
    Some(event)
}
