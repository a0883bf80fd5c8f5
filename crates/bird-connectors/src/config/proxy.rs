//! The proxy of a client, from the program or from the environment. The URL of a proxy can contain a password, so it is a
//! secret.

use std::fmt;
use std::net::IpAddr;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

use super::base_url::{BaseUrl, check_authority};
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

/// The proxy that the client connects through. `Display` shows its address and its source, without user name and password.
#[derive(Clone, Debug)]
pub(crate) struct Proxy {
    url: SecretString,
    /// Host and port.
    address: String,
    has_credentials: bool,
    /// The environment variable that contains the URL. `None`: it is a setting of the client.
    variable: Option<&'static str>,
}

const EXPECTED: &str =
    "expected a URL such as http://proxy.example.com:3128, or proxy.example.com:3128";

impl ProxySetting {
    /// Checks the URL. Errors do not show it.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self {
            Self::Url(url) => Proxy::from_setting(url).map(drop),
            Self::Environment | Self::Direct => Ok(()),
        }
    }

    /// The proxy for the server of this base URL. `variable` reads an environment variable.
    ///
    /// # Errors
    /// If a variable is used and invalid. The error names it, and does not show a URL.
    pub(crate) fn resolve(
        &self,
        base_url: &BaseUrl,
        variable: impl Fn(&'static str) -> Result<Option<String>, Error>,
    ) -> Result<Option<Proxy>, Error> {
        // Over plain http, a proxy would receive the access key in clear text.
        if !base_url.is_https() {
            return Ok(None);
        }
        match self {
            Self::Direct => Ok(None),
            Self::Url(url) => Proxy::from_setting(url).map(Some),
            Self::Environment => from_environment(base_url, variable),
        }
    }
}

impl Proxy {
    fn from_setting(url: &SecretString) -> Result<Self, Error> {
        Self::parse(url.expose_secret(), None)
            .map_err(|reason| Error::configuration(format!("invalid proxy: {reason}; {EXPECTED}")))
    }

    /// Reads the URL. As curl and Python do, it takes a proxy without a scheme for one that speaks plain http.
    fn parse(url: &str, variable: Option<&'static str>) -> Result<Self, &'static str> {
        let url = url.trim();
        let url = if url.contains("://") {
            url.to_owned()
        } else {
            format!("http://{url}")
        };
        let parsed = check(&url)?;
        let host = parsed.host_str().unwrap_or_default();
        let address = match parsed.port_or_known_default() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        Ok(Self {
            address,
            has_credentials: !parsed.username().is_empty() || parsed.password().is_some(),
            variable,
            url: url.into(),
        })
    }

    /// The URL, which can contain a password.
    pub(crate) fn url(&self) -> &str {
        self.url.expose_secret()
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The environment variable that contains the URL. `None`: it is a setting of the client.
    pub(crate) fn variable(&self) -> Option<&'static str> {
        self.variable
    }

    pub(crate) fn has_credentials(&self) -> bool {
        self.has_credentials
    }

    /// What to do if the connection fails because of the proxy.
    pub(crate) fn remedy(&self) -> String {
        match self.variable {
            Some(name) => {
                format!("correct or unset {name}, or add the host of the API to NO_PROXY")
            }
            None => "correct `proxy`, or connect directly with `no_proxy`".to_owned(),
        }
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = &self.address;
        match self.variable {
            Some(name) => write!(
                f,
                "the proxy {address} (from the environment variable {name})"
            ),
            None => write!(f, "the proxy {address} (from the setting `proxy`)"),
        }
    }
}

fn from_environment(
    base_url: &BaseUrl,
    variable: impl Fn(&'static str) -> Result<Option<String>, Error>,
) -> Result<Option<Proxy>, Error> {
    // Lower case first, as curl and Python do. An empty variable counts as unset.
    let first = |names: &[&'static str]| {
        for &name in names {
            if let Some(value) = variable(name)? {
                return Ok(Some((name, value)));
            }
        }
        Ok::<_, Error>(None)
    };
    let Some((name, url)) = first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])?
    else {
        return Ok(None);
    };
    if let Some((name, list)) = first(&["no_proxy", "NO_PROXY"])? {
        let excluded = exclusions(&list, base_url.port()).map_err(|reason| {
            Error::configuration(format!("invalid environment variable {name}: {reason}"))
        })?;
        // The URL of a proxy that is not used is not checked.
        if is_excluded(base_url, &excluded) {
            return Ok(None);
        }
    }
    let proxy = Proxy::parse(&url, Some(name)).map_err(|reason| {
        Error::configuration(format!(
            "invalid environment variable {name}: {reason}; {EXPECTED}, or unset it"
        ))
    })?;
    Ok(Some(proxy))
}

