//! Why a client was turned away, or a connection ended: the values of a row's `reason`.

/// A reason, as the manual explains it.
#[derive(Clone, Copy, Debug)]
pub struct Reason {
    /// The row's `reason`.
    pub name: &'static str,
    /// What it means, one line.
    pub means: &'static str,
}

const fn reason(name: &'static str, means: &'static str) -> Reason {
    Reason { name, means }
}

/// A wrong secret, or no MTProto at all.
pub const BAD_HANDSHAKE: &str = "bad-handshake";
/// A handshake that was seen before.
pub const REPLAY: &str = "replay";
/// A handshake whose time is too far from the proxy's.
pub const TIME_SKEW: &str = "time-skew";
/// A TLS hello for a domain that is not the proxy's.
pub const UNKNOWN_SNI: &str = "unknown-sni";
/// Too many connections of the user.
pub const LIMIT: &str = "limit";
/// Too many addresses of the user.
pub const IP_LIMIT: &str = "ip-limit";
/// The user's time is over.
pub const EXPIRED: &str = "expired";
/// The user's traffic is used up.
pub const QUOTA: &str = "quota";
/// The user is switched off.
pub const DISABLED: &str = "disabled";
/// The address is not allowed.
pub const DENIED: &str = "denied";
/// A PROXY protocol header that cannot be read.
pub const BAD_PROXY_HEADER: &str = "bad-proxy-header";
/// The client sent nothing, or too little.
pub const EARLY_CLOSE: &str = "early-close";
/// Ended in order.
pub const CLOSED: &str = "closed";
/// Ended by an error.
pub const ABORTED: &str = "aborted";
/// Ended because nothing was sent for too long.
pub const IDLE: &str = "idle";
/// Ended because no server of Telegram could be reached.
pub const NO_DC: &str = "no-dc";

/// All reasons, in the manual's order.
pub const REASONS: &[Reason] = &[
    reason(BAD_HANDSHAKE, "a wrong secret, or no MTProto at all"),
    reason(REPLAY, "a handshake that was seen before: someone repeats what he overheard"),
    reason(TIME_SKEW, "the client's clock is too far from the proxy's, or the handshake is old"),
    reason(UNKNOWN_SNI, "a TLS hello for a domain that is not the proxy's"),
    reason(LIMIT, "the user has as many connections as allowed"),
    reason(IP_LIMIT, "the user has as many addresses as allowed"),
    reason(EXPIRED, "the user's time is over"),
    reason(QUOTA, "the user's traffic is used up"),
    reason(DISABLED, "the user, or the kind of connection, is switched off"),
    reason(DENIED, "the address is on a list, or not on one"),
    reason(BAD_PROXY_HEADER, "the load balancer's PROXY header could not be read"),
    reason(EARLY_CLOSE, "the client left before its handshake was complete"),
    reason(CLOSED, "of a disconnect: ended in order"),
    reason(ABORTED, "of a disconnect: ended by an error"),
    reason(IDLE, "of a disconnect: nothing was sent for too long"),
    reason(NO_DC, "of a disconnect: no server of Telegram could be reached"),
];
