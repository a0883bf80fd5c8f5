//! Gathers the facts: checks the settings, resolves a name, and sends reads. It changes nothing, and decides nothing beyond what
//! to read next.

use std::time::{Duration, Instant, SystemTime};

use bird_connectors::client::{CallOptions, ClientBuilder, Method, SettingsDiagnosis};
use bird_connectors::{Client, ErrorKind, WorkspaceId};
use http::HeaderMap;
use http::header::DATE;
use serde_json::Value;
use url::{Host, Url};
use uuid::Uuid;

use crate::facts::{Facts, Lookup, Read, Response};

/// How many pages of webhook subscriptions are read. A workspace with more has other problems.
const SUBSCRIPTION_PAGES: usize = 20;

/// The number of subscriptions whose delivery log is read.
const LOGS: usize = 20;

/// The page sizes of lists with another maximum than the sample.
const SUBSCRIPTIONS_PER_PAGE: u32 = 100;

/// Completes the facts with a name resolution and with reads.
pub(crate) async fn gather(builder: ClientBuilder, facts: &mut Facts, sample: u32) {
    if facts.obstacle_before_sending().is_some() {
        return;
    }
    if let Some((host, port, is_proxy)) = name_to_resolve(&facts.settings) {
        let addresses = tokio::net::lookup_host((host.as_str(), port)).await;
        let addresses = addresses
            .map(|addresses| addresses.map(|address| address.ip()).collect())
            .map_err(|error| error.to_string());
        facts.lookup = Some(Lookup {
            host,
            is_proxy,
            addresses,
        });
    }
    if facts.obstacle_before_sending().is_some() {
        return;
    }
    let Some(workspace) = facts.settings.workspace_id else {
        return;
    };
    // A single attempt: a retry would hide what happened.
    let options = CallOptions::new()
        .max_attempts(1)
        .timeout(Duration::from_secs(20))
        .attempt_timeout(Duration::from_secs(20));
    match builder
        .build()
        .and_then(|client| client.with_options(options))
    {
        Ok(client) => {
            let mut reader = Reader {
                client,
                workspace,
                sample,
                reads: &mut facts.reads,
            };
            reader.read_all().await;
        }
        // Another setting than those that the diagnosis covers.
        Err(error) => facts.problems.push(error.message().to_owned()),
    }
}

/// The name that a connection needs, with its port: that of the proxy, or that of the API. `None` for an IP address.
fn name_to_resolve(settings: &SettingsDiagnosis) -> Option<(String, u16, bool)> {
    let base_url = settings.base_url.as_ref().ok()?;
    let (url, is_proxy) = match settings.proxy.as_ref().ok()? {
        Some(proxy) => (format!("http://{}", proxy.address), true),
        None => (base_url.clone(), false),
    };
    let url = Url::parse(&url).ok()?;
    match url.host()? {
        Host::Domain(name) => Some((name.to_owned(), url.port_or_known_default()?, is_proxy)),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}

struct Reader<'a> {
    client: Client,
    workspace: WorkspaceId,
    sample: u32,
    reads: &'a mut Vec<Read>,
}

