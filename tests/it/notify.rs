//! `mtp-notify` with a receiver that fails, hangs, asks to wait, loses answers and comes back, and
//! with a program that is killed in between.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{check_schema, root, run, text, tool};

/// How long anything may take on a busy machine.
const TIMEOUT: Duration = Duration::from_mins(1);
const TOKEN: &str = "123456:AAtestTOKENtest";

/// What the receiver does with a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reply {
    /// Status, headers, body.
    Answer(u16, &'static str, &'static str),
    /// Reads the request and sends nothing.
    Hang,
    /// Reads the request and closes the connection.
    Close,
}

const OK: Reply = Reply::Answer(200, "", r#"{"ok":true,"result":{"message_id":1}}"#);

/// A request that came in.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    path: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
    at: Instant,
}

impl Request {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A receiver on loopback: these replies in order, then success.
pub(crate) struct Server {
    pub(crate) url: String,
    requests: Receiver<Request>,
    replies: Arc<Mutex<Vec<Reply>>>,
}

impl Server {
    pub(crate) fn start(replies: &[Reply]) -> Self {
        Self::listen(TcpListener::bind("127.0.0.1:0").unwrap(), replies)
    }

    pub(crate) fn listen(listener: TcpListener, replies: &[Reply]) -> Self {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (send, requests) = channel();
        let replies = Arc::new(Mutex::new(replies.iter().rev().copied().collect::<Vec<_>>()));
        let shared = replies.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (send, replies) = (send.clone(), shared.clone());
                std::thread::spawn(move || serve(&stream.unwrap(), &send, &replies));
            }
        });
        Self { url, requests, replies }
    }

    pub(crate) fn next(&self) -> Request {
        self.requests.recv_timeout(TIMEOUT).expect("a request")
    }

    /// Nothing comes within this time.
    pub(crate) fn is_quiet(&self, time: Duration) -> bool {
        self.requests.recv_timeout(time).is_err()
    }

    fn then(&self, replies: &[Reply]) {
        *self.replies.lock().unwrap() = replies.iter().rev().copied().collect();
    }
}

fn serve(stream: &TcpStream, send: &Sender<Request>, replies: &Mutex<Vec<Reply>>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let reply = replies.lock().unwrap().pop().unwrap_or(OK);
    send.send(Request { path, headers, body, at: Instant::now() }).ok()?;
    match reply {
        Reply::Answer(status, headers, body) => {
            let length = body.len();
            let head = format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\n");
            let answer = format!("{head}Connection: close\r\n\r\n{body}");
            let mut writer = stream;
            writer.write_all(answer.as_bytes()).ok()?;
        }
        Reply::Hang => {
            // Until the client gives up.
            drop(reader.read(&mut [0; 1]));
        }
        Reply::Close => {}
    }
    Some(())
}

pub(crate) fn alert(user: &str, verdict: &str, minute: u32) -> String {
    format!(
        concat!(
            r#"{{"type":"alert","ts":"2026-11-23T{:02}:{:02}:00Z","user":{},"verdict":"{}","#,
            r#""was":"clear","people":2.4,"confidence":0.998,"score":100,"risk":"high","evidence":"#,
            r#"[{{"kind":"overlap","networks":["20.1.2.3","31.5.6.0/24"],"seconds":2460,"#,
            r#""gap":3600}}]}}"#
        ),
        10 + minute / 60,
        minute % 60,
        Value::from(user),
        verdict
    )
}

/// A running mtp-notify whose standard error goes to `err` in its folder; killed on drop.
struct Notify {
    child: Child,
    stdin: Option<ChildStdin>,
}

