//! The networks of a user over time, with what was in use at once marked.

use super::super::model::UserModel;
use super::super::model::timeline::{
    Interval, OverlapInterval, SourceTimeline, overlap_seconds, overlaps, within,
};
use super::axis::Axis;
use super::html::Esc;
use super::{Page, svg};
use crate::stream::Origin;
use crate::view::evidence;
use crate::view::messages::fill;

/// Networks that are drawn; the rest share one more line.
const DRAWN_MAX: usize = 12;
/// Height of a line with its label above it.
const LINE: u32 = 32;
/// A longer time gets a second chart, of one day.
const CLOSER_FROM: u32 = 36 * 3600;

/// What is drawn of a user.
pub(super) struct TimelineChart {
    /// The most used first.
    pub(super) timelines: Vec<SourceTimeline>,
    /// The networks that share a line.
    others: Vec<SourceTimeline>,
    overlaps: Vec<OverlapInterval>,
}

impl TimelineChart {
    pub(super) fn of(user: &UserModel) -> Self {
        let mut timelines = user.timelines();
        let overlaps = overlaps(&timelines);
        let others = timelines.split_off(timelines.len().min(DRAWN_MAX));
        Self { timelines, others, overlaps }
    }

    /// Draws the chart: over all of the time, and closer where that is long.
    pub(super) fn draw(&self, page: &mut Page<'_>, id: &str) {
        let all = self.timelines.iter().chain(&self.others);
        let all: Vec<_> = all.flat_map(|timeline| &timeline.intervals).copied().collect();
        let (Some(from), Some(to)) =
            (all.iter().map(|part| part.from).min(), all.iter().map(|part| part.to).max())
        else {
            return;
        };
        let messages = page.messages;
        let axis = Axis::new(from, to, page.options.zone.clone());
        self.chart(page, &axis, id, messages.timeline);
        if axis.length() > CLOSER_FROM {
            let (from, to) = self.closest(&axis);
            let day = axis.show(from.saturating_add(1), "%Y-%m-%d");
            let heading = fill(messages.timeline_day, &[("day", &day)]);
            self.chart(page, &axis.over(from, to), &format!("{id}c"), &heading);
        }
    }

    /// The day with the most overlap, or else the last.
    fn closest(&self, axis: &Axis) -> (u32, u32) {
        let mut best: Option<(u64, (u32, u32))> = None;
        let mut of_day = (0, (0, 0));
        for part in &self.overlaps {
            let day = axis.day_of(part.interval.from);
            if day != of_day.1 {
                of_day = (0, day);
            }
            of_day.0 += part.interval.seconds() * u64::from(part.depth - 1);
            if best.is_none_or(|(most, _)| of_day.0 > most) {
                best = Some(of_day);
            }
        }
        best.map_or_else(|| axis.day_of(axis.to), |(_, day)| day)
    }

    fn chart(&self, page: &mut Page<'_>, axis: &Axis, id: &str, heading: &str) {
        let seen = |part: &Interval| part.to >= axis.from && part.from <= axis.to;
        let is_seen = |timeline: &&SourceTimeline| timeline.intervals.iter().any(seen);
        let lines: Vec<_> = self.timelines.iter().filter(is_seen).collect();
        let others: Vec<_> = self.others.iter().filter(is_seen).collect();
        let rows = u32::try_from(lines.len() + usize::from(!others.is_empty())).unwrap_or(0);
        let height = rows * LINE;
        let overlaps: Vec<_> =
            self.overlaps.iter().filter(|part| seen(&part.interval)).copied().collect();
        let text = alternative(page, axis, &overlaps, &lines);
        let out = &mut page.out;
        out.push_str(&format!("<figure><figcaption>{}</figcaption>", Esc(heading)));
        svg::begin(out, id, height + svg::LABELS, heading, &text);
        svg::ticks(out, axis, 0, height);
        svg::begin_inner(out, 0, height);
        for (n, timeline) in (0..).zip(&lines) {
            strokes(out, &timeline.intervals, axis, &overlaps, n * LINE + LINE - 8);
        }
        let last = rows.saturating_sub(1) * LINE + LINE - 8;
        for timeline in &others {
            strokes(out, &timeline.intervals, axis, &[], last);
        }
        svg::end(out);
        let mut labels = Vec::new();
        for timeline in &lines {
            let span = page.span(seconds_within(timeline, axis));
            labels.push((name(page, timeline), span));
        }
        if !others.is_empty() {
            let name = fill(page.messages.other_sources, &[("n", &others.len())]);
            labels.push((name, String::new()));
        }
        for (n, (name, value)) in (0..).zip(&labels) {
            let y = n * LINE + 15;
            page.out.push_str(&format!(
                "<text y={y} class=n>{}</text><text x=\"100%\" y={y} class=z>{}</text>",
                Esc(name),
                Esc(value)
            ));
        }
        svg::end(&mut page.out);
        legend(page, &overlaps);
        page.out.push_str("</figure>");
    }
}

