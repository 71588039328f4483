//! Open connections over time, from samples, and who had them at the last.

use super::super::model::sockets::{Point, Series};
use super::super::model::timeline::seconds;
use super::axis::{Axis, WIDTH};
use super::html::Esc;
use super::{Page, svg};
use crate::view::messages::fill;

const HEIGHT: u32 = 96;
/// Room for the figure of the highest point.
const TOP: u32 = 16;
/// Addresses of the last sample that are listed.
const LISTED: usize = 20;

/// Draws each port.
pub(super) fn draw(page: &mut Page<'_>) {
    let model = page.model;
    if model.sockets.ports.is_empty() {
        return;
    }
    page.section("sockets", page.messages.sockets);
    for (port, series) in &model.sockets.ports {
        chart(page, *port, series);
        listed(page, *port, series);
    }
    page.out.push_str("</section>\n");
}

fn chart(page: &mut Page<'_>, port: u16, series: &Series) {
    let (Some(first), Some(last)) = (series.points.first(), series.points.last()) else { return };
    let Some(most) = series.points.iter().max_by_key(|point| point.total) else { return };
    let messages = page.messages;
    let text = fill(
        messages.sockets_text,
        &[
            ("port", &port),
            ("n", &page.number(series.samples)),
            ("first", &page.moment(first.at)),
            ("last", &page.moment(last.at)),
            ("most", &page.number(most.total)),
            ("peak", &page.moment(most.at)),
            ("now", &page.number(last.total)),
        ],
    );
    let peak = fill(messages.most_open, &[("n", &page.number(most.total))]);
    let axis = Axis::new(seconds(first.at), seconds(last.at), page.options.zone.clone());
    let highest = most.total.max(1);
    let heading = format!("{} :{port}", messages.sockets);
    let out = &mut page.out;
    out.push_str("<figure>");
    svg::begin(out, &format!("p{port}"), TOP + HEIGHT + svg::LABELS, &heading, &text);
    svg::ticks(out, &axis, TOP, TOP + HEIGHT);
    svg::begin_inner(out, TOP, HEIGHT);
    let total = steps(series, &axis, highest, |point| point.total);
    let addresses = steps(series, &axis, highest, |point| point.addresses);
    out.push_str(&format!("<path class=h d=\"{total}\"/><path class=a d=\"{addresses}\"/>"));
    svg::end(out);
    out.push_str(&format!("<text x=\"100%\" y=11 class=z>{}</text>", Esc(&peak)));
    svg::end(out);
    out.push_str(&format!(
        "<p class=legend><i class=h></i> {} <i class=a></i> {}</p></figure>",
        messages.sockets_total, messages.sockets_addresses
    ));
}

/// An area of steps: each point holds until the next, no finer than a unit of the axis.
fn steps(series: &Series, axis: &Axis, highest: u64, value: fn(&Point) -> u64) -> String {
    let mut columns: Vec<(u32, u64)> = Vec::new();
    for point in &series.points {
        let at = axis.at(seconds(point.at));
        match columns.last_mut() {
            Some((column, most)) if *column == at => *most = (*most).max(value(point)),
            _ => columns.push((at, value(point))),
        }
    }
    let tall = |value: u64| {
        let tall = value * u64::from(HEIGHT) / highest;
        HEIGHT.saturating_sub(u32::try_from(tall).unwrap_or(HEIGHT))
    };
    let mut path = format!("M{} {HEIGHT}", columns.first().map_or(0, |column| column.0));
    for (at, value) in columns {
        path.push_str(&format!("H{at}V{}", tall(value)));
    }
    path.push_str(&format!("H{WIDTH}V{HEIGHT}z"));
    path
}

fn listed(page: &mut Page<'_>, port: u16, series: &Series) {
    if series.last.by_ip.is_empty() {
        return;
    }
    let row = page.names.sample(series.last.clone());
    let messages = page.messages;
    let caption = fill(messages.sockets_last, &[("port", &port)]);
    page.out.push_str(&format!(
        "<table><caption>{caption}</caption><thead><tr><th scope=col>{}<th scope=col>{}<tbody>",
        messages.address, messages.connections
    ));
    for from in row.by_ip.iter().take(LISTED) {
        let class = if from.connections >= page.options.warn { " class=warn" } else { "" };
        let users: Vec<_> = from.user.iter().chain(&from.users).map(AsRef::as_ref).collect();
        let whose =
            if users.is_empty() { String::new() } else { format!(" ({})", users.join(", ")) };
        let count = page.number(from.connections);
        page.out.push_str(&format!(
            "<tr{class}><th scope=row>{}<bdi>{}</bdi><td>{count}",
            Esc(&from.ip.to_string()),
            Esc(&whose),
        ));
    }
    page.out.push_str("</table>");
}
