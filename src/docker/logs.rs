//! What a container printed: Docker's frames back to bytes.

/// The bytes of a `logs` answer. A container with a terminal has them bare; any other in frames
/// of eight bytes (stream, three zeros, length) and as many as they say.
pub(super) fn unframed(body: Vec<u8>, has_terminal: bool) -> Vec<u8> {
    if has_terminal {
        return body;
    }
    let mut bytes = Vec::with_capacity(body.len());
    let mut rest = body.as_slice();
    while let Some((head, tail)) = rest.split_first_chunk::<8>() {
        let [_, _, _, _, length @ ..] = *head;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        let taken = length.min(tail.len());
        let (frame, next) = tail.split_at(taken);
        bytes.extend_from_slice(frame);
        rest = next;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_join_and_a_cut_one_gives_what_it_has() {
        let body =
            b"\x01\0\0\0\0\0\0\x02a\n\x02\0\0\0\0\0\0\x03bc\n\x01\0\0\0\0\0\0\x09cut".to_vec();
        assert_eq!(unframed(body, false), b"a\nbc\ncut");
        assert_eq!(unframed(b"bare\r\n".to_vec(), true), b"bare\r\n");
    }
}
