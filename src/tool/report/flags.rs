//! The flags of `mtp-report`.

use std::path::PathBuf;
use std::time::Duration;

use super::{HideNames, Options};
use crate::cli::value::{count, duration_ms};
use crate::cli::{Among, Flag, Takes, Value};
use crate::view::look::{Lang, Marks};

const fn text(
    name: &'static str,
    act: fn(&mut Options, &str) -> Result<(), String>,
) -> Takes<Options> {
    Takes::Text(Value { name, among: Among::Any }, act)
}

const fn switch(act: fn(&mut Options)) -> Takes<Options> {
    Takes::Nothing(act)
}

const fn path(name: &'static str, act: fn(&mut Options, PathBuf)) -> Takes<Options> {
    Takes::Path(name, act)
}

/// Where a file that is made anew goes.
fn sink(path: PathBuf) -> PathBuf {
    if path.as_os_str() == "-" { PathBuf::from("/dev/stdout") } else { path }
}

/// All of them.
pub(super) const FLAGS: &[Flag<Options>] = &[
    Flag::new("text", "Write text, beside what else is asked for", switch(|o| o.text = true))
        .detail("Without --html, --prometheus and --watch it is what is written."),
    Flag::new("html", "Make a page", path("FILE", |o, path| o.html = Some(sink(path))))
        .detail("- is standard output."),
    Flag::new(
        "prometheus",
        "Make a file of metrics for node_exporter's textfile collector",
        path("FILE", |o, path| o.prometheus = Some(sink(path))),
    )
    .detail("- is standard output."),
    Flag::new("watch", "Show a screen that keeps itself current", switch(|o| o.watch = true))
        .detail(
            "Standard output must be a terminal; keys are read from it though rows come by a pipe.",
        ),
    Flag::new(
        "every",
        "On a live stream, make files anew at most this often (5s)",
        text("DURATION", |o, text| {
            let ms = u64::try_from(duration_ms(text)?.max(1000)).unwrap_or(1000);
            o.every = Duration::from_millis(ms);
            Ok(())
        }),
    ),
    Flag::new(
        "top",
        "Show only the N worst users: all of the text, the pictures, the labels",
        text("N", |o, text| {
            o.top = Some(count(text, 1)?);
            Ok(())
        }),
    )
    .detail("If it is not said, the text has all users, the page pictures and the metrics of 50."),
    Flag::new(
        "warn",
        "Mark addresses with N connections or more in samples (2)",
        text("N", |o, text| {
            o.warn = count(text, 1)?;
            Ok(())
        }),
    ),
    Flag::new(
        "anonymize",
        "Hide names and addresses behind numbers, the same throughout",
        switch(|o| {
            if o.names == HideNames::No {
                o.names = HideNames::Numbered;
            }
        }),
    )
    .detail(
        "Numbers follow the order in which names come in the rows: the same rows give the same \
         numbers. For names that stay the same from one run to another, use --anonymize-key.",
    ),
    Flag::new(
        "anonymize-key",
        "The same by a secret key: names stay the same in every run",
        path("FILE", |o, path| o.names = HideNames::Keyed(path)),
    )
    .detail("The file holds 16 bytes or more, such as head -c 32 /dev/urandom makes."),
    Flag::new(
        "lang",
        "The language of text and page: en or vi",
        Takes::Text(
            Value { name: "LANG", among: Among::Names(Lang::names) },
            |o: &mut Options, text| {
                let names = Lang::names().join(", ");
                let lang = Lang::read(text).ok_or_else(|| format!("'{text}': one of {names}"))?;
                o.lang = Some(lang);
                Ok(())
            },
        ),
    )
    .detail("If it is not said, the page is in the language of the locale, the text in English."),
    Flag::new(
        "title",
        "The title of the page",
        text("TEXT", |o, text| {
            o.title = Some(text.to_owned());
            Ok(())
        }),
    ),
    Flag::new(
        "no-emoji",
        "Write words where emoji would stand",
        switch(|o| o.marks = Some(Marks::Words)),
    ),
    Flag::new(
        "strict",
        "Lines that are no rows are a failure: status 1",
        switch(|o| o.strict = true),
    ),
];
