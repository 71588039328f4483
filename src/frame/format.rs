//! The framings, by name, and what one of them holds.

use crate::timestamp::Timestamp;

/// A framing: the text around a program's message in a raw line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameFormat {
    /// `mtp-access ts=…`
    Bare,
    /// `mtprotoproxy-1  | LINE`
    Compose,
    /// `mtprotoproxy-1  | 2026-11-23T15:41:40.324509072Z LINE`
    ComposeStamped,
    /// `2026-11-23T15:41:40.324509072Z LINE`
    Stamped,
    /// `{"log":"LINE\n","stream":"stdout","time":"2026-11-23T15:12:15.59447559Z"}`
    JsonFile,
    /// `2026-11-23T15:40:39.592034633Z stdout F LINE`
    Cri,
    /// `[pod/NAME/CONTAINER] LINE`
    Kubectl,
    /// `[pod/NAME/CONTAINER] 2026-11-23T15:41:40.324509072Z LINE`
    KubectlStamped,
    /// `Nov 23 18:21:18 vps1 python3[812]: LINE`
    Short,
    /// `2026-11-23T18:21:18+0300 vps1 python3[812]: LINE`
    ShortIso,
    /// `Mon 2026-11-23 18:21:18 MSK vps1 python3[812]: LINE`
    ShortFull,
    /// `1795447278.345123 vps1 python3[812]: LINE`
    ShortUnix,
    /// `[    1.000000] vps1 python3[812]: LINE`
    ShortMonotonic,
    /// `{"MESSAGE":"LINE","__REALTIME_TIMESTAMP":"1795447278345123",…}`
    JournalJson,
    /// `<30>Nov 23 15:43:21 vm d84d50fb1f8b[25290]: LINE`
    Rfc3164,
    /// `<30>1 2026-11-23T15:43:35.843161Z vm 698916f27ebd 25290 698916f27ebd - LINE`
    Rfc5424,
    /// `Mon Nov 23 18:21:18 2026 daemon.info mtg[812]: LINE`
    Logread,
    /// `mtp_proxy.1.mwsnmqyifo5g@node1    | LINE`
    Service,
    /// `[proxy]  | LINE`
    PodmanCompose,
    /// `d84d50fb1f8b LINE`, `proxy_mtg_1 LINE`
    Podman,
    /// `0|mtg  | LINE`
    Pm2,
    /// `2026-11-23T15:40:35: LINE`
    Pm2Time,
    /// `{"message":"LINE\n","timestamp":"…","type":"out","process_id":0,"app_name":"mtg"}`
    Pm2Json,
    /// `px-6d5f7c9b4-x2x7p px LINE`
    Stern,
    /// `{"message":"LINE","nodeName":"n","namespace":"d","podName":"px-…","containerName":"px"}`
    SternJson,
    /// `INFO - mtproto: mtg inbound 25 | LINE`
    XUi,
}

impl FrameFormat {
    pub const ALL: [Self; 26] = [
        Self::Bare,
        Self::Compose,
        Self::ComposeStamped,
        Self::Stamped,
        Self::JsonFile,
        Self::Cri,
        Self::Kubectl,
        Self::KubectlStamped,
        Self::Short,
        Self::ShortIso,
        Self::ShortFull,
        Self::ShortUnix,
        Self::ShortMonotonic,
        Self::JournalJson,
        Self::Rfc3164,
        Self::Rfc5424,
        Self::Logread,
        Self::Service,
        Self::PodmanCompose,
        Self::Podman,
        Self::Pm2,
        Self::Pm2Time,
        Self::Pm2Json,
        Self::Stern,
        Self::SternJson,
        Self::XUi,
    ];

