//! `mtp-notify` with receivers and commands that do what they should not.

use std::fs;
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{text, tool};
use crate::notify::alert;

/// A receiver that answers each request with these bytes, and counts them.
struct Receiver {
    url: String,
    count: Arc<AtomicUsize>,
}

impl Receiver {
    fn start(answer: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let count = Arc::new(AtomicUsize::new(0));
        let counted = count.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let (mut line, mut length) = (String::new(), 0);
                while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                    let lower = line.to_ascii_lowercase();
                    let value = lower.strip_prefix("content-length: ");
                    length = value.map_or(length, |value| value.trim().parse().unwrap());
                    line.clear();
                }
                if reader.read_exact(&mut vec![0; length]).is_ok() && length > 0 {
                    counted.fetch_add(1, Ordering::SeqCst);
                    drop(answer(&mut stream));
                }
            }
        });
        Self { url, count }
    }

    fn answering(answer: String) -> Self {
        Self::start(move |stream| stream.write_all(answer.as_bytes()))
    }

    fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// Sends one alert; the exit status and what standard error has.
fn sent(args: &[&str], line: &str) -> (Option<i32>, String) {
    let args = [args, &["--timeout", "1s", "--retry", "100ms", "--lang", "en"]].concat();
    // A file: a command that runs on would keep a pipe open.
    let mut err = tempfile::tempfile().unwrap();
    let mut command = tool("mtp-notify");
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(err.try_clone().unwrap()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = format!("{line}\n");
    let written = input.clone();
    let writer = std::thread::spawn(move || stdin.write_all(written.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(text(&output.stdout) == input, "rows pass in any case");
    let mut log = String::new();
    err.rewind().unwrap();
    err.read_to_string(&mut log).unwrap();
    (output.status.code(), log)
}

fn telegram(folder: &Path) -> String {
    let path = folder.join("token");
    fs::write(&path, "123456:AAtest").unwrap();
    path.display().to_string()
}

/// A wait of centuries is cut, and an hour is waited for.
#[test]
fn a_receiver_may_ask_for_any_wait() {
    let folder = tempfile::tempdir().unwrap();
    let token = telegram(folder.path());
    let far = u64::MAX.to_string();
    for (seconds, shown) in [(far.as_str(), "21600 s"), ("3600", "3600 s"), ("0", "0 s")] {
        let body = format!(
            r#"{{"ok":false,"description":"Too Many Requests","parameters":{{"retry_after":{seconds}}}}}"#
        );
        let bot = Receiver::answering(answer("429 Too Many Requests", "", &body));
        let args = ["--telegram-token-file", &token, "--chat", "1", "--api-url", &bot.url];
        let (status, log) =
            sent(&[&args[..], &["--linger", "250ms"]].concat(), &alert("bob", "sharing", 0));
        assert!(log.contains(&format!("next attempt in {shown}")), "{log}");
        assert!(log.contains("sent: bob") && status == Some(1), "{log}");
        assert!((bot.count() == 1) == (seconds != "0"), "{} attempts", bot.count());
        let headers = format!("Retry-After: {seconds}\r\n");
        let hook = Receiver::answering(answer("503 Busy", &headers, ""));
        let args = ["--webhook", &hook.url, "--linger", "250ms"];
        let (_, log) = sent(&args, &alert("bob", "sharing", 0));
        assert!(log.contains(&format!("next attempt in {shown}")), "{log}");
    }
}

/// A redirection is not followed, a wrong token, path or chat can be put right: tried again, reported
/// once.
#[test]
fn refusals_that_can_be_put_right_are_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let token = telegram(folder.path());
    let elsewhere = Receiver::answering(answer("200 OK", "", ""));
    let location = format!("Location: {}/\r\n", elsewhere.url);
    for (status, is_bot) in [
        ("302 Found", false),
        ("307 Temporary Redirect", true),
        ("401 Unauthorized", true),
        ("403 Forbidden", true),
        ("404 Not Found", false),
    ] {
        let body = r#"{"ok":false,"description":"Forbidden: bot was blocked by the user <b>"}"#;
        let server = Receiver::answering(answer(status, &location, body));
        let bot = ["--telegram-token-file", &token, "--chat", "1", "--api-url", &server.url];
        let hook = ["--webhook", &server.url];
        let args = if is_bot { &bot[..] } else { &hook[..] };
        let args = [args, &["--linger", "2500ms"]].concat();
        let (code, log) = sent(&args, &alert("bob", "sharing", 0));
        let number = status.split(' ').next().unwrap();
        assert!(server.count() > 1, "{status}: not tried again");
        assert_eq!(log.matches(&format!("status {number}")).count(), 1, "{log}");
        assert!(code == Some(1) && log.contains("sent: bob"), "{log}");
    }
    assert_eq!(elsewhere.count(), 0);
}

/// Answers without an end, without sense, byte by byte and of any size.
#[test]
fn an_answer_neither_hangs_nor_fills_the_memory() {
    let huge = Receiver::start(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        let block = vec![b'x'; 1 << 16];
        (0..2000).try_for_each(|_| stream.write_all(&block))
    });
    let (code, log) = sent(&["--webhook", &huge.url], &alert("bob", "sharing", 0));
    assert_eq!((code, log.as_str(), huge.count()), (Some(0), "", 1), "the status is enough");
    for (is_answered, head) in
        [(true, "HTTP/1.1 200 OK\r\n\r\n"), (false, "HTTP/1.1 200 OK\r\nX: ")]
    {
        let drip = Receiver::start(move |stream| {
            stream.write_all(head.as_bytes())?;
            (0..600).try_for_each(|_| {
                std::thread::sleep(Duration::from_millis(100));
                stream.write_all(b"x")
            })
        });
        let began = Instant::now();
        let args = ["--webhook", &drip.url, "--linger", "1500ms"];
        let (code, log) = sent(&args, &alert("bob", "sharing", 0));
        assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
        assert_eq!(code == Some(0), is_answered, "{log}");
        assert_eq!(log.contains("may arrive twice"), !is_answered, "{log}");
    }
    for garbage in
        ["SSH-2.0-x\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "\0\0\0\0\r\n\r\n", "HTTP/9.9 200\r\n\r\n"]
    {
        let server = Receiver::answering(garbage.to_owned());
        let args = ["--webhook", &server.url, "--linger", "300ms"];
        let (code, log) = sent(&args, &alert("bob", "sharing", 0));
        assert!(code == Some(1) && log.contains("may arrive twice: bob"), "{garbage:?}: {log}");
    }
}

/// No TLS where it is expected: nothing of the message was sent.
#[test]
fn a_failure_of_tls_cannot_have_delivered() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            drop(stream.read(&mut [0; 64]));
            drop(stream.write_all(answer("400 Bad Request", "", "not TLS").as_bytes()));
        }
    });
    let (code, log) = sent(&["--webhook", &url, "--linger", "500ms"], &alert("bob", "sharing", 0));
    assert!(code == Some(1) && log.contains("webhook: "), "{log}");
    assert!(!log.contains("twice") && log.contains("not sent: bob"), "{log}");
    let (code, log) = sent(
        &["--webhook", "http://nowhere.invalid/x", "--linger", "500ms"],
        &alert("bob", "sharing", 0),
    );
    assert!(code == Some(1) && !log.contains("twice") && log.contains("not sent: bob"), "{log}");
}

