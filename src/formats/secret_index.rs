//! Whose a secret is: what `--users config.py` tells, for logs that print secrets instead of names.

use std::collections::HashMap;

use super::scan;

/// Hexadecimal digits of a secret.
pub const DIGITS: usize = 32;
/// How many digits of an unknown secret name its user, as the scripts before this tool did.
const SHOWN: usize = 8;

/// Users by secret.
#[derive(Clone, Debug, Default)]
pub struct SecretIndex {
    users: HashMap<Vec<u8>, String>,
}

impl SecretIndex {
    /// Names with their secrets, as a config file has them. What is no secret is left out.
    pub fn new(users: impl IntoIterator<Item = (String, String)>) -> Self {
        let is_secret =
            |text: &str| text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let users = users.into_iter().filter(|(_, secret)| is_secret(secret));
        let by_secret = |(name, secret): (String, String)| (secret.to_ascii_lowercase(), name);
        Self { users: users.map(by_secret).map(|(secret, name)| (secret.into(), name)).collect() }
    }

    /// How many users are known.
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// Whether no user is known.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// The user of a secret, in hexadecimal, plain or with what a link puts around it; or
    /// `unknown_` and its first digits.
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
        match self.users.get(&plain) {
            Some(user) => user.clone(),
            None => format!("unknown_{}", scan::text(plain.get(..SHOWN).unwrap_or(&plain))),
        }
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
        assert_eq!(keys.user(b"0000456789abcdef0123456789abcdef"), "unknown_00004567");
    }
}
