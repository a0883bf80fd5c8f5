//! The client, its organizations and workspaces, and raw requests.

use std::sync::Arc;

use bird_connectors as sdk;
use http::Method;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use sdk::client::CallOptions;
use sdk::models::OrganizationId;
use sdk::{ClientBuilder, WorkspaceId};
use serde_json::Value;

use crate::call::call;
use crate::convert::{
    Arg, Count, Id, Json, Pair, QueryParameters, RateLimits, Seconds, Str, arguments, from_json,
};
use crate::errors::invalid;
use crate::hints::{AnyValue, CallOf, Hint, Typed};
use crate::resources::channels::Channels;
use crate::resources::connectors::Connectors;
use crate::resources::numbers::Numbers;
use crate::resources::use_cases::UseCases;
use crate::resources::webhook_subscriptions::WebhookSubscriptions;
use crate::scope::{Change, ClientCore, WorkspaceScope};
use crate::sdk_errors::sdk_error;

/// The options that are given. The others keep their values.
fn options(
    timeout: Option<Seconds>,
    attempt_timeout: Option<Seconds>,
    max_attempts: Option<Count<u32>>,
) -> CallOptions {
    let mut options = CallOptions::new();
    if let Some(timeout) = timeout {
        options = options.timeout(timeout.0);
    }
    if let Some(timeout) = attempt_timeout {
        options = options.attempt_timeout(timeout.0);
    }
    if let Some(attempts) = max_attempts {
        options = options.max_attempts(attempts.0);
    }
    options
}

/// The native half of `Client` and `AsyncClient`.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Client {
    core: Arc<ClientCore>,
    base_url: String,
}

impl Client {
    pub(crate) fn core(&self) -> Arc<ClientCore> {
        Arc::clone(&self.core)
    }
}

