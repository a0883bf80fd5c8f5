//! Plain data that a program can store and resume from, in this process or in another one.

pub(crate) mod checkpoint;
pub(crate) mod wait_token;
