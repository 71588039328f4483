//! The access log's block in config.py: put at its end, found by its marks, taken out again.

use std::ops::Range;

use super::text::{self, Lines, newline};
use super::{Change, Config};
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

/// How the access log stands in this file.
pub fn log(config: &Config<'_>) -> Log {
    let Some(at) = place(config.text) else { return Log::Off };
    let have = config.text.get(at).unwrap_or_default().trim_end_matches(['\n', '\r']);
    let is_same = have == block(config.text);
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
    let lines = Lines::of(text);
    let line_with = |mark: &str, from: usize| {
        let found = text.get(from..)?.match_indices(mark).map(|(at, _)| from + at);
        found.map(|at| lines.around(at)).find(|line| {
            text.get(line.clone())
                .is_some_and(|line| line.trim_start_matches(text::BOM).starts_with(mark))
        })
    };
    let begin = line_with(accesslog::BEGIN, 0)?;
    let end = line_with(accesslog::END, begin.end)?;
    Some(begin.start..end.end)
}
