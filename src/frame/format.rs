//! The framings, by name.

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
}

impl FrameFormat {
    pub const ALL: [Self; 16] = [
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
        }
    }

    /// journalctl indents the further lines of a message in these.
    pub(super) fn is_journalctl_text(self) -> bool {
        matches!(
            self,
            Self::Short | Self::ShortIso | Self::ShortFull | Self::ShortUnix | Self::ShortMonotonic
        )
    }

    /// This with a container engine's timestamp inside.
    pub(super) fn stamped(self) -> Self {
        match self {
            Self::Compose => Self::ComposeStamped,
            Self::Kubectl => Self::KubectlStamped,
            other @ (Self::Bare
            | Self::ComposeStamped
            | Self::Stamped
            | Self::JsonFile
            | Self::Cri
            | Self::KubectlStamped
            | Self::Short
            | Self::ShortIso
            | Self::ShortFull
            | Self::ShortUnix
            | Self::ShortMonotonic
            | Self::JournalJson
            | Self::Rfc3164
            | Self::Rfc5424) => other,
        }
    }
}