#[pymethods]
impl Client {
    #[new]
    #[pyo3(signature = (*, from_env, access_key, base_url, workspace_id, timeout, attempt_timeout, connect_timeout, max_attempts, retry_backoff, rate_limit, proxy, no_proxy, root_certificate, user_agent))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        py: Python<'_>,
        from_env: Arg<bool>,
        access_key: Option<Arg<Str>>,
        base_url: Option<Arg<Str>>,
        workspace_id: Option<Arg<Id<WorkspaceId>>>,
        timeout: Option<Arg<Seconds>>,
        attempt_timeout: Option<Arg<Seconds>>,
        connect_timeout: Option<Arg<Seconds>>,
        max_attempts: Option<Arg<Count<u32>>>,
        retry_backoff: Option<Arg<Pair<Seconds>>>,
        rate_limit: Option<Arg<RateLimits>>,
        proxy: Option<Arg<Str>>,
        no_proxy: Arg<bool>,
        root_certificate: Option<Arg<Str>>,
        user_agent: Option<Arg<Str>>,
    ) -> PyResult<Self> {
        arguments!(
            from_env,
            access_key,
            base_url,
            workspace_id,
            timeout,
            attempt_timeout,
            connect_timeout,
            max_attempts,
            retry_backoff,
            rate_limit,
            proxy,
            no_proxy,
            root_certificate,
            user_agent
        );
        let mut settings = if from_env {
            ClientBuilder::from_env().map_err(|error| sdk_error(py, &error))?
        } else {
            sdk::Client::builder()
        };
        settings = settings.attempts_in_tasks();
        if let Some(key) = access_key {
            settings = settings.access_key(key.0);
        }
        if let Some(url) = base_url {
            settings = settings.base_url(url.0);
        }
        if let Some(id) = workspace_id {
            settings = settings.workspace_id(id.0);
        }
        if let Some(timeout) = timeout {
            settings = settings.timeout(timeout.0);
        }
        if let Some(timeout) = attempt_timeout {
            settings = settings.attempt_timeout(timeout.0);
        }
        if let Some(timeout) = connect_timeout {
            settings = settings.connect_timeout(timeout.0);
        }
        if let Some(attempts) = max_attempts {
            settings = settings.max_attempts(attempts.0);
        }
        if let Some(Pair(initial, longest)) = retry_backoff {
            settings = settings.retry_backoff(initial.0, longest.0);
        }
        settings = settings.rate_limit(rate_limit.map(|rate| rate.0));
        if let Some(url) = proxy {
            settings = settings.proxy(url.0);
        }
        if no_proxy {
            settings = settings.no_proxy();
        }
        if let Some(pem) = root_certificate {
            settings = settings.root_certificate(pem.0);
        }
        if let Some(user_agent) = user_agent {
            settings = settings.user_agent(user_agent.0);
        }
        // Returns none unless `bird_connectors.otel` switches it on.
        settings = settings.trace_context(crate::logging::current_trace_context);
        let core = ClientCore::build(py, settings)?;
        let base_url = core.client(py)?.base_url().to_owned();
        Ok(Self { core, base_url })
    }

    #[pyo3(signature = (timeout, attempt_timeout, max_attempts))]
    fn with_options(
        &self,
        py: Python<'_>,
        timeout: Option<Arg<Seconds>>,
        attempt_timeout: Option<Arg<Seconds>>,
        max_attempts: Option<Arg<Count<u32>>>,
    ) -> PyResult<Self> {
        arguments!(timeout, attempt_timeout, max_attempts);
        let options = options(timeout, attempt_timeout, max_attempts);
        Ok(Self {
            core: self.core.derive(py, Change::Options(options))?,
            base_url: self.base_url.clone(),
        })
    }

    fn with_access_key(&self, py: Python<'_>, access_key: Arg<Str>) -> PyResult<Self> {
        arguments!(access_key);
        Ok(Self {
            core: self.core.derive(py, Change::AccessKey(access_key.0))?,
            base_url: self.base_url.clone(),
        })
    }

    #[getter]
    fn base_url(&self) -> &str {
        &self.base_url
    }

    fn workspace(&self, py: Python<'_>, id: Option<Arg<Id<WorkspaceId>>>) -> PyResult<Workspace> {
        arguments!(id);
        Workspace::new(py, &self.core, None, id)
    }

    fn organization(&self, id: Arg<Id<OrganizationId>>) -> PyResult<Organization> {
        arguments!(id);
        Ok(Organization {
            core: Arc::clone(&self.core),
            id: id.0,
        })
    }

    #[pyo3(signature = (method, path, query, json))]
    fn request(
        &self,
        py: Python<'_>,
        method: Arg<Str>,
        path: Arg<Str>,
        query: Option<Arg<QueryParameters>>,
        json: Option<Arg<Json>>,
    ) -> PyResult<Typed<CallOf<RawResponse>>> {
        arguments!(method, path, query, json);
        let verb = Method::from_bytes(method.0.to_ascii_uppercase().as_bytes())
            .map_err(|_| invalid(py, format!("invalid HTTP method {:?}", method.0)))?;
        let mut request = self.core.client(py)?.request(verb, &path.0);
        for (name, value) in query.into_iter().flat_map(|query| query.0) {
            request = request.query(&name, value);
        }
        if let Some(json) = json {
            request = request.json(&json.0);
        }
        call(py, request.send(), |py, reply| {
            Ok(Py::new(py, RawResponse(reply))?.into_any())
        })
    }

    /// Raises `RuntimeError` if the client is closed.
    fn check_open(&self, py: Python<'_>) -> PyResult<()> {
        self.core.client(py).map(drop)
    }

    /// Drops the connections. Calls that are running finish; new ones raise `RuntimeError`.
    fn close(&self) {
        self.core.close();
    }
}

/// The native half of `Organization` and `AsyncOrganization`.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Organization {
    core: Arc<ClientCore>,
    id: OrganizationId,
}

#[pymethods]
impl Organization {
    #[getter]
    fn id(&self) -> String {
        self.id.to_string()
    }

