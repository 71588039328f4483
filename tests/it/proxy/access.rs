//! The lines of the access log as a test reads them: strictly, each letter of them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

static LINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^mtp-access ts=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ev=",
        r"(?:start boot=[0-9a-f]{6} pid=\d+|(?:(?<in>connect)|disconnect) ",
        r#"id=(?<id>[0-9a-f]{6}-[0-9a-f]+) user=(?<user>"(?:[ !#-\[\]-~]|\\["\\bfnrtu])*") "#,
        r"ip=(?<ip>[0-9a-f.:]+|-) port=(?<port>\d+) mode=(?<mode>classic|secure|tls) ",
        r"(?:dc=(?<dc>-?\d+)|secs=\d+\.\d{3} ",
        r"up=(?<up>\d+) down=(?<down>\d+) end=(?<end>closed|limit|aborted|no-dc)))$",
    ))
    .unwrap()
});

/// One connection: what its two lines say, or what its client knows of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Access {
    pub(crate) user: String,
    pub(crate) ip: String,
    pub(crate) port: u16,
    pub(crate) mode: String,
    pub(crate) dc: i32,
    pub(crate) up: usize,
    pub(crate) down: usize,
    pub(crate) end: String,
}

/// What a proxy logged: how often it said that it began, the connections that are over, and how
/// many are not.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) starts: usize,
    pub(crate) open: usize,
    pub(crate) done: Vec<Access>,
}

impl Log {
    /// Reads a proxy's output. A line of the log in the wrong form, a connection that begins
    /// twice or ends without a beginning, and lines that disagree are failures.
    pub(crate) fn read(lines: &[String]) -> Self {
        let (mut log, mut open) = (Self::default(), BTreeMap::new());
        for line in lines.iter().filter(|line| line.contains("mtp-access")) {
            let parts = LINE.captures(line).unwrap_or_else(|| panic!("not in the form: {line}"));
            let get = |name| parts.name(name).map_or("", |part| part.as_str());
            if get("id").is_empty() {
                log.starts += 1;
                continue;
            }
            let mut access = Access {
                user: serde_json::from_str(get("user")).unwrap(),
                ip: get("ip").to_owned(),
                port: get("port").parse().unwrap(),
                mode: get("mode").to_owned(),
                ..Access::default()
            };
            if !get("in").is_empty() {
                access.dc = get("dc").parse().unwrap();
                let twice = open.insert(get("id").to_owned(), access);
                assert!(twice.is_none(), "begins twice: {line}");
                continue;
            }
            let first = open.remove(get("id")).unwrap_or_else(|| panic!("never began: {line}"));
            access.dc = first.dc;
            assert_eq!(first, access, "the two lines of {}", get("id"));
            access.up = get("up").parse().unwrap();
            access.down = get("down").parse().unwrap();
            get("end").clone_into(&mut access.end);
            log.done.push(access);
        }
        log.open = open.len();
        log.done.sort();
        log
    }
}
