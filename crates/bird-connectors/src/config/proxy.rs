//! The proxy of a client. The URL of a proxy can contain a password, so it is a secret.

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::error::Error;

/// Which proxy the client connects through. Only https connections use one.
#[derive(Clone, Debug, Default)]
pub(crate) enum ProxySetting {
    /// The proxy that the environment variables name, if any.
    #[default]
    Environment,
    /// No proxy, even if the environment variables set one.
    Direct,
    /// The proxy at this URL.
    Url(SecretString),
}

impl ProxySetting {
    /// Checks the URL. Errors do not show it.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let Self::Url(url) = self else {
            return Ok(());
        };
        let reject = |reason: &str| {
            Err(Error::configuration(format!(
                "invalid proxy: {reason}; expected a URL such as http://proxy.example.com:3128"
            )))
        };
        match Url::parse(url.expose_secret().trim()) {
            Err(_) => reject("it is not a URL"),
            Ok(url) if !matches!(url.scheme(), "http" | "https") => {
                reject("only http and https proxies are supported")
            }
            Ok(_) => Ok(()),
        }
    }
}
