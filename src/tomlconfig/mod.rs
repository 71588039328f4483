//! TOML config files of telemt, mtg-multi and teleproxy: their users, read with the positions of
//! keys and values, and edited at the bytes concerned.
//!
//! * telemt 3.4: `[access.users]` maps names to secrets; `[access.user_max_tcp_conns]` and others
//!   map names to limits.
//! * mtg-multi: `[secrets]` maps names to `ee…` secrets; one fork has `[secret-limits.NAME]`.
//! * teleproxy 4.10: each `[[secret]]` has a `key`, a `label` and limits.

mod apply;
mod check;
mod edit;
mod insert;
mod layout;
mod limits;
mod settings;
mod user;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use toml_edit::{Document, Item, Table, TableLike, Value};

pub use self::edit::{EditedToml, TomlEdit};
pub use self::user::TomlUser;
use crate::diagnostic::Diagnostic;
use crate::links::{Endpoint, LinkMode};
use crate::pyconfig::SourceLines;

/// A proxy with a TOML config file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TomlKind {
    Telemt,
    MtgMulti,
    Teleproxy,
}

impl TomlKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Telemt => "telemt",
            Self::MtgMulti => "mtg-multi",
            Self::Teleproxy => "teleproxy",
        }
    }
}

/// A management API that a config file sets up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiSettings {
    /// `0.0.0.0:9091`
    pub listen: String,
    /// Value of the header `Authorization`.
    pub authorization: Option<String>,
}

/// Largest file that is read.
const SIZE_MAX: usize = 16 * 1024 * 1024;
/// Domain of a telemt whose config file sets none.
const TELEMT_DOMAIN: &str = "petrovich.ru";
/// Seconds of a teleproxy whose config file sets none.
const DRAIN_SECONDS: i64 = 300;
/// API of a telemt whose config file sets none.
const TELEMT_API: &str = "0.0.0.0:9091";
/// Port of a telemt whose config file sets none.
const TELEMT_PORT: i64 = 443;

/// A parsed TOML config file.
#[derive(Debug)]
pub struct TomlConfig<'t> {
    pub text: &'t str,
    pub kind: TomlKind,
    pub lines: SourceLines<'t>,
    document: Document<String>,
    /// In the order of the file.
    pub users: Vec<TomlUser>,
    by_name: HashMap<String, usize>,
    /// The file includes others, which are not read.
    pub has_includes: bool,
}

/// Tests for a line that is a table header, which a Python config file does not have.
pub fn has_table_header(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim();
        let line = line.split_once(']').map_or("", |(head, rest)| {
            let rest = rest.trim_start_matches(']').trim_start();
            if rest.is_empty() || rest.starts_with('#') { head } else { "" }
        });
        let name = line.trim_start_matches('[').trim();
        let is_key = |letter: char| letter.is_alphanumeric() || "_-.\"' ".contains(letter);
        line.starts_with('[') && !name.is_empty() && name.chars().all(is_key)
    })
}

impl<'t> TomlConfig<'t> {
    /// Parses a file of a known kind.
    pub fn read(bytes: &'t [u8], kind: TomlKind) -> Result<Self, Diagnostic> {
        let (text, document, has_includes) = parse(bytes)?;
        Ok(Self::new(text, document, kind, has_includes))
    }

    /// Parses a file and recognises its kind by its tables and keys.
    pub fn recognise(bytes: &'t [u8]) -> Result<Self, Diagnostic> {
        let (text, document, has_includes) = parse(bytes)?;
        let Some(kind) = kind_of(document.as_table()) else {
            let message = "not a config file of a known proxy (expected [access.users] of telemt, \
                           [secrets] of mtg-multi or [[secret]] of teleproxy)";
            return Err(Diagnostic::fatal(1, message));
        };
        Ok(Self::new(text, document, kind, has_includes))
    }

    /// Refuses a file that is another proxy's: it has tables of that one, and none of this one.
    pub fn refuse_other_kind(&self) -> Result<(), Diagnostic> {
        let root = self.document.as_table();
        match kind_of(root).filter(|_| !shows(root, self.kind)) {
            Some(other) => {
                let (other, own) = (other.name(), self.kind.name());
                let message = format!("a config file of {other}, not of {own} (by its tables)");
                Err(Diagnostic::fatal(1, message))
            }
            None => Ok(()),
        }
    }

    fn new(text: &'t str, document: Document<String>, kind: TomlKind, has_includes: bool) -> Self {
        let lines = SourceLines::new(text);
        let mut config = Self {
            text,
            kind,
            lines,
            document,
            users: Vec::new(),
            by_name: HashMap::new(),
            has_includes,
        };
        config.users = user::read_users(&config);
        for (n, user) in config.users.iter().enumerate() {
            config.by_name.entry(user.name.clone()).or_insert(n);
        }
        config
    }

    pub fn user(&self, name: &str) -> Option<&TomlUser> {
        self.users.get(*self.by_name.get(name)?)
    }

    /// Returns a table by its path, in whatever form it is written.
    fn table(&self, path: &[&str]) -> Option<&dyn TableLike> {
        let root: &dyn TableLike = self.document.as_table();
        path.iter().try_fold(root, |table, key| table.get(key)?.as_table_like())
    }

