//! Names before a line, as tools other than Compose write them: `docker service logs`,
//! podman-compose, podman, pm2, stern, 3x-ui.

use memchr::{memchr, memmem};

use super::compose::{is_numbered, name};
use super::format::{Frame, FrameFormat};
use crate::timestamp::{LocalTimeResolver, Timestamp};

/// `mtp_proxy.1.mwsnmqyifo5g@node1    | LINE`. The source is the task's slot: its identifier changes
/// with each restart.
pub(super) fn service(line: &[u8]) -> Option<Frame<'_>> {
    let (task, after) = name(line)?;
    let (_node, padded) = name(after.strip_prefix(b"@")?)?;
    let rest = after_bar(padded, 4)?;
    Some(Frame::new(FrameFormat::Service, rest).from(slot(task)))
}

/// The task without its identifier.
fn slot(task: &[u8]) -> &[u8] {
    const SHORT_ID: usize = 12;
    let dot = memchr::memrchr(b'.', task);
    let Some((slot, id)) = dot.and_then(|dot| task.split_at_checked(dot)) else { return task };
    let is_id = id.len() > SHORT_ID && id.iter().skip(1).all(u8::is_ascii_alphanumeric);
    if is_id { slot } else { task }
}

/// What follows `   | `, with this many blanks or more.
fn after_bar(text: &[u8], blanks_min: usize) -> Option<&[u8]> {
    let blanks = text.iter().take_while(|byte| **byte == b' ').count();
    let after = text.get(blanks..)?.strip_prefix(b"|").filter(|_| blanks >= blanks_min)?;
    match after {
        [] => Some(after),
        [b' ', rest @ ..] => Some(rest),
        _ => None,
    }
}

/// podman-compose: `[proxy]  | LINE`
pub(super) fn podman_compose(line: &[u8]) -> Option<Frame<'_>> {
    let (service, after) = name(line.strip_prefix(b"[")?)?;
    let rest = after_bar(after.strip_prefix(b"]")?, 1)?;
    Some(Frame::new(FrameFormat::PodmanCompose, rest).from(service))
}

/// pm2: `0|mtg  | LINE`
pub(super) fn pm2(line: &[u8]) -> Option<Frame<'_>> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let after = line.get(digits..)?.strip_prefix(b"|")?;
    let (app, padded) = name(after)?;
    Some(Frame::new(FrameFormat::Pm2, after_bar(padded, 1)?).from(app))
}

/// pm2 with `--time`: `2026-11-23T15:40:35: LINE`, in local time.
pub(super) fn pm2_time<'l>(
    line: &'l [u8],
    local_time: &mut LocalTimeResolver,
) -> Option<Frame<'l>> {
    let rest = line.get(19..)?.strip_prefix(b": ").filter(|_| line.get(10) == Some(&b'T'))?;
    let (civil, _) = Timestamp::read_local(line)?;
    Some(Frame::new(FrameFormat::Pm2Time, rest).at(local_time.local(civil)))
}

/// Names that stand before a line with nothing but a blank: `POD CONTAINER LINE` of stern,
/// `CONTAINER LINE` of podman logs with several containers. Any line may begin so; `is_known` decides
/// for names that were seen before, and others need a line that begins as a proxy's does.
pub(super) fn bare_names<'l>(
    line: &'l [u8],
    is_known: impl Fn(&[u8]) -> bool,
) -> Option<Frame<'l>> {
    let (first, after) = name(line)?;
    let after = after.strip_prefix(b" ")?;
    let is_accepted = |rest: &'l [u8]| {
        let prefix = line.get(..line.len() - rest.len()).unwrap_or_default();
        begins_as_a_log_line(rest) || is_known(prefix)
    };
    let is_lower = |text: &[u8]| !text.iter().any(u8::is_ascii_uppercase);
    if is_pod(first) && is_lower(first) {
        let container = name(after).filter(|(container, _)| is_lower(container));
        let rest = container.and_then(|(_, rest)| rest.strip_prefix(b" "));
        if let Some(rest) = rest.filter(|rest| is_accepted(rest)) {
            return Some(Frame::new(FrameFormat::Stern, rest).from(first));
        }
    }
    let is_id = first.len() == 12 && first.iter().all(u8::is_ascii_hexdigit);
    let is_container = is_id || is_numbered(first);
    (is_container && is_accepted(after)).then(|| Frame::new(FrameFormat::Podman, after).from(first))
}

