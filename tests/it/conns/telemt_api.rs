//! Users from telemt's API, which a small server stands in for. The responses have the form of
//! telemt 3.4.25.

use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::clients::client;
use super::watching::{Watch, listener};
use crate::harness::{check_schema, run, text, tool};

/// What the API holds: users with their addresses, and the value that `Authorization` must have.
#[derive(Default)]
struct Api {
    users: Vec<(&'static str, Vec<&'static str>)>,
    authorization: &'static str,
    /// Status of all responses, and their body in the place of the list.
    failure: Option<(u16, &'static str)>,
    requests: Vec<String>,
}

/// Serves it at the URL that is returned.
fn serve(api: Api) -> (String, Arc<Mutex<Api>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let api = Arc::new(Mutex::new(api));
    let shared = Arc::clone(&api);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            drop(respond(&stream.unwrap(), &shared));
        }
    });
    (url, api)
}

fn respond(mut stream: &TcpStream, api: &Mutex<Api>) -> std::io::Result<()> {
    let (mut request, mut block) = (Vec::new(), [0; 512]);
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut block)? {
            0 => return Ok(()),
            n => request.extend_from_slice(&block[..n]),
        }
    }
    let request = text(&request).to_lowercase();
    let mut api = api.lock().unwrap();
    let header = format!("authorization: {}\r\n", api.authorization.to_lowercase());
    let (status, body) = if let Some((status, body)) = api.failure {
        (status, body.to_owned())
    } else if !api.authorization.is_empty() && !request.contains(&header) {
        let error = json!({"code": "unauthorized", "message": "Missing or invalid header"});
        (401, json!({"ok": false, "error": error, "request_id": 1}).to_string())
    } else {
        let users = api.users.iter();
        let data: Vec<_> =
            users.map(|(name, ips)| json!({"username": name, "active_ips": ips})).collect();
        (200, json!({"ok": true, "data": data, "revision": "ab12"}).to_string())
    };
    api.requests.push(request);
    let more = if status == 302 { "Location: http://192.0.2.1/\r\n" } else { "" };
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json; charset=utf-8\r\n{more}\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body.as_bytes()].concat())
}

/// Connections from these last bytes of 127.60.0.0/24, accepted.
fn connect(listener: &TcpListener, from: &[u8]) -> Vec<TcpStream> {
    let to: SocketAddr = listener.local_addr().unwrap();
    let open = |last: &u8| {
        let stream = client(IpAddr::V4(Ipv4Addr::new(127, 60, 0, *last)), to);
        [stream, listener.accept().unwrap().0]
    };
    from.iter().flat_map(open).collect()
}

fn row(output: &[u8]) -> Value {
    let rows = text(output);
    check_schema(&rows);
    serde_json::from_str(rows.lines().next().expect("a row")).unwrap()
}

/// `user` or `users` of each address.
fn users(sample: &Value) -> Vec<(String, Vec<String>)> {
    let of = |value: &Value| value.as_str().unwrap().to_owned();
    let mut users: Vec<_> = sample["by_ip"]
        .as_array()
        .unwrap()
        .iter()
        .map(|from| {
            let one = from.get("user").map(of);
            let several = from["users"].as_array().into_iter().flatten().map(of);
            (of(&from["ip"]), one.into_iter().chain(several).collect())
        })
        .collect();
    users.sort();
    users
}

fn owned(rows: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    let of = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    rows.iter().map(|(ip, names)| ((*ip).to_owned(), of(names))).collect()
}

fn household() -> Api {
    Api {
        users: vec![
            ("alice", vec!["127.60.0.1", "127.60.0.2", "203.0.113.9"]),
            ("Елена", vec!["127.60.0.2"]),
        ],
        ..Api::default()
    }
}

