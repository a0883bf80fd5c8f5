//! What the API answers, as frozen Python classes. An attribute is built when it is first read, and only once.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::OnceLock;

use bird_connectors as sdk;
use chrono::{DateTime, Datelike as _, SecondsFormat, Utc};
use pyo3::inspect::PyStaticExpr;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::type_hint_union;
use pyo3::types::{PyDict, PyString, PyTuple};
use pyo3::{type_hint_identifier, type_hint_subscript};
use sdk::models as m;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::convert::{Object, from_json, from_object};
use crate::errors::invalid;
use crate::hints::{ANY, Hint, STR, Typed};

/// A reply type that has a Python class.
pub(crate) trait Model: Clone + PartialEq + Serialize + DeserializeOwned + Hint {
    /// Takes out what must not be shown, stored or compared.
    fn strip(&mut self) {}

    fn into_class(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Box::new(self).boxed_into_class(py)
    }

    /// For what is boxed already: nothing is copied.
    fn boxed_into_class(self: Box<Self>, py: Python<'_>) -> PyResult<Py<PyAny>>;
}

/// The type of an attribute.
pub(crate) trait Field: Hint {
    const SECRET: bool = false;

    fn build<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>>;
}

impl<T: Field> Field for Option<T> {
    const SECRET: bool = T::SECRET;

    fn build<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Some(value) => value.build(py),
            None => Ok(py.None().into_bound(py)),
        }
    }
}

impl<T: Field> Field for Vec<T> {
    fn build<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let items: Vec<_> = self
            .iter()
            .map(|item| item.build(py))
            .collect::<PyResult<_>>()?;
        Ok(PyTuple::new(py, items)?.into_any())
    }
}

macro_rules! fields {
    ($($type:ty as $hint:expr => |$value:ident, $py:ident| $build:expr;)*) => {$(
        impl Hint for $type {
            const HINT: PyStaticExpr = $hint;
        }

        impl Field for $type {
            fn build<'py>(&self, $py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                let $value = self;
                $build
            }
        }
    )*};
}

fields! {
    String as STR => |text, py| Ok(PyString::new(py, text).into_any());
    Uuid as STR => |id, py| Ok(PyString::new(py, id.hyphenated().encode_lower(&mut Uuid::encode_buffer())).into_any());
    bool as bool::OUTPUT_TYPE => |truth, py| Ok(truth.into_pyobject(py)?.to_owned().into_any());
    i64 as i64::OUTPUT_TYPE => |number, py| Ok(number.into_pyobject(py)?.into_any());
    DateTime<Utc> as DateTime::<Utc>::OUTPUT_TYPE => |time, py| moment(py, *time);
    Value as ANY => |value, py| from_json(py, value);
    Map<String, Value> as type_hint_subscript!(type_hint_identifier!("collections.abc", "Mapping"), STR, ANY) => |map, py| read_only(from_object(py, map)?);
}

/// A time as a `datetime`. The stable ABI has no constructor for it that is not called by way of Python, and reading a
/// text is the quickest that is: three times as quick as seven numbers and a time zone.
fn moment(py: Python<'_>, time: DateTime<Utc>) -> PyResult<Bound<'_, PyAny>> {
    static READ: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let leap_second = time.timestamp_subsec_nanos() >= 1_000_000_000;
    if leap_second || !(1..=9999).contains(&time.year()) {
        return Ok(time.into_pyobject(py)?.into_any());
    }
    let read = READ.get_or_try_init(py, || {
        let class = py.import("datetime")?.getattr("datetime")?;
        class.getattr("fromisoformat").map(Bound::unbind)
    })?;
    let text = time.to_rfc3339_opts(SecondsFormat::Micros, false);
    read.bind(py).call1((text,))
}

/// What is handed out is shared between all readers of a model.
fn read_only(dict: Bound<'_, PyDict>) -> PyResult<Bound<'_, PyAny>> {
    static PROXY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    PROXY
        .import(dict.py(), "types", "MappingProxyType")?
        .call1((dict,))
}

impl Hint for sdk::Secret {
    const HINT: PyStaticExpr = STR;
}

impl Field for sdk::Secret {
    const SECRET: bool = true;

    fn build<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(PyString::new(py, self.expose()).into_any())
    }
}

/// Known words are members of the Python enum, unknown ones plain texts.
fn word<'py>(
    py: Python<'py>,
    members: &PyOnceLock<Py<PyDict>>,
    name: &str,
    word: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let members = members.get_or_try_init(py, || {
        let class = py.import("bird_connectors._enums")?.getattr(name)?;
        let members = class.getattr("_value2member_map_")?;
        PyResult::Ok(members.cast_into::<PyDict>()?.unbind())
    })?;
    Ok(match members.bind(py).get_item(word)? {
        Some(member) => member,
        None => PyString::new(py, word).into_any(),
    })
}

