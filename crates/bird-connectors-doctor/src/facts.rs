//! What was gathered: settings, name resolution, and the responses to reads. The checks decide from these facts alone.
//!
//! Responses can contain secrets, so what holds them has no `Debug`.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use bird_connectors::client::SettingsDiagnosis;
use bird_connectors::{Error, ErrorKind};
use serde_json::Value;

/// The facts of one run.
pub(crate) struct Facts {
    /// Why the configuration could not be read, from the program that reads it.
    pub(crate) problems: Vec<String>,
    pub(crate) settings: SettingsDiagnosis,
    /// Where a setting is from, by its name in the builder, if the program knows it better than the builder.
    pub(crate) sources: BTreeMap<&'static str, String>,
    /// The name that a connection needs, and its addresses. `None` if no connection can be attempted.
    pub(crate) lookup: Option<Lookup>,
    /// The reads that were sent, in this order. A read of a resource that does not exist was not sent.
    pub(crate) reads: Vec<Read>,
    /// The median latency from which a connection counts as slow.
    pub(crate) slow_after: Duration,
}

/// A name resolution.
#[derive(Clone, Debug)]
pub(crate) struct Lookup {
    pub(crate) host: String,
    /// Whether it is the host of the proxy, and not of the API.
    pub(crate) is_proxy: bool,
    pub(crate) addresses: Result<Vec<IpAddr>, String>,
}

/// A read.
pub(crate) struct Read {
    /// The operation of the contract.
    pub(crate) operation: &'static str,
    /// The resource below which it reads, such as the id of a subscription.
    pub(crate) parent: Option<String>,
    pub(crate) elapsed: Duration,
    /// When the response arrived, by the clock of this machine.
    pub(crate) received: SystemTime,
    pub(crate) result: Result<Response, Error>,
}

/// A successful response.
pub(crate) struct Response {
    pub(crate) body: Value,
    /// The header `Date`.
    pub(crate) date: Option<SystemTime>,
    /// The requests that remain, if a header says so. No such header is documented.
    pub(crate) remaining: Option<u64>,
}

impl Response {
    /// The items of a page. Empty if it is not a page.
    pub(crate) fn items(&self) -> &[Value] {
        self.body["results"].as_array().map_or(&[], Vec::as_slice)
    }
}

impl Read {
    /// Whether the API answered, with any status that it documents.
    pub(crate) fn is_answered(&self) -> bool {
        match &self.result {
            Ok(_) => true,
            Err(error) => match error.kind() {
                ErrorKind::Authentication
                | ErrorKind::PermissionDenied
                | ErrorKind::NotFound
                | ErrorKind::Conflict
                | ErrorKind::Validation => true,
                // Without a status, the client itself has not sent the request.
                ErrorKind::RateLimited => error.status().is_some(),
                _ => false,
            },
        }
    }

    pub(crate) fn failed_with(&self, kind: ErrorKind) -> bool {
        matches!(&self.result, Err(error) if error.kind() == kind)
    }

    /// Whether the response shows that the API accepts the access key.
    pub(crate) fn accepts_key(&self) -> bool {
        self.is_answered()
            && !self.failed_with(ErrorKind::Authentication)
            && !self.failed_with(ErrorKind::RateLimited)
    }

    /// Whether it reads a list of the workspace, and not a resource that a list contained.
    pub(crate) fn is_list_of_workspace(&self) -> bool {
        self.operation.starts_with("list") && self.parent.is_none()
    }
}

/// The step that prevents all later ones. The order is that of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Obstacle {
    Configuration,
    KeyForm,
    BaseUrl,
    Proxy,
    Certificates,
    Dns,
    Connection,
    KeyRejected,
    RateLimit,
    Workspace,
}

