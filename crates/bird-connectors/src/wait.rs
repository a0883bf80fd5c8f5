//! Waiting for installs until their channels can send: one install, or many with shared polls.

mod channel_state;
mod condition;
mod driver;
mod error;
mod last_poll;
mod limits;
mod machine;
mod many;
mod options;
mod progress;
mod read;
mod response_check;
mod rules;
mod schedule;
mod signal;
mod source;
mod telemetry;
mod until_ready;

pub use condition::Condition;
pub use error::{StatusSource, WaitError, WaitReport};
pub use many::{InstallRef, WaitAll, WaitControl, WaitResult, WaitResults, WaitTotals};
pub use options::WaitOptions;
pub use progress::{Progress, Ready, Step, Steps};
pub(crate) use source::ApiSource;
pub(crate) use telemetry::error_type;
pub use until_ready::UntilReady;

pub use crate::resume::WaitToken;
