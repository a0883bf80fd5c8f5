//! The native half of the Python package `bird_connectors`: conversion only, all behaviour is the Rust SDK's. What users
//! import is in `python/src/bird_connectors`.

mod bridge;
mod channels;
mod client;
mod connectors;
mod convert;
mod ensure;
mod errands;
mod errors;
mod hints;
mod install;
mod install_all;
mod journal;
mod lists;
mod logging;
mod models;
mod numbers;
mod runtime;
mod sandbox;
mod templates;
mod wait_all;
mod webhook_subscriptions;
mod webhooks;

// Generated and formatted by `cargo xtask codegen`.
#[rustfmt::skip]
mod generated {
    pub(crate) mod models;
}

use pyo3::prelude::*;

/// For what is Rust's; Python keeps its own. A fifth of the time of a page, beside the allocator of glibc.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What `bird_connectors` is made of. Nothing here is meant to be imported by users, except through that package.
#[pymodule]
mod _native {
    use pyo3::prelude::*;
    use pyo3::types::PyDict;

    use crate::hints::{Dict, Typed};

    #[pymodule_export]
    use crate::channels::Channels;
    #[pymodule_export]
    use crate::client::{Client, Organization, Reply, Workspace};
    #[pymodule_export]
    use crate::connectors::Connectors;
    #[pymodule_export]
    use crate::ensure::{Ensured, Reconcile};
    #[pymodule_export]
    use crate::errands::Errand;
    #[pymodule_export]
    use crate::install::Install;
    #[pymodule_export]
    use crate::install_all::InstallAll;
    #[pymodule_export]
    use crate::journal::FileJournal;
    #[pymodule_export]
    use crate::lists::{Listing, Stream};
    #[pymodule_export]
    use crate::models::{
        AvailableWebhook, AvailableWebhookEvent, Channel, Connector, ConnectorChannel,
        ConnectorNumber, ConnectorReadiness, Conversational, DataCapture, DataFetching,
        DataFetchingStream, DeliveryLogEntry, EventFilter, Number, NumberCapabilities,
        NumberDirections, NumberProfileAttachment, NumberProfileAttachmentVariables,
        ReadinessChannel, ReadinessNumber, SentMessage, WebhookSubscription,
    };
    #[pymodule_export]
    use crate::numbers::Numbers;
    #[pymodule_export]
    use crate::runtime::Call;
    #[pymodule_export]
    use crate::sandbox::{Sandbox, Script};
    #[pymodule_export]
    use crate::templates::{
        Custom, Email, Facebook, Instagram, Line, Sms, Telegram, Template, Voice, WhatsApp,
    };
    #[pymodule_export]
    use crate::wait_all::Following;
    #[pymodule_export]
    use crate::webhook_subscriptions::WebhookSubscriptions;
    #[pymodule_export]
    use crate::webhooks::{DedupMemory, Signals, Verifier, sign_delivery};

    /// The version of the package.
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");

    /// The words of every enum that this version knows.
    #[pyfunction]
    fn enum_words(py: Python<'_>) -> PyResult<Typed<Dict>> {
        let words = PyDict::new(py);
        for (name, known) in crate::models::ENUMS {
            words.set_item(name, *known)?;
        }
        Ok(Typed::new(words.into_any().unbind()))
    }

    /// Ends the threads for requests, before the interpreter goes.
    #[pyfunction]
    fn shut_down(py: Python<'_>) {
        crate::runtime::shut_down(py);
    }
}
