//! What every look needs to know.

use crate::sockets::{Prefix, Via, Want};

/// What every look needs to know.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    /// The ports, and whether the kernel's measurements are wanted.
    pub(super) want: Want,
    /// How the kernel is asked.
    pub(super) via: Via,
    /// Which networks are told apart.
    pub(super) prefix: Prefix,
    /// Which rows are written.
    pub(super) what: What,
    /// How many addresses a sample shows.
    pub(super) top: usize,
    /// Whether there is one sample only.
    pub(super) is_single: bool,
}

impl Ask {
    /// Whether connections must be told apart, not only counted.
    pub(super) fn keeps_connections(&self) -> bool {
        !self.is_single || self.want.info || self.what != What::Samples
    }
}

/// Which rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A sample a port.
    Samples,
    /// And a row a connection.
    Sockets,
    /// Instead, what was opened and closed.
    Changes,
}
