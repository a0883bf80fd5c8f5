//! Decodes a page: as a whole, and item by item if that fails, so that one invalid item does not cost the page.

use std::fmt;

use bird_connectors_api::{FromJson, RawPage, ReportUndecoded, repaired_json};

use crate::error::{Error, scrub, secrets_in_json, shorten};
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
    pub(crate) fn finish_page<P: ReportUndecoded, T: FromJson + ReportUndecoded>(
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
                let Some(mut page) = item_by_item(&body, T::from_json) else {
                    return Err(self.decode_failed(error));
                };
                for entry in &mut page.entries {
                    match entry {
                        Ok(item) => self.report_undecoded(item),
                        Err(item) => clean(self, item),
                    }
                }
                Ok(page)
            }
            Err(Unread::Error(error)) => Err(error),
        }
    }
}

/// The maximum length of the reason why an item cannot be decoded, in bytes.
const MAX_REASON: usize = 1024;

/// Removes secrets from an item that cannot be decoded, and shortens the reason.
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
    // It can quote a string of the item.
    shorten(&mut item.reason, MAX_REASON);
}

/// Decodes an item of a page.
type DecodeItem<T> = fn(&[u8]) -> serde_json::Result<T>;

/// Decodes each item of a page separately. `None` if the body is not a page.
pub(crate) fn item_by_item<T>(body: &[u8], decode: DecodeItem<T>) -> Option<FetchedPage<T>> {
    let original = str::from_utf8(body).ok();
    let original = original.and_then(|body| items_of(body, decode));
    original.or_else(|| items_of(&repaired_json(body)?, decode))
}

fn items_of<T>(body: &str, decode: DecodeItem<T>) -> Option<FetchedPage<T>> {
    let page = RawPage::read(body).ok()?;
    let entries = page.results.into_iter().enumerate().map(|(index, item)| {
        decode(item.get().as_bytes()).map_err(|error| UndecodableItem {
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
