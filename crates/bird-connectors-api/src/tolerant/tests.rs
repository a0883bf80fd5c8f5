use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

fn read<T: for<'de> Deserialize<'de>>(value: Value) -> Result<Option<T>, String> {
    blank_as_none(value).map_err(|error| error.to_string())
}

#[test]
fn null_and_empty_strings_read_as_absent() {
    for value in [json!(null), json!("")] {
        assert_eq!(read::<Uuid>(value.clone()).unwrap(), None);
        assert_eq!(read::<DateTime<Utc>>(value.clone()).unwrap(), None);
        assert_eq!(read::<i64>(value.clone()).unwrap(), None);
        assert_eq!(read::<bool>(value).unwrap(), None);
    }
}

#[test]
fn values_are_decoded_as_without_tolerance() {
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
fn other_value_is_an_error_that_names_it() {
    assert!(
        read::<Uuid>(json!("not-an-id"))
            .unwrap_err()
            .contains("UUID")
    );
    assert!(read::<Uuid>(json!(7)).unwrap_err().contains("integer `7`"));
    assert!(
        read::<i64>(json!("7"))
            .unwrap_err()
            .contains("string \"7\"")
    );
    assert!(
        read::<i64>(json!({}))
            .unwrap_err()
            .contains("expected one value, null or an empty string")
    );
}

#[test]
fn null_reads_as_an_empty_list() {
    let list: Vec<u8> = null_as_empty(json!(null)).unwrap();
    assert!(list.is_empty());
    let list: Vec<u8> = null_as_empty(json!([1, 2])).unwrap();
    assert_eq!(list, [1, 2]);
    assert!(null_as_empty::<_, Vec<u8>>(json!("")).is_err());
}
