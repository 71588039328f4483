//! The flags of `mtp-users`.

use std::path::PathBuf;

use super::Options;
use super::limit::{connections, date, size};
use crate::cli::{Among, Flag, Takes, Value};
use crate::view::look::Marks;

const EDITING: &[&str] =
    &["add", "remove", "rename", "rotate", "disable", "enable", "limit", "import", "access-log"];
const RELOADING: &[&str] = &[
    "add",
    "remove",
    "rename",
    "rotate",
    "disable",
    "enable",
    "limit",
    "import",
    "access-log",
    "reload",
];
const LINKING: &[&str] = &["add", "rotate", "import", "list", "show", "link", "export"];

const fn path(name: &'static str, act: fn(&mut Options, PathBuf)) -> Takes<Options> {
    Takes::Path(name, act)
}

const fn switch(act: fn(&mut Options)) -> Takes<Options> {
    Takes::Nothing(act)
}

const fn text(
    name: &'static str,
    act: fn(&mut Options, &str) -> Result<(), String>,
) -> Takes<Options> {
    Takes::Text(Value { name, among: Among::Any }, act)
}

/// All of them.
pub(super) const FLAGS: &[Flag<Options>] = &[
    Flag::new(
        "config",
        "The proxy's config file (config.py)",
        path("FILE", |o, path| o.config = Some(path)),
    ),
    Flag::new(
        "server",
        "The address that links name, in place of MY_DOMAIN",
        text("HOST", |o, text| {
            o.server = Some(text.to_owned());
            Ok(())
        }),
    )
    .detail("Where neither says it, links have YOUR_IP, as the proxy prints them.")
    .only(LINKING),
    Flag::new(
        "secret-from",
        "Take secrets from FILE, one a line in the order of names; - is stdin",
        path("FILE", |o, path| o.secret_from = Some(path)),
    )
    .only(&["add", "rotate"]),
    Flag::new("links", "Show secrets and links too", switch(|o| o.links = true)).only(&["list"]),
    Flag::new("qr", "Show the link as a QR code", switch(|o| o.qr = true))
        .detail("Of the link of the strongest mode that is on. Writes text, also into a pipe.")
        .only(&["link", "show", "add", "rotate"]),
    Flag::new(
        "qr-svg",
        "Write the link as a QR code into FILE, mode 0600",
        path("FILE", |o, path| o.qr_svg = Some(path)),
    )
    .only(&["link", "show", "add", "rotate"]),
    Flag::new(
        "max-conns",
        "How many connections a user may have at once; none lifts it",
        text("N", |o, text| {
            o.limits.max_conns = Some(connections(text)?);
            Ok(())
        }),
    )
    .detail("A client opens up to eight.")
    .only(&["add", "limit"]),
    Flag::new(
        "expires",
        "The day from whose first minute a user is refused; none lifts it",
        text("DATE", |o, text| {
            o.limits.expires = Some(date(text)?);
            Ok(())
        }),
    )
    .detail("2026-12-31, 31/12/2026, or +30d from today; by the clock and zone of the proxy.")
    .only(&["add", "limit"]),
    Flag::new(
        "quota",
        "How many bytes a user may move, both ways; none lifts it",
        text("SIZE", |o, text| {
            o.limits.quota = Some(size(text)?);
            Ok(())
        }),
    )
    .detail("500M, 10G, 1.5T, or 10GiB. The proxy counts from its start, and forgets then.")
    .only(&["add", "limit"]),
    Flag::new(
        "dry-run",
        "Show what would change, and change nothing",
        switch(|o| {
            o.dry_run = true;
        }),
    )
    .detail("As a unified diff; the secrets in it are those of the file.")
    .only(EDITING),
    Flag::new(
        "reload",
        "Make the proxy read the file again",
        switch(|o| o.reload.after_edit = true),
    )
    .detail(
        "SIGUSR2 to --pid, --container, or the process whose config file this is: only after \
             a check, and never to a process that the signal would end.",
    )
    .only(EDITING),
    Flag::new(
        "pid",
        "The proxy's process",
        text("PID", |o, text| {
            o.reload.pid = Some(text.parse().map_err(|_| format!("'{text}' is no process id"))?);
            Ok(())
        }),
    )
    .only(RELOADING),
    Flag::new(
        "container",
        "The proxy's container, or its service in Compose",
        text("NAME", |o, text| {
            o.reload.container = Some(text.to_owned());
            Ok(())
        }),
    )
    .only(RELOADING),
    Flag::new(
        "no-emoji",
        "Write words where emoji would stand",
        switch(|o| {
            o.marks = Some(Marks::Words);
        }),
    ),
];
