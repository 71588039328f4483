//! The disguise of an `ee` secret: a TLS greeting signed with the secret, then records.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::client::random;

/// The proxy of 2019 takes greetings of this length alone, as Telegram's clients send them.
const HELLO: usize = 517;
/// Where the greeting's random, and in it the signature, stands.
const DIGEST: std::ops::Range<usize> = 11..43;
const DATA: [u8; 3] = [0x17, 3, 3];

/// A greeting signed with a secret, at this many seconds from now.
pub(crate) fn hello(secret: &[u8; 16], skew: i64) -> [u8; HELLO] {
    let mut hello = [0; HELLO];
    hello[..11].copy_from_slice(&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]);
    hello[43] = 32; // the session's id
    hello[44..76].copy_from_slice(&random::<32>());
    let ciphers_and_name = b"\0\x02\x13\x01\x01\0\x01\x91\0\0\0\x10\0\x0e\0\0\x0bexample.com";
    hello[76..76 + ciphers_and_name.len()].copy_from_slice(ciphers_and_name);
    let mut digest = sign(secret, &[&hello]);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let time = u32::try_from(now.saturating_add_signed(skew)).unwrap().to_le_bytes();
    digest.iter_mut().skip(28).zip(time).for_each(|(byte, time)| *byte ^= time);
    hello[DIGEST].copy_from_slice(&digest);
    hello
}

/// Reads the server's greeting and checks that it knows the secret.
pub(crate) fn greet(
    stream: &mut TcpStream,
    secret: &[u8; 16],
    hello: &[u8; HELLO],
) -> io::Result<()> {
    let mut answer = Vec::new();
    for _ in 0..3 {
        let mut head = [0; 5];
        stream.read_exact(&mut head)?;
        answer.extend_from_slice(&head);
        let end = answer.len();
        answer.resize(end + usize::from(u16::from_be_bytes([head[3], head[4]])), 0);
        stream.read_exact(&mut answer[end..])?;
    }
    let signed = answer[DIGEST].to_vec();
    answer[DIGEST].fill(0);
    let known = sign(secret, &[&hello[DIGEST], &answer])[..] == signed[..];
    stream.write_all(&[0x14, 3, 3, 0, 1, 1])?;
    if known { Ok(()) } else { Err(io::Error::other("the greeting is signed by another")) }
}

/// Sends bytes as one record.
pub(crate) fn write(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
    stream.write_all(&[&DATA[..], &length, bytes].concat())
}

/// Reads one record's bytes.
pub(crate) fn read(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = [0; 5];
    stream.read_exact(&mut head)?;
    let mut bytes = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
    stream.read_exact(&mut bytes)?;
    if head[..3] == DATA { Ok(bytes) } else { Err(io::Error::other("no data record")) }
}

fn sign(secret: &[u8; 16], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
