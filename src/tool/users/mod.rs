//! `mtp-users`: the users of config.py, their links and limits, and the access log.
//!
//! To add a command: a row in [`COMMANDS`], a file that runs it, an arm in [`run`].

mod add;
mod check;
mod desk;
mod flags;
mod import;
mod limit;
mod list;
mod log;
mod process;
mod reload;
mod remove;
mod row;
mod switch;

use std::ffi::OsString;
use std::path::PathBuf;

use crate::cli::{Among, Cli, Command, Operands, Section};
use crate::error::{Error, ExitStatus};
use crate::io::output::OutputFormat;
use crate::io::reporter::Reporter;
use crate::tool::EXIT_STATUS;
use crate::view::look::Marks;

/// What `mtp-users` was asked for.
#[derive(Debug, Default)]
pub struct Options {
    /// The command and its operands.
    words: Vec<String>,
    config: Option<PathBuf>,
    server: Option<String>,
    secret_from: Option<PathBuf>,
    links: bool,
    qr: bool,
    qr_svg: Option<PathBuf>,
    limits: limit::Limits,
    dry_run: bool,
    reload: reload::Wish,
    marks: Option<Marks>,
}

/// The command line of `mtp-users`.
pub const CLI: Cli<Options> = Cli {
    name: "mtp-users",
    brief: "the users of config.py, their links and limits, and the access log",
    usage: "COMMAND [OPTION…] [NAME…]",
    about: ABOUT,
    commands: COMMANDS,
    operands: Operands::Words(Among::Users, |options, word: OsString| {
        let word = word
            .into_string()
            .map_err(|word| format!("'{}': names are UTF-8", word.to_string_lossy()))?;
        options.words.push(word);
        Ok(())
    }),
    flags: flags::FLAGS,
    sections: &[EDITS, LOG, FILES, EXIT_STATUS],
};

const fn command(
    name: &'static str,
    operands: &'static str,
    brief: &'static str,
    among: Among,
) -> Command {
    Command { name, operands, brief, among }
}

const COMMANDS: &[Command] = &[
    command("add", "NAME…", "Add users, each with a new secret", Among::Any),
    command("list", "", "List the users", Among::Any),
    command("show", "NAME…", "Show users with their secrets and links", Among::Users),
    command("remove", "NAME…", "Remove users and all that is set for them", Among::Users),
    command("rename", "OLD NEW", "Give a user another name", Among::Users),
    command("rotate", "NAME…", "Give users new secrets", Among::Users),
    command("disable", "NAME…", "Keep users out until they are enabled", Among::Users),
    command("enable", "NAME…", "Let disabled users in again", Among::Users),
    command("limit", "NAME…", "Set or lift limits of users", Among::Users),
    command("link", "NAME…", "Show the links of users, as pictures with --qr", Among::Users),
    command("import", "FILE", "Add users from rows of export, or from CSV", Among::Files),
    command("export", "", "Write all users with their secrets", Among::Any),
    command("check", "", "Say what the proxy would choke on or change", Among::Any),
    command(
        "access-log",
        "on|off|status|print",
        "Make the proxy log who connects",
        Among::Names(log::words),
    ),
    command("reload", "", "Check the file and make the proxy read it again", Among::Any),
    command("names", "", "Print the names, one a line", Among::Any),
];

const ABOUT: &str = "Edits the config.py of mtprotoproxy as its owner wrote it: only the bytes \
concerned change, comments and layout stay, and what Python computes is refused, not guessed. A \
NAME that is - stands for names on standard input, one a line; all of them are one edit.

  mtp-users add alice bob --reload
  mtp-users link alice --qr
  mtp-users access-log on --reload

Secrets and links are shown by add, rotate, show, link and export, and by list with --links.";

const EDITS: Section = Section {
    title: "EDITS",
    text: || {
        "The file is replaced in place: same inode, owner and mode, so that a container that \
         mounts it sees the edit. At no moment does Python find a file it would not load: the new \
         text is first written behind the old one in a comment, and a write of four bytes makes \
         that count. An edit that was interrupted is finished or undone by the next command that \
         edits. (Where one statement, or the comments in it, has both ''' and \"\"\", from that of \
         the edit on, the change is one write instead, which a reader could catch half \
         done.)\n\nNew users go behind the last \
         one of the dict. A comment beside a user that is removed stays. disable adds a line at \
         the end of the file that takes the user out of USERS, and enable takes that line away. \
         Tables that an edit has to make are marked as such and go with their last entry."
            .to_owned()
    },
};

const LOG: Section = Section {
    title: "ACCESS LOG",
    text: || {
        "Without it no version of the proxy prints which user came from which address. on puts a \
         marked block of Python at the file's end that makes the unmodified proxy print a line \
         for each connection and for its end, in a form that mtp-parse knows; off takes it out, \
         and the file is as it was. The proxy needs no restart to begin, and is reloaded by \
         --reload."
            .to_owned()
    },
};

const FILES: Section = Section {
    title: "FILES",
    text: || {
        "config.py in the working directory, or the FILE of --config. A symlink is followed. The \
         secrets are in it: let nobody read it but the proxy. Files that --qr-svg writes have mode \
         0600."
            .to_owned()
    },
};

/// Runs the tool.
pub fn run(
    options: Options,
    format: OutputFormat,
    reporter: Reporter,
) -> Result<ExitStatus, Error> {
    let Some(command) = options.words.first().cloned() else {
        return Err(Error::Usage("a command is needed (mtp-users -h lists them)".to_owned()));
    };
    let takes_none = COMMANDS.iter().any(|one| one.name == command && one.operands.is_empty());
    if let (true, Some(word)) = (takes_none, options.words.get(1)) {
        return Err(Error::Usage(format!("{command}: takes no NAME, and got '{word}'")));
    }
    let mut desk = desk::Desk::new(options, format, reporter)?;
    match command.as_str() {
        "add" => add::add(&mut desk),
        "rotate" => add::rotate(&mut desk),
        "import" => import::import(&mut desk),
        "remove" => remove::remove(&mut desk),
        "rename" => remove::rename(&mut desk),
        "disable" => switch::disable(&mut desk),
        "enable" => switch::enable(&mut desk),
        "limit" => limit::limit(&mut desk),
        "show" => list::show(&mut desk),
        "link" => list::link(&mut desk),
        "export" => import::export(&mut desk),
        "names" => list::names(&mut desk),
        "check" => check::check(&mut desk),
        "access-log" => log::access_log(&mut desk),
        "reload" => reload::reload(&mut desk),
        _ => list::list(&mut desk),
    }?;
    desk.close()
}
