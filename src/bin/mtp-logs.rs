//! `mtp-logs`: follows the logs of containers, files and the journal.

use std::process::ExitCode;

use mtp::tool::{self, logs};

fn main() -> ExitCode {
    tool::main(&logs::CLI, logs::run)
}
