//! A check right before a request is sent, after it has waited for a rate-limit slot.

use std::fmt;
use std::sync::Arc;

use crate::future::BoxFuture;

/// Decides before each attempt of a call whether it may still be sent. The error is the reason why not.
#[derive(Clone)]
pub(crate) struct SendPermission(Arc<dyn Fn() -> BoxFuture<Result<(), String>> + Send + Sync>);

impl SendPermission {
    pub(crate) fn new(
        ask: impl Fn() -> BoxFuture<Result<(), String>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(ask))
    }

    pub(crate) async fn ask(&self) -> Result<(), String> {
        (self.0)().await
    }
}

impl fmt::Debug for SendPermission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendPermission").finish_non_exhaustive()
    }
}
