//! `mtp-score`: events to suspicion: who shares an account.

use crate::cli::{Cli, Operands};
use crate::error::{Ending, Error};
use crate::output::{Format, say::Voice};
use crate::tool::EXIT_STATUS;

/// What `mtp-score` was asked for.
#[derive(Debug, Default)]
pub struct Options {}

/// The command line of `mtp-score`.
pub const CLI: Cli<Options> = Cli {
    name: "mtp-score",
    brief: "events to suspicion: who shares an account",
    usage: "[OPTION…] [FILE…]",
    about: "",
    commands: &[],
    operands: Operands::None,
    flags: &[],
    sections: &[EXIT_STATUS],
};

/// Runs the tool.
pub fn run(_options: Options, _format: Format, voice: Voice) -> Result<Ending, Error> {
    voice.say("not yet");
    Ok(Ending::Misused)
}
