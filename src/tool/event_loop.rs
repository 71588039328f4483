//! The loop of every filter: lines in, rows out, signals and the clock in between.

use std::path::PathBuf;
use std::time::Instant;

use crate::error::{Error, ExitStatus};
use crate::io::line_buffer::{Fill, LineReader};
use crate::io::output::Output;
use crate::io::reporter::Reporter;
use crate::io::source::Source;
use crate::io::wait::Signals;

/// What a filter does with what comes.
pub trait Filter {
    /// Takes a line of this input.
    fn line(&mut self, line: &[u8], at: LineOrigin<'_>, out: &mut Output) -> Result<(), Error>;

    /// The next moment it wants to be woken at.
    fn deadline(&self) -> Option<Instant> {
        None
    }

    /// That moment has come.
    fn tick(&mut self, _out: &mut Output) -> Result<(), Error> {
        Ok(())
    }

    /// SIGUSR1: say how things stand.
    fn report(&mut self, out: &mut Output) -> Result<(), Error>;

    /// The input is idle: what is due to readers may leave now. Rows already written are flushed
    /// by the loop.
    fn idle(&mut self, _out: &mut Output) -> Result<(), Error> {
        Ok(())
    }

    /// An input has ended; `cut` lines of it were longer than is kept.
    fn source_ended(&mut self, _cut: u64) {}

    /// All has ended, or was told to.
    fn finish(&mut self, out: &mut Output) -> Result<(), Error>;
}

/// Where a line is from.
#[derive(Clone, Copy, Debug)]
pub struct LineOrigin<'p> {
    /// The input's name.
    pub input: &'p str,
    /// The line's number in it, from 1.
    pub line: u64,
}

/// Runs a filter over the files, or standard input. A file that cannot be read is said, and the
/// others still are; if there are no others, that is the end: counts and pages of nothing would
/// hide it.
pub fn run(
    paths: &[PathBuf],
    filter: &mut dyn Filter,
    out: &mut Output,
    reporter: Reporter,
) -> Result<ExitStatus, Error> {
    let signals = Signals::take().map_err(|error| Error::input("signals", error))?;
    let (mut ending, mut was_any_read) = (ExitStatus::Success, false);
    for path in Source::named(paths) {
        let passed = Source::open(&path).and_then(|source| {
            let mut lines = LineReader::new(source);
            let passed = pass(&mut lines, filter, out, &signals);
            was_any_read |= passed.is_ok() || lines.number() > 0;
            passed
        });
        match passed {
            Ok(Fill::Stop) => break,
            Ok(_) => {}
            Err(error @ Error::Input { .. }) => {
                reporter.print(&error);
                ending = ExitStatus::Failure;
            }
            Err(error) => return Err(error),
        }
    }
    if !was_any_read {
        return Ok(ending);
    }
    filter.finish(out)?;
    out.flush()?;
    Ok(ending)
}

/// Passes one input through, to its end or a signal.
fn pass(
    lines: &mut LineReader,
    filter: &mut dyn Filter,
    out: &mut Output,
    signals: &Signals,
) -> Result<Fill, Error> {
    let name = lines.name().to_owned();
    loop {
        let deadline = filter.deadline();
        let fill = lines.fill(signals, deadline, &mut || {
            filter.idle(out)?;
            out.flush()
        })?;
        while let Some((line, number)) = lines.numbered() {
            filter.line(line, LineOrigin { input: &name, line: number }, out)?;
            out.after_row()?;
        }
        let is_due = deadline.is_some_and(|at| fill == Fill::Tick || at <= Instant::now());
        if is_due {
            filter.tick(out)?;
        }
        match fill {
            Fill::More | Fill::Tick => {}
            Fill::Report => filter.report(out)?,
            Fill::End | Fill::Stop => {
                filter.source_ended(lines.cut);
                return Ok(fill);
            }
        }
    }
}
