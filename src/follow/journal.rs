//! Follows a unit's entries in the journal, through `journalctl`.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde::Deserialize;

use super::{BATCH_BYTES, Cursor, Disconnected, Sender, Updates, gap_line};

/// How long to wait before journalctl is started again.
const RESTART: Duration = Duration::from_secs(1);

/// The prefix of keys in the state.
pub const KEY: &str = "journal:";

/// The field of an entry that is used; the line itself is passed on.
#[derive(Deserialize)]
struct Entry<'l> {
    #[serde(rename = "__CURSOR", borrow)]
    cursor: std::borrow::Cow<'l, str>,
}

/// Follows a unit until the receiver of the updates ends.
pub fn follow(unit: &str, from_now: bool, cursor: Option<String>, updates: &Updates) {
    let mut sender = Sender::new(format!("{KEY}{unit}"), updates);
    let (mut cursor, mut is_first) = (cursor, true);
    while read(unit, from_now && is_first, &mut cursor, &mut sender).is_ok() {
        is_first = false;
        thread::sleep(RESTART);
    }
}

/// Runs journalctl until it ends.
fn read(
    unit: &str,
    from_now: bool,
    cursor: &mut Option<String>,
    sender: &mut Sender,
) -> Result<(), Disconnected> {
    let mut command = Command::new("journalctl");
    // Without --all, a long message is null.
    command.args(["--follow", "--output=json", "--all", "--no-pager", "--unit", unit]);
    match cursor {
        // The entry of the cursor is the first one, unless the journal no longer has it.
        Some(cursor) => command.arg(format!("--cursor={cursor}")).arg("--lines=all"),
        None => command.arg(if from_now { "--lines=0" } else { "--lines=all" }),
    };
    let mut child = match command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn() {
        Ok(child) => child,
        Err(error) => {
            return sender.report(format!("journalctl: {}", crate::error::SystemError(&error)));
        }
    };
    let Some(stdout) = child.stdout.take() else { return Ok(()) };
    let (mut reader, mut line) = (BufReader::with_capacity(BATCH_BYTES, stdout), Vec::new());
    let mut resumed = cursor.clone();
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line).unwrap_or(0);
        // A line that journalctl was stopped in comes again.
        if read == 0 || line.last() != Some(&b'\n') {
            break;
        }
        if let Ok(entry) = serde_json::from_slice::<Entry<'_>>(&line) {
            let resumed = resumed.take();
            if resumed.as_deref() == Some(&*entry.cursor) {
                continue;
            }
            if resumed.is_some() {
                let what = format!("{unit}: the last entry has left the journal");
                let what = format!("{what}; entries after it may be missing");
                sender.lines.extend_from_slice(&gap_line("", &what));
            }
            *cursor = Some(entry.cursor.into_owned());
            sender.lines.extend_from_slice(&line);
        }
        if sender.lines.len() >= BATCH_BYTES || reader.buffer().is_empty() {
            let position = cursor.clone().map(|cursor| Cursor::Journal { cursor });
            if sender.flush(position).is_err() {
                drop(child.kill());
                drop(child.wait());
                return Err(Disconnected);
            }
        }
    }
    let status = child.wait();
    let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
    sender.report(format!("journalctl ended ({status}); it is started again"))
}
