//! Why no connection was established, and what to do about it. The request was not sent.

use std::error::Error as StdError;
use std::io;

use crate::config::Proxy;
use crate::error::ConnectionFailure;

/// The beginning of all messages of `hyper_util`'s error for tunnels, which is not a public type.
const TUNNEL: &str = "tunnel error: ";
const UNREACHABLE: &str = "tunnel error: failed to create underlying connection";
const CREDENTIALS: &str = "tunnel error: proxy authorization required";

impl ConnectionFailure {
    pub(super) fn of(error: &reqwest::Error) -> Self {
        Self::of_chain(error, error.is_timeout())
    }

    fn of_chain(error: &(dyn StdError + 'static), timed_out: bool) -> Self {
        let tunnel = std::iter::successors(Some(error), |&error| error.source())
            .map(ToString::to_string)
            .find(|message| message.starts_with(TUNNEL));
        match (tunnel.as_deref(), is_certificate_error(error)) {
            (Some(UNREACHABLE), true) => Self::ProxyCertificate,
            (_, true) => Self::ServerCertificate,
            _ if timed_out => Self::TimedOut,
            (Some(UNREACHABLE), false) => Self::ProxyUnreachable,
            (Some(CREDENTIALS), false) => Self::ProxyCredentials,
            (Some(_), false) => Self::NoTunnel,
            (None, false) => Self::Other,
        }
    }

    /// True if a retry cannot succeed.
    pub(super) fn is_permanent(self) -> bool {
        self.is_certificate() || self == Self::ProxyCredentials
    }

    /// The message of an error with this cause, for a client with this proxy.
    pub(super) fn message(self, cause: &str, proxy: Option<&Proxy>) -> String {
        let tunneled = |hint: &dyn Fn(&Proxy) -> String| {
            proxy.map_or_else(String::new, |proxy| {
                format!("; the connection goes through {proxy}: {}", hint(proxy))
            })
        };
        match (self, proxy) {
            (Self::TimedOut, _) => {
                let through = tunneled(&Proxy::remedy);
                format!("connection timed out{through}")
            }
            (Self::ProxyCertificate, Some(proxy)) => format!(
                "connection failed: the certificate of {proxy} is not trusted: {}; check this machine's clock, or set \
                 SSL_CERT_FILE to a private certificate authority",
                at_proxy(cause)
            ),
            (Self::ServerCertificate | Self::ProxyCertificate, _) => {
                let through = tunneled(&|_| {
                    "if it inspects TLS, its certificate authority must be trusted".to_owned()
                });
                format!(
                    "connection failed: the server's certificate is not trusted: {cause}; check the base URL and this \
                     machine's clock, or set SSL_CERT_FILE to a private certificate authority{through}"
                )
            }
            (Self::ProxyUnreachable, Some(proxy)) => format!(
                "connection failed: cannot connect to {proxy}: {}; {}",
                at_proxy(cause),
                proxy.remedy()
            ),
            (Self::ProxyCredentials, Some(proxy)) => {
                let (reason, remedy) = if proxy.has_credentials() {
                    (
                        "rejects the user name and the password in its URL",
                        "correct them, and percent-encode their special characters",
                    )
                } else {
                    (
                        "requires a user name and a password",
                        "add them to its URL, as in http://user:password@proxy.example.com:3128",
                    )
                };
                format!("connection failed: {proxy} {reason} (407): {remedy}")
            }
            (Self::NoTunnel, Some(proxy)) => format!(
                "connection failed: {proxy} did not open a tunnel to the API: {cause}; check that it is a proxy for https \
                 and that it allows the host of the API, {}",
                proxy.remedy()
            ),
            _ => {
                let through = tunneled(&Proxy::remedy);
                format!("connection failed: {cause}{through}")
            }
        }
    }
}

/// The cause of a failed connection to the proxy, without what the message says already.
fn at_proxy(cause: &str) -> &str {
    cause
        .strip_prefix(UNREACHABLE)
        .and_then(|cause| cause.strip_prefix(": "))
        .unwrap_or(cause)
}

/// True for certificate errors, which a retry cannot fix.
fn is_certificate_error(error: &(dyn StdError + 'static)) -> bool {
    if let Some(rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
        return true;
    }
    // An I/O error exposes the error it wraps as its inner error, not as its source.
    let inner = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    inner.is_some_and(|inner| is_certificate_error(inner))
        || error.source().is_some_and(is_certificate_error)
}
