//! Options of `mtp-users`.

use std::path::PathBuf;

use time::{Date, Duration};

use crate::cli::Flag;
use crate::cli::value::{bounded, choice, invalid};
use crate::proxy::ProxySelector;
use crate::pyconfig::check::parse_day;
use crate::timestamp::{Timestamp, Zone};
use crate::tool::language;
use crate::userconfig::{ConfigKind, LimitValue, UserLimit};
use crate::view::style::{IconSet, Lang};

/// Options of one run.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
#[derive(Debug, Default)]
pub struct UsersOptions {
    /// The command and its operands.
    pub(super) words: Vec<String>,
    pub(super) config: Option<PathBuf>,
    /// Pins the format of the file.
    pub(super) kind: Option<ConfigKind>,
    pub(super) server: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) tls_domain: Option<String>,
    pub(super) secret_from: Option<PathBuf>,
    pub(super) links: bool,
    pub(super) all_links: bool,
    pub(super) skip_existing: bool,
    pub(super) qr: bool,
    pub(super) qr_svg: Option<PathBuf>,
    pub(super) qr_png: Option<PathBuf>,
    pub(super) limits: LimitArgs,
    pub(super) dry_run: bool,
    pub(super) reload: bool,
    pub(super) proxy: ProxySelector,
    pub(super) marks: Option<IconSet>,
    pub(super) lang: Option<Lang>,
}

/// A change of a limit on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LimitArg {
    /// `none`
    Remove(UserLimit),
    Set(LimitValue),
}

/// Changes of limits; those that are absent stay as they are.
#[derive(Clone, Debug, Default)]
pub(super) struct LimitArgs {
    pub(super) max_conns: Option<LimitArg>,
    pub(super) expires: Option<LimitArg>,
    pub(super) quota: Option<LimitArg>,
}

impl LimitArgs {
    pub(super) fn iter(&self) -> impl Iterator<Item = LimitArg> {
        [self.max_conns, self.expires, self.quota].into_iter().flatten()
    }
}

const EDITING: &[&str] =
    &["add", "remove", "rename", "rotate", "disable", "enable", "limit", "import", "access-log"];
const LINKING: &[&str] = &["add", "rotate", "import", "list", "show", "link"];
/// Commands that look for the running proxy: to reload it, or for what the file computes.
const FINDING: &[&str] = &[
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
    "list",
    "show",
    "link",
];

type F = Flag<UsersOptions>;

