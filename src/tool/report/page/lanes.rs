//! The sources of a user as lanes over time, with what was in use at once marked.

use super::super::book::lanes::Lane;
use super::super::book::overlap::{self, Together};
use super::super::book::source::Grain;
use super::super::book::spans::{Span, Spans};
use super::super::book::{Source, User};
use super::axis::Axis;
use super::html::{Esc, grouped};
use super::{Page, svg};
use crate::view::words::fill;

/// Lanes that are drawn; the rest share one more.
const LANES_DRAWN: usize = 12;
/// Height of a lane with its label above it.
const LANE: u32 = 32;
/// A longer time gets a second chart, of one day.
const CLOSER_FROM: u32 = 36 * 3600;

/// What is drawn of a user.
pub(super) struct Drawn {
    /// The busiest first.
    pub(super) lanes: Vec<Lane>,
    /// How many sources share the lane after them.
    others: usize,
    rest: Option<Lane>,
    together: Vec<Together>,
    /// Whether lanes are networks, because there are too many addresses.
    pub(super) by_network: bool,
}

impl Drawn {
    /// The lanes of a user as they are to be drawn.
    pub(super) fn of(user: &User) -> Self {
        let is_many = user.lanes.all().len() > LANES_DRAWN;
        let lanes = if is_many { user.lanes.widened() } else { user.lanes.clone() };
        let by_network = lanes.grain() == Grain::Network && !lanes.all().is_empty();
        let mut all = lanes.all().to_vec();
        all.sort_by_key(|lane| {
            let rest = lane.source == Source::Others;
            (rest, std::cmp::Reverse((lane.spans.seconds(), lane.connects)), lane.source)
        });
        let tail = all.split_off(all.len().min(LANES_DRAWN));
        let rest = tail.iter().cloned().reduce(|sum, lane| joined(sum, &lane));
        let together = overlap::together(&all);
        Self { lanes: all, others: tail.len(), rest, together, by_network }
    }

    /// Draws the lanes: over the whole time, and closer where that is long.
    pub(super) fn draw(&self, page: &mut Page<'_>, axis: &Axis, id: &str) {
        if self.lanes.is_empty() {
            return;
        }
        let words = page.words;
        self.chart(page, axis, id, words.lanes);
        if axis.length() > CLOSER_FROM {
            let (from, to) = self.closest(axis);
            let day = axis.show(from.saturating_add(1), "%Y-%m-%d");
            let heading = fill(words.lanes_day, &[("day", &day)]);
            self.chart(page, &axis.over(from, to), &format!("{id}c"), &heading);
        }
    }

    /// The day with the most time in which sources were in use at once, or else the last.
    fn closest(&self, axis: &Axis) -> (u32, u32) {
        let mut best: Option<(u64, (u32, u32))> = None;
        let mut of_day = (0, (0, 0));
        for part in &self.together {
            let day = axis.day_of(part.span.from);
            if day != of_day.1 {
                of_day = (0, day);
            }
            of_day.0 += u64::from(part.span.to - part.span.from) * u64::from(part.sources - 1);
            if best.is_none_or(|(most, _)| of_day.0 > most) {
                best = Some(of_day);
            }
        }
        let last = self.lanes.iter().map(|lane| lane.last).max().unwrap_or(axis.to);
        best.map_or_else(|| axis.day_of(last), |(_, day)| day)
    }

    fn chart(&self, page: &mut Page<'_>, axis: &Axis, id: &str, heading: &str) {
        let seen = |span: &Span| span.to >= axis.from && span.from <= axis.to;
        let lanes: Vec<_> = self
            .lanes
            .iter()
            .chain(&self.rest)
            .filter(|lane| lane.spans.all().iter().any(seen))
            .collect();
        let rows = u32::try_from(lanes.len()).unwrap_or(0);
        let height = rows * LANE;
        let stretches: Vec<_> =
            self.together.iter().filter(|part| seen(&part.span)).copied().collect();
        let text = self.text(page, axis, &stretches, &lanes);
        let out = &mut page.out;
        out.push_str(&format!("<figure><figcaption>{}</figcaption>", Esc(heading)));
        svg::begin(out, id, height + svg::LABELS, heading, &text);
        svg::ticks(out, axis, 0, height);
        svg::begin_inner(out, 0, height);
        for (n, lane) in (0..).zip(&lanes) {
            bars(out, lane, axis, &stretches, n * LANE + LANE - 8);
        }
        svg::end(out);
        for (n, lane) in (0..).zip(&lanes) {
            let y = n * LANE + 15;
            let is_whole = axis.from <= lane.first && axis.to >= lane.last;
            let (name, span) = (self.name(page, lane), page.span(within(lane, axis)));
            let count = is_whole.then(|| format!(" · {}", grouped(lane.connects, page.lang)));
            let value = format!("{span}{}", count.unwrap_or_default());
            page.out.push_str(&format!(
                "<text y={y} class=n>{}</text><text x=\"100%\" y={y} class=z>{}</text>",
                Esc(&name),
                Esc(&value)
            ));
        }
        svg::end(&mut page.out);
        self.legend(page, &stretches);
        page.out.push_str("</figure>");
    }

