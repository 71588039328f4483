//! `mtp-users`: users of a proxy's config file, their links and limits, and the access log.
//!
//! To add a command: a row in [`COMMANDS`], a function that runs it, an arm in [`run`].

mod access_log;
mod check;
mod context;
mod edit;
mod endpoint;
mod import;
mod list;
mod messages;
mod options;
mod output;
mod reload;

use std::ffi::OsString;

use self::context::Context;
pub use self::options::UsersOptions;
use crate::cli::value::invalid;
use crate::cli::{Cli, Command, Operands, Section, ValueKind};
use crate::error::{Error, ExitStatus};
use crate::io::output::OutputFormat;
use crate::io::reporter::Reporter;
use crate::tool::EXIT_STATUS;

/// The command line of `mtp-users`.
pub const CLI: Cli<UsersOptions> = Cli {
    name: "mtp-users",
    brief: "the users of a proxy's config file, their links and limits, and the access log",
    usage: "COMMAND [OPTION…] [NAME…]",
    about: ABOUT,
    commands: COMMANDS,
    operands: Operands::Words(NAMES, |options, word: OsString| {
        let word =
            word.into_string().map_err(|word| invalid("name", &word.to_string_lossy(), "UTF-8"))?;
        options.words.push(word);
        Ok(())
    }),
    flags: options::FLAGS,
    removed: &[],
    sections: &[EDITS, TOML, LINKS, LOG, IMPORT, FILES, EXIT_STATUS],
};

/// Completes the names of users.
const NAMES: ValueKind = ValueKind::LinesOf("mtp-users names");

const COMMANDS: &[Command] = &[
    Command::new("add", "NAME…", "Add users, each with a new secret"),
    Command::new("list", "", "List the users").aliases(&["ls"]),
    Command::new("show", "NAME…", "Show users with their secrets and links").values(NAMES),
    Command::new("remove", "NAME…", "Remove users and their settings")
        .aliases(&["delete", "rm"])
        .values(NAMES),
    Command::new("rename", "OLD NEW", "Rename a user").values(NAMES),
    Command::new("rotate", "NAME…", "Give users new secrets").values(NAMES),
    Command::new("disable", "NAME…", "Lock users out until they are enabled").values(NAMES),
    Command::new("enable", "NAME…", "Enable disabled users").values(NAMES),
    Command::new("limit", "NAME…", "Set or remove limits of users").values(NAMES),
    Command::new("link", "NAME…", "Show the links of users").values(NAMES),
    Command::new("import", "FILE", "Add users from rows of export, or from CSV")
        .values(ValueKind::File),
    Command::new("export", "", "Write all users with their secrets"),
    Command::new("check", "", "Report what the proxy would refuse or change"),
    Command::new("access-log", "on|off|status|print", "Make the proxy log its connections")
        .values(ValueKind::OneOf(access_log::operands)),
    Command::new("reload", "", "Check the file and make the proxy read it again"),
    Command::new("names", "", "Print the names, one per line"),
];

const ABOUT: &str = "Edits config.py of mtprotoproxy and the TOML files of telemt, mtg-multi and \
teleproxy. The format is recognised by content. Only the bytes concerned change; comments and layout \
stay. What Python would compute is refused, not guessed. - as NAME reads names from standard input, \
one per line; all of them are one edit.

  mtp-users add alice bob --reload
  mtp-users link alice --qr
  mtp-users access-log on --reload

add, rotate, show, link and export print secrets and links; list does with --links.

mtp-users COMMAND --help shows the options of one command.";

const EDITS: Section = Section {
    title: "EDITS",
    text: || {
        "The file is replaced in place: same inode, owner and mode, so that a container that \
         mounts it sees the edit. At no moment does Python find a file that it would not load: the \
         new text is first written behind the old one in a comment, and a write of four bytes \
         activates it. The next command that edits finishes or undoes an interrupted edit. (Where \
         one statement, or the comments in it, has both ''' and \"\"\", from that of the edit \
         on, the change is one write instead, and a reader could see half of it.)\n\nNew users are \
         appended to the dict. A comment beside a removed user stays. disable adds a line at the \
         end of the file that takes the user out of USERS; enable removes that line. Tables that \
         an edit created are marked and are removed with their last entry."
            .to_owned()
    },
};