macro_rules! enums {
    ($($name:ident)*) => {
        $(fields! {
            m::$name as type_hint_union!(type_hint_identifier!("bird_connectors._enums", stringify!($name)), STR) => |value, py| {
                static MEMBERS: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
                word(py, &MEMBERS, stringify!($name), value.as_str())
            };
        })*

        /// Every enum with the words that this version knows: for the test that compares them with the Python ones.
        pub(crate) const ENUMS: &[(&str, &[&str])] = &[$((stringify!($name), m::$name::KNOWN)),*];
    };
}

enums! {
    ChannelMessageType ChannelStatus ConversationalStatus EndpointType NumberCapability NumberType WebhookService
    WebhookSubscriptionStatus
}

fields! {
    m::ConnectorNumberCapabilities as Vec::<m::NumberCapability>::HINT => |value, py| value.list().build(py);
}

fn attribute<T: Field>(
    py: Python<'_>,
    cache: &OnceLock<Py<PyAny>>,
    value: &T,
) -> PyResult<Typed<T>> {
    let object = match cache.get() {
        Some(object) => object,
        None => {
            // Not within the lock, which Python must not run under, and which a `PyOnceLock` would let go of the
            // interpreter for. Where two threads come here at once, all get the object of the first.
            let built = value.build(py)?.unbind();
            cache.get_or_init(|| built)
        }
    };
    Ok(Typed::new(object.clone_ref(py)))
}

fn stripped<T: Model>(value: &T) -> T {
    let mut value = value.clone();
    value.strip();
    value
}

fn as_json<T: Model>(py: Python<'_>, value: &T) -> PyResult<Value> {
    serde_json::to_value(stripped(value))
        .map_err(|error| invalid(py, format!("the object cannot be written as JSON: {error}")))
}

