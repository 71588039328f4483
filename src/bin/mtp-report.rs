//! `mtp-report`: events, scores and samples for people to look at.

use std::process::ExitCode;

use mtp::tool::{self, report};

fn main() -> ExitCode {
    tool::main(&report::CLI, report::run)
}
