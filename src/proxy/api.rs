//! The management API of telemt and mtg-multi, as far as a reload needs it.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::reload::{CONFIRM_POLL, CONFIRM_TIMEOUT, Confirmation};
use crate::userconfig::UserConfig;

/// Longest wait for one answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);
/// Time after which telemt, which looks at its file every 50 ms, has read it.
const SETTLED_AFTER: Duration = Duration::from_millis(1500);
/// Largest answer that is read.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// A proxy's management API.
#[derive(Debug)]
pub struct ManagementApi {
    /// `127.0.0.1:9091`
    pub address: String,
    authorization: Option<String>,
    agent: ureq::Agent,
}

impl ManagementApi {
    /// Returns the API that a config file sets up.
    pub fn of(config: &UserConfig<'_>) -> Option<Self> {
        let settings = config.api()?;
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(ANSWER_TIMEOUT))
            .http_status_as_error(false)
            .proxy(None)
            .build()
            .into();
        let (host, port) = settings.listen.rsplit_once(':')?;
        let host = match host {
            "" | "0.0.0.0" => "127.0.0.1",
            "[::]" => "[::1]",
            other => other,
        };
        let address = format!("{host}:{port}");
        Some(Self { address, authorization: settings.authorization, agent })
    }

    /// Returns the number of config reloads of telemt, and the second of the last one or of the
    /// start; `None` where its API does not answer.
    pub fn telemt_reloads(&self) -> Option<(u64, u64)> {
        let mut request = self.agent.get(format!("http://{}/v1/system/info", self.address));
        if let Some(value) = &self.authorization {
            request = request.header("Authorization", value);
        }
        let mut answer = request.call().ok().filter(|answer| answer.status().is_success())?;
        let text = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string().ok()?;
        let answer: Value = serde_json::from_str(&text).ok()?;
        let field = |name: &str| answer.get("data")?.get(name)?.as_u64();
        let started = field("process_started_at_epoch_secs")?;
        let last = field("last_config_reload_epoch_secs").unwrap_or(0);
        Some((field("config_reload_count")?, last.max(started)))
    }

    /// Waits until telemt has read a file that was saved at this second. `before` is the number of
    /// reloads before the file was saved, where that is known.
    pub fn wait_for_telemt(&self, before: Option<u64>, saved: u64) -> Confirmation {
        let begun = Instant::now();
        let mut outcome = Confirmation::Unknown;
        let mut before = before;
        while begun.elapsed() < CONFIRM_TIMEOUT {
            if let Some((count, newest)) = self.telemt_reloads() {
                // A reload in the second of the save may be one before it.
                let has_waited = newest == saved && begun.elapsed() > SETTLED_AFTER;
                if count > *before.get_or_insert(count) || newest > saved || has_waited {
                    return Confirmation::Confirmed;
                }
                outcome = Confirmation::Missing;
            } else if outcome == Confirmation::Unknown {
                return outcome;
            }
            std::thread::sleep(CONFIRM_POLL);
        }
        outcome
    }

    /// Makes mtg-multi read its file again; an error is its answer.
    pub fn reload_mtg_multi(&self) -> Result<(), String> {
        let mut request = self.agent.post(format!("http://{}/reload", self.address));
        if let Some(value) = &self.authorization {
            request = request.header("Authorization", value);
        }
        let mut answer = request.send_empty().map_err(|error| error.to_string())?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        if status.as_u16() == 404 {
            return Err("this mtg-multi has no /reload (restart it)".to_owned());
        }
        let text = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string();
        let text = text.unwrap_or_default();
        let line = text.lines().next().unwrap_or_default();
        Err(format!("status {}: {line}", status.as_u16()))
    }

    /// Tests if something accepts connections at the address.
    pub fn answers(&self) -> bool {
        let mut request = self.agent.get(format!("http://{}/stats", self.address));
        if let Some(value) = &self.authorization {
            request = request.header("Authorization", value);
        }
        request.call().is_ok()
    }
}
