//! Runs a filter in this process and returns what it writes.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Seek};

use mtp::cli::Cli;
use mtp::cli::parse::Invocation;
use mtp::io::output::{Output, OutputFormat};
use mtp::timestamp::Timestamp;
use mtp::tool::event_loop::{Filter, LineOrigin};
use rustix::fs::{MemfdFlags, memfd_create};

/// A time of arrival: that of the recorded logs.
pub(crate) const NOW: Timestamp = Timestamp(1_795_448_500_000);

/// The options and format of a command line.
pub(crate) fn options<O: Default>(cli: &Cli<O>, args: &[&str]) -> (O, OutputFormat) {
    match cli.parse(args.iter().map(OsString::from)).expect("a valid command line") {
        Invocation::Run(options, format) => (options, format),
        Invocation::Print(_) | Invocation::Generate(_) => panic!("{args:?} runs nothing"),
    }
}

/// Passes these lines through a filter, to the end, and returns its output.
pub(crate) fn written(filter: &mut dyn Filter, input: &[u8]) -> Vec<u8> {
    let mut file = File::from(memfd_create("output", MemfdFlags::CLOEXEC).expect("memory"));
    let mut out = Output::to(file.try_clone().expect("a descriptor"));
    let lines = input.split(|byte| *byte == b'\n');
    for (line, number) in lines.zip(1..) {
        let at = LineOrigin { input: "fuzz", line: number, is_cut: false, arrival: NOW };
        filter.line(line, at, &mut out).expect("no error");
        out.after_row().expect("written");
    }
    filter.idle(&mut out).expect("no error");
    filter.report(&mut out).expect("no error");
    filter.finish(&mut out).expect("no error");
    out.flush().expect("written");
    let mut bytes = Vec::new();
    file.rewind().expect("a file");
    file.read_to_end(&mut bytes).expect("read");
    bytes
}

/// The rows of an output: each is a JSON object with a type.
pub(crate) fn rows(output: &[u8]) -> Vec<serde_json::Value> {
    let rows = output.split(|byte| *byte == b'\n').filter(|row| !row.is_empty());
    rows.map(|row| {
        let value: serde_json::Value = serde_json::from_slice(row)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(row)));
        assert!(value["type"].is_string(), "{value}");
        value
    })
    .collect()
}
