//! Mutated inputs for every reader, for some seconds each: the same functions that `fuzz/` gives to
//! libFuzzer. Findings are files of `tests/fixtures/fuzz/TARGET`, which are always tried.
//!
//! `MTP_FUZZ_SECONDS` is the time of each target, `MTP_FUZZ_SEED` another sequence of inputs. With
//! `MTP_FUZZ_CORPUS`, the seeds are written to this folder for libFuzzer instead.

mod answers;
mod capture;
mod forged;
mod lines;
mod report;
mod rows;
mod state;
mod toml;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::config_law;
use crate::harness::{SeededRng, root};

/// Seconds of each target, unless `MTP_FUZZ_SECONDS` is set.
const SECONDS: u64 = 3;
/// The largest input.
const BYTES_MAX: usize = 4096;

/// The files below a folder of fixtures.
fn files(folder: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("tests/fixtures").join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                folders.push(path);
            } else if !is_compressed(&path) {
                found.push(fs::read(path).unwrap());
            }
        }
    }
    found
}

fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|end| ["gz", "mmdb", "zst"].iter().any(|of| end == *of))
}

/// Pieces of files, of some lines each.
fn extracts(files: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for file in files {
        let lines: Vec<_> = file.split_inclusive(|byte| *byte == b'\n').collect();
        for some in lines.chunks(12).take(40) {
            let mut extract = some.concat();
            extract.truncate(BYTES_MAX);
            found.push(extract);
        }
    }
    found
}

/// An input made of one or two others.
fn mutated(seeds: &[Vec<u8>], rng: &mut SeededRng) -> Vec<u8> {
    let mut bytes = seeds[rng.below(seeds.len())].clone();
    for _ in 0..=rng.below(6) {
        let at = rng.below(bytes.len() + 1);
        let to = (at + rng.below(40)).min(bytes.len());
        match rng.below(9) {
            0 if at < bytes.len() => bytes[at] = u8::try_from(rng.below(256)).unwrap(),
            1 if at < bytes.len() => bytes[at] ^= 1 << rng.below(8),
            2 => drop(bytes.drain(at..to)),
            3 => drop(bytes.splice(at..at, bytes[at..to].to_vec())),
            4 => {
                let other = &seeds[rng.below(seeds.len())];
                let from = rng.below(other.len() + 1);
                let end = (from + rng.below(200)).min(other.len());
                drop(bytes.splice(at..to, other[from..end].iter().copied()));
            }
            5 => drop(bytes.splice(at..at, rng.pick(PIECES).iter().copied())),
            6 => {
                let number = rng.pick(NUMBERS).to_string();
                drop(bytes.splice(at..to, number.into_bytes()));
            }
            7 => {
                // Digits become others.
                for byte in bytes[at..to].iter_mut().filter(|byte| byte.is_ascii_digit()) {
                    *byte = b'0' + u8::try_from(rng.below(10)).unwrap();
                }
            }
            _ => bytes.insert(at, u8::try_from(rng.below(256)).unwrap()),
        }
    }
    bytes.truncate(BYTES_MAX);
    bytes
}

