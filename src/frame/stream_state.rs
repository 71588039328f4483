//! What is remembered of earlier lines, for the few shapes that a line alone does not decide: a
//! prefix with a single blank, lines glued together, and indented continuations.

use super::compose::{self, EXITED};
use super::escapes;
use super::format::{Frame, FrameFormat};
use crate::timestamp::Timestamp;

/// How many containers' names and prefixes are remembered.
const NAMES_MAX: usize = 256;
/// No name of a container, unit or host is longer.
pub(super) const NAME_LEN_MAX: usize = 255;

/// The frame of the line before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Before {
    /// There was none.
    #[default]
    Nothing,
    /// In a frame of Compose, or announced by it.
    Compose,
    /// In another frame, or in none.
    Other,
}

/// What is remembered of a stream.
#[derive(Clone, Debug, Default)]
pub(super) struct StreamState {
    before: Before,
    /// What Compose wrote before the message of the line before, and the length of the name in it;
    /// empty if that line was not Compose's.
    compose_prefix: Vec<u8>,
    compose_name: usize,
    /// The names of the containers after Compose 1's `Attaching to …`.
    attached: Vec<Vec<u8>>,
    /// The names before lines of stern and podman.
    prefixes: Vec<Vec<u8>>,
    indent: Option<Indent>,
    source: Vec<u8>,
}

/// The column where journalctl began a message, for further lines of the same message.
#[derive(Clone, Copy, Debug)]
struct Indent {
    column: usize,
    format: FrameFormat,
    ts: Option<Timestamp>,
    has_source: bool,
}

impl StreamState {
    /// The same without the prefix of the line before, which saves time and decides nothing.
    pub(super) fn fork(&self) -> Self {
        Self { compose_prefix: Vec::new(), compose_name: 0, ..self.clone() }
    }

    /// Records the containers of Compose's `Attaching to …`.
    pub(super) fn attach(&mut self, names: &[u8]) {
        self.before = Before::Compose;
        for name in names.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            remember(&mut self.attached, name);
        }
    }

    /// Whether a name with one blank before its bar is Compose's prefix: a stock statistics line
    /// of a user called `a | b` looks the same.
    pub(super) fn trusts(&self, prefix: &compose::ComposePrefix<'_>, is_coloured: bool) -> bool {
        let by_history = match self.before {
            Before::Compose => true,
            Before::Nothing => compose::is_numbered(prefix.name),
            Before::Other => false,
        };
        prefix.blanks > 1 || is_coloured || by_history
    }

    /// Whether lines of stern or podman have begun so.
    pub(super) fn is_known(&self, prefix: &[u8]) -> bool {
        self.prefixes.iter().any(|known| known == prefix)
    }

    /// The container and the message of a line that begins as the line before did, where Compose
    /// wrote that. Only of a message that begins with a small letter: no other frame does inside
    /// Compose's, so nothing else is to be removed or remembered.
    #[inline]
    pub(super) fn same_compose_prefix<'l>(&self, line: &'l [u8]) -> Option<(&'l [u8], &'l [u8])> {
        if self.compose_name == 0 {
            return None;
        }
        let rest = line.strip_prefix(self.compose_prefix.as_slice())?;
        let may_be = rest.first()?.is_ascii_lowercase();
        may_be.then_some((line.get(..self.compose_name)?, rest))
    }

    fn remember_compose(&mut self, line: &[u8], frame: &Frame<'_>) {
        let prefix = line.get(..line.len() - frame.rest.len()).unwrap_or_default();
        // Other lines may be in other frames first.
        let is_certain = prefix.first().is_some_and(u8::is_ascii_lowercase)
            && prefix.ends_with(b"| ")
            && frame.source.is_some_and(|name| name.len() <= NAME_LEN_MAX);
        self.compose_prefix.clear();
        self.compose_name = 0;
        if let Some(name) = frame.source.filter(|_| is_certain) {
            self.compose_prefix.extend_from_slice(prefix);
            self.compose_name = name.len();
        }
    }

    /// Records the frame of a message.
    pub(super) fn note(&mut self, line: &[u8], outer: Option<&Frame<'_>>) {
        self.indent = None;
        self.compose_name = 0;
        let Some(frame) = outer else {
            self.before = Before::Other;
            return;
        };
        if frame.format == FrameFormat::Compose {
            self.before = Before::Compose;
            self.remember_compose(line, frame);
        } else {
            self.before = Before::Other;
        }
        if matches!(frame.format, FrameFormat::Stern | FrameFormat::Podman) {
            let end = line.len() - frame.rest.len();
            remember(&mut self.prefixes, line.get(..end).unwrap_or_default());
        }
        if frame.format.is_journalctl_text() {
            self.source.clear();
            self.source.extend_from_slice(frame.source.unwrap_or_default());
            self.indent = Some(Indent {
                column: line.len() - frame.rest.len(),
                format: frame.format,
                ts: frame.ts,
                has_source: frame.source.is_some(),
            });
        }
    }

    /// A further line of journalctl's last message: it is indented to that message's column.
    pub(super) fn continued<'l>(&'l self, line: &'l [u8]) -> Option<Frame<'l>> {
        let indent = self.indent?;
        let (blank, rest) = line.split_at_checked(indent.column)?;
        blank.iter().all(|byte| *byte == b' ').then_some(())?;
        let source = indent.has_source.then_some(self.source.as_slice());
        Some(Frame { ts: indent.ts, source, ..Frame::new(indent.format, rest) })
    }

    /// Where a container's exit begins in a line of Compose 1, glued because the container's last
    /// line had no end. Another container's line may be glued as well, but without colours that
    /// cannot be distinguished from text that a client sent: it stays part of the line.
    pub(super) fn glued(&self, line: &[u8]) -> Option<usize> {
        let may_end = matches!(line.last(), Some(b'0'..=b'9' | b')'));
        (may_end && !self.attached.is_empty()).then_some(())?;
        let own = compose::prefix(line)?.rest;
        let start = line.len() - own.len();
        let code = memchr::memmem::rfind(line, EXITED)?;
        let (head, tail) = line.split_at_checked(code)?;
        let name = self.attached.iter().find(|name| head.ends_with(name))?;
        let at = head.len() - name.len();
        (at > start && compose::is_exit_code(tail)).then_some(at)
    }
}

