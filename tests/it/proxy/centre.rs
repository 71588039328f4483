//! A stand-in for Telegram's data centre: says everything back, under the real obfuscation.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

use super::cipher::{HEADER, directions};

/// Listens on loopback until the test process ends; gives the port.
pub(crate) fn start() -> u16 {
    start_at(Ipv4Addr::LOCALHOST)
}

/// The same on another address of this machine.
pub(crate) fn start_at(ip: Ipv4Addr) -> u16 {
    let listener = TcpListener::bind((ip, 0)).expect("a free port");
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
