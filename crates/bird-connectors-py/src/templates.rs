//! Templates: one class for each, checked when it is created.

use bird_connectors as sdk;
use pyo3::exceptions::PyTypeError;
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};
use sdk::models::NumberId;
use sdk::templates as t;
use serde_json::{Map, Value};

use crate::convert::{
    Arg, Filled, Id, JsonObject, Refusal, SecretStr, SecurityArguments, arguments, from_object,
};
use crate::hints::{Dict, Typed};
use crate::sdk_errors::sdk_error;

/// The base class of all templates: what `connectors.install` and `connectors.ensure` install.
///
/// `repr()` shows no secrets, and of arguments that the API does not document only the keys. A template cannot be pickled,
/// since it may contain secrets.
#[pyclass(frozen, subclass, weakref, module = "bird_connectors")]
pub(crate) struct Template(pub(crate) sdk::templates::Template);

/// A template as an argument.
pub(crate) struct TemplateArgument(pub(crate) sdk::templates::Template);

impl<'py> FromPyObject<'_, 'py> for TemplateArgument {
    type Error = Refusal;

    const INPUT_TYPE: PyStaticExpr = <Template as pyo3::PyTypeInfo>::TYPE_HINT;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        match value.cast::<Template>() {
            Ok(template) => Ok(Self(template.get().0.clone())),
            Err(_) => Err(not_a_template("a template such as Sms(…)", &value)),
        }
    }
}

/// The refusal of a value that is not a template. If it is the class of one, it says how to create one.
pub(crate) fn not_a_template(expected: &str, value: &Bound<'_, PyAny>) -> Refusal {
    let refusal = Refusal::wrong_type(expected, value);
    let class = value.cast::<PyType>();
    match class.map(|class| (class, class.is_subclass_of::<Template>())) {
        Ok((class, Ok(true))) => match class.name() {
            Ok(name) => refusal.hint(&format!("create one with {name}(…)")),
            Err(_) => refusal,
        },
        _ => refusal,
    }
}

#[pymethods]
impl Template {
    /// The reference of the template, such as `sms-messagebird:1`.
    #[getter]
    fn reference(&self) -> &str {
        self.0.reference()
    }

    /// The name of the connector.
    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }

    /// The arguments that are sent, without the secrets.
    #[getter]
    fn arguments(&self, py: Python<'_>) -> PyResult<Typed<Dict>> {
        let arguments = from_object(py, self.0.arguments())?;
        Ok(Typed::new(arguments.into_any().unbind()))
    }

    fn __repr__(this: &Bound<'_, Self>) -> PyResult<String> {
        let class = this.get_type().name()?;
        let (py, template) = (this.py(), &this.get().0);
        let documented = this.is_instance_of::<Sms>()
            || this.is_instance_of::<Voice>()
            || this.is_instance_of::<WhatsApp>();
        let arguments = if documented {
            from_object(py, template.arguments())?.repr()?.to_string()
        } else {
            keys_only(py, template.arguments())?
        };
        Ok(format!(
            "{class}(template={:?}, name={}, arguments={arguments})",
            template.reference(),
            PyString::new(py, template.name()).repr()?,
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
            "cannot pickle a template, because it may contain secrets: create it in the process that installs it",
        ))
    }
}

/// Shows the keys of arguments and no value, because a value that the API does not document can be a secret.
fn keys_only(py: Python<'_>, arguments: &Map<String, Value>) -> PyResult<String> {
    let keys = arguments
        .keys()
        .map(|key| Ok(format!("{}: …", PyString::new(py, key).repr()?)));
    let keys: Vec<_> = keys.collect::<PyResult<_>>()?;
    Ok(format!("{{{}}}", keys.join(", ")))
}

/// Applies the settings that all templates have, and checks the template.
macro_rules! finish {
    ($py:ident, $class:ident, $draft:expr, $conversational:ident, $invitation_token:ident) => {{
        let mut draft = $draft;
        if let Some(enabled) = $conversational {
            draft = draft.conversational(enabled);
        }
        if let Some(token) = $invitation_token {
            draft = draft.invitation_token(token.0);
        }
        let template = sdk::templates::Template::from(draft);
        match template.validate() {
            Ok(()) => Ok(PyClassInitializer::from(Template(template)).add_subclass($class)),
            Err(error) => Err(sdk_error($py, &error)),
        }
    }};
}

