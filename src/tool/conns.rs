//! `mtp-conns`: who is connected to the proxy now.

use crate::cli::{Cli, Operands};
use crate::error::{Ending, Error};
use crate::output::{Format, say::Voice};
use crate::tool::EXIT_STATUS;

/// What `mtp-conns` was asked for.
#[derive(Debug, Default)]
pub struct Options {}

/// The command line of `mtp-conns`.
pub const CLI: Cli<Options> = Cli {
    name: "mtp-conns",
    brief: "who is connected to the proxy now",
    usage: "[OPTION…]",
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
