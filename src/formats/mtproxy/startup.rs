//! What the images of both programs print before the program starts: links, their QR codes, and
//! the configuration.

use memchr::memmem;

use crate::formats::redact;

/// First words of such lines.
const WORDS: &[&str] = &[
    // The official image.
    "####",
    "#### Telegram Proxy",
    "[+] Using the explicitly passed secret: ",
    "[+] No secret passed. Will generate ",
    "[+] Using the secret in ",
    "[+] Saving it in ",
    "[+] Starting proxy...",
    "[*] Final configuration:",
    "[*]   Secret ",
    "[*]   tg:// link for secret ",
    "[*]   t.me link for secret ",
    "[*]   Tag: ",
    "[*]   External IP: ",
    "[*]   Make sure to fix the links in case you run the proxy on a different port.",
    // teleproxy's start.sh.
    "WARNING: MTPROXY_",
    "WARNING: Could not detect external IP. Set EXTERNAL_IP env var for Docker NAT support.",
    "WARNING: Failed to refresh proxy config, using cached copy.",
    "Downloading proxy config from ",
    "Proxy config downloaded successfully.",
    "No SECRET provided, generating one...",
    "Generated secret: ",
    "Configured ",
    "Auto-detected external IP: ",
    "Generated data/config.toml with ",
    "Direct mode: connecting directly to Telegram DCs (no ME relay)",
    "Starting Teleproxy with command: ",
    "===== Connection Links =====",
    "(Set EXTERNAL_IP to show your server's IP)",
    "QR codes: http",
    "=============================",
    // Lines of the program that have no time.
    "IP table hash size: ",
];

pub(super) fn is_line(line: &[u8]) -> bool {
    let is_link = || line.starts_with(b"https://t.me/proxy?server=");
    let is_hosts =
        || line.starts_with(b"read ") && memmem::find(line, b" bytes of /etc/").is_some();
    redact::is_drawing(line)
        || WORDS.iter().any(|words| line.starts_with(words.as_bytes()))
        || is_link()
        || is_hosts()
}
