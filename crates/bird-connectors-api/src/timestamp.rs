//! The dates of the API: an instant, and the string from which it was read.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use chrono::{DateTime, Datelike as _, NaiveDate, SecondsFormat, Timelike as _, Utc};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A date and time in a response, such as `createdAt`.
///
/// [`to_utc`](Self::to_utc) returns the instant. `Display` and serde return the string that the API sent, unchanged: with
/// its number of fractional digits and its offset. Timestamps compare by instant, so two of them can be equal although
/// their strings differ.
///
/// A timestamp takes 16 bytes. The usual form, `2026-01-31T09:30:00.123Z` with any number of fractional digits up to
/// nine, needs no allocation; the string of any other form is kept on the heap.
///
/// ```
/// use bird_connectors_api::types::Timestamp;
///
/// let sent: Timestamp = "2026-01-31T09:30:00.000-03:00".parse()?;
/// assert_eq!(sent.to_string(), "2026-01-31T09:30:00.000-03:00");
/// assert_eq!(sent.to_utc().to_string(), "2026-01-31 12:30:00 UTC");
/// assert_eq!(sent, Timestamp::from(sent.to_utc()));
/// # Ok::<(), chrono::ParseError>(())
/// ```
#[derive(Clone)]
pub struct Timestamp(Form);

#[derive(Clone)]
enum Form {
    /// The usual form. The instant and the number of fractional digits determine the string.
    Usual(DateTime<Utc>, FractionalDigits),
    /// Any other form, with its string.
    Other(Box<(DateTime<Utc>, Box<str>)>),
}

/// The number of fractional digits of the seconds. An enum, not an integer, because an enum has unused values: the compiler
/// represents `None` with one of them, which keeps an `Option<Timestamp>` at 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FractionalDigits {
    Zero,
    One,
    Two,
    Three,
    Four,
    Five,
    Six,
    Seven,
    Eight,
    Nine,
}

impl FractionalDigits {
    const ALL: [Self; 10] = [
        Self::Zero,
        Self::One,
        Self::Two,
        Self::Three,
        Self::Four,
        Self::Five,
        Self::Six,
        Self::Seven,
        Self::Eight,
        Self::Nine,
    ];
}

impl Timestamp {
    /// The instant.
    #[must_use]
    pub fn to_utc(&self) -> DateTime<Utc> {
        *self.as_ref()
    }
}

impl AsRef<DateTime<Utc>> for Timestamp {
    fn as_ref(&self) -> &DateTime<Utc> {
        match &self.0 {
            Form::Usual(instant, _) => instant,
            Form::Other(other) => &other.0,
        }
    }
}

impl From<DateTime<Utc>> for Timestamp {
    /// Uses the fewest fractional digits that represent the instant: zero, three, six or nine.
    fn from(instant: DateTime<Utc>) -> Self {
        let digits = match instant.nanosecond() {
            0 => FractionalDigits::Zero,
            nanoseconds if nanoseconds % 1_000_000 == 0 => FractionalDigits::Three,
            nanoseconds if nanoseconds % 1_000 == 0 => FractionalDigits::Six,
            _ => FractionalDigits::Nine,
        };
        // chrono adds a leap second to the nanoseconds.
        let is_leap_second = instant.nanosecond() >= 1_000_000_000;
        if (0..=9999).contains(&instant.year()) && !is_leap_second {
            Self(Form::Usual(instant, digits))
        } else {
            let string = instant.to_rfc3339_opts(SecondsFormat::AutoSi, true);
            Self(Form::Other(Box::new((instant, string.into()))))
        }
    }
}

impl From<Timestamp> for DateTime<Utc> {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.to_utc()
    }
}

impl FromStr for Timestamp {
    type Err = chrono::ParseError;

    fn from_str(string: &str) -> Result<Self, Self::Err> {
        match usual_form(string.as_bytes()) {
            Some((instant, digits)) => Ok(Self(Form::Usual(instant, digits))),
            None => Ok(Self(Form::Other(Box::new((
                string.parse()?,
                string.into(),
            ))))),
        }
    }
}

/// Reads `2026-01-31T09:30:00.123456789Z`, with one to nine fractional digits, or without a fraction.
///
/// A page has two dates for each of its items, and nearly all have this form. chrono reads every form, but takes several
/// times as long.
fn usual_form(string: &[u8]) -> Option<(DateTime<Utc>, FractionalDigits)> {
    let (fixed, fraction) = string.split_first_chunk::<19>()?;
    let [
        year @ ..,
        b'-',
        month1,
        month2,
        b'-',
        day1,
        day2,
        b'T',
        hour1,
        hour2,
        b':',
        minute1,
        minute2,
        b':',
        second1,
        second2,
    ] = fixed
    else {
        return None;
    };
    let (nanoseconds, digits) = match fraction {
        [b'Z'] => (0, 0),
        [b'.', digits @ .., b'Z'] if (1..=9).contains(&digits.len()) => {
            let missing = u32::try_from(9 - digits.len()).ok()?;
            (number(digits)? * 10u32.pow(missing), digits.len())
        }
        _ => return None,
    };
    let instant = NaiveDate::from_ymd_opt(
        i32::try_from(number(year)?).ok()?,
        number(&[*month1, *month2])?,
        number(&[*day1, *day2])?,
    )?
    .and_hms_nano_opt(
        number(&[*hour1, *hour2])?,
        number(&[*minute1, *minute2])?,
        number(&[*second1, *second2])?,
        nanoseconds,
    )?
    .and_utc();
    Some((instant, *FractionalDigits::ALL.get(digits)?))
}

/// The number that at most nine digits represent.
#[inline]
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |sum, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit <= 9).then(|| sum * 10 + u32::from(digit))
    })
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (instant, digits) = match &self.0 {
            Form::Usual(instant, digits) => (instant, *digits as u32),
            Form::Other(other) => return formatter.write_str(&other.1),
        };
        write!(
            formatter,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            instant.year(),
            instant.month(),
            instant.day(),
            instant.hour(),
            instant.minute(),
            instant.second()
        )?;
        if digits > 0 {
            let fraction = instant.nanosecond() / 10u32.pow(9 - digits);
            write!(formatter, ".{fraction:0width$}", width = digits as usize)?;
        }
        formatter.write_str("Z")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl PartialEq for Timestamp {
    fn eq(&self, other: &Self) -> bool {
        self.as_ref() == other.as_ref()
    }
}

impl Eq for Timestamp {}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_ref().cmp(other.as_ref())
    }
}

impl Hash for Timestamp {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_ref().hash(state);
    }
}

impl PartialEq<DateTime<Utc>> for Timestamp {
    fn eq(&self, other: &DateTime<Utc>) -> bool {
        self.as_ref() == other
    }
}

impl PartialOrd<DateTime<Utc>> for Timestamp {
    fn partial_cmp(&self, other: &DateTime<Utc>) -> Option<Ordering> {
        Some(self.as_ref().cmp(other))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Form::Usual(..) => serializer.collect_str(self),
            Form::Other(other) => serializer.serialize_str(&other.1),
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TimestampVisitor)
    }
}

struct TimestampVisitor;

impl Visitor<'_> for TimestampVisitor {
    type Value = Timestamp;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an RFC 3339 formatted date and time string")
    }

    fn visit_str<E: Error>(self, string: &str) -> Result<Self::Value, E> {
        string.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests;
