//! A phone number in any common spelling.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// The largest number of digits in an E.164 number.
const MAX_DIGITS: usize = 15;

/// An international phone number. Two numbers are equal if their digits are, in whatever way they are written.
///
/// It parses the spellings that [`Numbers::find`](super::Numbers::find) accepts: the country code comes first, with or without
/// `+` or `00` before it, and spaces, dashes, dots and parentheses are ignored. `Display` writes the E.164 form.
///
/// # Errors
/// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) from `FromStr` if the string is not an international phone number.
///
/// # Example
/// ```
/// use bird_connectors::resources::PhoneNumber;
///
/// let number: PhoneNumber = "0031 6 1234-5678".parse()?;
/// assert_eq!(number, "+31612345678".parse()?);
/// assert_eq!(number.to_string(), "+31612345678");
/// assert!("06 12345678".parse::<PhoneNumber>().is_err());
/// # Ok::<(), bird_connectors::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber {
    /// The country code and the rest of the number.
    digits: String,
}

impl PhoneNumber {
    /// The reason is that the string is not an international phone number.
    pub(crate) fn parse(number: &str) -> Result<Self, String> {
        if number.contains("(0)") {
            return Err(
                "it contains (0), which is not dialled from abroad: leave it out".to_owned(),
            );
        }
        let mut digits = String::with_capacity(number.len());
        let mut plus = false;
        for character in number.chars() {
            match character {
                '0'..='9' => digits.push(character),
                '+' if digits.is_empty() && !plus => plus = true,
                '-' | '.' | '(' | ')' | '\u{2010}'..='\u{2013}' => {}
                _ if character.is_whitespace() => {}
                _ => return Err(format!("it contains {character:?}")),
            }
        }
        if !plus && let Some(rest) = digits.strip_prefix("00") {
            digits = rest.to_owned();
        }
        match digits.len() {
            0 => Err("it has no digits".to_owned()),
            length if length > MAX_DIGITS => Err(format!(
                "it has {length} digits; the maximum is {MAX_DIGITS}"
            )),
            _ if digits.starts_with('0') => {
                Err("it begins with 0: the country code is missing".to_owned())
            }
            _ => Ok(Self { digits }),
        }
    }

    /// Whether the string is a spelling of this number.
    pub(super) fn is_written(&self, string: &str) -> bool {
        Self::parse(string).as_ref() == Ok(self)
    }
}

/// The error for a string that is not an international phone number.
pub(super) fn invalid(action: &'static str, reason: &str) -> Error {
    Error::invalid_input(action, format!("invalid phone number: {reason}"))
        .with_help("use the international form, such as +31612345678")
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.digits)
    }
}

impl FromStr for PhoneNumber {
    type Err = Error;

    fn from_str(number: &str) -> Result<Self, Self::Err> {
        Self::parse(number).map_err(|reason| invalid("read a phone number", &reason))
    }
}

#[cfg(test)]
mod tests;
