//! Stored data with a version, and its two forms: JSON, and one line of URL-safe base64 of that JSON.

use std::collections::HashMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bird_connectors_api::from_json;
use bird_connectors_api::given::Given;
use serde::de::{DeserializeOwned, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// The version of all stored data. Data of any other version is rejected.
const VERSION: u64 = 1;

/// Stored data. Its JSON is that of `T` with the version as `v`.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Versioned<T> {
    #[serde(rename = "v")]
    version: Version,
    #[serde(flatten)]
    pub(crate) data: T,
}

/// Only version 1 can be read, so this type needs no value.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
struct Version;

impl From<Version> for u64 {
    fn from(_: Version) -> u64 {
        VERSION
    }
}

impl TryFrom<u64> for Version {
    type Error = String;

    fn try_from(version: u64) -> Result<Self, String> {
        match version {
            VERSION => Ok(Self),
            _ => Err(format!(
                "version {version} is not supported by this release"
            )),
        }
    }
}

/// Reads the fields into a map first, so that the code of `T` is compiled for one deserializer only. What serde derives for
/// `flatten` is several times as much code.
impl<'de, T: DeserializeOwned> Deserialize<'de> for Versioned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = deserializer.deserialize_map(FieldsVisitor)?;
        let version = fields
            .remove("v")
            .ok_or_else(|| D::Error::missing_field("v"))?;
        let data = Version::deserialize(version)
            .and_then(|version| Ok((version, T::deserialize(Value::Object(fields))?)));
        let (version, data) = data.map_err(D::Error::custom)?;
        Ok(Self { version, data })
    }
}

/// Reads a map without repeated keys.
struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Map::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if fields.contains_key(&name) {
                return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
            }
            fields.insert(name, value);
        }
        Ok(fields)
    }
}

impl<T> Versioned<T> {
    pub(crate) fn new(data: T) -> Self {
        Self {
            version: Version,
            data,
        }
    }
}

impl<T: DeserializeOwned> Versioned<T> {
    /// Reads either form. The reason for an error names the data with `kind`, and with `origin` what returned its string.
    pub(crate) fn parse(string: &str, kind: &str, origin: &str) -> Result<Self, String> {
        let invalid =
            || format!("invalid or truncated {kind}: pass the string that `{origin}` returned");
        let instead_of = |given: &str| {
            format!("got {given} in place of the {kind}: pass the string that `{origin}` returned")
        };
        let string = string.trim();
        if Uuid::try_parse(string).is_ok() {
            return Err(instead_of("a UUID"));
        }
        match Given::of(string) {
            Given::Empty | Given::Stored | Given::Other(_) => {}
            given => return Err(instead_of(&given.to_string())),
        }
        let json = if string.starts_with('{') {
            string.as_bytes().to_vec()
        } else {
            URL_SAFE_NO_PAD.decode(string).map_err(|_| invalid())?
        };
        from_json(&json).map_err(|error| {
            // The reason helps only if a whole object was passed: it names the field or the version.
            match serde_json::from_slice::<HashMap<String, IgnoredAny>>(&json) {
                Ok(fields) => match kind_of(&fields) {
                    Some((other, given)) if other != kind => instead_of(given),
                    _ => format!("{} ({error})", invalid()),
                },
                Err(_) => invalid(),
            }
        })
    }
}

/// The kind of the stored data with these fields, alone and with its article.
fn kind_of(fields: &HashMap<String, IgnoredAny>) -> Option<(&'static str, &'static str)> {
    let has = |name: &str| fields.contains_key(name);
    if has("connector") && has("created_at") {
        Some(("wait token", "a wait token"))
    } else if has("operation") && has("page_size") {
        Some(("checkpoint", "a checkpoint"))
    } else if has("template") && has("at") {
        Some(("unresolved create", "an unresolved create"))
    } else {
        None
    }
}

/// The line of base64.
impl<T: Serialize> fmt::Display for Versioned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_vec(self).map_err(|_| fmt::Error)?;
        f.write_str(&URL_SAFE_NO_PAD.encode(json))
    }
}

impl<T: fmt::Debug> fmt::Debug for Versioned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.data.fmt(f)
    }
}
