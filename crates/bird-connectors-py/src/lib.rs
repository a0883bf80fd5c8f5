//! The native module of the Python package `bird_connectors`. It converts between Python and the Rust SDK, which has all
//! the behaviour. The classes that users import are in `python/src/bird_connectors`.
//!
//! Each file imports only from files further down:
//!
//! ```text
//! lib             the module, and what Python sees of it
//! plan            files of channels                                       doctor
//! client          clients, organizations, workspaces, raw requests        sandbox
//! resources/      connectors, channels, numbers, use cases, webhook subscriptions
//! install/        install_all → ensure, wait_all → handle → wait_options; journal
//! list            lists and their pages                                   templates, webhooks
//! stream          iterations over streams of the SDK
//! call, scope     a call to run or to await; the client and workspace of a handle
//! callbacks       calls to an object of the user while a call is running
//! sdk_errors      errors of the SDK as exceptions
//! models          the objects of the API                                  unresolved, records
//! convert         arguments and plain values
//! bridge          Rust futures as asyncio futures
//! runtime         the runtime, and blocking calls on it
//! logging/        events of the SDK as records of `logging`, its spans for OpenTelemetry
//! active_calls    the threads that run a call, for which the shutdown of the interpreter waits
//! errors, hints, outcome, process
//! ```

mod active_calls;
mod bridge;
mod call;
mod callbacks;
mod client;
mod convert;
mod doctor;
mod errors;
mod hints;
mod install;
mod list;
mod logging;
mod masked;
mod models;
mod outcome;
mod plan;
mod process;
mod python_module;
mod records;
mod resources;
mod runtime;
mod sandbox;
mod scope;
mod sdk_errors;
mod stream;
mod templates;
mod unresolved;
mod webhooks;

// Generated and formatted by `cargo xtask codegen`.
#[rustfmt::skip]
mod generated {
    pub(crate) mod models;
}

use pyo3::prelude::*;

/// The allocator of the Rust side. With it, converting a page takes a fifth of the time that it takes with glibc's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The native module of `bird_connectors`. Import its classes from that package.
#[pymodule]
mod _native {
    use pyo3::prelude::*;
    use pyo3::types::{PyDict, PyTuple};

    use crate::convert::{Arg, Named as _, Pair, Seconds, Sequence, Str, arguments};
    use crate::hints::{Dict, Typed};
    use crate::install::wait_options::wait_options;
    use crate::sdk_errors::sdk_error;

    #[pymodule_export]
    use crate::call::Call;
    #[pymodule_export]
    use crate::callbacks::{Callback, check_journal_claim};
    #[pymodule_export]
    use crate::client::{Client, Organization, RawResponse, Workspace};
    #[pymodule_export]
    use crate::doctor::diagnose;
    #[pymodule_export]
    use crate::install::ensure::Ensured;
    #[pymodule_export]
    use crate::install::handle::Install;
    #[pymodule_export]
    use crate::install::install_all::InstallAll;
    #[pymodule_export]
    use crate::install::journal::FileJournal;
    #[pymodule_export]
    use crate::install::wait_all::BulkWait;
    #[pymodule_export]
    use crate::install::wait_token::{sign_wait_token, verify_wait_token};
    #[pymodule_export]
    use crate::list::Listing;
    #[pymodule_export]
    use crate::logging::TelemetrySource;
    #[pymodule_export]
    use crate::models::{
        AvailableWebhook, AvailableWebhookEvent, Channel, Connector, ConnectorChannel,
        ConnectorNumber, ConnectorReadiness, ContactIdentifierFormat, Conversational, DataCapture,
        DataFetching, DataFetchingStream, DeliveryLogEntry, EventFilter, MessageFailure,
        MessageFailureSource, Number, NumberCapabilities, NumberDirections, NumberEndpoint,
        NumberEndpointCapability, NumberEndpointDirection, NumberOrder, NumberProfileAttachment,
        NumberProfileAttachmentVariables, ReadinessChannel, ReadinessNumber, SentMessage, UseCase,
        UseCaseIntegrationState, WebhookSubscription,
    };
    #[pymodule_export]
    use crate::plan::{ApplyRest, DesiredState, Plan, Planner, channel_file_schema};
    #[pymodule_export]
    use crate::resources::channels::Channels;
    #[pymodule_export]
    use crate::resources::connectors::Connectors;
    #[pymodule_export]
    use crate::resources::numbers::Numbers;
    #[pymodule_export]
    use crate::resources::use_cases::UseCases;
    #[pymodule_export]
    use crate::resources::webhook_subscriptions::WebhookSubscriptions;
    #[pymodule_export]
    use crate::sandbox::Sandbox;
    #[pymodule_export]
    use crate::sandbox::script::Script;
    #[pymodule_export]
    use crate::stream::Stream;
    #[pymodule_export]
    use crate::templates::{
        Custom, Email, Facebook, Instagram, Line, Sms, Telegram, Template, Voice, WhatsApp,
    };
    #[pymodule_export]
    use crate::unresolved::UnresolvedCreate;
    #[pymodule_export]
    use crate::webhooks::{
        DedupMemory, Signals, Verifier, event_platform, platform_id_of_event, sign_delivery,
    };

