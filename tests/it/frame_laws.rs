//! Laws of the framings: what goes into a frame comes out of it, in one piece or in several; no
//! damage stops the reader; and what it holds back has its limits.

use std::sync::LazyLock;

use mtp::frame::{Deframed, Deframer, LINE_MAX, Message, STREAMS_MAX, TOTAL_MAX};
use mtp::timestamp::Timestamp;
use regex::bytes::Regex;
use serde_json::{Value, json};

use crate::frames::{deframer, examples, read_all};
use crate::harness::{SeededRng, run, text};

/// What messages are made of here: all that framings are made of, and worse.
const NASTY: &[&[u8]] = &[
    b"",
    b" ",
    b"  ",
    b"|",
    b" | ",
    b"  | ",
    b": ",
    b"a",
    b"alice",
    b"px_1",
    b"px-1  | x",
    b"{",
    b"}",
    b"\"",
    b"\\",
    b"\\u0020",
    b"\\n",
    b"\x1b",
    b"\x1b[",
    b"\x1b[1;31m",
    b"\x1b[2K",
    b"\x1b[0",
    b"\r",
    b"\t",
    b"\0",
    b"\xff",
    b"\xc3",
    "Елена".as_bytes(),
    "😀".as_bytes(),
    b"#033",
    b"#011",
    b"[812]: ",
    b"[pod/a/b] ",
    b"2026-11-23T15:41:40.324509072Z",
    b"2026-11-23T15:41:40.324509Z",
    b"Nov 23 15:41:40",
    b"stdout F ",
    b"stderr P ",
    b"<30>",
    b"{\"log\":\"x\"}",
    b"exited with code 3",
    b"Attaching to ",
    b"vps1 python3[812]: ",
    b"mtp-access ts=",
    b": 3 connects (3 current), 0.01 MB, 22 msgs",
    b"-- ",
];

fn nasty(random: &mut SeededRng) -> Vec<u8> {
    let parts = random.below(6);
    (0..parts).flat_map(|_| random.pick(NASTY).to_vec()).collect()
}

/// A message as it should come out: no colours, no carriage return at its end.
fn plain(message: &[u8]) -> Vec<u8> {
    static CSI: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?-u)\x1b\[[\x20-\x3f]*[\x40-\x7e]").unwrap());
    let text = CSI.replace_all(message, &b""[..]).into_owned();
    let kept = text.iter().rposition(|byte| *byte != b'\r').map_or(0, |at| at + 1);
    text[..kept].to_vec()
}

/// What a JSON encoder makes of bytes.
fn lossy(message: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(message).into_owned().into_bytes()
}

fn quoted(message: &[u8]) -> String {
    // Docker's encoder also escapes what HTML minds.
    let text = Value::from(String::from_utf8_lossy(message)).to_string();
    text.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e")
}

