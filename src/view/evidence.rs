//! Evidence in words.

use std::borrow::Cow;

use super::account::verdict_name;
use super::messages::{Messages, fill};
use super::style::TextStyle;
use super::units::{self, span};
use crate::io::escape::Escaped;
use crate::stream::{Evidence, Origin};
use crate::timestamp::Timestamp;

/// Networks of a group that are listed: a carrier's pool has hundreds of addresses.
const LISTED_MAX: usize = 4;

/// How networks are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    /// `203.0.113.7 and 2001:db8::/64`
    Listed,
    /// `2 networks`
    Counted,
}

/// Whether it belongs among the reasons of a verdict: intervals are drawn, not written.
pub fn is_reason(evidence: &Evidence<'_>) -> bool {
    !matches!(evidence, Evidence::InUse { .. } | Evidence::Counterfactual { .. } | Evidence::Other)
}

/// The strongest reason in a few words, for a line of a table.
pub fn summary(evidence: &[Evidence<'_>], messages: &Messages) -> Option<String> {
    let reason = evidence.iter().find(|evidence| is_reason(evidence))?;
    sentence(reason, Names::Counted, messages)
}

/// One fact. `None` for what this version does not know, and for intervals.
pub fn text(evidence: &Evidence<'_>, messages: &Messages) -> Option<String> {
    sentence(evidence, Names::Listed, messages)
}

fn sentence(evidence: &Evidence<'_>, names: Names, messages: &Messages) -> Option<String> {
    let listed = |networks: &[Origin<'_>]| list(networks, names, messages);
    let length = |seconds: &u64| span(units::float(*seconds), messages);
    let counted = |count: &u64| units::networks(*count, messages);
    Some(match evidence {
        Evidence::Overlap { networks, seconds, .. } => {
            let (text, span) = match names {
                Names::Listed => (messages.overlap, length(seconds)),
                Names::Counted => (messages.overlap_short, units::short_span(*seconds, messages)),
            };
            fill_texts(text, &[("networks", listed(networks)), ("span", span)])
        }
        Evidence::Alternation { networks, times } => {
            let values = [("networks", listed(networks)), ("n", times.to_string())];
            fill_texts(messages.alternation, &values)
        }
        Evidence::SecondDevice { networks, seconds } => {
            let values = [("networks", listed(networks)), ("span", length(seconds))];
            fill_texts(messages.second_device, &values)
        }
        Evidence::CommonHome { networks } => {
            fill_texts(messages.common_home, &[("networks", listed(networks))])
        }
        Evidence::SequentialNetworks { count } => {
            fill_texts(messages.sequential_networks, &[("networks", counted(count))])
        }
        Evidence::HiddenAddresses { connections, networks } => {
            let values = [("networks", listed(networks)), ("n", connections.to_string())];
            fill_texts(messages.hidden_addresses, &values)
        }
        Evidence::Counterfactual { option, verdict } => {
            let verdict = verdict_name(*verdict, messages);
            fill(messages.counterfactual, &[("option", &Escaped(option)), ("verdict", &verdict)])
        }
        Evidence::InUse { .. } | Evidence::Other => return None,
    })
}

fn fill_texts<const N: usize>(text: &str, values: &[(&str, String); N]) -> String {
    let values = values.each_ref().map(|(key, value)| (*key, value as &dyn std::fmt::Display));
    fill(text, &values)
}

/// One or two networks by name, more by their number.
fn list(networks: &[Origin<'_>], names: Names, messages: &Messages) -> String {
    match (networks, names) {
        ([one], Names::Listed) => name(one, messages).into_owned(),
        ([one, other], Names::Listed) => {
            let (one, other) = (name(one, messages), name(other, messages));
            fill(messages.two, &[("one", &one), ("other", &other)])
        }
        _ => units::networks(networks.len() as u64, messages),
    }
}

/// A network as people read it.
pub fn name(network: &Origin<'_>, messages: &Messages) -> Cow<'static, str> {
    match network {
        Origin::Name(name) if name == CARRIER => Cow::Owned(messages.one_carrier.to_owned()),
        Origin::Ip(_) | Origin::Net(..) | Origin::Name(_) => {
            Cow::Owned(Escaped(&network.to_string()).to_string())
        }
    }
}

/// A network of a carrier that has no number, as rows spell it.
pub const CARRIER: &str = "a carrier";

/// One fact with its intervals, for all that is known of a user.
pub fn detail(evidence: &Evidence<'_>, style: &TextStyle) -> Option<String> {
    let messages = style.messages();
    match evidence {
        Evidence::InUse { networks, intervals } => {
            let mut listed: Vec<_> =
                networks.iter().take(LISTED_MAX).map(|network| name(network, messages)).collect();
            let more = networks.len().saturating_sub(LISTED_MAX);
            if more > 0 {
                listed.push(fill(messages.and_more, &[("n", &more)]).into());
            }
            let mut listed = listed.join(", ");
            if networks.len() > 1 {
                let count = units::networks(networks.len() as u64, messages);
                listed = fill(messages.as_one, &[("networks", &listed), ("n", &count)]);
            }
            let values: [(&str, &dyn std::fmt::Display); 2] =
                [("networks", &listed), ("intervals", &spans(intervals, style))];
            Some(fill(messages.in_use, &values))
        }
        Evidence::Overlap { from: Some(from), to: Some(to), .. } => {
            let text = text(evidence, messages)?;
            Some(format!("{text} ({})", spans(&[(*from, *to)], style)))
        }
        Evidence::Overlap { .. }
        | Evidence::Alternation { .. }
        | Evidence::SecondDevice { .. }
        | Evidence::CommonHome { .. }
        | Evidence::SequentialNetworks { .. }
        | Evidence::HiddenAddresses { .. }
        | Evidence::Counterfactual { .. }
        | Evidence::Other => text(evidence, messages),
    }
}

/// Intervals, with the date where it changes: `2026-11-20 08:30-10:30, 16:00-23:30`.
fn spans(intervals: &[(Timestamp, Timestamp)], style: &TextStyle) -> String {
    let (mut out, mut date) = (String::new(), String::new());
    for (from, to) in intervals {
        out.push_str(if out.is_empty() { "" } else { ", " });
        for (joint, moment) in [("", from), ("-", to)] {
            let day = style.strftime(*moment, "%Y-%m-%d");
            let is_new = day != date;
            out.push_str(joint);
            if is_new {
                out.push_str(&day);
                out.push(' ');
                date = day;
            }
            out.push_str(&style.strftime(*moment, "%H:%M"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::Verdict;
    use crate::view::style::Lang;

    fn origins(names: &[&'static str]) -> Vec<Origin<'static>> {
        names.iter().map(|name| Origin::read((*name).into())).collect()
    }

    #[test]
    fn every_kind_has_its_words() {
        let ts = |ms| Some(Timestamp(ms));
        let pair = || origins(&["20.1.2.3", "31.5.6.0/24"]);
        let (from, to) = (ts(0), ts(7_200_000));
        for (evidence, long, short) in [
            (
                Evidence::Overlap { networks: pair(), seconds: 2460, gap: 3600, from, to },
                "20.1.2.3 and 31.5.6.0/24 in use at once for 41 min",
                "2 networks at once, 41 min",
            ),
            (
                Evidence::Alternation { networks: origins(&["20.1.2.3", CARRIER]), times: 12 },
                "alternated between 20.1.2.3 and a mobile carrier 12 times",
                "alternated between 2 networks 12 times",
            ),
            (
                Evidence::SecondDevice { networks: origins(&["20.1.2.3"]), seconds: 7200 },
                "20.1.2.3 treated as a second device (overlap of 2 h ignored)",
                "1 network treated as a second device (overlap of 2 h ignored)",
            ),
            (
                Evidence::HiddenAddresses { connections: 9, networks: origins(&["172.17.0.1"]) },
                "client addresses hidden behind 172.17.0.1 (9 connections)",
                "client addresses hidden behind 1 network (9 connections)",
            ),
        ] {
            let messages = Lang::En.messages();
            assert_eq!(text(&evidence, messages).as_deref(), Some(long));
            assert_eq!(summary(&[Evidence::Other, evidence], messages).as_deref(), Some(short));
        }
        let option =
            Evidence::Counterfactual { option: "--devices 3".into(), verdict: Verdict::Clear };
        let messages = Lang::En.messages();
        assert_eq!(text(&option, messages).as_deref(), Some("with --devices 3 it would be clear"));
        assert_eq!(summary(&[option], messages), None);
    }

    #[test]
    fn intervals_name_a_date_once() {
        let at = |ms: i64| Timestamp(1_795_448_400_000 + ms);
        let evidence = Evidence::InUse {
            networks: origins(&["20.1.2.3", "31.5.6.0/24"]),
            intervals: vec![(at(0), at(3_600_000)), (at(7_200_000), at(43_200_000))],
        };
        assert_eq!(
            detail(&evidence, &TextStyle::plain()).as_deref(),
            Some(
                "20.1.2.3, 31.5.6.0/24 (2 networks as one) in use \
                 2026-11-23 15:40-16:40, 17:40-2026-11-24 03:40"
            )
        );
    }
}