impl Notify {
    fn start(folder: &Path, args: &[&str]) -> Self {
        let err = fs::File::options().create(true).append(true).open(folder.join("err")).unwrap();
        let mut command = tool("mtp-notify");
        command.args(args).args(["--retry", "50ms", "--timeout", "1s"]);
        command.arg("--state").arg(folder.join("state"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(err);
        let mut child = command.spawn().unwrap();
        let stdin = child.stdin.take();
        Self { child, stdin }
    }

    fn write(&mut self, line: &str) {
        writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Reads a line that was passed on.
    fn passed(&mut self, line: &str) {
        let mut read = vec![0; line.len() + 1];
        self.child.stdout.as_mut().unwrap().read_exact(&mut read).unwrap();
        assert_eq!(text(&read), format!("{line}\n"));
    }

    /// Ends its input.
    fn end(mut self) {
        drop(self.stdin.take());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Notify {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn token(folder: &Path) -> String {
    let path = folder.join("token");
    fs::write(&path, format!("{TOKEN}\n")).unwrap();
    path.display().to_string()
}

fn stderr(folder: &Path) -> String {
    text(&fs::read(folder.join("err")).unwrap())
}

#[test]
fn an_alert_goes_to_telegram_in_each_language() {
    for (lang, words) in [
        ("en", "several people use this account"),
        ("vi", "nhiều người đang dùng chung tài khoản này"),
        ("ru", "аккаунтом пользуются несколько человек"),
    ] {
        let (folder, server) = (tempfile::tempdir().unwrap(), Server::start(&[]));
        let file = token(folder.path());
        let args = ["--telegram-token-file", &file, "--chat", "-100123", "--api-url", &server.url];
        let more = ["--lang", lang, "--title", "vps 1", "--tz", "UTC"];
        let mut notify = Notify::start(folder.path(), &[&args[..], &more[..]].concat());
        let line = alert("@boss <b>", "sharing", 0);
        notify.write(&line);
        notify.passed(&line);
        let request = server.next();
        assert_eq!(request.path, format!("/bot{TOKEN}/sendMessage"));
        let body = request.json();
        assert_eq!(body["chat_id"], "-100123");
        assert_eq!(body["link_preview_options"]["is_disabled"], true);
        let shown = body["text"].as_str().unwrap();
        assert!(shown.starts_with(&format!("vps 1\n@boss <b>: {words}\n")), "{shown}");
        assert!(shown.ends_with("\nmtp-users rotate --reload '@boss <b>'"), "{shown}");
        // No mark-up is interpreted, and a name is no mention.
        assert!(body.get("parse_mode").is_none());
        let entity = &body["entities"][1];
        assert_eq!(
            (&entity["type"], &entity["offset"], &entity["length"]),
            (&Value::from("code"), &Value::from(6), &Value::from(9))
        );
        notify.end();
        assert!(server.is_quiet(Duration::from_millis(200)));
        assert_eq!(stderr(folder.path()), "");
    }
}

/// Refused, 500, 429 with a wait, no answer, a closed connection: each alert arrives; at most those
/// without an answer arrive twice, and the log names them.
#[test]
fn every_alert_arrives_through_an_outage() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let file = token(folder.path());
    let args = ["--telegram-token-file", &file, "--chat", "1", "--api-url", &url];
    let args = [&args[..], &["--lang", "en"]].concat();
    let mut notify = Notify::start(folder.path(), &args);
    let users = ["alice", "bob", "carol", "dave", "erin", "frank"];
    for user in users {
        notify.write(&alert(user, "sharing", 0));
    }
    notify.passed(&alert("alice", "sharing", 0));
    std::thread::sleep(Duration::from_millis(300));
    // Nobody listens; now the program is killed, and the receiver comes back.
    drop(notify);
    let too_many =
        r#"{"ok":false,"description":"Too Many Requests","parameters":{"retry_after":2}}"#;
    let replies = [
        Reply::Answer(500, "", "oops"),
        Reply::Answer(429, "", too_many),
        OK, // alice
        OK, // bob
        Reply::Hang,
        OK, // carol, who was sent twice
        Reply::Close,
        OK, // dave, who was sent twice
    ];
    let address = url.strip_prefix("http://").unwrap();
    let server = Server::listen(TcpListener::bind(address).unwrap(), &replies);
    let notify = Notify::start(folder.path(), &args);
    let requests: Vec<_> = (0..10).map(|_| server.next()).collect();
    let subject = |request: &Request| {
        let text = request.json()["text"].as_str().unwrap().to_owned();
        text.split(':').next().unwrap().to_owned()
    };
    let subjects: Vec<_> = requests.iter().map(subject).collect();
    let want =
        ["alice", "alice", "alice", "bob", "carol", "carol", "dave", "dave", "erin", "frank"];
    assert_eq!(subjects, want);
    let asked = requests[2].at - requests[1].at;
    assert!(asked >= Duration::from_millis(1900), "{asked:?} after 429");
    notify.end();
    assert!(server.is_quiet(Duration::from_millis(300)));
    let log = stderr(folder.path());
    for line in [
        "telegram: Connection refused; next attempt in",
        "telegram: status 500; next attempt",
        "telegram: status 429 (Too Many Requests); next attempt in 2 s",
        "telegram: available again",
        "may arrive twice: carol: several people use this account",
        "may arrive twice: dave: several people use this account",
    ] {
        assert!(log.contains(line), "no '{line}' in\n{log}");
    }
    assert!(!log.contains("may arrive twice: bob") && !log.contains("not sent"), "{log}");
    assert!(!log.contains(TOKEN) && !log.contains("/bot"), "{log}");
    // Nothing is left, and a further start sends nothing.
    Notify::start(folder.path(), &args).end();
    assert!(server.is_quiet(Duration::from_millis(300)));
}

/// A row that was passed on has its message on the disk: kill at any later moment loses none.
#[test]
fn a_killed_program_loses_no_message_that_was_passed_on() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start(&[]));
    let args = ["--webhook", &server.url, "--lang", "en"];
    let mut expected = Vec::new();
    let mut seen = Vec::new();
    for round in 0_u64..12 {
        server.then(&[Reply::Answer(503, "", ""), OK, Reply::Hang]);
        let mut notify = Notify::start(folder.path(), &args);
        for n in 0..4 {
            let user = format!("user-{round}-{n}");
            let line = alert(&user, "sharing", 0);
            notify.write(&line);
            notify.passed(&line);
            expected.push(user);
        }
        std::thread::sleep(Duration::from_millis(round * 17 % 120));
        drop(notify);
    }
    server.then(&[]);
    let notify = Notify::start(folder.path(), &args);
    let end = Instant::now() + TIMEOUT;
    let last = expected.last().unwrap().clone();
    while seen.last().is_none_or(|(user, _)| *user != last) {
        assert!(Instant::now() < end, "{} of {}", seen.len(), expected.len());
        let request = server.next();
        let body = request.json();
        let user = body["row"]["user"].as_str().unwrap().to_owned();
        let id = body["id"].as_str().unwrap().to_owned();
        assert_eq!(request.headers["idempotency-key"], id);
        seen.push((user, id));
    }
    notify.end();
    let mut ids = BTreeMap::<_, Vec<_>>::new();
    for (user, id) in &seen {
        ids.entry(user.clone()).or_default().push(id);
    }
    let users: Vec<_> = expected.iter().filter(|user| !ids.contains_key(*user)).collect();
    assert!(users.is_empty(), "lost: {users:?}");
    // What comes twice has the id that it had.
    assert!(ids.values().all(|ids| ids.iter().all(|id| *id == ids[0])));
}

#[test]
fn a_webhook_is_signed_and_gets_a_row_of_the_schema() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start(&[]));
    let (url, key) = (folder.path().join("url"), folder.path().join("key"));
    fs::write(&url, format!("{}/hook/SECRETPATH", server.url)).unwrap();
    fs::write(&key, "Jefe").unwrap();
    let (url, key) = (url.display().to_string(), key.display().to_string());
    let args = ["--webhook-file", &url, "--webhook-secret-file", &key, "--on", "sharing,note"];
    let mut notify = Notify::start(folder.path(), &args);
    notify.write(&alert("bob", "sharing", 0));
    let note = concat!(
        r#"{"type":"note","ts":"2026-11-23T18:00:00Z","text":"mtp-logs found a gap: 7","#,
        r#""proxy":"mtp-logs","source":"px"}"#
    );
    notify.write(note);
    notify.write(&note.replace("gap: 7", "gap: 8").replace("18:00", "18:01"));
    for about in ["alert", "note"] {
        let request = server.next();
        assert_eq!(request.path, "/hook/SECRETPATH");
        check_schema(&text(&request.body));
        assert_eq!(request.json()["about"], about);
        let mut openssl = Command::new("openssl");
        openssl.args(["dgst", "-sha256", "-hmac", "Jefe", "-r"]);
        let signed = openssl.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        if let Ok(mut signed) = signed {
            signed.stdin.take().unwrap().write_all(&request.body).unwrap();
            let output = text(&signed.wait_with_output().unwrap().stdout);
            let digest = output.split(' ').next().unwrap();
            assert_eq!(request.headers["x-mtp-signature"], format!("sha256={digest}"));
        }
    }
    assert!(server.is_quiet(Duration::from_millis(300)), "notes that differ in a number are one");
    server.then(&[Reply::Answer(400, "", "no")]);
    notify.write(&alert("carol", "sharing", 0));
    server.next();
    notify.write(&alert("dave", "sharing", 0));
    server.next();
    drop(notify.stdin.take());
    assert_eq!(notify.child.wait().unwrap().code(), Some(1), "a rejected message is a failure");
    let log = stderr(folder.path());
    assert!(log.contains("webhook: rejected, status 400; not sent: carol: several"), "{log}");
    assert!(!log.contains("SECRETPATH") && !log.contains("Jefe"), "{log}");
}

/// A command gets the row as it was read, no shell, no secret.
#[test]
fn a_command_gets_the_row() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("act");
    let script = "#!/bin/sh\nd=$(dirname \"$0\")\ncat >> \"$d/rows\"\n\
        echo \"$MTP_TEXT|$MTP_COMMANDS|$MTP_TELEGRAM_TOKEN\" >> \"$d/texts\"\necho printed\n\
        [ -e \"$d/ok\" ] || { touch \"$d/ok\"; exit 3; }\n";
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let lines = alert("a $(id) b", "sharing", 0) + "\n" + &alert("a $(id) b", "sharing", 5) + "\n";
    let mut command = tool("mtp-notify");
    command.args(["--exec", &program.display().to_string(), "--retry", "10ms", "--lang", "en"]);
    command.env("MTP_WEBHOOK_SECRET", "k").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), lines.clone()));
    // The first attempt failed after it had read the row.
    let row = lines.lines().next().unwrap();
    assert_eq!(fs::read_to_string(folder.path().join("rows")).unwrap(), format!("{row}\n{row}\n"));
    let texts = fs::read_to_string(folder.path().join("texts")).unwrap();
    assert!(texts.starts_with("a $(id) b: several people"), "{texts}");
    assert!(texts.contains("|mtp-users disable --reload 'a $(id) b'\n"), "{texts}");
    assert!(text(&output.stderr).contains("may arrive twice: a $(id) b"));
}

