//! The pictures of the README: made from the bundled rows, and made again with `MTP_BLESS=1`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::demo::demos;
use crate::harness::{root, skip};
use crate::report_page::page;
use crate::report_watch::{Terminal, watch};

const WIDTH: u32 = 1000;

#[test]
fn the_readme_shows_what_there_is() {
    if std::env::var_os("MTP_BLESS").is_some() {
        let Some(mut browser) = Browser::start() else { return skip("chromium") };
        let Some(terminal) = Terminal::start("picture", 92, 26) else { return skip("tmux") };
        pages(&mut browser);
        screens(&mut browser, &terminal);
    }
    for name in ["report-light.png", "report-dark.png", "report-watch.png"] {
        let file = root().join("docs").join(name);
        let size = std::fs::metadata(&file).unwrap_or_else(|_| panic!("{name} is missing")).len();
        assert!((10_000..200_000).contains(&size), "{name}: {size} bytes");
    }
}

/// The top of the page, light, and the first user's story, dark.
fn pages(browser: &mut Browser) {
    let folder = tempfile::tempdir().unwrap();
    browser.open(&page(folder.path(), &["--lang", "en"], &demos()), WIDTH.into());
    take(browser, "report-light.png", 0, 1150);
    let dark = json!({"features": [{"name": "prefers-color-scheme", "value": "dark"}]});
    browser.call("Emulation.setEmulatedMedia", &dark);
    let top = browser.eval(
        "(() => { const story = document.querySelector('.story'); \
         story.closest('details').open = true; story.open = true; \
         return Math.round(story.getBoundingClientRect().top + scrollY) - 30; })()",
    );
    take(browser, "report-dark.png", top.as_u64().unwrap(), 1150);
}

/// The list, and the story of the worst.
fn screens(browser: &mut Browser, terminal: &Terminal) {
    watch(terminal);
    let mut shown = vec![terminal.until("listed", |screen| screen.contains("ALERTS"))];
    shown[0] = terminal.colours();
    terminal.keys(&["Enter"]);
    terminal.until("opened", |screen| screen.contains("Looks like"));
    shown.push(terminal.colours());
    let screens = shown.iter().map(|screen| format!("<pre>{}</pre>", html(screen)));
    let page = format!(
        "<meta charset=utf-8><style>body{{margin:0;padding:12px;background:#101116;width:690px}}\
         pre{{margin:0 0 12px;padding:12px;border-radius:6px;background:#1b1d23;color:#ddd;\
         font:12px/1.22 'DejaVu Sans Mono',monospace}}</style>{}",
        screens.collect::<String>()
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("screens.html");
    std::fs::write(&file, page).unwrap();
    browser.open(&file, 714);
    let height = browser.eval("document.body.offsetHeight").as_u64().unwrap();
    let clip = json!({"x": 0, "y": 0, "width": 714, "height": height, "scale": 1});
    save(browser, "report-watch.png", &clip);
}

fn take(browser: &mut Browser, name: &str, top: u64, height: u64) {
    save(browser, name, &json!({"x": 0, "y": top, "width": WIDTH, "height": height, "scale": 1}));
}

fn save(browser: &mut Browser, name: &str, clip: &Value) {
    let ask = json!({"format": "png", "clip": clip, "captureBeyondViewport": true});
    let shot = browser.call("Page.captureScreenshot", &ask);
    let file = root().join("docs").join(name);
    write(&file, shot["data"].as_str().unwrap());
}

/// Writes what is in base64, by a tool that every system has.
fn write(file: &Path, data: &str) {
    let mut decode = std::process::Command::new("base64")
        .arg("-d")
        .stdin(std::process::Stdio::piped())
        .stdout(std::fs::File::create(file).unwrap())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut decode.stdin.take().unwrap(), data.as_bytes()).unwrap();
    assert!(decode.wait().unwrap().success());
}

/// A screen with its colours, as a page: the sixteen colours of a terminal, bold, dim and reversed.
fn html(screen: &str) -> String {
    let (mut page, mut now) = (String::new(), BTreeMap::new());
    for part in format!("\x1b[m{screen}").split("\x1b[").skip(1) {
        let (codes, text) = part.split_once('m').unwrap();
        // A colour of the palette is `38;5;9`, one of the first eight `31` or `91`.
        for code in codes.replace("38;5;", "p").split(';') {
            match code {
                "" | "0" => now.clear(),
                "1" => drop(now.insert("font-weight", "bold")),
                "2" => drop(now.insert("opacity", ".6")),
                "7" => drop(now.insert("filter", "invert(1);background:#1b1d23")),
                code => drop(now.insert("color", colour(code))),
            }
        }
        let style: Vec<_> = now.iter().flat_map(|(key, value)| [key, ":", *value, ";"]).collect();
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        write!(page, "<span style='{}'>{text}</span>", style.concat()).unwrap();
    }
    page
}

/// A colour by its code; the terminal's own by any other.
fn colour(code: &str) -> &'static str {
    match code {
        "p9" | "p1" | "31" | "91" => "#f76c6c",
        "p10" | "p2" | "32" | "92" => "#6fd08c",
        "p11" | "p3" | "33" | "93" => "#e8b84a",
        "p14" | "p6" | "36" | "96" => "#6cc5d8",
        "p8" | "90" => "#888",
        _ => "#ddd",
    }
}
