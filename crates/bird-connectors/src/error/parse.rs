//! `FromStr` for the data of the `resume` module, with the SDK's error.

use std::str::FromStr;

use super::Error;
use crate::resume::Checkpoint;
use crate::resume::UnresolvedCreate;
use crate::resume::WaitToken;

impl FromStr for Checkpoint {
    type Err = Error;

    /// Reads the line of `Display` or the JSON of serde, with or without space around it.
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text).map_err(|why| Error::invalid_input("read a checkpoint", why))
    }
}

impl FromStr for WaitToken {
    type Err = Error;

    /// Reads the line of `Display` or the JSON of serde, with or without space around it.
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text).map_err(|why| Error::invalid_input("read a wait token", why))
    }
}

impl FromStr for UnresolvedCreate {
    type Err = Error;

    /// Reads the line of `Display` or the JSON of serde, with or without space around it.
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text).map_err(|why| Error::invalid_input("read an unresolved create", why))
    }
}
