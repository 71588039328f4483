//! `mtp-users`: the users of config.py, their links and limits, and the access log.

use crate::cli::{Cli, Operands};
use crate::error::{Ending, Error};
use crate::output::{Format, say::Voice};
use crate::tool::EXIT_STATUS;

/// What `mtp-users` was asked for.
#[derive(Debug, Default)]
pub struct Options {}

/// The command line of `mtp-users`.
pub const CLI: Cli<Options> = Cli {
    name: "mtp-users",
    brief: "the users of config.py, their links and limits, and the access log",
    usage: "COMMAND [OPTION…] [NAME…]",
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
