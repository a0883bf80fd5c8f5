//! Receiving webhooks: signature verification, events, deduplication, and signals that wake waits. Users import
//! `bird_connectors.webhooks`.

use std::sync::Mutex;

use bird_connectors as sdk;
use chrono::{DateTime, Utc};
use pyo3::inspect::PyStaticExpr;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyDict};
use sdk::webhook::{self, Claim, DeliveryKey, EventKind, WebhookError};
use serde_json::Value;
use tracing::subscriber::{NoSubscriber, with_default};

use crate::convert::{
    Arg, Count, ReceivedObject, Seconds, SecretStr, Sequence, Str, arguments, from_object,
};
use crate::errors::{instance, invalid, raise};
use crate::hints::{Hint, Typed};
use crate::logging;
use crate::models::Field as _;
use crate::models::field::datetime;
use crate::process::{ProcessOwned, lock};
use crate::python_module::PythonModule;
use crate::records::filled_record;
use crate::sdk_errors::sdk_error;

/// The native half of `webhooks.Verifier`.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Verifier(webhook::Verifier);

#[pymethods]
impl Verifier {
    #[new]
    #[pyo3(signature = (signing_keys, url, max_age, tolerance))]
    fn new(
        py: Python<'_>,
        signing_keys: Arg<Sequence<SecretStr>>,
        url: Arg<Sequence<Str>>,
        max_age: Arg<Seconds>,
        tolerance: Arg<Seconds>,
    ) -> PyResult<Self> {
        arguments!(signing_keys, url, max_age, tolerance);
        let keys = signing_keys.0.into_iter().map(|key| key.0);
        let urls = url.0.into_iter().map(|url| url.0);
        // It logs mistakes in keys. Python warns about them instead, with the line of the caller.
        let verifier = with_default(NoSubscriber::new(), || webhook::Verifier::new(keys, urls))
            .map_err(|error| sdk_error(py, &error))?;
        Ok(Self(verifier.max_age(max_age.0).tolerance(tolerance.0)))
    }

    #[pyo3(signature = (headers, body, now))]
    fn verify(
        &self,
        py: Python<'_>,
        headers: Vec<(PyBackedBytes, PyBackedBytes)>,
        body: &[u8],
        now: Option<DateTime<Utc>>,
    ) -> PyResult<Typed<Event>> {
        let delivery = (&headers, body);
        logging::queue(py);
        logging::refresh_levels(py)?;
        let caller = logging::caller(py)?;
        let result = caller.in_scope(|| match now {
            Some(now) => self.0.verify_at(delivery, now),
            None => self.0.verify(delivery),
        });
        drop(caller);
        logging::deliver(py)?;
        match result {
            Ok(event) => Ok(Typed::new(event_object(py, event)?)),
            Err(error) => Err(webhook_error(py, &error)),
        }
    }
}

pub(crate) struct Event;

impl Hint for Event {
    const HINT: PyStaticExpr = pyo3::type_hint_identifier!("bird_connectors._webhooks", "Event");
}

/// An event as an object of a class in `_webhooks.py`.
fn event_object(py: Python<'_>, event: webhook::Event) -> PyResult<Py<PyAny>> {
    static MODULE: PythonModule = PythonModule::new("bird_connectors._webhooks");
    let (class, channel) = match event.kind() {
        EventKind::ChannelCreated(channel) => (intern!(py, "ChannelCreated"), Some(channel)),
        EventKind::ChannelUpdated(channel) => (intern!(py, "ChannelUpdated"), Some(channel)),
        _ => (intern!(py, "Event"), None),
    };
    let class = MODULE.get(py)?.getattr(class)?;
    let raw_body = event.raw_body().map(|body| PyBytes::new(py, body));
    // In the order of `__match_args__`.
    let mut values = vec![
        event.service.build(py)?,
        event.event.build(py)?,
        from_object(py, &event.payload)?.into_any(),
        event.request_id.build(py)?,
        timestamp(py, event.timestamp)?,
        event.channel_id().build(py)?,
        event.connector_id().build(py)?,
        event.delivery_key.to_string().build(py)?,
        from_object(py, &event.extra)?.into_any(),
        raw_body.into_pyobject(py)?,
    ];
    if let Some(channel) = channel {
        values.extend([
            channel.identifier.build(py)?,
            channel.platform_id.build(py)?,
            channel.status.build(py)?,
        ]);
    }
    filled_record(&class, values).map(Bound::unbind)
}

