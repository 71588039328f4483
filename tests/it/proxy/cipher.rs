//! The obfuscation that a client and a data centre put around MTProto: AES-CTR both ways.

use aes::Aes256;
use aes::cipher::{KeyIvInit, StreamCipher};
use sha2::{Digest, Sha256};

/// The first bytes of a connection, of which both keys are made.
pub(crate) const HEADER: usize = 64;

/// One direction.
pub(crate) struct Stream(ctr::Ctr128BE<Aes256>);

impl Stream {
    /// A direction whose key is what stands in 48 bytes, mixed with a secret if there is one.
    pub(crate) fn new(key_and_iv: &[u8], secret: &[u8]) -> Self {
        let mut key: [u8; 32] = key_and_iv[..32].try_into().unwrap();
        if !secret.is_empty() {
            key = Sha256::new().chain_update(key).chain_update(secret).finalize().into();
        }
        let iv: [u8; 16] = key_and_iv[32..48].try_into().unwrap();
        Self(ctr::Ctr128BE::new(&key.into(), &iv.into()))
    }

    /// Turns clear bytes into hidden ones or back, in place.
    pub(crate) fn pass(&mut self, bytes: &mut [u8]) {
        self.0.apply_keystream(bytes);
    }
}

/// The two directions of a header: what its sender says, and what it hears.
pub(crate) fn directions(header: &[u8; HEADER], secret: &[u8]) -> (Stream, Stream) {
    let says = &header[8..56];
    let hears: Vec<u8> = says.iter().rev().copied().collect();
    (Stream::new(says, secret), Stream::new(&hears, secret))
}