#[test]
fn input_is_passed_on_byte_for_byte() {
    let mut input = b"{\"type\":\"connect\"}\r\n\xff\xfe\0 half\n\n\x1f\x8b\x08not gzip\n".to_vec();
    input.extend(vec![b'x'; 3 << 20]);
    input.extend(b"\n{\"type\":\"alert\"}\nno newline at the end");
    let output = run("mtp-notify", &["--exec", "/bin/true"], &input);
    assert!(output.stdout == input, "{} of {} bytes", output.stdout.len(), input.len());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

/// More alerts than the queue holds: each one above is named, and the rest waits on the disk.
#[test]
fn a_full_queue_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["--webhook", "http://127.0.0.1:1/", "--lang", "en", "--linger", "0"];
    let mut notify = Notify::start(folder.path(), &args);
    let rows: Vec<_> = (0..1010).map(|n| alert(&format!("u{n}"), "sharing", 0)).collect();
    let mut stdout = notify.child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || stdout.read_to_end(&mut Vec::new()).unwrap());
    notify.write(&rows.join("\n"));
    drop(notify.stdin.take());
    assert_eq!(notify.child.wait().unwrap().code(), Some(1));
    reader.join().unwrap();
    let log = stderr(folder.path());
    let full: Vec<_> = log.lines().filter(|line| line.contains("the queue is full")).collect();
    assert_eq!(full.len(), 10, "{log}");
    assert!(full[0].ends_with("not sent: u1000: several people use this account"), "{}", full[0]);
    assert!(log.contains("1000 messages wait for the next run"), "{log}");
}

