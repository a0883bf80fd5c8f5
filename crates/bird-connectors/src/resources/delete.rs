//! Delete requests, for which a 404 can be a success.

use std::future::IntoFuture;

use crate::error::Error;
use crate::future::BoxFuture;

/// A delete request that has not been sent yet. Await it to send it; the result is a [`Deleted`].
///
/// A delete is retried like a read, because repeating it does no harm.
///
/// # Errors
/// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the API does not know the resource, unless
/// [`missing_ok`](Self::missing_ok) is set or the request was retried. Otherwise the errors of a request; if
/// [`Error::may_have_been_processed`] is true, send it again with `missing_ok`.
///
/// # Example
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::builder().connectors(1).start().await?;
/// # let client = bird_connectors::Client::builder()
/// #     .base_url(sandbox.base_url())
/// #     .access_key(sandbox.access_key())
/// #     .workspace_id(sandbox.workspace_id())
/// #     .build()?;
/// # let id = client.default_workspace()?.connectors().list().first_page().await?.items[0].id;
/// let connectors = client.default_workspace()?.connectors();
/// let deleted = connectors.delete(id).await?;
/// assert!(!deleted.already_gone);
///
/// let again = connectors.delete(id).missing_ok().await?;
/// assert!(again.already_gone);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is deleted until this is awaited"]
pub struct Delete {
    send: BoxFuture<Result<(), Error>>,
    missing_ok: bool,
}

/// The result of a delete that succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deleted {
    /// Whether the API answered 404: the resource did not exist, or an earlier attempt whose response was lost deleted
    /// it.
    pub already_gone: bool,
}

impl Delete {
    pub(crate) fn new(send: BoxFuture<Result<(), Error>>) -> Self {
        Self {
            send,
            missing_ok: false,
        }
    }

    /// Treats a 404 as a success. Default: a 404 is an error, unless the request was retried.
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
                // After a retry, it is unknown which attempt deleted the resource. It is gone in either case.
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
