//! `mtp-notify`: sends alerts as messages and passes its input through.

use std::process::ExitCode;

use mtp::tool::{self, notify};

fn main() -> ExitCode {
    tool::main(&notify::CLI, notify::run)
}
