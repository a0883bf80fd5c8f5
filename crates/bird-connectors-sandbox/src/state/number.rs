//! Phone numbers of a workspace.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::scenario::behavior::{Behavior, Capabilities};
use crate::state::clock::Clock;
use crate::state::entry::Entry;

/// A phone number of a workspace. Installs refer to it by its id, as `phoneNumberId`.
///
/// ```
/// use bird_connectors_sandbox::Number;
///
/// let number = Number::new("+442079460123").country("GB").number_type("local");
/// assert_eq!(number.id(), Number::new("+442079460123").id(), "the default id is derived from the number");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    id: Uuid,
    number: String,
    country: String,
    number_type: String,
    long_code: bool,
    ten_dlc: bool,
    mms: bool,
    status: Option<String>,
    provider: Option<String>,
}

impl Number {
    /// A number. By default, it is a Dutch mobile number with SMS and voice.
    #[must_use]
    pub fn new(number: impl Into<String>) -> Self {
        let number = number.into();
        Self {
            id: Uuid::new_v5(&Uuid::NAMESPACE_OID, number.as_bytes()),
            number,
            country: "NL".to_owned(),
            number_type: "mobile".to_owned(),
            long_code: true,
            ten_dlc: false,
            mms: false,
            status: None,
            provider: None,
        }
    }

    /// Sets the id.
    #[must_use]
    pub const fn with_id(mut self, id: Uuid) -> Self {
        self.id = id;
        self
    }

    /// Sets the country (ISO 3166-1 alpha-2).
    #[must_use]
    pub fn country(mut self, country: impl Into<String>) -> Self {
        self.country = country.into();
        self
    }

    /// Sets the type, for example `mobile`, `local`, `toll-free` or `national`.
    #[must_use]
    pub fn number_type(mut self, number_type: impl Into<String>) -> Self {
        self.number_type = number_type.into();
        self
    }

    /// Makes it an alphanumeric sender, which is not in the list of long code numbers.
    #[must_use]
    pub const fn alphanumeric(mut self) -> Self {
        self.long_code = false;
        self
    }

    /// Makes it a US 10DLC number: an SMS install with it needs a `useCaseId`.
    #[must_use]
    pub const fn ten_dlc(mut self) -> Self {
        self.ten_dlc = true;
        self
    }

    /// Adds the capability to send and receive MMS.
    #[must_use]
    pub const fn mms(mut self) -> Self {
        self.mms = true;
        self
    }

    /// Sets the status that the filter `status` compares. Responses do not contain it: no such field is documented.
    #[must_use]
    pub fn status(mut self, status: impl Into<String>) -> Self {
        self.status = Some(status.into());
        self
    }

    /// Sets the provider that the filter `providerIds` compares. Responses do not contain it: no such field is documented.
    #[must_use]
    pub fn provider_id(mut self, provider: impl Into<String>) -> Self {
        self.provider = Some(provider.into());
        self
    }

    /// The numbers of a sandbox by default: a Dutch number from the documentation, and numbers from the ranges that the United
    /// Kingdom and the United States reserve for fiction.
    pub(crate) fn defaults() -> Vec<Self> {
        vec![
            Self::new("+31612345678"),
            Self::new("+447700900123").country("GB").mms(),
            Self::new("+12025550123")
                .country("US")
                .number_type("local")
                .ten_dlc(),
        ]
    }

    pub(crate) const fn has_mms(&self) -> bool {
        self.mms
    }

    /// The id of the number.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// The number, for example `+31612345678`.
    #[must_use]
    pub fn number_string(&self) -> &str {
        &self.number
    }

    pub(crate) fn type_name(&self) -> &str {
        &self.number_type
    }

    pub(crate) fn country_code(&self) -> &str {
        &self.country
    }

    pub(crate) fn filter_status(&self) -> Option<&str> {
        self.status.as_deref()
    }

    pub(crate) fn filter_provider(&self) -> Option<&str> {
        self.provider.as_deref()
    }

    /// The names of its capabilities, as far as the filter `capabilities` knows them.
    pub(crate) fn capability_names(&self) -> Vec<&'static str> {
        let mut names = vec!["sms"];
        if self.mms {
            names.push("mms");
        }
        if self.long_code {
            names.push("voice");
        }
        names
    }

    pub(crate) const fn is_long_code(&self) -> bool {
        self.long_code
    }

    pub(crate) const fn needs_use_case(&self) -> bool {
        self.ten_dlc
    }

    pub(crate) fn to_json(&self, behavior: &Behavior, clock: &Clock) -> Value {
        let directions = |able: bool| json!({ "inbound": able, "outbound": able });
        let date = clock.date(Duration::ZERO, behavior.date_precision);
        let active = json!({ "status": "active", "issues": [] });
        json!({
            "id": self.id,
            "numberString": self.number,
            "countryCode": self.country,
            "type": self.number_type,
            "capabilities": { "voice": directions(self.long_code), "sms": directions(true), "mms": directions(self.mms) },
            "createdAt": date,
            "updatedAt": date,
            "endpoint": { "capabilities": [{ "inbound": active, "outbound": active }] },
            "order": { "status": "completed" },
        })
    }

    /// The `number` field of a connector with this number.
    pub(crate) fn connector_json(&self, connector: Uuid, behavior: &Behavior) -> Value {
        let names: &[&str] = if self.mms {
            &["mms-inbound", "mms-outbound", "sms-inbound", "sms-outbound"]
        } else {
            &["sms-inbound", "sms-outbound"]
        };
        let profile = Uuid::new_v5(&self.id, b"profile");
        let attachment = |capability: &&str| json!({ "capability": capability, "profileId": profile, "variables": { "connectorId": connector } });
        json!({
            "profileId": profile,
            "numberId": self.id,
            "phoneNumber": self.number,
            "variables": {},
            "capabilities": match behavior.capabilities {
                Capabilities::CommaSeparated => json!(names.join(",")),
                Capabilities::List => json!(names),
            },
            "numberType": self.number_type,
            "endpointType": if self.long_code { "long-code-number" } else { "alpha-number" },
            "country": self.country,
            "profileAttachments": names.iter().map(attachment).collect::<Vec<_>>(),
        })
    }
}

pub(crate) fn find_number(numbers: &[Entry<Number>], id: Uuid) -> Option<&Number> {
    numbers
        .iter()
        .filter_map(Entry::resource)
        .find(|number| number.id == id)
}
