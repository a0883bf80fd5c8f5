//! Use cases of a workspace.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::scenario::behavior::Behavior;
use crate::state::clock::Clock;

/// A use case of a workspace. Installs refer to it by its id, as `useCaseId`.
///
/// The values of `status`, `use` and `caseType` are not documented, so those of the sandbox are made up.
///
/// ```
/// use bird_connectors_sandbox::UseCase;
///
/// let use_case = UseCase::new("Delivery notices").status("pending");
/// assert_eq!(use_case.id(), UseCase::new("Delivery notices").id(), "the default id is derived from the name");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UseCase {
    id: Uuid,
    name: String,
    status: String,
    case_type: String,
}

impl UseCase {
    /// A use case. By default, it is active and generic.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            id: Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("use case {name}").as_bytes()),
            name,
            status: "active".to_owned(),
            case_type: "generic".to_owned(),
        }
    }

    /// Sets the id.
    #[must_use]
    pub const fn with_id(mut self, id: Uuid) -> Self {
        self.id = id;
        self
    }

    /// Sets the status, of the use case and of its registration.
    #[must_use]
    pub fn status(mut self, status: impl Into<String>) -> Self {
        self.status = status.into();
        self
    }

    /// Sets the type.
    #[must_use]
    pub fn case_type(mut self, case_type: impl Into<String>) -> Self {
        self.case_type = case_type.into();
        self
    }

    /// The use case of a sandbox by default.
    pub(crate) fn defaults() -> Vec<Self> {
        vec![Self::new("Generic use case")]
    }

    /// Its name, status and type.
    pub(crate) fn parts(&self) -> (&str, &str, &str) {
        (&self.name, &self.status, &self.case_type)
    }

    /// The id of the use case.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }

    pub(crate) fn to_json(&self, behavior: &Behavior, clock: &Clock) -> Value {
        let date = clock.date(Duration::ZERO, behavior.date_precision);
        json!({
            "id": self.id,
            "name": self.name,
            "status": self.status,
            "use": "messaging",
            "caseType": self.case_type,
            "definitionVersion": "1",
            "description": format!("The use case {}", self.name),
            "additionalFields": {},
            "integrationState": {
                "externalId": format!("external-{}", self.id.simple()),
                "status": self.status,
                "updatedAt": date,
                "additionalFields": {},
            },
            "tags": ["sandbox"],
            "createdAt": date,
            "updatedAt": date,
        })
    }
}