impl Obstacle {
    /// The id of the check that reports it.
    pub(crate) fn check(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::KeyForm => "access_key.form",
            Self::BaseUrl => "base_url",
            Self::Proxy => "proxy",
            Self::Certificates => "certificates",
            Self::Dns => "dns",
            Self::Connection => "connection",
            Self::KeyRejected => "access_key.accepted",
            Self::RateLimit => "rate_limit",
            Self::Workspace => "workspace",
        }
    }
}

impl Facts {
    /// Where a setting is from.
    pub(crate) fn source<'a>(
        &'a self,
        setting: &str,
        of_builder: Option<&'a str>,
    ) -> Option<&'a str> {
        let named = self.sources.get(setting).map(String::as_str);
        of_builder.map(|source| named.unwrap_or(source))
    }

    /// The message of an error about a setting, which says where the setting is from.
    pub(crate) fn message(&self, error: &Error) -> String {
        let mut message = error.message().to_owned();
        for (setting, source) in &self.sources {
            message = message.replace(&format!("({setting})"), &format!("({source})"));
        }
        message
    }

    /// The first step that prevents all later ones.
    pub(crate) fn obstacle(&self) -> Option<Obstacle> {
        self.obstacle_before_sending()
            .or_else(|| self.obstacle_of_connection())
            .or_else(|| self.obstacle_of_access())
    }

    /// The settings that prevent every request.
    pub(crate) fn obstacle_before_sending(&self) -> Option<Obstacle> {
        let settings = &self.settings;
        if !self.problems.is_empty() || settings.access_key_source.is_none() {
            Some(Obstacle::Configuration)
        } else if settings.access_key.is_err() {
            Some(Obstacle::KeyForm)
        } else if settings.base_url.is_err() {
            Some(Obstacle::BaseUrl)
        } else if settings.proxy.is_err() {
            Some(Obstacle::Proxy)
        } else if settings.certificates.is_err() {
            Some(Obstacle::Certificates)
        } else if settings.workspace_id.is_none() {
            Some(Obstacle::Configuration)
        } else if matches!(&self.lookup, Some(lookup) if lookup.addresses.is_err()) {
            Some(Obstacle::Dns)
        } else {
            None
        }
    }

    fn obstacle_of_connection(&self) -> Option<Obstacle> {
        if self.reads.is_empty() || self.reads.iter().any(Read::is_answered) {
            return None;
        }
        let failure = self
            .reads
            .iter()
            .find_map(|read| read.result.as_ref().err()?.connection_failure());
        Some(match failure {
            Some(failure) if failure.is_certificate() => Obstacle::Certificates,
            Some(failure) if failure.is_proxy() => Obstacle::Proxy,
            _ => Obstacle::Connection,
        })
    }

    fn obstacle_of_access(&self) -> Option<Obstacle> {
        let lists = || self.reads.iter().filter(|read| read.is_list_of_workspace());
        let all = |kind| lists().next().is_some() && lists().all(|read| read.failed_with(kind));
        if all(ErrorKind::Authentication) {
            let suspicious = matches!(self.settings.access_key, Ok(Some(_)));
            return Some(if suspicious {
                Obstacle::KeyForm
            } else {
                Obstacle::KeyRejected
            });
        }
        if all(ErrorKind::RateLimited) {
            return Some(Obstacle::RateLimit);
        }
        (all(ErrorKind::NotFound) || all(ErrorKind::PermissionDenied))
            .then_some(Obstacle::Workspace)
    }

    /// The reads of an operation that were sent.
    pub(crate) fn reads_of<'a>(&'a self, operation: &'a str) -> impl Iterator<Item = &'a Read> {
        self.reads
            .iter()
            .filter(move |read| read.operation == operation)
    }

    /// The items that the reads of a list returned. `None` if none succeeded.
    pub(crate) fn items<'a>(&'a self, operation: &'a str) -> Option<Vec<&'a Value>> {
        let mut responses = self
            .reads_of(operation)
            .filter_map(|read| read.result.as_ref().ok())
            .peekable();
        responses.peek()?;
        Some(responses.flat_map(|response| response.items()).collect())
    }
}