#[test]
fn a_digest_comes_at_its_hour_and_after_a_missed_one() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start(&[]));
    // The hour was two minutes ago in a zone made for it, and the last digest yesterday.
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let minutes = seconds.as_secs() / 60 % 1440;
    let hour = format!("{:02}:{:02}", (minutes + 1438) % 1440 / 60, (minutes + 1438) % 60);
    let args = ["--webhook", &server.url, "--digest", &hour, "--tz", "UTC", "--lang", "en"];
    let mut notify = Notify::start(folder.path(), &args);
    notify.write(&alert("bob", "sharing", 0));
    server.next();
    notify.write(&alert("bob", "sharing", 1));
    notify.write(&alert("carol", "watch", 1).replace("2.4", "1.6"));
    notify.write(&alert("dave", "clear", 1));
    notify.end();
    assert!(server.is_quiet(Duration::from_millis(300)), "the first digest is due tomorrow");
    let state = folder.path().join("state");
    let journal = fs::read_to_string(&state).unwrap();
    let digest = journal.lines().rfind(|line| line.contains("\"digest\"")).unwrap();
    let mut value: Value = serde_json::from_str(digest).unwrap();
    value["record"]["last_ms"] =
        Value::from(value["record"]["last_ms"].as_i64().unwrap() - 86_400_000);
    fs::write(&state, format!("{journal}{value}\n")).unwrap();
    let notify = Notify::start(folder.path(), &args);
    let body = server.next().json();
    assert_eq!(body["about"], "digest");
    let digest = body["text"].as_str().unwrap();
    let lines: Vec<_> = digest.lines().skip(1).collect();
    let want = [
        "3 users: 1 sharing, 1 watch, 1 clear, 0 unknown",
        "bob: sharing, 2.4 people",
        "carol: watch, 1.6 people",
        "Alerts: 4, not sent one by one: 1",
    ];
    assert_eq!(lines, want, "{digest}");
    notify.end();
    Notify::start(folder.path(), &args).end();
    assert!(server.is_quiet(Duration::from_millis(300)), "once");
}

