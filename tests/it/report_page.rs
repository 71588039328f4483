//! The page in a real browser: nothing complained of, nothing asked for, all of it usable.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::browser::Browser;
use crate::demo::{HOSTILE, demos, fixture};
use crate::harness::{root, run, skip, text, tool};

pub(crate) fn page(folder: &Path, args: &[&str], inputs: &[String]) -> PathBuf {
    let file = folder.join("page.html");
    let mut all = vec!["--html", file.to_str().unwrap()];
    all.extend(args);
    all.extend(inputs.iter().map(String::as_str));
    let output = run("mtp-report", &all, b"");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    file
}

/// Without a browser: what can be said of the text of the page.
#[test]
fn a_page_stands_alone_and_holds_no_markup_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let html = fs::read_to_string(page(folder.path(), &[], &demos())).unwrap();
    assert!(html.contains("default-src 'none'; style-src 'sha256-"), "a policy");
    assert!(!html.contains("<script>alert"), "a name became markup");
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    for outside in [" src=", "url(", "@import", "style=\"", " onclick", "http-equiv=refresh"] {
        assert!(!html.contains(outside), "{outside}");
    }
    let links = html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    for link in links {
        assert!(link.starts_with('#') || link.starts_with("data:image/svg+xml,"), "{link}");
    }
    let vi = page(folder.path(), &["--lang", "vi", "--title", "A & <b>"], &demos());
    let vi = fs::read_to_string(vi).unwrap();
    assert!(vi.contains("<html lang=vi>") && vi.contains("tài khoản có vẻ bị dùng chung"));
    assert!(vi.contains("<h1>A &amp; &lt;b&gt;</h1>"));
    let by_locale = tool("mtp-report")
        .env("LC_ALL", "vi_VN.UTF-8")
        .args(["--html", "/dev/stdout"])
        .args(demos())
        .output()
        .unwrap();
    assert!(text(&by_locale.stdout).contains("<html lang=vi>"));
}

/// Nothing sticks out, at this width.
const FITS: &str = "(() => { const wide = document.documentElement.scrollWidth; \
    const out = [...document.querySelectorAll('body *')].filter(e => { \
    const r = e.getBoundingClientRect(); \
    return r.width && !e.classList.contains('skip') && r.right > innerWidth + 1; }); \
    return [wide <= innerWidth, out.map(e => e.outerHTML.slice(0, 90))]; })()";

/// Every picture says in words what it shows.
const UNTOLD: &str = "[...document.querySelectorAll('svg[role=img]')].filter(svg => \
    !svg.getAttribute('aria-labelledby').split(' ').every(id => \
    document.getElementById(id)?.textContent.trim())).length";

#[test]
fn a_browser_has_nothing_to_complain_of() {
    let Some(mut browser) = Browser::start() else { return skip("chromium") };
    let folder = tempfile::tempdir().unwrap();
    let file = page(folder.path(), &[], &demos());
    for width in [360, 1440] {
        browser.open(&file, width);
        browser.eval("document.querySelectorAll('details').forEach(d => d.open = true)");
        let fits = browser.eval(FITS);
        assert_eq!(fits[0], true, "at {width}: {fits}");
        assert_eq!(fits[1].as_array().map(Vec::len), Some(0), "at {width}: {fits}");
        assert!(
            browser.eval("document.querySelectorAll('svg[role=img]').length").as_u64() > Some(9)
        );
        assert_eq!(browser.eval(UNTOLD), 0, "a picture without words");
        let names = browser
            .eval("[...document.querySelectorAll('#list tbody th')].map(c => c.textContent)");
        assert!(names.as_array().unwrap().iter().any(|name| name == HOSTILE), "{names}");
    }
    assert_eq!(browser.complaints, Vec::<String>::new());
}