impl Reader<'_> {
    /// Sends all reads. Stops if the first one shows that all others would fail in the same way.
    async fn read_all(&mut self) {
        let limit = self.sample;
        let connectors = self.list("listConnectors", "connectors", limit).await;
        if self
            .reads
            .iter()
            .any(|read| !read.is_answered() || read.failed_with(ErrorKind::Authentication))
        {
            return;
        }
        let channels = self.list("listChannels", "channels", limit).await;
        // The maximum of the list is 99.
        self.list("listNumbers", "numbers", limit.min(99)).await;
        self.list("listLongCodeNumbers", "numbers-long-code", limit.min(99))
            .await;
        let use_cases = self.list("listUseCases", "use-cases", limit).await;
        let subscriptions = self.subscriptions().await;
        self.read(
            "listAvailableWebhooks",
            "available-webhooks",
            &[("service", "channels")],
            None,
        )
        .await;
        if let Some(id) = connectors.first() {
            self.get("getConnector", &format!("connectors/{id}")).await;
            self.get("getConnectorStatus", &format!("connectors/{id}/status"))
                .await;
        }
        if let Some(id) = channels.first() {
            self.get("getChannel", &format!("channels/{id}")).await;
            self.get(
                "getChannelConversational",
                &format!("channels/{id}/conversational"),
            )
            .await;
        }
        if let Some(id) = use_cases.first() {
            self.get("getUseCase", &format!("use-cases/{id}")).await;
        }
        if let Some(id) = subscriptions.first() {
            self.get(
                "getWebhookSubscription",
                &format!("webhook-subscriptions/{id}"),
            )
            .await;
        }
        for id in subscriptions.iter().take(LOGS) {
            let path = format!("webhook-subscriptions/{id}/logs");
            self.read(
                "listWebhookSubscriptionLogs",
                &path,
                &[("limit", "20")],
                Some(id),
            )
            .await;
        }
    }

    /// Reads the first page of a list, and returns the ids of its items.
    async fn list(&mut self, operation: &'static str, path: &str, limit: u32) -> Vec<String> {
        let limit = limit.to_string();
        let body = self.read(operation, path, &[("limit", &limit)], None).await;
        body.as_ref().map(ids).unwrap_or_default()
    }

    /// Reads all subscriptions: duplicates can be on different pages.
    async fn subscriptions(&mut self) -> Vec<String> {
        let mut all = Vec::new();
        let mut token: Option<String> = None;
        let limit = SUBSCRIPTIONS_PER_PAGE.to_string();
        for _ in 0..SUBSCRIPTION_PAGES {
            let mut query = vec![("limit", limit.as_str())];
            query.extend(token.as_deref().map(|token| ("pageToken", token)));
            let body = self
                .read(
                    "listWebhookSubscriptions",
                    "webhook-subscriptions",
                    &query,
                    None,
                )
                .await;
            let Some(body) = body else { break };
            all.extend(ids(&body));
            let next = body["nextPageToken"]
                .as_str()
                .filter(|token| !token.is_empty());
            if next.is_none() || next == token.as_deref() {
                break;
            }
            token = next.map(str::to_owned);
        }
        all
    }

    async fn get(&mut self, operation: &'static str, path: &str) {
        self.read(operation, path, &[], Some("")).await;
    }

    /// Sends a read, and returns its body if it was successful. `parent` is the resource below which it reads.
    async fn read(
        &mut self,
        operation: &'static str,
        path: &str,
        query: &[(&str, &str)],
        parent: Option<&str>,
    ) -> Option<Value> {
        let path = format!("/workspaces/{}/{path}", self.workspace);
        let mut request = self.client.request(Method::GET, &path);
        for (name, value) in query {
            request = request.query(name, value);
        }
        let start = Instant::now();
        let response = request.send().await;
        let (elapsed, received) = (start.elapsed(), SystemTime::now());
        let result = response.and_then(|response| {
            Ok(Response {
                body: response.json()?,
                date: date(response.headers()),
                remaining: remaining(response.headers()),
            })
        });
        let body = result.as_ref().ok().map(|response| response.body.clone());
        self.reads.push(Read {
            operation,
            parent: parent.map(str::to_owned),
            elapsed,
            received,
            result,
        });
        body
    }
}

/// The ids of the items of a page. Others than UUIDs cannot be part of a path.
fn ids(body: &Value) -> Vec<String> {
    let items = body["results"].as_array().into_iter().flatten();
    items
        .filter_map(|item| Uuid::try_parse(item["id"].as_str()?).ok())
        .map(|id| id.to_string())
        .collect()
}

fn date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()
}

/// The requests that remain. The API documents no such header, so the usual names are read.
fn remaining(headers: &HeaderMap) -> Option<u64> {
    ["x-ratelimit-remaining", "ratelimit-remaining"]
        .iter()
        .find_map(|name| headers.get(*name)?.to_str().ok()?.trim().parse().ok())
}
