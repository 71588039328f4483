//! Stock mtprotoproxy (Python): a block of statistics every ten minutes, and messages without a
//! time. No line joins a user with an address.

mod messages;
mod statistics;

use super::{
    Dialect, Emit, LogParser, Meaning, Outcome, ParseContext, bytes, level, parsed, redact,
};
use crate::error::Error;
use crate::net::parse_ip;
use crate::stream::{Event, Kind};
use statistics::StatisticsReader;

const NAME: &str = "mtprotoproxy";

pub const DIALECT: Dialect = Dialect {
    name: NAME,
    aliases: &["alexbers"],
    brief: "mtprotoproxy (Python) as it comes",
    logs: "each user's counters every STATS_PRINT_PERIOD, new addresses without a user, and \
           addresses that replay or whose clocks are off",
    unknown: "who was at which address, at any setting: mtp-users access-log on adds a log of it; \
              the zone of its times",
    version: "0614c35",
    levels: &[level("any level", [false; 4])],
    remedy: "mtp-users access-log on",
    patterns: messages::PATTERNS,
    new_parser: || Box::<MtprotoproxyParser>::default(),
};

#[derive(Clone, Debug, Default)]
struct MtprotoproxyParser {
    statistics: StatisticsReader,
    open: OpenMessage,
    is_certain: bool,
}

/// A message over several lines that is not over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum OpenMessage {
    #[default]
    None,
    /// A traceback of Python.
    Traceback,
    /// The example of `MODES` that is printed for old config files.
    Example,
}

impl LogParser for MtprotoproxyParser {
    fn parse(
        &mut self,
        line: &[u8],
        context: &ParseContext<'_>,
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error> {
        if let Some(outcome) = self.statistics.parse(line, context, emit)? {
            self.is_certain |= outcome == Outcome::Parsed;
            return Ok(outcome);
        }
        if line.starts_with(b"Traceback (most recent call last):") {
            self.open = OpenMessage::Traceback;
        } else if line == b"MODES = {" {
            self.open = OpenMessage::Example;
        }
        if messages::is_link(line) {
            self.is_certain = true;
            return Ok(Outcome::Ignored);
        }
        let Some((meaning, rest)) = messages::INDEX.match_prefix(line) else {
            return Ok(Outcome::Unrecognized);
        };
        let mut event = match meaning {
            Meaning::Event(kind) => Event::new(kind, NAME),
            Meaning::Rejected(reason) => {
                let Some((ip, _)) = bytes::split_once(rest, " sent bad proxy") else {
                    return Ok(Outcome::Unrecognized);
                };
                let Some(ip) = parse_ip(ip) else {
                    return Ok(Outcome::Malformed("invalid address"));
                };
                let mut event = Event::new(Kind::Reject, NAME).with_reason(reason);
                event.ip = Some(ip);
                event
            }
            Meaning::Context | Meaning::Ignored(_) => return Ok(Outcome::Ignored),
        };
        if event.kind == Kind::Note {
            event.text = Some(redact::masked(line.trim_ascii_end()));
        }
        parsed(event, emit)
    }

    /// Tracebacks of Python: indented lines, then the error.
    fn continues(&mut self, line: &[u8]) -> bool {
        let open = std::mem::take(&mut self.open);
        if open == OpenMessage::None || line == b"}" {
            return open == OpenMessage::Example;
        }
        let is_indented = line.starts_with(b"  ");
        let (error, _) = bytes::split_once(line, ":").unwrap_or((line, b""));
        let is_error = !error.is_empty()
            && error.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_'));
        if is_indented {
            self.open = open;
        }
        is_indented || (is_error && open == OpenMessage::Traceback)
    }

    fn fork(&self) -> Option<Box<dyn LogParser>> {
        Some(Box::new(self.clone()))
    }

    fn is_certain(&self) -> bool {
        self.is_certain
    }

    fn blank_line(&mut self) {
        self.statistics.blank_line();
    }
}
