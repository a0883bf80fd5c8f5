//! The step at which a connection failed.

/// The step at which a connection to the API failed, before anything was sent. See
/// [`Error::connection_failure`](super::Error::connection_failure).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectionFailure {
    /// The connection was not established in time.
    TimedOut,
    /// The certificate of the server is not trusted.
    ServerCertificate,
    /// The certificate of an https proxy is not trusted.
    ProxyCertificate,
    /// There is no connection to the proxy.
    ProxyUnreachable,
    /// The proxy answered 407: it requires other credentials.
    ProxyCredentials,
    /// The proxy did not open a tunnel to the API.
    NoTunnel,
    /// Any other reason, such as a name that cannot be resolved, or a refused connection.
    Other,
}

impl ConnectionFailure {
    /// True if the certificate of the server or of the proxy is not trusted.
    #[must_use]
    pub fn is_certificate(self) -> bool {
        matches!(self, Self::ServerCertificate | Self::ProxyCertificate)
    }

    /// True if the proxy prevented the connection.
    #[must_use]
    pub fn is_proxy(self) -> bool {
        matches!(
            self,
            Self::ProxyCertificate
                | Self::ProxyUnreachable
                | Self::ProxyCredentials
                | Self::NoTunnel
        )
    }
}
