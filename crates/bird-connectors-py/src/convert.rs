//! Arguments from Python, and plain values to Python.
//!
//! An invalid argument raises an exception here, before anything is sent: `TypeError` for a wrong type, and
//! `InvalidInputError` for a wrong value. The message names the argument.

mod argument;
mod foreign;
mod json;
mod mappings;
mod scalars;
mod sequences;

pub(crate) use argument::{Arg, Named, Refusal, arguments};
pub(crate) use foreign::is_uuid;
pub(crate) use json::{Json, JsonObject, ReceivedObject, from_json, from_object};
pub(crate) use mappings::{QueryParameters, SecurityArguments, StringMap};
pub(crate) use scalars::{Count, FilePath, Filled, Id, RateLimits, Seconds, SecretStr, Str};
pub(crate) use sequences::{Pair, Sequence};
