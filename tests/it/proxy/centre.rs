//! A stand-in for Telegram's data centre: says everything back, under the real obfuscation.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use super::cipher::{HEADER, directions};

/// Listens on loopback until the test process ends; gives the port.
pub(crate) fn start() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port on loopback");
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || drop(echo(stream)));
        }
    });
    port
}

fn echo(mut stream: TcpStream) -> std::io::Result<()> {
    let mut header = [0; HEADER];
    stream.read_exact(&mut header)?;
    let (mut hears, mut says) = directions(&header, &[]);
    let mut buffer = [0; 16 << 10];
    hears.pass(&mut header); // the key stream runs over the header too
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        hears.pass(&mut buffer[..count]);
        says.pass(&mut buffer[..count]);
        stream.write_all(&buffer[..count])?;
    }
}
