//! The SDK's error for strings that cannot be parsed: ids, and the data of the `resume` module.

use std::str::FromStr;

use bird_connectors_api::types::InvalidId;

use super::Error;
use crate::resume::{Checkpoint, UnresolvedCreate, WaitToken};

/// Lets `?` convert the error of parsing an id. It describes the string and does not repeat it.
impl From<InvalidId> for Error {
    fn from(invalid: InvalidId) -> Self {
        Self::invalid_input("parse an id", invalid.to_string())
    }
}

impl FromStr for Checkpoint {
    type Err = Error;

    /// Parses the output of `Display` or of serde as JSON. Surrounding white space is ignored.
    fn from_str(string: &str) -> Result<Self, Error> {
        Self::parse(string).map_err(|reason| Error::invalid_input("read a checkpoint", reason))
    }
}

impl FromStr for WaitToken {
    type Err = Error;

    /// Parses the output of `Display` or of serde as JSON. Surrounding white space is ignored.
    fn from_str(string: &str) -> Result<Self, Error> {
        Self::parse(string).map_err(|reason| Error::invalid_input("read a wait token", reason))
    }
}

impl FromStr for UnresolvedCreate {
    type Err = Error;

    /// Parses the output of `Display` or of serde as JSON. Surrounding white space is ignored.
    fn from_str(string: &str) -> Result<Self, Error> {
        Self::parse(string)
            .map_err(|reason| Error::invalid_input("read an unresolved create", reason))
    }
}
