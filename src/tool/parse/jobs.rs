//! `--jobs`: a file parsed by several threads, with the rows of one, in their order.
//!
//! Lines are cut into chunks. A thread parses each with a fork of the state that is known when it
//! begins. Its rows count only if that state is the one that the chunk before it left, in all that
//! later lines depend on; otherwise the chunk is parsed again, in order.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

use memchr::memchr;

use super::filter::{LineParser, ParseFilter};
use crate::error::{Error, ExitStatus};
use crate::io::output::Output;
use crate::io::reporter::Reporter;
use crate::timestamp::Timestamp;
use crate::tool::event_loop::{Filter, LineOrigin};

/// Bytes of a chunk.
const CHUNK: usize = 1 << 20;
/// Chunks that wait for a thread or for their turn, for each thread.
const WAITING: usize = 2;
/// After so many chunks in a row that had to be parsed in order, all are.
const FAILURES_MAX: u32 = 8;

/// Lines for a thread, each with its end, and the state to begin with.
struct Job {
    parser: LineParser,
    lines: Vec<u8>,
    arrival: Timestamp,
}

/// What became of them.
struct Done {
    parser: LineParser,
    lines: Vec<u8>,
    arrival: Timestamp,
    rows: Vec<u8>,
    is_parsed: bool,
}

/// A thread.
#[derive(Debug)]
struct ParserThread {
    jobs: SyncSender<Job>,
    done: Receiver<Done>,
}

impl ParserThread {
    fn start() -> Self {
        let (jobs, to_do) = sync_channel::<Job>(WAITING);
        let (finished, done) = sync_channel(WAITING);
        thread::spawn(move || {
            for Job { mut parser, lines, arrival } in to_do {
                let mut rows = Vec::with_capacity(lines.len() * 2);
                let is_parsed = parser.read(&lines, arrival, &mut rows).is_ok();
                if finished.send(Done { parser, lines, arrival, rows, is_parsed }).is_err() {
                    break;
                }
            }
        });
        Self { jobs, done }
    }
}

/// A [`ParseFilter`] with threads. Without them it passes all on.
#[derive(Debug)]
pub(super) struct ParallelFilter {
    inner: ParseFilter,
    reporter: Reporter,
    workers: Vec<ParserThread>,
    /// The worker of each chunk that is under way, and the state that it began with.
    running: VecDeque<(usize, String)>,
    next_worker: usize,
    chunk_size: usize,
    lines: Vec<u8>,
    /// When the first of the lines was read.
    arrival: Timestamp,
    failures: u32,
    /// Chunks of threads that counted.
    appended: u32,
    /// Whether lines go to the threads.
    is_parallel: bool,
}

impl ParallelFilter {
    pub(super) fn new(inner: ParseFilter, jobs: usize, reporter: Reporter) -> Self {
        let workers =
            if jobs > 1 { (0..jobs).map(|_| ParserThread::start()).collect() } else { Vec::new() };
        Self {
            inner,
            reporter,
            is_parallel: !workers.is_empty(),
            workers,
            running: VecDeque::new(),
            next_worker: 0,
            chunk_size: CHUNK,
            lines: Vec::new(),
            arrival: Timestamp(0),
            failures: 0,
            appended: 0,
        }
    }

    pub(super) fn lost(&self) -> u64 {
        self.inner.lost()
    }

    pub(super) fn exit_status(&self) -> ExitStatus {
        self.inner.exit_status()
    }

    /// Gives the lines so far to a thread.
    fn dispatch(&mut self, out: &mut Output) -> Result<(), Error> {
        while self.running.len() >= self.workers.len() * WAITING {
            self.collect(out)?;
        }
        let fork = self.inner.fork().zip(self.inner.seam_state());
        let (index, worker) = (self.next_worker, self.workers.get(self.next_worker));
        let (Some((parser, state)), Some(worker)) = (fork, worker) else {
            // The first lines of a log, and logs whose lines depend on each other.
            self.fail();
            return self.parse_in_order(out);
        };
        let lines = std::mem::take(&mut self.lines);
        if worker.jobs.send(Job { parser, lines, arrival: self.arrival }).is_err() {
            return Err(Error::refused("--jobs", "a thread has ended".to_owned()));
        }
        self.running.push_back((index, state));
        self.next_worker = (index + 1) % self.workers.len().max(1);
        Ok(())
    }

    /// Takes the rows of the oldest chunk that is under way.
    fn collect(&mut self, out: &mut Output) -> Result<(), Error> {
        let Some((index, state)) = self.running.pop_front() else { return Ok(()) };
        let done = self.workers.get(index).and_then(|worker| worker.done.recv().ok());
        let Some(Done { parser, lines, arrival, rows, is_parsed }) = done else {
            return Err(Error::refused("--jobs", "a thread has ended".to_owned()));
        };
        let is_same = is_parsed && self.inner.seam_state() == Some(state);
        if is_same && self.inner.append(parser) {
            self.failures = 0;
            self.appended += 1;
            out.buffer.extend_from_slice(&rows);
            return out.after_row();
        }
        self.fail();
        self.parse(&lines, arrival, out)
    }

    /// Parses lines with the state that is known.
    fn parse(&mut self, lines: &[u8], arrival: Timestamp, out: &mut Output) -> Result<(), Error> {
        let at = LineOrigin { input: "", line: 0, is_cut: false, arrival };
        let mut rest = lines;
        while let Some((line, after)) =
            memchr(b'\n', rest).and_then(|end| Some((rest.get(..end)?, rest.get(end + 1..)?)))
        {
            self.inner.line(line, at, out)?;
            out.after_row()?;
            rest = after;
        }
        Ok(())
    }

