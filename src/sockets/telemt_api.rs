//! Addresses at which users of telemt are active, from its control API:
//! `GET /v1/stats/users/active-ips`. It names no port and no connection.

use std::net::IpAddr;
use std::time::Duration;

use serde::Deserialize;
use ureq::Agent;

use crate::error::Error;

const PATH: &str = "/v1/stats/users/active-ips";
/// How long a response may take; samples wait for it.
const TIMEOUT: Duration = Duration::from_secs(3);
/// 100,000 users with some addresses each take 10 MB.
const BODY_MAX: u64 = 64 << 20;

/// telemt's control API.
#[derive(Debug)]
pub struct TelemtApi {
    agent: Agent,
    url: String,
    /// The value of the `Authorization` header, as in telemt's `auth_header`.
    authorization: Option<String>,
}

/// A user and the addresses of his connections.
#[derive(Debug, Deserialize, PartialEq, Eq)]
pub struct ActiveUser {
    pub username: String,
    pub active_ips: Vec<IpAddr>,
}

#[derive(Debug, Deserialize)]
struct Envelope {
    ok: bool,
    #[serde(default)]
    data: Vec<ActiveUser>,
}

impl TelemtApi {
    /// Creates a client of the API at `http://HOST:PORT`.
    ///
    /// # Errors
    /// If the URL or the value of the header is invalid.
    pub fn new(url: &str, authorization: Option<String>) -> Result<Self, String> {
        let base = url.trim_end_matches('/');
        let base = base.strip_suffix(PATH).or_else(|| base.strip_suffix("/v1")).unwrap_or(base);
        let host = base.strip_prefix("http://").or_else(|| base.strip_prefix("https://"));
        let is_host = |host: &str| {
            !host.is_empty() && host.bytes().all(|b| b.is_ascii_graphic() && b != b'@' && b != b'?')
        };
        if !host.is_some_and(is_host) {
            return Err(format!("invalid URL '{url}' (expected http://127.0.0.1:9091)"));
        }
        let is_printable = |value: &String| value.bytes().all(|byte| matches!(byte, 0x20..=0x7e));
        if !authorization.as_ref().is_none_or(is_printable) {
            return Err("invalid value of the Authorization header (expected ASCII)".to_owned());
        }
        // No proxy of the environment, and no redirect: the header is for this server alone.
        let config = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .proxy(None);
        let url = format!("{base}{PATH}");
        Ok(Self { agent: config.build().new_agent(), url, authorization })
    }

    /// Reads which users are active at which addresses now.
    ///
    /// # Errors
    /// If the API does not respond in time, or with something else.
    pub fn active_users(&self) -> Result<Vec<ActiveUser>, Error> {
        let mut request = self.agent.get(&self.url);
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        let failed = |error: ureq::Error| Error::refused(&self.url, error);
        let mut response = request.call().map_err(failed)?;
        let cause = match response.status().as_u16() {
            200 => None,
            401 => Some("unauthorized (--telemt-auth FILE: the auth_header of [server.api])"),
            403 => Some("forbidden (whitelist of [server.api] in telemt's configuration)"),
            503 => Some("the API is off (enabled of [server.api] in telemt's configuration)"),
            404 => Some("not found (is this telemt's API?)"),
            _ => Some("unexpected status"),
        };
        if let Some(cause) = cause {
            let status = response.status().as_u16();
            return Err(Error::refused(&self.url, format!("status {status}: {cause}")));
        }
        let body = response.body_mut().with_config().limit(BODY_MAX).read_to_vec();
        parse(&body.map_err(failed)?)
            .ok_or_else(|| Error::refused(&self.url, "the response is not one of telemt's API"))
    }
}

fn parse(body: &[u8]) -> Option<Vec<ActiveUser>> {
    let envelope: Envelope = serde_json::from_slice(body).ok()?;
    envelope.ok.then_some(envelope.data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_response() {
        let body = br#"{"ok":true,"data":[{"username":"alice","active_ips":["203.0.113.7",
            "2001:db8::7"],"later":1}],"revision":"ab"}"#;
        let ips = ["203.0.113.7", "2001:db8::7"].map(|ip| ip.parse().unwrap()).to_vec();
        let alice = ActiveUser { username: "alice".to_owned(), active_ips: ips };
        assert_eq!(parse(body), Some(vec![alice]));
        assert_eq!(parse(br#"{"ok":true,"data":[],"revision":""}"#), Some(vec![]));
        assert_eq!(parse(br#"{"ok":false,"error":{"code":"x","message":"y"}}"#), None);
        assert_eq!(parse(b"<html>"), None);
    }

    #[test]
    fn urls() {
        for url in ["http://127.0.0.1:9091", "http://h:1/", "https://h/v1", "http://h:1/telemt"] {
            assert!(TelemtApi::new(url, None).is_ok(), "{url}");
        }
        let full = TelemtApi::new("http://h:1/v1/stats/users/active-ips", None).unwrap();
        assert_eq!(full.url, "http://h:1/v1/stats/users/active-ips");
        for url in ["127.0.0.1:9091", "http://", "ftp://h", "http://user:pw@h", "http://h h"] {
            assert!(TelemtApi::new(url, None).is_err(), "{url}");
        }
        assert!(TelemtApi::new("http://h", Some("a\nb".to_owned())).is_err());
    }
}
