//! The settings of a client, parsed and validated once. An error names the setting or environment variable, and never
//! shows an access key.

mod access_key;
mod backoff;
mod base_url;
mod certificate_variables;
mod proxy;
mod root_certificates;

use std::time::Duration;

use bird_connectors_api::types::WorkspaceId;

pub(crate) use access_key::AccessKey;
pub(crate) use backoff::Backoff;
pub(crate) use base_url::BaseUrl;
pub(crate) use certificate_variables::check_certificate_variables;
pub(crate) use proxy::{Proxy, ProxySetting};
pub(crate) use root_certificates::RootCertificates;

use crate::error::Error;

/// Bird's production API.
pub(crate) const DEFAULT_BASE_URL: &str = "https://api.bird.com";

pub(crate) const ENV_ACCESS_KEY: &str = "BIRD_ACCESS_KEY";
pub(crate) const ENV_BASE_URL: &str = "BIRD_BASE_URL";
pub(crate) const ENV_WORKSPACE_ID: &str = "BIRD_WORKSPACE_ID";

/// Reads an environment variable. An empty variable counts as unset.
pub(crate) fn env(name: &'static str) -> Result<Option<String>, Error> {
    match std::env::var(name) {
        Ok(value) if value.trim().is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(Error::configuration(format!(
            "the environment variable {name} is not valid UTF-8"
        ))),
    }
}

/// The shortest timeout. No response arrives in less time. There is no longest timeout: one that exceeds the range of the
/// clock never expires.
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(1);

/// The timeouts of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    /// One API call, including all attempts and pauses.
    pub(crate) total: Duration,
    /// One attempt, up to the last byte of the response.
    pub(crate) attempt: Duration,
    /// Name resolution, TCP connection and TLS handshake.
    pub(crate) connect: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            total: Duration::from_secs(60),
            attempt: Duration::from_secs(30),
            connect: Duration::from_secs(5),
        }
    }
}

impl Timeouts {
    fn check(self) -> Result<(), Error> {
        for (name, value) in [
            ("timeout", self.total),
            ("attempt_timeout", self.attempt),
            ("connect_timeout", self.connect),
        ] {
            if value.is_zero() {
                return Err(Error::configuration(format!(
                    "{name} is zero: every call would fail before it is sent; expected at least 1 ms"
                )));
            }
            if value < SHORTEST_TIMEOUT {
                return Err(Error::configuration(format!(
                    "{name} is {value:?}: every call would fail before its response arrives; expected at least 1 ms"
                )));
            }
        }
        Ok(())
    }
}

/// How long a call may take, and how often it may be attempted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallLimits {
    pub(crate) timeouts: Timeouts,
    pub(crate) max_attempts: u32,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            timeouts: Timeouts::default(),
            max_attempts: 3,
        }
    }
}

impl CallLimits {
    pub(crate) fn check(self) -> Result<Self, Error> {
        if self.max_attempts == 0 {
            return Err(Error::configuration(
                "max_attempts is 0, so nothing would ever be sent: use 1 to turn retries off",
            ));
        }
        self.timeouts.check()?;
        Ok(self)
    }
}

/// Reads the default workspace from the environment.
pub(crate) fn env_workspace_id() -> Result<Option<WorkspaceId>, Error> {
    let Some(value) = env(ENV_WORKSPACE_ID)? else {
        return Ok(None);
    };
    value.parse().map(Some).map_err(|invalid| {
        Error::configuration(format!(
            "the environment variable {ENV_WORKSPACE_ID} is not usable: {invalid}"
        ))
    })
}

#[cfg(test)]
mod tests;