pub(super) const FLAGS: &[F] = &[
    F::path("config", "FILE", "The proxy's config file", |o, path| o.config = Some(path))
        .default("config.py"),
    F::value("kind", "KIND", "Proxy that the file belongs to", |o, text| {
        let kinds = ConfigKind::ALL.map(|kind| (kind.name(), kind));
        o.kind = Some(choice("kind", text, &kinds)?);
        Ok(())
    })
    .default("by content")
    .detail("mtprotoproxy, telemt, mtg-multi or teleproxy."),
    F::value("server", "HOST", "Address in links", |o, text| {
        o.server = Some(text.to_owned());
        Ok(())
    })
    .default("that of the file")
    .detail(
        "MY_DOMAIN in config.py, public_host of telemt, public-ipv4 of mtg. Without it no link can \
         be made.",
    )
    .only(LINKING),
    F::value("port", "PORT", "Port in links", |o, text| {
        o.port = Some(bounded("port", text, 1, u16::MAX)?);
        Ok(())
    })
    .default("that of the file")
    .only(LINKING),
    F::value("tls-domain", "DOMAIN", "Domain in tls links", |o, text| {
        o.tls_domain = Some(text.to_owned());
        Ok(())
    })
    .default("that of the file")
    .detail("For mtg-multi, the domain in new secrets.")
    .only(LINKING),
    F::switch("all-links", "Show the links of all modes that are on", |o| o.all_links = true)
        .detail("Text shows the strongest mode only without it. Rows have all links.")
        .only(LINKING),
    F::switch("skip-existing", "Skip users that exist already", |o| o.skip_existing = true)
        .only(&["add"]),
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
    F::path("qr-png", "FILE", "Write the link as a QR code into FILE, mode 0600", |o, path| {
        o.qr_png = Some(path);
    })
    .detail("The same as a bitmap, to send by a messenger.")
    .only(&["link", "show", "add", "rotate"]),
    F::value("max-conns", "N", "Maximum concurrent connections of a user, or none", |o, text| {
        o.limits.max_conns = Some(parse_max_conns(text)?);
        Ok(())
    })
    .detail("A client opens up to eight. none removes the limit.")
    .only(&["add", "limit"]),
    F::value("expires", "DATE", "First day on which a user is refused, or none", |o, text| {
        o.limits.expires = Some(parse_expires(text, today())?);
        Ok(())
    })
    .detail(
        "2026-12-31, 31/12/2026, or +30d from today, in the zone of the proxy. none removes the \
         limit.",
    )
    .only(&["add", "limit"]),
    F::value("quota", "SIZE", "Traffic limit of a user, both directions, or none", |o, text| {
        o.limits.quota = Some(parse_quota(text)?);
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
    F::switch("reload", "Make the proxy read the file again", |o| o.reload = true)
        .detail(
            "Sends SIGUSR2 to --pid, --container, or the process with this config file. Only after \
             the file was checked, and never to a process that the signal would end.",
        )
        .only(EDITING),
    F::value("pid", "PID", "Process of the proxy", |o, text| {
        let pid = text.parse().map_err(|_| invalid("process id", text, "a number"))?;
        o.proxy.pid = Some(pid);
        Ok(())
    })
    .only(FINDING),
    F::value("container", "NAME", "Container of the proxy, or its Compose service", |o, text| {
        o.proxy.container = Some(text.to_owned());
        Ok(())
    })
    .only(FINDING),
    F::switch("no-emoji", "Use words instead of emoji", |o| o.marks = Some(IconSet::Words)),
    F::value("lang", "LANG", "Language of text and hints", |o, text| {
        o.lang = Some(language(text)?);
        Ok(())
    })
    .one_of(Lang::names)
    .default("locale")
    .detail("Errors, the findings of check, and rows are in English."),
];

/// Returns today's date in the time zone of this machine.
pub(super) fn today() -> Date {
    Zone::system().date(Timestamp::now())
}

pub(super) const ZERO_LIMIT: &str =
    "invalid limit '0' (expected 1 or more; use disable to refuse a user)";

/// Parses `5` or `none`.
fn parse_max_conns(text: &str) -> Result<LimitArg, String> {
    if text == "none" {
        return Ok(LimitArg::Remove(UserLimit::MaxConns));
    }
    match text.parse() {
        Ok(0) => Err(ZERO_LIMIT.to_owned()),
        Ok(count) => Ok(LimitArg::Set(LimitValue::MaxConns(count))),
        Err(_) => Err(invalid("limit", text, "a number or none")),
    }
}

/// Parses `2026-12-31`, `31/12/2026`, `+30d` or `none`.
pub(super) fn parse_expires(text: &str, today: Date) -> Result<LimitArg, String> {
    if text == "none" {
        return Ok(LimitArg::Remove(UserLimit::Expires));
    }
    let days = text.strip_prefix('+').and_then(|rest| rest.strip_suffix('d'));
    let day = if let Some(days) = days {
        let days: Option<u32> = days.parse().ok();
        days.and_then(|days| today.checked_add(Duration::days(days.into())))
    } else {
        let iso = time::macros::format_description!("[year]-[month]-[day]");
        Date::parse(text, iso).ok().or_else(|| parse_day(text))
    };
    match day.filter(|day| (1000..=9999).contains(&day.year())) {
        Some(day) => Ok(LimitArg::Set(LimitValue::Expires(day))),
        None => {
            Err(format!("invalid date '{text}' (expected 2026-12-31, 31/12/2026, +30d or none)"))
        }
    }
}

/// Parses `500M`, `1.5G`, `10GiB` or `none`.
fn parse_quota(text: &str) -> Result<LimitArg, String> {
    if text == "none" {
        return Ok(LimitArg::Remove(UserLimit::Quota));
    }
    match parse_size(text) {
        Some(0) => Err(ZERO_LIMIT.to_owned()),
        Some(bytes) => Ok(LimitArg::Set(LimitValue::Quota(bytes))),
        None => Err(invalid("size", text, "500M, 10G, 1.5T, 10GiB or none")),
    }
}

fn parse_size(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = text.get(digits.len()..)?.to_ascii_lowercase();
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let base: u128 = if unit.ends_with("ib") { 1024 } else { 1000 };
    let power = match unit.trim_end_matches("ib").trim_end_matches('b') {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return None,
    };
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) || fraction.len() > 9 {
        return None;
    }
    let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let scaled: u128 = format!("{whole}{fraction}").parse().ok()?;
    u64::try_from(scaled.checked_mul(base.checked_pow(power)?)? / scale).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_sizes() {
        let today = Date::from_calendar_date(2026, time::Month::January, 31).unwrap();
        let day = |text: &str| match parse_expires(text, today) {
            Ok(LimitArg::Set(LimitValue::Expires(day))) => Some(day.to_string()),
            _ => None,
        };
        let last = Some("2026-12-31".to_owned());
        assert_eq!((day("2026-12-31"), day("31/12/2026")), (last.clone(), last));
        assert_eq!(day("+30d").as_deref(), Some("2026-03-02"));
        assert_eq!(day("31/02/2026").or(day("soon")).or(day("+99999999d")).or(day("+-1d")), None);
        assert_eq!(parse_size("1.5G"), Some(1_500_000_000));
        assert_eq!(parse_size("1500mb"), Some(1_500_000_000));
        assert_eq!(parse_size("1.5GiB"), Some(1_610_612_736));
        assert_eq!(parse_size("10 G").or(parse_size("G")).or(parse_size("-1")), None);
        assert!(parse_max_conns("0").is_err() && parse_quota("0").is_err());
    }
}