    fn legend(&self, page: &mut Page<'_>, stretches: &[Together]) {
        let words = page.words;
        let out = &mut page.out;
        out.push_str(&format!("<p class=legend><i class=l1></i> {}", words.in_use));
        if stretches.iter().any(|part| part.sources == 2) {
            out.push_str(&format!(" <i class=l2></i> {}", words.two_at_once));
        }
        if stretches.iter().any(|part| part.sources > 2) {
            out.push_str(&format!(" <i class=l3></i> {}", words.three_at_once));
        }
        if self.by_network {
            out.push_str(&format!(" · {}", words.by_network));
        }
        out.push_str("</p>");
    }

    /// The text alternative: all that the picture shows.
    fn text(
        &self,
        page: &mut Page<'_>,
        axis: &Axis,
        stretches: &[Together],
        lanes: &[&Lane],
    ) -> String {
        let (two, three) = overlap::seconds(stretches);
        let words = page.words;
        let mut text = fill(
            words.lanes_text,
            &[
                ("sources", &lanes.len()),
                ("first", &axis.show(axis.from, "%Y-%m-%d %H:%M")),
                ("last", &axis.show(axis.to, "%Y-%m-%d %H:%M")),
                ("two", &page.span(two)),
                ("three", &page.span(three)),
            ],
        );
        for lane in lanes {
            let name = self.name(page, lane);
            let span = page.span(lane.spans.seconds());
            let n = grouped(lane.connects, page.lang);
            text.push(' ');
            text.push_str(&fill(words.lane_text, &[("source", &name), ("n", &n), ("span", &span)]));
        }
        text
    }

    fn name(&self, page: &mut Page<'_>, lane: &Lane) -> String {
        match lane.source {
            Source::Others => fill(page.words.other_sources, &[("n", &self.others.max(1))]),
            source @ Source::Net(..) => page.names.source(source),
        }
    }
}

/// Seconds in use within the axis.
fn within(lane: &Lane, axis: &Axis) -> u64 {
    let part = |span: &Span| span.to.min(axis.to).saturating_sub(span.from.max(axis.from));
    lane.spans.all().iter().map(|span| u64::from(part(span))).sum()
}

/// A lane's times, and over them what of it was not alone.
fn bars(out: &mut String, lane: &Lane, axis: &Axis, stretches: &[Together], y: u32) {
    let scaled = |span: &Span| {
        let seen = span.to >= axis.from && span.from <= axis.to;
        seen.then(|| (axis.at(span.from), axis.at(span.to)))
    };
    let all = lane.spans.all();
    let path = svg::strokes(all.iter().filter_map(scaled), y);
    out.push_str(&format!("<path class=l1 d=\"{path}\"/>"));
    if lane.source == Source::Others {
        return;
    }
    for (class, is_many) in [("l2", false), ("l3", true)] {
        let of_level = stretches.iter().filter(|part| (part.sources > 2) == is_many);
        let parts = overlap::within(all, of_level.map(|part| part.span));
        let path = svg::strokes(parts.iter().filter_map(scaled), y);
        if !path.is_empty() {
            out.push_str(&format!("<path class={class} d=\"{path}\"/>"));
        }
    }
}

fn joined(mut a: Lane, b: &Lane) -> Lane {
    a.source = Source::Others;
    a.connects += b.connects;
    a.first = a.first.min(b.first);
    a.last = a.last.max(b.last);
    let mut spans = Spans::default();
    spans.merge(&a.spans);
    spans.merge(&b.spans);
    a.spans = spans;
    a
}
