//! The simulated API: routes, the network with its faults, the rate limits, and slow webhooks. The SDK sends its requests to an
//! [`ApiClient`] instead of a socket.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bird_connectors::client::{
    HttpClient, HttpClientError, HttpRequest, HttpResponse, HttpResponseFuture,
};
use bird_connectors::webhook::EventSubject;
use fastrand::Rng;
use serde::Deserialize;
use tokio::time::{Instant, sleep, sleep_until};
use uuid::Uuid;

use crate::lock::lock;
use crate::random::{self, between, exponential};
use crate::scenario::{PlantedFault, Scenario};
use crate::workspace::{SimulatedWorkspace, workspace_number};

pub(crate) struct Api {
    scenario: Scenario,
    /// The workspaces that are being installed.
    workspaces: Mutex<HashMap<u32, Arc<SimulatedWorkspace>>>,
    faults: Mutex<FaultCounts>,
}

/// The faults of the network.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FaultCounts {
    /// Responses that did not arrive, or arrived as 503 after the request was processed.
    pub(crate) lost: u64,
    /// Requests that did not arrive.
    pub(crate) undelivered: u64,
    pub(crate) late_webhooks: u64,
    pub(crate) lost_webhooks: u64,
}

/// What happens to an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// No connection.
    Refused,
    /// The connection breaks before the request arrives.
    Undelivered,
    /// The connection breaks after the request was processed.
    Reset,
    /// The request is processed, but its response never arrives.
    Silent,
    /// The request is processed, but a proxy answers 503.
    Unavailable,
}

impl Fault {
    /// Three in a hundred requests have an unknown outcome.
    fn draw(random: &mut Rng) -> Self {
        match random.f64() {
            share if share < 0.005 => Self::Refused,
            share if share < 0.012 => Self::Undelivered,
            share if share < 0.027 => Self::Reset,
            share if share < 0.030 => Self::Silent,
            share if share < 0.035 => Self::Unavailable,
            _ => Self::None,
        }
    }
}

/// The body of a create. Other fields are an error, as in the API.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct CreateBody {
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "connectorTemplateRef")]
    _template: String,
    arguments: Arguments,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Arguments {
    phone_number_id: Uuid,
    #[serde(rename = "channelMessageType")]
    _message_type: String,
}

impl Api {
    pub(crate) fn new(scenario: Scenario) -> Self {
        Self {
            scenario,
            workspaces: Mutex::default(),
            faults: Mutex::default(),
        }
    }

    /// The workspace, which `create` creates if it is not being installed yet.
    pub(crate) fn open(
        &self,
        number: u32,
        create: impl FnOnce() -> SimulatedWorkspace,
    ) -> Arc<SimulatedWorkspace> {
        let mut workspaces = lock(&self.workspaces);
        let entry = workspaces.entry(number);
        Arc::clone(entry.or_insert_with(|| Arc::new(create())))
    }

    /// Removes a workspace.
    pub(crate) fn close(&self, number: u32) -> Option<Arc<SimulatedWorkspace>> {
        lock(&self.workspaces).remove(&number)
    }

    pub(crate) fn faults(&self) -> FaultCounts {
        *lock(&self.faults)
    }

    fn count(&self, change: impl FnOnce(&mut FaultCounts)) {
        change(&mut lock(&self.faults));
    }