/// Pieces that mean something to one of the readers.
const PIECES: &[&[u8]] = &[
    b"\n",
    b"\r\n",
    b"\0",
    b" | ",
    b"  | ",
    b"\"",
    b"'",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\x1b[0m",
    b"user=",
    b"\"user\":\"mallory\"",
    b"mtp-access ts=",
    b" ev=connect id=a-1 user=\"mallory\" ",
    b"ip=203.0.113.7 port=1",
    b"2026-11-23T15:40:35Z",
    b"9999-12-31T23:59:59Z",
    b"0000-01-01T00:00:00Z",
    b"-99:99",
    b"::ffff:203.0.113.7",
    b"secret=",
    b"\xff\xfe",
    b"\xe2\x80\xae",
    b"Attaching to px-1, nginx-1",
    b"px-1  | ",
    b"#",
    b"'''",
    b"\xf0\x9f\x98\x80",
    b"<zz onload=1>",
    b"\"type\":\"connect\"",
    b"\"ts\":\"",
    b"[access.users]\n",
    b"[[secret]]\n",
    b"= ",
];
const NUMBERS: &[i128] = &[
    0,
    -1,
    1,
    255,
    65_535,
    65_536,
    2_147_483_648,
    4_294_967_296,
    9_007_199_254_740_993,
    9_223_372_036_854_775_807,
    -9_223_372_036_854_775_808,
    18_446_744_073_709_551_615,
    18_446_744_073_709_551_616,
    253_402_300_800,
];

/// Tries findings, then mutated seeds until the time is over. Returns the number of inputs.
fn run(target: &str, seeds: &[Vec<u8>], check: fn(&[u8])) -> u64 {
    if let Some(folder) = std::env::var_os("MTP_FUZZ_CORPUS") {
        let folder = Path::new(&folder).join(target);
        fs::create_dir_all(&folder).unwrap();
        for (n, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(format!("seed-{n}")), seed).unwrap();
        }
        return 0;
    }
    let setting = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
    for finding in files(&format!("fuzz/{target}")) {
        check(&finding);
    }
    let seconds = setting("MTP_FUZZ_SECONDS").unwrap_or(SECONDS);
    let mut rng = SeededRng::new(setting("MTP_FUZZ_SEED").unwrap_or(1));
    let deadline = Instant::now() + Duration::from_secs(seconds);
    let mut count = 0;
    for seed in seeds.iter().take(200) {
        check(seed);
        count += 1;
    }
    while Instant::now() < deadline {
        let input = mutated(seeds, &mut rng);
        let passed = std::panic::catch_unwind(|| check(&input));
        if let Err(failed) = passed {
            let name = format!("mtp-fuzz-{target}-{count}");
            let path = std::env::temp_dir().join(name);
            fs::write(&path, &input).unwrap();
            eprintln!("{target}: input {count} is in {}", path.display());
            std::panic::resume_unwind(failed);
        }
        count += 1;
    }
    eprintln!("{target}: {count} inputs");
    assert!(count > 20, "{target}: {count} inputs in {seconds} s");
    count
}

/// Each of these with each of some first bytes.
fn with_heads(seeds: &[Vec<u8>], heads: &[&[u8]]) -> Vec<Vec<u8>> {
    let each = seeds.iter().enumerate();
    each.map(|(n, seed)| [heads[n % heads.len()], seed].concat()).collect()
}

#[test]
fn lines() {
    let logs = [files("dialects"), files("frames"), files("reports"), files("redaction")].concat();
    let modes: Vec<Vec<u8>> = (0..8).map(|mode| vec![mode]).collect();
    let modes: Vec<_> = modes.iter().map(Vec::as_slice).collect();
    run("lines", &with_heads(&extracts(&logs), &modes), lines::check);
}

/// Lines of every format, which a hostile source prints as its own.
#[test]
fn forged() {
    let logs = [files("dialects"), files("frames")].concat();
    let mut seeds = Vec::new();
    for extract in extracts(&logs) {
        let text: Vec<_> = extract.split(|byte| *byte == b'\n').take(6).collect();
        let frame = u8::try_from(seeds.len() % forged::FRAMES.len()).unwrap();
        let quote = u8::try_from(seeds.len() / 7 % 4).unwrap();
        seeds.push([&[frame, quote], text.join(&0).as_slice()].concat());
    }
    run("forged", &seeds, forged::check);
}

/// Rows of every kind.
fn row_seeds() -> Vec<Vec<u8>> {
    let rows = [files("dialects"), files("frames"), files("report"), files("score")].concat();
    let is_rows = |file: &Vec<u8>| file.starts_with(b"{\"type\"");
    extracts(&rows.into_iter().filter(is_rows).collect::<Vec<_>>())
}