/// A name without the mark that makes a keyword a name.
const fn plain(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

macro_rules! literal {
    ($name:expr) => {
        type_hint_subscript!(
            type_hint_identifier!("typing", "Literal"),
            PyStaticExpr::Constant {
                value: PyStaticConstant::Str(plain($name)),
            }
        )
    };
}

/// The member that an attribute shows, where it is not called the same.
macro_rules! member {
    ($value:expr, $attribute:ident) => {
        &$value.$attribute
    };
    ($value:expr, $attribute:ident, $member:ident) => {
        &$value.$member
    };
}

macro_rules! models {
    ($(
        $(#[$doc:meta])*
        $name:ident { $($attribute:ident $(= $member:ident)? : $type:ty),* $(,)? $(; secret $secret:ident)? }
    )*) => {
        /// What the stubs say of the names of the attributes, for `match`.
        mod names {
            use pyo3::inspect::{PyStaticConstant, PyStaticExpr};
            use pyo3::{type_hint_identifier, type_hint_subscript};

            use super::plain;
            use crate::hints::Hint;

            $(
            pub(crate) struct $name;

            impl Hint for $name {
                const HINT: PyStaticExpr = PyStaticExpr::Subscript {
                    value: &type_hint_identifier!("builtins", "tuple"),
                    slice: &PyStaticExpr::Tuple { elts: &[$(literal!(stringify!($attribute))),*] },
                };
            }
            )*
        }

        /// The attributes that were read, as they were handed out.
        mod read {
            use std::sync::OnceLock;

            use pyo3::prelude::*;

            $(
            #[derive(Default)]
            pub(super) struct $name {
                $(pub(super) $attribute: OnceLock<Py<PyAny>>,)*
                pub(super) extra: OnceLock<Py<PyAny>>,
            }
            )*
        }

        $(
        $(#[$doc])*
        #[pyclass(frozen, module = "bird_connectors")]
        pub(crate) struct $name {
            /// On its own, so that it is not copied into the object: lists are put into boxes by the thread that has
            /// read them.
            data: Box<m::$name>,
            /// Made with the first attribute that is read: of a long list, few objects are ever looked at.
            read: OnceLock<Box<read::$name>>,
        }

        impl $name {
            fn of(data: Box<m::$name>) -> Self {
                Self { data, read: OnceLock::new() }
            }

            fn read(&self) -> &read::$name {
                self.read.get_or_init(Box::default)
            }
        }

        impl Hint for m::$name {
            const HINT: PyStaticExpr = <$name as pyo3::PyTypeInfo>::TYPE_HINT;
        }

        impl Field for m::$name {
            fn build<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                Ok(self.clone().into_class(py)?.into_bound(py))
            }
        }

        impl Model for m::$name {
            $(fn strip(&mut self) { self.$secret = None; })?

            fn boxed_into_class(self: Box<Self>, py: Python<'_>) -> PyResult<Py<PyAny>> {
                Ok(Py::new(py, $name::of(self))?.into_any())
            }
        }

        #[pymethods]
        impl $name {
            $(
                #[getter]
                fn $attribute(&self, py: Python<'_>) -> PyResult<Typed<$type>> {
                    attribute(py, &self.read().$attribute, member!(self.data, $attribute $(, $member)?))
                }
            )*

            /// Fields that this version does not know, as they came.
            #[getter]
            fn extra(&self, py: Python<'_>) -> PyResult<Typed<Map<String, Value>>> {
                attribute(py, &self.read().extra, &self.data.extra)
            }

            /// The object as the API writes it: names of the wire, unknown fields included, secrets left out.
            fn to_dict(&self, py: Python<'_>) -> PyResult<Typed<crate::hints::Dict>> {
                Ok(Typed::new(from_json(py, &as_json(py, &*self.data)?)?.unbind()))
            }

            /// Reads what `to_dict` wrote, or what the API sent.
            #[staticmethod]
            fn from_dict(py: Python<'_>, value: Object) -> PyResult<Self> {
                match serde_json::from_value(Value::Object(value.0)) {
                    Ok(value) => Ok(Self::of(Box::new(value))),
                    Err(error) => Err(invalid(py, format!(concat!("the dict is no ", stringify!($name), ": {}"), error))),
                }
            }

            #[classattr]
            fn __match_args__(py: Python<'_>) -> PyResult<Typed<names::$name>> {
                let names = PyTuple::new(py, [$(plain(stringify!($attribute))),*])?;
                Ok(Typed::new(names.into_any().unbind()))
            }

            fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
                let mut shown: Vec<String> = Vec::new();
                $({
                    let value = member!(self.data, $attribute $(, $member)?);
                    let object = attribute(py, &self.read().$attribute, value)?.into_pyobject(py)?;
                    if !object.is_none() {
                        let text = if <$type as Field>::SECRET { "'[redacted]'".to_owned() } else { object.repr()?.to_string() };
                        shown.push(format!("{}={text}", plain(stringify!($attribute))));
                    }
                })*
                Ok(format!("{}({})", stringify!($name), shown.join(", ")))
            }

            fn __eq__(&self, other: &Self) -> bool {
                std::ptr::eq(self, other) || stripped(&*self.data) == stripped(&*other.data)
            }

            fn __hash__(&self, py: Python<'_>) -> PyResult<u64> {
                let mut hasher = DefaultHasher::new();
                as_json(py, &*self.data)?.hash(&mut hasher);
                Ok(hasher.finish())
            }

            fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (Typed<crate::hints::Dict>,))> {
                let read = py.get_type::<Self>().getattr(intern!(py, "from_dict"))?;
                Ok((read, (self.to_dict(py)?,)))
            }

            fn __copy__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
                this
            }

            fn __deepcopy__<'py>(this: PyRef<'py, Self>, _memo: &Bound<'py, PyAny>) -> PyRef<'py, Self> {
                this
            }
        }
    )*};
}

