//! The event loop of every filter: lines in, rows out, signals and deadlines in between.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::time::Instant;

use crate::error::{Error, ExitStatus};
use crate::io::line_buffer::{Fill, LineReader};
use crate::io::output::Output;
use crate::io::reporter::Reporter;
use crate::io::source::Source;
use crate::io::wait::Signals;
use crate::timestamp::Timestamp;

/// A filter of lines.
pub trait Filter {
    /// Takes a line of this input.
    fn line(&mut self, line: &[u8], at: LineOrigin<'_>, out: &mut Output) -> Result<(), Error>;

    /// When [`Filter::tick`] is due.
    fn deadline(&self) -> Option<Instant> {
        None
    }

    fn tick(&mut self, _out: &mut Output) -> Result<(), Error> {
        Ok(())
    }

    /// SIGUSR1.
    fn report(&mut self, out: &mut Output) -> Result<(), Error>;

    /// The input is idle: what was held back is written. The loop flushes rows already written.
    fn idle(&mut self, _out: &mut Output) -> Result<(), Error> {
        Ok(())
    }

    /// An input has ended; `cut` lines of it were longer than is kept.
    fn source_ended(&mut self, _cut: u64) {}

    /// All inputs have ended, or a signal stopped the loop.
    fn finish(&mut self, out: &mut Output) -> Result<(), Error>;
}

/// Where and when a line came in.
#[derive(Clone, Copy, Debug)]
pub struct LineOrigin<'p> {
    /// The input's name.
    pub input: &'p str,
    /// The line's number in it, from 1.
    pub line: u64,
    /// The line was longer than is kept.
    pub is_cut: bool,
    /// When it was read; the lines of one read have one time.
    pub arrival: Timestamp,
}

/// Runs a filter over the files, or standard input. A file that cannot be read is reported, and
/// the next one is read. If none could be read, `finish` is not called: counts of nothing would
/// hide the failure.
pub fn run(
    paths: &[PathBuf],
    filter: &mut dyn Filter,
    out: &mut Output,
    reporter: Reporter,
) -> Result<ExitStatus, Error> {
    let signals = Signals::take().map_err(|error| Error::input("signals", error))?;
    if paths.is_empty() && io::stdin().is_terminal() && io::stderr().is_terminal() {
        reporter.print("reading standard input (try --help)");
    }
    let (mut status, mut was_any_read) = (ExitStatus::Success, false);
    for path in Source::named(paths) {
        let passed = Source::open(&path).and_then(|source| {
            let mut lines = LineReader::new(source);
            let passed = pass(&mut lines, filter, out, &signals);
            was_any_read |= passed.is_ok() || lines.buffer().number() > 0;
            passed
        });
        match passed {
            Ok(Fill::Stop) => break,
            Ok(_) => {}
            Err(error @ Error::Input { .. }) => {
                reporter.print(&error);
                status = ExitStatus::Failure;
            }
            Err(error) => return Err(error),
        }
    }
    if !was_any_read {
        return Ok(status);
    }
    filter.finish(out)?;
    out.flush()?;
    Ok(status)
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
        let arrival = Timestamp::now();
        while let Some(line) = lines.buffer().take_line() {
            let at = LineOrigin { input: &name, line: line.number, is_cut: line.is_cut, arrival };
            filter.line(line.text, at, out)?;
            out.after_row()?;
            // Many lines may be read at once, and some take long.
            if signals.is_stopped() {
                break;
            }
        }
        let is_due = deadline.is_some_and(|at| fill == Fill::Tick || at <= Instant::now());
        if is_due {
            filter.tick(out)?;
        }
        match fill {
            Fill::More | Fill::Tick => {}
            Fill::Report => filter.report(out)?,
            Fill::End | Fill::Stop => {
                filter.source_ended(lines.buffer().cut());
                return Ok(fill);
            }
        }
    }
}