/// SMS with a number of the workspace.
///
/// Args:
///     name: The name of the connector.
///     phone_number_id: The id of the number, from `workspace.numbers.list()`. This is not the number itself.
///     channel_message_type: The kind of messages that the channel sends: `"promotional"`, `"2fa"`, `"conversational"`,
///         `"transactional"` or `"emergency"`. See `ChannelMessageType`.
///     use_case_id: The id of the use case. Required for US 10DLC numbers.
///     conversational: Whether inbound messages open conversations in the Inbox. None leaves it to the API.
///     invitation_token: The token for a template that is not generally available. Secret.
///
/// Raises:
///     InvalidInputError: An argument is invalid. The message lists all problems.
#[pyclass(frozen, extends = Template, module = "bird_connectors")]
pub(crate) struct Sms;

#[pymethods]
impl Sms {
    #[new]
    #[pyo3(signature = (name, phone_number_id, channel_message_type, use_case_id=None, *, conversational=None, invitation_token=None))]
    fn new(
        py: Python<'_>,
        name: Arg<Filled>,
        phone_number_id: Arg<Id<NumberId>>,
        channel_message_type: Arg<Filled>,
        use_case_id: Option<Arg<Id>>,
        conversational: Option<Arg<bool>>,
        invitation_token: Option<Arg<SecretStr>>,
    ) -> PyResult<PyClassInitializer<Self>> {
        arguments!(
            name,
            phone_number_id,
            channel_message_type,
            use_case_id,
            conversational,
            invitation_token
        );
        let mut draft = t::Sms::new(name.0, phone_number_id.0, channel_message_type.0);
        if let Some(id) = use_case_id {
            draft = draft.use_case_id(id.0);
        }
        finish!(py, Sms, draft, conversational, invitation_token)
    }
}

/// WhatsApp with a number of your own WhatsApp Business account.
///
/// Args:
///     name: The name of the connector.
///     waba_id: The id of the WhatsApp Business account.
///     phone_id: The `phone_number_id` at Meta.
///     phone_number: The number in E.164 format, such as `"+31612345678"`.
///     access_token: The access token from Meta. Secret.
///     mb_phone_id: The id of the number in Bird, only for a number that was bought there.
///     conversational: Whether inbound messages open conversations in the Inbox. None leaves it to the API.
///     invitation_token: The token for a template that is not generally available. Secret.
///
/// Raises:
///     InvalidInputError: An argument is invalid. The message lists all problems.
#[pyclass(frozen, extends = Template, module = "bird_connectors")]
pub(crate) struct WhatsApp;

#[pymethods]
impl WhatsApp {
    #[new]
    #[pyo3(signature = (name, waba_id, phone_id, phone_number, access_token, mb_phone_id=None, *, conversational=None, invitation_token=None))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        py: Python<'_>,
        name: Arg<Filled>,
        waba_id: Arg<Filled>,
        phone_id: Arg<Filled>,
        phone_number: Arg<Filled>,
        access_token: Arg<SecretStr>,
        mb_phone_id: Option<Arg<Id<NumberId>>>,
        conversational: Option<Arg<bool>>,
        invitation_token: Option<Arg<SecretStr>>,
    ) -> PyResult<PyClassInitializer<Self>> {
        arguments!(
            name,
            waba_id,
            phone_id,
            phone_number,
            access_token,
            mb_phone_id,
            conversational,
            invitation_token
        );
        let account = t::WhatsAppAccount {
            waba_id: &waba_id.0,
            phone_id: &phone_id.0,
            phone_number: &phone_number.0,
            access_token: access_token.0.expose(),
        };
        let mut draft = t::WhatsApp::new(name.0, account);
        if let Some(id) = mb_phone_id {
            draft = draft.mb_phone_id(id.0);
        }
        finish!(py, WhatsApp, draft, conversational, invitation_token)
    }
}

/// Voice with a number of the workspace.
///
/// Args:
///     name: The name of the connector.
///     phone_number_id: The id of the number, from `workspace.numbers.list()`. This is not the number itself.
///     conversational: Whether inbound messages open conversations in the Inbox. None leaves it to the API.
///     invitation_token: The token for a template that is not generally available. Secret.
///
/// Raises:
///     InvalidInputError: An argument is invalid. The message lists all problems.
#[pyclass(frozen, extends = Template, module = "bird_connectors")]
pub(crate) struct Voice;