/// Whether the client connects to the server of this base URL directly.
fn is_excluded(base_url: &BaseUrl, excluded: &[String]) -> bool {
    // For the matcher, a `*` matches only names, and not IP addresses.
    if excluded.iter().any(|host| host == "*") {
        return true;
    }
    let Ok(server) = base_url.as_str().parse::<Uri>() else {
        return false;
    };
    // The matcher needs some proxy in order to decide whether it is used.
    let matcher = Matcher::builder()
        .https("http://proxy.invalid")
        .no(excluded.join(","))
        .build();
    matcher.intercept(&server).is_none()
}

fn check(url: &str) -> Result<Url, &'static str> {
    let scheme = url.split_once("://").map_or(url, |(scheme, _)| scheme);
    check_authority(url).map_err(|_| "it is not a URL")?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Err("only http and https proxies are supported");
    }
    match Url::parse(url) {
        Ok(url) if url.port() != Some(0) => Ok(url),
        _ => Err("it is not a URL"),
    }
}

/// Normalizes a list of hosts to connect to directly: hosts, IP addresses and networks, each with an optional port, or `*`.
/// Commas and white space separate them. An entry for another port than that of the server is omitted.
fn exclusions(list: &str, port: Option<u16>) -> Result<Vec<String>, String> {
    let separator = |letter: char| letter == ',' || letter.is_whitespace();
    let entries = list.split(separator).filter(|entry| !entry.is_empty());
    let mut kept = Vec::new();
    for (index, entry) in entries.enumerate() {
        let (host, only) = exclusion(entry).ok_or_else(|| {
            format!(
                "entry {} is not a host such as `.example.com`, an IP address, a network such as `10.0.0.0/8`, or `*`",
                index + 1
            )
        })?;
        if only.is_none() || only == port {
            kept.push(host);
        }
    }
    Ok(kept)
}

/// The host of an entry, and its port. `None` if the entry is invalid.
fn exclusion(entry: &str) -> Option<(String, Option<u16>)> {
    if is_address(entry) || is_network(entry) {
        return Some((entry.to_owned(), None));
    }
    if let Some(rest) = entry.strip_prefix('[') {
        let (address, rest) = rest.split_once(']')?;
        address.parse::<IpAddr>().ok()?;
        return if rest.is_empty() {
            Some((address.to_owned(), None))
        } else if let Some(port) = rest.strip_prefix(':') {
            Some((address.to_owned(), Some(port.parse().ok()?)))
        } else {
            let network = format!("{address}{rest}");
            is_network(&network).then_some((network, None))
        };
    }
    let (host, port) = match entry.split_once(':') {
        None => (entry, None),
        Some((host, port)) => (host, Some(port.parse().ok()?)),
    };
    if host == "*" || is_address(host) || is_network(host) {
        return Some((host.to_owned(), port));
    }
    // `*.example.com` is a spelling of `.example.com`, and a dot at the end does not change a name.
    let host = host.strip_prefix('*').unwrap_or(host);
    let name = host.strip_prefix('.').unwrap_or(host);
    let name = name.strip_suffix('.').unwrap_or(name);
    let allowed = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
    if name.split('.').any(str::is_empty) || !name.chars().all(allowed) {
        return None;
    }
    match Host::parse(name) {
        Ok(Host::Domain(name)) if host.starts_with('.') => Some((format!(".{name}"), port)),
        Ok(Host::Domain(name)) => Some((name, port)),
        _ => None,
    }
}

fn is_address(string: &str) -> bool {
    string.parse::<IpAddr>().is_ok()
}

fn is_network(string: &str) -> bool {
    let Some((address, length)) = string.split_once('/') else {
        return false;
    };
    let maximum = match address.parse() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    length.bytes().all(|byte| byte.is_ascii_digit())
        && length.parse::<u8>().is_ok_and(|length| length <= maximum)
}

#[cfg(test)]
mod tests;
