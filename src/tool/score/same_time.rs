//! Alerts in an order that does not depend on which users a run has.

use crate::io::output::Output;

/// Alerts of one time, which are written in the order of their users' names: the order must not
/// depend on which other users a run has.
#[derive(Debug, Default)]
pub(super) struct SameTime {
    at: i64,
    pub(super) rows: Vec<(String, Vec<u8>)>,
}

impl SameTime {
    /// Begins a time; what is held of an earlier one is written.
    pub(super) fn begin(&mut self, at: i64, out: &mut Output) {
        if at != self.at {
            self.flush(out);
            self.at = at;
        }
    }

    pub(super) fn flush(&mut self, out: &mut Output) {
        self.rows.sort();
        for (_, row) in self.rows.drain(..) {
            out.buffer.extend_from_slice(&row);
        }
    }
}
