//! The seam between the generated client and the network.

use std::{fmt::Debug, future::Future, pin::Pin, sync::Arc};

use progenitor_client::{ClientHooks, ClientInfo, Error, OperationInfo};
use reqwest::{
    Request, Response,
    header::{ACCEPT, HeaderValue},
};

use crate::Client;

/// What a [`Transport`] gives back: a reply that will come.
pub type Reply<'a> = Pin<Box<dyn Future<Output = reqwest::Result<Response>> + Send + 'a>>;

/// One API call's way to the network.
///
/// The generated client builds requests and reads replies; what lies between is up to an implementation: key, time-outs,
/// retries, limits. A plain [`reqwest::Client`] is a transport with none of these.
///
/// The reply must be a [`reqwest::Result`], and nobody but reqwest can make its error. A transport that decides by itself
/// that a call has failed answers with a made-up reply, `Response::from(http::Response)`, of a status other than 2xx.
pub trait Transport: Debug + Send + Sync {
    /// Sends the request of one operation. `operation` is its `operationId` in the contract, such as `createConnector`;
    /// [`Operation::find`](crate::Operation::find) tells more about it.
    fn execute<'a>(&'a self, operation: &'static str, request: Request) -> Reply<'a>;
}

impl Transport for reqwest::Client {
    fn execute<'a>(&'a self, _operation: &'static str, request: Request) -> Reply<'a> {
        Box::pin(self.execute(request))
    }
}

/// The transport that a [`Client`] sends with. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Call(pub Arc<dyn Transport>);

impl Call {
    /// Wraps a transport.
    pub fn new(transport: impl Transport + 'static) -> Self {
        Self(Arc::new(transport))
    }
}

impl ClientHooks<Call> for Client {
    /// Asks for JSON where the generated function does not: the reply to a delete is read without a body, but an error
    /// has one.
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
