//! `mtp-users`: the users of a proxy's config file, their links and limits, and the access log.

use std::process::ExitCode;

use mtp::tool::{self, users};

fn main() -> ExitCode {
    tool::main(&users::CLI, users::run)
}
