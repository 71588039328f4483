//! Secrets, and the links that carry them to a client, in the form that proxies print.

pub mod qr;

use std::fmt::Write;

use rand::TryRng;
use rand::rngs::SysRng;

/// Transport that a secret selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkMode {
    /// No obfuscation beyond obfuscated2.
    Classic,
    /// `dd`: random padding.
    Secure,
    /// `ee`: imitates TLS to a domain.
    Tls,
}

impl LinkMode {
    /// In the order that mtprotoproxy prints them, the strongest last.
    pub const ALL: [Self; 3] = [Self::Classic, Self::Secure, Self::Tls];

    /// Name in MODES.
    pub fn name(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Secure => "secure",
            Self::Tls => "tls",
        }
    }
}

/// A link in both of its forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyLink {
    pub mode: LinkMode,
    /// `tg://proxy?server=…`
    pub tg: String,
    /// `https://t.me/proxy?server=…`
    pub https: String,
}

/// A part of a link besides the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPart {
    Server,
    Port,
    Modes,
    Domain,
}

/// What links need besides the secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// Address of the proxy, if known.
    pub server: Option<String>,
    /// Port, if known.
    pub port: Option<String>,
    /// Modes that are on; empty if unknown.
    pub modes: Vec<LinkMode>,
    /// Domain of TLS mode, if known.
    pub domain: Option<String>,
    /// Parts that the config file computes, with the line.
    pub computed: Vec<(LinkPart, Option<usize>)>,
}

/// Domain of an mtprotoproxy whose config file sets none.
pub const DEFAULT_DOMAIN: &str = "www.google.com";

impl Endpoint {
    /// Makes the links of a secret, the strongest last. Links with an unknown part are left out.
    pub fn links(&self, secret: &str) -> Vec<ProxyLink> {
        let (Some(server), Some(port)) = (&self.server, &self.port) else { return Vec::new() };
        let (secret, server, port) =
            (normalize_secret(secret), url_encode(server), url_encode(port));
        let link = |mode: &LinkMode| {
            let secret = match mode {
                LinkMode::Classic => secret.clone(),
                LinkMode::Secure => format!("dd{secret}"),
                LinkMode::Tls => format!("ee{secret}{}", hex::encode(self.domain.as_ref()?)),
            };
            let query = format!("server={server}&port={port}&secret={}", url_encode(&secret));
            Some(ProxyLink {
                mode: *mode,
                tg: format!("tg://proxy?{query}"),
                https: format!("https://t.me/proxy?{query}"),
            })
        };
        self.modes.iter().filter_map(link).collect()
    }
}

/// Tests for a secret of 32 hex digits.
pub fn is_secret(secret: &str) -> bool {
    secret.len() == SECRET_DIGITS && secret.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Converts a secret as mtprotoproxy does: drops what is not a digit, then pads or truncates.
pub fn normalize_secret(secret: &str) -> String {
    if is_secret(secret) {
        return secret.to_owned();
    }
    let digits: String = secret.chars().filter(char::is_ascii_hexdigit).collect();
    let mut padded = format!("{digits:0>SECRET_DIGITS$}");
    padded.truncate(SECRET_DIGITS);
    padded
}

/// Sixteen bytes.
const SECRET_DIGITS: usize = 32;

/// Makes a secret with the operating system's random number generator.
pub fn new_secret() -> std::io::Result<String> {
    let mut bytes = [0; SECRET_DIGITS / 2];
    SysRng.try_fill_bytes(&mut bytes).map_err(std::io::Error::other)?;
    Ok(hex::encode(bytes))
}

/// Encodes a query value as Python's `urlencode` with `:` safe.
fn url_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'.' | b'-' | b'~' | b':' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets() {
        let (one, other) = (new_secret().unwrap(), new_secret().unwrap());
        assert!(is_secret(&one) && is_secret(&other) && one != other);
        assert_eq!(normalize_secret("0xab-CD"), format!("{:0>32}", "0abCD"));
        assert_eq!(normalize_secret(&"a".repeat(40)), "a".repeat(32));
    }
}