    /// The version of the package.
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");

    /// The known values of each enum.
    #[pyfunction]
    fn enum_values(py: Python<'_>) -> PyResult<Typed<Dict>> {
        let values = PyDict::new(py);
        for (name, known) in crate::models::ENUMS {
            values.set_item(name, *known)?;
        }
        Ok(Typed::new(values.into_any().unbind()))
    }

    /// A list of strings that is an argument with this name, as a tuple.
    #[pyfunction]
    fn strings(
        py: Python<'_>,
        name: &str,
        values: Arg<Sequence<Str>>,
    ) -> PyResult<Typed<Vec<String>>> {
        let values = values.named(name)?;
        let values = PyTuple::new(py, values.0.into_iter().map(|value| value.0))?;
        Ok(Typed::new(values.into_any().unbind()))
    }

    /// The `repr` of JSON, without the values whose names suggest a secret.
    #[pyfunction]
    fn masked_repr(value: &Bound<'_, PyAny>) -> PyResult<String> {
        crate::masked::masked_repr(value)
    }

    /// Whether the API documents this field of a `Drift`, so that its values contain no secret.
    #[pyfunction]
    fn drift_is_documented(field: &Bound<'_, PyAny>) -> bool {
        let field = field.extract::<String>();
        field.is_ok_and(|field| bird_connectors::install::Drift::documents(&field))
    }

    /// Checks the values of `WaitOptions`.
    #[pyfunction]
    fn check_wait_options(
        py: Python<'_>,
        timeout: Option<Arg<Seconds>>,
        status: Option<Arg<Str>>,
        interval: Option<Arg<Pair<Seconds>>>,
        signal: Option<Arg<Py<crate::webhooks::Signals>>>,
    ) -> PyResult<()> {
        arguments!(timeout, status, interval, signal);
        // The signals are read once a wait starts.
        drop(signal);
        wait_options(timeout, status, interval, None, None)
            .validate()
            .map_err(|error| sdk_error(py, &error))
    }

    /// Switches the recording of spans on or off, and whether requests have the trace context of their caller. Set `recorder` of
    /// `_logging.py` before.
    #[pyfunction]
    fn record_spans(on: bool, send_trace_context: bool) {
        crate::logging::set_recording_spans(on, send_trace_context);
    }

    /// Passes everything that is recorded to `logging` and to the recorder. Waits up to 0.1 s for the spans of calls that were
    /// cancelled, and of iterations that were dropped.
    #[pyfunction]
    fn deliver_telemetry(py: Python<'_>) -> PyResult<()> {
        crate::logging::queue(py);
        crate::logging::flush(py)
    }

    /// Passes an exception to `sys.unraisablehook`.
    #[pyfunction]
    fn report_unraisable(error: &Bound<'_, PyAny>) {
        PyErr::from_value(error.clone()).write_unraisable(error.py(), None);
    }

    /// Ends the threads for requests. The package calls it before the interpreter shuts down.
    #[pyfunction]
    fn shut_down(py: Python<'_>) {
        crate::runtime::shut_down(py);
    }
}