models! {
    /// A connector: the installation of a channel in a workspace.
    Connector {
        id: Uuid, name: String, created_at: DateTime<Utc>, updated_at: Option<DateTime<Utc>>,
        workspace_id: Option<Uuid>, connector_template_ref: Option<String>, connector_template_slug: Option<String>,
        channel: Option<m::ConnectorChannel>, number: Option<m::ConnectorNumber>,
        arguments: Option<Map<String, Value>>, description: Option<String>, region: Option<String>,
        routing_key: Option<String>, data_capture: Option<m::DataCapture>, data_fetching: Option<m::DataFetching>,
    }
    /// The channel that a connector names, once there is one.
    ConnectorChannel { channel_id: Option<Uuid>, platform: Option<String> }
    /// The number of a connector.
    ConnectorNumber {
        number_id: Option<Uuid>, phone_number: Option<String>, country: Option<String>,
        number_type: Option<m::NumberType>, endpoint_type: Option<m::EndpointType>,
        capabilities: Option<m::ConnectorNumberCapabilities>, profile_id: Option<Uuid>,
        profile_attachments: Vec<m::NumberProfileAttachment>, variables: Map<String, Value>,
    }
    /// A profile that is attached to a number.
    NumberProfileAttachment {
        capability: Option<String>, profile_id: Option<Uuid>, variables: Option<m::NumberProfileAttachmentVariables>,
    }
    /// What a profile attachment is bound to.
    NumberProfileAttachmentVariables { connector_id: Option<Uuid> }
    /// Where a connector's data is captured.
    DataCapture { capture_endpoint: Option<String> }
    /// What a connector fetches, and when.
    DataFetching { schedule: Option<String>, streams: Vec<m::DataFetchingStream> }
    /// One stream of what a connector fetches.
    DataFetchingStream {
        stream_name: Option<String>, event_stream_name: Option<String>, event_name: Option<String>,
        cursor_field: Option<String>, incremental: Option<bool>, initial_state: Option<String>,
        end_condition: Option<String>, filter: Option<String>, duplicates_filter_capacity: Option<i64>,
    }
    /// How far an install is. The words are the API's own.
    ConnectorReadiness { channel: Option<m::ReadinessChannel>, number: Option<m::ReadinessNumber> }
    /// What the readiness reply says of the channel.
    ReadinessChannel { status: Option<String>, stage: Option<String> }
    /// What the readiness reply says of the number.
    ReadinessNumber { status: Option<String> }
    /// A channel: what a connector becomes once it is installed. It can send when its status is `active`.
    Channel {
        id: Uuid, name: Option<String>, status: Option<m::ChannelStatus>, platform_id: Option<String>,
        identifier: Option<String>, connector_id: Option<Uuid>, capabilities: Map<String, Value>,
        created_at: Option<DateTime<Utc>>, updated_at: Option<DateTime<Utc>>,
    }
    /// Whether inbound messages of a channel open conversations in the Inbox.
    Conversational {
        status: m::ConversationalStatus, created_at: Option<DateTime<Utc>>, updated_at: Option<DateTime<Utc>>,
    }
    /// A message that was accepted for sending.
    SentMessage { id: Uuid, status: Option<String> }
    /// A phone number of the workspace. Its `id` is what `phone_number_id` wants.
    Number {
        id: Uuid, number_string: Option<String>, country_code: Option<String>, r#type = type_: Option<String>,
        capabilities: Option<m::NumberCapabilities>, created_at: Option<DateTime<Utc>>,
        updated_at: Option<DateTime<Utc>>,
    }
    /// What a number can do.
    NumberCapabilities {
        sms: Option<m::NumberDirections>, mms: Option<m::NumberDirections>, voice: Option<m::NumberDirections>,
    }
    /// Which way a number can do it.
    NumberDirections { inbound: Option<bool>, outbound: Option<bool> }
    /// A webhook subscription: which event is delivered where. The signing key is left out of `repr`, `to_dict` and
    /// pickles, and takes no part in comparing.
    WebhookSubscription {
        id: Uuid, event: String, url: String, service: m::WebhookService, status: m::WebhookSubscriptionStatus,
        event_filters: Option<Vec<m::EventFilter>>, signing_key: Option<sdk::Secret>, template: Option<Value>,
        organization_id: Uuid, workspace_id: Uuid, created_at: Option<DateTime<Utc>>,
        updated_at: Option<DateTime<Utc>>; secret signing_key
    }
    /// A filter of a webhook subscription.
    EventFilter { key: String, value: String }
    /// A service with the events that it offers.
    AvailableWebhook { service: m::WebhookService, events: Vec<m::AvailableWebhookEvent> }
    /// An event on offer.
    AvailableWebhookEvent { name: String, filter_keys: Vec<String> }
    /// One delivery of a webhook subscription, and how it went.
    DeliveryLogEntry {
        request_id: Option<String>, execution_status: Option<String>, http_status_code: Option<i64>,
        attempt_count: Option<i64>, created_at: Option<DateTime<Utc>>,
    }
}
