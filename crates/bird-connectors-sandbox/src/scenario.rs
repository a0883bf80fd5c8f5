//! What a test or the command line configures: how installs proceed, how the API behaves where its documentation leaves it
//! open, who may do what, and which calls fail.

pub(crate) mod access_key;
pub mod behavior;
pub(crate) mod fault;
pub(crate) mod rate_limits;
pub(crate) mod rule;
pub(crate) mod script;
pub(crate) mod seeded;
pub(crate) mod webhook_settings;
