//! Messages to a webhook: a `notification` row as JSON, with a signature.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::channel::{Attempt, AttemptFailure, Secret};
use super::http;
use super::journal::QueuedMessage;

/// A webhook.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// It may hold a token.
    pub url: Secret,
    /// The key of the signature.
    pub key: Option<Secret>,
}

impl Webhook {
    pub(super) fn deliver(&self, message: &QueuedMessage, timeout: Duration) -> Attempt {
        let body = serde_json::to_vec(&message.notification).unwrap_or_default();
        let signature = self.key.as_ref().map(|key| signature(key.0.as_bytes(), &body));
        let mut headers = vec![("Idempotency-Key", &*message.notification.id)];
        if let Some(signature) = &signature {
            headers.push(("X-Mtp-Signature", signature));
        }
        match http::post(&self.url.0, &headers, &body, timeout) {
            Ok(answer) if (200..300).contains(&answer.status) => Attempt::Sent,
            // The request is at fault, not the address or a key.
            Ok(answer) if [400, 413, 415, 422].contains(&answer.status) => {
                Attempt::Rejected(format!("status {}", answer.status))
            }
            Ok(answer) => Attempt::Failed(AttemptFailure {
                reason: format!("status {}", answer.status),
                retry_after: answer.retry_after,
                may_have_arrived: false,
            }),
            Err(error) => Attempt::Failed(AttemptFailure {
                reason: self.url.redact(&error.reason),
                retry_after: None,
                may_have_arrived: error.may_have_arrived,
            }),
        }
    }
}

/// `sha256=` and the HMAC-SHA256 of the body in hex.
fn signature(key: &[u8], body: &[u8]) -> String {
    // A key of any length is accepted.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The second test case of RFC 4231.
    #[test]
    fn the_signature_is_hmac_sha256() {
        assert_eq!(
            signature(b"Jefe", b"what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