#[pymethods]
impl Voice {
    #[new]
    #[pyo3(signature = (name, phone_number_id, *, conversational=None, invitation_token=None))]
    fn new(
        py: Python<'_>,
        name: Arg<Filled>,
        phone_number_id: Arg<Id<NumberId>>,
        conversational: Option<Arg<bool>>,
        invitation_token: Option<Arg<SecretStr>>,
    ) -> PyResult<PyClassInitializer<Self>> {
        arguments!(name, phone_number_id, conversational, invitation_token);
        let draft = t::Voice::new(name.0, phone_number_id.0);
        finish!(py, Voice, draft, conversational, invitation_token)
    }
}

/// Sets the arguments of a template whose keys are not documented.
macro_rules! set_arguments {
    ($draft:expr, $arguments:ident, $secrets:ident) => {{
        let arguments: Map<String, Value> = $arguments
            .map(|object: JsonObject| object.0)
            .unwrap_or_default();
        let mut draft = $draft.arguments(arguments);
        for (scheme, key, secret) in $secrets
            .into_iter()
            .flat_map(|secrets: SecurityArguments| secrets.0)
        {
            draft = draft.security_argument(scheme, key, secret);
        }
        draft
    }};
}

macro_rules! undocumented_templates {
    ($($name:ident, $channel:literal, $reference:literal;)*) => {$(
        #[doc = concat!($channel, ", with the template `", $reference, "`. The API does not document its arguments.")]
        ///
        /// Args:
        ///     name: The name of the connector.
        ///     arguments: The arguments of the template.
        ///     security_arguments: Secrets by scheme and key, such as `{"oauth": {"accessToken": "…"}}`.
        ///     conversational: Whether inbound messages open conversations in the Inbox. None leaves it to the API.
        ///     invitation_token: The token for a template that is not generally available. Secret.
        ///
        /// Raises:
        ///     InvalidInputError: An argument is invalid. The message lists all problems.
        #[pyclass(frozen, extends = Template, module = "bird_connectors")]
        pub(crate) struct $name;

        #[pymethods]
        impl $name {
            #[new]
            #[pyo3(signature = (name, arguments=None, security_arguments=None, *, conversational=None, invitation_token=None))]
            fn new(
                py: Python<'_>,
                name: Arg<Filled>,
                arguments: Option<Arg<JsonObject>>,
                security_arguments: Option<Arg<SecurityArguments>>,
                conversational: Option<Arg<bool>>,
                invitation_token: Option<Arg<SecretStr>>,
            ) -> PyResult<PyClassInitializer<Self>> {
        arguments!(name, arguments, security_arguments, conversational, invitation_token);
                let draft = set_arguments!(t::$name::new(name.0), arguments, security_arguments);
                finish!(py, $name, draft, conversational, invitation_token)
            }
        }
    )*};
}

undocumented_templates! {
    Instagram, "Instagram", "instagram:1";
    Facebook, "Facebook Messenger", "facebook:1";
    Telegram, "Telegram", "telegram:1";
    Line, "Line", "line:1";
    Email, "Email", "email-messagebird:1";
}

/// Any other template, or another version of a known one. Only the name and the syntax of the reference are checked.
///
/// Args:
///     template: The reference of the template, such as `"sms-messagebird:1"`.
///     name: The name of the connector.
///     arguments: The arguments of the template.
///     security_arguments: Secrets by scheme and key, such as `{"oauth": {"accessToken": "…"}}`.
///     conversational: Whether inbound messages open conversations in the Inbox. None leaves it to the API.
///     invitation_token: The token for a template that is not generally available. Secret.
///
/// Raises:
///     InvalidInputError: An argument is invalid. The message lists all problems.
#[pyclass(frozen, extends = Template, module = "bird_connectors")]
pub(crate) struct Custom;

#[pymethods]
impl Custom {
    #[new]
    #[pyo3(signature = (template, name, arguments=None, security_arguments=None, *, conversational=None, invitation_token=None))]
    fn new(
        py: Python<'_>,
        template: Arg<Filled>,
        name: Arg<Filled>,
        arguments: Option<Arg<JsonObject>>,
        security_arguments: Option<Arg<SecurityArguments>>,
        conversational: Option<Arg<bool>>,
        invitation_token: Option<Arg<SecretStr>>,
    ) -> PyResult<PyClassInitializer<Self>> {
        arguments!(
            template,
            name,
            arguments,
            security_arguments,
            conversational,
            invitation_token
        );
        let draft = set_arguments!(
            t::Custom::new(template.0, name.0),
            arguments,
            security_arguments
        );
        finish!(py, Custom, draft, conversational, invitation_token)
    }
}
