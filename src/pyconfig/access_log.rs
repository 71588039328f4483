//! The access log's block in config.py: appended, found by its marks, removed.

use std::ops::Range;

use memchr::memmem;

use super::ConfigEdit;
use super::text::newline;
use crate::accesslog;

/// State of the access log's block in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessLogState {
    /// The block of this version.
    On,
    /// A block of another version or one changed by hand.
    Other,
    Off,
}

/// Finds the state of the access log's block.
pub fn access_log_state(text: &str) -> AccessLogState {
    let Some(at) = find_block(text) else { return AccessLogState::Off };
    let have = text.get(at).unwrap_or_default().trim_end_matches(['\n', '\r']);
    let is_same = have == block(text);
    if is_same { AccessLogState::On } else { AccessLogState::Other }
}

/// Returns the block without its last line ending.
fn block(text: &str) -> String {
    let block = accesslog::text(newline(text));
    block.trim_end_matches(['\n', '\r']).to_owned()
}

impl ConfigEdit<'_> {
    /// Appends the block, or replaces the one that exists.
    pub fn enable_access_log(&mut self) {
        let text = self.config.text;
        match find_block(text) {
            None => self.appended.push(block(text)),
            Some(at) => {
                let old = text.get(at.clone()).unwrap_or_default();
                let end = at.start + old.trim_end_matches(['\n', '\r']).len();
                self.edits.push((at.start..end, block(text)));
            }
        }
    }

    /// Removes the block.
    pub fn disable_access_log(&mut self) {
        self.edits.extend(find_block(self.config.text).map(|at| (at, String::new())));
    }
}

/// Finds the access log's block, from its first line to the end of its last.
pub(super) fn find_block(text: &str) -> Option<Range<usize>> {
    let marked_lines = |mark: &'static str| {
        let is_first = |at: &usize| {
            let before = text.get(..*at).unwrap_or_default();
            before.is_empty() || before == "\u{feff}" || before.ends_with(['\n', '\r'])
        };
        memmem::find_iter(text.as_bytes(), mark).filter(is_first)
    };
    let first = marked_lines(accesslog::BEGIN).next()?;
    let end = marked_lines(accesslog::END).find(|end| *end > first)?;
    // A first line without a last one is not part of a block.
    let begin = marked_lines(accesslog::BEGIN).take_while(|begin| *begin < end).last()?;
    let rest = text.get(end..)?;
    let line = rest.find(['\n', '\r']).map_or(rest.len(), |at| {
        at + if rest.get(at..).is_some_and(|rest| rest.starts_with("\r\n")) { 2 } else { 1 }
    });
    Some(begin..end + line)
}
