//! Stock mtprotoproxy (Python): a block of statistics every ten minutes, and messages without a
//! time. No line of it ties a user to an address.

mod block;
mod says;

use super::{Dialect, Line, LogParser, Meaning, MessagePattern, Outcome, redact, scan};
use crate::net::parse_ip;
use crate::stream::Event;
use crate::stream::Kind;
use block::Block;

const NAME: &str = "mtprotoproxy";

/// The dialect.
pub const DIALECT: Dialect = Dialect {
    name: NAME,
    also: &["alexbers"],
    brief: "mtprotoproxy (Python) as it comes",
    logs: "each user's counters every STATS_PRINT_PERIOD, new addresses without a user, and \
           addresses that replay or whose clocks are off",
    unknown: "who was at which address, at any setting: mtp-users access-log on adds a log that \
              says it; the zone of its times",
    patterns: SAYINGS,
    listen: || Box::<Mtprotoproxy>::default(),
};

const SAYINGS: &[MessagePattern] = says::SAYINGS;

/// A listener.
#[derive(Debug, Default)]
struct Mtprotoproxy {
    block: Block,
    open: Open,
}

/// What was begun and is not over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Open {
    #[default]
    Nothing,
    /// A traceback of Python's.
    Traceback,
    /// The example of `MODES` that is printed for old config files.
    Example,
}

impl LogParser for Mtprotoproxy {
    fn read(&mut self, line: &Line<'_>, told: &mut dyn FnMut(Event<'_>)) -> Outcome {
        if let Some(reading) = self.block.read(line, told) {
            return reading;
        }
        if line.text.starts_with(b"Traceback (most recent call last):") {
            self.open = Open::Traceback;
        } else if line.text == b"MODES = {" {
            self.open = Open::Example;
        }
        if says::is_link(line.text) {
            return Outcome::Ignored;
        }
        let Some((means, rest)) = scan::begins(line.text, SAYINGS) else {
            return Outcome::Unrecognized;
        };
        let mut event = match means {
            Meaning::Event(kind) => Event::new(kind, NAME),
            Meaning::Rejected(why) => {
                let Some((ip, _)) = scan::cut(rest, " sent bad proxy") else {
                    return Outcome::Unrecognized;
                };
                let Some(ip) = parse_ip(ip) else { return Outcome::Malformed("no address") };
                let mut event = Event::new(Kind::Reject, NAME).with_reason(why);
                event.ip = Some(ip);
                event
            }
            Meaning::Context | Meaning::Chatter => return Outcome::Ignored,
        };
        if event.kind == Kind::Note {
            event.text = Some(redact::masked(line.text.trim_ascii_end()));
        }
        told(event);
        Outcome::Parsed
    }

    /// Python's tracebacks: lines set in, then the error.
    fn continues(&mut self, text: &[u8]) -> bool {
        let open = std::mem::take(&mut self.open);
        if open == Open::Nothing || text == b"}" {
            return open == Open::Example;
        }
        let is_set_in = text.starts_with(b"  ");
        let (error, _) = scan::cut(text, ":").unwrap_or((text, b""));
        let is_error = !error.is_empty()
            && error.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_'));
        if is_set_in {
            self.open = open;
        }
        is_set_in || (is_error && open == Open::Traceback)
    }

    fn blank(&mut self) {
        self.block.blank();
    }
}
