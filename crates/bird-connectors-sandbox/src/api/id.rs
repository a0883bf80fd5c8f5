//! Ids in requests and responses.

use uuid::Uuid;

#[cfg(test)]
mod tests;

/// Parses a UUID of any version in its hyphenated form. Other forms that the `uuid` crate accepts are not valid ids.
pub(crate) fn parse_uuid(string: &str) -> Option<Uuid> {
    if string.len() != 36 {
        return None;
    }
    Uuid::try_parse(string).ok()
}

/// The id of another object. It is the same one for every call.
pub(crate) fn other_id(id: Uuid) -> Uuid {
    Uuid::from_u128(!id.as_u128())
}
