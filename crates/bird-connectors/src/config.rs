//! What a client is set up with, parsed and validated once. Errors name the variable or setting at fault and never
//! show an access key.

use std::fmt;
use std::time::Duration;

use bird_connectors_api::types::WorkspaceId;
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use crate::error::Error;

/// The service itself. Everything else is a proxy, a sandbox, or a mistake.
pub(crate) const DEFAULT_BASE_URL: &str = "https://api.bird.com";

pub(crate) const ENV_ACCESS_KEY: &str = "BIRD_ACCESS_KEY";
pub(crate) const ENV_BASE_URL: &str = "BIRD_BASE_URL";
pub(crate) const ENV_WORKSPACE_ID: &str = "BIRD_WORKSPACE_ID";

/// Reads a variable; unset and empty are the same.
pub(crate) fn env(name: &'static str) -> Result<Option<String>, Error> {
    match std::env::var(name) {
        Ok(text) if text.trim().is_empty() => Ok(None),
        Ok(text) => Ok(Some(text)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(Error::configuration(format!(
            "the environment variable {name} is not valid UTF-8"
        ))),
    }
}

/// The access key, as the header that carries it. `Debug` says nothing.
#[derive(Clone)]
pub(crate) struct AccessKey {
    secret: SecretString,
    header: HeaderValue,
}

impl AccessKey {
    /// `source` is the setting's name, for errors.
    pub(crate) fn parse(key: SecretString, source: &str) -> Result<Self, Error> {
        let text = key.expose_secret();
        if text.is_empty() {
            return Err(Error::configuration(format!(
                "the access key is empty ({source})"
            )));
        }
        if text.starts_with("AccessKey ") || text.starts_with("Bearer ") {
            return Err(Error::configuration(format!(
                "the access key ({source}) starts with the name of a scheme; give the key alone"
            )));
        }
        if let Some(at) = text.bytes().position(|byte| !byte.is_ascii_graphic()) {
            return Err(Error::configuration(format!(
                "the access key ({source}) has a space, a line break or another character at position {} that no \
                 key has; it may have been copied with something beside it",
                at + 1
            )));
        }
        let mut header = HeaderValue::from_str(&format!("AccessKey {text}")).map_err(|_| {
            Error::configuration(format!(
                "the access key ({source}) does not fit an HTTP header"
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
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Where requests go: an origin and perhaps a path prefix, without a trailing slash.
#[derive(Clone, Debug)]
pub(crate) struct BaseUrl {
    url: Url,
    text: String,
}

impl BaseUrl {
    pub(crate) fn parse(text: &str, source: &str) -> Result<Self, Error> {
        let refuse = |why: &str| {
            Err(Error::configuration(format!(
                "the base URL ({source}) {why}"
            )))
        };
        let Ok(url) = Url::parse(text.trim()) else {
            return refuse("is not a URL; it looks like https://api.bird.com");
        };
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("holds a user name or a password; the access key is all that is sent");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refuse("has a query or a fragment; give the part before it");
        }
        match (url.scheme(), is_loopback(&url)) {
            ("https", _) | ("http", true) => {}
            ("http", false) => {
                return refuse(
                    "is plain http to another machine, which would show the access key to everyone on the way; use https",
                );
            }
            _ => return refuse("does not start with https://"),
        }
        if url.host_str().is_none_or(str::is_empty) {
            return refuse("has no host");
        }
        let text = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { url, text })
    }

    /// Without a trailing slash.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn host(&self) -> Option<&str> {
        self.url.host_str()
    }

    pub(crate) fn port(&self) -> Option<u16> {
        self.url.port_or_known_default()
    }

    pub(crate) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The URL for a path that a caller made up. It cannot leave the origin, nor climb out of the prefix.
    pub(crate) fn join(&self, path: &str, action: &str) -> Result<Url, Error> {
        let refuse = |why: &str| Err(Error::invalid_input(action.to_owned(), why.to_owned()));
        if !path.starts_with('/') {
            return refuse(
                "the path must start with a slash; it is sent to the configured base URL and to no other host",
            );
        }
        if path.starts_with("//") || path.contains('\\') {
            return refuse(
                "the path must stay on the configured base URL: `//` at its start and backslashes are not allowed",
            );
        }
        if path.contains('#') || path.bytes().any(|byte| byte.is_ascii_control()) {
            return refuse("the path must have no fragment and no control characters");
        }
        let only_path = path.split('?').next().unwrap_or_default();
        let dotted = only_path.split('/').any(|segment| {
            let plain = segment.to_ascii_lowercase().replace("%2e", ".");
            plain == "." || plain == ".."
        });
        if dotted {
            return refuse("the path must have no `.` or `..` segment");
        }
        match Url::parse(&format!("{}{path}", self.text)) {
            Ok(url) if url.origin() == self.url.origin() => Ok(url),
            _ => refuse("the path does not make a URL on the configured base URL"),
        }
    }
}

/// 127/8, ::1 and `localhost`: what stays on this machine.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    /// One API call with all its attempts and pauses.
    pub(crate) total: Duration,
    /// One attempt: from handing the request over to the last byte of the answer.
    pub(crate) attempt: Duration,
    /// Name look-up, connection and TLS hand-shake.
    pub(crate) connect: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            total: Duration::from_secs(60),
            attempt: Duration::from_secs(30),
            connect: Duration::from_secs(5),
        }
    }
}

impl Timeouts {
    pub(crate) fn check(self) -> Result<Self, Error> {
        for (name, value) in [
            ("timeout", self.total),
            ("attempt_timeout", self.attempt),
            ("connect_timeout", self.connect),
        ] {
            if value.is_zero() {
                return Err(Error::configuration(format!(
                    "{name} is zero: every call would fail before it is sent"
                )));
            }
        }
        Ok(self)
    }
}

/// Reads a workspace id from the environment.
pub(crate) fn env_workspace_id() -> Result<Option<WorkspaceId>, Error> {
    let Some(text) = env(ENV_WORKSPACE_ID)? else {
        return Ok(None);
    };
    match text.trim().parse() {
        Ok(id) => Ok(Some(id)),
        Err(_) => Err(Error::configuration(format!(
            "the environment variable {ENV_WORKSPACE_ID} is not a workspace id; one looks like \
             2d7a1e03-25e4-401e-bf1e-0ace545673d7"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Result<AccessKey, Error> {
        AccessKey::parse(SecretString::from(text), "access_key")
    }

    #[test]
    fn keys_that_cannot_be_right_are_refused_without_being_shown() {
        for (text, says) in [
            ("", "is empty"),
            ("AccessKey abc", "name of a scheme"),
            ("ab\nc-marker", "line break"),
            ("ab c-marker", "position 3"),
            ("schlüssel-marker", "position 5"),
        ] {
            let error = key(text).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
            assert!(!format!("{error:?}").contains("marker"));
        }
        let good = key("c2VjcmV0+/=_-.").unwrap();
        assert_eq!(
            format!("{good:?} {:?}", good.header()),
            "[redacted] Sensitive"
        );
        assert_eq!(good.header().as_bytes(), b"AccessKey c2VjcmV0+/=_-.");
    }

    #[test]
    fn base_urls_keep_their_prefix_and_lose_their_slash() {
        for (text, becomes) in [
            ("https://api.bird.com", "https://api.bird.com"),
            ("https://api.bird.com/", "https://api.bird.com"),
            (
                " https://gateway.example/bird/v1// ",
                "https://gateway.example/bird/v1",
            ),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("http://127.9.9.9", "http://127.9.9.9"),
            ("http://[::1]:1", "http://[::1]:1"),
            ("http://LOCALHOST:1", "http://localhost:1"),
        ] {
            assert_eq!(BaseUrl::parse(text, "base_url").unwrap().as_str(), becomes);
        }
    }

    #[test]
    fn base_urls_that_would_leak_or_confuse_are_refused() {
        for (text, says) in [
            ("", "is not a URL"),
            ("api.bird.com", "is not a URL"),
            ("ftp://api.bird.com", "does not start with https"),
            ("http://api.bird.com", "plain http"),
            ("http://127.0.0.1.evil.example", "plain http"),
            ("http://localhost.evil.example", "plain http"),
            ("http://10.0.0.1", "plain http"),
            ("https://api.bird.com?x=1", "query"),
            ("https://api.bird.com#x", "fragment"),
            ("https://user@api.bird.com", "user name"),
            ("https://:pw@api.bird.com", "password"),
        ] {
            let error = BaseUrl::parse(text, ENV_BASE_URL).unwrap_err().to_string();
            assert!(
                error.contains(says) && error.contains(ENV_BASE_URL),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn paths_stay_on_the_origin_and_below_the_prefix() {
        let base = BaseUrl::parse("https://gateway.example/v1/", "base_url").unwrap();
        let join = |path: &str| base.join(path, "GET something").map(String::from);
        assert_eq!(
            join("/a/b?c=d%2B").unwrap(),
            "https://gateway.example/v1/a/b?c=d%2B"
        );
        assert_eq!(join("/a//b").unwrap(), "https://gateway.example/v1/a//b");
        for path in [
            "",
            "a",
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example",
            "\\\\evil",
            "/a/../..",
            "/a/%2E%2e/b",
            "/./a",
            "/a#b",
            "/a\nb",
            "/a\tb",
            "@evil.example",
        ] {
            assert!(join(path).is_err(), "{path} must be refused");
        }
    }

    #[test]
    fn zero_timeouts_are_refused_by_name() {
        let timeouts = Timeouts {
            attempt: Duration::ZERO,
            ..Timeouts::default()
        };
        assert!(
            timeouts
                .check()
                .unwrap_err()
                .to_string()
                .contains("attempt_timeout is zero")
        );
    }
}
