//! Links as the genuine proxy prints them, and edits as the running proxy sees them.

use std::net::Ipv4Addr;
use std::process::{Command, Stdio};

use crate::harness::{run, skip, text};
use crate::proxy::{Client, Mode, Opening, Proxy};

const USERS: &str = "USERS = {\n  'max power': 'a5a5a5a5a5a5a5a5a5a5a5a5a5a5a501',\n  \
                     \"Елена\": \"A5a5a5a5a5a5a5a5a5a5a5a5a5a5a502\",\n}\n";

fn users(proxy: &Proxy, args: &[&str]) -> (bool, String, String) {
    let config = proxy.config.to_str().unwrap();
    let output = run("mtp-users", &[args, &["--config", config]].concat(), b"");
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

/// Each `name: link` that rows give, in the order of the proxy.
fn texts(rows: &str) -> Vec<String> {
    let mut all = Vec::new();
    for row in rows.lines() {
        let row: serde_json::Value = serde_json::from_str(row).unwrap();
        for link in row["links"].as_array().unwrap() {
            let (tg, https) = (link["tg"].as_str().unwrap(), link["https"].as_str().unwrap());
            assert_eq!(https.strip_prefix("https://t.me/"), tg.strip_prefix("tg://"));
            all.push(format!("{}: {tg}", row["user"].as_str().unwrap()));
        }
    }
    all.sort();
    all
}

fn printed(proxy: &Proxy) -> Vec<String> {
    let out = proxy.lines();
    let links = out.iter().filter(|line| line.contains(": tg://"));
    let mut all: Vec<_> = links.map(|line| line.trim_end_matches(" (new)").to_owned()).collect();
    all.sort();
    all
}

#[test]
fn links_are_those_the_proxy_prints() {
    for modes in [
        "TLS_DOMAIN = 'пример.example'\n",
        "SECURE_ONLY = True\nMODES = {'classic': False, 'secure': True, 'tls': True}\n\
         TLS_DOMAIN = 'www.google.com'\n",
        "TLS_ONLY = True\nMODES = {'tls': True}\nTLS_DOMAIN = 'a.b'\n",
    ] {
        let Some(mut proxy) = Proxy::start(&format!("{modes}{USERS}")) else {
            return skip("mtprotoproxy from PyPI");
        };
        let (is_done, rows, said) = users(&proxy, &["list", "--links", "--server", "YOUR_IP"]);
        assert!(is_done, "{said}");
        let want = texts(&rows);
        proxy.wait("all links are printed", |proxy| printed(proxy).len() >= want.len());
        assert_eq!(printed(&proxy), want, "{modes}");
    }
}

#[test]
fn a_running_proxy_sees_edits_and_refuses_the_disabled() {
    let Some(mut proxy) = Proxy::start(USERS) else { return skip("mtprotoproxy from PyPI") };
    let (is_done, rows, said) = users(&proxy, &["add", "alice", "--server", "YOUR_IP", "--reload"]);
    assert!(is_done, "{said}");
    let row: serde_json::Value = serde_json::from_str(rows.lines().next().unwrap()).unwrap();
    let pid = format!("{{\"type\":\"reloaded\",\"pid\":{}}}", proxy.pid());
    assert_eq!(rows.lines().last(), Some(pid.as_str()));
    let want = texts(rows.lines().next().unwrap());
    proxy.wait("the new links are printed", |proxy| {
        let out = proxy.lines().join("\n");
        want.iter().all(|link| out.contains(link.as_str()))
    });
    let secret: [u8; 16] =
        hex::decode(row["secret"].as_str().unwrap()).unwrap().try_into().unwrap();
    let answers = |proxy: &Proxy| {
        let opening = Opening::new(Mode::Secure, secret, 2);
        let client = Client::open(Ipv4Addr::new(127, 0, 0, 9), proxy.address, &opening);
        client.is_ok_and(|mut client| client.ask(3).is_ok())
    };
    assert!(answers(&proxy));
    let pid = proxy.pid().to_string();
    let reloads = |proxy: &Proxy| proxy.errors().join("\n").matches("Config reloaded").count();
    let before = reloads(&proxy);
    assert!(users(&proxy, &["disable", "alice", "--reload", "--pid", &pid]).0);
    proxy.wait("it is reloaded", |proxy| reloads(proxy) > before);
    assert!(!answers(&proxy));
    assert!(users(&proxy, &["enable", "alice", "--reload"]).0);
    proxy.wait("it is reloaded", |proxy| reloads(proxy) > before + 1);
    assert!(answers(&proxy));
}

#[test]
fn nothing_is_signalled_that_the_signal_would_end() {
    let Some(proxy) = Proxy::start(USERS) else { return skip("mtprotoproxy from PyPI") };
    let mut sleeper = Command::new("sleep").arg("60").stdin(Stdio::null()).spawn().unwrap();
    let pid = sleeper.id().to_string();
    let (is_done, _, said) = users(&proxy, &["reload", "--pid", &pid]);
    assert!(!is_done && said.contains("SIGUSR2 would end it"), "{said}");
    assert!(sleeper.try_wait().unwrap().is_none());
    sleeper.kill().unwrap();
    sleeper.wait().unwrap();
    std::fs::write(&proxy.config, "USERS = {'a': 5}\n").unwrap();
    let (is_done, _, said) = users(&proxy, &["reload"]);
    assert!(!is_done && said.contains("config.py:1: the secret of 'a' is not a string"), "{said}");
}
