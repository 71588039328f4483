//! The terminal, taken over and given back as it was: at the end, at ^Z, and on signals.

use std::fs::File;
use std::io::{self, IsTerminal, Stdout};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::crossterm::{cursor, execute};
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::{Frame, Terminal};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, getpid, kill_current_process_group, kill_process};
use signal_hook::consts::{SIGCONT, SIGINT, SIGTERM, SIGTSTP};

/// The terminal while it is ours.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    end: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    /// Set when the process goes on after a stop that it did not make.
    again: Arc<AtomicBool>,
    is_ours: bool,
    /// The file whose keys are read.
    keys: File,
}

impl Screen {
    /// Takes it over.
    pub(super) fn enter() -> io::Result<Self> {
        let [end, stop, again] = [(); 3].map(|()| Arc::new(AtomicBool::new(false)));
        // SIGHUP stays what it is: the terminal is gone, so there is nothing to give back. A second
        // SIGTERM kills.
        for signal in [SIGTERM, SIGINT] {
            signal_hook::flag::register_conditional_default(signal, end.clone())?;
            signal_hook::flag::register(signal, end.clone())?;
        }
        signal_hook::flag::register(SIGTSTP, stop.clone())?;
        signal_hook::flag::register(SIGCONT, again.clone())?;
        let terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        let mut screen = Self { terminal, end, stop, again, is_ours: false, keys: keys()? };
        screen.take()?;
        Ok(screen)
    }

    /// Draws a frame; what has not changed is not sent.
    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        if self.again.swap(false, Ordering::Relaxed) {
            self.take()?;
        }
        self.terminal.draw(draw).map(|_| ())
    }

    /// Sends all of the next frame, without blanking the screen before it.
    pub(super) fn repaint(&mut self) {
        for cell in &mut self.terminal.current_buffer_mut().content {
            // No frame has this colour: every cell differs.
            cell.fg = Color::Rgb(1, 2, 3);
        }
        self.terminal.swap_buffers();
    }

    /// Blanks it: all of the next frame is sent. The library's own way asks the terminal where the
    /// cursor is, which not every terminal answers.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::new(0, 0, size.width, size.height))
    }

    /// Whether a signal asked for the end, or the terminal is gone: where SIGHUP is ignored (nohup),
    /// reading its keys would never end.
    pub(super) fn must_end(&self) -> bool {
        self.end.load(Ordering::Relaxed) || self.wait(Duration::ZERO)
    }

    /// Waits for a key or a signal. Returns whether the terminal is gone.
    pub(super) fn wait(&self, at_most: Duration) -> bool {
        let mut polled = [PollFd::new(&self.keys, PollFlags::IN)];
        let timeout = Timespec::try_from(at_most).ok();
        // A signal ends the wait, and is looked at next.
        poll(&mut polled, timeout.as_ref()).unwrap_or_default();
        let [keys] = polled;
        keys.revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
    }

    /// Whether a signal asked to stop, as ^Z does.
    pub(super) fn must_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Gives the terminal back and stops, with the rest of the pipeline; goes on where the shell
    /// continues it.
    pub(super) fn stop(&mut self) -> io::Result<()> {
        self.leave();
        kill_current_process_group(Signal::TSTP)?;
        kill_process(getpid(), Signal::STOP)?;
        self.stop.store(false, Ordering::Relaxed);
        self.again.store(false, Ordering::Relaxed);
        self.take()
    }

    /// Gives the terminal back and interrupts the rest of the pipeline.
    pub(super) fn interrupt(&mut self) -> io::Result<()> {
        self.leave();
        Ok(kill_current_process_group(Signal::INT)?)
    }

    /// Restores the terminal. Errors are dropped: nothing is left to print them to.
    pub(super) fn leave(&mut self) {
        if std::mem::take(&mut self.is_ours) {
            // The screen last: once it is gone, ^C is a signal again.
            drop(disable_raw_mode());
            drop(execute!(io::stdout(), LeaveAlternateScreen, cursor::Show));
        }
    }

    fn take(&mut self) -> io::Result<()> {
        enable_raw_mode()?;
        self.is_ours = true;
        execute!(io::stdout(), EnterAlternateScreen, cursor::Hide)?;
        self.clear()
    }
}

/// Standard input where it is a terminal, as crossterm reads keys.
fn keys() -> io::Result<File> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return stdin.as_fd().try_clone_to_owned().map(File::from);
    }
    File::open("/dev/tty")
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.leave();
    }
}
