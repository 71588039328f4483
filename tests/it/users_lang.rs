//! The text of `mtp-users` and `mtp-conns` in each language, and the language of the locale.

use std::fs;
use std::process::Output;

use crate::harness::{Golden, root, text, tool};

const CONFIG: &str = "PORT = 443\nMY_DOMAIN = 'proxy.example'\nTLS_DOMAIN = 'a.example'\nUSERS = {\n    \"tg\": \
                      \"0f112233445566778899aabbccddee00\",\n}\nMODES = {\"tls\": True}\n";
const SECRET: &str = "00112233445566778899aabbccddeeff";

/// Commands whose text has a translation, in the order in which they work.
const COMMANDS: &[&[&str]] = &[
    &["add", "alice", "--secret-from", "secret"],
    &["add", "alice", "--skip-existing"],
    &["limit", "alice", "--max-conns", "8", "--expires", "2020-01-01", "--quota", "1.5G"],
    &["show", "alice"],
    &["list"],
    &["disable", "tg"],
    &["disable", "tg"],
    &["list"],
    &["enable", "tg"],
    &["enable", "tg"],
    &["rotate", "tg", "--secret-from", "secret2"],
    &["rename", "alice", "bob"],
    &["check"],
    &["access-log", "on"],
    &["access-log", "status"],
    &["access-log", "off"],
    &["remove", "bob"],
    &["check"],
    &["remove", "tg"],
];
/// The same of the TOML files.
const OTHERS: &[(&str, &[&str])] = &[
    (
        "[access.users]\nalice = \"@\"\nbob = \"f0112233445566778899aabbccddee00\"\n",
        &["remove", "bob"],
    ),
    ("port = 443\n[[secret]]\nkey = \"@\"\nlabel = \"bob\"\n", &["disable", "bob"]),
    ("port = 443\n[[secret]]\nkey = \"@\"\nlabel = \"bob\"\n", &["remove", "bob"]),
    ("bind-to = \"0.0.0.0:443\"\n[secrets]\nbob = \"ee@612e62\"\n", &["rotate", "bob"]),
    ("import os\nPORT = os.x\nMODES = f()\nUSERS = {'a': '@'}\n", &["show", "a"]),
];

fn users(folder: &std::path::Path, args: &[&str], lang: &str) -> Output {
    tool("mtp-users")
        .args(args)
        .args(["--format", "text", "--lang", lang])
        .current_dir(folder)
        .env("DOCKER_HOST", "unix:///none")
        .output()
        .unwrap()
}

/// What a command prints, with a made secret hidden.
fn transcript(args: &[&str], output: &Output) -> String {
    let out = text(&output.stdout).replace(SECRET, "SECRET");
    let made = |word: &str| word.len() > 36 && word.chars().all(|c| c.is_ascii_hexdigit());
    let hide = |line: &str| {
        line.split(' ')
            .map(|word| if made(word) { "SECRET" } else { word })
            .collect::<Vec<_>>()
            .join(" ")
    };
    let out: String = out.lines().map(|line| hide(line) + "\n").collect();
    format!("$ mtp-users {}\n{out}{}", args.join(" "), text(&output.stderr))
}

#[test]
fn text_is_as_recorded() {
    let mut golden = Golden::default();
    for lang in ["en", "vi", "ru"] {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("config.py"), CONFIG).unwrap();
        fs::write(at("secret"), SECRET).unwrap();
        fs::write(at("secret2"), "ffeeddccbbaa99887766554433221100").unwrap();
        let mut all = String::new();
        for args in COMMANDS {
            let output = users(folder.path(), args, lang);
            assert!(output.status.success(), "{args:?} {}", text(&output.stderr));
            all.push_str(&transcript(args, &output));
        }
        for (content, args) in OTHERS {
            let name = if content.starts_with("import") { "computed.py" } else { "config.toml" };
            fs::write(at(name), content.replace('@', SECRET)).unwrap();
            let args = [*args, &["--config", name]].concat();
            let output = users(folder.path(), &args, lang);
            all.push_str(&transcript(&args, &output));
        }
        let file = root().join(format!("tests/fixtures/text/users-{lang}.txt"));
        golden.compare(&file, all.as_bytes());
    }
    golden.finish();
}

#[test]
fn the_language_is_that_of_the_locale() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config.py"), CONFIG).unwrap();
    let listed = |locale: &str, more: &[&str]| {
        let mut command = tool("mtp-users");
        command.args(["list", "--format", "text"]).args(more).env("LC_ALL", locale);
        text(&command.current_dir(folder.path()).output().unwrap().stdout)
    };
    assert!(listed("vi_VN.UTF-8", &[]).contains("Người dùng trong config.py: 1"));
    assert!(listed("ru_RU.UTF-8", &[]).contains("Пользователи в config.py: 1"));
    assert!(listed("fr_FR.UTF-8", &[]).contains("Users in config.py: 1"));
    assert!(listed("ru_RU.UTF-8", &["--lang", "en"]).contains("Users in config.py: 1"));

    let sample = |locale: &str, more: &[&str]| {
        let mut command = tool("mtp-conns");
        command.args(["--port", "1", "--format", "text"]).args(more).env("LC_ALL", locale);
        text(&command.output().unwrap().stdout)
    };
    assert!(
        sample("vi_VN.UTF-8", &[]).contains("Không có kết nối."),
        "{}",
        sample("vi_VN.UTF-8", &[])
    );
    assert!(sample("vi_VN.UTF-8", &["--lang", "ru"]).contains("Подключений нет."));
    assert!(sample("C", &[]).contains("No connections."));
}
