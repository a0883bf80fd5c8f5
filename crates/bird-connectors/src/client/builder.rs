//! The settings of a client, from the program and from the environment.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bird_connectors_api::types::WorkspaceId;
use http::HeaderValue;
use secrecy::SecretString;

use super::handle::{Client, Shared};
use super::options::CallOptions;
use crate::config::{self, AccessKey, BaseUrl, Timeouts};
use crate::error::Error;
use crate::transport::{RateLimits, Transport};

impl Client {
    /// Starts with the defaults: `https://api.bird.com`, 60 s for a call, 30 s for an attempt, 5 s for a connection,
    /// 3 attempts, and the documented rate limits.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A client from the environment: `BIRD_ACCESS_KEY`, and where they are set `BIRD_WORKSPACE_ID` (which
    /// `workspace(None)` uses) and `BIRD_BASE_URL`.
    ///
    /// # Errors
    /// A [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) error names the variable that is missing or wrong.
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env()?.build()
    }
}

/// Settings of a [`Client`]. Made by [`Client::builder`].
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder {
    access_key: Option<(SecretString, &'static str)>,
    base_url: Option<(String, &'static str)>,
    workspace_id: Option<WorkspaceId>,
    timeouts: Timeouts,
    max_attempts: u32,
    rate_limit: Option<RateLimits>,
    user_agent: Option<String>,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            access_key: None,
            base_url: None,
            workspace_id: None,
            timeouts: Timeouts::default(),
            max_attempts: 3,
            rate_limit: Some(RateLimits::default()),
            user_agent: None,
        }
    }
}

impl ClientBuilder {
    /// Starts with what the environment says: see [`Client::from_env`]. What is set afterwards wins.
    ///
    /// # Errors
    /// Where a variable is set to something that cannot be read.
    pub fn from_env() -> Result<Self, Error> {
        Ok(Self {
            access_key: config::env(config::ENV_ACCESS_KEY)?
                .map(|key| (key.into(), "environment variable BIRD_ACCESS_KEY")),
            base_url: config::env(config::ENV_BASE_URL)?
                .map(|url| (url, "environment variable BIRD_BASE_URL")),
            workspace_id: config::env_workspace_id()?,
            ..Self::default()
        })
    }

    /// The access key: the text alone, without the word `AccessKey`. Required.
    pub fn access_key(mut self, key: impl Into<String>) -> Self {
        self.access_key = Some((key.into().into(), "access_key"));
        self
    }

    /// Another address of the API: https, or plain http to this machine (`127.0.0.0/8`, `::1`, `localhost`), for
    /// a sandbox. A path is kept as a prefix. Default: `https://api.bird.com`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some((url.into(), "base_url"));
        self
    }

    /// The workspace that `workspace(None)` stands for. Default: none.
    pub fn workspace_id(mut self, id: impl Into<WorkspaceId>) -> Self {
        self.workspace_id = Some(id.into());
        self
    }

    /// How long one API call may take, with all its attempts and pauses. Each page of a list and each poll of a wait
    /// is a call of its own. Default: 60 s.
    pub fn timeout(mut self, total: Duration) -> Self {
        self.timeouts.total = total;
        self
    }

    /// How long one attempt may take, to the last byte of the answer. Default: 30 s.
    pub fn attempt_timeout(mut self, attempt: Duration) -> Self {
        self.timeouts.attempt = attempt;
        self
    }

    /// How long looking up the name, connecting and the TLS hand-shake may take. Default: 5 s.
    pub fn connect_timeout(mut self, connect: Duration) -> Self {
        self.timeouts.connect = connect;
        self
    }

    /// How often a request is tried where repeating is safe, the first time included. 1 turns repeating off.
    /// Default: 3.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// How fast requests may follow each other. Default: the documented limits of a workspace, [`RateLimits::default`]. `None`
    /// is no limit: then a 429 can come, and is answered with pauses and further attempts.
    ///
    /// All clients of a process wait in the same lines: one for each workspace and class of requests, behind one base
    /// URL. Every attempt takes a turn, and so does each page of a list and each poll of a wait. Waiting for a turn counts
    /// in the time of the call, not of the attempt. Where no turn comes in time, the call fails at once with
    /// [`ErrorKind::RateLimited`](crate::ErrorKind::RateLimited), and nothing was sent. A 429, which another process can cause,
    /// pauses everything in its line for as long as the server asks.
    pub fn rate_limit(mut self, rate: impl Into<Option<RateLimits>>) -> Self {
        self.rate_limit = rate.into();
        self
    }

    /// What is appended to the SDK's own `User-Agent`, such as `my-app/1.2`. Default: nothing.
    pub fn user_agent(mut self, suffix: impl Into<String>) -> Self {
        self.user_agent = Some(suffix.into());
        self
    }

    /// Checks everything and makes the client. No request is made.
    ///
    /// # Errors
    /// A [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) error that names the setting or variable: an access key
    /// that is missing or cannot be one, a base URL that is not https or has more than a path, a zero time-out, no
    /// attempts, a rate limit of 0, a certificate store that cannot be read.
    pub fn build(self) -> Result<Client, Error> {
        let Some((key, key_source)) = self.access_key else {
            return Err(Error::configuration(format!(
                "no access key is set: set the environment variable {}, or pass the key to the builder",
                config::ENV_ACCESS_KEY
            )));
        };
        let access_key = AccessKey::parse(key, key_source)?;
        let (url, url_source) = self
            .base_url
            .unwrap_or((config::DEFAULT_BASE_URL.to_owned(), "base_url"));
        let base_url = BaseUrl::parse(&url, url_source)?;
        let (timeouts, max_attempts) = CallOptions::new().over(self.timeouts, self.max_attempts)?;
        let own = concat!("bird-connectors/", env!("CARGO_PKG_VERSION"));
        let user_agent = match self.user_agent.as_deref().map(str::trim) {
            None | Some("") => own.to_owned(),
            Some(suffix) => format!("{own} {suffix}"),
        };
        let user_agent = HeaderValue::from_str(&user_agent).map_err(|_| {
            Error::configuration("user_agent has characters that do not fit an HTTP header")
        })?;
        let transport = Transport::new(
            access_key,
            base_url,
            timeouts,
            max_attempts,
            user_agent,
            self.rate_limit,
        )?;
        Ok(Client {
            shared: Arc::new(Shared {
                transport: Arc::new(transport),
                default_workspace: self.workspace_id,
            }),
        })
    }
}

/// Without the base URL: before `build` has checked it, it may hold a password.
impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("workspace_id", &self.workspace_id)
            .field("timeouts", &self.timeouts)
            .field("max_attempts", &self.max_attempts)
            .field("rate_limit", &self.rate_limit)
            .finish_non_exhaustive()
    }
}