    fn workspace(&self, py: Python<'_>, id: Option<Arg<Id<WorkspaceId>>>) -> PyResult<Workspace> {
        arguments!(id);
        Workspace::new(py, &self.core, Some(self.id), id)
    }
}

/// The native half of `Workspace` and `AsyncWorkspace`.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Workspace(WorkspaceScope);

impl Workspace {
    fn new(
        py: Python<'_>,
        core: &Arc<ClientCore>,
        organization: Option<OrganizationId>,
        id: Option<Id<WorkspaceId>>,
    ) -> PyResult<Self> {
        WorkspaceScope::new(py, core, organization, id.map(|id| id.0)).map(Self)
    }
}

#[pymethods]
impl Workspace {
    #[getter]
    fn id(&self) -> String {
        self.0.id.to_string()
    }

    #[pyo3(signature = (timeout, attempt_timeout, max_attempts))]
    fn with_options(
        &self,
        py: Python<'_>,
        timeout: Option<Arg<Seconds>>,
        attempt_timeout: Option<Arg<Seconds>>,
        max_attempts: Option<Arg<Count<u32>>>,
    ) -> PyResult<Self> {
        arguments!(timeout, attempt_timeout, max_attempts);
        let options = options(timeout, attempt_timeout, max_attempts);
        let core = self.0.core.derive(py, Change::Options(options))?;
        Ok(Self(self.0.with_core(core)))
    }

    fn connectors(&self) -> Connectors {
        Connectors(self.0.clone())
    }

    fn channels(&self) -> Channels {
        Channels(self.0.clone())
    }

    fn webhook_subscriptions(&self) -> WebhookSubscriptions {
        WebhookSubscriptions(self.0.clone())
    }

    fn numbers(&self) -> Numbers {
        Numbers(self.0.clone())
    }

    fn use_cases(&self) -> UseCases {
        UseCases(self.0.clone())
    }
}

/// The successful response to `Client.request`.
#[pyclass(frozen, weakref, module = "bird_connectors")]
pub(crate) struct RawResponse(sdk::client::RawResponse);

impl Hint for RawResponse {
    const HINT: pyo3::inspect::PyStaticExpr = <Self as pyo3::PyTypeInfo>::TYPE_HINT;
}

#[pymethods]
impl RawResponse {
    /// The HTTP status, from 200 to 299.
    #[getter]
    fn status(&self) -> u16 {
        self.0.status().as_u16()
    }

    /// The headers, by name in any case. `headers.get_all(name)` returns all values of a repeated header.
    #[getter]
    fn headers(&self, py: Python<'_>) -> PyResult<Typed<Headers>> {
        let pairs = self.0.headers().iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.as_str(), value)
        });
        let pairs = PyList::new(py, pairs.collect::<Vec<_>>())?;
        let headers = py
            .import(intern!(py, "bird_connectors._headers"))?
            .getattr(intern!(py, "Headers"))?
            .call1((pairs,))?;
        Ok(Typed::new(headers.unbind()))
    }

    /// The body. Empty if the response has none.
    #[getter]
    fn content<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.body())
    }

    /// Decodes the body as JSON.
    ///
    /// Raises:
    ///     DecodeError: The body is empty or not JSON.
    fn json(&self, py: Python<'_>) -> PyResult<Typed<AnyValue>> {
        let value: Value = self.0.json().map_err(|error| sdk_error(py, &error))?;
        Ok(Typed::new(from_json(py, &value)?.unbind()))
    }

    fn __repr__(&self) -> String {
        format!(
            "<bird_connectors.RawResponse status={} bytes={}>",
            self.0.status().as_u16(),
            self.0.body().len()
        )
    }
}

pub(crate) struct Headers;

impl Hint for Headers {
    const HINT: pyo3::inspect::PyStaticExpr =
        pyo3::type_hint_identifier!("bird_connectors._headers", "Headers");
}
