//! The items of a list: resources that the sandbox created, and raw JSON that a test inserted.

use serde_json::Value;
use uuid::Uuid;

use crate::api::id::parse_uuid;

/// An item of a list.
pub(crate) struct Entry<T> {
    /// The position among all items of the workspace. It never changes, and later items have larger values.
    pub(crate) order: u64,
    pub(crate) item: Item<T>,
}

/// The content of a list item.
pub(crate) enum Item<T> {
    /// A resource that the sandbox created.
    Resource(T),
    /// JSON that a test inserted. It is returned unchanged.
    Raw(Value),
}

impl<T> Entry<T> {
    pub(crate) const fn resource(&self) -> Option<&T> {
        match &self.item {
            Item::Resource(resource) => Some(resource),
            Item::Raw(_) => None,
        }
    }

    pub(crate) const fn resource_mut(&mut self) -> Option<&mut T> {
        match &mut self.item {
            Item::Resource(resource) => Some(resource),
            Item::Raw(_) => None,
        }
    }

    /// The raw JSON, if its `id` is this one.
    pub(crate) fn raw_with_id(&self, id: Uuid) -> Option<&Value> {
        match &self.item {
            Item::Raw(value) if raw_id(value) == Some(id) => Some(value),
            _ => None,
        }
    }
}

/// The `id` of raw JSON, if it is a UUID.
pub(crate) fn raw_id(value: &Value) -> Option<Uuid> {
    value.get("id")?.as_str().and_then(parse_uuid)
}
