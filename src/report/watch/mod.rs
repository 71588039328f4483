//! The screen: another thread feeds the model, this one draws it and answers keys. They share nothing
//! else, so that a stream that stalls never stalls the screen.

mod feed;
mod keys;
mod list;
mod screen;
mod terminal;
mod user_detail;

use std::io;
use std::time::{Duration, Instant};

use ratatui::crossterm::event::{self, Event, KeyEventKind};

use crate::error::Error;
use crate::view::TextStyle;
pub use feed::Shared;
use keys::{Act, Ui};
use list::List;
use terminal::Screen;

/// How often the screen looks for something new.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How often all of it is sent again: another tool of the pipeline may have written over it.
const REPAINT_EVERY: Duration = Duration::from_secs(3);
/// How often it is drawn at most while rows pour in.
const DRAW_EVERY: Duration = Duration::from_millis(250);

/// Shows the screen until a key, a signal or the stopped reader ends it. `start` starts the reader
/// once the terminal is taken over.
pub fn run(shared: &Shared, style: &TextStyle, start: impl FnOnce()) -> Result<(), Error> {
    let failed = |error| Error::input("terminal", error);
    let mut screen = Screen::enter().map_err(failed)?;
    start();
    let ended = draw_until_end(&mut screen, shared, style);
    screen.leave();
    ended.map_err(failed)
}

fn draw_until_end(screen: &mut Screen, shared: &Shared, style: &TextStyle) -> io::Result<()> {
    let mut ui = Ui::default();
    let mut list = List::default();
    let (mut drawn, mut drawn_at) = (None, Instant::now());
    let mut is_stale = true;
    let mut painted_at = Instant::now();
    loop {
        if shared.is_stopped() || screen.must_end() {
            return Ok(());
        }
        if screen.must_stop() {
            screen.stop()?;
            is_stale = true;
        }
        if painted_at.elapsed() >= REPAINT_EVERY {
            screen.repaint();
            (painted_at, is_stale) = (Instant::now(), true);
        }
        let version = shared.version();
        let is_new = drawn != Some(version) && drawn_at.elapsed() >= DRAW_EVERY;
        if is_stale || is_new {
            shared.with(|model, names| {
                list = List::of(model, names, &ui);
                ui.settle(&list);
                screen.draw(|frame| screen::draw(frame, &ui, &list, model, names, shared, style))
            })?;
            (drawn, drawn_at, is_stale) = (Some(version), Instant::now(), false);
        }
        if !event::poll(Duration::ZERO)? {
            screen.wait(LOOK_EVERY);
            continue;
        }
        is_stale = true;
        let event = event::read()?;
        if matches!(event, Event::Resize(..)) {
            screen.clear()?;
        }
        let pressed = event.as_key_event().filter(|key| key.kind != KeyEventKind::Release);
        match pressed.map(|key| ui.key(key, &list)) {
            Some(Act::Quit) => return Ok(()),
            Some(Act::Interrupt) => return screen.interrupt(),
            Some(Act::Stop) => screen.stop()?,
            Some(Act::Go) | None => {}
        }
    }
}
