//! The flags of `mtp-notify`.

use std::time::Duration;

use super::NotifyOptions;
use crate::cli::Flag;
use crate::cli::value::{bounded, count, duration_ms, invalid, one_of};
use crate::notify::{AlertKind, check_url};
use crate::timestamp::Zone;
use crate::tool::language;
use crate::view::Lang;

type F = Flag<NotifyOptions>;

fn duration(text: &str, least_ms: i64) -> Result<Duration, String> {
    let ms = duration_ms(text)?.max(least_ms);
    Ok(Duration::from_millis(u64::try_from(ms).unwrap_or(0)))
}

fn kind_names() -> Vec<&'static str> {
    AlertKind::ALL.into_iter().map(AlertKind::name).collect()
}

fn kinds(o: &mut NotifyOptions, text: &str) -> Result<(), String> {
    let read = |name: &str| {
        AlertKind::read(name).ok_or_else(|| invalid("kind", name, one_of(&kind_names())))
    };
    o.rules.kinds = text.split(',').map(read).collect::<Result<_, _>>()?;
    Ok(())
}

fn chat(o: &mut NotifyOptions, text: &str) -> Result<(), String> {
    let number = text.strip_prefix('-').unwrap_or(text);
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = text.strip_prefix('@').is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    });
    if !is_number && !is_name {
        return Err(invalid("chat", text, "a number or @name"));
    }
    o.chat = Some(text.to_owned());
    Ok(())
}

fn time_of_day(o: &mut NotifyOptions, text: &str) -> Result<(), String> {
    let wrong = || invalid("time of day", text, "9, 09:00 or 21:30");
    let (hour, minute) = text.split_once(':').unwrap_or((text, "0"));
    let hour: u32 = bounded("hour", hour, 0, 23).map_err(|_| wrong())?;
    let minute: u32 = bounded("minute", minute, 0, 59).map_err(|_| wrong())?;
    o.digest_minute = Some(hour * 60 + minute);
    Ok(())
}

pub(super) const FLAGS: &[F] = &[
    F::path(
        "telegram-token-file",
        "FILE",
        "Send to Telegram with the bot token in FILE",
        |o, path| {
            o.token_file = Some(path);
        },
    )
    .detail("Or in the variable MTP_TELEGRAM_TOKEN. Requires --chat."),
    F::value("chat", "ID", "Chat that messages are sent to", chat)
        .detail("A number, or the @name of a channel."),
    F::value("api-url", "URL", "Address of the Bot API", |o, text| {
        check_url(text)?;
        text.clone_into(&mut o.api_url);
        Ok(())
    })
    .default("https://api.telegram.org")
    .detail("For a Bot API server of your own."),
    F::value("webhook", "URL", "Send each message to URL as JSON", |o, text| {
        check_url(text)?;
        o.webhook = Some(text.to_owned());
        Ok(())
    })
    .detail("See --webhook-file for a URL that holds a token."),
    F::path("webhook-file", "FILE", "Send each message to the URL in FILE as JSON", |o, path| {
        o.webhook_file = Some(path);
    })
    .detail("Or in the variable MTP_WEBHOOK_URL."),
    F::path(
        "webhook-secret-file",
        "FILE",
        "Sign the webhook's body with the key in FILE",
        |o, path| {
            o.webhook_secret_file = Some(path);
        },
    )
    .detail("Or in the variable MTP_WEBHOOK_SECRET."),
    F::path(
        "exec",
        "COMMAND",
        "Run COMMAND for each message, with the row on its input",
        |o, path| {
            o.exec = Some(path);
        },
    )
    .detail("A program without arguments; no shell is involved."),
    F::value("on", "KINDS", "Kinds of alert that are sent, with commas between them", kinds)
        .one_of(kind_names)
        .default("sharing")
        .detail(
            "sharing, watch, clear and unknown are verdicts; risk is a score that rose to a higher \
             class; note is a line of the log that is worth keeping, such as a gap.",
        ),
    F::value("cooldown", "DURATION", "Least time between two messages about a user", |o, text| {
        o.rules.cooldown_ms = duration_ms(text)?;
        Ok(())
    })
    .default("24h"),
    F::value("strikes", "N", "Alerts of a user until the first message", |o, text| {
        o.rules.strikes = count(text, 1)?;
        Ok(())
    })
    .default("1")
    .detail("An alert counts for a week."),
    F::value("digest", "HH[:MM]", "Send a digest each day at this local time", time_of_day),
    F::value("tz", "ZONE", "Time zone of messages and of --digest", |o, text| {
        o.zone = Some(Zone::read(text)?);
        Ok(())
    })
    .default("the system's"),
    F::value("lang", "LANG", "Language of messages", |o, text| {
        o.lang = Some(language(text)?);
        Ok(())
    })
    .one_of(Lang::names)
    .default("locale"),
    F::value("title", "TEXT", "Name of this server, above each message", |o, text| {
        o.title = Some(text.to_owned());
        Ok(())
    }),
    F::path("state", "FILE", "Keep what waits and what was sent in FILE", |o, path| {
        o.state = Some(path);
    })
    .detail("Without it, messages that wait at the end of the program are reported as not sent."),
    F::switch("test", "Send a test message and exit", |o| o.is_test = true)
        .detail("Standard input is not read. Exit status 1: it was not accepted within --linger."),
    F::value("timeout", "DURATION", "Longest wait for a connection or an answer", |o, text| {
        o.timeout = duration(text, 10)?;
        Ok(())
    })
    .default("10s")
    .advanced(),
    F::value("retry", "DURATION", "First wait after a failed attempt", |o, text| {
        o.retry = duration(text, 10)?;
        Ok(())
    })
    .default("1s")
    .advanced(),
    F::value("give-up", "DURATION", "Age at which a message is given up", |o, text| {
        o.give_up = duration(text, 0)?;
        Ok(())
    })
    .default("24h")
    .advanced(),
    F::value(
        "linger",
        "DURATION",
        "Longest wait for messages at the end of the input",
        |o, text| {
            o.linger = duration(text, 0)?;
            Ok(())
        },
    )
    .default("10s")
    .advanced(),
];
