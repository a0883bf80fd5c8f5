//! What a list needs to know about its operation.

use std::fmt::Debug;

use serde::Serialize;

use super::decode::Fetched;
use crate::client::Workspace;
use crate::error::Error;
use crate::future::BoxFuture;
use crate::transport::call::Call;

/// The filters of one list. Implemented by the types in this crate only.
pub trait Query: Endpoint {}

/// What a list needs to know of its operation.
pub trait Endpoint: Clone + Debug + Serialize + Send + Sync + 'static {
    type Item: Send + 'static;
    /// What is asked for where the caller does not say.
    const PAGE_SIZE: u32;
    /// The documented maximum, where one is visible.
    const MAX_PAGE_SIZE: Option<u32>;

    fn operation(&self, workspace: &Workspace) -> &'static str;

    /// The page behind a token. Nothing may be sent before the future is polled.
    fn fetch(
        &self,
        workspace: &Workspace,
        call: Call,
        size: u32,
        token: Option<String>,
    ) -> BoxFuture<Result<Fetched<Self::Item>, Error>>;
}
