//! Whose a secret is: what `--users config.py` tells, for logs that print secrets instead of names.

use std::collections::HashMap;

use super::scan;

/// Hexadecimal digits of a secret.
pub const DIGITS: usize = 32;
/// How many digits of an unknown secret name its user, as the scripts before this tool did.
const SHOWN: usize = 8;

/// Users by secret.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    users: HashMap<Vec<u8>, String>,
}

impl Keys {
    /// The users of `USERS = {"name": "secret", …}` in a config file of mtprotoproxy.
    pub fn read(config: &str) -> Self {
        let mut users = HashMap::new();
        let mut rest = config;
        while let Some(at) = rest.find("USERS") {
            let begins_line =
                rest.get(..at).is_some_and(|head| head.is_empty() || head.ends_with('\n'));
            rest = rest.get(at + "USERS".len()..).unwrap_or_default();
            let dict = rest.trim_start().strip_prefix('=').map(str::trim_start);
            let inside = dict.and_then(|dict| dict.strip_prefix('{')).filter(|_| begins_line);
            users.extend(inside.map(pairs).unwrap_or_default());
        }
        Self { users }
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

/// The string pairs of a dict's inside, up to its brace.
fn pairs(inside: &str) -> Vec<(Vec<u8>, String)> {
    let mut found = Vec::new();
    let mut name: Option<String> = None;
    let mut rest = inside;
    loop {
        let Some(letter) = rest.chars().next() else { return found };
        let after = rest.get(letter.len_utf8()..).unwrap_or_default();
        match letter {
            '}' => return found,
            '#' => rest = after.find('\n').and_then(|end| after.get(end..)).unwrap_or_default(),
            '"' | '\'' => {
                let Some((text, behind)) = literal(after, letter) else { return found };
                rest = behind;
                match name.take() {
                    None => name = Some(text),
                    Some(name) if text.len() == DIGITS => {
                        found.push((text.to_ascii_lowercase().into_bytes(), name));
                    }
                    Some(_) => {}
                }
            }
            ',' => {
                name = None;
                rest = after;
            }
            _ => rest = after,
        }
    }
}

/// A string literal without its quotes, and what follows it.
fn literal(text: &str, quote: char) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => out.push(letters.next()?.1),
            _ if letter == quote => return Some((out, text.get(at + 1..)?)),
            _ => out.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_of_a_config_by_secret() {
        let secret = "0123456789abcdef0123456789abcdef";
        let config = [
            "PORT = 443\n# USERS = {}\nUSERS = {\n  \"max \\\"p\\\"\": \"",
            secret,
            "\",  # 'x'\n  'Елена':\n 'ffff456789abcdef0123456789abcdef',\n}\n",
            "USER_MAX_TCP_CONNS = {\"a\": 3}\n",
        ]
        .concat();
        let keys = Keys::read(&config);
        assert_eq!(keys.len(), 2);
        assert_eq!(keys.user(secret.as_bytes()), "max \"p\"");
        assert_eq!(keys.user(format!("dd{}", secret.to_uppercase()).as_bytes()), "max \"p\"");
        assert_eq!(keys.user(b"ffff456789abcdef0123456789abcdef"), "Елена");
        assert_eq!(keys.user(b"0000456789abcdef0123456789abcdef"), "unknown_00004567");
    }
}
