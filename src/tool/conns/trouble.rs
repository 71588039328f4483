//! What is wrong is said when it begins and when it is over, not at every sample.

use std::fmt::Display;

use crate::io::reporter::Reporter;

/// What is wrong with one thing, as it was said last.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    said: Option<String>,
}

impl Trouble {
    /// Says what is wrong, unless it was said.
    pub(super) fn is(&mut self, what: impl Display, reporter: Reporter) {
        let what = what.to_string();
        if self.said.as_ref() != Some(&what) {
            reporter.print(&what);
            self.said = Some(what);
        }
    }

    /// Says what is wrong, unless it is with the same as what was said last: why something is not
    /// there may change while it goes.
    pub(super) fn is_with(&mut self, whom: &str, what: impl Display, reporter: Reporter) {
        let what = what.to_string();
        let is_of = |said: &String| said.starts_with(whom) && what.starts_with(whom);
        if !self.said.as_ref().is_some_and(is_of) {
            self.is(what, reporter);
        }
    }

    /// Says that nothing is wrong any more, if something was.
    pub(super) fn is_over(&mut self, what: impl Display, reporter: Reporter) {
        if self.said.take().is_some() {
            reporter.print(what);
        }
    }
}
