//! Users by secret, for logs that print secrets instead of names.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

/// Hexadecimal digits of a secret.
pub const DIGITS: usize = 32;
/// Bytes of the hash of an unknown secret in the name made for its user.
const SHOWN: usize = 4;

#[derive(Clone, Debug, Default)]
pub struct SecretIndex {
    users: HashMap<Vec<u8>, String>,
}

impl SecretIndex {
    /// Indexes names with their secrets in hexadecimal; others are left out.
    pub fn new(users: impl IntoIterator<Item = (String, String)>) -> Self {
        let is_secret =
            |text: &str| text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let users = users.into_iter().filter(|(_, secret)| is_secret(secret));
        let by_secret = |(name, secret): (String, String)| (secret.to_ascii_lowercase(), name);
        Self { users: users.map(by_secret).map(|(secret, name)| (secret.into(), name)).collect() }
    }

    pub fn len(&self) -> usize {
        self.users.len()
    }

    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// The user of a secret in hexadecimal, plain or as in a link (`dd…`, `ee…`); or `unknown_`
    /// and the first digits of its SHA-256: nothing of the secret itself.
    pub fn user(&self, secret: &[u8]) -> String {
        let plain = match secret.get(..2) {
            Some([b'd' | b'D', b'd' | b'D'] | [b'e' | b'E', b'e' | b'E'])
                if secret.len() >= DIGITS + 2 =>
            {
                secret.get(2..DIGITS + 2)
            }
            _ => secret.get(..DIGITS),
        };
        let plain = plain.unwrap_or(secret).to_ascii_lowercase();
        if let Some(user) = self.users.get(&plain) {
            return user.clone();
        }
        let hash = Sha256::digest(&plain);
        format!("unknown_{}", hex::encode(hash.get(..SHOWN).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_by_secret() {
        let secret = "0123456789abcdef0123456789abcdef";
        let pair = |name: &str, secret: &str| (name.to_owned(), secret.to_owned());
        let keys = SecretIndex::new([
            pair("max \"p\"", secret),
            pair("Елена", "FFFF456789abcdef0123456789abcdef"),
            pair("short", "0123"),
        ]);
        assert_eq!(keys.len(), 2);
        assert_eq!(keys.user(secret.as_bytes()), "max \"p\"");
        assert_eq!(keys.user(format!("dd{}", secret.to_uppercase()).as_bytes()), "max \"p\"");
        assert_eq!(keys.user(format!("ee{secret}77772e61").as_bytes()), "max \"p\"");
        assert_eq!(keys.user(b"ffff456789abcdef0123456789abcdef"), "Елена");
        assert_eq!(keys.user(b"0000456789abcdef0123456789abcdef"), "unknown_c73d2272");
    }
}
