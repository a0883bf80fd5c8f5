//! What every typed id can do. The ids themselves are generated in `ids.rs`.

use std::fmt;

/// The error of parsing a typed id from a string that is not a UUID.
///
/// It does not repeat the string: a secret that was put in the wrong place must not appear in an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidId {
    kind: &'static str,
    example: &'static str,
}

impl InvalidId {
    pub(crate) fn new(kind: &'static str, example: &'static str) -> Self {
        Self { kind, example }
    }
}

impl fmt::Display for InvalidId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, example } = self;
        write!(
            formatter,
            "invalid {kind}: expected a UUID such as {example}"
        )
    }
}

impl std::error::Error for InvalidId {}

/// Implements a typed id, given its kind and an example for error messages.
macro_rules! typed_id {
    ($name:ident, $kind:literal, $example:literal) => {
        impl $name {
            /// Wraps a UUID. `From<Uuid>` does the same; this function also works in constants.
            #[must_use]
            pub const fn new(uuid: ::uuid::Uuid) -> Self {
                Self(uuid)
            }

            /// Makes an id from the 128 bits of its UUID, for tests and examples.
            #[must_use]
            pub const fn from_u128(bits: u128) -> Self {
                Self(::uuid::Uuid::from_u128(bits))
            }

            /// The UUID itself.
            #[must_use]
            pub const fn as_uuid(&self) -> &::uuid::Uuid {
                &self.0
            }
        }

        impl From<::uuid::Uuid> for $name {
            fn from(uuid: ::uuid::Uuid) -> Self {
                Self(uuid)
            }
        }

        impl From<$name> for ::uuid::Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl AsRef<::uuid::Uuid> for $name {
            fn as_ref(&self) -> &::uuid::Uuid {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::id::InvalidId;

            fn from_str(string: &str) -> Result<Self, Self::Err> {
                match ::uuid::Uuid::try_parse(string) {
                    Ok(uuid) => Ok(Self(uuid)),
                    Err(_) => Err(crate::id::InvalidId::new($kind, $example)),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, formatter)
            }
        }
    };
}

pub(crate) use typed_id;

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use serde_json::json;
    use uuid::Uuid;

    use crate::types::{ChannelId, ConnectorId, NumberId};

    const TEXT: &str = "8362fa40-9ff1-5430-a3ab-79ecc61b96b1";

    #[test]
    fn id_converts_to_and_from_uuid() {
        const ID: ChannelId = ChannelId::from_u128(7);
        assert_eq!(Uuid::from(ID), Uuid::from_u128(7));
        assert_eq!(ChannelId::from(Uuid::from_u128(7)), ID);
        assert_eq!(ID.as_uuid(), &Uuid::from_u128(7));
        assert_eq!(AsRef::<Uuid>::as_ref(&ID), ID.as_uuid());
        assert_eq!(HashSet::from([ID, ID]).len(), 1);
        let later = ChannelId::new(Uuid::from_u128(8));
        assert_eq!(BTreeSet::from([later, ID]).first(), Some(&ID));
    }

    #[test]
    fn id_is_transparent_in_json() {
        let id: ConnectorId = serde_json::from_value(json!(TEXT)).unwrap();
        assert_eq!(serde_json::to_value(id).unwrap(), json!(TEXT));
        assert_eq!(
            format!("{id} {id:?}"),
            format!("{TEXT} ConnectorId({TEXT})")
        );
        // The version nibble is not checked: documented samples have impossible ones.
        serde_json::from_value::<ConnectorId>(json!("8362fa40-9ff1-0430-a3ab-79ecc61b96b1"))
            .unwrap();
    }

    #[test]
    fn id_parses_every_spelling_of_a_uuid() {
        let id: ConnectorId = TEXT.parse().unwrap();
        for spelling in [
            TEXT.to_uppercase(),
            TEXT.replace('-', ""),
            format!("{{{TEXT}}}"),
            format!("urn:uuid:{TEXT}"),
        ] {
            assert_eq!(spelling.parse(), Ok(id));
        }
    }

    #[test]
    fn invalid_id_names_its_kind_and_hides_the_string() {
        let error = "a-secret".parse::<NumberId>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "invalid number id: expected a UUID such as 5d0c6a4e-0000-4000-8000-000000000004"
        );
        assert!(!format!("{error:?}").contains("a-secret"));
    }
}
