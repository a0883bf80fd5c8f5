//! The sandbox inside the process, on its own thread, for tests without a network. Users import `testing.py`.

pub(crate) mod script;

use std::net::SocketAddr;
use std::sync::Mutex;

use bird_connectors_sandbox as sandbox;
use pyo3::exceptions::{PyOSError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use sandbox::{LostDeliveries, Number, Operation, Response, Rule, Step};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use crate::convert::{
    Arg, Count, Id, Json, JsonObject, Seconds, Sequence, Str, StringMap, arguments, from_json,
};
use crate::errors::invalid;
use crate::hints::{Dict, JsonObjects, Typed};
use crate::process::{ProcessOwned, lock};
use crate::sandbox::script::Script;

struct Running {
    sandbox: sandbox::Sandbox,
    runtime: Runtime,
}

/// The native half of `testing.Sandbox`.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Sandbox(Mutex<Option<ProcessOwned<Running>>>);

impl Sandbox {
    /// Uses the sandbox. Fails if it is closed or belongs to the parent of a forked process.
    fn with<T>(&self, use_sandbox: impl FnOnce(&sandbox::Sandbox) -> T) -> PyResult<T> {
        let slot = lock(&self.0);
        match slot.as_ref().map(ProcessOwned::get) {
            Some(Some(running)) => Ok(use_sandbox(&running.sandbox)),
            Some(None) => Err(PyRuntimeError::new_err(
                "the sandbox was started before the process forked and belongs to the parent: start another one in the child",
            )),
            None => Err(PyRuntimeError::new_err(
                "the sandbox is closed: start a new one",
            )),
        }
    }

    /// JSON objects of the sandbox as a list of dicts.
    fn objects(
        &self,
        py: Python<'_>,
        objects: impl FnOnce(&sandbox::Sandbox) -> Vec<Value>,
    ) -> PyResult<Typed<JsonObjects>> {
        let list = PyList::empty(py);
        for object in self.with(objects)? {
            list.append(from_json(py, &object)?)?;
        }
        Ok(Typed::new(list.into_any().unbind()))
    }
}

fn operation(py: Python<'_>, name: &Str) -> PyResult<Operation> {
    name.0.parse().map_err(|error: sandbox::UnknownOperation| {
        invalid(py, format!("invalid operation: {error}"))
    })
}

#[pymethods]
impl Sandbox {
    #[new]
    #[pyo3(signature = (script, access_key, workspace_id, organization_id, connectors, numbers, port, scene))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        py: Python<'_>,
        script: Option<Arg<Py<Script>>>,
        access_key: Option<Arg<Str>>,
        workspace_id: Option<Arg<Id>>,
        organization_id: Option<Arg<Id>>,
        connectors: Arg<Count<u32>>,
        numbers: Option<Arg<Sequence<Str>>>,
        port: Arg<Count<u16>>,
        scene: Option<Arg<JsonObject>>,
    ) -> PyResult<Self> {
        arguments!(
            script,
            access_key,
            workspace_id,
            organization_id,
            connectors,
            numbers,
            port,
            scene
        );
        let mut builder = sandbox::Sandbox::builder()
            .port(port.0)
            .connectors(connectors.0 as usize);
        if let Some(scene) = scene {
            let scene = sandbox::Scene::from_json(Value::Object(scene.0));
            builder = builder.scene(scene.map_err(|error| invalid(py, error.to_string()))?);
        }
        if let Some(script) = script {
            builder = builder.default_script(script.get().0.clone());
        }
        if let Some(key) = access_key {
            builder = builder.access_key(key.0);
        }
        if let Some(id) = workspace_id {
            builder = builder.workspace_id(id.0);
        }
        if let Some(id) = organization_id {
            builder = builder.organization_id(id.0);
        }
        if let Some(numbers) = numbers {
            builder = builder.no_numbers();
            for number in numbers.0 {
                builder = builder.number(Number::new(number.0));
            }
        }
        let started = py.detach(|| {
            let runtime = Builder::new_multi_thread()
                .worker_threads(1)
                .thread_name("bird-connectors-sandbox")
                .enable_all()
                .build()?;
            let sandbox = runtime.block_on(builder.start())?;
            std::io::Result::Ok(Running { sandbox, runtime })
        });
        match started {
            Ok(running) => Ok(Self(Mutex::new(Some(ProcessOwned::new(running))))),
            Err(error) => Err(PyOSError::new_err(format!(
                "cannot start the sandbox: {error}"
            ))),
        }
    }

    #[getter]
    fn base_url(&self) -> PyResult<String> {
        self.with(sandbox::Sandbox::base_url)
    }

    fn scene(&self, py: Python<'_>) -> PyResult<Typed<Dict>> {
        let scene = self.with(sandbox::Sandbox::scene)?.to_json();
        Ok(Typed::new(from_json(py, &scene)?.unbind()))
    }

    #[getter]
    fn access_key(&self) -> PyResult<String> {
        self.with(|sandbox| sandbox.access_key().to_owned())
    }

    #[getter]
    fn workspace_id(&self) -> PyResult<String> {
        self.with(|sandbox| sandbox.workspace_id().to_string())
    }

    #[getter]
    fn organization_id(&self) -> PyResult<String> {
        self.with(|sandbox| sandbox.organization_id().to_string())
    }

    fn close(&self, py: Python<'_>) {
        let running = lock(&self.0).take().and_then(ProcessOwned::into_inner);
        if let Some(Running { sandbox, runtime }) = running {
            py.detach(|| {
                runtime.block_on(sandbox.shutdown());
                runtime.shutdown_background();
            });
        }
    }

    fn next_install(&self, script: Arg<Py<Script>>) -> PyResult<()> {
        arguments!(script);
        self.with(|sandbox| sandbox.next_install(script.get().0.clone()))
    }

    fn default_script(&self, script: Arg<Py<Script>>) -> PyResult<()> {
        arguments!(script);
        self.with(|sandbox| sandbox.default_script(script.get().0.clone()))
    }

    fn script_for_name(&self, name: Arg<Str>, script: Arg<Py<Script>>) -> PyResult<()> {
        arguments!(name, script);
        self.with(|sandbox| sandbox.script_for_name(name.0, script.get().0.clone()))
    }

    fn set_status(&self, connector: Arg<Id>, status: Arg<Str>) -> PyResult<bool> {
        arguments!(connector, status);
        self.with(|sandbox| sandbox.apply_step(connector.0, Step::Status(status.0)))
    }

    #[pyo3(signature = (operation, times, nth, delay, delay_response, status, json, text, content_type, headers, after_processing, fault))]
    #[allow(clippy::too_many_arguments)]
    fn rule(
        &self,
        py: Python<'_>,
        operation: Option<Arg<Str>>,
        times: Option<Arg<Count>>,
        nth: Option<Arg<Count>>,
        delay: Arg<Seconds>,
        delay_response: Arg<Seconds>,
        status: Option<Arg<Count<u16>>>,
        json: Option<Arg<Json>>,
        text: Option<Arg<Str>>,
        content_type: Arg<Str>,
        headers: Option<Arg<StringMap>>,
        after_processing: Arg<bool>,
        fault: Option<Arg<Str>>,
    ) -> PyResult<()> {
        arguments!(
            operation,
            times,
            nth,
            delay,
            delay_response,
            status,
            json,
            text,
            content_type,
            headers,
            after_processing,
            fault
        );
        let mut rule = match operation {
            Some(name) => Rule::on(self::operation(py, &name)?),
            None => Rule::on_any(),
        };
        rule = match (times, nth) {
            (_, Some(Count(0))) => {
                return Err(invalid(py, "invalid nth: expected 1 or more, got 0"));
            }
            (_, Some(nth)) => rule.nth(nth.0),
            (Some(times), None) => rule.times(times.0),
            (None, None) => rule.always(),
        };
        rule = rule.delay(delay.0).delay_response(delay_response.0);
        if let Some(Count(status)) = status {
            if !(100..1000).contains(&status) {
                return Err(invalid(
                    py,
                    format!(
                        "invalid status: expected an HTTP status from 100 to 999, got {status}"
                    ),
                ));
            }
            let mut response = match (json, text) {
                (Some(json), _) => Response::json(status, json.0),
                (None, Some(text)) => Response::text(status, content_type.0, text.0),
                (None, None) => Response::status(status),
            };
            for (name, value) in headers.into_iter().flat_map(|headers| headers.0) {
                response = response.header(name, value);
            }
            rule = rule.respond_with(response);
        }
        if let Some(fault) = fault {
            let fault = fault.0.parse();
            rule = rule.fault(fault.map_err(|error: sandbox::UnknownFault| {
                invalid(py, format!("invalid fault: {error}"))
            })?);
        }
        if after_processing {
            rule = rule.after_processing();
        }
        self.with(|sandbox| sandbox.rule(rule))
    }

    fn clear_rules(&self) -> PyResult<()> {
        self.with(sandbox::Sandbox::clear_rules)
    }

    fn deny(&self, py: Python<'_>, operation: Arg<Str>) -> PyResult<()> {
        arguments!(operation);
        let operation = self::operation(py, &operation)?;
        self.with(|sandbox| sandbox.deny(operation))
    }

    fn allow(&self, py: Python<'_>, operation: Arg<Str>) -> PyResult<()> {
        arguments!(operation);
        let operation = self::operation(py, &operation)?;
        self.with(|sandbox| sandbox.allow(operation))
    }

    fn count(&self, py: Python<'_>, operation: Arg<Str>) -> PyResult<u64> {
        arguments!(operation);
        let operation = self::operation(py, &operation)?;
        self.with(|sandbox| sandbox.count(operation))
    }

    fn requests(
        &self,
        py: Python<'_>,
        operation: Option<Arg<Str>>,
    ) -> PyResult<Typed<JsonObjects>> {
        arguments!(operation);
        let requests = match operation {
            Some(name) => {
                let operation = self::operation(py, &name)?;
                self.with(|sandbox| sandbox.requests_to(operation))?
            }
            None => self.with(sandbox::Sandbox::requests)?,
        };
        let list = PyList::empty(py);
        for request in requests {
            let row = PyDict::new(py);
            row.set_item("operation", request.operation.map(Operation::id))?;
            row.set_item("method", request.method)?;
            row.set_item("path", request.path)?;
            row.set_item("query", request.query)?;
            let headers = PyDict::new(py);
            for (name, value) in request.headers {
                headers.set_item(name, value)?;
            }
            row.set_item("headers", headers)?;
            let body = request.body.map(|body| from_json(py, &body)).transpose()?;
            row.set_item("body", body)?;
            row.set_item("status", request.status)?;
            list.append(row)?;
        }
        Ok(Typed::new(list.into_any().unbind()))
    }

    fn clear_requests(&self) -> PyResult<()> {
        self.with(sandbox::Sandbox::clear_requests)
    }

    fn connectors(&self, py: Python<'_>) -> PyResult<Typed<JsonObjects>> {
        self.objects(py, sandbox::Sandbox::connectors)
    }

    fn channels(&self, py: Python<'_>) -> PyResult<Typed<JsonObjects>> {
        self.objects(py, sandbox::Sandbox::channels)
    }

    fn webhook_subscriptions(&self, py: Python<'_>) -> PyResult<Typed<JsonObjects>> {
        self.objects(py, sandbox::Sandbox::webhook_subscriptions)
    }

    fn route(&self, py: Python<'_>, public: Arg<Str>, local: Arg<Str>) -> PyResult<()> {
        arguments!(public, local);
        let address = local.0.trim_start_matches("http://").trim_end_matches('/');
        let address = address.replace("localhost:", "127.0.0.1:");
        let address: SocketAddr = address.parse().map_err(|_| {
            invalid(
                py,
                format!(
                    "invalid local address {:?}: expected one such as http://127.0.0.1:8000",
                    local.0
                ),
            )
        })?;
        self.with(|sandbox| sandbox.webhooks(|webhooks| webhooks.route(public.0, address)))
    }

    #[pyo3(signature = (retry_delays, timeout, timestamp_age, delay, reorder, copies, forged, lost, signing_key))]
    #[allow(clippy::too_many_arguments)]
    fn webhooks(
        &self,
        py: Python<'_>,
        retry_delays: Option<Arg<Sequence<Seconds>>>,
        timeout: Option<Arg<Seconds>>,
        timestamp_age: Option<Arg<Seconds>>,
        delay: Option<Arg<Seconds>>,
        reorder: Option<Arg<Seconds>>,
        copies: Option<Arg<Count<u32>>>,
        forged: Option<Arg<Count<u32>>>,
        lost: Option<Arg<Str>>,
        signing_key: Option<Arg<Str>>,
    ) -> PyResult<()> {
        arguments!(
            retry_delays,
            timeout,
            timestamp_age,
            delay,
            reorder,
            copies,
            forged,
            lost,
            signing_key
        );
        let lost = match lost.as_ref().map(|lost| lost.0.as_str()) {
            None => None,
            Some("none") => Some(LostDeliveries::None),
            Some("every_second") => Some(LostDeliveries::EverySecond),
            Some("all") => Some(LostDeliveries::All),
            Some(lost) => {
                return Err(invalid(
                    py,
                    format!(
                        "invalid lost {lost:?}: expected \"none\", \"every_second\" or \"all\""
                    ),
                ));
            }
        };
        self.with(|sandbox| {
            sandbox.webhooks(|webhooks| {
                let times = [
                    (timeout, &mut webhooks.timeout),
                    (timestamp_age, &mut webhooks.timestamp_age),
                    (delay, &mut webhooks.delay),
                    (reorder, &mut webhooks.reorder),
                ];
                for (time, setting) in times {
                    *setting = time.map_or(*setting, |time| time.0);
                }
                if let Some(retry_delays) = retry_delays {
                    webhooks.retry_delays =
                        retry_delays.0.into_iter().map(|pause| pause.0).collect();
                }
                webhooks.copies = copies.map_or(webhooks.copies, |count| count.0);
                webhooks.forged = forged.map_or(webhooks.forged, |count| count.0);
                webhooks.lost = lost.unwrap_or(webhooks.lost);
                if let Some(key) = signing_key {
                    webhooks.signing_key = Some(key.0).filter(|key| !key.is_empty());
                }
            });
        })
    }

    fn delivery_attempts(&self, py: Python<'_>) -> PyResult<Typed<JsonObjects>> {
        self.objects(py, |sandbox| {
            let attempts = sandbox.delivery_attempts().into_iter();
            let row = |attempt: sandbox::DeliveryAttempt| {
                serde_json::json!({
                    "subscription_id": attempt.subscription_id.to_string(),
                    "event": attempt.event,
                    "request_id": attempt.request_id,
                    "timestamp": attempt.timestamp,
                    "number": attempt.number,
                    "forged": attempt.forged,
                    "status": attempt.status,
                })
            };
            attempts.map(row).collect()
        })
    }

    fn messages(&self, py: Python<'_>) -> PyResult<Typed<JsonObjects>> {
        self.objects(py, |sandbox| {
            let messages = sandbox.messages().into_iter();
            let row = |message: sandbox::SentMessage| {
                serde_json::json!({
                    "id": message.id.to_string(),
                    "channelId": message.channel_id.to_string(),
                    "body": message.body,
                })
            };
            messages.map(row).collect()
        })
    }

    fn add_connectors(&self, count: Arg<Count<u32>>) -> PyResult<Vec<String>> {
        arguments!(count);
        let ids = self.with(|sandbox| sandbox.add_connectors(count.0 as usize))?;
        Ok(ids.into_iter().map(|id| id.to_string()).collect())
    }

    fn insert_connector(&self, value: Arg<JsonObject>) -> PyResult<()> {
        arguments!(value);
        self.with(|sandbox| sandbox.insert_connector(Value::Object(value.0)))
    }

    fn insert_channel(&self, value: Arg<JsonObject>) -> PyResult<()> {
        arguments!(value);
        self.with(|sandbox| sandbox.insert_channel(Value::Object(value.0)))
    }

    fn insert_number(&self, value: Arg<JsonObject>) -> PyResult<()> {
        arguments!(value);
        self.with(|sandbox| sandbox.insert_number(Value::Object(value.0)))
    }

    fn insert_webhook_subscription(&self, value: Arg<JsonObject>) -> PyResult<()> {
        arguments!(value);
        self.with(|sandbox| sandbox.insert_webhook_subscription(Value::Object(value.0)))
    }

    fn insert_delivery(&self, subscription: Arg<Id>, value: Arg<JsonObject>) -> PyResult<()> {
        arguments!(subscription, value);
        self.with(|sandbox| sandbox.insert_delivery(subscription.0, Value::Object(value.0)))
    }
}