#[test]
fn rows() {
    let modes: Vec<Vec<u8>> = (0..6).map(|mode| vec![mode]).collect();
    let modes: Vec<_> = modes.iter().map(Vec::as_slice).collect();
    run("rows", &with_heads(&row_seeds(), &modes), rows::check);
}

#[test]
fn state() {
    let seeds: Vec<_> = row_seeds()
        .iter()
        .take(60)
        .map(|rows| state::body(&rows::state_of(rows)).to_vec())
        .filter(|body| body.len() <= BYTES_MAX)
        .collect();
    run("state", &seeds, state::check);
}

#[test]
fn config() {
    let mut seeds = files("config");
    for seed in 1..=100 {
        seeds.push(crate::pyfiles::config(&mut SeededRng::new(seed)).0.into_bytes());
    }
    run("config", &seeds, config_law::check_invariants);
}

#[test]
fn toml() {
    let seeds = [TELEMT, MTG_MULTI, TELEPROXY].map(|text| text.as_bytes().to_vec());
    run("toml", &seeds, toml::check);
}

const TELEMT: &str = "\
[server]
port = 443 # public

[access.users]
alice = \"00112233445566778899aabbccddee01\"
\"bob b\" = \"00112233445566778899aabbccddee02\" # paid

[access.user_max_tcp_conns]
alice = 8

[access.user_expirations]
\"bob b\" = \"2026-12-31T00:00:00Z\"
";
const MTG_MULTI: &str = "\
bind-to = \"0.0.0.0:443\"
[secrets]
alice = \"ee00112233445566778899aabbccddee016578616d706c652e636f6d\"
bob = 'ee00112233445566778899aabbccddee026578616d706c652e636f6d'

[network]
doh-ip = \"1.1.1.1\"
";
const TELEPROXY: &str = "\
port = 443

[[secret]]
key = \"00112233445566778899aabbccddee01\"
label = \"alice\"
limit = 8

[[secret]]
label = \"bob\" # paid
key = \"00112233445566778899aabbccddee02\"
";

#[test]
fn answers() {
    let socket = {
        let mut body = vec![0; 72];
        (body[0], body[1]) = (2, 1);
        body[4..8].copy_from_slice(&[0x01, 0xbb, 0xc3, 0x50]);
        body.extend_from_slice(&[5, 0, 8, 0, 0, 0, 0, 0]);
        let mut message = u32::try_from(16 + body.len()).unwrap().to_ne_bytes().to_vec();
        message.extend([20, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0]);
        [message, body].concat()
    };
    let row =
        b"   0: 0100007F:01BB 0200007F:C350 01 00000000:00000000 00:00000000 00000000 0 0 12 1\n";
    let list =
        b"HTTP/1.0 200 OK\r\n\r\n[{\"Id\":\"d84d50fb1f8b\",\"Names\":[\"/px-1\"],\"Labels\":{},\
                 \"Ports\":[{\"PublicPort\":443,\"Type\":\"tcp\"}],\"State\":\"running\"}]";
    let one = b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n{\"Id\":\"d8\",\"Name\":\"/px-1\",\"State\":{\"Pid\":7},\
                \"Config\":{\"Tty\":false,\"Labels\":null},\"NetworkSettings\":{\"Ports\":{\"443/tcp\":\
                [{\"HostPort\":\"443\"}]},\"Networks\":{\"b\":{\"Gateway\":\"172.17.0.1\"}}},\"Mounts\":\
                [{\"Source\":\"/a\",\"Destination\":\"/b\"}]}";
    let log = b"\x07\x01\0\0\0\0\0\0\x02a\n\x02\0\0\0\0\0\0\x03bc\n\x01\0\0\0\0\0\0\x09cut";
    let seeds = [socket.repeat(3), row.to_vec(), list.to_vec(), one.to_vec(), log.to_vec()];
    run("answers", &seeds, answers::check);
}

#[test]
fn report() {
    run("report", &row_seeds(), report::check);
}