/// A framing as the tools write it: its name, what it does to bytes, the line.
type Framing = (&'static str, fn(&[u8]) -> Vec<u8>, fn(&[u8]) -> Vec<u8>);

const TIME: &[u8] = b"2026-11-23T15:41:40.324509072Z";

fn before(prefix: &[u8], message: &[u8]) -> Vec<u8> {
    [prefix, message].concat()
}

const FRAMINGS: &[Framing] = &[
    ("compose", <[u8]>::to_vec, |line| before(b"mtprotoproxy-1  | ", line)),
    ("compose", <[u8]>::to_vec, |line| before(b"\x1b[2K\x1b[36mpx-1         | \x1b[0m", line)),
    ("compose", <[u8]>::to_vec, |line| before(b"\x1b[33mmy-mtproto-proxy |\x1b[0m ", line)),
    ("compose-t", <[u8]>::to_vec, |line| [b"\x1b[36mpx_1  |\x1b[0m ", TIME, b" ", line].concat()),
    ("docker-t", <[u8]>::to_vec, |line| [TIME, b" ", line].concat()),
    ("cri", <[u8]>::to_vec, |line| [TIME, b" stderr F ", line].concat()),
    ("kubectl", <[u8]>::to_vec, |line| before(b"[pod/px-6d5f7c9b4-x2x7p/px] ", line)),
    ("kubectl-t", <[u8]>::to_vec, |line| [TIME, b" [pod/px/px] ", line].concat()),
    ("kubectl-t", <[u8]>::to_vec, |line| [b"[pod/px/px] ", TIME, b" ", line].concat()),
    ("short", <[u8]>::to_vec, |line| before(b"Nov  3 18:21:18 vps1 python3[812]: ", line)),
    ("short", <[u8]>::to_vec, |line| before(b"Nov 23 18:21:18.345123 python3[812]: ", line)),
    ("short-iso", <[u8]>::to_vec, |line| before(b"2026-11-23T18:21:18+0300 vps1 px[812]: ", line)),
    ("short-full", <[u8]>::to_vec, |line| before(b"Mon 2026-11-23 18:21:18 MSK vps1 px: ", line)),
    ("short-unix", <[u8]>::to_vec, |line| before(b"1795447278.345123 vps1 px[812]: ", line)),
    ("short-monotonic", <[u8]>::to_vec, |line| before(b"[    1.000000] vps1 px[812]: ", line)),
    ("rfc3164", <[u8]>::to_vec, |line| before(b"<30>Nov 23 15:43:21 d84d50fb1f8b[25290]: ", line)),
    ("rfc5424", <[u8]>::to_vec, |line| {
        before(b"<30>1 2026-11-23T15:43:35.843161Z vm px 25290 - [a b=\"]\"] ", line)
    }),
    ("logread", <[u8]>::to_vec, |line| {
        before(b"Mon Nov 23 18:21:18 2026 daemon.info px[1]: ", line)
    }),
    ("service", <[u8]>::to_vec, |line| before(b"mtp_px.1.mwsnmqyifo5g@node1    | ", line)),
    ("podman-compose", <[u8]>::to_vec, |line| before(b"\x1b[1;32m[px]  |\x1b[0m ", line)),
    ("pm2", <[u8]>::to_vec, |line| before(b"0|px  | ", line)),
    ("pm2-time", <[u8]>::to_vec, |line| before(b"2026-11-23T15:40:35: ", line)),
    ("pm2-json", lossy, |line| {
        let text = Value::from(String::from_utf8_lossy(&[line, b"\n"].concat()));
        format!(r#"{{"message":{text},"type":"out","process_id":0,"app_name":"px"}}"#).into()
    }),
    ("stern-json", lossy, |line| {
        let text = Value::from(String::from_utf8_lossy(line));
        format!(r#"{{"message":{text},"podName":"px-0","containerName":"px"}}"#).into()
    }),
    ("x-ui", <[u8]>::to_vec, |line| before(b"INFO - mtproto: mtg inbound 25 | ", line)),
    ("json-file", lossy, |line| {
        let log = quoted(&[line, b"\n"].concat());
        format!(r#"{{"log":{log},"stream":"stdout","time":"2026-11-23T15:12:15.5Z"}}"#).into()
    }),
    ("journal-json", lossy, |line| {
        let text = Value::from(String::from_utf8_lossy(line));
        format!(r#"{{"_PID":"1","MESSAGE":{text},"__REALTIME_TIMESTAMP":"1795448435162319"}}"#)
            .into()
    }),
    ("journal-json", <[u8]>::to_vec, |line| {
        let text = json!([b"\x1b[m", line].concat());
        format!(r#"{{"_PID":"1","MESSAGE":{text},"__REALTIME_TIMESTAMP":"1795448435162319"}}"#)
            .into()
    }),
];

fn read_line(deframer: &mut Deframer, line: &[u8], mut each: impl FnMut(Deframed<'_>)) {
    let mut emit = |deframed: Deframed<'_>| {
        each(deframed);
        Ok(())
    };
    deframer.read(line, Timestamp(0), &mut emit).unwrap();
}

/// Whether a message stands in a frame of its own, or might: then that is removed too.
fn is_framed(message: &[u8]) -> bool {
    let mut framed = false;
    read_line(&mut deframer(), message, |read| {
        framed |= matches!(read, Deframed::Message(Message { frame, .. }) if frame != "none");
        framed |= read == Deframed::Partial;
    });
    framed
}

#[test]
fn what_goes_into_a_frame_comes_out() {
    let mut random = SeededRng::new(0x5eed_0001);
    let mut readers: Vec<Deframer> = FRAMINGS.iter().map(|_| deframer()).collect();
    for _ in 0..3000 {
        let message = nasty(&mut random);
        // What no reader could know: rsyslog's spelling of an escape, and CRI's of a stream.
        let octal = message.windows(5).any(|at| at == b"#033[");
        let of_cri = plain(&message).starts_with(b"std");
        if is_framed(&plain(&message)) || octal || of_cri {
            continue;
        }
        for ((name, encode, frame), reader) in FRAMINGS.iter().zip(&mut readers) {
            let line = frame(&message);
            let want = plain(&encode(&message));
            let mut got = Vec::new();
            read_line(reader, &line, |read| match read {
                Deframed::Message(message) => got.push((message.frame, message.text.to_vec())),
                other @ (Deframed::Notice | Deframed::Partial) => panic!("{name}: {other:?}"),
            });
            assert_eq!(got, [(*name, want)], "{}", String::from_utf8_lossy(&line));
        }
    }
}

/// The texts of all messages.
fn texts(reader: &mut Deframer, log: &[u8]) -> Vec<Vec<u8>> {
    let mut texts = Vec::new();
    read_all(reader, log, |read| {
        if let Deframed::Message(message) = read {
            texts.push(message.text.to_vec());
        }
    });
    texts
}

#[test]
fn long_lines_are_put_together() {
    let mut random = SeededRng::new(0x5eed_0002);
    for length in [16_384, 16_385, 32_768, 40_000, 100_000] {
        let line: Vec<u8> = (0..length).map(|_| b"abc | : {}\\x"[random.below(12)]).collect();
        let (mut docker, mut json, mut cri) = (b"px-1  | ".to_vec(), Vec::new(), Vec::new());
        let count = line.len().div_ceil(16_384).max(usize::from(length % 16_384 == 0) + 1);
        let mut pieces = line.chunks(16_384);
        for n in 1..=count {
            let piece = pieces.next().unwrap_or_default();
            let is_last = n == count;
            let (tag, end): (&[u8], &[u8]) = if is_last { (b"F", b"\n") } else { (b"P", b"") };
            docker.extend([TIME, b" ", piece].concat());
            let log = quoted(&[piece, end].concat());
            let time = "2026-11-23T15:12:15.5Z";
            json.extend(
                format!("{{\"log\":{log},\"stream\":\"stdout\",\"time\":\"{time}\"}}\n").bytes(),
            );
            let between = br#"{"log":"between\n","stream":"stderr","time":"2026-11-23T15:12:15Z"}"#;
            json.extend([between, &b"\n"[..]].concat());
            cri.extend(
                [TIME, b" stdout ", tag, b" ", piece, b"\n", TIME, b" stderr F between\n"].concat(),
            );
        }
        for log in [docker, json, cri] {
            let mut got = texts(&mut deframer(), &log);
            got.retain(|text| text != b"between");
            assert!(
                got == [line.clone()],
                "{length}: {:?}",
                got.iter().map(Vec::len).collect::<Vec<_>>()
            );
        }
    }
}

#[test]
fn no_damage_stops_the_reader() {
    let mut random = SeededRng::new(0x5eed_0003);
    let examples = examples();
    for (_, name, log) in &examples {
        for _ in 0..60 {
            let mut log = log.clone();
            for _ in 0..=random.below(8) {
                let (at, to) = (random.below(log.len()), random.below(log.len()));
                match random.below(6) {
                    0 => log[at] ^= 1 << random.below(8),
                    1 => log[at] = b"\0\n\r\x1b{}[]\"\\|<"[random.below(12)],
                    2 => log.truncate(at.max(1)),
                    3 => drop(log.drain(at.min(to)..at.max(to))),
                    4 => log.extend_from_within(at.min(to)..at.max(to)),
                    _ => {
                        let (_, _, other) = &examples[random.below(examples.len())];
                        let cut = random.below(other.len());
                        log.splice(at..at, other[cut..].iter().copied().take(300));
                    }
                }
                if log.is_empty() {
                    log.push(b'{');
                }
            }
            let bytes: usize = texts(&mut deframer(), &log).iter().map(Vec::len).sum();
            assert!(bytes <= log.len() * 3, "{name}: text out of nowhere");
        }
    }
}

#[test]
fn what_is_held_back_has_limits() {
    let piece = [TIME, b" stdout P ", &vec![b'x'; 60_000]].concat();
    let mut reader = deframer();
    for _ in 0..100 {
        read_line(&mut reader, &piece, |read| assert_eq!(read, Deframed::Partial));
    }
    let mut held = Vec::new();
    read_all(&mut reader, b"", |read| {
        let Deframed::Message(message) = read else { panic!("{read:?}") };
        held.push(message.text.len());
    });
    held.remove(0); // the empty line
    assert_eq!((held, reader.cut()), (vec![LINE_MAX], 1));

    for (streams, size) in [(STREAMS_MAX * 2, 10), (200, 200_000)] {
        let (mut reader, mut fed, mut given, mut count) = (deframer(), 0, 0, 0);
        for n in 0..streams {
            let (log, attrs) = ("x".repeat(size), format!(r#"{{"tag":"s{n}"}}"#));
            let line =
                format!(r#"{{"log":"{log}","stream":"stdout","attrs":{attrs}}}"#).into_bytes();
            fed += size;
            read_line(&mut reader, &line, |read| {
                if let Deframed::Message(message) = read {
                    given += message.text.len();
                    count += 1;
                }
            });
            assert!(fed - given <= TOTAL_MAX && n + 1 - count <= STREAMS_MAX, "{n}");
        }
        read_all(&mut reader, b"", |read| {
            given += if let Deframed::Message(of) = read { of.text.len() } else { 0 };
        });
        assert_eq!(given, fed, "an unfinished line is given out, not dropped");
    }
}

/// Windows PowerShell writes UTF-16 or a byte order mark; joined files have one inside.
#[test]
fn the_same_rows_in_any_encoding() {
    let log = "mtg-1  | Елена\nmtproto  | mtp-access ts=2026-11-23T15:40:40.158Z ev=connect \
               id=ebf4a3-1 user=\"alice\" ip=203.0.113.7 port=35441 mode=tls dc=2\n";
    let plain = run("mtp-parse", &[], log.as_bytes()).stdout;
    assert!(text(&plain).contains("\"user\":\"alice\""));
    let utf_16 = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
        let text = log.replace('\n', "\r\n");
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(order).collect()
    };
    let marked = format!("\u{feff}{}", log.replace("\nm", "\n\u{feff}m"));
    for encoded in [utf_16(u16::to_le_bytes), utf_16(u16::to_be_bytes), marked.into_bytes()] {
        let rows = run("mtp-parse", &[], &encoded).stdout;
        assert_eq!(text(&rows), text(&plain));
    }
}