fn timestamp(py: Python<'_>, time: DateTime<Utc>) -> PyResult<Bound<'_, PyAny>> {
    let timestamp = datetime(py, time)?;
    if timestamp.is_none() {
        // Raises the exception for a year that Python does not have.
        return Ok(time.into_pyobject(py)?.into_any());
    }
    Ok(timestamp)
}

fn webhook_error(py: Python<'_>, error: &WebhookError) -> PyErr {
    let object = || {
        let attributes = PyDict::new(py);
        attributes.set_item("reason", error.reason())?;
        let class = match error {
            WebhookError::MissingHeader { header, .. } => {
                attributes.set_item("header", *header)?;
                "MissingHeaderError"
            }
            WebhookError::MalformedHeader { header, .. } => {
                attributes.set_item("header", *header)?;
                "MalformedHeaderError"
            }
            WebhookError::SignatureMismatch => {
                attributes.set_item("hints", WebhookError::HINTS)?;
                "SignatureMismatchError"
            }
            WebhookError::TimestampTooOld { by, .. } => {
                attributes.set_item("by", by.as_secs_f64())?;
                "TimestampTooOldError"
            }
            WebhookError::TimestampInFuture { by, .. } => {
                attributes.set_item("by", by.as_secs_f64())?;
                "TimestampInFutureError"
            }
            WebhookError::InvalidBody { .. } => "InvalidBodyError",
            _ => "WebhookError",
        };
        instance(py, class, &error.to_string(), &attributes)
    };
    raise(object())
}

/// The signature of a delivery, computed as the API does.
#[pyfunction]
#[pyo3(signature = (signing_key, timestamp, url, body))]
pub(crate) fn sign_delivery(
    py: Python<'_>,
    signing_key: Arg<SecretStr>,
    timestamp: Arg<i64>,
    url: Arg<Str>,
    body: Arg<PyBackedBytes>,
) -> PyResult<String> {
    arguments!(signing_key, timestamp, url, body);
    webhook::sign(signing_key.0.expose(), timestamp, &url.0, &body)
        .map_err(|error| sdk_error(py, &error))
}

/// The `platformId` that the short platform name in the name of an event stands for.
#[pyfunction]
pub(crate) fn platform_id_of_event(event: Str) -> Option<&'static str> {
    webhook::platform_id_of_event(&event.0)
}

/// The short name of a platform in the names of events.
#[pyfunction]
pub(crate) fn event_platform(platform_id: Str) -> Option<&'static str> {
    webhook::event_platform(&platform_id.0)
}

/// The native half of `webhooks.DedupMemory`.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct DedupMemory(webhook::MemoryDedupStore);

#[pymethods]
impl DedupMemory {
    #[new]
    #[pyo3(signature = (capacity, remember_for, lease))]
    fn new(
        capacity: Arg<Count<u32>>,
        remember_for: Arg<Seconds>,
        lease: Arg<Seconds>,
    ) -> PyResult<Self> {
        arguments!(capacity, remember_for, lease);
        let memory = webhook::MemoryDedupStore::new().capacity(capacity.0 as usize);
        Ok(Self(memory.remember_for(remember_for.0).lease(lease.0)))
    }

    fn begin(&self, py: Python<'_>, key: Arg<Str>) -> PyResult<&'static str> {
        arguments!(key);
        match self.0.begin(self::key(py, &key)?) {
            Claim::New => Ok("new"),
            Claim::Done => Ok("done"),
            Claim::InFlight => Ok("in_flight"),
        }
    }

    fn commit(&self, py: Python<'_>, key: Arg<Str>) -> PyResult<()> {
        arguments!(key);
        self.0.commit(self::key(py, &key)?);
        Ok(())
    }

    fn release(&self, py: Python<'_>, key: Arg<Str>) -> PyResult<()> {
        arguments!(key);
        self.0.release(self::key(py, &key)?);
        Ok(())
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }
}

fn key(py: Python<'_>, key: &Str) -> PyResult<DeliveryKey> {
    key.0.parse().map_err(|error| sdk_error(py, &error))
}

/// The native half of `webhooks.Signals`.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Signals(Mutex<ProcessOwned<webhook::Signals>>);

impl Signals {
    /// The signals of this process. A forked child starts without listeners.
    pub(crate) fn current(&self) -> webhook::Signals {
        let mut signals = lock(&self.0);
        if let Some(signals) = signals.get() {
            return signals.clone();
        }
        let fresh = webhook::Signals::new();
        *signals = ProcessOwned::new(fresh.clone());
        fresh
    }
}

#[pymethods]
impl Signals {
    #[new]
    fn new() -> Self {
        Self(Mutex::new(ProcessOwned::new(webhook::Signals::new())))
    }

    fn push(&self, py: Python<'_>, event: Arg<ReceivedObject>) -> PyResult<()> {
        arguments!(event);
        let event: webhook::Event =
            serde_json::from_value(Value::Object(event.0)).map_err(|error| {
                invalid(
                    py,
                    format!("invalid event, expected one that `verify` returned: {error}"),
                )
            })?;
        self.current().push(event);
        Ok(())
    }
}