    fn value(&self, path: &[&str]) -> Option<&Value> {
        let (key, tables) = path.split_last()?;
        self.table(tables)?.get(key)?.as_value()
    }

    /// The tables of `[[secret]]`.
    fn secret_tables(&self) -> impl Iterator<Item = &Table> {
        let array = self.document.get("secret").and_then(Item::as_array_of_tables);
        array.into_iter().flat_map(|array| array.iter())
    }

    /// The line of a setting, from 1.
    fn line_of(&self, path: &[&str]) -> usize {
        let span = self.value(path).and_then(Value::span);
        span.map_or(1, |span| self.lines.line(span.start))
    }

    /// Returns what links need besides the secret.
    pub fn endpoint(&self) -> Endpoint {
        let text = |path: &[&str]| self.value(path).and_then(Value::as_str).map(str::to_owned);
        let port = self.port().map(|(port, _)| port.to_string());
        match self.kind {
            TomlKind::Telemt => {
                let public = self.value(&["general", "links", "public_port"]);
                let public = public.and_then(Value::as_integer).map(|port| port.to_string());
                let is_on = |mode: LinkMode| {
                    let path = ["general", "modes", mode.name()];
                    let default = mode == LinkMode::Tls;
                    self.value(&path).and_then(Value::as_bool).unwrap_or(default)
                };
                let domain = text(&["censorship", "tls_domain"]);
                Endpoint {
                    server: text(&["general", "links", "public_host"]),
                    port: public.or(port),
                    modes: LinkMode::ALL.into_iter().filter(|mode| is_on(*mode)).collect(),
                    domain: Some(domain.unwrap_or_else(|| TELEMT_DOMAIN.to_owned())),
                    ..Endpoint::default()
                }
            }
            TomlKind::MtgMulti => Endpoint {
                server: text(&["public-ipv4"]).or_else(|| text(&["public-ipv6"])),
                port,
                modes: vec![LinkMode::Tls],
                has_full_secrets: true,
                ..Endpoint::default()
            },
            TomlKind::Teleproxy => {
                let domain = self.value(&["domain"]).and_then(|domain| {
                    let first = domain.as_array().and_then(|all| all.get(0)).unwrap_or(domain);
                    first.as_str().map(str::to_owned)
                });
                let padded = self.value(&["random_padding_only"]).and_then(Value::as_bool);
                let modes = match (&domain, padded) {
                    (Some(_), _) => vec![LinkMode::Tls],
                    (None, Some(true)) => vec![LinkMode::Secure],
                    (None, _) => vec![LinkMode::Classic, LinkMode::Secure],
                };
                Endpoint { port, modes, domain, ..Endpoint::default() }
            }
        }
    }

    /// Returns the port that the proxy listens on, with its line.
    pub fn port(&self) -> Option<(u16, usize)> {
        let (path, port) = match self.kind {
            TomlKind::Telemt => {
                let path: &[&str] = &["server", "port"];
                let port = self.value(path).map_or(Some(TELEMT_PORT), Value::as_integer)?;
                (path, port)
            }
            TomlKind::Teleproxy => {
                let path: &[&str] = &["port"];
                (path, self.value(path)?.as_integer()?)
            }
            TomlKind::MtgMulti => {
                let path: &[&str] = &["bind-to"];
                let bind = self.value(path)?;
                let first = bind.as_array().and_then(|all| all.get(0)).unwrap_or(bind);
                (path, first.as_str()?.rsplit_once(':')?.1.parse().ok()?)
            }
        };
        u16::try_from(port).ok().filter(|port| *port > 0).map(|port| (port, self.line_of(path)))
    }

    /// Returns the management API that the file sets up.
    pub fn api(&self) -> Option<ApiSettings> {
        let text = |path: &[&str]| self.value(path).and_then(Value::as_str).map(str::to_owned);
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        match self.kind {
            TomlKind::Telemt => {
                let tables = ["api", "admin_api"];
                let table = tables.into_iter().find(|one| self.table(&["server", one]).is_some());
                let table = table.unwrap_or("api");
                let enabled = self.value(&["server", table, "enabled"]).and_then(Value::as_bool);
                let listen = text(&["server", table, "listen"]);
                enabled.unwrap_or(true).then(|| ApiSettings {
                    listen: listen.unwrap_or_else(|| TELEMT_API.to_owned()),
                    authorization: filled(text(&["server", table, "auth_header"])),
                })
            }
            TomlKind::MtgMulti => filled(text(&["api-bind-to"])).map(|listen| ApiSettings {
                listen,
                authorization: filled(text(&["api-token"])).map(|token| format!("Bearer {token}")),
            }),
            TomlKind::Teleproxy => None,
        }
    }

    /// Returns the seconds after which teleproxy closes the connections of removed secrets.
    pub fn drain_seconds(&self) -> i64 {
        let set = self.value(&["drain_timeout_secs"]).and_then(Value::as_integer);
        set.unwrap_or(DRAIN_SECONDS)
    }