/// `px-6d5f7c9b4-x2x7p` of a deployment, `px-0` of a set.
fn is_pod(name: &[u8]) -> bool {
    let Some(dash) = memchr::memrchr(b'-', name) else { return false };
    let end = name.get(dash + 1..).unwrap_or_default();
    let is_random = end.len() == 5 && end.iter().all(u8::is_ascii_alphanumeric);
    dash > 0 && (is_random || (!end.is_empty() && end.iter().all(u8::is_ascii_digit)))
}

/// Whether a line begins as one of a proxy does.
fn begins_as_a_log_line(line: &[u8]) -> bool {
    // Of C, a process and a time: `[812][2026-11-23 15:40:35.158581 local] `.
    let after_process = || {
        let inside = line.strip_prefix(b"[")?;
        let digits = inside.iter().take_while(|byte| byte.is_ascii_digit()).count();
        inside.get(digits..).filter(|_| digits > 0)
    };
    PROXY_FORMS.iter().any(|form| has_form(line, form))
        || after_process().is_some_and(|rest| has_form(rest, b"][####-##-## ##:##:##."))
}

/// How lines of proxies begin; `#` is a digit.
const PROXY_FORMS: [&[u8]; 8] = [
    b"####-##-##T",
    b"{\"",
    b"mtp-access ts=",
    b"Stats for ##.##.####",
    b"=INFO REPORT==== ",
    b"info(proxy): ",
    b"debug(proxy): ",
    b"warning(proxy): ",
];

fn has_form(line: &[u8], form: &[u8]) -> bool {
    let fits = |(byte, of): (&u8, &u8)| match of {
        b'#' => byte.is_ascii_digit(),
        of => byte == of,
    };
    line.len() >= form.len() && line.iter().zip(form).all(fits)
}

/// stern's notices: `+ px-6d5f7c9b4-x2x7p › px`
pub(super) fn is_stern_notice(line: &[u8]) -> bool {
    matches!(line, [b'+' | b'-', b' ', ..]) && memmem::find(line, " \u{203a} ".as_bytes()).is_some()
}

/// 3x-ui, which runs an mtg for each inbound: `INFO - mtproto: mtg inbound 25 | LINE`, and the same
/// after `2026/07/27 12:00:15 ` in its own log file.
pub(super) fn x_ui<'l>(line: &'l [u8], local_time: &mut LocalTimeResolver) -> Option<Frame<'l>> {
    let (civil, message) = match slashed_time(line) {
        Some((civil, rest)) => (Some(civil), rest),
        None => (None, line),
    };
    let level = memchr(b' ', message)?;
    let text = message.get(level..)?.strip_prefix(b" - mtproto: mtg ")?;
    let is_level = message.iter().take(level).all(u8::is_ascii_uppercase) && level > 0;
    let inside = text.strip_prefix(b"inbound ")?;
    let digits = inside.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = inside.get(digits..)?.strip_prefix(b" | ").filter(|_| is_level && digits > 0)?;
    let source = text.get(..text.len() - inside.len() + digits)?;
    let frame = Frame::new(FrameFormat::XUi, rest).from(source);
    Some(match civil {
        Some(civil) => frame.at(local_time.local(civil)),
        None => frame,
    })
}

