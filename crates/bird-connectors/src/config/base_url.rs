//! The base URL, and the URLs below it.

use std::net::Ipv6Addr;

use url::{Host, Url};

use crate::error::Error;

/// The base URL of all requests: an origin and an optional path prefix, without a trailing slash.
#[derive(Clone, Debug)]
pub(crate) struct BaseUrl {
    url: Url,
    string: String,
}

impl BaseUrl {
    /// `source` is the name of the setting, for errors.
    pub(crate) fn parse(input: &str, source: &str) -> Result<Self, Error> {
        let reject = |why: &str| {
            Err(Error::configuration(format!(
                "the base URL ({source}) {why}"
            )))
        };
        let input = input.trim();
        if let Err(why) = check_authority(input) {
            return reject(&format!(
                "{why}: expected a URL such as https://api.bird.com"
            ));
        }
        let Ok(mut url) = Url::parse(input) else {
            return reject("is not a URL: expected one such as https://api.bird.com");
        };
        if !url.username().is_empty() || url.password().is_some() {
            return reject(
                "contains a user name or a password: remove it, the client sends only the access key",
            );
        }
        if url.query().is_some() || url.fragment().is_some() {
            return reject("has a query or a fragment: remove it");
        }
        if is_local_name(&url) {
            // Without the dot at its end, which not every resolver knows.
            let _ = url.set_host(Some("localhost"));
        }
        match (url.scheme(), is_loopback(&url)) {
            ("https", _) | ("http", true) => {}
            ("http", false) => {
                return reject(
                    "is plain http to another machine, which would expose the access key on the network: use https",
                );
            }
            _ => return reject("does not start with https://"),
        }
        if has_empty_label(&url) {
            return reject(
                "has no valid host: there is a dot at its start, or two dots follow each other",
            );
        }
        if url.port() == Some(0) {
            return reject("has the port 0, on which no server can listen");
        }
        if let Some((part, prefix)) = api_path(&url) {
            return reject(&format!(
                "contains the path of a call (`{part}`), which the client appends itself: use {prefix}"
            ));
        }
        let string = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { url, string })
    }

    /// Without a trailing slash.
    pub(crate) fn as_str(&self) -> &str {
        &self.string
    }

    /// The host. An IPv6 address has no brackets.
    pub(crate) fn host(&self) -> Option<&str> {
        let host = self.url.host_str()?;
        let address = host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        Some(address.unwrap_or(host))
    }

    pub(crate) fn port(&self) -> Option<u16> {
        self.url.port_or_known_default()
    }

    pub(crate) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The URL for a path that the caller passes. It stays on the origin and below the path prefix.
    pub(crate) fn join(&self, path: &str, action: &str) -> Result<Url, Error> {
        let reject = |why: &str| Err(Error::invalid_input(action.to_owned(), why.to_owned()));
        if !path.starts_with('/') {
            return reject(
                "the path must start with a slash: it is appended to the configured base URL",
            );
        }
        if path.starts_with("//") || path.contains('\\') {
            return reject(
                "the path must stay on the configured base URL: `//` at its start and backslashes are not allowed",
            );
        }
        if path.contains('#') || path.bytes().any(|byte| byte.is_ascii_control()) {
            return reject("the path must not contain a fragment or control characters");
        }
        let path_only = path.split('?').next().unwrap_or_default();
        let dotted = path_only.split('/').any(|segment| {
            let plain = segment.to_ascii_lowercase().replace("%2e", ".");
            plain == "." || plain == ".."
        });
        if dotted {
            return reject("the path must not contain a `.` or `..` segment");
        }
        match Url::parse(&format!("{}{path}", self.string)) {
            Ok(url) if url.origin() == self.url.origin() => Ok(url),
            _ => reject("the path does not form a URL on the configured base URL"),
        }
    }
}

/// Rejects what the URL standard repairs silently: it reads `https:///x`, `https:\\x` and `https:x` as a URL of the host
/// `x`, and removes line breaks.
pub(super) fn check_authority(input: &str) -> Result<(), &'static str> {
    if input
        .chars()
        .any(|letter| letter.is_whitespace() || letter.is_control())
    {
        return Err("contains a space or a line break");
    }
    if input.contains('\\') {
        return Err("contains a backslash");
    }
    let Some((scheme, rest)) = input.split_once(':') else {
        return Err("is not a URL");
    };
    let web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    match rest.strip_prefix("//") {
        None if web => Err("does not have two slashes after the scheme"),
        Some(rest) if rest.is_empty() || rest.starts_with(['/', '?', '#']) => Err("has no host"),
        _ => Ok(()),
    }
}

/// The part of a path that belongs to a call and not to a base URL, and the base URL to use instead.
fn api_path(url: &Url) -> Option<(String, String)> {
    let segments: Vec<&str> = url
        .path()
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    let resource = |segment: &&str| matches!(*segment, "workspaces" | "organizations");
    let (start, part) = match segments.iter().position(resource) {
        Some(start) => (start, format!("/{}", segments[start])),
        None if segments.last() == Some(&"v1") => (segments.len() - 1, "/v1".to_owned()),
        None => return None,
    };
    // A version before the resource belongs to the call, too.
    let kept = match segments[..start].split_last() {
        Some((&"v1", before)) => before,
        _ => &segments[..start],
    };
    let mut base = url.clone();
    base.set_path(&kept.join("/"));
    Some((part, base.as_str().trim_end_matches('/').to_owned()))
}

fn has_empty_label(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name.split('.').any(str::is_empty)
        }
        Some(_) => false,
        None => true,
    }
}

fn is_local_name(url: &Url) -> bool {
    matches!(url.host(), Some(Host::Domain(name)) if name.strip_suffix('.').unwrap_or(name).eq_ignore_ascii_case("localhost"))
}

/// True for 127.0.0.0/8, ::1 and `localhost`, whose traffic never leaves this machine.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => {
            let mapped = Ipv6Addr::to_ipv4_mapped(&ip);
            ip.is_loopback() || mapped.is_some_and(|ip| ip.is_loopback())
        }
        Some(Host::Domain(_)) => is_local_name(url),
        None => false,
    }
}

#[cfg(test)]
mod tests;
