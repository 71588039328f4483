//! Links as pictures: on a terminal, and as a file.

use qrcode::render::{svg, unicode::Dense1x2};
use qrcode::{Color, EcLevel, QrCode};

use super::png;

/// Why a link has no picture: it is longer than a picture can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// How a picture is shown on a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// Black on white, whatever the terminal's colours are.
    Coloured,
    /// As the terminal writes: for one that is dark.
    Bare,
}

/// Half blocks for a terminal: two rows of the picture a line.
pub fn text(link: &str, paint: Paint) -> Result<String, TooLong> {
    let (dark, light) = match paint {
        Paint::Coloured => (Dense1x2::Dark, Dense1x2::Light),
        Paint::Bare => (Dense1x2::Light, Dense1x2::Dark),
    };
    let picture = code(link)?.render::<Dense1x2>().dark_color(dark).light_color(light).build();
    let lines = picture.lines().map(|line| match paint {
        Paint::Coloured => format!("\u{1b}[30;107m{line}\u{1b}[0m\n"),
        Paint::Bare => format!("{line}\n"),
    });
    Ok(lines.collect())
}

/// Number of columns of a picture on a terminal.
pub fn width(link: &str) -> Result<usize, TooLong> {
    Ok(code(link)?.width() + 2 * QUIET_ZONE)
}

/// Empty modules on each side.
const QUIET_ZONE: usize = 4;

/// A vector graphic.
pub fn svg(link: &str) -> Result<String, TooLong> {
    let code = code(link)?;
    Ok(code
        .render()
        .min_dimensions(256, 256)
        .dark_color(svg::Color("#000"))
        .light_color(svg::Color("#fff"))
        .build())
}

/// A bitmap of 8 pixels a module.
pub fn png(link: &str) -> Result<Vec<u8>, TooLong> {
    let code = code(link)?;
    let (width, colours) = (code.width(), code.to_colors());
    let side = (width + 2 * QUIET_ZONE) * PIXELS;
    let is_dark = |x: usize, y: usize| {
        let x = (x / PIXELS).checked_sub(QUIET_ZONE).filter(|x| *x < width);
        let y = (y / PIXELS).checked_sub(QUIET_ZONE).filter(|y| *y < width);
        let at = x.zip(y).map(|(x, y)| y * width + x);
        at.and_then(|at| colours.get(at)).is_some_and(|colour| *colour == Color::Dark)
    };
    let rows: Vec<Vec<bool>> =
        (0..side).map(|y| (0..side).map(|x| is_dark(x, y)).collect()).collect();
    png::encode(&rows).map_err(|_| TooLong)
}

/// Side of a module in a bitmap.
const PIXELS: usize = 8;

fn code(link: &str) -> Result<QrCode, TooLong> {
    QrCode::with_error_correction_level(link, EcLevel::L).map_err(|_| TooLong)
}