/// From raw logs that were recorded, through all the tools, and from a population of 300 users.
#[test]
fn pages_of_recorded_logs_and_of_a_population() {
    let Some(mut browser) = Browser::start() else { return skip("chromium") };
    let folder = tempfile::tempdir().unwrap();
    let mut all: Vec<(String, Vec<u8>)> = recorded()
        .into_iter()
        .map(|path| {
            let events = run("mtp-parse", &[path.to_str().unwrap()], b"").stdout;
            (path.display().to_string(), events)
        })
        .collect();
    let population = fs::read(fixture("population.events.jsonl.gz")).unwrap();
    all.push(("population".to_owned(), population));
    for (name, events) in all {
        let (raw, scores) = (folder.path().join("events"), folder.path().join("scores"));
        fs::write(&raw, &events).unwrap();
        fs::write(&scores, run("mtp-score", &["-"], &events).stdout).unwrap();
        let inputs = [raw, scores].map(|path| path.display().to_string());
        let file = page(folder.path(), &[], &inputs);
        browser.open_without_script(&file, 360);
        browser.eval("document.querySelectorAll('details').forEach(d => d.open = true)");
        for width in [360, 1440] {
            browser.resize(width);
            let fits = browser.eval(FITS);
            assert_eq!(fits[0], true, "{name} at {width}: {fits}");
            assert_eq!(fits[1].as_array().map(Vec::len), Some(0), "{name} at {width}: {fits}");
        }
        assert_eq!(browser.eval(UNTOLD), 0, "{name}: a picture without words");
        let rows = browser.eval("document.querySelectorAll('.users tbody tr').length");
        if name == "population" {
            assert_eq!(rows, 300);
        }
    }
    assert_eq!(browser.complaints, Vec::<String>::new());
}

/// A log of each dialect, and the longer one of the README.
fn recorded() -> Vec<PathBuf> {
    let dialects = fs::read_dir(root().join("tests/fixtures/dialects")).unwrap();
    let files = dialects.flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap());
    let mut logs: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    let names = ["recorded.log", "debug.log", "v2.log", "examples.log"];
    logs.retain(|path| names.iter().any(|name| path.ends_with(name)));
    logs.push(root().join("examples/proxy.log.gz"));
    assert!(logs.len() >= 7, "{logs:?}");
    logs
}

#[test]
fn a_table_is_sorted_and_filtered() {
    let Some(mut browser) = Browser::start() else { return skip("chromium") };
    let folder = tempfile::tempdir().unwrap();
    browser.open(&page(folder.path(), &[], &demos()), 1000);
    let column = |n: u32| {
        format!(
            "[...document.querySelectorAll('#list tbody tr')].filter(r => !r.hidden)\
                 .map(r => r.cells[{n}].textContent)"
        )
    };
    let press = |n: u32| {
        format!(
            "(() => {{ const h = document.querySelector('#list thead').rows[0].cells[{n}]; \
                 h.querySelector('button').click(); return h.getAttribute('aria-sort'); }})()"
        )
    };
    let numbers = |told: &serde_json::Value| -> Vec<u64> {
        told.as_array().unwrap().iter().map(|n| n.as_str().unwrap().parse().unwrap()).collect()
    };
    assert_eq!(browser.eval(&press(4)), "descending");
    let most = numbers(&browser.eval(&column(4)));
    assert!(most.len() > 9 && most.is_sorted_by(|a, b| a >= b), "{most:?}");
    assert_eq!(browser.eval(&press(4)), "ascending");
    assert!(numbers(&browser.eval(&column(4))).is_sorted());
    assert_eq!(browser.eval(&press(1)), "descending");
    assert_eq!(browser.eval(&column(1))[0], "sharing");
    assert_eq!(browser.eval("document.querySelectorAll('#list [aria-sort]').length"), 1);
    let find = "(() => { const f = document.getElementById('find'); f.value = 'EVA'; \
                f.dispatchEvent(new Event('input', { bubbles: true })); \
                return document.getElementById('shown').textContent; })()";
    assert_eq!(browser.eval(find), "1 of 20 shown");
    assert_eq!(browser.eval(&column(0)).to_string(), "[\"eva lu\"]");
    browser.eval("location.hash = '#u5'");
    let open = "new Promise(done => setTimeout(() => \
                done(document.getElementById('u5').closest('details').open), 50))";
    assert_eq!(browser.eval(open), true, "a link opens its story");
    assert_eq!(browser.complaints, Vec::<String>::new());
}

