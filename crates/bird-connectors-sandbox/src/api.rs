//! The API on the wire: its operations, request parsing, responses and errors. Nothing here knows the state of the sandbox.

pub(crate) mod error;
pub(crate) mod excerpt;
pub(crate) mod format_character;
pub(crate) mod id;
pub(crate) mod naming;
pub(crate) mod object_reader;
pub(crate) mod operation;
pub(crate) mod percent;
pub(crate) mod query;
pub(crate) mod redaction;
pub(crate) mod response;
