//! Arguments from Python, and plain values to Python.
//!
//! An invalid argument raises an exception here, before anything is sent: `TypeError` for a wrong type, and
//! `InvalidInputError` for a wrong value.

mod json;
mod mappings;
mod scalars;

pub(crate) use json::{Json, JsonObject, from_json, from_object};
pub(crate) use mappings::{QueryParameters, SecurityArguments, StringMap};
pub(crate) use scalars::{Count, Id, RateLimits, Seconds, SecretStr, Str};