#[test]
fn secrets_are_not_taken_from_options_nor_printed() {
    let folder = tempfile::tempdir().unwrap();
    let flags = fs::read_to_string(root().join("man/mtp-notify.1")).unwrap();
    assert!(!flags.contains("\\-\\-telegram\\-token\\fR") && !flags.contains("\\-\\-token\\fR"));
    let path = folder.path().join("token");
    fs::write(&path, "not a token SECRET").unwrap();
    let path = path.display().to_string();
    let url = "http://127.0.0.1:1";
    let args = ["--telegram-token-file", &path, "--chat", "1", "--api-url", url];
    let output = run("mtp-notify", &args, b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(!text(&output.stderr).contains("SECRET"), "{}", text(&output.stderr));
    fs::write(&path, TOKEN).unwrap();
    let test = [&args[..], &["--test", "--linger", "500ms"]].concat();
    let output = run("mtp-notify", &test, b"");
    let log = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{log}");
    assert!(log.contains("telegram: not sent: ") && !log.contains(TOKEN), "{log}");
}

/// A server chooses the wait up to six hours, not the end of the channel.
#[test]
fn no_answer_of_a_server_ends_its_channel() {
    let far = "Retry-After: 18446744073709551615\r\n";
    let body = r#"{"ok":false,"description":"\u001b[2J\u0007","parameters":{"retry_after":9e18}}"#;
    for reply in [Reply::Answer(429, far, ""), Reply::Answer(429, far, body)] {
        let (folder, server) = (tempfile::tempdir().unwrap(), Server::start(&[reply]));
        let args = ["--webhook", &server.url, "--lang", "en", "--linger", "0"];
        let mut notify = Notify::start(folder.path(), &args);
        notify.write(&alert("bob", "sharing", 0));
        server.next();
        let end = Instant::now() + TIMEOUT;
        while !stderr(folder.path()).contains("next attempt in 21600 s") {
            assert!(Instant::now() < end, "{}", stderr(folder.path()));
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(notify.stdin.take());
        assert!(notify.child.wait().unwrap().code().is_some());
        let log = stderr(folder.path());
        assert!(!log.contains("panicked") && !log.contains('\u{1b}'), "{log}");
    }
}

/// A command that does not read a row larger than a pipe is ended in its time like any other.
#[test]
fn a_command_that_does_not_read_blocks_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("act");
    fs::write(&program, "#!/bin/sh\nexec sleep 60\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let exec = program.display().to_string();
    let args = ["--exec", &exec, "--timeout", "300ms", "--retry", "1h", "--linger", "0"];
    let mut notify = Notify::start(folder.path(), &args);
    let mut stdout = notify.child.stdout.take().unwrap();
    std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
    let long = format!("{{\"later\":\"{}\",", "x".repeat(300_000));
    notify.write(&alert("bob", "sharing", 0).replacen('{', &long, 1));
    let end = Instant::now() + TIMEOUT;
    while !stderr(folder.path()).contains("timeout, killed") {
        assert!(Instant::now() < end, "{}", stderr(folder.path()));
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(notify.stdin.take());
    assert!(notify.child.wait().unwrap().code().is_some());
}