const TOML: Section = Section {
    title: "TOML",
    text: || {
        "Users are the entries of [access.users] in telemt's file, of [secrets] in mtg-multi's, and \
         the labels of [[secret]] in teleproxy's. Limits follow a user. The file is replaced by a \
         rename. It is written in place where it is a mount of its own here or in a container, has a \
         second name or an access control list, or where the new file could not have its owner; the \
         next command that edits completes an interrupted edit. telemt watches its file; \
         --reload confirms by its API (server.api) that it was read. --reload sends SIGHUP to \
         teleproxy, and POST /reload to the API of mtg-multi (api-bind-to). disable sets \
         user_enabled in telemt's file; in the others it replaces the secret or the expiration, \
         and keeps the old value in a comment for enable. What a proxy cannot do is refused."
            .to_owned()
    },
};

const LINKS: Section = Section {
    title: "LINKS",
    text: || {
        "A link needs the server address, the port, the mode and the domain of the proxy: from the \
         file, or from --server, --port and --tls-domain. Where config.py computes one of them, it is \
         taken from the proxy that runs with the file, and reported: by the environment of its \
         process or container (os.environ and os.getenv, with int, or, if and comparisons), else by \
         the links that it printed at its start. So is a server address that the file does not set. A \
         part that stays unknown is reported, and its links are left out. An edit works in any case."
            .to_owned()
    },
};

const IMPORT: Section = Section {
    title: "IMPORT",
    text: || {
        "import reads the rows of export, or CSV with the columns name, secret, max_conns, expires, \
         quota and disabled. A header row may name them in another order; cells may be empty. \
         Without a secret a user gets a new one. All users are added, or none."
            .to_owned()
    },
};

const LOG: Section = Section {
    title: "ACCESS LOG",
    text: || {
        "Without it no version of the proxy prints which user came from which address. on adds a \
         marked block of Python to the end of the file. The unmodified proxy then prints one line \
         for each connection and one for its end, which mtp-parse reads. off removes the block; \
         the file is then as it was. No restart is needed: --reload makes the proxy read the file."
            .to_owned()
    },
};

const FILES: Section = Section {
    title: "FILES",
    text: || {
        "config.py in the working directory, or the FILE of --config. A symlink is followed. The \
         file holds the secrets: only the proxy should be able to read it. Files written by \
         --qr-svg and --qr-png have mode 0600."
            .to_owned()
    },
};

/// Runs the tool.
pub fn run(
    options: UsersOptions,
    format: OutputFormat,
    reporter: Reporter,
) -> Result<ExitStatus, Error> {
    let Some(command) = options.words.first().cloned() else {
        return Err(Error::Usage("missing command (see mtp-users -h)".to_owned()));
    };
    let takes_none = COMMANDS.iter().any(|one| one.name == command && one.operands.is_empty());
    if let (true, Some(word)) = (takes_none, options.words.get(1)) {
        return Err(Error::Usage(format!(
            "unexpected argument '{word}' ({command} takes no NAME)"
        )));
    }
    let mut context = Context::new(options, format, reporter)?;
    match command.as_str() {
        "add" => edit::add(&mut context),
        "rotate" => edit::rotate(&mut context),
        "remove" => edit::remove(&mut context),
        "rename" => edit::rename(&mut context),
        "disable" => edit::disable(&mut context),
        "enable" => edit::enable(&mut context),
        "limit" => edit::limit(&mut context),
        "import" => import::import(&mut context),
        "show" => list::show(&mut context),
        "link" => list::link(&mut context),
        "export" => list::export(&mut context),
        "names" => list::names(&mut context),
        "check" => check::check(&mut context),
        "access-log" => access_log::access_log(&mut context),
        "reload" => reload::reload(&mut context),
        _ => list::list(&mut context),
    }?;
    context.finish()
}