/// `2026/07/27 12:00:15 `: the civil time, and what follows.
fn slashed_time(line: &[u8]) -> Option<(Timestamp, &[u8])> {
    let mut time: [u8; 19] = *line.first_chunk()?;
    let rest = line.get(19..)?.strip_prefix(b" ")?;
    for slash in [4, 7] {
        let byte = time.get_mut(slash).filter(|byte| **byte == b'/')?;
        *byte = b'-';
    }
    Timestamp::read_local(&time).map(|(civil, _)| (civil, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamp::Zone;

    fn shown(frame: Option<Frame<'_>>) -> Option<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        frame.map(|frame| (text(frame.source.unwrap_or_default()), text(frame.rest)))
    }

    fn is(source: &str, rest: &str) -> (String, String) {
        (source.to_owned(), rest.to_owned())
    }

    #[test]
    fn tasks_of_a_service() {
        let read = |line: &str| shown(service(line.as_bytes()));
        let line = "mtp_proxy.1.mwsnmqyifo5gn1t6q0h7o3cvz@node1    | alice: x";
        assert_eq!(read(line), Some(is("mtp_proxy.1", "alice: x")));
        assert_eq!(read("mtp_proxy.1.mwsnmqyifo5g@node-2     | "), Some(is("mtp_proxy.1", "")));
        assert_eq!(read("mtp_proxy.1@node1    |"), Some(is("mtp_proxy.1", "")));
        assert_eq!(read("alice@home | bob: x"), None);
        assert_eq!(read("alice: 3 connects"), None);
    }

    #[test]
    fn prefixes_of_podman_compose_and_pm2() {
        let podman = |line: &str| shown(podman_compose(line.as_bytes()));
        assert_eq!(podman("[proxy]    | a | b"), Some(is("proxy", "a | b")));
        assert_eq!(podman("[proxy] |"), Some(is("proxy", "")));
        assert_eq!(podman("[pod/a/b] x"), None);
        assert_eq!(podman("[proxy]| x"), None);
        let pm2 = |line: &str| shown(pm2(line.as_bytes()));
        assert_eq!(pm2("0|mtg-alice  | x"), Some(is("mtg-alice", "x")));
        assert_eq!(pm2("12|px | "), Some(is("px", "")));
        assert_eq!(pm2("0|px| x"), None);
        let mut local_time = LocalTimeResolver::new(Zone::read("+03:00").ok(), None);
        let frame = pm2_time(b"2026-11-23T15:40:35: x", &mut local_time).unwrap();
        assert_eq!(frame.ts.map(Timestamp::text).as_deref(), Some("2026-11-23T12:40:35Z"));
        assert!(pm2_time(b"2026-11-23T15:40:35Z: x", &mut local_time).is_none());
    }

    #[test]
    fn names_without_a_bar_need_more_than_their_shape() {
        let read = |line: &str| shown(bare_names(line.as_bytes(), |_| false));
        let pod = "px-6d5f7c9b4-x2x7p";
        assert_eq!(read(&format!("{pod} px {{\"a\":1}}")), Some(is(pod, "{\"a\":1}")));
        assert_eq!(read("px-0 px mtp-access ts=2"), Some(is("px-0", "mtp-access ts=2")));
        assert_eq!(
            read("d84d50fb1f8b 2026-11-23T15:40:35Z x"),
            Some(is("d84d50fb1f8b", "2026-11-23T15:40:35Z x"))
        );
        assert_eq!(read("proxy_mtg_1 {\"a\":1}"), Some(is("proxy_mtg_1", "{\"a\":1}")));
        for line in [
            "px-0 px [812][2026-11-23 15:40:35.158581 local] x",
            "px-0 px Stats for 23.11.2026 15:40:45",
            "px-0 px info(proxy): x",
            "px-0 px =INFO REPORT==== 23-Nov-2026::15:58:19.978158 ===",
        ] {
            assert!(read(line).is_some(), "{line}");
        }
        for line in [
            "px-0 alice: 3 connects",
            "px-0 px [812] x",
            "mtp-access ts=2",
            "alice-1 {",
            "a {\"a\":1}",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
        let known = |line: &str| shown(bare_names(line.as_bytes(), |prefix| prefix == b"px-0 px "));
        assert_eq!(known("px-0 px alice: 3 connects"), Some(is("px-0", "alice: 3 connects")));
    }

    #[test]
    fn inbounds_of_3x_ui() {
        let mut local_time = LocalTimeResolver::new(Zone::read("UTC").ok(), None);
        let mut read = |line: &str| {
            let frame = x_ui(line.as_bytes(), &mut local_time);
            (frame.and_then(|frame| frame.ts).map(Timestamp::text), shown(frame))
        };
        let want = Some(is("inbound 25", "{\"level\":\"info\"}"));
        assert_eq!(
            read("INFO - mtproto: mtg inbound 25 | {\"level\":\"info\"}"),
            (None, want.clone())
        );
        let at = Some("2026-07-27T12:00:15Z".to_owned());
        let line = "2026/07/27 12:00:15 INFO - mtproto: mtg inbound 25 | {\"level\":\"info\"}";
        assert_eq!(read(line), (at, want));
        for line in ["INFO - mtproto: started mtg for inbound 25", "x - mtproto: mtg inbound 2 | x"]
        {
            assert_eq!(read(line), (None, None));
        }
    }
}
