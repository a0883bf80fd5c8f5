//! Parses the values of options whose errors in the standard library name no range.

use std::str::FromStr;

/// Parses the number of an option, which is at least `MIN`.
pub(crate) fn parse_number<T, const MIN: u8>(value: &str) -> Result<T, String>
where
    T: FromStr + PartialOrd + From<u8>,
{
    match value.parse() {
        Ok(number) if number >= T::from(MIN) => Ok(number),
        _ => Err(format!("expected a whole number from {MIN}")),
    }
}

/// Parses a port.
pub(crate) fn parse_port(value: &str) -> Result<u16, String> {
    value
        .parse()
        .map_err(|_| "expected a port, a whole number from 0 to 65535".to_owned())
}
