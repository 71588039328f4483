//! Any bytes as the answer of a kernel (netlink, `/proc/net/tcp`) or of a Docker engine (a response,
//! a log): no panic, and no more out of it than there is in it.

use mtp::docker::containers_of;
use mtp::docker::logs::LogDecoder;
use mtp::sockets::sockets_of;

/// The shortest message of a socket.
const SOCKET_MIN: usize = 60;

pub(crate) fn check(bytes: &[u8]) {
    let sockets = sockets_of(bytes, 9, &[443]);
    assert!(sockets.len() <= 1 + bytes.len() / SOCKET_MIN + bytes.len() / 30);
    assert!(containers_of(bytes).len() <= 1);
    let (block, has_terminal) = match bytes.first() {
        Some(first) => (usize::from(*first >> 1) + 1, first & 1 == 1),
        None => return,
    };
    let body = &bytes[1..];
    let (mut whole, mut pieces) = (Vec::new(), Vec::new());
    for (size, into) in [(body.len().max(1), &mut whole), (block, &mut pieces)] {
        let mut decoder = LogDecoder::new(has_terminal);
        let mut text = 0;
        for piece in body.chunks(size) {
            decoder.push(piece, &mut |message| {
                into.extend_from_slice(message.text);
                text += message.text.len();
            });
        }
        decoder.finish(&mut |message| into.extend_from_slice(message.text));
        assert!(text <= body.len());
    }
    assert!(whole == pieces, "however the bytes arrive");
}
