//! Secrets, and the links that carry them to a client, as the proxy itself prints them.

pub mod qr;

use std::fs::File;
use std::io::{self, Read};

use crate::pyconfig::{Config, DEFAULT_PORT, Fault, Value};

/// How a client hides what it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Not at all.
    Classic,
    /// `dd`: random padding.
    Secure,
    /// `ee`: looks like TLS to a domain.
    Tls,
}

impl Mode {
    /// All of them, in the order the proxy prints them.
    pub const ALL: [Self; 3] = [Self::Classic, Self::Secure, Self::Tls];

    /// As in MODES.
    pub fn name(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Secure => "secure",
            Self::Tls => "tls",
        }
    }
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The mode a client that follows it uses.
    pub mode: Mode,
    /// `tg://proxy?server=…`
    pub tg: String,
    /// `https://t.me/proxy?server=…`
    pub https: String,
}

/// Where a proxy is to be reached, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its address; absent where neither the file nor the command line says it.
    pub server: Option<String>,
    /// Its port.
    pub port: String,
    /// The modes that are on.
    pub modes: Vec<Mode>,
    /// The domain that TLS mode names.
    pub domain: String,
}

/// What the proxy prints where it does not know its address.
pub const UNKNOWN_SERVER: &str = "YOUR_IP";
/// The domain of a proxy whose config file names none.
pub const DEFAULT_DOMAIN: &str = "www.google.com";

impl Endpoint {
    /// Where the proxy of this config file is.
    pub fn of(config: &Config<'_>, server: Option<&str>) -> Result<Self, Fault> {
        let home = match server {
            Some(server) => Some(server.to_owned()),
            None => plain(config, "MY_DOMAIN", "")?.filter(|home| !home.is_empty()),
        };
        let port = plain(config, "PORT", "")?.unwrap_or_else(|| DEFAULT_PORT.to_string());
        let domain = plain(config, "TLS_DOMAIN", "")?.unwrap_or_else(|| DEFAULT_DOMAIN.to_owned());
        Ok(Self { server: home, port, modes: modes(config)?, domain })
    }

    /// The links for a secret, in the order the proxy prints them.
    pub fn links(&self, secret: &str) -> Vec<Link> {
        let secret = as_used(secret);
        let server = encoded(self.server.as_deref().unwrap_or(UNKNOWN_SERVER));
        let link = |mode: &Mode| {
            let secret = match mode {
                Mode::Classic => secret.clone(),
                Mode::Secure => format!("dd{secret}"),
                Mode::Tls => format!("ee{secret}{}", hex::encode(&self.domain)),
            };
            let port = encoded(&self.port);
            let query = format!("server={server}&port={port}&secret={}", encoded(&secret));
            Link {
                mode: *mode,
                tg: format!("tg://proxy?{query}"),
                https: format!("https://t.me/proxy?{query}"),
            }
        };
        self.modes.iter().map(link).collect()
    }
}

/// A setting as text; what it is where it is false or absent is the caller's.
fn plain(config: &Config<'_>, name: &str, other: &str) -> Result<Option<String>, Fault> {
    let Some(setting) = config.setting(name) else { return Ok(None) };
    Ok(Some(match &setting.value {
        Value::Text(text) => text.clone(),
        Value::Whole(whole) => whole.to_string(),
        Value::Truth(false) | Value::Nothing => other.to_owned(),
        Value::Real(_) | Value::Truth(true) | Value::Bytes | Value::Table(_) | Value::Computed => {
            let what = format!("{name} is no literal, so links cannot be told");
            return Err(Fault { line: setting.line, what });
        }
    }))
}