    /// Parses all lines that have come.
    fn parse_in_order(&mut self, out: &mut Output) -> Result<(), Error> {
        while !self.running.is_empty() {
            self.collect(out)?;
        }
        let lines = std::mem::take(&mut self.lines);
        self.parse(&lines, self.arrival, out)?;
        self.lines = lines;
        self.lines.clear();
        Ok(())
    }

    fn fail(&mut self) {
        self.failures += 1;
        if self.failures == FAILURES_MAX {
            self.is_parallel = false;
            self.reporter.print(
                "--jobs: parsing with one thread: lines of this log depend on those before them",
            );
        }
    }
}

impl Filter for ParallelFilter {
    fn line(&mut self, line: &[u8], at: LineOrigin<'_>, out: &mut Output) -> Result<(), Error> {
        if !self.is_parallel {
            if !self.running.is_empty() || !self.lines.is_empty() {
                self.parse_in_order(out)?;
            }
            return self.inner.line(line, at, out);
        }
        if self.lines.is_empty() {
            self.arrival = at.arrival;
        }
        if at.is_cut {
            self.inner.count_cut();
        }
        self.lines.extend_from_slice(line);
        self.lines.push(b'\n');
        if self.lines.len() >= self.chunk_size { self.dispatch(out) } else { Ok(()) }
    }

    fn deadline(&self) -> Option<Instant> {
        self.inner.deadline()
    }

    fn tick(&mut self, out: &mut Output) -> Result<(), Error> {
        self.parse_in_order(out)?;
        self.inner.tick(out)
    }

    fn report(&mut self, out: &mut Output) -> Result<(), Error> {
        self.parse_in_order(out)?;
        self.inner.report(out)
    }

    fn idle(&mut self, out: &mut Output) -> Result<(), Error> {
        self.parse_in_order(out)?;
        self.inner.idle(out)
    }

    fn finish(&mut self, out: &mut Output) -> Result<(), Error> {
        self.parse_in_order(out)?;
        self.inner.finish(out)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::path::Path;

    use super::*;
    use crate::io::output::OutputFormat;
    use crate::timestamp::{LocalTimeResolver, Zone};
    use crate::tool::parse::ParseOptions;

    /// The rows of a log by so many threads and in chunks of so many bytes, and how many chunks
    /// were parsed by a thread.
    fn rows(log: &[u8], jobs: usize, chunk_size: usize) -> (String, u32) {
        let local_time = LocalTimeResolver::new(Zone::read("UTC").ok(), Some(2026));
        let reporter = Reporter("");
        let format = OutputFormat::Json;
        let inner =
            ParseFilter::new(ParseOptions::default(), local_time, format, reporter).unwrap();
        let mut filter = ParallelFilter::new(inner, jobs, reporter);
        filter.chunk_size = chunk_size;
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut out = Output::to(File::create(file.path()).unwrap());
        let at = LineOrigin { input: "", line: 0, is_cut: false, arrival: Timestamp(0) };
        for line in log.split(|byte| *byte == b'\n') {
            filter.line(line, at, &mut out).unwrap();
        }
        let parallel = filter.appended;
        filter.finish(&mut out).unwrap();
        (fs::read_to_string(file.path()).unwrap(), parallel)
    }

    fn fixture(name: &str) -> Vec<u8> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/dialects").join(name);
        fs::read(path).unwrap()
    }

    fn framed(log: &[u8], prefix: &str) -> Vec<u8> {
        let lines = log.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.flat_map(|line| [prefix.as_bytes(), line, b"\n"].concat()).collect()
    }

    #[test]
    fn threads_write_the_rows_of_one() {
        let access = fixture("access/recorded.log");
        let many = |log: &[u8]| log.repeat(1 + 60_000 / log.len());
        let proxy = framed(&access, "px-1  | ");
        let other = framed(&fixture("mtprotoproxy/recorded.log"), "px-1  | ");
        let second = framed(&access, "px-2  | ");
        let telemt = framed(&fixture("telemt/debug.log"), "telemt-1  | ");
        let noise = framed(b"one\n{\"two\":2}\n\nthree exited with code 0\n", "px-1  | ");
        let logs = [
            many(&access),
            many(&proxy),
            many(&[&proxy[..], &other].concat()),
            many(&[&proxy[..], &second, &noise].concat()),
            many(&[&proxy[..], &telemt].concat()),
            many(&telemt),
            [many(&proxy), noise.repeat(100), many(&proxy)].concat(),
            [b"Attaching to px-1, telemt-1\n", &many(&proxy)[..], &many(&telemt)].concat(),
        ];
        let mut parallel = Vec::new();
        for (n, log) in logs.iter().enumerate() {
            let (want, _) = rows(log, 1, CHUNK);
            let mut most = 0;
            for chunk_size in [97, 1_000, 4_096, 20_011] {
                let (got, by_threads) = rows(log, 3, chunk_size);
                assert!(got == want, "log {n} in chunks of {chunk_size}");
                most = most.max(by_threads);
            }
            parallel.push(most > 3);
        }
        assert_eq!(parallel[..4], [true; 4], "{parallel:?}");
        assert!(!parallel[5]);
    }
}