/// The text alternative: all that the picture shows.
fn alternative(
    page: &mut Page<'_>,
    axis: &Axis,
    overlaps: &[OverlapInterval],
    lines: &[&SourceTimeline],
) -> String {
    let (two, three) = overlap_seconds(overlaps);
    let messages = page.messages;
    let mut text = fill(
        messages.timeline_text,
        &[
            ("sources", &lines.len()),
            ("first", &axis.show(axis.from, "%Y-%m-%d %H:%M")),
            ("last", &axis.show(axis.to, "%Y-%m-%d %H:%M")),
            ("two", &page.span(two)),
            ("three", &page.span(three)),
        ],
    );
    for timeline in lines {
        let label = name(page, timeline);
        let span = page.span(seconds_within(timeline, axis));
        text.push(' ');
        text.push_str(&fill(messages.source_text, &[("source", &label), ("span", &span)]));
    }
    text
}

/// The most used network, and how many count with it as one.
pub(super) fn name(page: &mut Page<'_>, timeline: &SourceTimeline) -> String {
    let texts = page.lang.messages();
    let first = timeline.networks.first().cloned();
    let shown = page.names.origin(first.unwrap_or(Origin::Name(evidence::CARRIER.into())));
    let name = evidence::name(&shown, texts);
    match timeline.networks.len() {
        0 | 1 => name.into_owned(),
        count => {
            let values: [(&str, &dyn std::fmt::Display); 2] =
                [("network", &name), ("n", &(count - 1))];
            fill(page.messages.and_networks, &values)
        }
    }
}

fn legend(page: &mut Page<'_>, overlaps: &[OverlapInterval]) {
    let messages = page.messages;
    let out = &mut page.out;
    out.push_str(&format!("<p class=legend><i class=l1></i> {}", messages.in_use));
    if overlaps.iter().any(|part| part.depth == 2) {
        out.push_str(&format!(" <i class=l2></i> {}", messages.two_at_once));
    }
    if overlaps.iter().any(|part| part.depth > 2) {
        out.push_str(&format!(" <i class=l3></i> {}", messages.three_at_once));
    }
    out.push_str("</p>");
}

/// Seconds in use within the axis.
fn seconds_within(timeline: &SourceTimeline, axis: &Axis) -> u64 {
    let part = |part: &Interval| part.to.min(axis.to).saturating_sub(part.from.max(axis.from));
    timeline.intervals.iter().map(|interval| u64::from(part(interval))).sum()
}

/// The intervals of a line, and over them what of it was not alone.
fn strokes(
    out: &mut String,
    intervals: &[Interval],
    axis: &Axis,
    overlaps: &[OverlapInterval],
    y: u32,
) {
    let scaled = |part: &Interval| {
        let seen = part.to >= axis.from && part.from <= axis.to;
        seen.then(|| (axis.at(part.from), axis.at(part.to)))
    };
    let path = svg::strokes(intervals.iter().filter_map(scaled), y);
    out.push_str(&format!("<path class=l1 d=\"{path}\"/>"));
    for (class, is_many) in [("l2", false), ("l3", true)] {
        let of_depth = overlaps.iter().filter(|part| (part.depth > 2) == is_many);
        let parts = within(intervals, of_depth.map(|part| part.interval));
        let path = svg::strokes(parts.iter().filter_map(scaled), y);
        if !path.is_empty() {
            out.push_str(&format!("<path class={class} d=\"{path}\"/>"));
        }
    }
}
