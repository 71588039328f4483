//! The Docker Engine API against a fake engine: requests, and what becomes of the responses.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

use mtp::docker::{Docker, Mount, Published};

/// Serves these responses, one a request, and sends the request lines.
pub(crate) fn fake_engine(
    socket: &Path,
    answers: &'static [(u16, &'static [u8])],
) -> Receiver<String> {
    let listener = UnixListener::bind(socket).unwrap();
    let (asked, asks) = channel();
    std::thread::spawn(move || {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut seen, mut block) = (Vec::new(), [0; 512]);
            while !seen.ends_with(b"\r\n\r\n") {
                let n = stream.read(&mut block).unwrap();
                seen.extend_from_slice(&block[..n]);
            }
            let line = String::from_utf8_lossy(&seen).lines().next().unwrap().to_owned();
            asked.send(line).unwrap();
            let head = format!("HTTP/1.0 {status} X\r\nContent-Type: application/json\r\n\r\n");
            stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        }
    });
    asks
}

const LIST: &[u8] = br#"[
    {"Id":"aaaaaaaaaaaaaaaa","Names":["/proxy-mtprotoproxy-1"],
     "Labels":{"com.docker.compose.service":"mtprotoproxy","com.docker.compose.project":"proxy"}},
    {"Id":"bbbbbbbbbbbbbbbb","Names":["/noise"],"Labels":null}]"#;
const INSPECTED: &[u8] = br#"{"Id":"aaaaaaaaaaaaaaaa","Name":"/proxy-mtprotoproxy-1",
    "State":{"Status":"running","Pid":4711},
    "Config":{"Tty":false,"Labels":{"com.docker.compose.service":"mtprotoproxy"}},
    "HostConfig":{"NetworkMode":"proxy_default"},
    "NetworkSettings":{"Ports":{"443/tcp":[{"HostIp":"0.0.0.0","HostPort":"28443"},
        {"HostIp":"::","HostPort":"28443"}],"53/udp":null}},
    "Mounts":[{"Type":"bind","Source":"/srv/config.py","Destination":"/home/tgproxy/config.py"}]}"#;

#[test]
fn finds_signals_and_reads_a_service() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("d.sock");
    let logs: &[u8] = b"\x02\0\0\0\0\0\0\x10Config reloaded\n\x01\0\0\0\0\0\0\x03ab\n";
    let answers: &[_] = Box::leak(Box::new([
        (200, LIST),
        (200, INSPECTED),
        (204, b"".as_slice()),
        (200, logs),
        (200, LIST),
        (404, br#"{"message":"No such container: x"}"#),
    ]));
    let asks = fake_engine(&socket, answers);
    let docker = Docker::at(&socket);
    let found = docker.containers("mtprotoproxy").unwrap();
    let [one] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((one.name.as_str(), one.pid), ("proxy-mtprotoproxy-1", Some(4711)));
    assert_eq!(one.service.as_deref(), Some("mtprotoproxy"));
    assert_eq!(one.network_mode, "proxy_default");
    assert_eq!(one.published, [Published { port: 443, host_port: 28443 }]);
    let (source, destination) = ("/srv/config.py".into(), "/home/tgproxy/config.py".into());
    assert_eq!(one.mounts, [Mount { source, destination }]);
    docker.kill(&one.id, "SIGUSR2").unwrap();
    assert_eq!(docker.logs_since(one, 12.5).unwrap(), b"Config reloaded\nab\n");
    let missing = docker.containers("nothing").unwrap_err().to_string();
    assert!(missing.contains("running: proxy-mtprotoproxy-1, noise"), "{missing}");
    let gone = docker.kill("x", "SIGUSR2").unwrap_err().to_string();
    assert_eq!(gone, "docker: No such container: x");
    let asked: Vec<_> = asks.iter().take(6).collect();
    assert_eq!(asked[2], "POST /containers/aaaaaaaaaaaaaaaa/kill?signal=SIGUSR2 HTTP/1.0");
    let wants = "GET /containers/aaaaaaaaaaaaaaaa/logs?stdout=1&stderr=1&since=12.500000 HTTP/1.0";
    assert_eq!(asked[3], wants);
}

#[test]
fn a_missing_socket_is_an_error() {
    let error = Docker::at("/nonexistent/d.sock").containers("x").unwrap_err().to_string();
    assert_eq!(
        error,
        "docker: /nonexistent/d.sock: No such file or directory (is Docker running?)"
    );
}
