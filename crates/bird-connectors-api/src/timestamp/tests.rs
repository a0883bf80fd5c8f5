//! A timestamp parses every string like chrono does, and takes 16 bytes.

use std::collections::HashSet;

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

use super::*;
use crate::tolerant::blank_as_none;

fn read(string: &str) -> Result<DateTime<Utc>, String> {
    let timestamp = Timestamp::deserialize(Value::from(string));
    let timestamp = timestamp.map_err(|error| error.to_string())?;
    assert_eq!(timestamp.to_string(), string);
    Ok(timestamp.to_utc())
}

/// Parses the string with chrono only.
fn read_by_chrono(string: &str) -> Result<DateTime<Utc>, String> {
    serde_json::from_value(json!(string)).map_err(|error| error.to_string())
}

fn is_usual(string: &str) -> bool {
    usual_form(string.as_bytes()).is_some()
}

#[test]
fn usual_form_parses_like_chrono() {
    // 3,001 times from 1906 to 2093, at odd intervals.
    for step in -1500..=1500_i64 {
        let at = DateTime::from_timestamp_nanos(step * 2_000_000_123_456_789 + 946_684_800);
        for format in [
            SecondsFormat::Secs,
            SecondsFormat::Millis,
            SecondsFormat::Micros,
            SecondsFormat::Nanos,
        ] {
            let string = at.to_rfc3339_opts(format, true);
            assert!(is_usual(&string), "{string}");
            assert_eq!(read(&string), read_by_chrono(&string), "{string}");
        }
    }
}

#[test]
fn other_forms_parse_like_chrono() {
    let valid = [
        "2026-01-31T09:30:00+01:00",
        "2026-01-31T09:30:00-00:00",
        "2026-01-31t09:30:00z",
        "2026-01-31 09:30:00Z",
        "2026-06-30T23:59:60Z",
        "2026-01-31T09:30:00.1234567891Z",
        "+10000-01-01T00:00:00Z",
        "-026-01-31T09:30:00Z",
        "+026-01-31T09:30:00Z",
    ];
    let invalid = [
        "",
        "Z",
        "2026",
        "2026-01-31",
        "2026-01-31T09:30:00",
        "2026-01-31T09:30:00.Z",
        "2026-02-29T09:30:00Z",
        "2026-13-01T09:30:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T09:60:00Z",
        "2026-01-31T09:30:61Z",
        "2026-01-31T09:30:00ZZ",
        "2026_01-31T09:30:00Z",
        "20a6-01-31T09:30:00Z",
        "2026-01-31T09:30:00.12a4Z",
        "２０２６-01-31T09:30:00Z",
    ];
    for string in valid.iter().chain(&invalid) {
        assert!(!is_usual(string), "{string}");
        assert_eq!(read(string), read_by_chrono(string), "{string}");
    }
    for string in valid {
        assert!(read(string).is_ok(), "{string}");
    }
    for string in invalid {
        assert!(read(string).is_err(), "{string}");
    }
    let error = Timestamp::deserialize(json!(7)).unwrap_err().to_string();
    assert_eq!(
        error,
        serde_json::from_value::<DateTime<Utc>>(json!(7))
            .unwrap_err()
            .to_string()
    );
}

#[test]
fn every_day_of_two_years_and_every_year_digit_parse_like_chrono() {
    let days = (0..731)
        .filter_map(|day| NaiveDate::from_ymd_opt(2023, 12, 31)?.checked_add_days(Days::new(day)));
    for day in days {
        let string = format!("{day}T23:59:59.5Z");
        assert_eq!(read(&string), read_by_chrono(&string), "{string}");
    }
    for year in (0..=9999).step_by(101) {
        let string = format!("{year:04}-03-01T00:00:00Z");
        assert!(is_usual(&string), "{string}");
        assert_eq!(read(&string), read_by_chrono(&string), "{string}");
    }
}

#[test]
fn every_number_of_fractional_digits_is_kept() {
    for digits in 1..=9 {
        for fraction in ["123456789", "000000000", "900000000", "000000001"] {
            let string = format!("2026-01-31T09:30:00.{}Z", &fraction[..digits]);
            assert!(is_usual(&string), "{string}");
            assert_eq!(read(&string), read_by_chrono(&string), "{string}");
        }
    }
}

#[test]
fn null_and_blank_are_absent() {
    let read = |value: Value| blank_as_none::<_, Timestamp>(value);
    assert_eq!(read(json!(null)).unwrap(), None);
    assert_eq!(read(json!("")).unwrap(), None);
    let timestamp = read(json!("2026-01-01T00:00:00.123456789Z")).unwrap();
    let instant = timestamp.unwrap().to_utc();
    assert_eq!(instant.timestamp_subsec_nanos(), 123_456_789);
    let error = read(json!("soon")).unwrap_err().to_string();
    assert_eq!(error, read_by_chrono("soon").unwrap_err());
}

#[test]
fn timestamp_from_an_instant_serializes_like_chrono() {
    let ordinary = (0..10).map(|digits| DateTime::from_timestamp_nanos(10_i64.pow(digits)));
    let leap_second = "2016-12-31T23:59:60.5Z".parse().unwrap();
    let extreme = [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC];
    for instant in ordinary.chain([leap_second]).chain(extreme) {
        let timestamp = Timestamp::from(instant);
        assert_eq!(json!(timestamp), json!(instant));
        assert_eq!(DateTime::from(timestamp), instant);
    }
}

#[test]
fn timestamps_compare_by_instant() {
    let parsed = |string: &str| string.parse::<Timestamp>().unwrap();
    let here = parsed("2026-01-31T09:30:00+01:00");
    let utc = parsed("2026-01-31T08:30:00.000Z");
    let later = parsed("2026-01-31T08:30:00.001Z");
    assert_eq!(here, utc);
    assert_eq!(here, utc.to_utc());
    assert!(here < later && here < later.to_utc());
    assert_eq!(HashSet::from([here, utc]).len(), 1);
}

#[test]
fn timestamp_takes_16_bytes() {
    assert_eq!(size_of::<Timestamp>(), 16);
    assert_eq!(size_of::<Option<Timestamp>>(), 16);
}
