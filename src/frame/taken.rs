//! What one framing says of a line: the rest inside it, its time, its source.

use super::form::Form;
use crate::timestamp::Timestamp;

/// A frame taken off a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken<'l> {
    pub(super) form: Form,
    pub(super) rest: &'l [u8],
    pub(super) ts: Option<Timestamp>,
    pub(super) source: Option<&'l [u8]>,
}

impl<'l> Taken<'l> {
    pub(super) fn new(form: Form, rest: &'l [u8]) -> Self {
        Self { form, rest, ts: None, source: None }
    }

    pub(super) fn at(self, ts: Timestamp) -> Self {
        Self { ts: Some(ts), ..self }
    }

    pub(super) fn from(self, source: &'l [u8]) -> Self {
        Self { source: Some(source), ..self }
    }
}
