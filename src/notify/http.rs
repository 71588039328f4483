//! Posts a body by HTTP. Errors never contain the address: it may hold a token.

use std::time::Duration;

/// Whether this program was built with an HTTP client.
pub const HAS_HTTP: bool = cfg!(feature = "notify-http");

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HttpAnswer {
    pub(super) status: u16,
    /// From `Retry-After`, in seconds.
    pub(super) retry_after: Option<Duration>,
    pub(super) body: String,
}

/// A request without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HttpFailure {
    pub(super) reason: String,
    /// Whether the request may have arrived.
    pub(super) may_have_arrived: bool,
}

/// Checks that a URL is `http` or `https` with a host. The error does not contain it.
pub fn check_url(url: &str) -> Result<(), String> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic());
    if host.is_empty() || !is_plain {
        return Err("invalid URL (expected https://HOST/… or http://HOST/…)".to_owned());
    }
    Ok(())
}

#[cfg(not(feature = "notify-http"))]
pub(super) fn post(
    _url: &str,
    _headers: &[(&str, &str)],
    _body: &[u8],
    _timeout: Duration,
) -> Result<HttpAnswer, HttpFailure> {
    let reason = "built without the feature notify-http".to_owned();
    Err(HttpFailure { reason, may_have_arrived: false })
}

#[cfg(feature = "notify-http")]
pub(super) use client::post;

#[cfg(feature = "notify-http")]
mod client {
    use std::io::ErrorKind;
    use std::time::Duration;

    use ureq::{Agent, Timeout};

    use super::{HttpAnswer, HttpFailure};
    use crate::error::SystemError;

    /// The longest answer that is read.
    const ANSWER_MAX: u64 = 64 * 1024;

    /// Posts a JSON body. Each phase of the request has this timeout.
    pub(in crate::notify) fn post(
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
        timeout: Duration,
    ) -> Result<HttpAnswer, HttpFailure> {
        let limit = Some(timeout);
        let agent: Agent = Agent::config_builder()
            .timeout_resolve(limit)
            .timeout_connect(limit)
            .timeout_send_request(limit)
            .timeout_send_body(limit)
            .timeout_recv_response(limit)
            .timeout_recv_body(limit)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("mtp-notify/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        let mut request = agent.post(url).header("Content-Type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut answer = request.send(body).map_err(|error| failure(&error))?;
        let retry_after = answer.headers().get("retry-after");
        let retry_after = retry_after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(ANSWER_MAX).read_to_string();
        // The status decides; an answer that breaks off after it has still been one.
        let body = body.unwrap_or_default();
        Ok(HttpAnswer { status, retry_after: retry_after.map(Duration::from_secs), body })
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the client's list of errors is open")]
    fn failure(error: &ureq::Error) -> HttpFailure {
        let (reason, may_have_arrived) = match error {
            ureq::Error::Timeout(Timeout::Resolve) => ("timeout of the name lookup".into(), false),
            ureq::Error::Timeout(Timeout::Connect) => ("timeout of the connection".into(), false),
            ureq::Error::Timeout(_) => ("timeout, no answer".into(), true),
            ureq::Error::HostNotFound => ("host not found".into(), false),
            ureq::Error::ConnectionFailed => ("connection failed".into(), false),
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => ("invalid URL".into(), false),
            ureq::Error::InvalidProxyUrl => ("invalid proxy in the environment".into(), false),
            ureq::Error::Rustls(error) => (format!("TLS: {error}"), false),
            ureq::Error::Tls(what) => (format!("TLS: {what}"), false),
            ureq::Error::Io(error) => {
                let unsent = [ErrorKind::ConnectionRefused, ErrorKind::HostUnreachable];
                let unsent =
                    unsent.contains(&error.kind()) || error.kind() == ErrorKind::NetworkUnreachable;
                // rustls reports certificates that it refuses as invalid data.
                let is_refused = unsent || error.kind() == ErrorKind::InvalidData;
                let reason = SystemError(error).to_string();
                // The standard library has no kind for it.
                let is_unresolved = reason.starts_with("failed to lookup address");
                (reason, !is_refused && !is_unresolved)
            }
            ureq::Error::Protocol(_) => ("invalid HTTP answer".into(), true),
            _ => ("request failed".into(), true),
        };
        HttpFailure { reason, may_have_arrived }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_url_is_not_in_the_message() {
        assert_eq!(check_url("https://api.telegram.org"), Ok(()));
        assert_eq!(check_url("http://127.0.0.1:8081/hook?x=1"), Ok(()));
        for wrong in ["", "api.telegram.org/secret", "ftp://x", "https:///secret", "http://a b"] {
            let error = check_url(wrong).unwrap_err();
            assert!(!error.contains("secret") && error.contains("invalid URL"), "{error}");
        }
    }
}
