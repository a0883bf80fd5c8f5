//! How times are read. A page has two for each of its items, and nearly all are of one form: that one is read here, the
//! others by chrono, which takes several times as long and says what is wrong with what is no time.
//!
//! The generated types name these functions in their serde attributes.

use std::{fmt, ops::Range};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{
    Deserialize, Deserializer,
    de::{Error, IntoDeserializer, Visitor},
};

use crate::tolerant;

/// Reads a time.
pub(crate) fn required<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<DateTime<Utc>, D::Error> {
    Time::deserialize(deserializer).map(|time| time.0)
}

/// Reads a time, and null and an empty text as absent.
pub(crate) fn blank_as_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<DateTime<Utc>>, D::Error> {
    let time = tolerant::blank_as_none(deserializer)?;
    Ok(time.map(|time: Time| time.0))
}

struct Time(DateTime<Utc>);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text).map(Self)
    }
}

struct Text;

impl Visitor<'_> for Text {
    type Value = DateTime<Utc>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an RFC 3339 formatted date and time string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        match usual(text.as_bytes()) {
            Some(time) => Ok(time),
            None => DateTime::deserialize(text.into_deserializer()),
        }
    }
}

/// The form that nearly all times have: `2026-01-31T09:30:00.123456789Z`, with as many digits behind the point as there
/// are, or none and no point.
fn usual(text: &[u8]) -> Option<DateTime<Utc>> {
    let number = |range: Range<usize>| {
        text.get(range)?.iter().try_fold(0, |sum: u32, digit| {
            let digit = char::from(*digit).to_digit(10)?;
            Some(sum * 10 + digit)
        })
    };
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if marks.iter().any(|(at, mark)| text.get(*at) != Some(mark)) {
        return None;
    }
    let nanoseconds = match text.get(19..)? {
        [b'Z'] => 0,
        [b'.', digits @ .., b'Z'] if (1..=9).contains(&digits.len()) => {
            let missing = u32::try_from(9 - digits.len()).ok()?;
            number(20..20 + digits.len())? * 10u32.pow(missing)
        }
        _ => return None,
    };
    NaiveDate::from_ymd_opt(
        i32::try_from(number(0..4)?).ok()?,
        number(5..7)?,
        number(8..10)?,
    )?
    .and_hms_nano_opt(
        number(11..13)?,
        number(14..16)?,
        number(17..19)?,
        nanoseconds,
    )
    .map(|time| time.and_utc())
}

#[cfg(test)]
mod tests {
    use chrono::SecondsFormat;
    use serde_json::{Value, json};

    use super::*;

    fn read(text: &str) -> Result<DateTime<Utc>, String> {
        required(Value::from(text)).map_err(|error| error.to_string())
    }

    /// The same by chrono alone.
    fn judged(text: &str) -> Result<DateTime<Utc>, String> {
        serde_json::from_value(json!(text)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_usual_form_is_read_as_chrono_reads_it() {
        // 3,001 times from 1906 to 2093, at odd intervals.
        for step in -1500..=1500_i64 {
            let at = DateTime::from_timestamp_nanos(step * 2_000_000_123_456_789 + 946_684_800);
            for format in [
                SecondsFormat::Secs,
                SecondsFormat::Millis,
                SecondsFormat::Micros,
                SecondsFormat::Nanos,
            ] {
                let text = at.to_rfc3339_opts(format, true);
                assert_eq!(usual(text.as_bytes()), judged(&text).ok(), "{text}");
                assert!(usual(text.as_bytes()).is_some(), "{text}");
            }
        }
    }

    #[test]
    fn whatever_else_comes_is_left_to_chrono() {
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
        for text in valid.iter().chain(&invalid) {
            assert_eq!(usual(text.as_bytes()), None, "{text}");
            assert_eq!(read(text), judged(text), "{text}");
        }
        for text in valid {
            assert!(read(text).is_ok(), "{text}");
        }
        for text in invalid {
            assert!(read(text).is_err(), "{text}");
        }
        let error = required(json!(7)).unwrap_err().to_string();
        assert_eq!(
            error,
            serde_json::from_value::<DateTime<Utc>>(json!(7))
                .unwrap_err()
                .to_string()
        );
    }

    #[test]
    fn a_year_of_every_digit_and_every_day_of_two_years() {
        let days = (0..731).filter_map(|day| {
            NaiveDate::from_ymd_opt(2023, 12, 31)?.checked_add_days(chrono::Days::new(day))
        });
        for day in days {
            let text = format!("{day}T23:59:59.5Z");
            assert_eq!(usual(text.as_bytes()), judged(&text).ok(), "{text}");
        }
        for year in (0..=9999).step_by(101) {
            let text = format!("{year:04}-03-01T00:00:00Z");
            assert_eq!(usual(text.as_bytes()), judged(&text).ok(), "{text}");
        }
    }

    #[test]
    fn null_and_blank_are_absent() {
        assert_eq!(blank_as_none(json!(null)).unwrap(), None);
        assert_eq!(blank_as_none(json!("")).unwrap(), None);
        let time = blank_as_none(json!("2026-01-01T00:00:00.123456789Z")).unwrap();
        assert_eq!(time.unwrap().timestamp_subsec_nanos(), 123_456_789);
        let error = blank_as_none(json!("soon")).unwrap_err().to_string();
        assert_eq!(error, judged("soon").unwrap_err());
    }
}
