//! The body of a `logs` response: a multiplexed stream of standard output and error.

use memchr::memchr;

/// The longest message that is kept; the engine splits lines at 16 KiB.
const MESSAGE_MAX: usize = 1024 * 1024;

/// The longest text of a frame: a longer one is damage, which must not fill the memory.
const FRAME_MAX: usize = 16 * MESSAGE_MAX;

/// A message of a container: a line, or a piece of a long one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogMessage<'b> {
    /// 1: standard output; 2: standard error.
    pub stream: u8,
    /// With its newline, if it ends a line.
    pub text: &'b [u8],
}

/// Splits a body into messages. A container with a terminal has lines; others have frames of eight
/// bytes (stream, three zeros, length) and a text of that length.
#[derive(Debug)]
pub struct LogDecoder {
    has_terminal: bool,
    buffer: Vec<u8>,
}

impl LogDecoder {
    pub fn new(has_terminal: bool) -> Self {
        Self { has_terminal, buffer: Vec::new() }
    }

    /// Passes the messages that are complete to `each`.
    pub fn push(&mut self, bytes: &[u8], each: &mut dyn FnMut(LogMessage<'_>)) {
        self.buffer.extend_from_slice(bytes);
        let mut start = 0;
        while let Some((message, length)) =
            self.buffer.get(start..).and_then(|rest| next(rest, self.has_terminal))
        {
            each(message);
            start += length;
        }
        self.buffer.drain(..start);
    }

    /// Passes a truncated message at the end of the body to `each`.
    pub fn finish(&mut self, each: &mut dyn FnMut(LogMessage<'_>)) {
        let rest = std::mem::take(&mut self.buffer);
        let (stream, text) = match rest.split_first_chunk::<8>() {
            Some((head, text)) if !self.has_terminal => (head[0], text),
            _ if self.has_terminal => (1, rest.as_slice()),
            _ => return,
        };
        if !text.is_empty() {
            each(LogMessage { stream, text });
        }
    }
}

/// The first message, and its bytes with the framing.
fn next(bytes: &[u8], has_terminal: bool) -> Option<(LogMessage<'_>, usize)> {
    if has_terminal {
        let end = memchr(b'\n', bytes).map(|end| end + 1);
        let length = end.or_else(|| (bytes.len() > MESSAGE_MAX).then_some(bytes.len()))?;
        return Some((LogMessage { stream: 1, text: bytes.get(..length)? }, length));
    }
    let (head, rest) = bytes.split_first_chunk::<8>()?;
    let [stream, _, _, _, length @ ..] = *head;
    let length = usize::try_from(u32::from_be_bytes(length)).ok()?.min(FRAME_MAX);
    Some((LogMessage { stream, text: rest.get(..length)? }, length + 8))
}

/// Removes the framing of a whole body.
pub(super) fn demultiplex(body: &[u8], has_terminal: bool) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(body.len());
    let mut decoder = LogDecoder::new(has_terminal);
    decoder.push(body, &mut |message| bytes.extend_from_slice(message.text));
    decoder.finish(&mut |message| bytes.extend_from_slice(message.text));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"\x01\0\0\0\0\0\0\x02a\n\x02\0\0\0\0\0\0\x03bc\n\x01\0\0\0\0\0\0\x09cut";

    #[test]
    fn joins_frames_and_keeps_a_truncated_one() {
        assert_eq!(demultiplex(BODY, false), b"a\nbc\ncut");
        assert_eq!(demultiplex(b"bare\r\n", true), b"bare\r\n");
    }

    /// However the bytes arrive.
    #[test]
    fn messages_do_not_depend_on_blocks() {
        for size in 1..BODY.len() {
            let (mut decoder, mut messages) = (LogDecoder::new(false), Vec::new());
            let mut each = |of: LogMessage<'_>| messages.push((of.stream, of.text.to_vec()));
            for block in BODY.chunks(size) {
                decoder.push(block, &mut each);
            }
            decoder.finish(&mut each);
            let expected: [(u8, &[u8]); 3] = [(1, b"a\n"), (2, b"bc\n"), (1, b"cut")];
            assert_eq!(messages, expected.map(|(stream, text)| (stream, text.to_vec())));
        }
    }
}
