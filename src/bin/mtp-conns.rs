//! `mtp-conns`: who is connected to the proxy now.

use std::process::ExitCode;

use mtp::tool::{self, conns};

fn main() -> ExitCode {
    tool::main(&conns::CLI, conns::run)
}
