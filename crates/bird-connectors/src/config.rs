//! The settings of a client, parsed and validated once. An error names the setting or environment variable, and never
//! shows an access key.

mod backoff;
mod proxy;
mod root_certificates;

use std::fmt;
use std::time::Duration;

use bird_connectors_api::types::WorkspaceId;
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

pub(crate) use backoff::Backoff;
pub(crate) use proxy::ProxySetting;
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

/// The access key and its header. `Debug` redacts both.
#[derive(Clone)]
pub(crate) struct AccessKey {
    secret: SecretString,
    header: HeaderValue,
}

impl AccessKey {
    /// `source` is the name of the setting, for errors.
    pub(crate) fn parse(key: SecretString, source: &str) -> Result<Self, Error> {
        let value = key.expose_secret();
        if value.is_empty() {
            return Err(Error::configuration(format!(
                "the access key is empty ({source})"
            )));
        }
        if value.starts_with("AccessKey ") || value.starts_with("Bearer ") {
            return Err(Error::configuration(format!(
                "the access key ({source}) starts with the name of a scheme; pass the key alone"
            )));
        }
        if let Some(at) = value.bytes().position(|byte| !byte.is_ascii_graphic()) {
            return Err(Error::configuration(format!(
                "invalid access key ({source}): the character at position {} is a space, a line break or not ASCII; \
                 check that the key was copied without the characters around it",
                at + 1
            )));
        }
        let mut header = HeaderValue::from_str(&format!("AccessKey {value}")).map_err(|_| {
            Error::configuration(format!(
                "invalid access key ({source}): it does not fit an HTTP header"
            ))
        })?;
        header.set_sensitive(true);
        Ok(Self {
            secret: key,
            header,
        })
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.header.clone()
    }

    pub(crate) fn expose(&self) -> &str {
        self.secret.expose_secret()
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The base URL of all requests: an origin and an optional path prefix, without a trailing slash.
#[derive(Clone, Debug)]
pub(crate) struct BaseUrl {
    url: Url,
    string: String,
}

impl BaseUrl {
    pub(crate) fn parse(input: &str, source: &str) -> Result<Self, Error> {
        let reject = |why: &str| {
            Err(Error::configuration(format!(
                "the base URL ({source}) {why}"
            )))
        };
        let Ok(url) = Url::parse(input.trim()) else {
            return reject("is not a URL: expected one such as https://api.bird.com");
        };
        if !url.username().is_empty() || url.password().is_some() {
            return reject(
                "contains a user name or a password: remove it, the client sends only the access key",
            );
        }
        if url.query().is_some() || url.fragment().is_some() {
            return reject("has a query or a fragment: remove it");
        }
        match (url.scheme(), is_loopback(&url)) {
            ("https", _) | ("http", true) => {}
            ("http", false) => {
                return reject(
                    "is plain http to another machine, which would expose the access key on the network: use https",
                );
            }
            _ => return reject("does not start with https://"),
        }
        if url.host_str().is_none_or(str::is_empty) {
            return reject("has no host");
        }
        let string = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { url, string })
    }

    /// Without a trailing slash.
    pub(crate) fn as_str(&self) -> &str {
        &self.string
    }

    pub(crate) fn host(&self) -> Option<&str> {
        self.url.host_str()
    }

    pub(crate) fn port(&self) -> Option<u16> {
        self.url.port_or_known_default()
    }

    pub(crate) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The URL for a path that the caller passes. It stays on the origin and below the path prefix.
    pub(crate) fn join(&self, path: &str, action: &str) -> Result<Url, Error> {
        let reject = |why: &str| Err(Error::invalid_input(action.to_owned(), why.to_owned()));
        if !path.starts_with('/') {
            return reject(
                "the path must start with a slash: it is appended to the configured base URL",
            );
        }
        if path.starts_with("//") || path.contains('\\') {
            return reject(
                "the path must stay on the configured base URL: `//` at its start and backslashes are not allowed",
            );
        }
        if path.contains('#') || path.bytes().any(|byte| byte.is_ascii_control()) {
            return reject("the path must not contain a fragment or control characters");
        }
        let path_only = path.split('?').next().unwrap_or_default();
        let dotted = path_only.split('/').any(|segment| {
            let plain = segment.to_ascii_lowercase().replace("%2e", ".");
            plain == "." || plain == ".."
        });
        if dotted {
            return reject("the path must not contain a `.` or `..` segment");
        }
        match Url::parse(&format!("{}{path}", self.string)) {
            Ok(url) if url.origin() == self.url.origin() => Ok(url),
            _ => reject("the path does not form a URL on the configured base URL"),
        }
    }
}

/// True for 127.0.0.0/8, ::1 and `localhost`, whose traffic never leaves this machine.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

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
                    "{name} is zero: every call would fail before it is sent"
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
    match value.trim().parse() {
        Ok(id) => Ok(Some(id)),
        Err(_) => Err(Error::configuration(format!(
            "the environment variable {ENV_WORKSPACE_ID} is not a workspace id: expected a UUID \
             such as 2d7a1e03-25e4-401e-bf1e-0ace545673d7"
        ))),
    }
}

#[cfg(test)]
mod tests;
