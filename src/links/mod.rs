//! Secrets, and the links that carry them to a client, in the form that proxies print.

mod png;
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
    /// Secrets contain the mode and the domain, as those of mtg do.
    pub has_full_secrets: bool,
}

/// A link that a proxy printed, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedLink {
    pub server: String,
    pub port: String,
    pub mode: LinkMode,
    pub domain: Option<String>,
}

impl PrintedLink {
    /// Reads the link in a line of a log.
    pub fn read(line: &str) -> Option<Self> {
        let query = line.split_once("tg://proxy?server=")?.1;
        let query = query.split_whitespace().next()?;
        let (server, rest) = query.split_once("&port=")?;
        let (port, secret) = rest.split_once("&secret=")?;
        port.parse::<u16>().ok()?;
        let (mode, rest) = match (secret.get(..2)?, secret.len()) {
            (_, SECRET_DIGITS) => (LinkMode::Classic, ""),
            ("dd", _) => (LinkMode::Secure, ""),
            ("ee", _) => (LinkMode::Tls, secret.get(2 + SECRET_DIGITS..)?),
            _ => return None,
        };
        let domain = hex::decode(rest).ok().and_then(|domain| String::from_utf8(domain).ok());
        Some(Self {
            server: url_decode(server)?,
            port: port.to_owned(),
            mode,
            domain: domain.filter(|domain| !domain.is_empty()),
        })
    }
}

/// Domain of an mtprotoproxy whose config file sets none.
pub const DEFAULT_DOMAIN: &str = "www.google.com";

impl Endpoint {
    /// Makes the links of a secret, the strongest last. Links with an unknown part are left out.
    pub fn links(&self, secret: &str) -> Vec<ProxyLink> {
        let (Some(server), Some(port)) = (&self.server, &self.port) else { return Vec::new() };
        let (server, port) = (url_encode(server), url_encode(port));
        let full = decode_mtg_secret(secret).filter(|_| self.has_full_secrets).map(hex::encode);
        let secret = normalize_secret(secret);
        let link = |mode: &LinkMode| {
            let secret = match mode {
                _ if self.has_full_secrets => full.clone()?,
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

/// Decodes a secret of mtg: `ee`, 16 bytes and a domain, in hex or unpadded URL-safe base64.
pub fn decode_mtg_secret(secret: &str) -> Option<Vec<u8>> {
    let bytes = hex::decode(secret).ok().or_else(|| decode_base64(secret))?;
    (bytes.first() == Some(&0xee) && bytes.len() > 17).then_some(bytes)
}

fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut buffer, mut bits) = (Vec::new(), 0_u32, 0_u32);
    for byte in text.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        buffer = buffer << 6 | u32::from(digit);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from(buffer >> bits & 0xff).ok()?);
            buffer &= (1 << bits) - 1;
        }
    }
    Some(out)
}

/// Sixteen bytes.
const SECRET_DIGITS: usize = 32;

/// Makes a secret with the operating system's random number generator.
pub fn new_secret() -> std::io::Result<String> {
    let mut bytes = [0; SECRET_DIGITS / 2];
    SysRng.try_fill_bytes(&mut bytes).map_err(std::io::Error::other)?;
    Ok(hex::encode(bytes))
}

/// Decodes a query value.
fn url_decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?];
            out.extend(hex::decode(digits).ok()?);
        } else {
            out.push(if byte == b'+' { b' ' } else { byte });
        }
    }
    String::from_utf8(out).ok()
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
        let hex = "ee367a189aee18fa31c190054efd4a8e95612e62";
        let bytes = decode_mtg_secret(hex).unwrap();
        assert_eq!(decode_mtg_secret("7jZ6GJruGPoxwZAFTv1KjpVhLmI").as_deref(), Some(&*bytes));
        assert_eq!(decode_mtg_secret(&hex[2..]).or(decode_mtg_secret("ee00")), None);
    }
}
