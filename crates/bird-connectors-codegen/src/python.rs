//! The Python sources: the classes of the native module, the enums, and the synchronous client.
//!
//! The classes are pyo3 classes, so that they share the data of the Rust types. Their attributes are the fields of those
//! types, and their documentation is that of the contract.

mod enums;
mod models;
mod names;
mod property_order;
mod rust_type;
mod source;
mod twins;

pub(crate) use enums::source as enums;
pub(crate) use models::collect as models;
pub(crate) use property_order::PropertyOrder;
pub(crate) use source::source as classes;
pub use twins::AsyncSource;
pub(crate) use twins::twins;
