//! The interface between the generated client and the network.

use std::{fmt::Debug, future::Future, pin::Pin, sync::Arc};

use progenitor_client::{ClientHooks, ClientInfo, Error, OperationInfo};
use reqwest::{
    Request, Response,
    header::{ACCEPT, HeaderValue},
};

use crate::Client;

/// The future that a [`Transport`] returns.
pub type ResponseFuture<'a> = Pin<Box<dyn Future<Output = reqwest::Result<Response>> + Send + 'a>>;

/// Sends the requests of a [`Client`].
///
/// The generated client builds requests and decodes responses. The transport does everything in between: authentication,
/// timeouts, retries, rate limits. A plain [`reqwest::Client`] is a transport that does none of these.
///
/// The error must be a [`reqwest::Error`], which only reqwest can create. A transport that fails a call without a request
/// returns a synthetic response instead: `Response::from(http::Response)` with a status other than 2xx.
pub trait Transport: Debug + Send + Sync {
    /// Sends the request of one operation. `operation` is its `operationId` in the contract, such as `createConnector`;
    /// [`Operation::find`](crate::Operation::find) returns more about it.
    fn execute<'a>(&'a self, operation: &'static str, request: Request) -> ResponseFuture<'a>;
}

impl Transport for reqwest::Client {
    fn execute<'a>(&'a self, _operation: &'static str, request: Request) -> ResponseFuture<'a> {
        Box::pin(self.execute(request))
    }
}

/// The transport of a [`Client`]. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SharedTransport(pub Arc<dyn Transport>);

impl SharedTransport {
    /// Wraps a transport.
    pub fn new(transport: impl Transport + 'static) -> Self {
        Self(Arc::new(transport))
    }
}

impl ClientHooks<SharedTransport> for Client {
    /// Adds `Accept: application/json` to the requests whose successful response has no body, such as a delete: their
    /// errors have one.
    async fn pre<E>(&self, request: &mut Request, _info: &OperationInfo) -> Result<(), Error<E>> {
        request
            .headers_mut()
            .entry(ACCEPT)
            .or_insert(HeaderValue::from_static("application/json"));
        Ok(())
    }

    async fn exec(&self, request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        self.inner().0.execute(info.operation_id, request).await
    }
}
