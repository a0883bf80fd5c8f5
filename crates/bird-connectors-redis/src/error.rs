//! The error of this crate.

use std::fmt;

use redis::RedisError;

/// Why a command to Redis failed.
///
/// Its message has what failed and the error of the crate `redis`. It contains no password.
#[derive(Debug)]
pub struct Error {
    action: &'static str,
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    Redis(RedisError),
    Random(getrandom::Error),
}

impl Error {
    pub(crate) fn redis(action: &'static str, cause: RedisError) -> Self {
        Self {
            action,
            cause: Cause::Redis(cause),
        }
    }

    pub(crate) fn random(action: &'static str, cause: getrandom::Error) -> Self {
        Self {
            action,
            cause: Cause::Random(cause),
        }
    }

    /// The error of the crate `redis`. `None` if the operating system returned no random bytes.
    #[must_use]
    pub fn redis_error(&self) -> Option<&RedisError> {
        match &self.cause {
            Cause::Redis(cause) => Some(cause),
            Cause::Random(_) => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { action, cause } = self;
        match cause {
            Cause::Redis(cause) => write!(f, "{action} in Redis: {cause}"),
            Cause::Random(cause) => write!(f, "{action}: no random bytes: {cause}"),
        }
    }
}

/// The message contains the cause, so `source` returns `None`.
impl std::error::Error for Error {}
