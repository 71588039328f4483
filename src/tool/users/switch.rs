//! `disable` and `enable`: users kept out and let in again.

use super::desk::{Desk, Done, must_exist, users};
use crate::error::Error;

/// Keeps users out.
pub(super) fn disable(desk: &mut Desk) -> Result<(), Error> {
    turn(desk, Turn::Off)
}

/// Lets disabled users in again.
pub(super) fn enable(desk: &mut Desk) -> Result<(), Error> {
    turn(desk, Turn::On)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Off,
    On,
}

fn turn(desk: &mut Desk, turn: Turn) -> Result<(), Error> {
    let names = desk.names()?;
    let file = desk.path().display().to_string();
    desk.edit(|_, config, change| {
        let mut done = Vec::new();
        for name in &names {
            must_exist(config, &file, name)?;
            let is_on = users(config, &file)?.is_some_and(|known| known.get(name).is_some());
            let (turned, did) = match (turn, is_on) {
                (Turn::Off, true) => (change.disable(name), "disabled"),
                (Turn::On, false) => (change.enable(name), "enabled"),
                (Turn::Off, false) => (Ok(()), "already disabled"),
                (Turn::On, true) => (Ok(()), "already enabled"),
            };
            turned.map_err(|fault| fault.of(&file))?;
            done.push(Done::to(name, did));
        }
        Ok(done)
    })
}
