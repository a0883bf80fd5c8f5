//! The TLS configuration: rustls with ring, the system's certificate store, nothing installed for the whole process.

use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;

use crate::config::{RootCertificates, check_certificate_variables};
use crate::error::Error;

/// `verified` is false if the base URL is plain http to this machine. Then no certificate store is needed, and no
/// certificate is trusted. The additional root certificates are trusted like those of the system.
pub(super) fn config(verified: bool, additional: &RootCertificates) -> Result<ClientConfig, Error> {
    let unusable = |error: rustls::Error| {
        Error::configuration(format!(
            "cannot set up TLS: {error}; check that the system's certificate store is installed (SSL_CERT_FILE and \
             SSL_CERT_DIR select another one)"
        ))
    };
    if verified {
        check_certificate_variables(std::env::var_os)?;
    }
    let provider = Arc::new(default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?;
    let mut config = if !verified {
        builder
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth()
    } else if additional.is_empty() {
        builder
            .with_platform_verifier()
            .map_err(unusable)?
            .with_no_client_auth()
    } else {
        builder
            .dangerous()
            .with_custom_certificate_verifier(verifier(additional, provider).map_err(unusable)?)
            .with_no_client_auth()
    };
    // reqwest sets these only in TLS configurations that it creates.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The platform's verifier, which trusts these root certificates too.
#[cfg(not(target_os = "android"))]
fn verifier(
    additional: &RootCertificates,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, rustls::Error> {
    let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(
        additional.certificates(),
        provider,
    )?;
    Ok(Arc::new(verifier))
}

/// Android's verifier supports only the certificates of the system.
#[cfg(target_os = "android")]
fn verifier(
    _additional: &RootCertificates,
    _provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, rustls::Error> {
    Err(rustls::Error::General(
        "root_certificate is not supported on Android".to_owned(),
    ))
}
