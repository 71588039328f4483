//! The config file of mtprotoproxy: a Python module, read without running it and edited at the
//! bytes concerned.

mod access_log;
pub mod check;
pub mod crash_safe_write;
mod edit;
mod effects;
mod endpoint;
mod environment;
mod fold;
mod layout;
pub(crate) mod literal;
mod parse;
mod reader;
pub mod recovery;
mod table;
mod text;
mod value;
mod values;

use std::collections::BTreeMap;

use ruff_text_size::Ranged;

pub use access_log::{AccessLogState, access_log_state};
pub use edit::{ConfigEdit, EditedConfig};
pub use environment::Environment;
pub use reader::PySetting;
pub use table::{LiteralTable, TableEntry, TableState, UserTable};
pub use text::{SourceLines, newline};
pub use value::PyValue;

use crate::diagnostic::Diagnostic;

/// A parsed config file.
#[derive(Clone, Debug)]
pub struct PyConfig<'t> {
    pub text: &'t str,
    pub lines: SourceLines<'t>,
    tables: [TableState; 4],
    settings: BTreeMap<String, PySetting>,
    dicts: Vec<table::DictLayout>,
    /// Offsets of its statements.
    pub statements: Vec<usize>,
    /// Line of the first statement that is only a list, as a table header of TOML or INI is.
    pub bare_list: Option<usize>,
}

/// Parses a config file.
pub fn read(bytes: &[u8]) -> Result<PyConfig<'_>, Diagnostic> {
    parse_module(bytes, None)
}

/// Parses a config file as a process with this environment reads it.
pub fn read_in<'t>(
    bytes: &'t [u8],
    environment: &'t Environment,
) -> Result<PyConfig<'t>, Diagnostic> {
    parse_module(bytes, Some(environment))
}

fn parse_module<'t>(
    bytes: &'t [u8],
    environment: Option<&'t Environment>,
) -> Result<PyConfig<'t>, Diagnostic> {
    let text = text::decode(bytes)?;
    let lines = SourceLines::new(text);
    let parsed = parse::parse(text, &lines)?;
    let body = &parsed.syntax().body;
    let mut reader = reader::ConfigReader {
        text,
        lines: &lines,
        tokens: parsed.tokens(),
        bound: effects::BoundNames::new(body),
        tables: [const { TableState::Absent }; 4],
        settings: BTreeMap::new(),
        dicts: Vec::new(),
        environment,
    };
    let block = access_log::find_block(text);
    let is_own = access_log_state(text) == AccessLogState::On;
    let (mut statements, mut bare_list) = (Vec::new(), None);
    for stmt in body {
        let start = usize::from(stmt.start());
        statements.push(start);
        if stmt.as_expr_stmt().is_some_and(|expr| expr.value.is_list_expr()) {
            bare_list = bare_list.or(Some(lines.line(start)));
        }
        if !block.as_ref().is_some_and(|block| block.contains(&start)) {
            reader.statement(stmt);
        } else if !is_own {
            // Only the block of this version is known to leave users alone.
            let reason = "may be changed by the access log's block, which is not of this version \
                          (`mtp-users access-log on` renews it)";
            reader.compute_everything(lines.line(start), reason);
        }
    }
    let (tables, settings, dicts) = (reader.tables, reader.settings, reader.dicts);
    Ok(PyConfig { text, lines, tables, settings, dicts, statements, bare_list })
}

impl PyConfig<'_> {
    pub fn table(&self, table: UserTable) -> &TableState {
        let [users, conns, expirations, quota] = &self.tables;
        match table {
            UserTable::Users => users,
            UserTable::MaxConns => conns,
            UserTable::Expirations => expirations,
            UserTable::Quota => quota,
        }
    }

    pub fn setting(&self, name: &str) -> Option<&PySetting> {
        self.settings.get(name)
    }

    /// Returns all settings besides the tables.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &PySetting)> {
        self.settings.iter().map(|(name, setting)| (name.as_str(), setting))
    }

    /// Returns the port of the proxy; `None` where it is computed.
    pub fn port(&self) -> Option<u16> {
        match self.setting("PORT").map(|setting| &setting.value) {
            None => Some(DEFAULT_PORT),
            Some(PyValue::Int(port)) => u16::try_from(*port).ok(),
            Some(PyValue::Str(port)) => port.parse().ok(),
            Some(_) => None,
        }
    }

    /// Returns USERS: `None` where the file does not set it, an error where it is computed.
    pub fn users(&self) -> Result<Option<&LiteralTable>, Diagnostic> {
        match self.table(UserTable::Users) {
            TableState::Absent => Ok(None),
            TableState::Literal(users) => Ok(Some(users)),
            TableState::Computed { line, reason } => {
                Err(Diagnostic::fatal(*line, format!("USERS {reason}; edit it by hand")))
            }
        }
    }
}

