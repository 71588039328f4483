//! `mtp-logs`: follows the logs of containers, files and the journal.

mod run;

use std::path::PathBuf;

use crate::cli::value::invalid;
use crate::cli::{Cli, Flag, Operands, Section};
use crate::docker::Selection;
use crate::tool::EXIT_STATUS;

pub use run::run;

/// The command line of `mtp-logs`.
pub const CLI: Cli<LogsOptions> = Cli {
    name: "mtp-logs",
    brief: "follow the logs of a proxy through restarts and rotation",
    usage: "[OPTION…]",
    about: ABOUT,
    commands: &[],
    operands: Operands::None,
    flags: FLAGS,
    removed: &[],
    sections: &[
        Section { title: "LINES", text: lines },
        Section { title: "WHAT MAY BE LOST", text: losses },
        EXIT_STATUS,
    ],
};

const ABOUT: &str = "\
Writes the lines of a proxy's log, and new ones as they come. Unlike docker compose logs -f, it goes \
on when a container is restarted or created anew, when the engine is restarted and when a log is \
rotated; with --state it also goes on where an earlier run ended.

    mtp-logs --compose proxy --state /var/lib/mtp/logs.state | mtp-parse | mtp-score
    mtp-logs --file /var/log/telemt.log | mtp-parse

Containers need the engine's socket: root or the group docker.";

/// The options of mtp-logs.
#[derive(Debug, Default)]
pub struct LogsOptions {
    selections: Vec<Selection>,
    files: Vec<PathBuf>,
    units: Vec<String>,
    state: Option<PathBuf>,
    from_now: bool,
    name: Option<String>,
}

impl LogsOptions {
    fn container(&mut self, text: &str) -> Result<(), String> {
        if text.is_empty() {
            return Err(invalid("container", text, "a name"));
        }
        self.selections.push(Selection::Name(text.to_owned()));
        Ok(())
    }

    fn compose(&mut self, text: &str) -> Result<(), String> {
        let (project, service) = match text.split_once('/') {
            Some((project, service)) => (project, Some(service)),
            None => (text, None),
        };
        if project.is_empty() || service.is_some_and(str::is_empty) {
            return Err(invalid("project", text, "PROJECT or PROJECT/SERVICE"));
        }
        let (project, service) = (project.to_owned(), service.map(str::to_owned));
        self.selections.push(Selection::Compose { project, service });
        Ok(())
    }

    fn host(&mut self, text: &str) -> Result<(), String> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        if text.is_empty() || !text.bytes().all(is_plain) {
            return Err(invalid("name", text, "letters, digits, '-', '.' and '_'"));
        }
        self.name = Some(text.to_owned());
        Ok(())
    }

    fn unit(&mut self, text: &str) -> Result<(), String> {
        if text.is_empty() || text.starts_with('-') {
            return Err(invalid("unit", text, "a name like telemt.service"));
        }
        self.units.push(text.to_owned());
        Ok(())
    }
}

type F = Flag<LogsOptions>;

const FLAGS: &[F] = &[
    F::value("container", "NAME", "Follow a container or Compose service", LogsOptions::container)
        .short('c')
        .detail("May be repeated. By name, by the beginning of an id, or by Compose service."),
    F::value("compose", "PROJECT[/SERVICE]", "Follow a Compose project", LogsOptions::compose)
        .detail("May be repeated. With SERVICE, only its containers."),
    F::path("file", "PATH", "Follow a file", |o: &mut LogsOptions, path| o.files.push(path))
        .short('f')
        .detail("May be repeated. The file need not exist yet."),
    F::value("journal", "UNIT", "Follow a unit's entries in the journal", LogsOptions::unit)
        .short('u')
        .detail("May be repeated. Runs journalctl and writes its entries as JSON."),
    F::value("name", "HOST", "Put HOST and a point before the names of sources", LogsOptions::host)
        .detail(
            "Where the lines of several servers meet, their sources stay apart. A single file gets \
             the name HOST. Entries of the journal have the name of their host already.",
        ),
    F::path("state", "FILE", "Save positions in FILE and resume from it", |o, path| {
        o.state = Some(path);
    })
    .detail("Saved after each batch of lines."),
    F::switch("from-now", "Start with new lines where FILE has no position", |o| {
        o.from_now = true;
    })
    .detail("Without it, a log is written from its start."),
];

fn lines() -> String {
    "A line of a container is written as docker compose logs -t does: NAME  | TIME LINE. Of several \
     files, each line has the name of its file before it; of a single one, lines are unchanged. \
     Entries of the journal are JSON objects as journalctl writes them. mtp-parse reads all of \
     these.\n\n\
     Standard output and error of a container are in the engine's order. A line over 1 MiB is \
     split."
        .to_owned()
}

fn losses() -> String {
    "With --state, lines are written once, as far as the log still has them. Where it does not, a \
     line \"mtp-logs found a gap: …\" is written in their place, which mtp-parse turns into a note. \
     That is so where a log was rotated out while mtp-logs did not run, where a container was \
     removed meanwhile, and where a file was truncated without a copy beside it.\n\n\
     A run that is killed (SIGKILL) between writing lines and saving their position, some \
     microseconds, writes them again in the next run. mtp-score --state ignores repeated events."
        .to_owned()
}
