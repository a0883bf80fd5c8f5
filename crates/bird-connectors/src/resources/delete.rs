//! Removing: a request whose 404 can be good news.

use std::future::IntoFuture;

use crate::error::Error;
use crate::future::BoxFuture;

/// A removal that has not been sent yet.
#[must_use = "nothing is removed until this is awaited"]
pub struct Delete {
    send: BoxFuture<Result<(), Error>>,
    missing_ok: bool,
}

/// A removal that succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deleted {
    /// True where the API said 404: it was gone already, or an earlier attempt whose answer was lost removed it.
    pub already_gone: bool,
}

impl Delete {
    pub(crate) fn new(send: BoxFuture<Result<(), Error>>) -> Self {
        Self {
            send,
            missing_ok: false,
        }
    }

    /// A 404 is no error.
    pub fn missing_ok(mut self) -> Self {
        self.missing_ok = true;
        self
    }
}

impl IntoFuture for Delete {
    type Output = Result<Deleted, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            match self.send.await {
                Ok(()) => Ok(Deleted {
                    already_gone: false,
                }),
                // After a repeated attempt nobody can tell whose work it was, and the wish is fulfilled either way.
                Err(error) if error.is_not_found() && (self.missing_ok || error.attempts() > 1) => {
                    Ok(Deleted { already_gone: true })
                }
                Err(error) => Err(error),
            }
        })
    }
}

impl std::fmt::Debug for Delete {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delete")
            .field("missing_ok", &self.missing_ok)
            .finish_non_exhaustive()
    }
}
