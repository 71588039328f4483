//! The rows as text for people.

use super::options::Options;
use crate::view::look::Marks;
use crate::view::{self, Look};

/// How rows are shown.
#[derive(Debug)]
pub(super) struct Text {
    look: Look,
    warn: u64,
    /// Whether something was shown, and the next sample needs a blank line before it.
    has_shown: bool,
}

impl Text {
    pub(super) fn new(options: &Options) -> Self {
        let marks = options.no_emoji.then_some(Marks::Words);
        Self { look: Look::of_stdout(marks), warn: options.marked(), has_shown: false }
    }

    /// Shows rows.
    pub(super) fn show(&mut self, rows: &[u8], out: &mut Vec<u8>) {
        let mut text = String::new();
        for line in rows.split(|byte| *byte == b'\n') {
            if line.starts_with(b"{\"type\":\"sample\"") {
                if let Ok(row) = serde_json::from_slice(line) {
                    if self.has_shown {
                        text.push('\n');
                    }
                    view::sample(&row, self.warn, &self.look, &mut text);
                    self.has_shown = true;
                }
            } else if let Ok(row) = serde_json::from_slice(line) {
                view::connection(&row, &self.look, &mut text);
            }
        }
        out.extend_from_slice(text.as_bytes());
    }
}
