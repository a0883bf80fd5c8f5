//! How optional fields of replies are read: nothing that means "absent" fails the object around it.
//!
//! The generated types name these functions in their serde attributes.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IntoDeserializer, Visitor},
};

/// Reads null as an empty list or map.
pub(crate) fn null_as_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads null and an empty text as absent, for an id, a date or a number.
pub(crate) fn blank_as_none<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_any(BlankAsNone(PhantomData))
}

struct BlankAsNone<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for BlankAsNone<T> {
    type Value = Option<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("one value, null or an empty text")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        if text.is_empty() {
            return Ok(None);
        }
        T::deserialize(text.into_deserializer()).map(Some)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(Some)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(Some)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(Some)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;

    fn read<T: for<'de> Deserialize<'de>>(value: Value) -> Result<Option<T>, String> {
        blank_as_none(value).map_err(|error| error.to_string())
    }

    #[test]
    fn null_and_blank_are_absent() {
        for value in [json!(null), json!("")] {
            assert_eq!(read::<Uuid>(value.clone()).unwrap(), None);
            assert_eq!(read::<DateTime<Utc>>(value.clone()).unwrap(), None);
            assert_eq!(read::<i64>(value.clone()).unwrap(), None);
            assert_eq!(read::<bool>(value).unwrap(), None);
        }
    }

    #[test]
    fn values_are_read_as_ever() {
        let id = "8362fa40-9ff1-5430-a3ab-79ecc61b96b1";
        assert_eq!(read::<Uuid>(json!(id)).unwrap(), Some(id.parse().unwrap()));
        assert_eq!(read::<i64>(json!(-3)).unwrap(), Some(-3));
        assert_eq!(read::<i64>(json!(3)).unwrap(), Some(3));
        assert_eq!(read::<f64>(json!(0.5)).unwrap(), Some(0.5));
        assert_eq!(read::<bool>(json!(false)).unwrap(), Some(false));
        let time = read::<DateTime<Utc>>(json!("2026-01-01T00:00:00.123456789Z"))
            .unwrap()
            .unwrap();
        assert_eq!(time.timestamp_subsec_nanos(), 123_456_789);
    }

    #[test]
    fn what_is_neither_is_an_error_that_says_what_came() {
        assert!(read::<Uuid>(json!("no-id")).unwrap_err().contains("UUID"));
        assert!(read::<Uuid>(json!(7)).unwrap_err().contains("integer `7`"));
        assert!(
            read::<i64>(json!("7"))
                .unwrap_err()
                .contains("string \"7\"")
        );
        assert!(
            read::<i64>(json!({}))
                .unwrap_err()
                .contains("expected one value, null or an empty text")
        );
    }

    #[test]
    fn null_is_an_empty_list() {
        let list: Vec<u8> = null_as_empty(json!(null)).unwrap();
        assert!(list.is_empty());
        let list: Vec<u8> = null_as_empty(json!([1, 2])).unwrap();
        assert_eq!(list, [1, 2]);
        assert!(null_as_empty::<_, Vec<u8>>(json!("")).is_err());
    }
}
