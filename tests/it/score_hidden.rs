//! Connections that show the address of a relay or gateway: their users are never clear.

use serde_json::Value;

use crate::harness::{check_schema, run, text};

/// Three hours of connections, one a minute, of each user from the address for its number.
fn rows(users: &[&str], proxy: &str, ip: impl Fn(usize, usize) -> String) -> String {
    let mut rows = String::new();
    for minute in 0..180 {
        for (number, user) in users.iter().enumerate() {
            let ms = 1_795_448_000_000 + i64::try_from(minute * 60_000 + number * 7_000).unwrap();
            let ts = mtp::timestamp::Timestamp(ms).text();
            let (ip, port) = (ip(minute, number), 1024 + minute);
            rows.push_str(&format!(
                "{{\"type\":\"connect\",\"ts\":\"{ts}\",\"user\":\"{user}\",\"ip\":\"{ip}\",\
                 \"port\":{port},\"proxy\":\"{proxy}\"}}\n"
            ));
        }
    }
    rows
}

struct Scored {
    rows: Vec<Value>,
    stderr: String,
}

impl Scored {
    fn new(rows: &str, args: &[&str]) -> Self {
        let output = run("mtp-score", args, rows.as_bytes());
        assert!(output.status.success(), "{}", text(&output.stderr));
        let rows = text(&output.stdout);
        check_schema(&rows);
        let rows = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
        Self { rows, stderr: text(&output.stderr) }
    }

    fn verdicts(&self) -> Vec<&str> {
        let summaries = self.rows.iter().filter(|row| row["type"] == "summary");
        summaries.map(|row| row["verdict"].as_str().unwrap()).collect()
    }

    fn hidden(&self) -> u64 {
        self.rows.last().unwrap()["hidden"].as_u64().unwrap()
    }

    /// The evidence of hidden addresses of the first user.
    fn evidence(&self) -> Option<&Value> {
        let summary = self.rows.iter().find(|row| row["type"] == "summary").unwrap();
        let evidence = summary["evidence"].as_array().unwrap();
        evidence.iter().find(|fact| fact["kind"] == "hidden-addresses")
    }
}

#[test]
fn behind_one_address_nobody_is_clear() {
    let local = [
        "172.18.0.1",
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.1.1",
        "::1",
        "fd00::1",
        "fe80::1",
    ];
    for ip in local {
        for users in [&["alice"][..], &["alice", "bob", "carol"]] {
            let rows = rows(users, "access", |_, _| ip.to_owned());
            let scored = Scored::new(&rows, &[]);
            assert!(scored.verdicts().iter().all(|verdict| *verdict == "unknown"), "{ip}");
            let evidence = scored.evidence().unwrap();
            assert_eq!(
                (&evidence["connections"], &evidence["networks"][0]),
                (&180.into(), &ip.into())
            );
            assert_eq!(scored.hidden(), 180 * users.len() as u64);
            let trusted = Scored::new(&rows, &["--trust-private"]);
            assert!(trusted.verdicts().iter().all(|verdict| *verdict == "clear"), "{ip}");
            assert!(trusted.evidence().is_none() && trusted.hidden() == 0);
        }
    }
}

#[test]
fn the_advice_names_the_setting_of_the_proxy() {
    for (proxy, setting) in [
        ("access", "PROXY_PROTOCOL = True"),
        ("telemt", "proxy_protocol = true"),
        ("teleproxy", "--proxy-protocol"),
        ("mtg", "proxy-protocol-listener = true"),
        ("seriyps", "send the PROXY protocol to the proxy"),
    ] {
        let rows = rows(&["alice"], proxy, |_, _| "172.17.0.1".to_owned());
        let scored = Scored::new(&rows, &[]);
        let advice = scored.rows.last().unwrap()["advice"].as_str().unwrap();
        for part in [setting, "network_mode: host", "--trust-private", "172.17.0.1"] {
            assert!(advice.contains(part), "{advice}");
        }
        assert_eq!(scored.stderr.matches(advice).count(), 1);
    }
}

/// Hidden connections are left out and counted. With more than one in twenty nobody is clear.
#[test]
fn a_hidden_share_is_left_out_and_counted() {
    for (every, verdict) in [(2, "unknown"), (10, "unknown"), (30, "clear"), (90, "clear")] {
        let ip = |minute: usize, _| {
            let ip = if minute % every == every - 1 { "127.0.0.1" } else { "203.0.113.7" };
            ip.to_owned()
        };
        let scored = Scored::new(&rows(&["alice"], "telemt", ip), &[]);
        assert_eq!(scored.verdicts(), [verdict], "one in {every}");
        assert_eq!(scored.hidden(), 180 / every as u64);
        assert_eq!(scored.evidence().unwrap()["connections"], 180 / every as u64);
    }
    // Of two networks in use at the same time one is hidden: the other is one person's.
    let ip = |minute: usize, _| format!("{}.0.0.1", if minute.is_multiple_of(2) { 127 } else { 8 });
    let scored = Scored::new(&rows(&["alice"], "telemt", ip), &[]);
    assert!(scored.rows.iter().all(|row| row.get("people").is_none_or(|people| *people == 1.0)));
}

/// Several users that all have one carrier-internal address are behind a gateway; subscribers of a
/// carrier have an address each, or several.
#[test]
fn a_gateway_inside_a_carrier_is_not_a_client() {
    let users = ["alice", "bob"];
    let verdicts = |ip: &dyn Fn(usize, usize) -> String, users: &[&str]| {
        let scored = Scored::new(&rows(users, "telemt", ip), &[]);
        let verdicts = scored.verdicts().into_iter().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(scored.evidence().is_some(), verdicts[0] == "unknown");
        verdicts
    };
    assert_eq!(verdicts(&|_, _| "100.64.0.1".to_owned(), &users), ["unknown", "unknown"]);
    assert_eq!(verdicts(&|_, _| "100.64.0.1".to_owned(), &users[..1]), ["unknown"]);
    assert_eq!(verdicts(&|_, user| format!("100.64.0.{user}"), &users), ["clear", "clear"]);
    let own = Scored::new(&rows(&users, "access", |_, user| format!("100.64.0.{user}")), &[]);
    assert!(!own.stderr.contains("internal to a carrier"), "{}", own.stderr);
    for users in [&users[..], &users[..1]] {
        let scored = Scored::new(&rows(users, "access", |_, _| "100.64.0.1".to_owned()), &[]);
        let want = format!("{} users have only the address 100.64.0.1", users.len());
        assert!(scored.stderr.contains(&want), "{}", scored.stderr);
        assert!(scored.rows.last().unwrap()["advice"].as_str().unwrap().contains(&want));
    }
    let roams = |minute: usize, _| format!("100.64.0.{}", minute / 90);
    assert_eq!(verdicts(&roams, &users), ["clear", "clear"]);
}
