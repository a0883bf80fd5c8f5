//! `Numbers::find`: searches the lists of numbers, and compares phone numbers in any common spelling.

use bird_connectors_api::types::Number;
use serde_json::Value;
use tracing::Instrument as _;

use super::Numbers;
use super::phone_number::{PhoneNumber, invalid};
use crate::error::{Error, ErrorKind};
use crate::list::{List, UndecodableItem};
use crate::resources::telemetry;

const ACTION: &str = "find a number";

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
        let span = telemetry::find_number(self.workspace.id());
        let result = self.search(number).instrument(span.span().clone()).await;
        telemetry::search_ended(span, &result);
        result
    }

    async fn search(&self, number: &str) -> Result<Option<Number>, Error> {
        let wanted = PhoneNumber::parse(number).map_err(|reason| invalid(ACTION, &reason))?;
        let all = match search(self.list(), &wanted).await {
            Ok(Search::Found(number)) => return Ok(Some(*number)),
            Err(error) if !error.is_permission_denied() => return Err(error),
            all => all,
        };
        let long_codes = match search(self.list_long_codes(), &wanted).await? {
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

async fn search(list: List<Number>, wanted: &PhoneNumber) -> Result<Search, Error> {
    let mut pages = list.pages();
    let mut unclear = None;
    while let Some(page) = pages.try_next().await? {
        for item in &page.undecodable {
            if unclear.is_none() && may_be(item, wanted) {
                unclear = Some(undecodable(item));
            }
        }
        let found = page.into_iter().find(|number| {
            let string = number.number_string.as_deref();
            string.is_some_and(|string| wanted.is_written(string))
        });
        if let Some(number) = found {
            return Ok(Search::Found(Box::new(number)));
        }
    }
    Ok(unclear.map_or(Search::NotListed, Search::Unclear))
}

/// False if the item shows a different number.
fn may_be(item: &UndecodableItem, wanted: &PhoneNumber) -> bool {
    let json: Value = serde_json::from_str(&item.raw).unwrap_or_default();
    match json.get("numberString").and_then(Value::as_str) {
        Some(number) => wanted.is_written(number),
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
