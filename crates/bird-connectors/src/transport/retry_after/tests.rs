use http::HeaderValue;
use proptest::prelude::*;

use super::*;

fn read(value: &str, date: Option<&str>) -> Option<Duration> {
    let mut headers = HeaderMap::new();
    headers.insert(RETRY_AFTER, HeaderValue::from_bytes(value.as_bytes()).ok()?);
    if let Some(date) = date {
        headers.insert(DATE, HeaderValue::from_str(date).ok()?);
    }
    retry_after(&headers, || {
        SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777)
    })
}

#[test]
fn seconds_fractions_and_dates_are_parsed() {
    let date = Some("Sun, 06 Nov 1994 08:49:30 GMT");
    for (value, date, wait) in [
        ("0", None, 0.0),
        ("120", None, 120.0),
        (" 2 ", None, 2.0),
        ("1.5", None, 1.5),
        (".25", None, 0.25),
        ("Sun, 06 Nov 1994 08:49:37 GMT", date, 7.0),
        ("Sun, 06 Nov 1994 08:49:20 GMT", date, 0.0),
        // Without a `Date` header, compared with the clock (08:49:37).
        ("Sun, 06 Nov 1994 08:49:47 GMT", None, 10.0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", date, 7.0),
    ] {
        assert_eq!(
            read(value, date),
            Some(Duration::from_secs_f64(wait)),
            "{value}"
        );
    }
}

#[test]
fn invalid_value_is_ignored() {
    for value in [
        "", "-1", "+1", "nan", "inf", "1e300", "1e3", "1,5", "1.2.3", "soon", ".",
    ] {
        assert_eq!(read(value, None), None, "{value}");
    }
}

#[test]
fn time_beyond_64_bits_is_later_than_every_deadline() {
    let digits = "9".repeat(400);
    for value in [
        "18446744073709551616",
        "99999999999999999999999999",
        "18446744073709551616.5",
        &digits,
    ] {
        assert_eq!(read(value, None), Some(Duration::MAX), "{value}");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_not_panic(value in proptest::collection::vec(any::<u8>(), 0..40), date in ".{0,40}") {
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value);
            if let Ok(date) = HeaderValue::from_str(&date) {
                headers.insert(DATE, date);
            }
            let _ = retry_after(&headers, || SystemTime::UNIX_EPOCH);
        }
    }

    #[test]
    fn whole_seconds_are_exact(seconds in 0u32..) {
        prop_assert_eq!(read(&seconds.to_string(), None), Some(Duration::from_secs(seconds.into())));
    }
}
