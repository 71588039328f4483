//! Connections an hour as bars.

use super::super::model::Hours;
use super::Page;
use super::axis::{Axis, WIDTH};
use super::html::{Esc, grouped};
use super::svg;
use crate::view::messages::fill;

/// Bars at most: an hour each over four days, more hours each beyond.
const BARS_MAX: u32 = 96;
/// Fewer show nothing that the count does not.
const BARS_MIN: u32 = 3;
const HEIGHT: u32 = 72;
/// Room for the figure of the highest bar.
const TOP: u32 = 16;
const HOUR: u32 = 3600;

/// Draws the hours over the axis; nothing where there are none.
pub(super) fn draw(page: &mut Page<'_>, hours: &Hours, axis: &Axis, id: &str, heading: &str) {
    let first = axis.from / HOUR;
    let count = (axis.to / HOUR).saturating_sub(first) + 1;
    let each = count.div_ceil(BARS_MAX);
    if count < BARS_MIN {
        return;
    }
    let mut bars = vec![0_u64; (count.div_ceil(each)) as usize];
    for counted in hours.all() {
        let bar = counted.hour.checked_sub(first).map(|hour| (hour / each) as usize);
        if let Some(bar) = bar.and_then(|bar| bars.get_mut(bar)) {
            *bar += u64::from(counted.connections);
        }
    }
    let Some((peak, most)) = bars.iter().copied().enumerate().max_by_key(|(n, most)| {
        (*most, std::cmp::Reverse(*n)) // the first of several
    }) else {
        return;
    };
    if most == 0 {
        return;
    }
    let (messages, lang) = (page.messages, page.lang);
    let whole = axis.over(first * HOUR, (first + count) * HOUR);
    let unit = if each == 1 {
        messages.an_hour.to_owned()
    } else {
        fill(messages.n_hours, &[("n", &each)])
    };
    let peak = (first + each * u32::try_from(peak).unwrap_or(0)) * HOUR;
    let text = fill(
        messages.by_hour_text,
        &[
            ("n", &grouped(bars.iter().sum(), lang)),
            ("first", &axis.show(axis.from, "%Y-%m-%d %H:%M")),
            ("last", &axis.show(axis.to, "%Y-%m-%d %H:%M")),
            ("most", &grouped(most, lang)),
            ("unit", &unit),
            ("peak", &axis.show(peak, "%Y-%m-%d %H:%M")),
        ],
    );
    let out = &mut page.out;
    out.push_str(&format!("<figure><figcaption>{}</figcaption>", Esc(heading)));
    svg::begin(out, id, TOP + HEIGHT + svg::LABELS, heading, &text);
    svg::ticks(out, &whole, TOP, TOP + HEIGHT);
    svg::begin_inner(out, TOP, HEIGHT);
    out.push_str(&format!("<path class=h d=\"{}\"/>", path(&bars, most)));
    svg::end(out);
    let most = fill(messages.most, &[("n", &grouped(most, lang)), ("unit", &unit)]);
    out.push_str(&format!("<text x=\"100%\" y=11 class=z>{}</text>", Esc(&most)));
    svg::end(out);
    out.push_str("</figure>");
}

/// Bars side by side with a gap between them, none of them invisible.
fn path(bars: &[u64], most: u64) -> String {
    let count = u32::try_from(bars.len()).unwrap_or(1).max(1);
    let mut path = String::new();
    for (n, value) in bars.iter().enumerate().filter(|(_, value)| **value > 0) {
        let n = u32::try_from(n).unwrap_or(0);
        let (left, right) = (n * WIDTH / count, (n + 1) * WIDTH / count);
        let width = (right - left).saturating_sub(WIDTH / count / 5).max(1);
        let tall = u64::from(HEIGHT) * value / most.max(1);
        let tall = u32::try_from(tall).unwrap_or(HEIGHT).clamp(1, HEIGHT);
        path.push_str(&format!("M{left} {HEIGHT}v-{tall}h{width}v{tall}z"));
    }
    path
}
