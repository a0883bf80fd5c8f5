//! `Numbers::find`: compares phone numbers by their digits and ignores spaces, dashes and prefixes such as `+`.

use bird_connectors_api::types::Number;
use serde_json::Value;

use super::Numbers;
use crate::error::{Error, ErrorKind};
use crate::list::{List, UndecodableItem};

const ACTION: &str = "find a number";

/// The largest number of digits in an E.164 number.
const MAX_DIGITS: usize = 15;

impl Numbers {
    /// Finds a phone number of the workspace, in any common spelling. `None` if the workspace does not have it.
    ///
    /// The number is in international form: the country code comes first, with or without `+` or `00` before it. Spaces,
    /// dashes, dots and parentheses are ignored, so `+31 6 1234-5678`, `0031612345678` and `31612345678` are equal.
    ///
    /// This reads [`list`](Self::list) page by page until it finds the number, and then
    /// [`list_long_codes`](Self::list_long_codes), because it is not documented whether the first list contains all long
    /// codes. If the access key may not read the first list, the second one can still return the number.
    ///
    /// # Errors
    /// - [`ErrorKind::InvalidInput`] if the string is not an international phone number; nothing was sent.
    /// - [`ErrorKind::PermissionDenied`] if the number was not found and one of the lists cannot be read.
    /// - [`ErrorKind::Decode`] if the number was not found and a listed item that cannot be decoded could be it.
    /// - The other errors of a request.
    ///
    /// # Example
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = bird_connectors_sandbox::Sandbox::builder().no_numbers().start().await?;
    /// # sandbox.add_number(bird_connectors_sandbox::Number::new("+31612345678"));
    /// # let client = bird_connectors::Client::builder()
    /// #     .base_url(sandbox.base_url())
    /// #     .access_key(sandbox.access_key())
    /// #     .workspace_id(sandbox.workspace_id())
    /// #     .build()?;
    /// use bird_connectors::{ChannelMessageType, templates::Sms};
    ///
    /// let workspace = client.default_workspace()?;
    /// let number = workspace.numbers().find("+31 6 1234-5678").await?;
    /// let number = number.ok_or("the workspace does not have this number")?;
    /// let sms = Sms::new("Support NL", number.id, ChannelMessageType::Conversational);
    /// # let _ = sms;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn find(&self, number: &str) -> Result<Option<Number>, Error> {
        let digits = international_digits(number).map_err(|reason| {
            Error::invalid_input(ACTION, format!("invalid phone number: {reason}"))
                .with_help("use the international form, such as +31612345678")
        })?;
        let all = match search(self.list(), &digits).await {
            Ok(Search::Found(number)) => return Ok(Some(*number)),
            Err(error) if !error.is_permission_denied() => return Err(error),
            all => all,
        };
        let long_codes = match search(self.list_long_codes(), &digits).await? {
            Search::Found(number) => return Ok(Some(*number)),
            long_codes => long_codes,
        };
        match (all?, long_codes) {
            (Search::Unclear(error), _) | (_, Search::Unclear(error)) => Err(error),
            _ => Ok(None),
        }
    }
}

/// The result of reading one list.
enum Search {
    Found(Box<Number>),
    NotListed,
    /// Not found, but this item that cannot be decoded could be the number.
    Unclear(Error),
}

async fn search(list: List<Number>, digits: &str) -> Result<Search, Error> {
    let mut pages = list.pages();
    let mut unclear = None;
    while let Some(page) = pages.try_next().await? {
        for item in &page.undecodable {
            if unclear.is_none() && may_be(item, digits) {
                unclear = Some(undecodable(item));
            }
        }
        let spelling = |number: &Number| number.number_string.as_deref().map(international_digits);
        let found = page
            .into_iter()
            .find(|number| spelling(number).is_some_and(|found| found.as_deref() == Ok(digits)));
        if let Some(number) = found {
            return Ok(Search::Found(Box::new(number)));
        }
    }
    Ok(unclear.map_or(Search::NotListed, Search::Unclear))
}

/// False if the item shows a different number.
fn may_be(item: &UndecodableItem, digits: &str) -> bool {
    let json: Value = serde_json::from_str(&item.raw).unwrap_or_default();
    match json.get("numberString").and_then(Value::as_str) {
        Some(number) => international_digits(number).as_deref() == Ok(digits),
        None => true,
    }
}

fn undecodable(item: &UndecodableItem) -> Error {
    let message = format!(
        "an item of the list cannot be decoded ({}) and may be the number",
        item.reason
    );
    Error::new(ErrorKind::Decode, ACTION, message).with_raw(item.raw.as_bytes())
}

/// The digits of a number in international form, without its prefix, or the reason why the string is not one.
fn international_digits(number: &str) -> Result<String, String> {
    if number.contains("(0)") {
        return Err("it contains (0), which is not dialled from abroad: leave it out".to_owned());
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
        _ => Ok(digits),
    }
}

#[cfg(test)]
mod tests;
