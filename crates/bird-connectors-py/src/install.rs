//! Installing channels: the handle to one install and its wait, bulk waits, idempotent and bulk installs, and journals.

pub(crate) mod ensure;
pub(crate) mod handle;
pub(crate) mod install_all;
pub(crate) mod journal;
pub(crate) mod wait_all;
pub(crate) mod wait_options;
pub(crate) mod wait_token;
