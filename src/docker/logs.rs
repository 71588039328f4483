//! The body of a `logs` response: a multiplexed stream of standard output and error.

/// Removes the framing. A container with a terminal has none; others have frames of eight bytes
/// (stream, three zeros, length) and a payload of that length.
pub(super) fn demultiplex(body: Vec<u8>, has_terminal: bool) -> Vec<u8> {
    if has_terminal {
        return body;
    }
    let mut bytes = Vec::with_capacity(body.len());
    let mut rest = body.as_slice();
    while let Some((head, tail)) = rest.split_first_chunk::<8>() {
        let [_, _, _, _, length @ ..] = *head;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        let (frame, next) = tail.split_at(length.min(tail.len()));
        bytes.extend_from_slice(frame);
        rest = next;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_frames_and_keeps_a_truncated_one() {
        let body =
            b"\x01\0\0\0\0\0\0\x02a\n\x02\0\0\0\0\0\0\x03bc\n\x01\0\0\0\0\0\0\x09cut".to_vec();
        assert_eq!(demultiplex(body, false), b"a\nbc\ncut");
        assert_eq!(demultiplex(b"bare\r\n".to_vec(), true), b"bare\r\n");
    }
}
