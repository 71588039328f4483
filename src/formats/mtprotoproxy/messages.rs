//! Messages of mtprotoproxy outside its statistics. They have no levels and no marks, and are
//! recognised by their words.

use std::sync::LazyLock;

use memchr::memmem;

use crate::formats::bytes::PatternIndex;
use crate::formats::{Meaning, MessagePattern, NO_CLIENT, pattern, reason};
use crate::stream::Kind;

const IGNORED: Meaning = Meaning::Ignored(NO_CLIENT);

/// The first four are read by `StatisticsReader`.
pub(super) const PATTERNS: &[MessagePattern] = &[
    pattern("Stats for ", Meaning::Context),
    pattern("New IPs:", Meaning::Context),
    pattern("Clients with time skew (possible replay-attackers):", Meaning::Context),
    pattern("Clients with duplicate handshake (likely replay-attackers):", Meaning::Context),
    pattern("Config reloaded", Meaning::Event(Kind::Reload)),
    pattern("Client from ", Meaning::Rejected(reason::BAD_PROXY_HEADER)),
    pattern("Time skew detected, please set the clock", Meaning::Event(Kind::Note)),
    pattern("Disabling advertising to continue serving", Meaning::Event(Kind::Note)),
    pattern("Time is ok, reenabling advertising", Meaning::Event(Kind::Note)),
    pattern("Traceback (most recent call last):", IGNORED),
    pattern("Found uvloop, using it", IGNORED),
    pattern("Server time: ", IGNORED),
    pattern("Putting down the shields against replay attacks", IGNORED),
    pattern("Error getting server time ", IGNORED),
    pattern("Error updating middle proxy list: ", IGNORED),
    pattern("Error updating middle proxy secret", IGNORED),
    pattern("Middle proxy secret updated", IGNORED),
    pattern("Got cert from the MASK_HOST ", IGNORED),
    pattern("The MASK_HOST ", IGNORED),
    pattern("Got timeout while getting TLS handshake from MASK_HOST ", IGNORED),
    pattern("Failed to connect to MASK_HOST ", IGNORED),
    pattern("Got connection refused while trying to connect to ", IGNORED),
    pattern("Unable to connect to ", IGNORED),
    pattern("The Telegram server ", IGNORED),
    pattern("msg_len is bad, closing connection ", IGNORED),
    pattern("unexpected seq_no", IGNORED),
    pattern("unknown rpc ans type: ", IGNORED),
    pattern("BUG: ", IGNORED),
    pattern("The default port ", IGNORED),
    pattern("The default secret ", IGNORED),
    pattern("You can change it to this random secret: ", IGNORED),
    pattern("The default TLS_DOMAIN ", IGNORED),
    pattern("You should use random existing domain instead", IGNORED),
    pattern("Warning: one or more default settings detected", IGNORED),
    pattern("Bad secret for user ", IGNORED),
    pattern("Changing it to ", IGNORED),
    pattern("Legacy options SECURE_ONLY or TLS_ONLY detected", IGNORED),
    pattern("Please use MODES in your config instead:", IGNORED),
    pattern("MODES = {", IGNORED),
    pattern("    \"classic\": ", IGNORED),
    pattern("    \"secure\": ", IGNORED),
    pattern("    \"tls\": ", IGNORED),
    pattern("IPv6 found, using it for external communication", IGNORED),
    pattern("Failed to determine your ip, advertising disabled", IGNORED),
    pattern("Socket-proxy mode activated", IGNORED),
    pattern("Failed to increase the limit of opened files", IGNORED),
    pattern("No pycryptodome or cryptography detected", IGNORED),
];

pub(super) static INDEX: LazyLock<PatternIndex> = LazyLock::new(|| PatternIndex::of(PATTERNS));

pub(super) fn is_message(text: &[u8]) -> bool {
    INDEX.match_prefix(text).is_some()
}

/// `alice: tg://proxy?server=192.0.2.10&port=9443&secret=…`
pub(super) fn is_link(text: &[u8]) -> bool {
    memmem::find(text, b": tg://proxy?server=").is_some()
}