fn remember(names: &mut Vec<Vec<u8>>, name: &[u8]) {
    let fits = names.len() < NAMES_MAX && !name.is_empty() && name.len() <= NAME_LEN_MAX;
    if fits && !names.iter().any(|known| known == name) {
        names.push(name.to_vec());
    }
}

/// The same for a coloured line, before its colours go: Compose 1 colours the prefix and nothing
/// else, so a second `ESC[36mNAME  |ESC[0m ` is a second line, and so is a coloured exit.
pub(super) fn glued_in_colour(line: &[u8]) -> Option<usize> {
    let own = coloured_prefix(line)?;
    let start = line.len() - own.len();
    memchr::memchr_iter(b'\x1b', own).map(|at| start + at).find(|at| {
        let Some(tail) = line.get(*at..) else { return false };
        coloured_prefix(tail).is_some() || is_coloured_exit(tail)
    })
}

/// What follows `ESC[36mNAME  |ESC[0m `.
fn coloured_prefix(line: &[u8]) -> Option<&[u8]> {
    let (_, padded) = compose::name(line.get(escapes::csi(line)?..)?)?;
    let blanks = padded.iter().position(|byte| *byte != b' ')?;
    padded.get(blanks..)?.strip_prefix(b"|\x1b[0m ").filter(|_| blanks > 0)
}

/// `ESC[36mNAME exited with code 3ESC[0m`
fn is_coloured_exit(line: &[u8]) -> bool {
    let exit = escapes::csi(line).and_then(|colour| line.get(colour..));
    exit.and_then(|exit| exit.strip_suffix(b"\x1b[0m")).is_some_and(compose::is_exit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_exit_is_separated_without_colours() {
        let mut state = StreamState::default();
        let line = b"px_1     | no endmixed_noise_1 exited with code 3";
        assert_eq!(state.glued(line), None);
        state.attach(b"mixed_px_1, mixed_noise_1");
        assert_eq!(state.glued(line), Some(17));
        assert_eq!(state.glued(b"px_1     | no endother_1 exited with code 3"), None);
        assert_eq!(state.glued(b"noise_1  | no endpx_1     | next"), None);
    }

    #[test]
    fn glued_lines_in_colour() {
        let at = |line: &str| glued_in_colour(line.as_bytes());
        let head = "\x1b[33mnoise_1  |\x1b[0m no end";
        assert_eq!(at(&format!("{head}\x1b[36mpx_1     |\x1b[0m next")), Some(head.len()));
        assert_eq!(
            at(&format!("{head}\x1b[33mm_noise_1 exited with code 3\x1b[0m")),
            Some(head.len())
        );
        assert_eq!(at(&format!("{head} m_noise_1 exited with code 3\x1b[0m")), None);
        assert_eq!(at(&format!("{head}px_1     |\x1b[0m next")), None);
        assert_eq!(at(head), None);
    }
}
