//! `mtp-users`: the users of config.py, their links and limits, and the access log.

use std::process::ExitCode;

use mtp::tool::{self, users};

fn main() -> ExitCode {
    tool::main(&users::CLI, users::run)
}
