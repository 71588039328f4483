//! Messages to a command: the row on its standard input, no shell.

use std::io::Write;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::channel::{Attempt, AttemptFailure};
use super::journal::QueuedMessage;
use crate::error::SystemError;

/// How often a running command is looked at.
const POLL: Duration = Duration::from_millis(20);

/// A program without arguments.
#[derive(Clone, Debug)]
pub struct CommandChannel {
    pub program: PathBuf,
    /// Variables of the environment that it does not get.
    pub hidden: &'static [&'static str],
}

impl CommandChannel {
    pub(super) fn deliver(&self, message: &QueuedMessage, timeout: Duration) -> Attempt {
        let failed = |reason: String, may_have_arrived| {
            Attempt::Failed(AttemptFailure { reason, retry_after: None, may_have_arrived })
        };
        let mut child = match self.start(message) {
            Ok(child) => child,
            Err(error) => {
                let reason = format!("{}: {}", self.program.display(), SystemError(&error));
                return failed(reason, false);
            }
        };
        if let Some(mut stdin) = child.stdin.take() {
            let row = if message.row.is_empty() {
                serde_json::to_string(&message.notification).unwrap_or_default()
            } else {
                message.row.clone()
            };
            // A long row does not fit into the pipe, and the command may not read it.
            thread::spawn(move || drop(stdin.write_all(format!("{row}\n").as_bytes())));
        }
        match wait(&mut child, timeout) {
            Some(status) if status.success() => Attempt::Sent,
            Some(status) => failed(format!("{}: {status}", self.program.display()), true),
            None => {
                drop(child.kill());
                drop(child.wait());
                failed(format!("{}: timeout, killed", self.program.display()), true)
            }
        }
    }

    /// What the command prints goes to standard error: standard output has the rows.
    fn start(&self, message: &QueuedMessage) -> std::io::Result<Child> {
        let of = &message.notification;
        let mut command = Command::new(&self.program);
        for name in self.hidden {
            command.env_remove(name);
        }
        let commands: Vec<_> = of.commands.iter().map(|command| &**command).collect();
        command.env("MTP_ID", &*of.id).env("MTP_TEXT", &*of.text);
        command.env("MTP_COMMANDS", commands.join("\n"));
        command.stdin(Stdio::piped()).stdout(std::io::stderr().as_fd().try_clone_to_owned()?);
        command.spawn()
    }
}

/// Waits for the end; `None`: it runs on.
fn wait(child: &mut Child, timeout: Duration) -> Option<ExitStatus> {
    let until = Instant::now() + timeout;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < until => thread::sleep(POLL),
            Ok(None) | Err(_) => return None,
        }
    }
}