#[test]
fn who_is_where() {
    let (listener, port) = listener();
    let _held = connect(&listener, &[1, 1, 2, 2, 2, 3]);
    let (url, api) = serve(household());
    let args = ["--port", &port, "--telemt-api", &url];
    let output = run("mtp-conns", &args, b"");
    assert_eq!(text(&output.stderr), "");
    let sample = row(&output.stdout);
    // Nobody is active at .3: a client that is not authenticated.
    let both = ["alice", "Елена"];
    let want: [(&str, &[&str]); 3] =
        [("127.60.0.1", &["alice"]), ("127.60.0.2", &both), ("127.60.0.3", &[])];
    assert_eq!(users(&sample), owned(&want));
    assert_eq!(sample["ambiguous"], 3);
    assert_eq!(sample["unmatched"], json!([{"ip": "203.0.113.9", "users": ["alice"]}]));
    let request = api.lock().unwrap().requests.pop().unwrap();
    assert!(request.starts_with("get /v1/stats/users/active-ips http/1.1\r\n"), "{request}");
    assert!(!request.contains("authorization"), "{request}");
    // Connections: the user of an address with one, both of an address with two.
    let output = run("mtp-conns", &[&args[..], &["--sockets"]].concat(), b"");
    let rows = text(&output.stdout);
    check_schema(&rows);
    let count = |what: &str| rows.lines().filter(|row| row.contains(what)).count();
    assert_eq!(count("\"type\":\"socket\""), 6, "{rows}");
    let named = |from: &str, users: &str| {
        let is_row = |row: &&str| row.contains(&format!("\"ip\":\"{from}\",\"port\""));
        rows.lines().filter(is_row).filter(|row| row.contains(users)).count()
    };
    assert_eq!(named("127.60.0.1", r#""user":"alice""#), 2, "{rows}");
    assert_eq!(named("127.60.0.2", r#""users":["alice","Елена"]"#), 3, "{rows}");
    assert_eq!(named("127.60.0.3", r#""user"#), 0, "{rows}");
    // As text, and by network.
    let shown = text(&run("mtp-conns", &[&args[..], &["--format", "text"]].concat(), b"").stdout);
    for want in [
        "3 connections of addresses with several users: the user of each is not known",
        "Users at addresses that have no connection here:\n  203.0.113.9: alice\n",
        "alice, Елена",
    ] {
        assert!(shown.contains(want), "{want}\n{shown}");
    }
    let sample = row(&run("mtp-conns", &[&args[..], &["--prefix", "24"]].concat(), b"").stdout);
    assert_eq!(users(&sample), owned(&[("127.60.0.0/24", &both)]));
    assert_eq!(sample["unmatched"][0]["ip"], "203.0.113.0/24");
}

/// The log names the user of each connection; the API the others.
#[test]
fn events_count_before_the_api() {
    let (listener, port) = listener();
    let held = connect(&listener, &[2, 2]);
    let (url, _api) = serve(household());
    let folder = tempfile::tempdir().unwrap();
    let events = folder.path().join("events");
    let from = held[0].local_addr().unwrap().port();
    let event = format!(
        "{{\"type\":\"connect\",\"ts\":\"2026-11-23T15:40:35Z\",\"user\":\"Елена\",\
         \"ip\":\"127.60.0.2\",\"port\":{from},\"proxy\":\"telemt\"}}\n"
    );
    fs::write(&events, event).unwrap();
    let events = events.to_str().unwrap();
    let args = ["--port", &port, "--telemt-api", &url, "--events", events, "--sockets"];
    let rows = text(&run("mtp-conns", &args, b"").stdout);
    let ambiguous = serde_json::from_str::<Value>(rows.lines().next().unwrap()).unwrap();
    assert_eq!(ambiguous["ambiguous"], 1, "{rows}");
    let own = rows.lines().find(|row| row.contains(&format!("\"port\":{from},"))).unwrap();
    assert!(own.contains(r#""user":"Елена""#) && !own.contains("alice"), "{own}");
}

/// Users come and go with the list, and an API that is away is reported once.
#[test]
fn the_list_is_read_with_every_sample() {
    let (listener, port) = listener();
    let _held = connect(&listener, &[1]);
    let (url, api) = serve(household());
    let mut watch = Watch::start(&["--port", &port, "--telemt-api", &url, "--interval", "0.1"]);
    watch.row_where(|row| row.contains(r#""user":"alice""#));
    api.lock().unwrap().users = vec![("alice", vec!["127.60.0.1"]), ("bob", vec!["127.60.0.1"])];
    let row = watch.row_where(|row| row.contains(r#""users":["alice","bob"]"#));
    assert!(row.contains(r#""ambiguous":1"#), "the user of before is not kept: {row}");
    api.lock().unwrap().failure = Some((503, "{}"));
    for _ in 0..3 {
        watch.row_where(|row| !row.contains("alice") && row.contains(r#""total":1"#));
    }
    api.lock().unwrap().failure = None;
    watch.row_where(|row| row.contains(r#""users":["alice","bob"]"#));
    let (status, errors) = watch.interrupted();
    assert_eq!(status, Some(0));
    let off = "status 503: the API is off";
    assert!(errors.contains(off) && errors.matches(off).count() == 1, "{errors}");
    assert!(errors.contains("telemt: the API responds again"), "{errors}");
}

/// The header is read from a file or the environment, and is in no message.
#[test]
fn authorization() {
    const VALUE: &str = "Bearer s3cret-value";
    let (listener, port) = listener();
    let _held = connect(&listener, &[1]);
    let (url, api) = serve(Api { authorization: VALUE, ..household() });
    let args = ["--port", &port, "--telemt-api", &url];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("auth");
    fs::write(&file, format!("{VALUE}\n")).unwrap();
    let by_file = [&args[..], &["--telemt-auth", file.to_str().unwrap()]].concat();
    let output = run("mtp-conns", &by_file, b"");
    assert!(text(&output.stdout).contains(r#""user":"alice""#), "{}", text(&output.stderr));
    let output = tool("mtp-conns").args(args).env("MTP_TELEMT_AUTH", VALUE).output().unwrap();
    assert!(text(&output.stdout).contains(r#""user":"alice""#), "{}", text(&output.stderr));
    for wrong in ["", "Bearer other-s3cret"] {
        let mut command = tool("mtp-conns");
        let output = command.args(args).env("MTP_TELEMT_AUTH", wrong).output().unwrap();
        let errors = text(&output.stderr);
        assert!(errors.contains("status 401: unauthorized (--telemt-auth FILE"), "{errors}");
        assert!(!errors.contains("s3cret"), "{errors}");
        assert_eq!(output.status.code(), Some(1), "the users are missing");
        assert!(text(&output.stdout).contains(r#""total":1"#), "the sockets are there");
    }
    // It goes to no other server: not to one of a redirection, nor through a proxy.
    api.lock().unwrap().failure = Some((302, ""));
    let mut command = tool("mtp-conns");
    command
        .args(&by_file)
        .env("http_proxy", "http://192.0.2.1:1")
        .env("ALL_PROXY", "http://192.0.2.1:1");
    let errors = text(&command.output().unwrap().stderr);
    assert!(errors.contains("status 302: unexpected status"), "{errors}");
}

#[test]
fn responses_of_other_servers_and_none() {
    let (_listener, port) = listener();
    let fails = |url: &str, want: &str| {
        let started = std::time::Instant::now();
        let output = run("mtp-conns", &["--port", &port, "--telemt-api", url], b"");
        let errors = text(&output.stderr);
        assert!(errors.contains(want) && errors.lines().count() == 1, "{url}: {errors}");
        assert_eq!(output.status.code(), Some(1), "{url}");
        assert!(started.elapsed() < Duration::from_secs(20), "{url}");
    };
    let with = |status, body| serve(Api { failure: Some((status, body)), ..Api::default() }).0;
    fails(&with(200, "<html>"), "the response is not one of telemt's API");
    fails(
        &with(200, r#"{"ok":true,"data":{"users":3}}"#),
        "the response is not one of telemt's API",
    );
    fails(&with(403, "{}"), "status 403: forbidden (whitelist of [server.api]");
    fails(&with(404, "{}"), "status 404: not found");
    fails("http://127.0.0.1:1", "Connection refused");
    // One that accepts and is silent.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    fails(&format!("http://{}", silent.local_addr().unwrap()), "timeout");
    for args in [
        &["--telemt-api", "localhost:9091"][..],
        &["--telemt-api", "http://h", "--pid", "1", "--pid", "2"],
        &["--telemt-auth", "/dev/null"],
    ] {
        assert_eq!(run("mtp-conns", args, b"").status.code(), Some(2), "{args:?}");
    }
}