    /// Sends a request through the network, and its response back.
    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, HttpClientError> {
        let Some((workspace, route)) = self.route(&request) else {
            return Ok(answer(404, NOT_FOUND.to_owned()));
        };
        let mut random = workspace.next_request();
        let fault = if self.scenario.faults {
            Fault::draw(&mut random)
        } else {
            Fault::None
        };
        if fault == Fault::Refused {
            return Err(HttpClientError::not_sent("connection refused"));
        }
        sleep(transit(&mut random)).await;
        if fault == Fault::Undelivered {
            self.count(|faults| faults.undelivered += 1);
            return Err(HttpClientError::unknown("connection reset"));
        }
        let is_read = request.method() == "GET";
        let mut response = if workspace.arrive(is_read, self.scenario.faults) {
            let response = self.handle(&workspace, &route, &request);
            let (shortest, longest) = if is_read { (0.01, 0.04) } else { (0.05, 0.2) };
            sleep(between(&mut random, shortest, longest)).await;
            response
        } else {
            let mut response = answer(429, r#"{"code":"TooManyRequests"}"#.to_owned());
            // The header is not documented, so it is not always there.
            if random.bool() {
                let headers = response.headers_mut();
                headers.insert("retry-after", 1.into());
            }
            response
        };
        sleep(transit(&mut random)).await;
        match fault {
            Fault::Reset | Fault::Silent | Fault::Unavailable => {
                self.count(|faults| faults.lost += 1);
            }
            _ => {}
        }
        match fault {
            Fault::Reset => return Err(HttpClientError::unknown("connection reset")),
            // Longer than the timeout of an attempt.
            Fault::Silent => sleep(Duration::from_secs(40)).await,
            Fault::Unavailable => response = answer(503, String::new()),
            _ => {}
        }
        Ok(response)
    }

    fn route(&self, request: &HttpRequest) -> Option<(Arc<SimulatedWorkspace>, Route)> {
        let mut segments = request.uri().path().split('/');
        segments.find(|segment| *segment == "workspaces")?;
        let workspace = workspace_number(segments.next()?.parse().ok()?);
        let workspace = Arc::clone(lock(&self.workspaces).get(&workspace)?);
        let resource = segments.next()?;
        let id = segments.next().map(str::parse::<Uuid>);
        let route = match (request.method().as_str(), resource, id, segments.next()) {
            ("POST", "connectors", None, None) => Route::Create,
            ("GET", "connectors", None, None) => Route::Connectors,
            ("GET", "connectors", Some(Ok(id)), None) => Route::Connector(id),
            ("GET", "connectors", Some(Ok(id)), Some("status")) => Route::Readiness(id),
            ("GET", "channels", None, None) => Route::Channels,
            ("GET", "channels", Some(Ok(id)), None) => Route::Channel(id),
            _ => return None,
        };
        Some((workspace, route))
    }

    fn handle(
        &self,
        workspace: &Arc<SimulatedWorkspace>,
        route: &Route,
        request: &HttpRequest,
    ) -> HttpResponse {
        workspace.count_read(|counts| match route {
            Route::Create => {}
            Route::Connectors => counts.connector_pages += 1,
            Route::Channels => counts.channel_pages += 1,
            Route::Connector(_) | Route::Readiness(_) | Route::Channel(_) => counts.single += 1,
        });
        let found = match route {
            Route::Create => return self.create(workspace, request),
            Route::Connectors => {
                let query = Query::of(request, 100);
                Some(workspace.list_connectors(query.limit, query.offset))
            }
            Route::Connector(id) => workspace.read_connector(*id),
            Route::Readiness(id) => workspace.read_readiness(*id),
            Route::Channels => {
                let query = Query::of(request, 1000);
                let wrong = self.scenario.has(PlantedFault::WrongStatuses);
                let status = wrong.then_some("active");
                let place = (query.limit, query.offset);
                Some(workspace.list_channels(place, &query.statuses, &query.ids, status))
            }
            Route::Channel(id) => workspace.read_channel(*id),
        };
        match found {
            Some(json) => answer(200, json),
            None => answer(404, NOT_FOUND.to_owned()),
        }
    }

    fn create(&self, workspace: &Arc<SimulatedWorkspace>, request: &HttpRequest) -> HttpResponse {
        let created = serde_json::from_slice::<CreateBody>(request.body())
            .map_err(|error| error.to_string())
            .and_then(|body| {
                let created = workspace.create(body.arguments.phone_number_id);
                created.ok_or_else(|| "unknown number".to_owned())
            });
        match created {
            Ok((json, events)) => {
                if self.scenario.webhooks {
                    for (index, (connector, at)) in events.into_iter().enumerate() {
                        self.deliver(workspace, connector, index as u64, at);
                    }
                }
                answer(201, json)
            }
            Err(why) => answer(
                422,
                serde_json::json!({"code": "InvalidPayload", "message": why}).to_string(),
            ),
        }
    }

    /// Delivers an event late, twice, or not at all. The receiver passes it on to all processes.
    fn deliver(
        &self,
        workspace: &Arc<SimulatedWorkspace>,
        connector: u32,
        event: u64,
        at: Instant,
    ) {
        let purpose = [4, workspace.number.into(), connector.into(), event];
        let mut random = random::source(self.scenario.seed, &purpose);
        let copies = match random.f64() {
            share if share < 0.05 => {
                self.count(|faults| faults.lost_webhooks += 1);
                return;
            }
            share if share < 0.1 => 2,
            _ => 1,
        };
        let key = format!("{:032x}{:016x}{event:016x}", workspace.number, connector);
        let Ok(key) = key.parse() else { return };
        let subject = EventSubject::new(key, Some(workspace.connector_id(connector)), None);
        for _ in 0..copies {
            // The median delivery takes 2 s, and one in a hundred more than half a minute.
            let delay = if random.f64() < 0.8 {
                between(&mut random, 0.2, 4.0)
            } else {
                exponential(&mut random, Duration::from_secs(12))
            };
            if delay > Duration::from_secs(10) {
                self.count(|faults| faults.late_webhooks += 1);
            }
            let workspace = Arc::downgrade(workspace);
            tokio::spawn(async move {
                sleep_until(at + delay).await;
                if let Some(workspace) = workspace.upgrade() {
                    workspace.signals.push(subject);
                }
            });
        }
    }
}

enum Route {
    Create,
    Connectors,
    Connector(Uuid),
    Readiness(Uuid),
    Channels,
    Channel(Uuid),
}

/// The query of a list.
struct Query {
    limit: usize,
    offset: usize,
    statuses: Vec<String>,
    ids: Vec<Uuid>,
}

impl Query {
    fn of(request: &HttpRequest, largest: usize) -> Self {
        let mut query = Self {
            limit: 10,
            offset: 0,
            statuses: Vec::new(),
            ids: Vec::new(),
        };
        let pairs = request.uri().query().unwrap_or_default();
        for (name, value) in form_urlencoded::parse(pairs.as_bytes()) {
            match &*name {
                "limit" => query.limit = value.parse().unwrap_or(query.limit).min(largest),
                "pageToken" => query.offset = value.parse().unwrap_or_default(),
                "status" => query.statuses.push(value.into_owned()),
                "channelIds" => query.ids.extend(value.parse::<Uuid>()),
                _ => {}
            }
        }
        query
    }
}

const NOT_FOUND: &str = r#"{"code":"NotFound","message":"not found"}"#;

fn answer(status: u16, body: String) -> HttpResponse {
    let mut response = HttpResponse::new(body.into());
    // Every status above is valid.
    *response.status_mut() = status.try_into().unwrap_or_default();
    let headers = response.headers_mut();
    if let Ok(json) = "application/json".parse() {
        headers.insert("content-type", json);
    }
    response
}

/// The time of one way through the network. One in a hundred takes much longer.
fn transit(random: &mut Rng) -> Duration {
    if random.f64() < 0.01 {
        between(random, 0.1, 0.8)
    } else {
        between(random, 0.02, 0.06)
    }
}

/// The API as one process reaches it. A request that was sent arrives even if its process dies.
pub(crate) struct ApiClient(pub(crate) Arc<Api>);

impl HttpClient for ApiClient {
    fn send(&self, request: HttpRequest) -> HttpResponseFuture {
        let api = Arc::clone(&self.0);
        let exchange = tokio::spawn(async move { api.exchange(request).await });
        Box::pin(async move {
            let result = exchange.await;
            result.unwrap_or_else(|error| Err(HttpClientError::unknown(error.to_string())))
        })
    }
}
