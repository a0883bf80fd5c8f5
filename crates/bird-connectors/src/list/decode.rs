//! Reading a page: strictly, and only where that fails item by item, so that one broken item costs one item.

use std::fmt;

use bird_connectors_api::from_json;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::error::{Error, scrub, secrets_in_text};
use crate::transport::call::{Call, Unread};

/// An item of a page that could not be read. The rest of the page arrived.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UndecodableItem {
    /// Its place in the page as the API sent it, from 0.
    pub index: usize,
    /// The item's JSON as it came, but for secrets. `Debug` does not show it: it may be large, and tell of people.
    pub raw: String,
    /// Why it could not be read.
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

/// A page as it came: what could be read, what could not, in order.
#[derive(Debug)]
pub struct FetchedPage<T> {
    pub(crate) entries: Vec<Result<T, UndecodableItem>>,
    /// Never empty.
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
    /// A page of a list: where its strict reading fails, each item is read on its own.
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
    let named = secrets_in_text(&item.raw);
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
struct Loose<'a> {
    #[serde(borrow)]
    results: Option<Vec<&'a RawValue>>,
    #[serde(default)]
    next_page_token: Option<String>,
}

/// The second reading of a page whose strict reading failed. `None` where it is no page at all.
pub(crate) fn item_by_item<T: DeserializeOwned>(body: &[u8]) -> Option<FetchedPage<T>> {
    let page: Loose<'_> = from_json(body).ok()?;
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
mod tests {
    use super::*;

    #[test]
    fn a_broken_item_costs_one_item() {
        let page =
            item_by_item::<u8>(br#"{"results":[1, {"a" : 300},2],"nextPageToken":"t","more":1}"#)
                .unwrap();
        let raw = page.entries[1].as_ref().unwrap_err();
        assert_eq!((raw.index, raw.raw.as_str()), (1, r#"{"a" : 300}"#));
        assert_eq!(
            (page.entries[0].as_ref(), page.entries[2].as_ref()),
            (Ok(&1), Ok(&2))
        );
        assert_eq!(page.next.as_deref(), Some("t"));
    }

    #[test]
    fn what_only_a_strict_reader_minds_costs_one_item() {
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        let body = format!(r#"{{"results":["a","\ud800",null,{deep},"b"]}}"#);
        let page = item_by_item::<String>(body.as_bytes()).unwrap();
        let read: Vec<_> = page.entries.iter().map(Result::is_ok).collect();
        assert_eq!(read, [true, false, false, false, true]);
        assert_eq!(page.entries[3].as_ref().unwrap_err().raw, deep);
    }

    #[test]
    fn debug_shows_what_is_wrong_and_not_what_came() {
        let page = item_by_item::<u8>(br#"{"results":[{"name":"Jo"}]}"#).unwrap();
        let broken = page.entries[0].as_ref().unwrap_err();
        let text = format!("{broken:?}");
        assert!(
            text.contains("invalid type: map") && text.contains("bytes: 13"),
            "{text}"
        );
        assert!(!text.contains("Jo"), "{text}");
    }

    #[test]
    fn what_is_no_page_is_not_read_as_an_empty_one() {
        for body in [
            "",
            "{}",
            "[]",
            "null",
            r#"{"results":null}"#,
            r#"{"results":{}}"#,
            r#"{"results":[]"#,
        ] {
            assert!(item_by_item::<u8>(body.as_bytes()).is_none(), "{body}");
        }
        assert!(
            item_by_item::<u8>(br#"{"results":[],"nextPageToken":""}"#)
                .unwrap()
                .next
                .is_none()
        );
    }
}
