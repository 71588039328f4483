//! The pictures of the README: made from the bundled rows, and made again with `MTP_BLESS=1`.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::demo::demos;
use crate::harness::{root, skip, text};
use crate::report_page::page;
use crate::report_watch::{Terminal, watch_with};

const WIDTH: u32 = 1000;
/// Pixels of another colour that a picture may have: letters are drawn a little differently by
/// another version of the browser.
const DIFFERENT_MAX: f64 = 0.05;
/// A browser's function of two pictures: the share of pixels that differ.
const DIFFERENCE: &str = "async (...pictures) => {
    const pixels = async (data) => {
        const image = new Image();
        image.src = 'data:image/png;base64,' + data;
        await image.decode();
        const place = new OffscreenCanvas(image.width, image.height).getContext('2d');
        place.drawImage(image, 0, 0);
        return place.getImageData(0, 0, image.width, image.height);
    };
    const [a, b] = await Promise.all(pictures.map(pixels));
    if (a.width !== b.width || a.height !== b.height) return 1;
    let different = 0;
    for (let at = 0; at < a.data.length; at += 4) {
        const is = [0, 1, 2].some((n) => Math.abs(a.data[at + n] - b.data[at + n]) > 64);
        different += is ? 1 : 0;
    }
    return different / (a.width * a.height);
}";

/// A picture in base64, and its name in `docs`.
type Picture = (&'static str, String);

#[test]
fn pictures_are_small() {
    for name in ["report-light.png", "report-dark.png", "report-watch.png"] {
        let file = root().join("docs").join(name);
        let size = std::fs::metadata(&file).unwrap_or_else(|_| panic!("{name} is missing")).len();
        assert!((10_000..200_000).contains(&size), "{name}: {size} bytes");
    }
}

/// Drawn again, they are the same but for a few pixels.
#[test]
fn the_readme_shows_what_there_is() {
    let Some(mut browser) = Browser::start() else { return skip("chromium") };
    let Some(terminal) = Terminal::start("picture", 92, 26) else { return skip("tmux") };
    let mut pictures = pages(&mut browser);
    pictures.push(screens(&mut browser, &terminal));
    let mut differs =
        |a: &str, b: &str| browser.eval(&format!("({DIFFERENCE})('{a}', '{b}')")).as_f64().unwrap();
    for (name, drawn) in &pictures {
        let file = root().join("docs").join(name);
        if std::env::var_os("MTP_BLESS").is_some() {
            std::fs::write(&file, base64(&["-d"], drawn.as_bytes())).unwrap();
            continue;
        }
        let kept = text(&base64(&["-w0"], &std::fs::read(&file).unwrap()));
        let share = differs(&kept, drawn);
        assert!(share < DIFFERENT_MAX, "{name}: {share}; MTP_BLESS=1 cargo test pictures");
    }
    let [(_, light), (_, dark), ..] = pictures.as_slice() else { panic!("pictures are missing") };
    assert!(differs(light, dark) > DIFFERENT_MAX && differs(light, light) == 0.0);
}

/// The top of the page, light, and the first user's story, dark.
fn pages(browser: &mut Browser) -> Vec<Picture> {
    let folder = tempfile::tempdir().unwrap();
    browser.open(&page(folder.path(), &["--lang", "en"], &demos()), WIDTH.into());
    let light = take(browser, 0, 1150);
    let dark = json!({"features": [{"name": "prefers-color-scheme", "value": "dark"}]});
    browser.call("Emulation.setEmulatedMedia", &dark);
    let top = browser.eval(
        "(() => { const story = document.querySelector('.story'); \
         story.closest('details').open = true; story.open = true; \
         return Math.round(story.getBoundingClientRect().top + scrollY) - 30; })()",
    );
    let dark = take(browser, top.as_u64().unwrap(), 1150);
    vec![("report-light.png", light), ("report-dark.png", dark)]
}

/// The list, and the story of the worst.
fn screens(browser: &mut Browser, terminal: &Terminal) -> Picture {
    // A browser without a font of emoji draws boxes.
    watch_with(terminal, "--no-emoji");
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
    ("report-watch.png", shoot(browser, &clip))
}

fn take(browser: &mut Browser, top: u64, height: u64) -> String {
    shoot(browser, &json!({"x": 0, "y": top, "width": WIDTH, "height": height, "scale": 1}))
}

fn shoot(browser: &mut Browser, clip: &Value) -> String {
    let ask = json!({"format": "png", "clip": clip, "captureBeyondViewport": true});
    let shot = browser.call("Page.captureScreenshot", &ask);
    shot["data"].as_str().unwrap().to_owned()
}

/// Base64 by a tool that every system has.
fn base64(args: &[&str], input: &[u8]) -> Vec<u8> {
    let mut tool = std::process::Command::new("base64")
        .args(args)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = tool.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || drop(std::io::Write::write_all(&mut stdin, &input)));
    let output = tool.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    output.stdout
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