    /// All values by their path, for the comparison after an edit; `[[secret]]` tables apart.
    fn values(&self) -> TomlValues {
        let mut values = TomlValues::default();
        for (key, item) in self.document.iter() {
            if self.kind == TomlKind::Teleproxy && key == "secret" && item.is_array_of_tables() {
                continue;
            }
            flatten(&mut vec![key.to_owned()], item, &mut values.settings);
        }
        for table in self.secret_tables() {
            let mut block = BTreeMap::new();
            for (key, item) in table {
                flatten(&mut vec![key.to_owned()], item, &mut block);
            }
            values.blocks.push(block);
        }
        values
    }
}

/// Values by path.
type FlatTable = BTreeMap<Vec<String>, String>;

/// The values of a file without their layout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct TomlValues {
    settings: FlatTable,
    blocks: Vec<FlatTable>,
}

fn flatten(path: &mut Vec<String>, item: &Item, into: &mut FlatTable) {
    if let Some(value) = item.as_value().filter(|value| !value.is_inline_table()) {
        into.insert(path.clone(), canonical(value));
    } else if let Some(table) = item.as_table_like() {
        for (key, item) in table.iter() {
            path.push(key.to_owned());
            flatten(path, item, into);
            path.pop();
        }
    } else if let Some(array) = item.as_array_of_tables() {
        for (n, table) in array.iter().enumerate() {
            for (key, item) in table {
                path.extend([format!("#{n}"), key.to_owned()]);
                flatten(path, item, into);
                path.truncate(path.len().saturating_sub(2));
            }
        }
    }
}

/// A value in one spelling, with its type.
fn canonical(value: &Value) -> String {
    match value {
        Value::String(text) => format!("s{}", text.value()),
        Value::Integer(number) => format!("i{}", number.value()),
        Value::Float(number) => format!("f{}", number.value()),
        Value::Boolean(is_true) => format!("b{}", is_true.value()),
        Value::Datetime(time) => format!("d{}", time.value()),
        Value::Array(array) => {
            let items: Vec<_> = array.iter().map(canonical).collect();
            format!("a{}", items.join("\u{1}"))
        }
        Value::InlineTable(table) => {
            let items: Vec<_> =
                table.iter().map(|(key, value)| format!("{key}={}", canonical(value))).collect();
            format!("t{}", items.join("\u{1}"))
        }
    }
}

fn parse(bytes: &[u8]) -> Result<(&str, Document<String>, bool), Diagnostic> {
    if bytes.len() > SIZE_MAX {
        return Err(Diagnostic::fatal(1, format!("file is larger than {} MiB", SIZE_MAX >> 20)));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        Diagnostic::fatal(line, "invalid UTF-8")
    })?;
    let (readable, has_includes) = without_includes(text);
    let document = Document::parse(readable).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let message = error.message().lines().next().unwrap_or_default().to_owned();
        Diagnostic::fatal(SourceLines::new(text).line(at), format!("invalid TOML: {message}"))
    })?;
    Ok((text, document, has_includes))
}

/// Makes comments of telemt's `include = "…"` lines, which may be repeated; same length.
fn without_includes(text: &str) -> (String, bool) {
    let mut out = String::with_capacity(text.len());
    let mut found = false;
    for line in text.split_inclusive('\n') {
        let content = line.trim_start();
        let is_include =
            content.strip_prefix("include").is_some_and(|rest| rest.trim_start().starts_with('='));
        if is_include {
            out.push_str(line.get(..line.len() - content.len()).unwrap_or_default());
            out.push('#');
            out.push_str(content.get(1..).unwrap_or_default());
        } else {
            out.push_str(line);
        }
        found |= is_include;
    }
    (out, found)
}

/// The kinds, in the order in which content shows them.
const KINDS: [TomlKind; 3] = [TomlKind::Telemt, TomlKind::MtgMulti, TomlKind::Teleproxy];

fn kind_of(root: &Table) -> Option<TomlKind> {
    KINDS.into_iter().find(|kind| shows(root, *kind))
}

/// Tests for tables and keys of a proxy.
fn shows(root: &Table, kind: TomlKind) -> bool {
    let is_table = |key: &str| root.get(key).is_some_and(Item::is_table_like);
    match kind {
        TomlKind::Telemt => is_table("access") || is_table("censorship"),
        TomlKind::MtgMulti => {
            let is_single = root.get("secret").is_some_and(Item::is_str);
            is_table("secrets") || (is_single && root.contains_key("bind-to"))
        }
        TomlKind::Teleproxy => root.get("secret").is_some_and(|secret| {
            let has_key = |table: &dyn TableLike| table.contains_key("key");
            let is_block =
                secret.as_array_of_tables().is_some_and(|all| all.iter().all(|one| has_key(one)));
            let is_inline = secret.as_array().is_some_and(|all| {
                all.iter().all(|one| one.as_inline_table().is_some_and(|one| has_key(one)))
            });
            is_block || is_inline
        }),
    }
}

/// Returns the span of a key and of its value.
fn spans(table: &dyn TableLike, name: &str) -> Option<(Range<usize>, Range<usize>)> {
    let (key, item) = table.get_key_value(name)?;
    Some((key.span()?, item.span()?))
}