fn script(folder: &Path, body: &str) -> PathBuf {
    let path = folder.join("act");
    fs::write(&path, format!("#!/bin/sh\ncd \"$(dirname \"$0\")\"\n{body}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Commands that hang, that leave a process behind, that read nothing, and that are not there.
#[test]
fn a_command_may_do_anything() {
    let folder = tempfile::tempdir().unwrap();
    let exec = |path: &Path, line: &str| {
        let began = Instant::now();
        let path = path.display().to_string();
        let (code, log) = sent(&["--exec", &path, "--linger", "2500ms"], line);
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
        (code, log)
    };
    let bob = alert("bob", "sharing", 0);
    let (code, log) = exec(&script(folder.path(), "exec sleep 600"), &bob);
    assert!(
        code == Some(1) && log.contains("timeout, killed; sent again, may arrive twice"),
        "{log}"
    );
    // What it leaves behind has no part of the input or output that anything waits for.
    let left = "sleep 600 >/dev/null 2>&1 & echo $! > left";
    let (code, log) = exec(&script(folder.path(), left), &bob);
    let pid = fs::read_to_string(folder.path().join("left")).unwrap();
    assert!(std::process::Command::new("kill").arg(pid.trim()).status().unwrap().success());
    assert_eq!((code, log.as_str()), (Some(0), ""));
    let (code, log) = exec(&script(folder.path(), "exec <&-; exit 0"), &bob);
    assert_eq!((code, log.as_str()), (Some(0), ""));
    let (code, log) = exec(&script(folder.path(), "kill -SEGV $$"), &bob);
    assert!(code == Some(1) && log.contains("signal: 11"), "{log}");
    for (path, error) in [
        (folder.path().join("missing"), "No such file or directory"),
        (folder.path().to_owned(), "Permission denied"),
        (PathBuf::from("/etc/passwd"), "Permission denied"),
    ] {
        let (code, log) = exec(&path, &bob);
        assert!(code == Some(1) && log.contains(error) && !log.contains("twice"), "{log}");
    }
}

/// A row of any size and names of any letters: the command's environment holds the text, Telegram's
/// limit too.
#[test]
fn a_message_has_a_bounded_text_and_names_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = script(folder.path(), "printf %s \"$MTP_TEXT\" > text; cat > row");
    let path = path.display().to_string();
    let overlap =
        r#"{"kind":"overlap","networks":["20.1.2.3","31.5.6.0/24"],"seconds":2460,"gap":3600}"#;
    let row = alert("bob", "sharing", 0).replace(overlap, &vec![overlap; 9000].join(","));
    assert!(row.len() > 700_000);
    let (code, log) = sent(&["--exec", &path], &row);
    assert_eq!((code, log.as_str()), (Some(0), ""));
    let shown = fs::read_to_string(folder.path().join("text")).unwrap();
    assert!(shown.len() < 5000 && shown.contains("\nAt: "), "{} bytes", shown.len());
    for (name, is_shown) in [
        ("<b>&amp;\"'`$(id)", true),
        ("👩‍👩‍👧 семья", true),
        ("\u{202e}evil", false),
        ("مستخدم", true),
        ("../../etc", true),
    ] {
        let (code, log) = sent(&["--exec", &path], &alert(name, "sharing", 0));
        assert_eq!((code, log.as_str()), (Some(0), ""), "{name}");
        let shown = fs::read_to_string(folder.path().join("text")).unwrap();
        assert_eq!(shown.starts_with(&format!("{name}: several")), is_shown, "{shown}");
        let row = fs::read_to_string(folder.path().join("row")).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&row).unwrap()["user"], name);
    }
}
