//! Messages of a container in the order of the log: the position after one, the search for it, and
//! the lines that pieces are joined to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

use super::LINE_MAX;
use crate::docker::logs::LogMessage;

/// The last message of a container that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerCursor {
    /// The name of the container.
    pub name: String,
    /// The engine's timestamp of the message.
    pub ts: String,
    /// A hash of the stream, the timestamp and the text.
    pub(super) hash: u64,
    /// Its number among the messages of this timestamp. Podman's have whole seconds.
    #[serde(alias = "repeat")]
    pub(super) nth: u32,
}

/// A message in the order of the log.
#[derive(Clone, Debug)]
pub(super) struct Position {
    pub(super) ts: String,
    hash: u64,
    pub(super) nth: u32,
}

impl Position {
    /// The position of a message after another one, given by timestamp and number.
    pub(super) fn of(message: LogMessage<'_>, previous: Option<(&str, u32)>) -> Self {
        let (hash, ts) = (hash(message), timestamp(message));
        let previous = previous.filter(|(previous, _)| previous.as_bytes() == ts);
        let nth = previous.map_or(1, |(_, nth)| nth.saturating_add(1));
        Self { ts: String::from_utf8_lossy(ts).into_owned(), hash, nth }
    }

    pub(super) fn into_cursor(self, name: &str) -> ContainerCursor {
        let Self { ts, hash, nth } = self;
        ContainerCursor { name: name.to_owned(), ts, hash, nth }
    }
}

fn timestamp(message: LogMessage<'_>) -> &[u8] {
    message.text.split(|byte| *byte == b' ').next().unwrap_or_default()
}

fn hash(message: LogMessage<'_>) -> u64 {
    XxHash3_64::oneshot_with_seed(message.stream.into(), message.text)
}

/// Looks up the cursor's message.
#[derive(Debug)]
pub(super) struct Scan {
    cursor: Option<ContainerCursor>,
    /// Whether earlier messages exist that are not scanned.
    is_partial: bool,
    /// Messages of the cursor's timestamp; `None` if the first ones of them are not scanned.
    nth: Option<u32>,
    pub(super) is_found: bool,
    pub(super) messages: u64,
    pub(super) new: u64,
    /// Whether messages are only counted.
    pub(super) is_silent: bool,
    pub(super) last: Option<Position>,
}

impl Scan {
    pub(super) fn new(cursor: Option<&ContainerCursor>, is_partial: bool) -> Self {
        Self {
            cursor: cursor.cloned(),
            is_partial,
            nth: Some(0),
            is_found: cursor.is_none(),
            messages: 0,
            new: 0,
            is_silent: false,
            last: None,
        }
    }

    /// Whether a message comes after the cursor's.
    pub(super) fn is_new(&mut self, message: LogMessage<'_>) -> bool {
        self.messages += 1;
        if self.is_silent {
            let last = self.last.take();
            let previous = last.as_ref().map(|last| (last.ts.as_str(), last.nth));
            self.last = Some(Position::of(message, previous));
            return false;
        }
        if self.is_found {
            self.new += 1;
            return true;
        }
        let Some(cursor) = &self.cursor else { return true };
        if timestamp(message) == cursor.ts.as_bytes() {
            self.nth = self.nth.filter(|_| self.messages > 1).map(|nth| nth.saturating_add(1));
            // Without the first ones, all messages have to be scanned. Where the log itself lacks
            // them, the first equal one counts.
            let is_nth = self.nth.map_or(!self.is_partial, |nth| nth == cursor.nth);
            self.is_found = is_nth && hash(message) == cursor.hash;
        }
        false
    }
}

/// Joins the pieces of long lines. Lines after an incomplete one of the other stream are held back,
/// so that the cursor covers what was sent.
#[derive(Debug, Default)]
pub(super) struct LineAssembler {
    /// The incomplete line of each stream.
    pub(super) partial: BTreeMap<u8, Vec<u8>>,
    /// Complete lines.
    pub(super) held: Vec<u8>,
    /// The last message.
    pub(super) last: Option<Position>,
}

impl LineAssembler {
    pub(super) fn push(&mut self, message: LogMessage<'_>, prefix: &str) {
        let partial = self.partial.remove(&message.stream);
        let mut line = match partial {
            // The timestamp of a further piece stands in the middle of the line.
            Some(mut line) => {
                let text = message.text;
                let end = memchr::memchr(b' ', text).map_or(0, |end| end + 1);
                line.extend_from_slice(text.get(end..).unwrap_or_default());
                line
            }
            None => [prefix.as_bytes(), message.text].concat(),
        };
        if line.last() == Some(&b'\n') || line.len() > LINE_MAX {
            if line.last() != Some(&b'\n') {
                line.push(b'\n');
            }
            self.held.extend_from_slice(&line);
        } else {
            self.partial.insert(message.stream, line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> LogMessage<'_> {
        LogMessage { stream: 1, text: text.as_bytes() }
    }

    /// Equal messages of one timestamp are distinguished by their number.
    #[test]
    fn a_scan_finds_the_message_after_the_cursor() {
        let log = ["0 z", "1 a", "1 b", "1 a", "1 b", "2 b", "2 b", "3 c"].map(message);
        let mut previous: Option<Position> = None;
        for sent in 1..=log.len() {
            let before = previous.as_ref().map(|last| (last.ts.as_str(), last.nth));
            let position = Position::of(log[sent - 1], before);
            previous = Some(position.clone());
            let cursor = position.into_cursor("x");
            let mut scan = Scan::new(Some(&cursor), false);
            let new = log.iter().filter(|message| scan.is_new(**message)).count();
            assert_eq!((scan.is_found, new), (true, log.len() - sent), "{sent}");
            // From the middle of the log: the right messages, or none.
            for from in 1..log.len() {
                let mut scan = Scan::new(Some(&cursor), true);
                let new = log[from..].iter().filter(|message| scan.is_new(**message)).count();
                assert!(!scan.is_found || new == log.len() - sent, "{sent}, {from}");
                let begins_before = log[from].text[0] < log[sent - 1].text[0];
                assert_eq!(scan.is_found, begins_before, "{sent}, {from}");
            }
        }
        let cursor = Position::of(message("4 d"), None).into_cursor("x");
        let mut scan = Scan::new(Some(&cursor), false);
        assert!(!log.iter().any(|message| scan.is_new(*message)) && !scan.is_found);
        // Rotated within the second.
        let cursor = Position::of(message("1 b"), Some(("1", 3))).into_cursor("x");
        let mut scan = Scan::new(Some(&cursor), false);
        let new = log[4..].iter().filter(|message| scan.is_new(**message)).count();
        assert_eq!((scan.is_found, new), (true, 3));
    }

    #[test]
    fn pieces_of_a_line_are_joined() {
        let mut lines = LineAssembler::default();
        lines.push(message("1 begin"), "x  | ");
        lines.push(LogMessage { stream: 2, text: b"2 other\n" }, "x  | ");
        assert!(!lines.partial.is_empty());
        lines.push(message("1 ning\n"), "x  | ");
        assert!(lines.partial.is_empty());
        assert_eq!(lines.held, b"x  | 2 other\nx  | 1 beginning\n");
    }
}
