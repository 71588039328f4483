//! The bare work that `compare.sh` measures beside: what any program has to do with these bytes, with
//! nothing checked, so that a program with checks can only be slower.
//!
//! * `fields`: cuts the lines of an access log at their fields and writes JSON rows.
//! * `words`: cuts any line at its blanks and writes the words as a JSON array.
//! * `rows`: reads JSON rows back into a struct with serde.
//!
//! Each reads standard input.

use std::io::{self, Read, Write};

use memchr::memchr;
use serde::Deserialize;

/// The keys that mtp-score needs.
#[derive(Debug, Deserialize)]
struct Keys<'l> {
    r#type: &'l str,
    ts: Option<&'l str>,
    user: Option<&'l str>,
    ip: Option<&'l str>,
    port: Option<u16>,
}

fn fields(line: &[u8], out: &mut Vec<u8>) {
    let Some((source, text)) = memchr(b'|', line).and_then(|bar| line.split_at_checked(bar)) else {
        return;
    };
    let mut values: [&[u8]; 5] = [b""; 5];
    let names: [&[u8]; 5] = [b"ev=", b"ts=", b"user=", b"ip=", b"port="];
    for word in text.split(|byte| *byte == b' ') {
        for (name, value) in names.iter().zip(&mut values) {
            if let Some(found) = word.strip_prefix(*name) {
                *value = found;
                break;
            }
        }
    }
    let [event, ts, user, ip, port] = values;
    for part in [
        &b"{\"type\":\""[..],
        event,
        b"\",\"ts\":\"",
        ts,
        b"\",\"user\":",
        user,
        b",\"ip\":\"",
        ip,
        b"\",\"port\":",
        port,
        b",\"source\":\"",
        source.trim_ascii_end(),
        b"\"}\n",
    ] {
        out.extend_from_slice(part);
    }
}

fn words(line: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"[\"");
    let mut rest = line;
    while let Some((word, after)) = memchr(b' ', rest).and_then(|end| rest.split_at_checked(end)) {
        out.extend_from_slice(word);
        out.extend_from_slice(b"\",\"");
        rest = after.get(1..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out.extend_from_slice(b"\"]\n");
}

fn rows(line: &[u8]) -> usize {
    let Ok(row) = serde_json::from_slice::<Keys<'_>>(line) else { return 0 };
    let lengths = [row.ts, row.user, row.ip].map(|text| text.map_or(0, str::len));
    row.r#type.len() + lengths.iter().sum::<usize>() + usize::from(row.port.unwrap_or(0))
}

fn main() -> io::Result<()> {
    let mode = std::env::args().nth(1).unwrap_or_default();
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let (mut bytes, mut out, mut sum) = (Vec::new(), Vec::new(), 0);
    let mut block = vec![0; 1 << 20];
    if !["fields", "words", "rows"].contains(&mode.as_str()) {
        return Ok(()); // `cargo bench` runs it among the others
    }
    loop {
        let count = input.read(&mut block)?;
        if count == 0 {
            break;
        }
        bytes.extend_from_slice(block.get(..count).unwrap_or_default());
        let mut start = 0;
        while let Some(rest) = bytes.get(start..)
            && let Some(end) = memchr(b'\n', rest)
        {
            let line = rest.get(..end).unwrap_or_default();
            match mode.as_str() {
                "fields" => fields(line, &mut out),
                "words" => words(line, &mut out),
                _ => sum += rows(line),
            }
            start += end + 1;
        }
        output.write_all(&out)?;
        out.clear();
        bytes.drain(..start);
    }
    writeln!(io::stderr(), "{sum}")
}
