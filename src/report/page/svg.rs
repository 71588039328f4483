//! Charts without a library: plain SVG that stretches in width, while its text does not.
//!
//! The outer picture has no view box, so `%` is of the width there is and a pixel is a pixel; what
//! is drawn to scale lies in an inner one of 1000 units that is stretched.

use super::axis::{Axis, WIDTH};
use super::html::Esc;

/// Room for the labels below a chart.
pub(super) const LABELS: u32 = 18;

/// Begins a picture of this height with its text alternative.
pub(super) fn begin(out: &mut String, id: &str, height: u32, title: &str, text: &str) {
    out.push_str(&format!(
        "<svg role=img width=\"100%\" height={height} aria-labelledby=\"{id}t {id}d\">\
         <title id={id}t>{}</title><desc id={id}d>{}</desc>",
        Esc(title),
        Esc(text)
    ));
}

/// Begins the inner picture, from this height on.
pub(super) fn begin_inner(out: &mut String, top: u32, height: u32) {
    out.push_str(&format!(
        "<svg y={top} width=\"100%\" height={height} viewBox=\"0 0 {WIDTH} {height}\" \
         preserveAspectRatio=none>"
    ));
}

/// Ends a picture, inner or outer.
pub(super) fn end(out: &mut String) {
    out.push_str("</svg>");
}

/// Lines and labels of an axis: lines from `top`, labels below `bottom`.
pub(super) fn ticks(out: &mut String, axis: &Axis, top: u32, bottom: u32) {
    for (at, label) in axis.ticks() {
        let place = axis.at(at);
        let x = percent(place);
        // What would stick out of the picture leans inwards.
        let lean = match place {
            0..40 => " class=b",
            961.. => " class=z",
            _ => "",
        };
        out.push_str(&format!(
            "<line x1={x} x2={x} y1={top} y2={bottom} /><text x={x} y={}{lean}>{}</text>",
            bottom + 14,
            Esc(&label)
        ));
    }
}

/// `"12.3%"`
fn percent(place: u32) -> String {
    format!("\"{}.{}%\"", place / 10, place % 10)
}

/// Horizontal strokes at this height, for a path: near ones are joined, none is too short to see.
pub(super) fn strokes(spans: impl Iterator<Item = (u32, u32)>, y: u32) -> String {
    /// Shorter is not seen on a phone.
    const LENGTH_MIN: u32 = 2;
    let mut path = String::new();
    let mut pen: Option<(u32, u32)> = None;
    let mut at = 0;
    let mut draw = |from: u32, to: u32| {
        if path.is_empty() {
            path.push_str(&format!("M{from} {y}h{}", to - from));
        } else {
            path.push_str(&format!("m{} 0h{}", from - at, to - from));
        }
        at = to;
    };
    for (from, to) in spans {
        let to = to.max(from + LENGTH_MIN);
        match &mut pen {
            Some((_, end)) if from <= *end + 1 => *end = to.max(*end),
            Some((start, end)) => {
                draw(*start, *end);
                pen = Some((from, to));
            }
            None => pen = Some((from, to)),
        }
    }
    if let Some((from, to)) = pen {
        draw(from, to);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strokes_are_joined_and_seen() {
        let path = strokes([(0, 0), (1, 5), (20, 20), (30, 40)].into_iter(), 7);
        assert_eq!(path, "M0 7h5m15 0h2m8 0h10");
        assert_eq!(strokes(std::iter::empty(), 7), "");
    }
}
