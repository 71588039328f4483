//! `mtp-notify`: sends alerts as messages and passes its input through.

mod flags;
mod run;

use std::path::PathBuf;
use std::time::Duration;

use crate::cli::{Cli, Operands, Section};
use crate::notify::AlertRules;
use crate::timestamp::Zone;
use crate::tool::EXIT_STATUS;
use crate::view::Lang;

pub use run::run;

/// The command line of `mtp-notify`.
pub const CLI: Cli<NotifyOptions> = Cli {
    name: "mtp-notify",
    brief: "send alerts to Telegram, a webhook or a command",
    usage: "[OPTION…]",
    about: ABOUT,
    commands: &[],
    operands: Operands::None,
    flags: flags::FLAGS,
    removed: &[],
    sections: &[MESSAGES, DELIVERY, WEBHOOK, SECRETS, EXIT_STATUS],
};

const ABOUT: &str = "\
Reads rows from standard input, writes them unchanged to standard output, and sends messages about \
the alerts of mtp-score.

    mtp-logs --compose proxy | mtp-parse | mtp-score --state score.state |
        mtp-notify --telegram-token-file /etc/mtp-tools/token --chat 12345 --state notify.state

It never bans a user: a message lists the commands with which an administrator can act.";

/// The options of mtp-notify.
#[derive(Debug)]
pub struct NotifyOptions {
    token_file: Option<PathBuf>,
    chat: Option<String>,
    api_url: String,
    webhook: Option<String>,
    webhook_file: Option<PathBuf>,
    webhook_secret_file: Option<PathBuf>,
    exec: Option<PathBuf>,
    rules: AlertRules,
    digest_minute: Option<u32>,
    zone: Option<Zone>,
    lang: Option<Lang>,
    title: Option<String>,
    state: Option<PathBuf>,
    timeout: Duration,
    retry: Duration,
    give_up: Duration,
    linger: Duration,
    is_test: bool,
}

impl Default for NotifyOptions {
    fn default() -> Self {
        Self {
            token_file: None,
            chat: None,
            api_url: "https://api.telegram.org".to_owned(),
            webhook: None,
            webhook_file: None,
            webhook_secret_file: None,
            exec: None,
            rules: AlertRules::default(),
            digest_minute: None,
            zone: None,
            lang: None,
            title: None,
            state: None,
            timeout: Duration::from_secs(10),
            retry: Duration::from_secs(1),
            give_up: Duration::from_hours(24),
            linger: Duration::from_secs(10),
            is_test: false,
        }
    }
}

/// The variables of the environment that may hold secrets.
const SECRET_VARIABLES: &[&str] = &[TOKEN_VARIABLE, WEBHOOK_VARIABLE, WEBHOOK_SECRET_VARIABLE];
const TOKEN_VARIABLE: &str = "MTP_TELEGRAM_TOKEN";
const WEBHOOK_VARIABLE: &str = "MTP_WEBHOOK_URL";
const WEBHOOK_SECRET_VARIABLE: &str = "MTP_WEBHOOK_SECRET";

const MESSAGES: Section = Section {
    title: "MESSAGES",
    text: || {
        "A message has the user, the estimate, the reason in words, the time, and the commands that \
         would lock the user out (mtp-users disable --reload NAME) or give a new secret. Names \
         are escaped; where a name has control characters there are no commands.\n\n\
         An alert is sent at once unless a message about the same user was sent within --cooldown. \
         One that is worse (sharing after watch) is sent all the same. clear and unknown are sent \
         only where they withdraw a message. Alerts that are held back are counted in the next \
         message and in the digest. Notes that differ only in numbers are one. An alert that was \
         read before changes nothing.\n\n\
         The digest has the users by verdict, the worst of them by name, and what was counted since \
         the last one. Verdicts come from alerts and from summaries (mtp-score --every 1h). A digest \
         that was missed is sent at the next start, once."
            .to_owned()
    },
};

const DELIVERY: Section = Section {
    title: "DELIVERY",
    text: || {
        "With --state a message is on the disk before its row is passed on. It stays there until the \
         receiver has accepted it: through outages, restarts and SIGKILL. Attempts are repeated after \
         --retry, then after twice as long, up to five minutes, or when the receiver asks for \
         (Retry-After, retry_after), up to six hours.\n\n\
         A message is sent once. Where no answer came, or mtp-notify was killed during an attempt, it \
         is sent again, and standard error has a line that it may arrive twice: the webhook's \
         Idempotency-Key, and MTP_ID of --exec, are the same then. A message that is not sent has \
         such a line too: rejected by the receiver (status 400, 413, 415, 422), given up after \
         --give-up and an attempt, or beyond the 1000 messages or 16 MiB that wait for one channel.\n\n\
         Remembered are 25000 users and kinds of note; beyond that the oldest are forgotten."
            .to_owned()
    },
};

const WEBHOOK: Section = Section {
    title: "WEBHOOK AND COMMAND",
    text: || {
        "A webhook gets a notification row (mtp-stream(5)) by POST, with the header Idempotency-Key. \
         With a key, X-Mtp-Signature is sha256= and the HMAC-SHA256 of the body in hex. Any status \
         2xx is success; redirects are not followed.\n\n\
         A command gets the alert or note as it was read on its standard input; of a digest and a \
         test, the notification row. In its environment are MTP_ID, MTP_TEXT and MTP_COMMANDS. Exit \
         status 0 is success. Its output goes to standard error."
            .to_owned()
    },
};

const SECRETS: Section = Section {
    title: "SECRETS",
    text: || {
        "The token of the bot, the key of the webhook and, where it holds a token, the address of the \
         webhook come from files or from the environment (MTP_TELEGRAM_TOKEN, MTP_WEBHOOK_SECRET, \
         MTP_WEBHOOK_URL), never from an option, and are never printed. --exec does not pass these \
         variables on.\n\n\
         HTTPS_PROXY and NO_PROXY are honoured."
            .to_owned()
    },
};
