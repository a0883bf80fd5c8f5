//! The access key: its header, and the mistakes that its form suggests.

use std::fmt;

use http::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use crate::error::Error;

/// The access key and its header. `Debug` redacts both.
#[derive(Clone)]
pub(crate) struct AccessKey {
    secret: SecretString,
    header: HeaderValue,
}

impl AccessKey {
    /// The error of a client without an access key.
    pub(crate) fn missing(variable: &str) -> Error {
        Error::configuration(format!(
            "no access key is set: set the environment variable {variable}, or pass access_key"
        ))
    }

    /// `source` is the name of the setting, for errors.
    pub(crate) fn parse(key: SecretString, source: &str) -> Result<Self, Error> {
        let value = key.expose_secret();
        if value.is_empty() {
            return Err(Error::configuration(format!(
                "the access key is empty ({source})"
            )));
        }
        let scheme = value.split(' ').next().filter(|scheme| *scheme != value);
        if scheme.is_some_and(|scheme| {
            scheme.eq_ignore_ascii_case("AccessKey") || scheme.eq_ignore_ascii_case("Bearer")
        }) {
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

    /// What the form of a key suggests after the API has rejected it. It proves nothing, so such a key is not refused
    /// before.
    pub(crate) fn suspicion(&self) -> Option<&'static str> {
        suspicion(self.expose())
    }
}

fn suspicion(key: &str) -> Option<&'static str> {
    /// What a key can start with, and what that suggests.
    const PREFIXES: [(&str, &str); 5] = [
        (
            "bk_",
            "the key starts with `bk_`, as keys of Bird's newer platform do, which this API does not accept",
        ),
        (
            "bird_live_",
            "the key starts with `bird_live_`, as keys of Bird's newer platform do, which this API does not accept",
        ),
        (
            "bird_test_",
            "the key starts with `bird_test_`, as keys of Bird's newer platform do, which this API does not accept",
        ),
        (
            "live_",
            "the key starts with `live_`, as keys of the old MessageBird API do, which this API does not accept",
        ),
        (
            "test_",
            "the key starts with `test_`, as keys of the old MessageBird API do, which this API does not accept",
        ),
    ];
    let quote = |letter: char| matches!(letter, '"' | '\'' | '`');
    if key.starts_with(quote) || key.ends_with(quote) {
        return Some(
            "the key has quotation marks around it, which are sent as a part of it: remove them",
        );
    }
    if Uuid::try_parse(key).is_ok() {
        return Some("the key is a UUID: check that it is not the id of a workspace");
    }
    let found = PREFIXES.iter().find(|(prefix, _)| key.starts_with(prefix));
    found.map(|(_, suspicion)| *suspicion)
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests;
