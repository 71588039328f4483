//! What keys do.
#![expect(clippy::wildcard_enum_match_arm, reason = "most keys mean nothing here")]

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::list::{List, Sort};
use crate::stream::Verdict;

/// How the screen stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Ui {
    pub(super) sort: Sort,
    pub(super) is_reversed: bool,
    /// Only users of this verdict.
    pub(super) only: Option<Verdict>,
    /// Only users whose name holds this.
    pub(super) find: String,
    /// What keys go to.
    pub(super) mode: Mode,
    /// The chosen user, by its key: it stays chosen while the list moves.
    pub(super) chosen: Option<Box<str>>,
    /// Whether a key chose it: before, it is whoever is at the top.
    is_chosen: bool,
    /// Where the chosen user is in the list.
    pub(super) place: usize,
    /// Lines of the details that are above the screen.
    pub(super) scrolled: u16,
}

/// What is on the screen, and so what keys mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    #[default]
    List,
    /// A name to find is being typed.
    Find,
    Detail,
    Help,
}

/// What a key asks of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Nothing but to be drawn.
    Go,
    Quit,
    /// Ends the whole pipeline, as ^C does on a terminal that is not taken over.
    Interrupt,
    Stop,
}

/// Lines of a page.
const PAGE: isize = 10;

impl Ui {
    /// Takes a key.
    pub(super) fn key(&mut self, key: KeyEvent, list: &List) -> Act {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return match key.code {
                KeyCode::Char('c') => Act::Interrupt,
                KeyCode::Char('d') => Act::Quit,
                KeyCode::Char('z') => Act::Stop,
                _ => Act::Go,
            };
        }
        match self.mode {
            Mode::Find => self.typed(key.code),
            Mode::List if key.code == KeyCode::Char('q') => return Act::Quit,
            Mode::List => self.in_list(key.code, list),
            Mode::Detail => self.in_detail(key.code, list),
            Mode::Help => self.mode = Mode::List,
        }
        Act::Go
    }

    /// Finds the chosen user in a new list; where it is gone, who took its place is chosen.
    pub(super) fn settle(&mut self, list: &List) {
        let chosen = self.chosen.as_deref();
        let found = list.lines.iter().position(|line| Some(&*line.key) == chosen);
        let found = if self.is_chosen { found } else { Some(0) };
        self.place = found.unwrap_or(self.place).min(list.lines.len().saturating_sub(1));
        self.chosen = list.lines.get(self.place).map(|line| line.key.clone());
        if self.mode == Mode::Detail && self.chosen.is_none() {
            self.mode = Mode::List;
        }
    }

    fn in_list(&mut self, key: KeyCode, list: &List) {
        match key {
            KeyCode::Enter | KeyCode::Right if self.chosen.is_some() => {
                (self.mode, self.scrolled, self.is_chosen) = (Mode::Detail, 0, true);
            }
            KeyCode::Char('s') => self.sort = self.sort.next(),
            KeyCode::Char('r') => self.is_reversed = !self.is_reversed,
            KeyCode::Char('v') => self.only = next_verdict(self.only),
            KeyCode::Char('/') => self.mode = Mode::Find,
            KeyCode::Char('?' | 'h') => self.mode = Mode::Help,
            KeyCode::Esc => {
                self.find.clear();
                self.only = None;
            }
            _ => self.moved(key, list),
        }
    }

    fn in_detail(&mut self, key: KeyCode, list: &List) {
        match key {
            KeyCode::Esc | KeyCode::Enter | KeyCode::Left | KeyCode::Char('q') => {
                self.mode = Mode::List;
            }
            KeyCode::Up | KeyCode::Char('k') => self.scrolled = self.scrolled.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.scrolled = self.scrolled.saturating_add(1),
            KeyCode::Char('n') => self.moved(KeyCode::Down, list),
            KeyCode::Char('p') => self.moved(KeyCode::Up, list),
            KeyCode::Char('?' | 'h') => self.mode = Mode::Help,
            _ => {}
        }
    }

    fn typed(&mut self, key: KeyCode) {
        match key {
            KeyCode::Enter => self.mode = Mode::List,
            KeyCode::Esc => {
                self.find.clear();
                self.mode = Mode::List;
            }
            KeyCode::Backspace => drop(self.find.pop()),
            KeyCode::Char(letter) => self.find.push(letter),
            _ => {}
        }
    }

    fn moved(&mut self, key: KeyCode, list: &List) {
        let end = list.lines.len().saturating_sub(1);
        let by = |lines: isize| self.place.saturating_add_signed(lines).min(end);
        self.place = match key {
            KeyCode::Up | KeyCode::Char('k') => by(-1),
            KeyCode::Down | KeyCode::Char('j') => by(1),
            KeyCode::PageUp => by(-PAGE),
            KeyCode::PageDown => by(PAGE),
            KeyCode::Home | KeyCode::Char('g') => 0,
            KeyCode::End | KeyCode::Char('G') => end,
            _ => return,
        };
        self.is_chosen = true;
        self.chosen = list.lines.get(self.place).map(|line| line.key.clone());
    }
}

/// All, then each verdict, worst first, then all again.
fn next_verdict(only: Option<Verdict>) -> Option<Verdict> {
    let Some(only) = only else { return Verdict::ALL.first().copied() };
    let at = Verdict::ALL.iter().position(|verdict| *verdict == only)?;
    Verdict::ALL.get(at + 1).copied()
}
