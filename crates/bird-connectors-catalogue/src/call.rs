//! A call of the SDK and its result, both as a value to compare and as strings to search.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use bird_connectors::Error;
use bird_connectors::list::{List, Listable};
use bird_connectors::resources::Deleted;
use serde::Serialize;
use serde_json::{Value, json};

/// A call that has not finished yet.
pub type PendingCall = Pin<Box<dyn Future<Output = Result<Returned, Error>> + Send>>;

/// The result of a successful call.
#[derive(Clone, Debug)]
pub struct Returned {
    /// As JSON. Null for a delete. For a list, an object with the `items` and the number of `undecodable` items.
    pub value: Value,
    /// As `Debug` and as serialized JSON: the forms in which a program could log it.
    pub printed: String,
}

impl Returned {
    fn new(value: Value, debug: &impl Debug) -> Self {
        let printed = format!("{debug:?}\n{debug:#?}\n{value}");
        Self { value, printed }
    }
}

pub(crate) fn value<T: Debug + Serialize>(
    call: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> PendingCall {
    Box::pin(async move {
        let result = call.await?;
        let value = serde_json::to_value(&result).unwrap_or_default();
        Ok(Returned::new(value, &result))
    })
}

pub(crate) fn deleted(
    call: impl Future<Output = Result<Deleted, Error>> + Send + 'static,
) -> PendingCall {
    Box::pin(async move { Ok(Returned::new(Value::Null, &call.await?)) })
}

/// Reads a list to its end.
pub(crate) fn list<T: Listable + Debug + Serialize>(list: List<T>) -> PendingCall {
    Box::pin(async move {
        let read = list.collect_up_to(u64::MAX).await?;
        let value = json!({ "items": read.items, "undecodable": read.undecodable.len() });
        Ok(Returned::new(value, &read))
    })
}
