//! Passes standard input on and feeds the queue of messages.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use super::{
    NotifyOptions, SECRET_VARIABLES, TOKEN_VARIABLE, WEBHOOK_SECRET_VARIABLE, WEBHOOK_VARIABLE,
};
use crate::error::{Error, ExitStatus};
use crate::io::line_buffer::LineBuffer;
use crate::io::output::{Output, OutputFormat};
use crate::io::read_file::read_file;
use crate::io::reporter::Reporter;
use crate::io::source::STDIN;
use crate::io::wait::{Signals, Wakeup};
use crate::notify::{
    Channel, CommandChannel, Composer, DigestTime, HAS_HTTP, Outbox, OutboxCounts, RetryOptions,
    Secret, Telegram, Webhook, check_url,
};
use crate::timestamp::{Timestamp, Zone};
use crate::view::Lang;

/// The largest file with a secret.
const SECRET_MAX: u64 = 4096;
/// How much is read at once.
const READ: usize = 64 * 1024;
/// How often the clock is looked at for the digest: it may be set.
const CLOCK: Duration = Duration::from_mins(1);

/// Runs the tool.
pub fn run(
    options: NotifyOptions,
    _format: OutputFormat,
    reporter: Reporter,
) -> Result<ExitStatus, Error> {
    let channels = channels(&options)?;
    let retry = RetryOptions {
        timeout: options.timeout,
        first_wait: options.retry,
        give_up: options.give_up,
    };
    let zone = options.zone.unwrap_or_else(Zone::system);
    let digest = options.digest_minute.map(|minute| DigestTime { minute, zone: zone.clone() });
    let composer = Composer {
        rules: options.rules,
        lang: options.lang.unwrap_or_else(Lang::of_locale),
        zone,
        title: options.title,
    };
    let signals = Signals::take().map_err(|error| Error::input("signals", error))?;
    // A test neither waits for a queue nor disturbs it.
    let state = options.state.as_deref().filter(|_| !options.is_test);
    let outbox = Outbox::open(state, channels, retry, reporter)?;
    let mut input = InputLines::default();
    let passed = if options.is_test {
        outbox.test(&composer);
        Ok(())
    } else {
        Relay { composer, digest, outbox: &outbox, reporter }.run(&signals, &mut input)
    };
    let counts = outbox.finish(options.linger);
    passed?;
    if counts.waiting > 0 {
        reporter.print(format!("{} messages wait for the next run", counts.waiting));
    }
    if input.is_useless() {
        reporter.print("these are not rows: pipe raw logs through mtp-parse | mtp-score first");
    }
    let is_lost = counts.not_sent > 0 || input.is_useless();
    Ok(if is_lost { ExitStatus::Failure } else { ExitStatus::Success })
}

/// The channels of the options and the environment.
fn channels(options: &NotifyOptions) -> Result<Vec<Channel>, Error> {
    let usage = |what: &str| Err(Error::Usage(what.to_owned()));
    let mut channels = Vec::new();
    let token = secret(options.token_file.as_deref(), TOKEN_VARIABLE)?;
    match (token, &options.chat) {
        (Some(token), Some(chat)) => {
            let is_token = token.0.contains(':')
                && token.0.bytes().all(|b| b.is_ascii_alphanumeric() || b":_-".contains(&b));
            if !is_token {
                return usage("invalid token of the bot (expected 123456:ABC…)");
            }
            let api_url = options.api_url.clone();
            channels.push(Channel::Telegram(Telegram { api_url, token, chat: chat.clone() }));
        }
        (Some(_), None) => return usage("--telegram-token-file requires --chat"),
        (None, Some(_)) => return usage("--chat requires --telegram-token-file"),
        (None, None) => {}
    }
    let url = match &options.webhook {
        Some(url) => Some(Secret(url.clone())),
        None => secret(options.webhook_file.as_deref(), WEBHOOK_VARIABLE)?,
    };
    let key = secret(options.webhook_secret_file.as_deref(), WEBHOOK_SECRET_VARIABLE)?;
    if let Some(url) = url {
        check_url(&url.0).map_err(Error::Usage)?;
        channels.push(Channel::Webhook(Webhook { url, key }));
    } else if options.webhook_secret_file.is_some() {
        return usage("--webhook-secret-file requires --webhook or --webhook-file");
    }
    if !channels.is_empty() && !HAS_HTTP {
        return usage("no HTTP client (this program was built without the feature notify-http)");
    }
    if let Some(program) = &options.exec {
        let (program, hidden) = (program.clone(), SECRET_VARIABLES);
        channels.push(Channel::Exec(CommandChannel { program, hidden }));
    }
    if channels.is_empty() {
        let what =
            "no receiver (expected --telegram-token-file, --webhook, --webhook-file or --exec)";
        return usage(what);
    }
    Ok(channels)
}

