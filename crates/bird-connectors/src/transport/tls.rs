//! The TLS configuration: rustls with ring, the system's certificate store, nothing installed for the whole process.

use std::sync::Arc;

use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;

use crate::error::Error;

/// `verified` is false where only plain http to this machine is spoken: no certificate store is needed then, and none
/// is trusted.
pub(super) fn config(verified: bool) -> Result<ClientConfig, Error> {
    let unusable = |error: rustls::Error| {
        Error::configuration(format!(
            "TLS cannot be set up: {error}; check that the system's certificate store is installed (SSL_CERT_FILE and \
             SSL_CERT_DIR name another one)"
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
    // reqwest sets these only for configurations that it makes itself.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
