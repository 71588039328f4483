//! Raw lines to the messages inside: what Compose, Docker, Kubernetes, journald and syslog put
//! around a program's line is taken off, a line at a time, in any mixture.
//!
//! To add a framing: a variant of [`Form`] with its name, a reader in the file of its kind, its
//! place in `peel.rs`, and an example `tests/fixtures/frames/NAME.log`.
//!
//! What a line alone cannot decide, and what is done about it:
//! * A statistics line of a user called `a  | b` (two blanks) is Compose's prefix. With one blank
//!   it is that only if the stream shows Compose otherwise: colours, `Attaching to`, the line
//!   before.
//! * rsyslog's `#033[1m` is an escape even where a program wrote those letters.
//! * journalctl's text forms and rsyslog's files are the same shape, so they share names.
//! * `docker logs --details` puts labels before the line; they are not told from the line's own
//!   words here: [`after_details`] is for lines that nothing else explains.

mod clean;
mod compose;
mod deframer;
mod evidence;
mod form;
mod peel;
mod pieces;
mod records;
mod stamped;
mod syslog;
mod tag;
mod taken;

pub use deframer::Deframer;
pub use form::Form;
pub use pieces::{LINE_MAX, STREAMS_MAX, TOTAL_MAX};

use crate::timestamp::Timestamp;

/// What a raw line holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'l> {
    /// A program's message.
    Message(Message<'l>),
    /// What the framing says itself: `Attaching to …`, `px-1 exited with code 0`
    Chatter,
    /// A piece of a longer line; the rest is awaited.
    Held,
}

/// A program's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'l> {
    /// The line: no framing, no colours, no carriage return at its end.
    pub text: &'l [u8],
    /// When it was printed or received, as the framing says.
    pub ts: Option<Timestamp>,
    /// The container, pod, unit or program, as the framing says.
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