/// The modes that are on, as the proxy works it out.
pub fn modes(config: &Config<'_>) -> Result<Vec<Mode>, Fault> {
    let truth = |name: &str, value: &Value, line| {
        let what = format!("{name} is no literal, so modes cannot be told");
        value.is_true().ok_or(Fault { line, what })
    };
    let mut on = [true; 3];
    if let Some(setting) = config.setting("MODES") {
        let Value::Table(entries) = &setting.value else {
            return Err(Fault { line: setting.line, what: "MODES is no literal dict".to_owned() });
        };
        for (mode, on) in Mode::ALL.iter().zip(&mut on) {
            let named = entries.iter().rev().find(|(key, _)| key.as_deref() == Some(mode.name()));
            *on = match named {
                Some((_, value)) => truth("MODES", value, setting.line)?,
                None => false,
            };
        }
    }
    let [classic, secure, tls] = &mut on;
    if let Some(setting) = config.setting("SECURE_ONLY") {
        *classic = !truth("SECURE_ONLY", &setting.value, setting.line)?;
    }
    if let Some(setting) = config.setting("TLS_ONLY")
        && truth("TLS_ONLY", &setting.value, setting.line)?
    {
        (*classic, *secure) = (false, false);
    }
    if !(*classic || *secure || *tls) {
        *tls = true;
    }
    Ok(Mode::ALL.into_iter().zip(on).filter_map(|(mode, on)| on.then_some(mode)).collect())
}

/// Whether the proxy takes a secret as it is.
pub fn is_secret(secret: &str) -> bool {
    secret.len() == SECRET_DIGITS && secret.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A secret as the proxy uses it: it drops what is no digit, and fills or cuts the rest.
pub fn as_used(secret: &str) -> String {
    if is_secret(secret) {
        return secret.to_owned();
    }
    let digits: String = secret.chars().filter(char::is_ascii_hexdigit).collect();
    let mut filled = format!("{digits:0>SECRET_DIGITS$}");
    filled.truncate(SECRET_DIGITS);
    filled
}

/// Sixteen bytes.
const SECRET_DIGITS: usize = 32;

/// A new secret, from the operating system.
pub fn new_secret() -> io::Result<String> {
    let mut bytes = [0; SECRET_DIGITS / 2];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(hex::encode(bytes))
}

/// Text in a query, as Python's `urlencode` writes it with `:` left alone.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'.' | b'-' | b'~' | b':' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pyconfig::read;

    fn links(source: &str) -> Vec<String> {
        let config = read(source.as_bytes()).unwrap();
        let endpoint = Endpoint::of(&config, None).unwrap();
        endpoint.links("0123456789abcdef0123456789ABCDEF").into_iter().map(|link| link.tg).collect()
    }

    #[test]
    fn links_as_the_proxy_prints_them() {
        let all = links("PORT = 443\nMY_DOMAIN = 'пример.example'\nTLS_DOMAIN = 'ab.c'");
        let server =
            "tg://proxy?server=%D0%BF%D1%80%D0%B8%D0%BC%D0%B5%D1%80.example&port=443&secret=";
        assert_eq!(all[0], format!("{server}0123456789abcdef0123456789ABCDEF"));
        assert_eq!(all[1], format!("{server}dd0123456789abcdef0123456789ABCDEF"));
        assert_eq!(all[2], format!("{server}ee0123456789abcdef0123456789ABCDEF61622e63"));
        let tls = links("MODES = {'tls': 1, 'secure': False}");
        assert_eq!(tls.len(), 1);
        assert!(tls[0].starts_with("tg://proxy?server=YOUR_IP&port=3256&secret=ee"), "{tls:?}");
        assert_eq!(links("MODES = {}").len(), 1);
        assert_eq!(links("SECURE_ONLY = True").len(), 2);
        assert_eq!(links("TLS_ONLY = True").len(), 1);
    }

    #[test]
    fn secrets() {
        assert!(is_secret(&new_secret().unwrap()));
        assert_eq!(as_used("0xab-CD"), format!("{:0>32}", "0abCD"));
        assert_eq!(as_used(&"a".repeat(40)), "a".repeat(32));
    }
}