/// No script is needed to read or print it. In print, clear users stand in the table alone.
#[test]
fn a_page_needs_no_script() {
    let Some(mut browser) = Browser::start() else { return skip("chromium") };
    let folder = tempfile::tempdir().unwrap();
    let file = page(folder.path(), &[], &demos());
    browser.call("Emulation.setScriptExecutionDisabled", &serde_json::json!({"value": true}));
    browser.call("Emulation.setEmulatedMedia", &serde_json::json!({"media": "print"}));
    browser.open_without_script(&file, 800);
    browser.call("Emulation.setScriptExecutionDisabled", &serde_json::json!({"value": false}));
    let seen = browser.eval(
        "(() => { const all = [...document.querySelectorAll('.story')]; \
         return all.filter(s => s.checkVisibility({contentVisibilityAuto: true})).length \
         + ' of ' + all.length; })()",
    );
    assert_eq!(seen, "3 of 20");
    let rows = "[...document.querySelectorAll('table.users tbody tr')].filter(r => r.checkVisibility()).length";
    assert_eq!(browser.eval(rows), 20);
    assert_eq!(browser.eval("document.querySelector('.filter').checkVisibility()"), false);
}

/// Ten thousand users and thirty days: under five megabytes, and open in under two seconds.
#[test]
fn a_large_page_stays_small_and_opens_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = String::new();
    for user in 0..10_000_u32 {
        let verdict = ["sharing", "watch", "clear", "clear", "clear"][(user % 5) as usize];
        let (people, addresses) = (1 + user % 5, 3 + user % 40);
        write!(
            rows,
            "{{\"type\":\"summary\",\"ts\":\"2026-11-21T00:00:00Z\",\
             \"user\":\"customer-{user:05}\",\"score\":100,\"risk\":\"high\",\
             \"points\":{{\"addresses\":40,\"simultaneous\":100,\"frequency\":10}},\
             \"connections\":{},\"addresses\":{addresses},\"simultaneous\":2,",
            user * 7
        )
        .unwrap();
        writeln!(
            rows,
            "\"people\":{people}.3,\"verdict\":\"{verdict}\",\
             \"first_seen\":\"2026-10-22T00:00:00Z\",\"last_seen\":\"2026-11-21T00:00:00Z\",\
             \"mean_interval\":57.6,\"ips\":[],\"evidence\":[]}}"
        )
        .unwrap();
    }
    // The worst hundred have thirty days of connections from many places.
    for hour in 0..720_u32 {
        for user in (0..10_000).step_by(100) {
            for n in 0..4 {
                let (day, h, minute) = (1 + hour / 24, hour % 24, n * 9);
                let last = (user / 100 + n * (hour % 9)) % 250;
                let spread = hour % (3 + user / 1000);
                writeln!(
                    rows,
                    "{{\"type\":\"connect\",\"ts\":\"2026-11-{day:02}T{h:02}:{minute:02}:00Z\",\
                     \"user\":\"customer-{user:05}\",\"ip\":\"198.18.{spread}.{last}\",\
                     \"proxy\":\"access\"}}"
                )
                .unwrap();
            }
        }
    }
    let input = folder.path().join("rows.jsonl");
    fs::write(&input, rows).unwrap();
    let file = page(folder.path(), &[], &[input.display().to_string()]);
    let size = fs::metadata(&file).unwrap().len();
    assert!(size < 5_000_000, "{size} bytes");
    let Some(mut browser) = Browser::start() else { return skip("chromium") };
    browser.call("Performance.enable", &serde_json::json!({"timeDomain": "threadTicks"}));
    let quickest = (0..3).map(|_| browser.open(&file, 1200)).min().unwrap();
    let told = browser.call("Performance.getMetrics", &serde_json::json!({}));
    let metrics = told["metrics"].as_array().unwrap();
    let busy = metrics.iter().find(|metric| metric["name"] == "TaskDuration").unwrap();
    let busy = Duration::from_secs_f64(busy["value"].as_f64().unwrap());
    eprintln!("10000 users: {size} bytes, open in {quickest:?}, {busy:?} of a processor");
    // What the machine does beside it is not the page's.
    assert!(busy < Duration::from_secs(2), "{busy:?}");
    let find = "(() => { const f = document.getElementById('find'); f.value = 'r-04242'; \
                f.dispatchEvent(new Event('input', { bubbles: true })); \
                return document.querySelector('#list tbody').textContent; })()";
    let found = browser.eval(find).to_string();
    assert!(found.contains("customer-04242"), "what is folded away is found: {found}");
    assert_eq!(browser.complaints, Vec::<String>::new());
}
