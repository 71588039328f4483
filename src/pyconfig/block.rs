//! The access log's block in config.py: put at its end, found by its marks, taken out again.

use std::ops::Range;

use memchr::memmem;

use super::Change;
use super::text::newline;
use crate::accesslog;

/// How the access log stands in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// Its block is there as these tools write it.
    On,
    /// Its block is there, of another version or changed by hand.
    Other,
    /// There is none.
    Off,
}

/// How the access log stands in a file of this text.
pub fn log(text: &str) -> Log {
    let Some(at) = place(text) else { return Log::Off };
    let have = text.get(at).unwrap_or_default().trim_end_matches(['\n', '\r']);
    let is_same = have == block(text);
    if is_same { Log::On } else { Log::Other }
}

/// The block without its last line's end.
fn block(text: &str) -> String {
    let block = accesslog::text(newline(text));
    block.trim_end_matches(['\n', '\r']).to_owned()
}

impl Change<'_> {
    /// Puts the block at the file's end, or in the place of the one that is there.
    pub fn log_on(&mut self) {
        let text = self.config.text;
        match place(text) {
            None => self.appended.push(block(text)),
            Some(at) => {
                let old = text.get(at.clone()).unwrap_or_default();
                let end = at.start + old.trim_end_matches(['\n', '\r']).len();
                self.edits.push((at.start..end, block(text)));
            }
        }
    }

    /// Takes the block out.
    pub fn log_off(&mut self) {
        self.edits.extend(place(self.config.text).map(|at| (at, String::new())));
    }
}

/// Where the access log's block is: from the line that begins it to the end of that which ends it.
pub(super) fn place(text: &str) -> Option<Range<usize>> {
    let lines_with = |mark: &'static str| {
        let is_first = |at: &usize| {
            let before = text.get(..*at).unwrap_or_default();
            before.is_empty() || before == "\u{feff}" || before.ends_with(['\n', '\r'])
        };
        memmem::find_iter(text.as_bytes(), mark).filter(is_first)
    };
    let first = lines_with(accesslog::BEGIN).next()?;
    let end = lines_with(accesslog::END).find(|end| *end > first)?;
    // A line like the first of a block, with no end, is none of its lines.
    let begin = lines_with(accesslog::BEGIN).take_while(|begin| *begin < end).last()?;
    let rest = text.get(end..)?;
    let line = rest.find(['\n', '\r']).map_or(rest.len(), |at| {
        at + if rest.get(at..).is_some_and(|rest| rest.starts_with("\r\n")) { 2 } else { 1 }
    });
    Some(begin..end + line)
}