/// A secret of a file, else of the environment.
fn secret(path: Option<&Path>, variable: &str) -> Result<Option<Secret>, Error> {
    let Some(path) = path else {
        let value = std::env::var(variable).ok().filter(|value| !value.is_empty());
        return Ok(value.map(Secret));
    };
    let bytes = read_file(path, SECRET_MAX).map_err(|error| Error::input(path.display(), error))?;
    let text = String::from_utf8(bytes).unwrap_or_default().trim().to_owned();
    if text.is_empty() {
        return Err(Error::refused(path.display(), "empty or not UTF-8"));
    }
    Ok(Some(Secret(text)))
}

/// Lines of the input.
#[derive(Clone, Copy, Debug, Default)]
struct InputLines {
    read: u64,
    /// Those that may be rows.
    rows: u64,
}

impl InputLines {
    fn count(&mut self, line: &[u8]) {
        self.read += 1;
        self.rows += u64::from(line.trim_ascii_start().first() == Some(&b'{'));
    }

    fn is_useless(self) -> bool {
        self.read > 0 && self.rows == 0
    }
}

/// From standard input to standard output.
struct Relay<'r> {
    composer: Composer,
    digest: Option<DigestTime>,
    outbox: &'r Outbox,
    reporter: Reporter,
}

/// Reads, and keeps a copy.
struct Tee<'t> {
    from: &'t File,
    copy: &'t mut Vec<u8>,
}

impl Read for Tee<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(into)?;
        self.copy.extend_from_slice(into.get(..count).unwrap_or_default());
        Ok(count)
    }
}

impl Relay<'_> {
    fn run(&self, signals: &Signals, input_lines: &mut InputLines) -> Result<(), Error> {
        let input = io::stdin().as_fd().try_clone_to_owned();
        let input = File::from(input.map_err(|error| Error::input(STDIN, error))?);
        if input.is_terminal() && io::stderr().is_terminal() {
            self.reporter.print("reading standard input (try --help)");
        }
        let mut out = Output::stdout()?;
        let mut lines = LineBuffer::new(READ);
        loop {
            match self.wait(signals, input.as_fd())? {
                Wakeup::Stop => return Ok(()),
                Wakeup::Report => self.report(),
                Wakeup::Tick => {}
                Wakeup::Ready => {
                    let read = lines.read_from(&mut Tee { from: &input, copy: &mut out.buffer });
                    let is_end = match read {
                        Ok(count) => count == 0,
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                        Err(error) => return Err(Error::input(STDIN, error)),
                    };
                    self.ingest(&mut lines, input_lines);
                    out.flush()?;
                    if is_end {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Waits for input, a signal or the time of the digest.
    fn wait(&self, signals: &Signals, input: BorrowedFd<'_>) -> Result<Wakeup, Error> {
        let deadline = self.digest.as_ref().map(|time| {
            let next = self.outbox.digest(&self.composer, time).0 - Timestamp::now().0;
            Instant::now() + Duration::from_millis(u64::try_from(next).unwrap_or(0)).min(CLOCK)
        });
        signals.wait(input, deadline).map_err(|error| Error::input(STDIN, error))
    }

    fn ingest(&self, lines: &mut LineBuffer, input_lines: &mut InputLines) {
        let mut rows = Vec::new();
        while let Some(line) = lines.take_line() {
            input_lines.count(line.text);
            let is_row = !line.is_cut && Outbox::is_relevant(line.text);
            if is_row {
                rows.push(line.text.to_vec());
            }
        }
        if !rows.is_empty() {
            self.outbox.ingest(&self.composer, &rows);
        }
    }

    fn report(&self) {
        let OutboxCounts { alerts, notes, held, repeated, sent, not_sent, waiting, .. } =
            self.outbox.counts();
        self.reporter.print(format!(
            "{alerts} alerts, {notes} notes, {held} held back, {repeated} read before, messages: \
             {sent} sent, {not_sent} not sent, {waiting} waiting"
        ));
    }
}
