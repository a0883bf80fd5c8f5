//! Decodes a page: as a whole, and item by item if that fails, so that one invalid item does not cost the page.

use std::fmt;

use bird_connectors_api::from_json;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::error::{Error, scrub, secrets_in_json};
use crate::transport::call::{Call, Unread};

/// An item of a list that could not be decoded. The other items of its page are not affected.
///
/// `Debug` shows the position, the reason and the size, but not the JSON: it can be large and contain personal data.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UndecodableItem {
    /// The position of the item in the page that the API sent, from 0.
    pub index: usize,
    /// The JSON of the item as the API sent it, with secrets removed.
    pub raw: String,
    /// Why the item could not be decoded.
    pub reason: String,
}

impl fmt::Debug for UndecodableItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UndecodableItem")
            .field("index", &self.index)
            .field("reason", &self.reason)
            .field("bytes", &self.raw.len())
            .finish_non_exhaustive()
    }
}

/// A page of the API: decoded and undecodable items, in order.
#[derive(Debug)]
pub struct FetchedPage<T> {
    pub(crate) entries: Vec<Result<T, UndecodableItem>>,
    /// The token of the next page; never an empty string.
    pub(crate) next: Option<String>,
}

impl<T> FetchedPage<T> {
    pub(crate) fn whole(items: Vec<T>, next: Option<String>) -> Self {
        Self {
            entries: items.into_iter().map(Ok).collect(),
            next: next.filter(|token| !token.is_empty()),
        }
    }
}

impl Call {
    /// Decodes the page of a list: as a whole, or item by item if that fails.
    pub(crate) fn finish_page<P, T: DeserializeOwned>(
        &self,
        result: Result<progenitor_client::ResponseValue<P>, progenitor_client::Error<()>>,
        parts: impl FnOnce(P) -> (Vec<T>, Option<String>),
    ) -> Result<FetchedPage<T>, Error> {
        match self.finish_or_body(result) {
            Ok(page) => {
                let (items, next) = parts(page);
                Ok(FetchedPage::whole(items, next))
            }
            Err(Unread::Body(body, error)) => {
                let mut page = item_by_item(&body).ok_or(error)?;
                for item in page
                    .entries
                    .iter_mut()
                    .filter_map(|item| item.as_mut().err())
                {
                    clean(self, item);
                }
                Ok(page)
            }
            Err(Unread::Error(error)) => Err(error),
        }
    }
}

/// Removes secrets from an item that cannot be decoded.
fn clean(call: &Call, item: &mut UndecodableItem) {
    let named = secrets_in_json(&item.raw);
    for secret in call
        .secrets()
        .into_iter()
        .chain(named.iter().map(String::as_str))
    {
        scrub(&mut item.raw, secret);
        scrub(&mut item.reason, secret);
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LenientPage<'a> {
    #[serde(borrow)]
    results: Option<Vec<&'a RawValue>>,
    #[serde(default)]
    next_page_token: Option<String>,
}

/// Decodes each item of a page separately. `None` if the body is not a page.
pub(crate) fn item_by_item<T: DeserializeOwned>(body: &[u8]) -> Option<FetchedPage<T>> {
    let page: LenientPage<'_> = from_json(body).ok()?;
    let entries = page.results?.into_iter().enumerate().map(|(index, item)| {
        serde_json::from_str(item.get()).map_err(|error| UndecodableItem {
            index,
            raw: item.get().to_owned(),
            reason: error.to_string(),
        })
    });
    Some(FetchedPage {
        entries: entries.collect(),
        next: page.next_page_token.filter(|token| !token.is_empty()),
    })
}

#[cfg(test)]
mod tests;
