//! What can be installed: one class for each template, made with keywords, checked when it is made.

use bird_connectors as sdk;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use sdk::models::NumberId;
use sdk::templates as t;
use serde_json::{Map, Value};

use crate::convert::{Id, Object, SecretText, Secrets, Text, from_object};
use crate::hints::{Dict, Typed};
use crate::sdk_errors::sdk_error;

/// A checked request for a connector. Its secrets are sent, and never shown; it cannot be pickled.
#[pyclass(frozen, subclass, module = "bird_connectors")]
pub(crate) struct Template(pub(crate) sdk::Template);

#[pymethods]
impl Template {
    /// The template's reference, such as `sms-messagebird:1`.
    #[getter]
    fn reference(&self) -> &str {
        self.0.reference()
    }

    /// The name that the connector gets.
    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }

    /// The arguments, as they are sent. Secrets are no part of them.
    #[getter]
    fn arguments(&self, py: Python<'_>) -> PyResult<Typed<Dict>> {
        let arguments = from_object(py, self.0.arguments())?;
        Ok(Typed::new(arguments.into_any().unbind()))
    }

    fn __repr__(this: &Bound<'_, Self>) -> PyResult<String> {
        let class = this.get_type().name()?;
        let (py, template) = (this.py(), &this.get().0);
        let arguments = from_object(py, template.arguments())?;
        Ok(format!(
            "{class}(template={:?}, name={}, arguments={})",
            template.reference(),
            pyo3::types::PyString::new(py, template.name()).repr()?,
            arguments.repr()?
        ))
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    fn __hash__(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash as _, Hasher as _};
        let mut hasher = DefaultHasher::new();
        (self.0.reference(), self.0.name()).hash(&mut hasher);
        hasher.finish()
    }

    fn __copy__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __deepcopy__<'py>(this: PyRef<'py, Self>, _memo: &Bound<'py, PyAny>) -> PyRef<'py, Self> {
        this
    }

    fn __reduce__(&self) -> PyResult<Py<PyAny>> {
        Err(PyTypeError::new_err(
            "a template cannot be pickled, because it may hold secrets: make it where it is installed",
        ))
    }
}

/// Applies the settings that all templates have, and checks the whole.
macro_rules! finish {
    ($py:ident, $class:ident, $draft:expr, $conversational:ident, $invitation_token:ident) => {{
        let mut draft = $draft;
        if let Some(enabled) = $conversational {
            draft = draft.conversational(enabled);
        }
        if let Some(token) = $invitation_token {
            draft = draft.invitation_token(token.0);
        }
        match sdk::Template::try_from(draft) {
            Ok(template) => Ok(PyClassInitializer::from(Template(template)).add_subclass($class)),
            Err(error) => Err(sdk_error($py, &error)),
        }
    }};
}

/// SMS over a number of the workspace.
#[pyclass(frozen, extends = Template, module = "bird_connectors")]
pub(crate) struct Sms;

#[pymethods]
impl Sms {
    #[new]
    #[pyo3(signature = (name, phone_number_id, channel_message_type, use_case_id=None, *, conversational=None, invitation_token=None))]
    fn new(
        py: Python<'_>,
        name: Text,
        phone_number_id: Id<NumberId>,
        channel_message_type: Text,
        use_case_id: Option<Id>,
        conversational: Option<bool>,
        invitation_token: Option<SecretText>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let mut draft = t::Sms::new(name.0)
            .phone_number_id(phone_number_id.0)
            .channel_message_type(channel_message_type.0);
        if let Some(id) = use_case_id {
            draft = draft.use_case_id(id.0);
        }
        finish!(py, Sms, draft, conversational, invitation_token)
    }
}

/// WhatsApp with a number of your own WhatsApp Business account.
#[pyclass(frozen, extends = Template, module = "bird_connectors")]
pub(crate) struct WhatsApp;

