//! Deframing: raw lines to the messages inside. The framings of Compose, Docker, Kubernetes, journald
//! and syslog are removed, line by line, in any mixture.
//!
//! To add a framing: a variant of [`FrameFormat`] with its name, a reader in the file of its kind,
//! its place in `stripped_line.rs`, and an example `tests/fixtures/frames/NAME.log`.
//!
//! Decisions that a line alone does not allow:
//! * A statistics line of a user called `a  | b` (two blanks) is Compose's prefix. With one blank
//!   it is that only if the stream shows Compose otherwise: colours, `Attaching to`, the line
//!   before.
//! * rsyslog's `#033[1m` is an escape even where a program wrote those letters.
//! * journalctl's text forms and rsyslog's files have the same shape, so they share names.
//! * `docker logs --details` puts labels before the line. They look like the line's own words, so
//!   [`after_details`] is for lines that nothing else recognises.

mod compose;
mod deframer;
mod engine_time;
mod escapes;
mod format;
mod partial_lines;
mod prefixes;
mod records;
mod stream_state;
mod stripped_line;
mod syslog;

pub use deframer::{BYTE_ORDER_MARK, Deframer};
pub use format::FrameFormat;
pub use partial_lines::{LINE_MAX, STREAMS_MAX, TOTAL_MAX};

use crate::error::Error;
use crate::timestamp::Timestamp;

/// Receives what raw lines hold.
pub type EmitDeframed<'e> = dyn FnMut(Deframed<'_>) -> Result<(), Error> + 'e;

/// What a raw line holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deframed<'l> {
    /// A program's message.
    Message(Message<'l>),
    /// A line of the framing itself: `Attaching to …`, `px-1 exited with code 0`
    Notice,
    /// A piece of a longer line, held until the rest comes.
    Partial,
}

/// A program's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'l> {
    /// The line without framing, escapes and carriage returns at its end.
    pub text: &'l [u8],
    /// When it was printed or received, by the framing.
    pub ts: Option<Timestamp>,
    /// The container, pod, unit or program, by the framing.
    pub source: Option<&'l [u8]>,
    /// The outermost framing's name, for `--explain`.
    pub frame: &'static str,
    /// The innermost framing's name, where there are several.
    pub inner: Option<&'static str>,
}

/// The line after what `docker logs --details` puts before it: labels and variables
/// (`com.x=1,tag=px LINE`), or a blank where there are none.
pub fn after_details(text: &[u8]) -> Option<&[u8]> {
    let end = memchr::memchr(b' ', text)?;
    let (details, line) = text.split_at_checked(end)?;
    let is_pair = |pair: &[u8]| memchr::memchr(b'=', pair).is_some_and(|at| at > 0);
    let are_details = details.is_empty() || details.split(|byte| *byte == b',').all(is_pair);
    are_details.then(|| line.get(1..)).flatten()
}
