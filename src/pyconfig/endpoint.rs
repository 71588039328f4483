//! Server, port, modes and domain of the links of a config file.

use super::value::PyValue;
use super::{DEFAULT_PORT, PyConfig};
use crate::links::{DEFAULT_DOMAIN, Endpoint, LinkMode, LinkPart};

/// A setting that is not a literal.
struct Computed {
    line: usize,
}

impl PyConfig<'_> {
    /// Returns what links need, as far as the file sets it with literals.
    pub fn endpoint(&self) -> Endpoint {
        let mut computed = Vec::new();
        let mut literal = |name, part, default: Option<&str>| {
            let value = self.link_setting(name, default);
            value.unwrap_or_else(|Computed { line }| {
                computed.push((part, Some(line)));
                None
            })
        };
        let server = literal("MY_DOMAIN", LinkPart::Server, None);
        let port = literal("PORT", LinkPart::Port, Some(&DEFAULT_PORT.to_string()));
        let domain = literal("TLS_DOMAIN", LinkPart::Domain, Some(DEFAULT_DOMAIN));
        let modes = self.modes();
        if modes.is_none() {
            computed.push((LinkPart::Modes, self.setting("MODES").map(|setting| setting.line)));
        }
        Endpoint {
            server: server.filter(|server| !server.is_empty()),
            port,
            modes: modes.unwrap_or_default(),
            domain,
            computed,
            has_full_secrets: false,
        }
    }

    /// Returns a setting as text; `None` where it is false.
    fn link_setting(&self, name: &str, default: Option<&str>) -> Result<Option<String>, Computed> {
        let Some(setting) = self.setting(name) else { return Ok(default.map(str::to_owned)) };
        match &setting.value {
            PyValue::Str(text) => Ok(Some(text.clone())),
            PyValue::Int(int) => Ok(Some(int.to_string())),
            PyValue::Bool(false) | PyValue::None => Ok(None),
            PyValue::Float(_)
            | PyValue::Bool(true)
            | PyValue::Bytes
            | PyValue::Dict(_)
            | PyValue::Computed => Err(Computed { line: setting.line }),
        }
    }

    /// Returns the modes that the proxy turns on; `None` where they are computed.
    pub fn modes(&self) -> Option<Vec<LinkMode>> {
        let mut on = [true; 3];
        if let Some(setting) = self.setting("MODES") {
            let PyValue::Dict(entries) = &setting.value else { return None };
            for (mode, on) in LinkMode::ALL.iter().zip(&mut on) {
                let entry =
                    entries.iter().rev().find(|(key, _)| key.as_deref() == Some(mode.name()));
                *on = match entry {
                    Some((_, value)) => value.is_true()?,
                    None => false,
                };
            }
        }
        let [classic, secure, tls] = &mut on;
        if let Some(setting) = self.setting("SECURE_ONLY") {
            *classic = !setting.value.is_true()?;
        }
        if let Some(setting) = self.setting("TLS_ONLY")
            && setting.value.is_true()?
        {
            (*classic, *secure) = (false, false);
        }
        if !(*classic || *secure || *tls) {
            *tls = true;
        }
        Some(
            LinkMode::ALL.into_iter().zip(on).filter_map(|(mode, on)| on.then_some(mode)).collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::pyconfig::read;

    fn links(source: &str) -> Vec<String> {
        let endpoint = read(source.as_bytes()).unwrap().endpoint();
        let links = endpoint.links("0123456789abcdef0123456789ABCDEF");
        links.into_iter().map(|link| link.tg).collect()
    }

    #[test]
    fn links_are_those_that_the_proxy_prints() {
        let all = links("PORT = 443\nMY_DOMAIN = 'пример.example'\nTLS_DOMAIN = 'ab.c'");
        let server =
            "tg://proxy?server=%D0%BF%D1%80%D0%B8%D0%BC%D0%B5%D1%80.example&port=443&secret=";
        assert_eq!(all[0], format!("{server}0123456789abcdef0123456789ABCDEF"));
        assert_eq!(all[1], format!("{server}dd0123456789abcdef0123456789ABCDEF"));
        assert_eq!(all[2], format!("{server}ee0123456789abcdef0123456789ABCDEF61622e63"));
        let with = |rest: &str| links(&format!("MY_DOMAIN = 'a.example'\n{rest}"));
        let tls = with("MODES = {'tls': 1, 'secure': False}");
        assert_eq!(tls.len(), 1);
        assert!(tls[0].starts_with("tg://proxy?server=a.example&port=3256&secret=ee"), "{tls:?}");
        assert_eq!(with("MODES = {}").len(), 1);
        assert_eq!(with("SECURE_ONLY = True").len(), 2);
        assert_eq!(with("TLS_ONLY = True").len(), 1);
    }

    #[test]
    fn computed_parts_are_reported_and_leave_the_other_links() {
        let source = "import os\nMY_DOMAIN = 'a.example'\nTLS_DOMAIN = os.environ['D']\n";
        let endpoint = read(source.as_bytes()).unwrap().endpoint();
        assert_eq!(endpoint.computed.len(), 1);
        assert_eq!(links(source).len(), 2);
        assert_eq!(links("MY_DOMAIN = 'a'\nPORT = int('5')"), [] as [&str; 0]);
        assert_eq!(links("PORT = 443"), [] as [&str; 0]);
    }
}
