//! config.py as its owner wrote it: what it sets, read without running it, and changed at the
//! bytes concerned.

mod block;
mod change;
pub mod check;
mod facts;
pub mod file;
mod fold;
mod layout;
pub mod leftover;
pub mod limits;
mod literal;
mod parse;
mod reach;
mod read;
pub mod shield;
mod table;
mod text;
mod value;

use std::collections::BTreeMap;

use ruff_text_size::Ranged;

pub use block::{Log, log};
pub use change::{Change, Made};
pub use read::Setting;
pub use table::{Entry, Known, State, Table};
pub use text::{Fault, Lines, newline};
pub use value::Value;

/// A config file that was read.
#[derive(Clone, Debug)]
pub struct Config<'t> {
    /// Its text.
    pub text: &'t str,
    /// Its lines.
    pub lines: Lines,
    tables: [State; 4],
    settings: BTreeMap<String, Setting>,
    dicts: Vec<table::Dict>,
    /// Where its statements begin.
    pub statements: Vec<usize>,
}

/// Reads a config file.
pub fn read(bytes: &[u8]) -> Result<Config<'_>, Fault> {
    let text = text::decoded(bytes)?;
    let lines = Lines::of(text);
    let parsed = parse::module(text, &lines)?;
    let mut reader = read::Reader {
        text,
        lines: &lines,
        tokens: parsed.tokens(),
        tables: [State::Absent, State::Absent, State::Absent, State::Absent],
        settings: BTreeMap::new(),
        dicts: Vec::new(),
    };
    let block = block::place(text);
    let mut statements = Vec::new();
    for stmt in &parsed.syntax().body {
        let start = usize::from(stmt.start());
        statements.push(start);
        // The access log's own block is known to leave users alone.
        if !block.as_ref().is_some_and(|block| block.contains(&start)) {
            reader.statement(stmt);
        }
    }
    let (tables, settings, dicts) = (reader.tables, reader.settings, reader.dicts);
    Ok(Config { text, lines, tables, settings, dicts, statements })
}

impl Config<'_> {
    /// How a table stands.
    pub fn table(&self, table: Table) -> &State {
        let [users, conns, expirations, quota] = &self.tables;
        match table {
            Table::Users => users,
            Table::MaxConns => conns,
            Table::Expirations => expirations,
            Table::Quota => quota,
        }
    }

    /// A setting beside the tables.
    pub fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.get(name)
    }

    /// The port that the proxy listens on; absent where only Python knows it.
    pub fn port(&self) -> Option<u16> {
        match self.setting("PORT").map(|setting| &setting.value) {
            None => Some(DEFAULT_PORT),
            Some(Value::Whole(port)) => u16::try_from(*port).ok(),
            Some(Value::Text(port)) => port.parse().ok(),
            Some(_) => None,
        }
    }
}

/// The users of a config file with their secrets, in the order of the file. Those without a
/// secret that can be read are left out.
pub fn users(bytes: &[u8]) -> Result<Vec<(String, String)>, Fault> {
    let config = read(bytes)?;
    match config.table(Table::Users) {
        State::Absent => Ok(Vec::new()),
        State::Computed { line, why } => {
            Err(Fault { line: *line, what: format!("USERS {why}; only Python knows it") })
        }
        State::Known(known) => {
            let pair = |(name, entry): (&str, &Entry)| {
                Some((name.to_owned(), entry.value.text()?.to_owned()))
            };
            Ok(known.in_order().filter_map(pair).collect())
        }
    }
}

/// The port a proxy with this config file listens on; absent where only Python knows it.
pub fn port(bytes: &[u8]) -> Result<Option<u16>, Fault> {
    Ok(read(bytes)?.port())
}

/// The port of a proxy whose config file sets none.
pub const DEFAULT_PORT: u16 = 3256;

#[cfg(test)]
mod tests {
    use super::*;

    fn computed(source: &str) -> String {
        users(source.as_bytes()).map_or_else(|fault| fault.what, |users| format!("{users:?}"))
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
    fn what_is_computed_is_said() {
        for (source, why) in [
            ("USERS = load()", "is computed"),
            ("X = {}\nUSERS = {'a': '1', **X}", "**"),
            ("USERS = {u: '1' for u in 'ab'}", "is computed"),
            ("if True:\n    USERS = {}", "is set inside an 'if'"),
            ("USERS = {}\nfor u in 'ab':\n    USERS[u] = '1'", "inside a 'for'"),
            ("USERS = {}\ndef f():\n    USERS['a'] = '1'", "inside a function"),
            ("USERS = {}\ntry:\n    from x import USERS\nexcept E: pass", "import"),
            ("USERS = {}\nfrom x import *", "import *"),
            ("USERS = {}\nexec('x')", "exec"),
            ("USERS = {}\nX = USERS", "handed on"),
            ("USERS = {}\nUSERS[f'{x}'] = '1'", "not literal"),
            ("A = USERS = {}", "set"),
            ("USERS = {}\nUSERS.clear()", "clear"),
            ("USERS = {NAME: '1'}", "key that is computed"),
        ] {
            let said = computed(source);
            assert!(said.contains(why), "{source}: {said}");
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
    fn nesting_without_end_is_refused() {
        for deep in
            ["-".repeat(100_000) + "1", "[".repeat(100_000), "a".to_owned() + &".b".repeat(9999)]
        {
            let fault = read(deep.as_bytes()).unwrap_err();
            assert!(fault.what.contains("nested deeper"), "{fault:?}");
        }
    }
}