    /// Its name in `--explain`.
    pub fn name(self) -> &'static str {
        self.entry().0
    }

    /// What writes it.
    pub fn brief(self) -> &'static str {
        self.entry().1
    }

    fn entry(self) -> (&'static str, &'static str) {
        match self {
            Self::Bare => ("none", "the program's own lines, docker logs, journalctl -o cat"),
            Self::Compose => ("compose", "docker compose logs, 1.x and 2.x"),
            Self::ComposeStamped => ("compose-t", "docker compose logs -t"),
            Self::Stamped => ("docker-t", "docker logs -t, podman logs -t, kubectl --timestamps"),
            Self::JsonFile => ("json-file", "Docker's log files"),
            Self::Cri => ("cri", "log files of containerd, CRI-O and podman"),
            Self::Kubectl => ("kubectl", "kubectl logs --prefix"),
            Self::KubectlStamped => ("kubectl-t", "kubectl logs --prefix --timestamps"),
            Self::Short => ("short", "journalctl, -o short-precise, rsyslog's traditional files"),
            Self::ShortIso => ("short-iso", "journalctl -o short-iso, rsyslog's newer files"),
            Self::ShortFull => ("short-full", "journalctl -o short-full"),
            Self::ShortUnix => ("short-unix", "journalctl -o short-unix"),
            Self::ShortMonotonic => ("short-monotonic", "journalctl -o short-monotonic"),
            Self::JournalJson => ("journal-json", "journalctl -o json"),
            Self::Rfc3164 => ("rfc3164", "syslog with a priority, RFC 3164"),
            Self::Rfc5424 => ("rfc5424", "syslog with a priority, RFC 5424"),
            Self::Logread => ("logread", "logread of OpenWrt"),
            Self::Service => ("service", "docker service logs"),
            Self::PodmanCompose => ("podman-compose", "podman-compose up"),
            Self::Podman => ("podman", "podman logs and podman-compose logs of several containers"),
            Self::Pm2 => ("pm2", "pm2 logs"),
            Self::Pm2Time => ("pm2-time", "pm2's log files with --time"),
            Self::Pm2Json => ("pm2-json", "pm2 logs --json"),
            Self::Stern => ("stern", "stern"),
            Self::SternJson => ("stern-json", "stern --output json"),
            Self::XUi => ("x-ui", "the mtg inbounds in the log of 3x-ui"),
        }
    }

    /// journalctl indents the further lines of a message in these.
    pub(super) fn is_journalctl_text(self) -> bool {
        matches!(
            self,
            Self::Short | Self::ShortIso | Self::ShortFull | Self::ShortUnix | Self::ShortMonotonic
        )
    }

    /// A name before a line.
    pub(super) fn is_prefix(self) -> bool {
        matches!(self, Self::Compose | Self::Service | Self::PodmanCompose | Self::Pm2)
    }

    /// This with a container engine's timestamp inside.
    pub(super) fn stamped(self) -> Self {
        if self == Self::Compose {
            Self::ComposeStamped
        } else if self == Self::Kubectl {
            Self::KubectlStamped
        } else {
            self
        }
    }

    /// Its times are local, and the zone or year may be assumed.
    pub(super) fn has_local_time(self) -> bool {
        matches!(self, Self::Short | Self::ShortFull | Self::Logread | Self::Pm2Time | Self::XUi)
    }

    /// The frames that may stand inside it where it names its source. A container may print text of
    /// its clients, which must not be taken for a frame of another source.
    pub(super) fn inner_kinds(self) -> FrameKinds {
        use FrameKind::{EngineTime, Pm2Time, Prefix, XUi};
        FrameKinds::of(match self {
            // A unit may run `docker compose up` or `docker logs`.
            Self::Short
            | Self::ShortIso
            | Self::ShortFull
            | Self::ShortUnix
            | Self::ShortMonotonic
            | Self::Rfc3164
            | Self::Rfc5424
            | Self::Logread => &[Prefix, EngineTime, XUi],
            Self::JournalJson => &[Prefix, XUi],
            Self::Compose | Self::Service | Self::PodmanCompose | Self::Podman | Self::Stern => {
                &[EngineTime, XUi]
            }
            Self::Kubectl => &[EngineTime],
            Self::Pm2 => &[Pm2Time, XUi],
            Self::JsonFile | Self::Pm2Json | Self::SternJson => &[XUi],
            Self::Bare
            | Self::ComposeStamped
            | Self::Stamped
            | Self::Cri
            | Self::KubectlStamped
            | Self::Pm2Time
            | Self::XUi => &[],
        })
    }
}

/// One frame: the rest inside it, its time, its source.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'l> {
    pub(super) format: FrameFormat,
    pub(super) rest: &'l [u8],
    pub(super) ts: Option<Timestamp>,
    pub(super) source: Option<&'l [u8]>,
}

impl<'l> Frame<'l> {
    pub(super) fn new(format: FrameFormat, rest: &'l [u8]) -> Self {
        Self { format, rest, ts: None, source: None }
    }

    pub(super) fn at(self, ts: Timestamp) -> Self {
        Self { ts: Some(ts), ..self }
    }

    pub(super) fn from(self, source: &'l [u8]) -> Self {
        Self { source: Some(source), ..self }
    }
}

/// Kinds of frame, a bit each.
#[derive(Clone, Copy, Debug)]
pub(super) enum FrameKind {
    /// A container's name before a line.
    Prefix = 1,
    EngineTime = 2,
    Pod = 4,
    Syslog = 8,
    Record = 16,
    Pm2Time = 32,
    XUi = 64,
}

/// A set of kinds of frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameKinds(u8);

impl FrameKinds {
    pub(super) const ALL: Self = Self(u8::MAX);

    fn of(kinds: &[FrameKind]) -> Self {
        Self(kinds.iter().fold(0, |bits, kind| bits | *kind as u8))
    }

    pub(super) fn has(self, kind: FrameKind) -> bool {
        self.0 & kind as u8 != 0
    }

    pub(super) fn remove(&mut self, kind: FrameKind) {
        self.0 &= !(kind as u8);
    }

    pub(super) fn restrict(&mut self, to: Self) {
        self.0 &= to.0;
    }
}
