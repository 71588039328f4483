//! Waiting for input, a signal or a deadline.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};

/// The signals of a stream: an end in order, and a report.
#[derive(Debug)]
pub struct Signals {
    stop: UnixStream,
    report: UnixStream,
    is_stopped: Arc<AtomicBool>,
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wakeup {
    /// Input, or its end.
    Ready,
    /// The deadline.
    Tick,
    /// SIGHUP, SIGINT or SIGTERM: end in order.
    Stop,
    /// SIGUSR1: report.
    Report,
}

impl Signals {
    /// Installs the handlers. A second SIGINT or SIGTERM kills, as without a handler. An ignored
    /// SIGHUP (`nohup`) stays ignored.
    pub fn take() -> io::Result<Self> {
        let (stop, stop_sent) = UnixStream::pair()?;
        let (report, report_sent) = UnixStream::pair()?;
        let is_stopped = Arc::new(AtomicBool::new(false));
        let hangup = (!is_ignored(SIGHUP)).then_some(SIGHUP);
        for signal in [SIGINT, SIGTERM].into_iter().chain(hangup) {
            let once = Arc::new(AtomicBool::new(false));
            // Registered first, so that it sees the flag the second registration sets only later.
            signal_hook::flag::register_conditional_default(signal, once.clone())?;
            signal_hook::flag::register(signal, once)?;
            signal_hook::flag::register(signal, is_stopped.clone())?;
            signal_hook::low_level::pipe::register(signal, stop_sent.try_clone()?)?;
        }
        signal_hook::low_level::pipe::register(SIGUSR1, report_sent)?;
        report.set_nonblocking(true)?;
        Ok(Self { stop, report, is_stopped })
    }

    /// Whether a signal has asked for the end, without a system call.
    pub fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    /// What is there now; does not wait.
    pub fn poll_now(&self, fd: BorrowedFd<'_>) -> io::Result<Option<Wakeup>> {
        self.poll(Some(fd), Some(Duration::ZERO))
    }

    /// Waits for input, a signal, or the deadline.
    pub fn wait(&self, fd: BorrowedFd<'_>, deadline: Option<Instant>) -> io::Result<Wakeup> {
        self.wait_any(Some(fd), deadline)
    }

    /// Waits for a signal or the deadline.
    pub fn sleep(&self, deadline: Instant) -> io::Result<Wakeup> {
        self.wait_any(None, Some(deadline))
    }

    fn wait_any(
        &self,
        fd: Option<BorrowedFd<'_>>,
        deadline: Option<Instant>,
    ) -> io::Result<Wakeup> {
        loop {
            let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            if let Some(wake) = self.poll(fd, left)? {
                return Ok(wake);
            }
            if left == Some(Duration::ZERO) {
                return Ok(Wakeup::Tick);
            }
        }
    }

    fn poll(
        &self,
        fd: Option<BorrowedFd<'_>>,
        timeout: Option<Duration>,
    ) -> io::Result<Option<Wakeup>> {
        let watched = |fd| PollFd::from_borrowed_fd(fd, PollFlags::IN);
        let mut all = vec![watched(self.stop.as_fd()), watched(self.report.as_fd())];
        all.extend(fd.map(watched));
        let timeout = timeout.and_then(|left| Timespec::try_from(left).ok());
        match poll(&mut all, timeout.as_ref()) {
            Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(None),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let is_ready = |n: usize| all.get(n).is_some_and(|fd| !fd.revents().is_empty());
        Ok(if is_ready(0) {
            Some(Wakeup::Stop)
        } else if is_ready(1) {
            self.drain_reports();
            Some(Wakeup::Report)
        } else {
            is_ready(2).then_some(Wakeup::Ready)
        })
    }

    /// One report answers all the signals that asked for one.
    fn drain_reports(&self) {
        let mut sink = [0; 64];
        while io::Read::read(&mut &self.report, &mut sink).is_ok_and(|n| n == sink.len()) {}
    }
}

/// Whether the process was started with this signal ignored.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let bits = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    bits >> (signal - 1) & 1 == 1
}
