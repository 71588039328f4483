//! The flags of `mtp-users`.

use super::Options;
use super::limit::{connections, date, size};
use crate::cli::{Flag, value::invalid};
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

type F = Flag<Options>;

pub(super) const FLAGS: &[F] = &[
    F::path("config", "FILE", "The proxy's config file", |o, path| o.config = Some(path))
        .default("config.py"),
    F::value("server", "HOST", "Address in links", |o, text| {
        o.server = Some(text.to_owned());
        Ok(())
    })
    .default("MY_DOMAIN")
    .detail("If neither is given, links have YOUR_IP, as the proxy prints them.")
    .only(LINKING),
    F::path("secret-from", "FILE", "Read secrets from FILE, one per line", |o, path| {
        o.secret_from = Some(path);
    })
    .detail("In the order of the names. - is standard input.")
    .only(&["add", "rotate"]),
    F::switch("links", "Show secrets and links too", |o| o.links = true).only(&["list"]),
    F::switch("qr", "Show the link as a QR code", |o| o.qr = true)
        .detail("The link of the strongest mode that is on. Writes text, also into a pipe.")
        .only(&["link", "show", "add", "rotate"]),
    F::path("qr-svg", "FILE", "Write the link as a QR code into FILE, mode 0600", |o, path| {
        o.qr_svg = Some(path);
    })
    .only(&["link", "show", "add", "rotate"]),
    F::value("max-conns", "N", "Maximum concurrent connections of a user, or none", |o, text| {
        o.limits.max_conns = Some(connections(text)?);
        Ok(())
    })
    .detail("A client opens up to eight. none removes the limit.")
    .only(&["add", "limit"]),
    F::value("expires", "DATE", "First day on which a user is refused, or none", |o, text| {
        o.limits.expires = Some(date(text)?);
        Ok(())
    })
    .detail(
        "2026-12-31, 31/12/2026, or +30d from today, in the zone of the proxy. none removes the \
         limit.",
    )
    .only(&["add", "limit"]),
    F::value("quota", "SIZE", "Traffic limit of a user, both directions, or none", |o, text| {
        o.limits.quota = Some(size(text)?);
        Ok(())
    })
    .detail(
        "500M, 10G, 1.5T, or 10GiB. The proxy counts from its last start. none removes the limit.",
    )
    .only(&["add", "limit"]),
    F::switch("dry-run", "Print the change as a unified diff; write nothing", |o| {
        o.dry_run = true;
    })
    .detail("The diff contains the secrets of the file.")
    .only(EDITING),
    F::switch("reload", "Make the proxy read the file again", |o| o.reload.after_edit = true)
        .detail(
            "Sends SIGUSR2 to --pid, --container, or the process with this config file. Only after \
             the file was checked, and never to a process that the signal would end.",
        )
        .only(EDITING),
    F::value("pid", "PID", "Process of the proxy", |o, text| {
        let pid = text.parse().map_err(|_| invalid("process id", text, "a number"))?;
        o.reload.pid = Some(pid);
        Ok(())
    })
    .only(RELOADING),
    F::value("container", "NAME", "Container of the proxy, or its Compose service", |o, text| {
        o.reload.container = Some(text.to_owned());
        Ok(())
    })
    .only(RELOADING),
    F::switch("no-emoji", "Use words instead of emoji", |o| o.marks = Some(Marks::Words)),
];
