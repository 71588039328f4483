//! A block of statistics:
//!
//! ```text
//! Stats for 23.11.2026 15:40:45
//! max power: 2 connects (2 current), 0.00 MB, 10 msgs
//!
//! New IPs:
//! 203.0.113.20
//!
//! Clients with time skew (possible replay-attackers):
//! 203.0.113.45, clocks were 180 minutes behind
//!
//! Clients with duplicate handshake (likely replay-attackers):
//! 203.0.113.43, 3 times
//! ```
//!
//! Only what may stand at a place is taken there. With the PROXY protocol a client chooses the
//! text of its address, line ends included: an entry must be a whole address, and what follows a
//! line that is none, up to the end of the list, may be the rest of a forgery and is not taken.

use super::NAME;
use crate::formats::{Line, Outcome, reason, scan};
use crate::net::parse_ip;
use crate::stream::Event;
use crate::stream::Kind;
use crate::stream::Usage;
use crate::timestamp::Timestamp;

/// Where in a block the next line stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Nothing was heard yet: a log may begin in the middle of a block.
    #[default]
    Fresh,
    /// Between lists, or outside.
    Outside,
    /// Among the users.
    Users,
    /// In a list of addresses, and whether all of its lines were entries so far.
    In(List, Trust),
}

/// A list of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    New,
    Skewed,
    Doubled,
}

/// Whether a list is still believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    Kept,
    Lost,
}

/// The reader of blocks.
#[derive(Debug, Default)]
pub(super) struct Block {
    place: Place,
    ts: Option<Timestamp>,
}

const HEADS: &[(&str, List)] = &[
    ("New IPs:", List::New),
    ("Clients with time skew (possible replay-attackers):", List::Skewed),
    ("Clients with duplicate handshake (likely replay-attackers):", List::Doubled),
];

impl Block {
    /// Reads a line; `None` where it is no part of a block.
    pub(super) fn read(
        &mut self,
        line: &Line<'_>,
        told: &mut dyn FnMut(Event<'_>),
    ) -> Option<Outcome> {
        if let Some(time) = line.text.strip_prefix(b"Stats for ") {
            let Some(civil) = time_of(time) else {
                return Some(Outcome::Malformed("its time is none"));
            };
            self.ts = Some(line.local(civil));
            self.place = Place::Users;
            return Some(Outcome::Ignored);
        }
        let head = HEADS.iter().find(|(words, _)| line.text == words.as_bytes());
        if let Some((_, list)) = head {
            self.place = Place::In(*list, Trust::Kept);
            return Some(Outcome::Ignored);
        }
        match self.place {
            Place::Fresh | Place::Users => {
                let event = user(line.text)?;
                self.tell(event, told);
                Some(Outcome::Parsed)
            }
            Place::In(list, Trust::Kept) => {
                let Some(event) = address(list, line.text) else {
                    // A message of the proxy may stand between; it is tried next.
                    if !super::says::is_message(line.text) {
                        self.place = Place::In(list, Trust::Lost);
                    }
                    return None;
                };
                self.tell(event, told);
                Some(Outcome::Parsed)
            }
            Place::In(list, Trust::Lost) => {
                let looks = address(list, line.text).is_some();
                looks.then_some(Outcome::Malformed("the line before is no address: perhaps forged"))
            }
            Place::Outside => None,
        }
    }

    /// An empty line ends what it stands under.
    pub(super) fn blank(&mut self) {
        if self.place != Place::Fresh {
            self.place = Place::Outside;
        }
    }

    fn tell(&self, mut event: Event<'_>, told: &mut dyn FnMut(Event<'_>)) {
        event.ts = self.ts;
        told(event);
    }
}

/// `23.11.2026 15:40:45`, as if in UTC.
fn time_of(text: &[u8]) -> Option<Timestamp> {
    let part = |from: usize, to: usize| scan::small(text.get(from..to)?);
    let marks = [text.get(2)?, text.get(5)?, text.get(10)?, text.get(13)?, text.get(16)?];
    if marks != [&b'.', &b'.', &b' ', &b':', &b':'] || text.len() != 19 {
        return None;
    }
    let date = (i64::from(part(6, 10)?), part(3, 5)?, part(0, 2)?);
    Timestamp::civil(date, (part(11, 13)?, part(14, 16)?, part(17, 19)?), 0)
}

/// `alice: 3 connects (3 current), 0.01 MB, 22 msgs`, from the right: a name may hold anything.
fn user(text: &[u8]) -> Option<Event<'_>> {
    let (rest, messages) = scan::cut_last(text.strip_suffix(b" msgs")?, " MB, ")?;
    let (rest, megabytes) = scan::cut_last(rest, " current), ")?;
    let (rest, current) = scan::cut_last(rest, " connects (")?;
    let (name, connects) = scan::cut_last(rest, ": ")?;
    let megabytes = std::str::from_utf8(megabytes).ok()?;
    let is_plain = megabytes.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let mut event = Event::new(Kind::Usage, NAME);
    event.user = Some(scan::text(name));
    event.usage = Some(Usage {
        connects: Some(scan::number(connects)?),
        current: scan::signed(current)?,
        megabytes: Some(megabytes.parse().ok().filter(|_| is_plain)?),
        messages: Some(scan::number(messages)?),
    });
    Some(event)
}

/// An entry of a list.
fn address(list: List, text: &[u8]) -> Option<Event<'_>> {
    let (ip, event) = match list {
        List::New => (text, Event::new(Kind::Seen, NAME)),
        List::Skewed => {
            let (ip, rest) = scan::cut(text, ", clocks were ")?;
            scan::signed(rest.strip_suffix(b" minutes behind")?)?;
            (ip, Event::new(Kind::Reject, NAME).with_reason(reason::TIME_SKEW))
        }
        List::Doubled => {
            let (ip, rest) = scan::cut(text, ", ")?;
            let mut event = Event::new(Kind::Reject, NAME).with_reason(reason::REPLAY);
            event.count = Some(scan::number(rest.strip_suffix(b" times")?)?);
            (ip, event)
        }
    };
    Some(Event { ip: Some(parse_ip(ip)?), ..event })
}
