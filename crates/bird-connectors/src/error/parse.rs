//! `FromStr` for the data of the `resume` module, with the SDK's error.

use std::str::FromStr;

use super::Error;
use crate::resume::{Checkpoint, UnresolvedCreate, WaitToken};

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
