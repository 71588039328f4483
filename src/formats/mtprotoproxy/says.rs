//! What mtprotoproxy says outside its statistics. It has no levels and no marks: its messages are
//! known by their words.

use memchr::memmem;

use crate::formats::{Meaning, MessagePattern, reason, saying, scan};
use crate::stream::Kind;

use Meaning::Chatter;

/// The patterns; those of the statistics are read by the block.
pub(super) const SAYINGS: &[MessagePattern] = &[
    saying("Stats for ", Meaning::Context),
    saying("New IPs:", Meaning::Context),
    saying("Clients with time skew (possible replay-attackers):", Meaning::Context),
    saying("Clients with duplicate handshake (likely replay-attackers):", Meaning::Context),
    saying("Config reloaded", Meaning::Event(Kind::Reload)),
    saying("Client from ", Meaning::Rejected(reason::BAD_PROXY_HEADER)),
    saying("Time skew detected, please set the clock", Meaning::Event(Kind::Note)),
    saying("Disabling advertising to continue serving", Meaning::Event(Kind::Note)),
    saying("Time is ok, reenabling advertising", Meaning::Event(Kind::Note)),
    saying("Traceback (most recent call last):", Chatter),
    saying("Found uvloop, using it", Chatter),
    saying("Server time: ", Chatter),
    saying("Putting down the shields against replay attacks", Chatter),
    saying("Error getting server time ", Chatter),
    saying("Error updating middle proxy list: ", Chatter),
    saying("Error updating middle proxy secret", Chatter),
    saying("Middle proxy secret updated", Chatter),
    saying("Got cert from the MASK_HOST ", Chatter),
    saying("The MASK_HOST ", Chatter),
    saying("Got timeout while getting TLS handshake from MASK_HOST ", Chatter),
    saying("Failed to connect to MASK_HOST ", Chatter),
    saying("Got connection refused while trying to connect to ", Chatter),
    saying("Unable to connect to ", Chatter),
    saying("The Telegram server ", Chatter),
    saying("msg_len is bad, closing connection ", Chatter),
    saying("unexpected seq_no", Chatter),
    saying("unknown rpc ans type: ", Chatter),
    saying("BUG: ", Chatter),
    saying("The default port ", Chatter),
    saying("The default secret ", Chatter),
    saying("You can change it to this random secret: ", Chatter),
    saying("The default TLS_DOMAIN ", Chatter),
    saying("You should use random existing domain instead", Chatter),
    saying("Warning: one or more default settings detected", Chatter),
    saying("Bad secret for user ", Chatter),
    saying("Changing it to ", Chatter),
    saying("Legacy options SECURE_ONLY or TLS_ONLY detected", Chatter),
    saying("Please use MODES in your config instead:", Chatter),
    saying("MODES = {", Chatter),
    saying("    \"classic\": ", Chatter),
    saying("    \"secure\": ", Chatter),
    saying("    \"tls\": ", Chatter),
    saying("IPv6 found, using it for external communication", Chatter),
    saying("Failed to determine your ip, advertising disabled", Chatter),
    saying("Socket-proxy mode activated", Chatter),
    saying("Failed to increase the limit of opened files", Chatter),
    saying("No pycryptodome or cryptography detected", Chatter),
];

/// Whether this is one of the messages.
pub(super) fn is_message(text: &[u8]) -> bool {
    scan::begins(text, SAYINGS).is_some()
}

/// `alice: tg://proxy?server=192.0.2.10&port=9443&secret=…`: the links of the start.
pub(super) fn is_link(text: &[u8]) -> bool {
    memmem::find(text, b": tg://proxy?server=").is_some()
}
