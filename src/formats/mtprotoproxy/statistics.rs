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
//! Lines are only taken where they may stand. A user's line outside a block is not read: a name may
//! hold anything, so an unknown framing would become part of it. With the PROXY protocol a client
//! chooses the text of its address, line ends included: an entry must be a whole address, and the
//! rest of a list after a line that is not one may be forged.

use super::{NAME, messages};
use crate::error::Error;
use crate::formats::{Emit, Outcome, ParseContext, bytes, parsed, reason};
use crate::net::parse_ip;
use crate::stream::{Event, Kind, Usage};
use crate::timestamp::Timestamp;

/// The part of a block that the next line is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum StatisticsSection {
    /// Outside a block, or between its lists.
    #[default]
    None,
    Users,
    /// A list of addresses, and whether all of its lines were entries so far.
    Addresses(AddressList, Trust),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AddressList {
    New,
    Skewed,
    Replayed,
}

/// Whether entries of a list are still taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    Kept,
    Lost,
}

#[derive(Clone, Debug, Default)]
pub(super) struct StatisticsReader {
    section: StatisticsSection,
    ts: Option<Timestamp>,
}

const HEADS: &[(&str, AddressList)] = &[
    ("New IPs:", AddressList::New),
    ("Clients with time skew (possible replay-attackers):", AddressList::Skewed),
    ("Clients with duplicate handshake (likely replay-attackers):", AddressList::Replayed),
];

impl StatisticsReader {
    /// Parses a line; `None` where it is not part of a block.
    pub(super) fn parse(
        &mut self,
        line: &[u8],
        context: &ParseContext<'_>,
        emit: &mut Emit<'_>,
    ) -> Result<Option<Outcome>, Error> {
        if let Some(time) = line.strip_prefix(b"Stats for ") {
            let Some(civil) = time_of(time) else {
                return Ok(Some(Outcome::Malformed("invalid time")));
            };
            self.ts = Some(context.local(civil));
            self.section = StatisticsSection::Users;
            return Ok(Some(Outcome::Ignored));
        }
        let head = HEADS.iter().find(|(words, _)| line == words.as_bytes());
        if let Some((_, list)) = head {
            self.section = StatisticsSection::Addresses(*list, Trust::Kept);
            return Ok(Some(Outcome::Ignored));
        }
        let event = match self.section {
            StatisticsSection::Users => user(line),
            StatisticsSection::Addresses(list, Trust::Kept) => address(list, line),
            StatisticsSection::Addresses(list, Trust::Lost) => {
                let fault = "an address after a line that is not one: it may be forged";
                return Ok(address(list, line).map(|_| Outcome::Malformed(fault)));
            }
            StatisticsSection::None => None,
        };
        let Some(event) = event else {
            // A message of the proxy may stand between entries; it is tried next.
            if let StatisticsSection::Addresses(list, _) = self.section
                && !messages::is_message(line)
            {
                self.section = StatisticsSection::Addresses(list, Trust::Lost);
            }
            return Ok(None);
        };
        parsed(Event { ts: self.ts, ..event }, emit).map(Some)
    }

    /// An empty line ends the section.
    pub(super) fn blank_line(&mut self) {
        self.section = StatisticsSection::None;
    }
}

/// `23.11.2026 15:40:45`, as if in UTC.
fn time_of(text: &[u8]) -> Option<Timestamp> {
    let part = |from: usize, to: usize| bytes::parse_u32(text.get(from..to)?);
    let marks = [text.get(2)?, text.get(5)?, text.get(10)?, text.get(13)?, text.get(16)?];
    if marks != [&b'.', &b'.', &b' ', &b':', &b':'] || text.len() != 19 {
        return None;
    }
    let date = (i64::from(part(6, 10)?), part(3, 5)?, part(0, 2)?);
    Timestamp::civil(date, (part(11, 13)?, part(14, 16)?, part(17, 19)?), 0)
}

/// `alice: 3 connects (3 current), 0.01 MB, 22 msgs`, read from the right: a name may hold
/// anything. Versions before 2020 end at ` MB`.
fn user(text: &[u8]) -> Option<Event<'_>> {
    let (rest, messages) = match text.strip_suffix(b" msgs") {
        Some(text) => {
            let (rest, messages) = bytes::rsplit_once(text, " MB, ")?;
            (rest, Some(bytes::parse_u64(messages)?))
        }
        None => (text.strip_suffix(b" MB")?, None),
    };
    let (rest, megabytes) = bytes::rsplit_once(rest, " current), ")?;
    let (rest, current) = bytes::rsplit_once(rest, " connects (")?;
    let (name, connects) = bytes::rsplit_once(rest, ": ")?;
    let megabytes = std::str::from_utf8(megabytes).ok()?;
    let is_plain = megabytes.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let mut event = Event::new(Kind::Usage, NAME);
    event.user = Some(bytes::to_text(name));
    event.usage = Some(Usage {
        connects: Some(bytes::parse_u64(connects)?),
        current: bytes::parse_i64(current)?,
        megabytes: Some(megabytes.parse().ok().filter(|_| is_plain)?),
        messages,
    });
    Some(event)
}

/// An entry of a list.
fn address(list: AddressList, text: &[u8]) -> Option<Event<'_>> {
    let (ip, event) = match list {
        AddressList::New => (text, Event::new(Kind::Seen, NAME)),
        AddressList::Skewed => {
            let (ip, rest) = bytes::split_once(text, ", clocks were ")?;
            bytes::parse_i64(rest.strip_suffix(b" minutes behind")?)?;
            (ip, Event::new(Kind::Reject, NAME).with_reason(reason::TIME_SKEW))
        }
        AddressList::Replayed => {
            let (ip, rest) = bytes::split_once(text, ", ")?;
            let mut event = Event::new(Kind::Reject, NAME).with_reason(reason::REPLAY);
            event.count = Some(bytes::parse_u64(rest.strip_suffix(b" times")?)?);
            (ip, event)
        }
    };
    Some(Event { ip: Some(parse_ip(ip)?), ..event })
}
