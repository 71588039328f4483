//! The screen: a thread feeds the book, this one draws it and answers keys. They share nothing
//! else, so that a stream that stalls never stalls the screen.

mod feed;
mod keys;
mod list;
mod screen;
mod story;
mod terminal;

use std::io::{self, IsTerminal};
use std::thread;
use std::time::{Duration, Instant};

use ratatui::crossterm::event::{self, Event, KeyEventKind};

use super::{Options, stream};
use crate::error::{Error, ExitStatus};
use crate::io::reporter::Reporter;
use crate::io::source::Source;
use crate::view::Look;
use feed::Shared;
use keys::{Act, Ui};
use list::List;
use terminal::Screen;

/// What the manual says of the keys.
pub(super) const KEYS_HELP: &str = keys::HELP;

/// How often the screen looks for something new.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How often it is drawn at most while rows pour in.
const DRAW_EVERY: Duration = Duration::from_millis(250);

/// Runs the screen until it is told to end.
pub(super) fn run(options: Options, look: &Look, reporter: Reporter) -> Result<ExitStatus, Error> {
    if !io::stdout().is_terminal() {
        let what = "standard output is no terminal; --text and --html write into pipes and files";
        return Err(Error::Usage(format!("--watch: {what}")));
    }
    // What cannot be opened is said while there is still a line to say it on.
    for path in &options.files {
        Source::open(path)?;
    }
    let names = stream::names(&options.names)?;
    let shared = Shared::new(names);
    let mut screen = Screen::enter().map_err(|error| Error::input("terminal", error))?;
    let feeding = {
        let shared = shared.clone();
        thread::spawn(move || feed::run(&options.files, &shared, reporter))
    };
    let ended = draw_until_told(&mut screen, &shared, look);
    screen.leave();
    ended.map_err(|error| Error::input("terminal", error))?;
    let fed = feeding.is_finished().then(|| feeding.join());
    match fed {
        Some(Ok(ending)) => ending,
        Some(Err(_)) | None => Ok(ExitStatus::Success),
    }
}

fn draw_until_told(screen: &mut Screen, shared: &Shared, look: &Look) -> io::Result<()> {
    let mut ui = Ui::default();
    let mut list = List::default();
    let (mut drawn, mut drawn_at) = (None, Instant::now());
    let mut is_stale = true;
    loop {
        if shared.is_stopped() || screen.is_told_to_end() {
            return Ok(());
        }
        if screen.is_told_to_stop() {
            screen.stop()?;
            is_stale = true;
        }
        let version = shared.version();
        let is_new = drawn != Some(version) && drawn_at.elapsed() >= DRAW_EVERY;
        if is_stale || is_new {
            shared.with(|book, names| {
                list = List::of(book, names, &ui);
                ui.settle(&list);
                screen.draw(|frame| screen::draw(frame, &ui, &list, book, names, shared, look))
            })?;
            (drawn, drawn_at, is_stale) = (Some(version), Instant::now(), false);
        }
        if !event::poll(LOOK_EVERY)? {
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
            Some(Act::Stop) => screen.stop()?,
            Some(Act::Go) | None => {}
        }
    }
}