/// Returns the users of a config file with their secrets, in the order of the file. Users whose
/// secret is not a literal are left out.
pub fn users(bytes: &[u8]) -> Result<Vec<(String, String)>, Diagnostic> {
    let config = read(bytes)?;
    let pair = |(name, entry): (&str, &TableEntry)| {
        Some((name.to_owned(), entry.value.text()?.to_owned()))
    };
    Ok(config.users()?.into_iter().flat_map(LiteralTable::iter).filter_map(pair).collect())
}

/// Returns the port that a proxy with this config file listens on; `None` where it is computed.
pub fn port(bytes: &[u8]) -> Result<Option<u16>, Diagnostic> {
    Ok(read(bytes)?.port())
}

/// Port of a proxy whose config file sets none.
pub const DEFAULT_PORT: u16 = 3256;

#[cfg(test)]
mod tests {
    use super::*;

    fn computed(source: &str) -> String {
        users(source.as_bytes()).map_or_else(|error| error.message, |users| format!("{users:?}"))
    }

    #[test]
    fn the_last_assignment_counts_and_statements_add_to_it() {
        let source = "USERS = {'x': '0'}\nUSERS = {\n  \"a\": \"1\" \"2\", # }\n  'b': (r'3'),\n}\n\
                      USERS['c'] = '4'\nUSERS.update({'d': '5', 'a': '6'})\ndel USERS['b']\n\
                      USERS |= {u'e': '7'}\nUSERS.pop('nobody', None)\n";
        let have = users(source.as_bytes()).unwrap();
        let have: Vec<_> = have.iter().map(|(name, secret)| format!("{name}={secret}")).collect();
        assert_eq!(have.join(" "), "a=6 c=4 d=5 e=7");
    }

    #[test]
    fn computed_tables_have_a_reason() {
        for (source, reason) in [
            ("USERS = load()", "is computed"),
            ("X = {}\nUSERS = {'a': '1', **X}", "**"),
            ("USERS = {u: '1' for u in 'ab'}", "is computed"),
            ("if True:\n    USERS = {}", "is set inside an 'if'"),
            ("USERS = {}\nfor u in 'ab':\n    USERS[u] = '1'", "inside a 'for'"),
            ("USERS = {}\ndef f():\n    USERS['a'] = '1'", "inside a function"),
            ("USERS = {}\ntry:\n    from x import USERS\nexcept E: pass", "import"),
            ("USERS = {}\nfrom x import *", "import *"),
            ("USERS = {}\nexec('x')", "exec"),
            ("USERS = {}\nX = USERS", "passed on"),
            ("USERS = {}\nUSERS[f'{x}'] = '1'", "computed parts"),
            ("A = USERS = {}", "set"),
            ("USERS = {}\nUSERS.clear()", "clear"),
            ("USERS = {NAME: '1'}", "computed key"),
        ] {
            let message = computed(source);
            assert!(message.contains(reason), "{source}: {message}");
        }
        for source in [
            "from x import *\nUSERS = {}",
            "USERS = {}\nprint(len(USERS), sorted(USERS.items()))",
            "USERS = {}\nLIMIT = {u: 5 for u in USERS if 'x' in USERS}",
            "USERS = {}\ndef f():\n    USERS = 5\n    return 1",
            "USERS = {}\nif not USERS: print('none')",
            "def f(): pass\nUSERS: dict = {}",
        ] {
            assert_eq!(computed(source), "[]", "{source}");
        }
    }

    #[test]
    fn ports() {
        assert_eq!(port(b"PORT = 443\n").unwrap(), Some(443));
        assert_eq!(port(b"PORT = 400 + 43").unwrap(), Some(443));
        assert_eq!(port(b"").unwrap(), Some(3256));
        assert_eq!(port(b"import os\nPORT = int(os.environ['P'])").unwrap(), None);
        assert_eq!(port(b"if x:\n  PORT = 1").unwrap(), None);
        assert_eq!(port(b"PORT = {\n").unwrap_err().line, 2);
    }

    #[test]
    fn endless_nesting_is_refused() {
        for deep in [
            "-".repeat(100_000) + "1",
            "[".repeat(100_000),
            "a".to_owned() + &".b".repeat(9999),
            "lambda a,: ".repeat(200_000) + "1",
        ] {
            let error = read(deep.as_bytes()).unwrap_err();
            assert!(error.message.contains("too deep"), "{error:?}");
        }
    }
}
