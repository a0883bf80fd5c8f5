//! The identity of a connector: the arguments that distinguish it from others. This is the data; the `install` module
//! derives it from a template and compares it with connectors.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Which arguments identify a connector, and how.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) by: IdentityRule,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) arguments: Map<String, Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IdentityRule {
    /// The argument, or the id of the number if the API does not return the argument.
    Number,
    /// One matching argument is enough.
    AnyArgument,
    /// All arguments have to match.
    AllArguments,
    /// The name has to match.
    Name,
}

impl Identity {
    /// Describes the connector for people, with its name. Omits the values of arguments that the API does not document.
    pub(crate) fn describe(&self, reference: &str, name: &str) -> String {
        let or = if self.arguments.is_empty() {
            ""
        } else {
            ", or"
        };
        format!("{}{or} named `{name}`", self.describe_arguments(reference))
    }

    /// Describes the connector for people, by its template and its identifying arguments alone.
    pub(crate) fn describe_arguments(&self, reference: &str) -> String {
        let documented = |key: &str| matches!(key, "phoneNumberId" | "phoneId" | "phoneNumber");
        let each: Vec<_> = self
            .arguments
            .iter()
            .map(|(key, value)| match value.as_str() {
                Some(value) if documented(key) => format!("`{key}` {value}"),
                _ => format!("the same `{key}`"),
            })
            .collect();
        let mut description = format!("a connector of template `{}`", slug(reference));
        if !each.is_empty() {
            let or = match self.by {
                IdentityRule::AnyArgument => " or ",
                _ => " and ",
            };
            description += &format!(" with {}", each.join(or));
        }
        description
    }
}

/// Omits the values, because arguments that the API does not document may contain secrets.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("by", &self.by)
            .field("arguments", &self.arguments.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// The reference of a template without its version.
pub(crate) fn slug(reference: &str) -> &str {
    reference.split(':').next().unwrap_or_default()
}
