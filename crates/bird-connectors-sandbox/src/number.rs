//! Phone numbers of a workspace.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::behavior::{Behavior, Capabilities};
use crate::clock::Clock;

/// A phone number that a workspace owns. Its id is what an install gives as `phoneNumberId`.
///
/// ```
/// use bird_connectors_sandbox::Number;
///
/// let number = Number::new("+442079460123").country("GB").number_type("local");
/// assert_eq!(number.id(), Number::new("+442079460123").id(), "derived from the number, unless it is set");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    id: Uuid,
    number: String,
    country: String,
    number_type: String,
    long_code: bool,
    needs_use_case: bool,
    mms: bool,
}

impl Number {
    /// A Dutch mobile number for SMS and voice, unless the other methods say otherwise.
    #[must_use]
    pub fn new(number: impl Into<String>) -> Self {
        let number = number.into();
        Self {
            id: Uuid::new_v5(&Uuid::NAMESPACE_OID, number.as_bytes()),
            number,
            country: "NL".to_owned(),
            number_type: "mobile".to_owned(),
            long_code: true,
            needs_use_case: false,
            mms: false,
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

    /// Sets the type: `mobile`, `local`, `toll-free`, `national`.
    #[must_use]
    pub fn number_type(mut self, number_type: impl Into<String>) -> Self {
        self.number_type = number_type.into();
        self
    }

    /// Makes it an alphanumeric sender, which the list of long code numbers leaves out.
    #[must_use]
    pub const fn alphanumeric(mut self) -> Self {
        self.long_code = false;
        self
    }

    /// Makes it a US 10DLC number: an SMS install over it needs a `useCaseId`.
    #[must_use]
    pub const fn ten_dlc(mut self) -> Self {
        self.needs_use_case = true;
        self
    }

    /// Lets it send and receive MMS.
    #[must_use]
    pub const fn mms(mut self) -> Self {
        self.mms = true;
        self
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// The number itself.
    #[must_use]
    pub fn number_string(&self) -> &str {
        &self.number
    }

    pub(crate) const fn is_long_code(&self) -> bool {
        self.long_code
    }

    pub(crate) const fn needs_use_case(&self) -> bool {
        self.needs_use_case
    }

    pub(crate) fn to_json(&self, behavior: &Behavior, clock: &Clock) -> Value {
        let both = |able: bool| json!({ "inbound": able, "outbound": able });
        let date = clock.date(Duration::ZERO, behavior.date_precision);
        json!({
            "id": self.id,
            "numberString": self.number,
            "countryCode": self.country,
            "type": self.number_type,
            "capabilities": { "voice": both(self.long_code), "sms": both(true), "mms": both(self.mms) },
            "createdAt": date,
            "updatedAt": date,
        })
    }

    /// How a connector over this number shows it.
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
