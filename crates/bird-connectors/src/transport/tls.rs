//! The TLS configuration: rustls with ring, the system's certificate store, nothing installed for the whole process.

use std::sync::Arc;

use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;

use crate::error::Error;

/// `verified` is false if the base URL is plain http to this machine. Then no certificate store is needed, and no
/// certificate is trusted.
pub(super) fn config(verified: bool) -> Result<ClientConfig, Error> {
    let unusable = |error: rustls::Error| {
        Error::configuration(format!(
            "cannot set up TLS: {error}; check that the system's certificate store is installed (SSL_CERT_FILE and \
             SSL_CERT_DIR select another one)"
        ))
    };
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?;
    let mut config = if verified {
        builder
            .with_platform_verifier()
            .map_err(unusable)?
            .with_no_client_auth()
    } else {
        builder
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth()
    };
    // reqwest sets these only in TLS configurations that it creates.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
