//! `mtp-score`: events to suspicion: who shares an account.

use std::process::ExitCode;

use mtp::tool::{self, score};

fn main() -> ExitCode {
    tool::main(&score::CLI, score::run)
}
