//! `mtp-report --watch` on a real terminal: drawn, resized, sorted, stopped and ended, and the
//! terminal as it was before.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use unicode_width::UnicodeWidthStr;

use crate::demo::demos;
use crate::harness::{root, skip, text, tool};

/// Long enough for a loaded machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// A terminal of its own, ended when this is dropped.
pub(crate) struct Terminal {
    socket: String,
}

impl Terminal {
    /// A shell in it, this large; `None` where there is no tmux.
    pub(crate) fn start(name: &str, columns: u16, rows: u16) -> Option<Self> {
        let terminal = Self { socket: format!("mtp-{name}-{}", std::process::id()) };
        let size = [columns.to_string(), rows.to_string()];
        let started = Command::new("tmux")
            .args(["-L", &terminal.socket, "-f", "/dev/null", "new-session", "-d", "-x", &size[0]])
            .args(["-y", &size[1], "PS1='READY> ' exec bash --norc --noprofile"])
            .env_clear()
            .envs([("LC_ALL", "C.UTF-8"), ("TZ", "UTC"), ("TERM", "xterm-256color")])
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .status();
        started.ok()?.success().then_some(terminal)
    }

    fn tmux(&self, args: &[&str]) -> String {
        let output = Command::new("tmux").args(["-L", &self.socket]).args(args).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub(crate) fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    /// Waits until the screen is as wanted; gives it.
    pub(crate) fn until(&self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let screen = self.tmux(&["capture-pane", "-p"]);
            if is_it(&screen) {
                return screen;
            }
            assert!(Instant::now() < end, "{what}:\n{screen}");
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// The screen with its colours.
    pub(crate) fn colours(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-e"])
    }

    /// The settings of the terminal, as the shell sees them.
    fn settings(&self, name: &str) -> String {
        let file = std::env::temp_dir().join(format!("{}-{name}", self.socket));
        self.keys(&[&format!("stty -a > {0}.new; mv {0}.new {0}", file.display()), "Enter"]);
        let end = Instant::now() + PATIENCE;
        while !file.exists() {
            assert!(Instant::now() < end, "the shell is gone");
            std::thread::sleep(Duration::from_millis(30));
        }
        let settings = fs::read_to_string(&file).unwrap();
        fs::remove_file(&file).unwrap();
        // The first line has the size, which is the terminal's own.
        settings.lines().skip(1).collect()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(Command::new("tmux").args(["-L", &self.socket, "kill-server"]).output());
    }
}

/// The README's live pipeline: what it waits for, what it counts, and at the end the table alone.
#[test]
fn a_live_pipeline_has_a_status_line() {
    let Some(terminal) = Terminal::start("status", 100, 90) else { return skip("tmux") };
    let [parse, score] = ["mtp-parse", "mtp-score"].map(|name| tool(name).get_program().to_owned());
    let (parse, score) = (parse.to_string_lossy(), score.to_string_lossy());
    let log = root().join("examples/three-days.log.gz");
    let folder = tempfile::tempdir().unwrap();
    let go = folder.path().join("go");
    let wait = format!("until [ -e {} ]; do sleep 0.1; done", go.display());
    let lines = format!("{wait}; gunzip -c {}; sleep 600", log.display());
    terminal.keys(&[&format!("clear; ({lines}) | {parse} | {score}"), "Enter"]);
    terminal.until("waiting", |screen| screen.contains("mtp-score: waiting for input"));
    fs::write(&go, "").unwrap();
    let is_counted = |line: &str| {
        line.starts_with("mtp-score: ")
            && line.contains("connections, 20 users: 3 sharing, 0 watch, 17 clear, 0 unknown")
    };
    terminal.until("counted", |screen| screen.lines().any(is_counted));
    terminal.keys(&["C-c"]);
    let ended = terminal.until("ended", |screen| screen.trim_end().ends_with("READY>"));
    assert!(ended.contains("20 users: 3 sharing") && ended.contains("USER "), "{ended}");
    assert!(!ended.lines().any(is_counted) && !ended.contains("waiting"), "{ended}");
}

/// The README's pipeline with a screen, in each language: readable from the first rows through the
/// alerts to ^C, which ends all of it at once.
#[test]
fn a_pipeline_with_a_screen_is_readable_throughout() {
    let Some(terminal) = Terminal::start("screen", 90, 30) else { return skip("tmux") };
    let programs =
        ["mtp-parse", "mtp-score", "mtp-report"].map(|name| tool(name).get_program().to_owned());
    let [parse, score, report] = programs.each_ref().map(|program| program.to_string_lossy());
    let log = root().join("examples/three-days.log.gz");
    let folder = tempfile::tempdir().unwrap();
    let (feed, go) = (folder.path().join("feed"), folder.path().join("go"));
    let lines = format!(
        "trap exit INT; gunzip -c {0} | head -n 7000; until [ -e {1} ]; do sleep 0.1; done\n\
         gunzip -c {0} | tail -n +7001; sleep 600\n",
        log.display(),
        go.display()
    );
    fs::write(&feed, lines).unwrap();
    let before = terminal.settings("before");
    for (lang, verdict, [sharing, watch, clear]) in [
        ("en", "VERDICTv", ["sharing", "watch", "clear"]),
        ("vi", "KẾT LUẬNv", ["dùng chung", "theo dõi", "bình thường"]),
        ("ru", "ВЫВОДv", ["общий доступ", "наблюдать", "норма"]),
    ] {
        drop(fs::remove_file(&go));
        let line = format!(
            "clear; bash {} | {parse} --tz UTC | {score} --events --every 10s | {report} --watch --lang {lang}",
            feed.display()
        );
        terminal.keys(&[&line, "Enter"]);
        let is_clean = |screen: &str| {
            let is_note = |line: &str| line.contains("mtp-parse:") || line.contains("mtp-score:");
            assert!(!screen.contains(verdict) || !screen.lines().any(is_note), "{lang}: {screen}");
            assert!(screen.lines().all(|line| line.width() <= 90), "{lang}: {screen}");
        };
        let count = |n: u32, name: &str| format!("{n} {name}");
        let first = terminal.until("the first rows", |screen| {
            is_clean(screen);
            screen.contains(&count(1, watch)) && screen.contains(verdict)
        });
        assert!(first.contains(&count(19, clear)) && place(&first, "ned") < place(&first, "ann"));
        fs::write(&go, "").unwrap();
        let last = terminal.until("the alerts", |screen| {
            is_clean(screen);
            screen.contains(&count(3, sharing)) && screen.contains(&count(17, clear))
        });
        // Each verdict is a whole word, and the alert has its reason.
        let of = |name: &str| last.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
        assert!(of("jan").contains(sharing) && of("ann").contains(clear), "{last}");
        assert!(
            last.lines().any(|line| line.contains(" jan: ") && line.contains(sharing)),
            "{last}"
        );
        terminal.keys(&["C-c"]);
        let ended = terminal.until("ended", |screen| screen.trim_end().ends_with("READY>"));
        assert!(!ended.contains(verdict), "{ended}");
        let is_note = |line: &&str| line.starts_with("mtp-");
        assert!(
            ended.lines().filter(|line| line.contains(" lines read")).all(|line| is_note(&line))
        );
        assert_eq!(terminal.settings(lang), before);
    }
}

/// What another tool of the pipeline prints does not stay on the screen.
#[test]
fn the_screen_is_repaired() {
    let Some(terminal) = Terminal::start("repair", 100, 30) else { return skip("tmux") };
    let [events, scores, _] = demos();
    let program = tool("mtp-report").get_program().to_owned();
    let program = program.to_string_lossy();
    let folder = tempfile::tempdir().unwrap();
    let [go, done] = ["go", "done"].map(|name| folder.path().join(name));
    let wait = format!("until [ -e {} ]; do sleep 0.1; done", go.display());
    let noise = "printf '\\n\\n\\n\\nNOI%s\\n' SE > /dev/tty";
    let noise = format!("{wait}; {noise}; touch {}; sleep 600", done.display());
    let line = format!("clear; (cat {events} {scores}; {noise}) | {program} --watch");
    terminal.keys(&[&line, "Enter"]);
    let drawn = "3 sharing  0 watch  17 clear";
    terminal.until("drawn", |screen| screen.contains(drawn) && !screen.contains("NOISE"));
    fs::write(&go, "").unwrap();
    terminal.until("garbled", |_| done.exists());
    let is_whole = |screen: &str| screen.lines().nth(1).is_some_and(|line| line.starts_with(drawn));
    let whole = terminal.until("repaired", |screen| is_whole(screen) && !screen.contains("NOISE"));
    assert!(whole.contains("ALERTS"), "{whole}");
}

/// Starts the screen on a pipe that stays open, as a live stream does.
fn watch(terminal: &Terminal) {
    watch_with(terminal, "");
}

/// The same with options.
pub(crate) fn watch_with(terminal: &Terminal, options: &str) {
    let program = tool("mtp-report").get_program().to_owned();
    let [events, scores, _] = demos();
    let program = program.to_string_lossy();
    let rows = format!("cat {events} {scores}; sleep 600");
    let line = format!("clear; ({rows}) | {program} --watch {options}");
    terminal.keys(&[&line, "Enter"]);
    terminal.until("drawn", |screen| screen.contains("3 sharing  0 watch  17 clear"));
}

fn place(screen: &str, name: &str) -> usize {
    screen.lines().position(|line| line.starts_with(name)).unwrap_or(usize::MAX)
}

#[test]
fn drawn_sorted_opened_resized_and_ended() {
    let Some(terminal) = Terminal::start("keys", 100, 30) else { return skip("tmux") };
    let before = terminal.settings("before");
    watch(&terminal);
    let first = terminal.until("listed", |screen| screen.contains("jan"));
    assert!(place(&first, "jan") < place(&first, "hal"), "{first}");
    assert!(place(&first, "hal") < place(&first, "ann"), "{first}");
    assert!(first.contains("VERDICTv") && first.contains("ALERTS"), "{first}");
    assert!(first.contains("<script>alert(1)</script>"), "{first}");
    for _ in 0..6 {
        terminal.keys(&["s"]); // around to the names
    }
    let sorted = terminal.until("sorted by name", |screen| screen.contains("USERv"));
    assert!(place(&sorted, "ann") < place(&sorted, "hal"), "{sorted}");
    terminal.keys(&["r"]);
    let reversed = terminal.until("the other way", |screen| screen.contains("USER^"));
    assert!(place(&reversed, "hal") < place(&reversed, "ann"), "{reversed}");
    terminal.keys(&["/", "h", "a", "l", "Enter"]);
    terminal.until("found", |screen| screen.contains("hal") && !screen.contains("ann"));
    terminal.keys(&["Enter"]);
    terminal.until("opened", |screen| {
        screen.contains("Looks like 3 people (2.7)") && screen.contains("in use at once")
    });
    terminal.keys(&["Escape"]);
    terminal.until("back", |screen| screen.contains("USER^"));
    terminal.tmux(&["resize-window", "-x", "60", "-y", "20"]);
    let small = terminal.until("redrawn", |screen| {
        screen.lines().count() <= 20 && screen.contains("USER^") && screen.contains("hal")
    });
    assert!(small.lines().all(|line| line.chars().count() <= 60), "{small}");
    terminal.tmux(&["resize-window", "-x", "100", "-y", "30"]);
    terminal.keys(&["q"]);
    // A key that comes while the screen is up is the screen's, not the terminal's.
    terminal.until("left", |screen| !screen.contains("VERDICT") && !screen.contains("USER^"));
    terminal.keys(&["C-c"]); // the stream's sleep
    let after = terminal.until("given back", |screen| screen.contains("READY>"));
    assert!(!after.contains("VERDICT"), "{after}");
    assert_eq!(terminal.settings("after"), before);
    assert_eq!(
        terminal.tmux(&["display-message", "-p", "#{alternate_on} #{cursor_flag}"]),
        "0 1\n"
    );
}

#[test]
fn stopped_gone_on_and_terminated() {
    let Some(terminal) = Terminal::start("stop", 80, 24) else { return skip("tmux") };
    let before = terminal.settings("before");
    watch(&terminal);
    terminal.keys(&["C-z"]);
    let stopped = terminal.until("stopped", |screen| screen.contains("Stopped"));
    assert!(!stopped.contains("VERDICT"), "{stopped}");
    assert_eq!(terminal.tmux(&["display-message", "-p", "#{alternate_on}"]), "0\n");
    assert_eq!(terminal.settings("stopped"), before);
    terminal.keys(&["fg", "Enter"]);
    terminal.until("gone on", |screen| screen.contains("VERDICTv"));
    terminal.keys(&["j"]);
    let pane = terminal.tmux(&["display-message", "-p", "#{pane_pid}"]);
    let listed =
        Command::new("pgrep").args(["-P", pane.trim(), "-f", "mtp-report --watch"]).output();
    let listed = String::from_utf8(listed.unwrap().stdout).unwrap();
    let process = listed.lines().next().expect("it runs").to_owned();
    assert!(Command::new("kill").args(["-TERM", &process]).status().unwrap().success());
    terminal.until("left the screen", |screen| !screen.contains("VERDICT"));
    terminal.keys(&["C-c"]);
    terminal.until("given back", |screen| screen.contains("READY>"));
    assert_eq!(terminal.settings("after"), before);
}

/// Where SIGHUP is ignored, as under nohup, the end of the terminal ends the screen all the same.
#[test]
fn a_terminal_that_is_gone_ends_the_screen() {
    let Some(terminal) = Terminal::start("gone", 80, 24) else { return skip("tmux") };
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    terminal.keys(&[&format!("trap '' HUP; echo $$ > {}", pid.display()), "Enter"]);
    watch(&terminal);
    let shell = fs::read_to_string(&pid).unwrap();
    let listed =
        Command::new("pgrep").args(["-P", shell.trim(), "-f", "mtp-report --watch"]).output();
    let listed = text(&listed.unwrap().stdout);
    let process = listed.lines().next().expect("it runs").to_owned();
    drop(terminal);
    let runs = || Path::new("/proc").join(&process).join("exe").exists();
    let deadline = Instant::now() + Duration::from_secs(30);
    while runs() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(!runs(), "it still runs");
}

/// A terminal that answers no question about itself: serial lines and recorders are such.
#[test]
fn a_terminal_that_does_not_answer_is_drawn_on() {
    let folder = tempfile::tempdir().unwrap();
    let (rows, seen) = (folder.path().join("rows"), folder.path().join("seen"));
    let row = "{\"type\":\"connect\",\"ts\":\"2026-11-23T15:40:40Z\",\"user\":\"alice\",\
               \"ip\":\"203.0.113.7\",\"proxy\":\"access\"}\n";
    fs::write(&rows, row).unwrap();
    let program = tool("mtp-report").get_program().to_str().unwrap().to_owned();
    let watch = format!("stty cols 80 rows 24; exec {program} --watch < {}", rows.display());
    let started = Command::new("script")
        .args(["-qec", &watch, "/dev/null"])
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(fs::File::create(&seen).unwrap())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut script) = started else { return skip("script") };
    let mut keys = script.stdin.take().unwrap();
    let end = Instant::now() + PATIENCE;
    let screen = || text(&fs::read(&seen).unwrap());
    while !screen().contains("alice") && script.try_wait().unwrap().is_none() {
        assert!(Instant::now() < end, "{:?}", screen());
        std::thread::sleep(Duration::from_millis(30));
    }
    // Its questions, if any, stay without an answer.
    keys.write_all(b"q").unwrap();
    let status = script.wait().unwrap();
    assert!(status.success() && screen().contains("alice"), "{status:?} {:?}", screen());
    assert!(!screen().contains("\u{1b}[6n"), "it asks where the cursor is");
}
