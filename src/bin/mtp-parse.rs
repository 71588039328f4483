//! `mtp-parse`: raw logs of MTProto proxies to events.

use std::process::ExitCode;

use mtp::tool::{self, parse};

fn main() -> ExitCode {
    tool::main(&parse::CLI, parse::run)
}
