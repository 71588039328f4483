//! A real browser, controlled over a pipe, with its messages about a page.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Long enough for a loaded machine to start a browser.
const PATIENCE: Duration = Duration::from_mins(1);

/// The browser; it ends when this is dropped.
pub(crate) struct Browser {
    child: Child,
    ask: File,
    messages: Receiver<Value>,
    next: u64,
    session: String,
    /// What the page did that it should not: complaints, and requests.
    pub(crate) complaints: Vec<String>,
    _folder: TempDir,
}

impl Browser {
    /// Starts it; `None` where there is none.
    pub(crate) fn start() -> Option<Self> {
        Command::new("chromium").arg("--version").output().ok()?;
        let folder = tempfile::tempdir().unwrap();
        let [ask, events] = ["ask", "events"].map(|name| folder.path().join(name));
        for pipe in [&ask, &events] {
            assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
        }
        // The browser reads what it is asked from descriptor 3 and answers on 4.
        let start = "exec chromium \"$@\" 3<\"$ASK\" 4>\"$EVENTS\"";
        let child = Command::new("bash")
            .args(["-c", start, "chromium", "--headless", "--no-sandbox", "--disable-gpu"])
            .args(["--disable-quic", "--no-first-run", "--disable-background-networking"])
            .args(["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"])
            .args(["--remote-debugging-pipe", "--hide-scrollbars"])
            .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
            .env("ASK", &ask)
            .env("EVENTS", &events)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let ask = OpenOptions::new().write(true).open(ask).unwrap();
        let messages = listen(File::open(events).unwrap());
        let complaints = Vec::new();
        let mut browser = Self {
            child,
            ask,
            messages,
            next: 0,
            session: String::new(),
            complaints,
            _folder: folder,
        };
        let target = browser.call("Target.createTarget", &json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = browser.call("Target.attachToTarget", &attach);
        session["sessionId"].as_str().unwrap().clone_into(&mut browser.session);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        Some(browser)
    }

    /// Opens a file, in a window this wide, and waits until it is loaded; how long that took.
    pub(crate) fn open(&mut self, file: &Path, width: u64) -> Duration {
        let begun = Instant::now();
        self.open_without_script(file, width);
        // Two frames later all is laid out and drawn.
        self.eval("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
        begun.elapsed()
    }

    /// The same where no script runs, so that nobody can say when it is drawn.
    pub(crate) fn open_without_script(&mut self, file: &Path, width: u64) {
        self.resize(width);
        let url = format!("file://{}", file.display());
        self.call("Page.navigate", &json!({"url": url}));
        self.until("the page is loaded", |message| message["method"] == "Page.loadEventFired");
    }

    /// Makes the window this wide.
    pub(crate) fn resize(&mut self, width: u64) {
        let size = json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", &size);
    }

    /// What an expression of the page's is; promises are waited for.
    pub(crate) fn eval(&mut self, expression: &str) -> Value {
        let ask = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", &ask);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Asks the browser for something.
    pub(crate) fn call(&mut self, method: &str, params: &Value) -> Value {
        self.next += 1;
        let id = self.next;
        let mut ask = json!({"id": id, "method": method, "params": params});
        if !self.session.is_empty() {
            ask["sessionId"] = json!(self.session);
        }
        self.ask.write_all(format!("{ask}\0").as_bytes()).unwrap();
        let answer = self.until(method, |message| message["id"] == id);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    fn until(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let message =
                self.messages.recv_timeout(left).unwrap_or_else(|_| panic!("no message: {what}"));
            self.note(&message);
            if is_it(&message) {
                return message;
            }
        }
    }

    fn note(&mut self, message: &Value) {
        let params = &message["params"];
        let complaint = match message["method"].as_str() {
            Some("Runtime.exceptionThrown") => Some(params["exceptionDetails"].to_string()),
            Some("Runtime.consoleAPICalled") => Some(params["args"].to_string()),
            Some("Log.entryAdded") => Some(params["entry"]["text"].to_string()),
            Some("Network.requestWillBeSent") => {
                let url = params["request"]["url"].as_str().unwrap_or_default();
                let is_the_page = params["type"] == "Document" && url.starts_with("file:");
                (!is_the_page && !url.starts_with("data:")).then(|| format!("request for {url}"))
            }
            _ => None,
        };
        self.complaints.extend(complaint);
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The messages of the browser, one by one, from a thread of its own.
fn listen(mut events: File) -> Receiver<Value> {
    let (send, receive) = channel();
    std::thread::spawn(move || {
        let (mut held, mut block) = (Vec::new(), vec![0; 64 * 1024]);
        while let Ok(n @ 1..) = events.read(&mut block) {
            held.extend_from_slice(&block[..n]);
            while let Some(end) = held.iter().position(|byte| *byte == 0) {
                let message: Vec<u8> = held.drain(..=end).collect();
                let value = serde_json::from_slice(&message[..end]).unwrap();
                if send.send(value).is_err() {
                    return;
                }
            }
        }
    });
    receive
}
