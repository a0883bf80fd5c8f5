//! What the settings of a builder result in, setting by setting. [`ClientBuilder::build`] stops at the first invalid one.

use std::ffi::OsStr;

use bird_connectors_api::types::WorkspaceId;
use secrecy::ExposeSecret as _;

use super::builder::ClientBuilder;
use crate::config::{self, AccessKey, BaseUrl, RootCertificates};
use crate::error::Error;
use crate::transport;

/// What the settings of a [`ClientBuilder`] result in, each checked on its own. Returned by [`ClientBuilder::diagnose`].
///
/// `Debug` and the errors show no secrets.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SettingsDiagnosis {
    /// Where the access key is from, such as `environment variable BIRD_ACCESS_KEY`. `None` if no key is set.
    pub access_key_source: Option<&'static str>,
    /// What the form of the access key suggests, such as the prefix of another API. It proves nothing, so the client sends such
    /// a key. `Ok(None)` if the form is not suspicious.
    pub access_key: Result<Option<&'static str>, Error>,
    /// The workspace of [`Client::default_workspace`](super::Client::default_workspace).
    pub workspace_id: Option<WorkspaceId>,
    /// Where the base URL is from. `None` if it is the default.
    pub base_url_source: Option<&'static str>,
    /// The base URL, without a trailing slash.
    pub base_url: Result<String, Error>,
    /// The proxy that the client connects through. `Ok(None)` if it connects directly, or if the base URL is invalid.
    pub proxy: Result<Option<ProxyInUse>, Error>,
    /// Where the trusted certificates are from. `Ok(None)` if none are needed, because the base URL is plain http to this
    /// machine.
    pub certificates: Result<Option<CertificateSource>, Error>,
}

/// The proxy that a client connects through. The access key passes it only inside of TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProxyInUse {
    /// Host and port.
    pub address: String,
    /// The environment variable that names the proxy. `None` if it is a setting of the client.
    pub variable: Option<&'static str>,
    /// Whether its URL contains a user name or a password.
    pub has_credentials: bool,
}

/// Where the certificate authorities are from that a client trusts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateSource {
    /// The certificate store of the system.
    System,
    /// The environment variables `SSL_CERT_FILE` and `SSL_CERT_DIR`.
    Environment,
}

impl ClientBuilder {
    /// Checks each setting on its own, and sends nothing. [`build`](Self::build) reports only the first invalid one.
    ///
    /// ```
    /// use bird_connectors::Client;
    ///
    /// let diagnosis = Client::builder().access_key("Bearer abc").base_url("https://api.bird.com/v1").diagnose();
    /// assert!(diagnosis.access_key.is_err() && diagnosis.base_url.is_err());
    /// ```
    #[must_use]
    pub fn diagnose(&self) -> SettingsDiagnosis {
        let base_url = self.base_url.as_ref().map_or_else(
            || BaseUrl::parse(config::DEFAULT_BASE_URL, "base_url"),
            |(url, source)| BaseUrl::parse(url, source),
        );
        let proxy = self.proxy.check().and_then(|()| match &base_url {
            Ok(url) => self.proxy.resolve(url, config::env),
            Err(_) => Ok(None),
        });
        SettingsDiagnosis {
            access_key_source: self.access_key.as_ref().map(|(_, source)| *source),
            access_key: self.check_access_key(),
            workspace_id: self.workspace_id,
            base_url_source: self.base_url.as_ref().map(|(_, source)| *source),
            proxy: proxy.map(|proxy| {
                proxy.map(|proxy| ProxyInUse {
                    address: proxy.address().to_owned(),
                    variable: proxy.variable(),
                    has_credentials: proxy.has_credentials(),
                })
            }),
            certificates: match &base_url {
                Ok(url) if !url.is_https() => Ok(None),
                _ => self.check_certificates().map(Some),
            },
            base_url: base_url.map(|url| url.as_str().to_owned()),
        }
    }

    fn check_access_key(&self) -> Result<Option<&'static str>, Error> {
        let Some((key, source)) = &self.access_key else {
            return Err(AccessKey::missing(config::ENV_ACCESS_KEY));
        };
        // A copy, because the key is wiped from memory when it is dropped.
        let key = AccessKey::parse(key.expose_secret().into(), source)?;
        Ok(key.suspicion())
    }

    fn check_certificates(&self) -> Result<CertificateSource, Error> {
        let additional = RootCertificates::parse(&self.root_certificates)?;
        transport::check_certificates(&additional)?;
        let set = |name| std::env::var_os(name).is_some_and(|value| value != OsStr::new(""));
        let by_variable = cfg!(all(
            unix,
            not(target_vendor = "apple"),
            not(target_os = "android")
        )) && (set("SSL_CERT_FILE") || set("SSL_CERT_DIR"));
        Ok(if by_variable {
            CertificateSource::Environment
        } else {
            CertificateSource::System
        })
    }
}

#[cfg(test)]
mod tests;