#[pymethods]
impl WhatsApp {
    #[new]
    #[pyo3(signature = (name, waba_id, phone_id, phone_number, access_token, mb_phone_id=None, *, conversational=None, invitation_token=None))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        py: Python<'_>,
        name: Text,
        waba_id: Text,
        phone_id: Text,
        phone_number: Text,
        access_token: SecretText,
        mb_phone_id: Option<Id<NumberId>>,
        conversational: Option<bool>,
        invitation_token: Option<SecretText>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let mut draft = t::WhatsApp::new(name.0)
            .waba_id(waba_id.0)
            .phone_id(phone_id.0)
            .phone_number(phone_number.0)
            .access_token(access_token.0);
        if let Some(id) = mb_phone_id {
            draft = draft.mb_phone_id(id.0);
        }
        finish!(py, WhatsApp, draft, conversational, invitation_token)
    }
}

/// Voice over a number of the workspace.
#[pyclass(frozen, extends = Template, module = "bird_connectors")]
pub(crate) struct Voice;

#[pymethods]
impl Voice {
    #[new]
    #[pyo3(signature = (name, phone_number_id, *, conversational=None, invitation_token=None))]
    fn new(
        py: Python<'_>,
        name: Text,
        phone_number_id: Id<NumberId>,
        conversational: Option<bool>,
        invitation_token: Option<SecretText>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let draft = t::Voice::new(name.0).phone_number_id(phone_number_id.0);
        finish!(py, Voice, draft, conversational, invitation_token)
    }
}

/// Sets arguments whose keys nobody documents.
macro_rules! free {
    ($draft:expr, $arguments:ident, $secrets:ident) => {{
        let arguments: Map<String, Value> = $arguments
            .map(|object: Object| object.0)
            .unwrap_or_default();
        let mut draft = $draft.arguments(arguments);
        for (scheme, key, secret) in $secrets.into_iter().flat_map(|secrets: Secrets| secrets.0) {
            draft = draft.security_argument(scheme, key, secret);
        }
        draft
    }};
}

macro_rules! free_templates {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[pyclass(frozen, extends = Template, module = "bird_connectors")]
        pub(crate) struct $name;

        #[pymethods]
        impl $name {
            #[new]
            #[pyo3(signature = (name, arguments=None, security_arguments=None, *, conversational=None, invitation_token=None))]
            fn new(
                py: Python<'_>,
                name: Text,
                arguments: Option<Object>,
                security_arguments: Option<Secrets>,
                conversational: Option<bool>,
                invitation_token: Option<SecretText>,
            ) -> PyResult<PyClassInitializer<Self>> {
                let draft = free!(t::$name::new(name.0), arguments, security_arguments);
                finish!(py, $name, draft, conversational, invitation_token)
            }
        }
    )*};
}

free_templates! {
    /// Instagram. Only the reference `instagram:1` is documented, so its arguments are free.
    Instagram;
    /// Facebook Messenger. Only the reference `facebook:1` is documented, so its arguments are free.
    Facebook;
    /// Telegram. Only the reference `telegram:1` is documented, so its arguments are free.
    Telegram;
    /// Line. Only the reference `line:1` is documented, so its arguments are free.
    Line;
    /// Email. Only the reference `email-messagebird:1` is documented, so its arguments are free.
    Email;
}

/// Any other template, or another version of a known one. Only the name and the form of the reference are checked.
#[pyclass(frozen, extends = Template, module = "bird_connectors")]
pub(crate) struct Custom;

#[pymethods]
impl Custom {
    #[new]
    #[pyo3(signature = (template, name, arguments=None, security_arguments=None, *, conversational=None, invitation_token=None))]
    fn new(
        py: Python<'_>,
        template: Text,
        name: Text,
        arguments: Option<Object>,
        security_arguments: Option<Secrets>,
        conversational: Option<bool>,
        invitation_token: Option<SecretText>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let draft = free!(
            t::Custom::new(template.0, name.0),
            arguments,
            security_arguments
        );
        finish!(py, Custom, draft, conversational, invitation_token)
    }
}
