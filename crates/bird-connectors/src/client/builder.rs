//! The settings of a client, from the program and from the environment.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bird_connectors_api::types::WorkspaceId;
use http::HeaderValue;
use secrecy::SecretString;

use super::handle::{Client, Shared};
use crate::config::{
    self, AccessKey, Backoff, BaseUrl, CallLimits, ProxySetting, RootCertificates,
};
use crate::error::Error;
use crate::transport::{
    CustomHttpClient, HttpClient, RateLimits, TraceContext, TraceContextSource, Transport,
    TransportSettings,
};

impl Client {
    /// Returns a builder with the default settings. Only the access key is required.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Creates a client from the environment variables `BIRD_ACCESS_KEY` and, if set, `BIRD_WORKSPACE_ID` (the
    /// [default workspace](Client::default_workspace)) and `BIRD_BASE_URL`. An empty variable counts as unset.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::error::ErrorKind::Configuration) if a variable is missing or invalid. The error
    /// names it.
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env()?.build()
    }
}

/// Settings of a [`Client`]. [`build`](ClientBuilder::build) returns `Result<Client, Error>`: it checks the settings, and
/// sends no request.
///
/// [`Client::builder`] starts with the defaults, [`ClientBuilder::from_env`] with the values of the environment variables.
///
/// | setting | default |
/// |---|---|
/// | [`access_key`](ClientBuilder::access_key) | required |
/// | [`base_url`](ClientBuilder::base_url) | `https://api.bird.com` |
/// | [`workspace_id`](ClientBuilder::workspace_id) | no default workspace |
/// | [`timeout`](ClientBuilder::timeout) | 60 s for a call, including all attempts |
/// | [`attempt_timeout`](ClientBuilder::attempt_timeout) | 30 s for an attempt |
/// | [`connect_timeout`](ClientBuilder::connect_timeout) | 5 s for a connection |
/// | [`max_attempts`](ClientBuilder::max_attempts) | 3 |
/// | [`retry_backoff`](ClientBuilder::retry_backoff) | from 0.5 s, doubled up to 8 s, with full jitter |
/// | [`rate_limit`](ClientBuilder::rate_limit) | the documented limits: 50 reads and 500 writes per second and workspace |
/// | [`root_certificate`](ClientBuilder::root_certificate) | the system's certificates |
/// | [`proxy`](ClientBuilder::proxy), [`no_proxy`](ClientBuilder::no_proxy) | the proxy of the environment |
/// | [`user_agent`](ClientBuilder::user_agent) | `bird-connectors/VERSION` |
/// | [`http_client`](ClientBuilder::http_client) | connections of the client |
/// | [`trace_context`](ClientBuilder::trace_context) | none: no trace context is sent |
///
/// # Environment variables
///
/// Every client reads the following variables when it is built. `BIRD_…` variables are read only by
/// [`from_env`](ClientBuilder::from_env). A variable in lower case precedes the one in upper case. An empty variable counts as
/// unset, except `SSL_CERT_FILE`. An invalid variable is an error that names it, unless the client does not use it: a
/// client whose base URL is plain http uses neither a proxy nor certificates, and the URL of a proxy is not used if `no_proxy`
/// excludes the host of the base URL.
///
/// | variable | effect |
/// |---|---|
/// | `https_proxy`, `HTTPS_PROXY` | the URL of an http or https proxy, or its host and port, unless [`proxy`](ClientBuilder::proxy) or [`no_proxy`](ClientBuilder::no_proxy) is set |
/// | `all_proxy`, `ALL_PROXY` | the proxy if neither of the above is set |
/// | `no_proxy`, `NO_PROXY` | hosts that the client connects to directly, separated by commas or spaces: `example.com` or `.example.com` with all subdomains, `10.1.2.3`, `10.0.0.0/8`, `[::1]`, each with an optional port, or `*` for all |
/// | `SSL_CERT_FILE` | on Linux and other Unix systems: a file with certificates in PEM format, used instead of the system's |
/// | `SSL_CERT_DIR` | likewise, directories with certificates, separated by colons |
///
/// # Example
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
/// # let (access_key, workspace_id) = (sandbox.access_key(), sandbox.workspace_id());
/// # let base_url = sandbox.base_url();
/// use std::time::Duration;
///
/// use bird_connectors::Client;
///
/// let client = Client::builder()
///     .access_key(access_key)
///     .workspace_id(workspace_id)
///     .timeout(Duration::from_secs(20))
///     .user_agent("my-service/1.2")
/// #   .base_url(base_url)
///     .build()?;
/// let numbers = client.default_workspace()?.numbers().list().first_page().await?;
/// assert!(!numbers.items.is_empty());
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder {
    pub(super) access_key: Option<(SecretString, &'static str)>,
    pub(super) base_url: Option<(String, &'static str)>,
    pub(super) workspace_id: Option<WorkspaceId>,
    limits: CallLimits,
    backoff: Backoff,
    rate_limit: Option<RateLimits>,
    pub(super) proxy: ProxySetting,
    /// PEM files.
    pub(super) root_certificates: Vec<Vec<u8>>,
    user_agent: Option<String>,
    http_client: Option<CustomHttpClient>,
    trace_context: Option<TraceContextSource>,
    attempts_in_tasks: bool,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            access_key: None,
            base_url: None,
            workspace_id: None,
            limits: CallLimits::default(),
            backoff: Backoff::DEFAULT,
            rate_limit: Some(RateLimits::default()),
            proxy: ProxySetting::default(),
            root_certificates: Vec::new(),
            user_agent: None,
            http_client: None,
            trace_context: None,
            attempts_in_tasks: false,
        }
    }
}

