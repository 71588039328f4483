//! `mtp-report`: events, scores and samples for people to look at.

use crate::cli::{Cli, Operands};
use crate::error::{Ending, Error};
use crate::output::{Format, say::Voice};
use crate::tool::EXIT_STATUS;

/// What `mtp-report` was asked for.
#[derive(Debug, Default)]
pub struct Options {}

/// The command line of `mtp-report`.
pub const CLI: Cli<Options> = Cli {
    name: "mtp-report",
    brief: "events, scores and samples for people to look at",
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
