//! Events as text: a line each, aligned, harmless to a terminal.

use std::fmt::Write;

use super::units;
use crate::io::escape::Escaped;
use crate::stream::Event;

/// `2026-11-23 15:40:35  connect     alice             203.0.113.7:35441  tls  px-1`
pub fn line(event: &Event<'_>) -> String {
    let mut out = String::new();
    match event.ts {
        // To the second, without the T and the Z.
        Some(ts) => {
            let text = ts.text();
            let (date, time) = text.split_at_checked(10).unwrap_or((&text, ""));
            let time = time.get(1..9).unwrap_or_default();
            _ = write!(out, "{date} {time}  ");
        }
        None => out.push_str("                     "),
    }
    _ = write!(out, "{:<10}  ", event.kind.name());
    _ = write!(out, "{}  {}", user(event), peer(event));
    for (name, value) in details(event) {
        _ = write!(out, "  {name}{}", Escaped(&value));
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn user(event: &Event<'_>) -> String {
    let name = event.user.as_deref().unwrap_or("-");
    format!("{:<16}", Escaped(name).to_string())
}

fn peer(event: &Event<'_>) -> String {
    let peer = match (event.ip, event.port) {
        (Some(ip), Some(port)) => std::net::SocketAddr::new(ip, port).to_string(),
        (Some(ip), None) => ip.to_string(),
        (None, _) => "-".to_owned(),
    };
    format!("{peer:<21}")
}

/// What else is known, with the word before it.
fn details(event: &Event<'_>) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    let mut add = |name, value: Option<String>| all.extend(value.map(|value| (name, value)));
    let owned = |text: &Option<crate::stream::Text<'_>>| text.as_deref().map(str::to_owned);
    add("", owned(&event.mode));
    add("", owned(&event.reason));
    add("times ", event.count.map(|count| count.to_string()));
    add("lasted ", event.lasted_ms.map(|ms| format!("{}.{} s", ms / 1000, ms % 1000 / 100)));
    add("up ", event.bytes_up.map(units::bytes));
    add("down ", event.bytes_down.map(units::bytes));
    if let Some(usage) = event.usage {
        add("open ", Some(usage.current.to_string()));
        add("of ", usage.connects.map(|connects| connects.to_string()));
        add("", usage.megabytes.map(|megabytes| format!("{megabytes} MB")));
    }
    add("", owned(&event.text));
    add("", owned(&event.source));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::Kind;
    use crate::timestamp::Timestamp;

    #[test]
    fn a_line_an_event() {
        let mut event = Event::new(Kind::Disconnect, "access");
        event.ts = Some(Timestamp(1_795_448_472_020));
        event.user = Some("alice\u{1b}[2J".into());
        event.ip = "2001:db8::1".parse().ok();
        event.port = Some(443);
        event.mode = Some("tls".into());
        event.lasted_ms = Some(36_862);
        event.bytes_up = Some(91_022);
        let want = "2026-11-23 15:41:12  disconnect  alice\\u{1b}[2J    [2001:db8::1]:443      \
                    tls  lasted 36.8 s  up 91.0 kB\n";
        assert_eq!(line(&event), want);
        assert_eq!(
            line(&Event::new(Kind::Reload, "x")).trim_start(),
            "reload      -                 -\n"
        );
    }
}