impl ClientBuilder {
    /// Returns a builder with the values of the environment variables that [`Client::from_env`] reads. Settings in code
    /// override them.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::error::ErrorKind::Configuration) if a variable is not valid UTF-8, or
    /// `BIRD_WORKSPACE_ID` is not a UUID. [`build`](Self::build) reports everything else.
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

    /// The access key, without the prefix `AccessKey`. Required.
    pub fn access_key(mut self, key: impl Into<String>) -> Self {
        self.access_key = Some((key.into().into(), "access_key"));
        self
    }

    /// The base URL of the API: https, or plain http to this machine (`127.0.0.0/8`, `::1`, `localhost`) for a sandbox. A
    /// path is kept as a prefix, unless it belongs to a call: `/v1` at its end, `/workspaces/…` and `/organizations/…` are
    /// rejected. Default: `https://api.bird.com`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some((url.into(), "base_url"));
        self
    }

    /// The workspace that [`Client::default_workspace`] returns. Default: none.
    pub fn workspace_id(mut self, id: impl Into<WorkspaceId>) -> Self {
        self.workspace_id = Some(id.into());
        self
    }

    /// The timeout of one API call, including all attempts and the pauses between them. Each page of a list and each
    /// request of a wait is one call. At least 1 ms. Default: 60 s.
    pub fn timeout(mut self, total: Duration) -> Self {
        self.limits.timeouts.total = total;
        self
    }

    /// The timeout of one attempt, up to the last byte of the response. At least 1 ms. Default: 30 s.
    pub fn attempt_timeout(mut self, attempt: Duration) -> Self {
        self.limits.timeouts.attempt = attempt;
        self
    }

    /// The timeout for name resolution, the TCP connection and the TLS handshake. At least 1 ms. Default: 5 s.
    pub fn connect_timeout(mut self, connect: Duration) -> Self {
        self.limits.timeouts.connect = connect;
        self
    }

    /// The maximum number of attempts of a call, including the first. 1 turns retries off. Default: 3.
    ///
    /// Requests that the server certainly did not process are retried for every method. Requests that may have been
    /// processed are retried only for reads and deletes: a create is never repeated silently.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.limits.max_attempts = attempts;
        self
    }

    /// The pauses between attempts. The pause before retry `n` is a random value between zero and `initial` times
    /// 2<sup>n-1</sup>, at most `max`. Default: 0.5 s and 8 s.
    ///
    /// If the server sends `Retry-After`, the client waits at least that long, even if that is longer than `max`. If it exceeds
    /// the [`timeout`](Self::timeout), the call fails at once.
    pub fn retry_backoff(mut self, initial: Duration, max: Duration) -> Self {
        self.backoff = Backoff { initial, max };
        self
    }

    /// The requests per second for each workspace. Default: the documented limits, which Bird's support can raise; see
    /// [`RateLimits`]. `None` turns rate limiting off: the client then relies on retries after a 429.
    ///
    /// All clients of a process share the queues, one for each base URL, workspace and class of requests. Every attempt
    /// takes a slot, including each page of a list and each request of a wait. The time in a queue counts towards the
    /// call's timeout, not the attempt's. If the next slot is after the call's timeout, the call fails at once with
    /// [`ErrorKind::RateLimited`](crate::error::ErrorKind::RateLimited), and nothing was sent. After a 429, which other
    /// processes can cause, the whole queue pauses for as long as the server asks.
    pub fn rate_limit(mut self, rate: impl Into<Option<RateLimits>>) -> Self {
        self.rate_limit = rate.into();
        self
    }

    /// Trusts a certificate authority in addition to those of the system, for example that of a company's TLS-inspecting
    /// proxy. Takes one or more certificates in PEM format. Call it again to add more.
    ///
    /// The system's certificates are those of macOS and Windows, or on other systems those of OpenSSL's usual locations,
    /// which `SSL_CERT_FILE` and `SSL_CERT_DIR` replace. Not supported on Android.
    ///
    /// Verification cannot be turned off.
    pub fn root_certificate(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.root_certificates.push(pem.as_ref().to_vec());
        self
    }

    /// Connects through the proxy at this URL, such as `http://user:password@proxy.example.com:3128`, and ignores the
    /// proxy variables of the environment, including `NO_PROXY`. Without a scheme, such as `proxy.example.com:3128`, it is an http
    /// proxy. Default: the proxy of the environment, if any.
    ///
    /// The error of a connection that fails names the proxy, without user name and password, and the setting or environment
    /// variable that it is from.
    ///
    /// The proxy receives only the host and the port of the API, because the connection is a TLS tunnel. A client whose
    /// base URL is plain http never uses a proxy, which would receive the access key in clear text.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = ProxySetting::Url(url.into().into());
        self
    }

    /// Connects directly, and ignores the proxy variables of the environment.
    pub fn no_proxy(mut self) -> Self {
        self.proxy = ProxySetting::Direct;
        self
    }

    /// A suffix for the SDK's `User-Agent`, such as `my-app/1.2`. Default: none.
    pub fn user_agent(mut self, suffix: impl Into<String>) -> Self {
        self.user_agent = Some(suffix.into());
        self
    }

    /// Sends all requests with this [`HttpClient`] instead of connections of the client, for example to simulate the API in a test.
    /// The settings of connections have no effect then: [`connect_timeout`](Self::connect_timeout), proxies and certificates.
    /// Default: connections of the client.
    pub fn http_client(mut self, client: impl HttpClient + 'static) -> Self {
        self.http_client = Some(CustomHttpClient::new(client));
        self
    }

    /// Sends a trace context with each request, in the headers `traceparent` and `tracestate`. `current` is called for each
    /// attempt, in its span. It must not block. Default: none is sent.
    ///
    /// The context identifies your traces to Bird, which documents no use of it. The crate `bird-connectors-otel` has a function
    /// that returns the context of OpenTelemetry.
    ///
    /// ```
    /// use bird_connectors::Client;
    /// use bird_connectors::client::TraceContext;
    ///
    /// # fn main() -> Result<(), bird_connectors::Error> {
    /// let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    /// let client = Client::builder()
    ///     .access_key("key")
    ///     .trace_context(move || TraceContext::new(traceparent, ""))
    ///     .build()?;
    /// # let _ = client;
    /// # Ok(()) }
    /// ```
    pub fn trace_context(
        mut self,
        current: impl Fn() -> Option<TraceContext> + Send + Sync + 'static,
    ) -> Self {
        self.trace_context = Some(TraceContextSource::new(current));
        self
    }

    /// Makes each attempt of a call that no task polls in a task of the runtime. For the Python package, whose threads poll their
    /// calls while another thread serves the connections.
    #[doc(hidden)]
    pub fn attempts_in_tasks(mut self) -> Self {
        self.attempts_in_tasks = true;
        self
    }

    /// Checks the settings and creates the client. This sends no request.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::error::ErrorKind::Configuration), with the name of the setting or variable: a
    /// missing or invalid access key, a base URL that is not https or has a query, a timeout below 1 ms, zero attempts, a rate
    /// limit of 0, an invalid proxy URL, an invalid certificate, a certificate store that cannot be read, or an [environment
    /// variable](#environment-variables) that is used and invalid.
    pub fn build(self) -> Result<Client, Error> {
        let Some((key, key_source)) = self.access_key else {
            return Err(AccessKey::missing(config::ENV_ACCESS_KEY));
        };
        let (url, url_source) = self
            .base_url
            .unwrap_or((config::DEFAULT_BASE_URL.to_owned(), "base_url"));
        self.proxy.check()?;
        let transport = Transport::new(TransportSettings {
            access_key: AccessKey::parse(key, key_source)?,
            base_url: BaseUrl::parse(&url, url_source)?,
            limits: self.limits.check()?,
            backoff: self.backoff.check()?,
            user_agent: user_agent(self.user_agent.as_deref())?,
            rate: self.rate_limit,
            proxy: self.proxy,
            trace_context: self.trace_context,
            root_certificates: RootCertificates::parse(&self.root_certificates)?,
            http_client: self.http_client,
            attempts_in_tasks: self.attempts_in_tasks,
        })?;
        Ok(Client {
            shared: Arc::new(Shared {
                transport: Arc::new(transport),
                default_workspace: self.workspace_id,
            }),
        })
    }
}

fn user_agent(suffix: Option<&str>) -> Result<HeaderValue, Error> {
    let product = concat!("bird-connectors/", env!("CARGO_PKG_VERSION"));
    let value = match suffix.map(str::trim) {
        None | Some("") => product.to_owned(),
        Some(suffix) => format!("{product} {suffix}"),
    };
    HeaderValue::from_str(&value).map_err(|_| {
        Error::configuration(
            "invalid user_agent: it contains characters that an HTTP header cannot contain",
        )
    })
}

/// Omits secrets. Until `build` has checked it, the base URL can contain a password.
impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("workspace_id", &self.workspace_id)
            .field("limits", &self.limits)
            .field("backoff", &self.backoff)
            .field("rate_limit", &self.rate_limit)
            .finish_non_exhaustive()
    }
}
